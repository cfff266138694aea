"""Which connections count as encrypted: what their handshake says, and what is left to ports."""

from __future__ import annotations

import pytest

from netaudit.core.contracts.reasons import JOIN, parsed
from netaudit.core.schema import BINDINGS, ENDPOINTS, FLOWS, MESSAGES, UPLOAD_COUNTS
from netaudit.findings.acts import LEAST_BYTES, LEAST_KNOWN, UPWARD_SHARE
from netaudit.findings.encrypted import _together, encrypted_findings, request_shape
from netaudit.findings.roles import CAPTURE, PERSONAL_DEVICE, TERMINAL, Actors
from netaudit.report.wording import Wording
from tests.findings.test_moments import CAM, CLOUD, SCOPE, filled, hidden
from tests.wording import english


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"protocol": "tls"}, 1),
        ({"protocol": "quic", "transport": "udp", "server_port": 8443}, 1),
        ({"protocol": "unknown", "transport": "udp", "server_port": 443}, 1),  # QUIC whose hello was not captured
        ({"protocol": "unknown", "transport": "udp", "server_port": 8443}, 0),
        ({"protocol": "dtls", "transport": "udp", "server_port": 5246}, 1),
        ({"protocol": "ssh", "server_port": 22}, 1),
        ({"protocol": "smb-encrypted", "server_port": 445, "unread_up": 250_000}, 1),
        ({"protocol": "smb-encrypted", "server_port": 445, "unread_up": 9_000}, 0),  # the rest was read
        ({"protocol": "smb", "server_port": 445}, 0),
        ({"protocol": "http"}, 0),
    ],
)
def test_what_counts_as_encrypted(more, found) -> None:
    flows = filled(FLOWS, [hidden(1, 1, 2, payload_down=0, capture_id="c", **more)])
    findings = [
        one.row()
        for one in encrypted_findings(
            flows, SCOPE, Actors([], {"messages": MESSAGES.schema().empty_table(), "flows": flows})
        )
    ]
    assert [(row["sender"], row["receiver"]) for row in findings] == [(CAM, CLOUD)] * found


def test_what_a_mirror_port_gives_twice_left_once() -> None:
    """Neither the figure nor the threshold may grow with copies of the same packets, nor with retransmissions."""
    sent = {"payload_up": 100_000, "duplicate_up": 50_000, "payload_down": 4_000, "duplicate_down": 2_000}
    for flow, found in ((sent, []), (sent | {"payload_up": 200_000, "duplicate_up": 100_000}, [100_000])):
        flows = filled(FLOWS, [hidden(1, 1, 2, capture_id="c", protocol="tls", **flow)])
        findings = [
            one.row()
            for one in encrypted_findings(
                flows, SCOPE, Actors([], {"messages": MESSAGES.schema().empty_table(), "flows": flows})
            )
        ]
        assert [row["bytes"] for row in findings] == found
        assert all(f"{found[0]} bytes up" in english(row["reason"]) for row in findings)


def test_what_was_fetched_from_two_devices_of_one_address_is_two_findings() -> None:
    """An address went from one to the other: neither answers for what the other gave out."""
    one, other, hour = "08:54:11:2a:61:0e", "08:54:11:2a:61:0f", 3600 * 10**9
    held = [
        {"device_id": mac, "mac": mac, "ip": CAM, "from_ts": at, "to_ts": at + hour - 1, "packets": 9, "by": ["arp"]}
        for at, mac in ((0, one), (hour, other))
    ]
    asked = {
        "client_ip": CLOUD, "server_ip": CAM, "payload_up": 4_000, "payload_down": 100_000, "capture_id": "c",
        "protocol": "tls",
    }  # fmt: skip
    flows = filled(FLOWS, [hidden(1, 1, 2, server_mac=one, **asked), hidden(2, 3601, 3602, server_mac=other, **asked)])
    tables = {"messages": MESSAGES.schema().empty_table(), "flows": flows, "bindings": filled(BINDINGS, held)}
    found = encrypted_findings(flows, SCOPE, Actors([], tables))
    assert sorted((finding.bytes, len(finding.flow_ids)) for finding in found) == [(100_000, 1), (100_000, 1)]
    assert len({finding.row()["finding_id"] for finding in found}) == 2


@pytest.mark.parametrize(("suite", "said"), [("0003", True), ("0062", True), ("1301", False), ("", False)])
def test_an_export_grade_suite_is_told_as_such(suite, said) -> None:
    flows = filled(FLOWS, [hidden(1, 1, 2, payload_down=0, capture_id="c", protocol="tls", tls_cipher=suite)])
    tables = {"messages": MESSAGES.schema().empty_table(), "flows": flows}
    [found] = encrypted_findings(flows, SCOPE, Actors([], tables))
    assert ("1 by an export-grade cipher suite" in english(JOIN.join(found.reasons))) is said
    assert ("1 个使用出口级密码套件" in Wording("zh").sentence(JOIN.join(found.reasons))) is said


def _counted(**more: object) -> dict[str, object]:
    row = {"sender": CAM, "receiver": CLOUD, "name": "", "uploads": 6, "shape": "events", "requests": 0}
    return row | {"requests_bytes": 0, "bytes_low": 40_000, "bytes_high": 40_000} | more


def _scattered(sizes: list[int]) -> list[dict[str, object]]:
    """One request to each of so many endpoints."""
    return [
        _counted(receiver=f"47.96.10.{n}", uploads=1, requests=1, shape="few", bytes_low=size, requests_bytes=size)
        for n, size in enumerate(sizes)
    ]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([_counted(uploads=30, bytes_low=180_000)], 1),  # many small ones
        ([_counted(name=f"n{n}.demo", uploads=1, shape="few", bytes_low=12_000) for n in range(15)], 15),  # names
        ([_counted(receiver=f"47.96.10.{n}", bytes_low=60_000) for n in range(3)], 3),  # by several ways
        ([_counted(receiver=f"47.96.10.{n}", uploads=1, shape="few", bytes_low=60_000) for n in range(9)], 0),
        (_scattered([9_000, 12_000, 11_000, 15_000] * 2), 8),  # each to another
        (_scattered([9_000, 120_000, 11_000, 900_000] * 2), 0),  # of all sizes
        ([_counted(uploads=30, shape="browsing", bytes_low=180_000)], 0),
        ([_counted(uploads=30, shape="regular", bytes_low=180_000)], 0),
        ([_counted(uploads=3, shape="few", bytes_low=180_000)], 0),
    ],
)
def test_small_ways_are_added_up(rows: list[dict[str, object]], told: int) -> None:
    counted = {(str(row["sender"]), str(row["receiver"]), str(row["name"])): row for row in rows}
    assert len(_together({key: [] for key in counted}, counted)) == told


@pytest.mark.parametrize(
    ("down", "bursts", "found"),
    [(60_000, [9, 0, 0, 0, 0], 0), (9000, [9, 0, 0, 0, 0], 2), (60_000, [0, 3, 0, 0, 0], 2)],
)
def test_a_few_uploads_under_two_names_need_a_burst_or_most_of_it_upwards(
    down: int, bursts: list[int], found: int
) -> None:
    names = [f"cdn{n}.example.cn" for n in range(2)]
    sent = {"payload_up": 34_000, "payload_down": down, "bursts_up": bursts, "capture_id": "c", "protocol": "tls"}
    flows = filled(FLOWS, [hidden(n, n, n + 1, server_name=name, **sent) for n, name in enumerate(names, 1)])
    rows = [_counted(name=name, uploads=3, shape="few", bytes_low=33_000, bytes_high=33_000) for name in names]
    actors = Actors([], {"messages": MESSAGES.schema().empty_table(), "flows": flows})
    assert len(encrypted_findings(flows, SCOPE, actors, counts=filled(UPLOAD_COUNTS, rows))) == found


@pytest.mark.parametrize(
    ("role", "sliced", "found"),
    [
        (CAPTURE, 6, 1),
        ("unknown", 12, 0),  # of what nothing names, requests count
        (CAPTURE, 5, 0),
        (CAPTURE, None, 0),  # of a version before
    ],
)
def test_what_a_camera_sends_slice_by_slice(role: str, sliced: int | None, found: int) -> None:
    """Requests of 800 bytes in goes of 13 kB: none is an upload by itself."""

    class Known(Actors):
        def role(self, ip: str, flow_id: str) -> tuple[str, str]:
            return role, ""

    sent = {"payload_down": 20_000, "bursts_up": [0, 12, 0, 0, 0], "capture_id": "c", "protocol": "tls"}
    flows = filled(FLOWS, [hidden(1, 1, 90, up=158_000, **sent)])
    some = {"uploads": 0, "shape": "few", "bytes_low": 0, "bytes_high": 0}
    counts = _counted(name="up.example", sliced=sliced, **some)
    actors = Known([], {"messages": MESSAGES.schema().empty_table(), "flows": flows})
    assert len(encrypted_findings(flows, SCOPE, actors, counts=filled(UPLOAD_COUNTS, [counts]))) == found


def _flows(*sizes: tuple[int, int], **more: object):
    """Flows of a camera that sent and got so much."""
    return filled(FLOWS, [
        hidden(n, n, n + 1, **{"payload_up": up, "payload_down": down, "capture_id": "c", "protocol": "tls"} | more)
        for n, (up, down) in enumerate(sizes, 1)
    ])  # fmt: skip


def _found(flows, *, kind: str = "", **more):
    """Findings on them, of a sender that is known as this."""

    class Known(Actors):
        def role(self, ip: str, flow_id: str = "") -> tuple[str, str]:
            return (kind, "") if kind else super().role(ip, flow_id)

    actors = Known([], {"messages": MESSAGES.schema().empty_table(), "flows": flows})
    return encrypted_findings(flows, SCOPE, actors, **more)


def _endpoints(service_class: str):
    return filled(ENDPOINTS, [{"ip": CLOUD, "service": "Some Cloud", "service_class": service_class}])


@pytest.mark.parametrize(
    ("up", "down", "service", "code"),
    [
        (LEAST_BYTES, 0, "", "encrypted"),
        (LEAST_BYTES - 1, 0, "", None),
        (LEAST_BYTES, LEAST_BYTES // UPWARD_SHARE, "", "encrypted"),
        (LEAST_BYTES, LEAST_BYTES // UPWARD_SHARE + 1, "", None),
        (LEAST_KNOWN, 9 * LEAST_KNOWN, "face_api", "encrypted_known"),  # whatever comes back
        (LEAST_KNOWN - 1, 0, "face_api", None),
        (LEAST_KNOWN, 0, "messaging", None),
    ],
)
def test_how_much_is_a_finding_without_counted_requests(up: int, down: int, service: str, code: str | None) -> None:
    found = _found(_flows((up, down)), endpoints=_endpoints(service) if service else None)
    assert [parsed(one.reasons[0]).code for one in found] == [code] * (code is not None)
    assert [one.bytes for one in found] == [up] * len(found)


@pytest.mark.parametrize(
    ("told", "kind", "service", "own", "found"),
    [
        ({"requests": 2}, "unknown", "", False, "shaped"),
        ({"requests": 1}, "unknown", "", False, ""),
        ({"requests": 1, "shape": "video"}, "unknown", "", False, "shaped"),
        ({"requests": None, "shape": "video"}, "unknown", "", False, ""),
        ({"requests": None}, CAPTURE, "", False, ""),
        ({"requests": 1, "requests_bytes": LEAST_BYTES - 1}, CAPTURE, "", False, ""),
        ({"requests": 2, "requests_bytes": None}, CAPTURE, "", False, ""),
        ({"requests": 6, "shape": "events"}, "viewer", "", True, "shaped"),
        ({"requests": 5, "shape": "events"}, "viewer", "", True, ""),
        ({"requests": 6, "shape": "unclear"}, "viewer", "", True, ""),
        ({"requests": 0, "bytes_high": LEAST_KNOWN}, "unknown", "face_api", False, "known service"),
        ({"requests": 0, "bytes_high": LEAST_KNOWN - 1}, "unknown", "face_api", False, ""),
        ({"requests": 0, "bytes_high": None}, "unknown", "face_api", False, ""),
        ({"requests": 0, "bytes_high": LEAST_KNOWN, "uploads": 0}, "unknown", "face_api", False, ""),
        ({"requests": 0, "bytes_high": LEAST_KNOWN}, "unknown", "object_store", False, ""),
        ({"requests": 0, "bytes_high": LEAST_KNOWN}, TERMINAL, "object_store", False, "known service"),
        ({"requests": 0, "bytes_high": LEAST_KNOWN}, "viewer", "face_api", True, ""),
        ({"requests": 6, "shape": "events", "requests_bytes": 9, "bytes_high": LEAST_KNOWN}, "viewer", "face_api", True,
         "known service"),
    ],
)  # fmt: skip
def test_how_many_requests_are_a_finding(told: dict[str, object], kind: str, service: str, own: bool, found: str) -> None:  # fmt: skip
    count = _counted(**{"shape": "unclear", "requests_bytes": LEAST_BYTES} | told)
    assert request_shape(count, kind, service, own=own) == found


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([_counted(uploads=6, bytes_low=LEAST_BYTES)], (1, 6)),
        ([_counted(uploads=6, bytes_low=LEAST_BYTES - 1)], None),
        ([_counted(uploads=5, bytes_low=LEAST_BYTES)], None),
        ([_counted(uploads=6, shape="unclear", bytes_low=LEAST_BYTES)], (1, 6)),
        ([_counted(uploads=5, shape="unclear", bytes_low=LEAST_BYTES)], None),
        ([_counted(name="a", uploads=3, shape="unclear", bytes_low=LEAST_BYTES), _counted(name="b", uploads=3, bytes_low=None)],
         (2, 6)),
        ([_counted(uploads=6, bytes_low=LEAST_BYTES, shape="")], None),
        ([_counted(uploads=0, bytes_low=LEAST_BYTES)], None),
        (_scattered([16_000] * 6), (6, 6)),
        (_scattered([16_000] * 5), None),
        (_scattered([16_000] * 4 + [16_000 * 3] * 4), None),  # a quartile from the other by 1.58 doublings
        (_scattered([16_000] * 4 + [45_000] * 4), (8, 8)),  # by 1.49
    ],
)  # fmt: skip
def test_how_much_small_ways_are_together(rows: list[dict[str, object]], told: tuple[int, int] | None) -> None:
    counted = {(str(row["sender"]), str(row["receiver"]), str(row["name"])): row for row in rows}
    found = _together({key: [] for key in counted}, counted)
    assert set(found.values()) == ({told} if told else set())
    assert len(found) == (len(rows) if told else 0)


def test_of_what_is_told_together_it_is_said_of_how_many_ways() -> None:
    several = [_counted(name=name, uploads=3, shape="unclear", bytes_low=LEAST_BYTES) for name in ("a.cn", "b.cn")]
    flows = filled(FLOWS, [
        hidden(n, n, n + 1, server_name=name, payload_up=40_000, payload_down=0, capture_id="c", protocol="tls")
        for n, name in enumerate(("a.cn", "b.cn"), 1)
    ])  # fmt: skip
    found = _found(flows, counts=filled(UPLOAD_COUNTS, several))
    assert [parsed(one.reasons[-1]) for one in found] == [("encrypted_together", {"m": "2", "n": "6"})] * 2
    (alone,) = _found(_flows((90_000, 0), server_name=""), counts=filled(UPLOAD_COUNTS, [_counted(bytes_low=90_000)]))
    assert [parsed(one).code for one in alone.reasons] == ["encrypted_counted"]
    assert parsed(alone.reasons[0]).arguments["uploads"] == "6"


@pytest.mark.parametrize(
    ("down", "up", "answers", "kind", "found"),
    [
        (LEAST_BYTES, 0, None, "", 1),
        (LEAST_BYTES - 1, 0, None, "", 0),
        (LEAST_BYTES, LEAST_BYTES // UPWARD_SHARE, None, "", 1),
        (LEAST_BYTES, LEAST_BYTES, None, "", 0),  # as much was pushed in
        (LEAST_BYTES, LEAST_BYTES, LEAST_BYTES, "", 1),  # but its answers are as large
        (LEAST_BYTES, LEAST_BYTES, LEAST_BYTES - 1, "", 0),
        (LEAST_BYTES, 0, None, PERSONAL_DEVICE, 0),
    ],
)
def test_how_much_fetched_by_somebody_outside_is_a_finding(
    down: int, up: int, answers: int | None, kind: str, found: int
) -> None:
    flows = _flows((up, down), client_ip=CLOUD, server_ip=CAM)
    counts = None if answers is None else filled(UPLOAD_COUNTS, [_counted(requests_bytes=answers)])
    made = _found(flows, kind=kind, counts=counts)
    assert [(one.sender, one.receiver, one.bytes, str(one.rules[0])) for one in made] == [
        (CAM, CLOUD, down, "answers-encrypted/1")
    ] * found


def test_a_finding_says_how_bursts_were_spread_and_of_how_many_connections() -> None:
    flows = _flows((90_000, 0), (90_000, 0), bursts_up=[3, 2, 0, 1, 0])
    (found,) = _found(flows)
    said = parsed(found.reasons[0]).arguments
    assert (said["m"], said["n"]) == ("180000", "2")
    assert said["shape"] == "6 × < 8 KiB, 4 × 8-32 KiB, 2 × 128-512 KiB"
    assert (found.bytes, len(found.flow_ids), found.capture_ids) == (180_000, 2, ["c"])

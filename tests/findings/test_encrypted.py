"""Which connections count as encrypted: what their handshake says, and what is left to ports."""

from __future__ import annotations

import pytest

from netaudit.contracts.reasons import JOIN
from netaudit.findings.encrypted import _together, encrypted_findings
from netaudit.findings.roles import CAPTURE, Actors
from netaudit.report.wording import Wording
from netaudit.tables import BINDINGS, FLOWS, MESSAGES, UPLOAD_COUNTS
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

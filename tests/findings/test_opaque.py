"""Uploads that nobody can read: of unknown content, and scattered over many names; said as D, never twice."""

from __future__ import annotations

import random
from types import SimpleNamespace

import pytest

from netaudit.core.contracts.reasons import parsed
from netaudit.core.schema import ENDPOINTS, FINDINGS, FLOWS, MESSAGES
from netaudit.findings import opaque
from netaudit.findings.acts import UPWARD_SHARE
from netaudit.findings.opaque import LEAST_OPAQUE, LEAST_SCATTERED, opaque_findings
from netaudit.findings.roles import Actors
from tests.findings.test_moments import CAM, CLOUD, SCOPE, filled, hidden
from tests.wording import english


def found(rows: list[dict], told: list[dict] | None = None) -> list[dict]:
    flows = filled(FLOWS, [{"capture_id": "c", "payload_down": 0} | row for row in rows])
    before = [SimpleNamespace(**one) for one in told or []]
    made = opaque_findings(
        flows, SCOPE, Actors([], {"messages": MESSAGES.schema().empty_table(), "flows": flows}), before
    )
    return [one.row() for one in made]


@pytest.mark.parametrize(
    ("more", "count"),
    [
        ({"protocol": "unknown", "transport": "tcp", "server_port": 9}, 1),
        ({"protocol": "", "transport": "esp"}, 1),
        ({"protocol": "http"}, 0),
        ({"protocol": "unknown", "transport": "tcp", "payload_up": LEAST_OPAQUE - 1}, 0),
        ({"protocol": "unknown", "transport": "tcp", "payload_down": LEAST_OPAQUE}, 0),  # as much came back
    ],
)
def test_what_is_opaque(more: dict, count: int) -> None:
    rows = found([hidden(1, 1, 2, payload_up=LEAST_OPAQUE) | more])
    assert [(row["certainty"], row["sender"], row["receiver"], row["bytes"]) for row in rows] == [
        ("D", CAM, CLOUD, LEAST_OPAQUE)
    ] * count
    assert all("face" not in english(row["reason"]) and row["opened"] == [] for row in rows)
    assert all(set(row) <= set(FINDINGS.names) for row in rows)


def test_what_has_a_finding_is_not_told_again() -> None:
    flow = hidden(1, 1, 2, payload_up=LEAST_OPAQUE) | {"protocol": "unknown", "transport": "tcp"}
    assert found([flow], [{"flow_ids": [flow["flow_id"]]}]) == []


def test_small_parts_to_many_names_of_one_service_are_one_upload() -> None:
    part = LEAST_SCATTERED // 4
    flows = [
        hidden(at, at, at + 1, payload_up=part) | {"protocol": "tls", "server_name": f"u{at}.example.com"}
        for at in range(1, 5)
    ]
    (row,) = found(flows)
    assert (row["certainty"], row["bytes"], "4 names" in english(row["reason"])) == ("D", LEAST_SCATTERED, True)
    assert found(flows[:2]) == []


@pytest.mark.parametrize("seed", range(30))
def test_who_sent_too_little_is_left_out_without_a_difference(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(seed)
    ends = [CAM, CLOUD, "192.168.1.77", "8.8.4.4", "2400:db8:1:2::5"]
    rows = []
    for at in range(chance.randrange(40)):
        client, server = chance.sample(ends, 2)
        sizes = [chance.choice((0, 0, 40, LEAST_OPAQUE // 3, LEAST_OPAQUE)) for _ in range(2)]
        again = chance.choice((None, 0, min(sizes)))
        rows.append(
            hidden(at, at, at + 1, payload_up=sizes[0])
            | {"client_ip": client, "server_ip": server, "payload_down": sizes[1], "duplicate_up": again}
            | {"protocol": chance.choice(("unknown", "tls", "ssh")), "transport": chance.choice(("tcp", "udp", "esp"))}
        )
    briefly = found(rows)
    monkeypatch.setattr(opaque, "_of_busy", lambda flows: flows)
    assert briefly == found(rows)


@pytest.mark.parametrize(
    ("up", "down", "count"),
    [
        (LEAST_OPAQUE, LEAST_OPAQUE // UPWARD_SHARE, 1),
        (LEAST_OPAQUE, LEAST_OPAQUE // UPWARD_SHARE + 1, 0),
        (LEAST_OPAQUE - 1, 0, 0),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_how_much_is_opaque_enough_whoever_connected(up: int, down: int, count: int, turned: bool) -> None:
    flow = {"payload_up": down, "payload_down": up, "client_ip": CLOUD, "server_ip": CAM} if turned else {}
    row = hidden(1, 1, 2, payload_up=up, payload_down=down, protocol="ssh", transport="tcp") | flow
    (one,) = found([row]) or [None]
    assert (one is not None) is bool(count)
    if one is not None:
        assert (one["sender"], one["receiver"], one["bytes"]) == (CAM, CLOUD, up)


@pytest.mark.parametrize(
    ("protocols", "kinds"),
    [
        ([("ssh", "tcp")], "ssh"),
        ([("unknown", "tcp")], "tcp"),
        ([("", "udp"), ("dtls", "udp")], "dtls, udp"),
        ([("", "esp"), ("", "ip-99"), ("", "icmpv6")], "esp, icmpv6, ip-99"),
        ([("", "gre")], None),  # what it carries is told of itself
        ([("http", "tcp")], None),
    ],
)
def test_what_is_opaque_is_called_by_its_protocol_or_its_transport(
    protocols: list[tuple[str, str]], kinds: str | None
) -> None:
    rows = [
        hidden(n, n, n + 1, payload_up=LEAST_OPAQUE, protocol=protocol, transport=transport)
        for n, (protocol, transport) in enumerate(protocols, 1)
    ]
    made = found(rows)
    assert [parsed(row["reason"].partition("; ")[0]).arguments["names"] for row in made] == [kinds] * (
        kinds is not None
    )
    assert all(row["bytes"] == LEAST_OPAQUE * len(rows) for row in made)


def parts(*ends: tuple[str, str], size: int = LEAST_SCATTERED // 3 + 1) -> list[dict]:
    """One encrypted upload to each of some endpoints (address, name)."""
    return [
        hidden(n, n, n + 1, payload_up=size, server_ip=ip, server_name=name, protocol="tls")
        for n, (ip, name) in enumerate(ends, 1)
    ]


@pytest.mark.parametrize(
    ("ends", "service", "largest"),
    [
        ([("203.0.113.1", "a.example.com"), ("198.51.100.2", "b.example.com"), ("192.0.2.3", "c.example.com")],
         "example.com", "192.0.2.3"),
        ([("203.0.113.1", ""), ("203.0.113.2", ""), ("203.0.113.9", "")], "203.0.113.0/24", "203.0.113.1"),
        ([("203.0.113.1", ""), ("203.0.114.2", ""), ("203.0.115.9", "")], None, ""),
        ([("2400:1:2:3::1", ""), ("2400:1:2:4::2", ""), ("2400:1:2:5::3", "")], "2400:1:2::/48", "2400:1:2:3::1"),
        ([("2400:1:2:3::1", ""), ("2400:1:3:4::2", ""), ("2400:1:4:5::3", "")], None, ""),
        ([("203.0.113.1", "a.example.com"), ("203.0.113.1", "b.example.com"), ("203.0.113.1", "c.example.com")],
         "example.com", "203.0.113.1"),
        ([("203.0.113.1", "a.one.cn"), ("203.0.113.2", "a.two.cn"), ("203.0.113.3", "a.three.cn")], None, ""),
        ([("203.0.113.1", "a.example.com"), ("203.0.113.1", "a.example.com"), ("203.0.113.1", "b.example.com")], None, ""),
    ],
)  # fmt: skip
def test_members_of_one_service_are_those_of_a_name_or_a_network(
    ends: list[tuple[str, str]], service: str | None, largest: str
) -> None:
    made = found(parts(*ends))
    assert [parsed(row["reason"].partition("; ")[0]).arguments["service"] for row in made] == [service] * (
        service is not None
    )
    assert all(row["receiver"] == largest for row in made)


def test_a_service_that_signatures_know_is_one_wherever_it_lies() -> None:
    ends = [(f"203.0.{n}.1", "") for n in range(3)]
    known = filled(ENDPOINTS, [{"ip": ip, "service": "Some Cloud"} for ip, _ in ends])
    flows = filled(FLOWS, [{"capture_id": "c", "payload_down": 0} | row for row in parts(*ends)])
    actors = Actors([], {"messages": MESSAGES.schema().empty_table(), "flows": flows})
    (made,) = opaque_findings(flows, SCOPE, actors, [], known)
    said = parsed(made.reasons[0]).arguments
    assert (said["service"], said["k"], said["m"], said["n"]) == ("Some Cloud", "3", "3", str(made.bytes))
    assert opaque_findings(flows, SCOPE, actors, [], None) == []
    assert found(parts(*ends[:2], size=LEAST_SCATTERED)) == []


@pytest.mark.parametrize(("more", "count"), [(0, 1), (-1, 0)])
def test_how_much_scattered_is_enough(more: int, count: int) -> None:
    ends = [(f"203.0.113.{n}", "") for n in (1, 2, 4, 8)]
    rows = parts(*ends, size=LEAST_SCATTERED // 4)
    rows[0]["payload_up"] += more
    assert len(found(rows)) == count

"""Uploads that nobody can read: of unknown content, and scattered over many names; said as D, never twice."""

from __future__ import annotations

import random
from types import SimpleNamespace

import pytest

from netaudit.findings import opaque
from netaudit.findings.opaque import LEAST_OPAQUE, LEAST_SCATTERED, opaque_findings
from netaudit.findings.roles import Actors
from netaudit.tables import FINDINGS, FLOWS, MESSAGES
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

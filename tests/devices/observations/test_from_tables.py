"""What flows tell of hosts: ports, services, media, bounds, and the same however the table is cut."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from netaudit.core.schema import FLOWS
from netaudit.devices.observations import from_tables
from netaudit.devices.observations.from_tables import LEAST_MEDIA, MOST_PORTS, flow_facts

CLIENT, SERVER = ("02:00:00:00:00:01", "192.168.1.9"), ("02:00:00:00:00:02", "192.168.1.1")


def flows(*rows: dict[str, Any]) -> pa.Table:
    plain = {
        "capture_id": "c", "transport": "tcp", "client_mac": CLIENT[0], "client_ip": CLIENT[1], "server_mac": SERVER[0], "server_ip": SERVER[1],
        "server_port": 80, "handshake": "SA", "protocol": "http", "packets_down": 1, "payload_up": 0, "payload_down": 0, "first_ts": 7,
    }  # fmt: skip
    given = [plain | {"first_frame": number} | row for number, row in enumerate(rows, 1)]
    return pa.Table.from_pylist(given, schema=FLOWS.schema())


def told(*rows: dict[str, Any]) -> set[tuple[Any, ...]]:
    return {(*row[1:5], row[6], row[8]) for row in flow_facts(flows(*rows))}


def test_services_and_their_users() -> None:
    assert told({}, {}, {"server_port": 81, "packets_down": 0}) == {
        (*SERVER, "listens", "tcp/80", 1, 2), (*SERVER, "serves", "http", 1, 2), (*CLIENT, "uses", "http", 1, 2),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("row", "listens"),
    [
        ({"handshake": "S"}, False),
        ({"transport": "udp", "server_port": 53, "handshake": ""}, True),
        ({"transport": "udp", "server_port": 40000, "handshake": ""}, False),
        ({"transport": "udp", "server_port": 0, "handshake": ""}, False),
    ],
)
def test_what_proves_a_port(row: dict[str, Any], listens: bool) -> None:
    assert any(fact[2] == "listens" for fact in told(row)) is listens


def test_time_servers_and_unknown_protocols() -> None:
    facts = told({"transport": "udp", "server_port": 123, "protocol": "unknown", "handshake": ""})
    assert facts == {(*SERVER, "listens", "udp/123", 1, 1), (*CLIENT, "time_server", SERVER[1], 1, 1)}


def test_everybody_is_no_host() -> None:
    everybody = {
        "server_mac": "ff:ff:ff:ff:ff:ff",
        "server_ip": "255.255.255.255",
        "transport": "udp",
        "protocol": "dhcp",
        "handshake": "",
    }
    assert told(everybody) == {(*CLIENT, "uses", "dhcp", 1, 1)}


def test_media_by_bytes_whoever_opened_the_flow() -> None:
    half = {
        "protocol": "rtp",
        "transport": "udp",
        "server_port": 50000,
        "packets_down": 0,
        "payload_up": LEAST_MEDIA // 2,
    }
    assert told(half) == set()
    assert told(half, half) == {(*CLIENT, "streams", "media out", 1, 2), (*SERVER, "streams", "media in", 1, 2)}
    facts = told({"protocol": "rtsp", "payload_down": LEAST_MEDIA})
    assert {(*SERVER, "streams", "media out", 1, 1), (*CLIENT, "streams", "media in", 1, 1)} <= facts


def test_ports_are_bounded_and_the_rest_is_told() -> None:
    facts = list(flow_facts(flows(*({"server_port": port} for port in range(1, 2 * MOST_PORTS + 1)))))
    assert sum(row[3] == "listens" for row in facts) == MOST_PORTS
    assert facts[-1][:5] == ("limit", "", "", "dropped", "facts of flows beyond the bounds")
    assert facts[-1][8] == MOST_PORTS


def test_the_same_however_the_table_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {
            "server_port": 80 + number % 3,
            "client_ip": f"10.0.0.{number % 4}",
            "protocol": ("http", "rtsp")[number % 2],
            "payload_down": 99_999,
        }
        for number in range(60)
    ]
    whole = sorted(flow_facts(flows(*rows)))
    monkeypatch.setattr(from_tables, "AT_A_TIME", 7)
    assert sorted(flow_facts(flows(*rows))) == whole
    parts = pa.concat_tables([flows(row) for row in rows])
    assert {row[:5] for row in flow_facts(parts)} == {row[:5] for row in whole}

"""What a capture heard, and how far its clock is off."""

from __future__ import annotations

import pyarrow as pa
import pytest

from netaudit.core.schema import BINDINGS, CAPTURES, DEVICES, FLOWS, MESSAGES, OBSERVATIONS
from netaudit.devices.endpoints.recorders import MOST_ANSWERS, _agreeing, answers_left, vantages
from tests.findings.test_moments import filled
from tests.processor_time import within

SECOND = 10**9
NOW = 1_780_000_000
ROUTER, PC, CAMERA, PRINTER, NAS = (f"00:00:00:00:00:0{n}" for n in range(1, 6))
IPS = {ROUTER: "192.168.1.1", PC: "192.168.1.2", CAMERA: "192.168.1.3", PRINTER: "192.168.1.4", NAS: "192.168.1.5"}
CLOUD, OTHER, TIME = "47.96.10.20", "47.96.10.21", "203.107.6.88"


def scope(ip: str) -> str:
    return "multicast" if ip.startswith("224.") else "inside" if ip.startswith("192.168.") else "outside"


def tables(*talks: tuple[str, str, int], dates: tuple[tuple[str, str, str, float], ...] = ()) -> dict[str, pa.Table]:
    """One capture; talks as (client, server's address, packets down), dates as (protocol, server, text, ahead)."""
    mac_of = {ip: mac for mac, ip in IPS.items()}
    flows = [
        {
            "flow_id": f"f{n}", "capture_id": "c", "client_ip": IPS[client], "client_mac": client, "server_ip": server,
            "server_mac": mac_of.get(server, ROUTER), "packets_up": 4, "packets_down": down,
        }
        for n, (client, server, down) in enumerate(talks)
    ]  # fmt: skip
    said = [
        {
            "message_id": f"m{n}", "flow_id": f"d{n}", "capture_id": "c", "protocol": protocol, "direction": "down",
            "date": text, "first_ts": int((NOW + ahead) * SECOND),
        }
        for n, (protocol, _, text, ahead) in enumerate(dates)
    ]  # fmt: skip
    flows += [{"flow_id": f"d{n}", "capture_id": "c", "server_ip": one[1]} for n, one in enumerate(dates)]
    return {
        "captures": filled(CAPTURES, [{"capture_id": "c", "first_ts": NOW * SECOND, "last_ts": (NOW + 90) * SECOND}]),
        "flows": filled(FLOWS, flows), "messages": filled(MESSAGES, said),
        "devices": filled(DEVICES, [{"device_id": mac, "ips": [ip], "macs": [mac]} for mac, ip in IPS.items()]),
        "bindings": filled(
            BINDINGS,
            [{"device_id": mac, "mac": mac, "ip": ip, "from_ts": 0, "to_ts": 1} for mac, ip in IPS.items()]
            + [{"device_id": ROUTER, "mac": ROUTER, "ip": ""}],
        ),
        "observations": filled(
            OBSERVATIONS, [{"capture_id": "c", "kind": "arp", "mac": mac, "ip": ip} for mac, ip in IPS.items()]
        ),
    }  # fmt: skip


def told(some: dict[str, pa.Table]) -> dict[str, object]:
    (row,) = vantages(some, scope).to_pylist()
    return row


def test_the_port_of_one_pc_is_no_side_of_a_lan() -> None:
    row = told(
        tables(*[(PC, CLOUD, 3)] * 5, (PC, IPS[NAS], 9), (CAMERA, "224.0.0.251", 0), (PRINTER, "192.168.1.255", 0))
    )
    assert (row["devices"], row["heard"], row["port_of"], row["exchanges"]) == (4, 2, PC, 6)  # the router forwards
    assert row["seconds"] == 90


def test_a_mirror_of_all_is() -> None:
    row = told(tables(*[(PC, CLOUD, 3)] * 5, (CAMERA, CLOUD, 9), (PRINTER, CLOUD, 0)))
    assert (row["devices"], row["heard"], row["port_of"]) == (4, 3, "")


DATE = "Thu, 28 May 2026 20:26:40 GMT"


@pytest.mark.parametrize(
    ("dates", "clock"),
    [
        ((), (None, "", 0)),
        ((("http", CLOUD, DATE, 7),), (None, "", 0)),  # one server may be wrong itself
        ((("http", CLOUD, DATE, 7), ("http", OTHER, DATE, 7.5)), (7.25, "HTTP Date", 2)),
        ((("http", CLOUD, DATE, 400), ("http", CLOUD, DATE, 0.2), ("http", OTHER, DATE, 0.4)), (0.3, "HTTP Date", 2)),
        ((("http", CLOUD, DATE, 3600), ("http", OTHER, DATE, 7)), (None, "", 0)),
        ((("http", IPS[NAS], DATE, 7), ("http", CLOUD, DATE, 7)), (None, "", 0)),  # inside nobody's clock counts
        ((("ntp", TIME, "2026-05-28T20:26:40+00:00", -30),), (-30.0, "NTP", 1)),
        ((("http", CLOUD, "yesterday", 7), ("http", OTHER, "Mon, 99 Foo", 7)), (None, "", 0)),
    ],
)  # fmt: skip
def test_a_clock_is_held_against_what_servers_outside_state(
    dates: tuple[tuple[str, str, str, float], ...], clock: tuple[float | None, str, int]
) -> None:
    row = told(tables(dates=dates))
    off = None if row["clock_off_s"] is None else round(row["clock_off_s"], 3)
    assert (off, row["clock_by"], row["clock_servers"]) == clock


def test_the_largest_group_that_agrees_costs_no_more_than_its_servers() -> None:
    assert _agreeing([9.0, 0.5, 1.0, 8.0, 30.0, 2.5]) == [0.5, 1.0, 2.5]
    assert _agreeing([7.0, 8.0, -3.0, -2.0]) == [-3.0, -2.0]  # of equals the one nearest to none
    with within(2):
        assert len(_agreeing(number / 100_000 for number in range(100_000))) == 100_000


def test_answers_beyond_the_bound_are_told() -> None:
    some = {"date": DATE, "direction": "down"}
    assert answers_left(filled(MESSAGES, [{"message_id": str(n)} | some for n in range(3)])) == 0
    assert answers_left(pa.table({name: [value] * (MOST_ANSWERS + 2) for name, value in some.items()})) == 2

"""Connections that two captures show: tied by what both saw, each kept once, and nothing tied by less."""

from __future__ import annotations

import pyarrow as pa
import pytest

from netaudit.endpoints.sightings import once, sightings
from netaudit.tables import FLOWS

SECOND = 10**9
LAN, WAN = "lan", "wan"
BOTH = {LAN: LAN, WAN: WAN}
CAM, HOME, CLOUD = "192.168.1.64", "58.213.44.109", "47.96.10.20"


def flow(
    number: int, capture: str, at: float, up: int, client: str, down: int = 300, server: str = CLOUD
) -> dict[str, object]:
    return {
        "flow_id": f"{capture}{number}", "capture_id": capture, "transport": "tcp", "client_ip": client,
        "server_ip": server, "server_port": 443, "delivered_up": up, "delivered_down": down, "packets_up": 9,
        "packets_down": 9, "first_ts": int(at * SECOND),
    }  # fmt: skip


def table(*rows: dict[str, object]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=FLOWS.schema())


def both(sizes: list[int], apart: float = 7.0) -> pa.Table:
    """The same connections in both captures, behind NAT in the second, whose clock is so far ahead."""
    inner = [flow(n, LAN, 100 + 9 * n, size, CAM) for n, size in enumerate(sizes)]
    outer = [flow(n, WAN, 100 + 9 * n + apart + 0.002 * n, size, HOME) for n, size in enumerate(sizes)]
    return table(*inner, *outer)


def test_both_sides_of_a_router_are_one_and_their_clocks_are_tied_by_that() -> None:
    flows = both([900, 1900, 2900, 1900, 5000])
    seen = sightings(flows, BOTH)
    assert {(row["flow_id"], row["of_flow_id"]) for row in seen.to_pylist()} == {
        (f"wan{n}", f"lan{n}") for n in range(5)
    }
    assert all(7 <= row["apart_s"] < 7.1 for row in seen.to_pylist())
    assert once(flows, seen)["flow_id"].to_pylist() == [f"lan{n}" for n in range(5)]


@pytest.mark.parametrize("sizes", [[900], [900, 1900]])
def test_little_ties_no_clocks(sizes: list[int]) -> None:
    assert sightings(both(sizes), BOTH).num_rows == 0


def test_one_large_transfer_is_enough() -> None:
    assert sightings(both([40_000]), BOTH).num_rows == 1


def test_equal_sizes_at_other_distances_are_other_connections() -> None:
    sizes = [900, 1900, 2900]
    flows = pa.concat_tables([both(sizes), table(flow(9, WAN, 900, 2900, HOME))])
    assert "wan9" not in sightings(flows, BOTH)["flow_id"].to_pylist()
    far = [flow(n, WAN, 100 + 37 * n * n, size, HOME) for n, size in enumerate([900, 1900, 2900])]
    alone = [flow(n, LAN, 100 + 9 * n, size, CAM) for n, size in enumerate([900, 1900, 2900])]
    assert sightings(table(*alone, *far), BOTH).num_rows == 0


def test_files_of_one_recording_are_never_compared() -> None:
    assert sightings(both([900, 1900, 2900, 40_000]), {LAN: LAN, WAN: LAN}).num_rows == 0


def test_a_hole_in_one_capture_leaves_the_pictures() -> None:
    rows = both([50_000, 60_000, 70_000]).to_pylist()
    for row in rows[3:]:
        row["delivered_up"] -= 1400
    pictures = [(f"{capture}{n}", f"picture {n}") for capture in BOTH for n in range(3)]
    assert sightings(table(*rows), BOTH).num_rows == 0
    assert set(sightings(table(*rows), BOTH, pictures)["by"].to_pylist()) == {"same pictures"}


def test_a_file_that_is_sent_anew_the_next_day_is_no_second_sighting() -> None:
    """The same host sends the same pictures to the same server at the same hour: its ports tell the connections."""
    days = [
        flow(n, capture, 100 + 9 * n + apart, 40_000 + n, CAM) | {"client_port": port + n}
        for capture, apart, port in ((LAN, 0, 40_000), (WAN, 86_400, 51_000))
        for n in range(4)
    ]
    pictures = [(f"{capture}{n}", f"picture {n}") for capture in BOTH for n in range(4)]
    assert sightings(table(*days), BOTH, pictures).num_rows == 0
    tapped = [row | {"client_port": 40_000 + n % 4} for n, row in enumerate(days)]
    assert sightings(table(*tapped), BOTH, pictures).num_rows == 4


def test_many_alike_cost_no_more_than_they_are() -> None:
    beats = 40_000
    alike = [flow(10 + n, capture, 3 * n + apart, 200, ip) for capture, apart, ip in ((LAN, 0, CAM), (WAN, 7, HOME))
             for n in range(beats)]  # fmt: skip
    flows = pa.concat_tables([both([900, 1900, 2900], apart=7.0), table(*alike)])
    assert sightings(flows, BOTH).num_rows == beats + 3

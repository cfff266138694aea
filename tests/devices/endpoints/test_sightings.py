"""Connections that two captures show: tied by what both saw, each kept once, and nothing tied by less."""

from __future__ import annotations

import pyarrow as pa
import pytest

from netaudit.core.schema import FLOWS, TLS_HELLOS
from netaudit.devices.endpoints.sightings import MOST, not_compared, once, sightings
from netaudit.devices.endpoints.sightings_by_clocks import PICTURES, SEARCH
from netaudit.devices.endpoints.sightings_by_numbers import NUMBERS, RANDOM

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


@pytest.mark.parametrize("sizes", [[900], [900, 1900], [40_000], [40_000, 900_000]])
def test_little_ties_no_clocks(sizes: list[int]) -> None:
    """A large transfer no more than a small one: a picture that many fetch is as large for each of them."""
    assert sightings(both(sizes), BOTH).num_rows == 0


def numbered(apart: float, other: int = 0, opened: str = "SA") -> pa.Table:
    """One connection in both captures, with its sequence numbers, `other` added to those of the second capture."""
    ends = ((LAN, CAM, 0), (WAN, HOME, other))
    rows = [
        flow(0, capture, 100 + (apart if capture == WAN else 0), 40_000, client)
        | {"seq_up": 4_000_000_001 + more, "seq_down": 77_001 + more, "handshake": opened}
        for capture, client, more in ends
    ]
    return table(*rows)


def test_sequence_numbers_tie_one_connection_and_tell_how_far_the_clocks_are_apart() -> None:
    (row,) = sightings(numbered(4000), BOTH).to_pylist()
    assert (row["of_flow_id"], row["by"], row["apart_s"]) == ("lan0", NUMBERS, 4000)


@pytest.mark.parametrize("names", ["abc", "bca", "cab", "cba"])
def test_of_two_routers_in_a_row_the_side_with_more_clients_is_the_inner_one(names: str) -> None:
    """Three points: before both, between them, behind both."""
    office, between, behind = names
    rows = []
    for number, client in enumerate((CAM, "192.168.1.70", CAM)):
        for capture, ip, apart in ((office, client, 0), (between, "10.0.0.23", 2), (behind, HOME, -9)):
            row = flow(number, capture, 100 + 9 * number + apart, 40_000, ip)
            rows.append(row | {"seq_up": 4_000_000_001 + number, "seq_down": 77_001, "handshake": "SA"})
    flows = table(*rows)
    seen = sightings(flows, {name: name for name in names})
    assert sorted(once(flows, seen)["flow_id"].to_pylist()) == [f"{office}{number}" for number in range(3)]


@pytest.mark.parametrize("names", ["ab", "ba"])
def test_of_both_sides_of_a_translation_to_ipv4_the_ipv6_one_is_kept(names: str) -> None:
    inner, outer = names
    rows = [
        flow(0, inner, 100, 40_000, "2408:8270:44:1::c3", server="64:ff9b::2f60:a14"),
        flow(0, outer, 100.01, 40_000, HOME, server="47.96.10.20"),
    ]
    rows = [row | {"seq_up": 7_000_001, "seq_down": 90_000_001, "handshake": "SA"} for row in rows]
    [seen] = sightings(table(*rows), {inner: inner, outer: outer}).to_pylist()
    assert (seen["flow_id"], seen["of_flow_id"]) == (f"{outer}0", f"{inner}0")


@pytest.mark.parametrize("apart", [0, 7, 86_400])
def test_other_sequence_numbers_are_another_connection_however_equal_it_is(apart: float) -> None:
    pictures = [("lan0", "a promotion"), ("wan0", "a promotion")]
    assert sightings(numbered(apart, other=1), BOTH, pictures).num_rows == 0


def test_three_equal_pictures_fetched_twice_are_six() -> None:
    """Equal distances, equal sizes, equal pictures; the numbers say that they are others."""
    rows = [
        flow(n, capture, 100 + 9 * n + apart, 40_000 + n, client)
        | {"seq_up": seq + 1000 * n, "seq_down": seq + 7 * n, "handshake": "SA"}
        for capture, client, apart, seq in ((LAN, CAM, 0, 10_000), (WAN, HOME, 30, 99_000))
        for n in range(5)
    ]
    pictures = [(f"{capture}{n}", f"picture {n}") for capture in BOTH for n in range(5)]
    assert sightings(table(*rows), BOTH, pictures).num_rows == 0


def test_numbers_that_several_connections_have_tell_none_of_them() -> None:
    """A stack without random numbers: every connection of every device begins at 1."""
    rows = [
        flow(n, capture, 100 + 9 * n + apart, 40_000 + n, client) | {"seq_up": 1, "seq_down": 1, "handshake": "SA"}
        for capture, client, apart in ((LAN, CAM, 0), (WAN, HOME, 7))
        for n in range(5)
    ]
    assert {row["by"].endswith(SEARCH) for row in sightings(table(*rows), BOTH).to_pylist()} == {True}
    assert sightings(table(*rows[:2], *rows[5:7]), BOTH).num_rows == 0


def test_a_connection_that_had_begun_is_known_by_where_its_numbers_lie() -> None:
    rows = numbered(7, opened="").to_pylist()
    late = rows[1] | {"seq_up": rows[1]["seq_up"] + 30_000, "seq_down": rows[1]["seq_down"] + 200}
    late |= {"delivered_up": 10_000, "delivered_down": 100}
    assert sightings(table(rows[0], late), BOTH)["by"].to_pylist() == [NUMBERS]
    elsewhere = late | {"seq_down": late["seq_down"] + 500}
    assert sightings(table(rows[0], elsewhere), BOTH).num_rows == 0


def test_the_random_of_a_hello_ties_also_what_a_proxy_opens_anew() -> None:
    flows = numbered(7, other=1)
    hellos = [{"flow_id": f"{capture}0", "capture_id": capture, "random": "5a7b" * 16} for capture in BOTH]
    seen = sightings(flows, BOTH, hellos=pa.Table.from_pylist(hellos, schema=TLS_HELLOS.schema()))
    assert seen["by"].to_pylist() == [RANDOM]


@pytest.mark.parametrize(
    ("random", "more"),
    [
        ("00" * 32, {}),  # a stack that has none
        ("5a7b" * 16, {"server_ip": "47.96.10.21"}),
        ("5a7b" * 16, {"delivered_down": 9_000_000, "handshake": "SAFf"}),
    ],
)
def test_an_equal_random_alone_ties_nothing(random: str, more: dict[str, object]) -> None:
    rows = [row | {"handshake": "SAFf"} for row in numbered(3 * 86_400, other=1).to_pylist()]
    assert by_random(rows, "5a7b" * 16) == 1
    assert by_random([rows[0], rows[1] | more], random) == 0
    again = [*rows, rows[0] | {"flow_id": "lan9"}]
    assert by_random(again, "5a7b" * 16) == 0  # twice in one recording


def test_a_random_ties_by_the_name_asked_for_and_bears_what_was_missed() -> None:
    rows = numbered(7, other=1).to_pylist()
    rows[1] |= {"server_ip": "192.168.1.1", "delivered_up": 30_000, "missing_up": 10_000, "handshake": "SAFf"}
    assert by_random(rows, "5a7b" * 16, "face.example.cn") == 1
    assert by_random(rows, "5a7b" * 16) == 0


def by_random(rows: list[dict[str, object]], random: str, name: str = "") -> int:
    """How many are tied where all of these begin with one random."""
    hellos = [
        {"flow_id": row["flow_id"], "capture_id": row["capture_id"], "random": random, "sni": name} for row in rows
    ]
    return sightings(table(*rows), BOTH, hellos=pa.Table.from_pylist(hellos, schema=TLS_HELLOS.schema())).num_rows


def test_clocks_that_are_known_tie_datagrams_at_their_distance() -> None:
    """Three datagram flows alone are searched for; with a connection known by its numbers, one is enough."""
    udp = [
        flow(5, capture, 200 + apart, 70_000, client) | {"transport": "udp"}
        for capture, client, apart in ((LAN, CAM, 0), (WAN, HOME, 7.01))
    ]
    assert sightings(table(*udp), BOTH).num_rows == 0
    assert sightings(pa.concat_tables([numbered(7), table(*udp)]), BOTH).num_rows == 2
    assert sightings(pa.concat_tables([numbered(9), table(*udp)]), BOTH).num_rows == 1


def test_both_sides_of_a_router_in_one_recording_are_one_where_the_numbers_say_so() -> None:
    assert sightings(numbered(0.001), {LAN: LAN, WAN: LAN}).num_rows == 1
    assert sightings(numbered(0.001, other=1), {LAN: LAN, WAN: LAN}).num_rows == 0


def test_what_a_router_turns_back_inside_is_one() -> None:
    """The site's own address outside, told to a camera: the same bytes go there and back to a server inside."""
    server = "192.168.1.9"
    rows = [row | {"client_ip": CAM} for row in numbered(0.001).to_pylist()]
    rows[1] |= {"server_ip": server}
    (seen,) = sightings(table(*rows), {LAN: LAN, WAN: LAN}).to_pylist()
    assert (seen["flow_id"], seen["of_flow_id"]) == ("lan0", "wan0")
    low = [row | {"seq_up": 1, "seq_down": 1} for row in rows]
    assert sightings(table(*low), {LAN: LAN, WAN: LAN}).num_rows == 0  # two stacks that count from nothing


def test_connections_beyond_the_bound_are_counted() -> None:
    many = numbered(7).take([0, 1] * (MOST // 2 + 3))  # as many tables joined take half a minute
    assert not_compared(many, BOTH) == 6
    assert not_compared(many, {LAN: LAN}) == 0


def test_equal_sizes_at_other_distances_are_other_connections() -> None:
    sizes = [900, 1900, 2900]
    flows = pa.concat_tables([both(sizes), table(flow(9, WAN, 900, 2900, HOME))])
    assert "wan9" not in sightings(flows, BOTH)["flow_id"].to_pylist()
    far = [flow(n, WAN, 100 + 37 * n * n, size, HOME) for n, size in enumerate([900, 1900, 2900])]
    alone = [flow(n, LAN, 100 + 9 * n, size, CAM) for n, size in enumerate([900, 1900, 2900])]
    assert sightings(table(*alone, *far), BOTH).num_rows == 0


def test_files_of_one_recording_are_never_compared() -> None:
    assert sightings(both([900, 1900, 2900, 40_000]), {LAN: LAN, WAN: LAN}).num_rows == 0  # without equal numbers


def test_a_hole_in_one_capture_leaves_the_pictures() -> None:
    rows = both([50_000, 60_000, 70_000]).to_pylist()
    for row in rows[3:]:
        row["delivered_up"] -= 1400
    pictures = [(f"{capture}{n}", f"picture {n}") for capture in BOTH for n in range(3)]
    assert sightings(table(*rows), BOTH).num_rows == 0
    assert set(sightings(table(*rows), BOTH, pictures)["by"].to_pylist()) == {f"{PICTURES}, {SEARCH}"}


def test_a_file_that_is_sent_anew_is_no_second_sighting() -> None:
    """The same host sends the same pictures to the same server ten minutes later: its ports tell the connections."""
    days = [
        flow(n, capture, 100 + 9 * n + apart, 40_000 + n, CAM) | {"client_port": port + n}
        for capture, apart, port in ((LAN, 0, 40_000), (WAN, 600, 51_000))
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


def redrawn(*, anchored: bool, port: int = 40_000, up: int = 60_000) -> pa.Table:
    """One connection on both sides of a firewall that draws numbers anew, and one that ties the clocks."""
    rows = []
    for capture, at, more in ((LAN, 0, 0), (WAN, 7, 5_000_000)):
        first = {"seq_up": 4_000_000_001, "seq_down": 90_077_001, "handshake": "SA", "client_port": 50_000}
        rows += [flow(0, capture, 100 + at, 40_000, CAM) | first] if anchored else []
        own = {"seq_up": 1_000_001 + more, "seq_down": 2_077_001 + more, "handshake": "SA"}
        rows.append(
            flow(1, capture, 130 + at, up if more else 60_000, CAM)
            | own
            | {"client_port": port if more else 40_000, "missing_up": 0, "missing_down": 0}
        )
    return table(*rows)


def test_numbers_that_a_firewall_drew_anew_make_no_second_connection_where_clocks_are_tied() -> None:
    tied = sightings(redrawn(anchored=True), BOTH).to_pylist()
    assert {(row["flow_id"], row["of_flow_id"]) for row in tied} == {("wan0", "lan0"), ("wan1", "lan1")}
    assert sightings(redrawn(anchored=False), BOTH).num_rows == 0
    assert sightings(redrawn(anchored=True, port=40_001), BOTH).num_rows == 1
    assert sightings(redrawn(anchored=True, up=60_001), BOTH).num_rows == 1

"""Connections that are seen twice, on both sides of a router, or by a mirror and a tap: one, with two sightings.

A connection is known again by what only one can have: the random of its ClientHello, or, over TCP, the sequence numbers
of both directions, which address translation leaves as they are (each begins at 32 random bits: RFC 9293, 3.4.1). Where
these differ it is another connection, however equal what was sent is. What is known so tells how far the clocks of two
recordings are apart; at that distance datagrams are known again by sizes and pictures, and so are connections between
the same addresses and ports whose numbers a firewall drew anew.

Where nothing is known so, a distance of clocks is searched for, within bounds and with several anchors, and said to be
searched for. Between the same two addresses the port of the client has to be the same, too. Kept is the sighting on the
inner side, before an address was translated.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.schema import SIGHTINGS
from netaudit.core.storage.table_streams import table_of
from netaudit.devices.endpoints.sighted import LEAST_BYTES, SECOND, Key, Pair, Seen, Ways, embeds, private_ends
from netaudit.devices.endpoints.sightings_by_clocks import (
    PICTURES,
    SIZES,
    at_distance,
    by_picture,
    by_ports,
    by_sizes,
    clocks,
    first_pictures,
)
from netaudit.devices.endpoints.sightings_by_numbers import MOST_BEGUN, NUMBERS, by_numbers, by_random, by_ranges
from netaudit.devices.endpoints.vantage import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST = 1 << 18  # connections that are looked at
BEFORE_AND_BEHIND = 2  # translation
SILENT = 60 * SECOND
_ENDS = frozenset("FfR")  # of flows.handshake
COLUMNS = [
    "flow_id", "capture_id", "transport", "client_ip", "client_port", "server_ip", "server_port", "delivered_up",
    "delivered_down", "missing_up", "missing_down", "seq_up", "seq_down", "handshake", "doubts",
]  # fmt: skip


def sightings(
    flows: pa.Table,
    recording_of: Mapping[str, str],
    pictures: Iterable[tuple[str, str]] = (),
    hellos: pa.Table | None = None,
) -> pa.Table:
    """The `sightings` table. `recording_of` names the recording of each capture, `pictures` are (flow, SHA-256)."""
    several = len(set(recording_of.values())) > 1
    seen = _seen(flows if several else _of_equal_numbers(flows), recording_of)
    used: set[str] = set()
    found = _unused([*by_random(seen, hellos), *by_numbers(seen), *by_ranges(seen)], used)
    if several:
        apart = clocks(found)
        shown = first_pictures(pictures)
        for way, keyed in ((SIZES, by_sizes(seen, used)), (PICTURES, by_picture(seen, used, shown))):
            found += _unused(at_distance(keyed, apart, way), used)
        found += _unused(at_distance(by_ports(seen, used), apart, SIZES, tied_only=True), used)
    return table_of([SIGHTINGS.row(**_row(pair)) for pair in found], SIGHTINGS)


def once(flows: pa.Table, seen: pa.Table) -> pa.Table:
    """The flows without those that are another sighting of one of them."""
    if not seen.num_rows:
        return flows
    return flows.filter(pc.invert(pc.is_in(flows["flow_id"], value_set=seen["flow_id"].combine_chunks())))


def translated(flows: pa.Table, seen: pa.Table, recording_of: Mapping[str, str]) -> frozenset[str]:
    """Public addresses under which another recording shows connections of private ones, by equal sequence numbers.

    Within one recording nothing follows: two who work together may write any frames there.
    """
    rows = [
        (row["of_flow_id"], row["flow_id"])
        for row in seen.filter(pc.equal(seen["by"], NUMBERS)).to_pylist()
        if len({recording_of.get(row[name], row[name]) for name in ("capture_id", "of_capture_id")}) > 1
    ]
    wanted = pa.array(sorted({one for pair in rows for one in pair}), pa.string())
    chosen = flows.filter(pc.is_in(flows["flow_id"], value_set=wanted)).select(["flow_id", "client_ip", "server_ip"])
    ends = {flow: sides for flow, *sides in zip(*(column.to_pylist() for column in chosen.columns), strict=True)}
    sides = {side for pair in rows for side in zip(*(ends[one] for one in pair), strict=True)}
    return frozenset(b for a, b in sides if kind_of(a) == "private" and kind_of(b) in {"global", "carrier"})


def not_compared(flows: pa.Table, recording_of: Mapping[str, str]) -> int:
    """How many connections were beyond the bounds within which sightings are looked for."""
    if len(set(recording_of.values())) < 2:
        return 0
    chosen = _eligible(flows)
    begun = pc.and_(pc.equal(chosen["transport"], "tcp"), pc.invert(_opened(chosen))).slice(0, MOST)
    late = int(pc.sum(begun).as_py() or 0)
    return max(0, int(chosen.num_rows) - MOST) + max(0, late - MOST_BEGUN)


def _eligible(flows: pa.Table) -> pa.Table:
    size = pc.add(flows["delivered_up"], flows["delivered_down"])
    both = pc.and_(pc.greater(flows["packets_up"], 0), pc.greater(flows["packets_down"], 0))
    return flows.filter(pc.and_(both, pc.greater_equal(size, LEAST_BYTES)))


def _opened(flows: pa.Table) -> pa.ChunkedArray:
    return pc.match_substring(pc.fill_null(flows["handshake"], ""), "S")


def _of_equal_numbers(flows: pa.Table) -> pa.Table:
    """Within one recording: connections with equal numbers, of which there are two, as where an end was translated."""
    known = np.flatnonzero(pc.and_(pc.is_valid(flows["seq_up"]), pc.is_valid(flows["seq_down"])).to_numpy())
    if not len(known):
        return flows.slice(0, 0)
    numbers = flows.select(["seq_up", "seq_down"]).take(pa.array(known))
    up, down = (np.unique(column.to_numpy(), return_inverse=True)[1].reshape(-1) for column in numbers.columns)
    _, which, counts = np.unique(up * (int(down.max()) + 1) + down, return_inverse=True, return_counts=True)
    twice = np.zeros(flows.num_rows, np.bool_)
    twice[known] = counts[which.reshape(-1)] == 2
    return flows.filter(pa.array(twice))


def _seen(flows: pa.Table, recording_of: Mapping[str, str]) -> list[Seen]:
    chosen = _eligible(flows).slice(0, MOST)
    times = [chosen[name].cast(pa.int64()).to_pylist() for name in ("first_ts", "last_ts")]
    rows = chosen.select(COLUMNS).to_pylist()
    parts = [recording_of.get(row["capture_id"], row["capture_id"]) for row in rows]
    ends: dict[str, int] = defaultdict(int)
    for recording, last in zip(parts, times[1], strict=True):
        ends[recording] = max(ends[recording], last or 0)
    found = []
    for row, recording, first, last in zip(rows, parts, *times, strict=True):
        sizes = row["delivered_up"] or 0, row["delivered_down"] or 0
        starts = row["seq_up"], row["seq_down"]
        found.append(
            Seen(
                row["flow_id"], row["capture_id"], recording,
                row["client_ip"], row["client_port"],
                (row["transport"], row["server_ip"], row["server_port"], "variant" in (row["doubts"] or ())),
                first or 0, sizes, (sizes[0] + (row["missing_up"] or 0), sizes[1] + (row["missing_down"] or 0)),
                None if None in starts else starts, "S" in (row["handshake"] or ""),
                not _ENDS.isdisjoint(row["handshake"] or "") or ends[recording] - (last or 0) > SILENT,
            )
        )  # fmt: skip
    return _telling(found)


def _telling(seen: list[Seen]) -> list[Seen]:
    """The same; numbers that more connections of a recording have than one and its translation tell nothing."""
    counts: dict[Key, int] = defaultdict(int)
    for one in seen:
        counts[one.recording, one.server[-1], one.starts] += 1
    return [
        one._replace(starts=None) if counts[one.recording, one.server[-1], one.starts] > BEFORE_AND_BEHIND else one
        for one in seen
    ]


def _unused(pairs: Iterable[Pair], used: set[str]) -> list[Pair]:
    """Each connection is a second sighting once, and none of one that is itself a second one; `used` grows by them."""
    found: list[Pair] = []
    again: set[str] = set()
    for pair in _with_sides(list(pairs)):
        kept, second = _turned(pair)
        if second.flow_id not in used and not again & {kept.flow_id, second.flow_id}:
            again.add(second.flow_id)
            found.append(pair)
    used |= {one.flow_id for pair in found for one in (pair.one, pair.other)}
    return found


def _with_sides(pairs: list[Pair]) -> list[Pair]:
    """The same; of two recordings within private networks that with more clients lies before their translation."""
    clients: dict[Ways, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for one, other, _, _ in pairs:
        if one.client != other.client:
            for ends, end in zip(clients[one.recording, other.recording], (one.client, other.client), strict=True):
                ends.add(end)
    many = {ways for ways, (here, there) in clients.items() if len(there) > len(here)}
    return [pair._replace(many_behind_one=pair.ways in many) for pair in pairs]


def _turned(pair: Pair) -> tuple[Seen, Seen]:
    """The sighting that is kept, before translation of an address, and the other one.

    Where the client's is the same on both sides the server's was translated: then the one that names who got it. What
    is IPv6 behind a router and IPv4 before it is inside where it is IPv6.
    """
    one, other = pair.one, pair.other
    here, there = private_ends(one), private_ends(other)
    inner = there[0] > here[0] or (there[1] > here[1] and one.client == other.client)
    inner |= there == here and pair.many_behind_one and one.client != other.client
    inner = (inner and not embeds(one, other)) or (there == here and embeds(other, one))
    return (other, one) if inner else (one, other)


def _row(pair: Pair) -> dict[str, object]:
    kept, again = _turned(pair)
    return {
        "flow_id": again.flow_id, "capture_id": again.capture, "of_flow_id": kept.flow_id,
        "of_capture_id": kept.capture, "server_ip": again.server[1],
        "apart_s": (again.first - kept.first) / SECOND, "by": pair.by,
    }  # fmt: skip

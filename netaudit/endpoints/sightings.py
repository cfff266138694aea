"""Connections that two captures show: both sides of a router, or a mirror and a tap. Each is one, with two sightings.

Two captures are tied by what both saw: connections to the same server and port in which the same number of bytes was
handed on in both directions, and by pictures that went to the same server. Where enough of these lie the same time
apart, that is how far the clocks are apart, and all pairs of that distance are one connection each. No clock is guessed
from anything else here. Between the same two addresses the port of the client has to be the same, too: a file that is
sent anew every day is no second sighting. Kept is the sighting on the inner side, before an address was translated.
"""

from __future__ import annotations

import bisect
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netaudit.endpoints.vantage import kind_of
from netaudit.storage.table_streams import table_of
from netaudit.tables import SIGHTINGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SECOND = 10**9
LEAST_BYTES = 64  # of both directions together; less tells no connection from another
LEAST_ANCHORS = 3  # that lie the same time apart, before two captures are tied …
SURE_BYTES = 20_000  # … or one of so many bytes
APART = SECOND // 2  # by which the distance of one connection may differ: the way through a router, and drift
MOST = 1 << 18  # connections of a capture that are looked at
SIZES, PICTURES = "same bytes both ways", "same pictures"
COLUMNS = [
    "flow_id", "capture_id", "transport", "client_ip", "client_port", "server_ip", "server_port", "delivered_up",
    "delivered_down",
]  # fmt: skip

Key = tuple[object, ...]


class Seen(NamedTuple):
    """A connection as one capture shows it."""

    flow_id: str
    capture: str
    client: str
    port: int | None  # of the client
    first: int
    size: int


def sightings(flows: pa.Table, recording_of: Mapping[str, str], pictures: Iterable[tuple[str, str]] = ()) -> pa.Table:
    """The `sightings` table. `recording_of` names the recording of each capture, `pictures` are (flow, SHA-256)."""
    if len(set(recording_of.values())) < 2:
        return SIGHTINGS.schema().empty_table()
    by_key = _by_key(flows)
    found: list[dict[str, object]] = []
    taken: set[str] = set()
    for way, keyed in ((SIZES, by_key), (PICTURES, _by_picture(flows, pictures))):
        for one, other, pairs in _pairs_of_recordings(keyed, recording_of):
            offset = _offset(pairs)
            if offset is None:
                continue
            for kept, again in _matched(keyed, one, other, recording_of, offset, taken):
                found.append(_row(kept, again, way))
    return table_of([SIGHTINGS.row(**row) for row in found], SIGHTINGS)


def once(flows: pa.Table, seen: pa.Table) -> pa.Table:
    """The flows without those that are another sighting of one of them."""
    if not seen.num_rows:
        return flows
    return flows.filter(pc.invert(pc.is_in(flows["flow_id"], value_set=seen["flow_id"].combine_chunks())))


def _rows(flows: pa.Table) -> Iterator[tuple[dict[str, object], Seen]]:
    size = pc.add(flows["delivered_up"], flows["delivered_down"])
    both = pc.and_(pc.greater(flows["packets_up"], 0), pc.greater(flows["packets_down"], 0))
    chosen = flows.filter(pc.and_(both, pc.greater_equal(size, LEAST_BYTES))).slice(0, MOST)
    times = chosen["first_ts"].cast(pa.int64()).to_pylist()
    for row, first in zip(chosen.select(COLUMNS).to_pylist(), times, strict=True):
        size_ = int(row["delivered_up"]) + int(row["delivered_down"])
        yield row, Seen(row["flow_id"], row["capture_id"], row["client_ip"], row["client_port"], first or 0, size_)


def _by_key(flows: pa.Table) -> dict[Key, list[Seen]]:
    found: dict[Key, list[Seen]] = defaultdict(list)
    for row, seen in _rows(flows):
        key = tuple(row[name] for name in ("transport", "server_ip", "server_port", "delivered_up", "delivered_down"))
        found[key].append(seen)
    return found


def _by_picture(flows: pa.Table, pictures: Iterable[tuple[str, str]]) -> dict[Key, list[Seen]]:
    """Connections by the first picture that they carried, and their server: a hole in one capture changes its sizes."""
    first: dict[str, str] = {}
    for flow_id, sha256 in pictures:
        first.setdefault(flow_id, sha256)
    found: dict[Key, list[Seen]] = defaultdict(list)
    for row, seen in _rows(flows) if first else ():
        if carried := first.get(seen.flow_id):
            found[carried, row["server_ip"], row["server_port"]].append(seen)
    return found


def _pairs_of_recordings(
    keyed: Mapping[Key, list[Seen]], recording_of: Mapping[str, str]
) -> Iterator[tuple[str, str, list[tuple[Seen, Seen]]]]:
    """Two recordings, and what each saw once of a kind: anchors of their clocks."""
    pairs: dict[tuple[str, str], list[tuple[Seen, Seen]]] = defaultdict(list)
    for some in keyed.values():
        by_recording: dict[str, list[Seen]] = defaultdict(list)
        for one in some:
            by_recording[recording_of.get(one.capture, one.capture)].append(one)
        alone = sorted((name, ones[0]) for name, ones in by_recording.items() if len(ones) == 1)
        for place, (name, one) in enumerate(alone):
            for other_name, other in alone[place + 1 :]:
                if _may_be_one(one, other):
                    pairs[name, other_name].append((one, other))
    for (one_name, other_name), some_pairs in sorted(pairs.items()):
        yield one_name, other_name, some_pairs


def _offset(pairs: list[tuple[Seen, Seen]]) -> int | None:
    """How much later the second recording's clock shows the same, in ns; None where too little lies the same apart."""
    apart = np.sort(np.array([other.first - one.first for one, other in pairs], np.int64))
    ends = np.searchsorted(apart, apart + APART, "right")
    counts = ends - np.arange(len(apart))
    best = int(np.argmax(counts))
    middle = int(np.median(apart[best : ends[best]]))
    near = [one for one, other in pairs if abs(other.first - one.first - middle) <= APART]
    if len(near) >= LEAST_ANCHORS or any(one.size >= SURE_BYTES for one in near):
        return middle
    return None


def _matched(
    keyed: Mapping[Key, list[Seen]], one: str, other: str, recording_of: Mapping[str, str], offset: int, taken: set[str]
) -> Iterator[tuple[Seen, Seen]]:
    """Pairs of sightings, (kept, again), each used once."""
    for some in keyed.values():
        here, there = (
            sorted(
                (
                    row
                    for row in some
                    if recording_of.get(row.capture, row.capture) == name and row.flow_id not in taken
                ),
                key=lambda row: row.first,
            )
            for name in (one, other)
        )
        times, used = [far.first for far in there], set[int]()
        for row in here:
            then = row.first + offset
            places = range(bisect.bisect_left(times, then - APART), bisect.bisect_right(times, then + APART))
            near = [place for place in places if place not in used and _may_be_one(row, there[place])]
            if near:
                _, best = min((abs(times[place] - then), place) for place in near)
                used.add(best)
                kept, again = (there[best], row) if _is_inner(there[best], row) else (row, there[best])
                taken.add(again.flow_id)
                yield kept, again


def _may_be_one(one: Seen, other: Seen) -> bool:
    """Whether nothing speaks against it: where no address was translated, no port was."""
    return one.client != other.client or one.port == other.port


def _is_inner(one: Seen, other: Seen) -> bool:
    """Whether the first is the sighting before translation of an address, the other one behind it."""
    return kind_of(one.client) == "private" != kind_of(other.client)


def _row(kept: Seen, again: Seen, way: str) -> dict[str, object]:
    return {
        "flow_id": again.flow_id, "capture_id": again.capture, "of_flow_id": kept.flow_id,
        "of_capture_id": kept.capture, "apart_s": (again.first - kept.first) / SECOND, "by": way,
    }  # fmt: skip

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

import bisect
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netaudit.endpoints.vantage import kind_of
from netaudit.storage.table_streams import table_of
from netaudit.tables import SIGHTINGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import numpy.typing as npt

    I8 = npt.NDArray[np.int64]

SECOND = 10**9
LEAST_BYTES = 64  # of both directions together; less tells no datagrams from others
LEAST_ANCHORS = 3  # that lie the same time apart, before a distance of clocks is found by a search …
SEARCHED = 900 * SECOND  # … within which that is looked for
APART = SECOND // 2  # by which the distance of one connection may differ: the way through a router, and drift
MOST = 1 << 18  # connections that are looked at
MOST_BEGUN = 4096  # of them, those that had begun before the capture did
SPACE = 1 << 32  # of sequence numbers
BEFORE_AND_BEHIND = 2  # translation
LEAST_START = 1 << 16  # a number where connections begin; lower ones are those of stacks that count from nothing
CHANCE = 1e-6  # that numbers of another connection lie where those of one do
SILENT = 60 * SECOND
PROXY = 4096  # bytes that a proxy is asked with, and answers, before it hands on what is sent
_ENDS = frozenset("FfR")  # of flows.handshake
RANDOM, NUMBERS = "same random of the ClientHello", "same sequence numbers"
SIZES, PICTURES = "same bytes both ways", "same pictures"
SEARCH = "at a distance of clocks that was searched for"
COLUMNS = [
    "flow_id", "capture_id", "transport", "client_ip", "client_port", "server_ip", "server_port", "delivered_up",
    "delivered_down", "missing_up", "missing_down", "seq_up", "seq_down", "handshake", "doubts",
]  # fmt: skip

Key = tuple[object, ...]
Ways = tuple[str, str]


class Seen(NamedTuple):
    """A connection as one capture shows it."""

    flow_id: str
    capture: str
    recording: str
    client: str
    port: int | None  # of the client
    server: Key  # transport, address, port; and whether it is the other reading of a doubtful one
    first: int
    sizes: tuple[int, int]  # handed on: up, down
    spans: tuple[int, int]  # the same with what is missing
    starts: tuple[int, int] | None  # sequence numbers of both directions; None where they tell nothing
    opened: bool  # seen from its opening on
    ended: bool  # and to its end: closed, or silent for long before the recording ended


class Pair(NamedTuple):
    """Two sightings of one connection."""

    one: Seen
    other: Seen
    by: str
    many_behind_one: bool = False  # several clients of the other's recording are one client in that of the first

    @property
    def ways(self) -> Ways:
        """The two recordings, in order."""
        return self.one.recording, self.other.recording

    @property
    def apart(self) -> int:
        """How much later the second one begins, in ns."""
        return self.other.first - self.one.first


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
    found = _unused([*_by_random(seen, hellos), *_by_numbers(seen), *_by_ranges(seen)], used)
    if several:
        clocks = _clocks(found)
        shown = _first_pictures(pictures)
        for way, keyed in ((SIZES, _by_sizes(seen, used)), (PICTURES, _by_picture(seen, used, shown))):
            found += _unused(_at_distance(keyed, clocks, way), used)
        found += _unused(_at_distance(_by_ports(seen, used), clocks, SIZES, tied_only=True), used)
    return table_of([SIGHTINGS.row(**_row(pair)) for pair in found], SIGHTINGS)


def once(flows: pa.Table, seen: pa.Table) -> pa.Table:
    """The flows without those that are another sighting of one of them."""
    if not seen.num_rows:
        return flows
    return flows.filter(pc.invert(pc.is_in(flows["flow_id"], value_set=seen["flow_id"].combine_chunks())))


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
    known = flows.filter(pc.and_(pc.is_valid(flows["seq_up"]), pc.is_valid(flows["seq_down"])))
    key = [known[name].cast(pa.string()) for name in ("seq_up", "seq_down")]
    if not known.num_rows:
        return known
    keys = pc.binary_join_element_wise(*key, " ").combine_chunks()
    counts = pc.value_counts(keys)
    return known.filter(pc.is_in(keys, value_set=counts.field("values").filter(pc.equal(counts.field("counts"), 2))))


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


def _by_random(seen: list[Seen], hellos: pa.Table | None) -> Iterator[Pair]:
    if hellos is None or "random" not in hellos.column_names:
        return
    of, names = {one.flow_id: one for one in seen}, dict[str, str]()
    keyed: dict[str, dict[str, Seen]] = defaultdict(dict)
    columns = [hellos[name].to_pylist() for name in ("flow_id", "random", "sni")]
    for flow_id, random, name in zip(*columns, strict=True):
        if random and random != random[:2] * (len(random) // 2) and flow_id in of:
            keyed[random][flow_id] = of[flow_id]
            names[flow_id] = (name or "").lower()
    for some in keyed.values():
        sides = Counter((one.recording, _private(one)) for one in some.values())
        if max(sides.values()) > 1:
            continue  # a stack whose randoms are none
        for pair in _two(list(some.values()), RANDOM):  # whatever sequence numbers a proxy between gives it
            one, other = pair.one, pair.other
            same = names[one.flow_id] == names[other.flow_id] != "" or one.server[:3] == other.server[:3]
            if same and _carried_alike(one, other):
                yield pair


def _carried_alike(one: Seen, other: Seen) -> bool:
    """Whether two captures show as much, but for what either missed: holes, or the end where it saw none."""
    for way in range(2):
        less, more = sorted((one, other), key=lambda each: each.sizes[way])
        missed = sum(each.spans[way] - each.sizes[way] for each in (one, other))
        if less.ended and more.sizes[way] - less.sizes[way] > missed + PROXY:
            return False
    return True


def _by_numbers(seen: list[Seen]) -> Iterator[Pair]:
    keyed: dict[Key, list[Seen]] = defaultdict(list)
    for one in seen:
        if one.starts is not None and min(one.starts) >= LEAST_START:
            keyed[one.server[0], one.server[-1], one.starts].append(one)
    for some in keyed.values():
        yield from (pair for pair in _two(some, NUMBERS) if _may_be_one(pair.one, pair.other))


def _two(some: list[Seen], by: str) -> Iterator[Pair]:
    """Pairs of what each recording, or each side of a translation, shows once."""
    sides: dict[Key, list[Seen]] = defaultdict(list)
    for one in some:
        sides[one.recording, _private(one)].append(one)
    alone = [ones[0] for _, ones in sorted(sides.items()) if len(ones) == 1]
    for place, one in enumerate(alone):
        for other in alone[place + 1 :]:
            if one.recording != other.recording or _both_at_once(one, other):
                yield Pair(one, other, by)


def _private(one: Seen) -> tuple[bool, bool]:
    """Which ends have an address of their own network."""
    return kind_of(one.client) == "private", kind_of(str(one.server[1])) == "private"


def _both_at_once(one: Seen, other: Seen) -> bool:
    """Whether one recording shows the same before and behind a translation."""
    return abs(other.first - one.first) <= APART and one.sizes == other.sizes


def _by_ranges(seen: list[Seen]) -> Iterator[Pair]:
    """Connections that had begun before a capture did: their numbers lie within what the other capture shows."""
    servers: dict[Key, list[Seen]] = defaultdict(list)
    for one in seen:
        if one.starts is not None:
            servers[one.server].append(one)
    begun: dict[Key, list[Seen]] = defaultdict(list)
    for one in [one for one in seen if one.starts is not None and not one.opened][:MOST_BEGUN]:
        begun[one.server].append(one)
    for server, some in begun.items():
        others = servers[server]
        starts, spans = (np.array([getattr(one, name) for one in others], np.int64) for name in ("starts", "spans"))
        for one in some if len(others) > 1 else ():
            fitting = [other for other in _overlapping(one, others, starts, spans) if _may_be_one(one, other)]
            fitting = [other for other in fitting if other.recording != one.recording]
            if len(fitting) == 1 and len(others) * _chance(one, fitting[0]) <= CHANCE:
                first, second = sorted((one, fitting[0]), key=lambda each: each.recording)
                yield Pair(first, second, NUMBERS)


def _overlapping(one: Seen, others: list[Seen], starts: I8, spans: I8) -> list[Seen]:
    """Those whose sequence numbers lie where those of the connection do, in both directions."""
    ahead = (starts - np.array(one.starts, np.int64)) % SPACE
    both = ((ahead <= np.array(one.spans)) | (SPACE - ahead <= spans)).all(axis=1)
    return [others[place] for place in np.flatnonzero(both)]


def _chance(one: Seen, other: Seen) -> float:
    """How likely the numbers of two connections that have nothing to do with each other overlap so."""
    up, down = (min(1.0, (one.spans[way] + other.spans[way] + 1) / SPACE) for way in range(2))
    return up * down


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


def _clocks(pairs: list[Pair]) -> dict[Ways, int]:
    """How much later the clock of a recording is than that of another, in ns, by connections that both saw begin."""
    apart: dict[Ways, list[int]] = defaultdict(list)
    for pair in pairs:
        if pair.one.recording != pair.other.recording and pair.one.opened == pair.other.opened:
            apart[pair.ways].append(pair.apart)
    return {ways: int(np.median(some)) for ways, some in apart.items()}


def _first_pictures(pictures: Iterable[tuple[str, str]]) -> dict[str, str]:
    first: dict[str, str] = {}
    for flow_id, sha256 in pictures:
        first.setdefault(flow_id, sha256)
    return first


def _by_sizes(seen: list[Seen], used: set[str]) -> dict[Key, list[Seen]]:
    found: dict[Key, list[Seen]] = defaultdict(list)
    for one in seen:
        if one.flow_id not in used:
            found[one.server, one.sizes].append(one)
    return found


def _by_ports(seen: list[Seen], used: set[str]) -> dict[Key, list[Seen]]:
    """Connections by both ends, ports and bytes: what a firewall drew anew are numbers, and those only."""
    found: dict[Key, list[Seen]] = defaultdict(list)
    for one in seen:
        if one.flow_id not in used and one.starts is not None and sum(one.spans) >= LEAST_BYTES:
            found[one.client, one.port, one.server, one.spans].append(one)
    return found


def _by_picture(seen: list[Seen], used: set[str], first: Mapping[str, str]) -> dict[Key, list[Seen]]:
    """Connections by the first picture that they carried, and their server: a hole in one capture changes its sizes."""
    found: dict[Key, list[Seen]] = defaultdict(list)
    for one in seen if first else ():
        if one.flow_id not in used and (carried := first.get(one.flow_id)):
            found[carried, one.server].append(one)
    return found


def _at_distance(
    keyed: Mapping[Key, list[Seen]], clocks: Mapping[Ways, int], way: str, *, tied_only: bool = False
) -> Iterator[Pair]:
    """Pairs at the distance of the clocks, or at one that is searched for where nothing tells it."""
    for ways, anchors in _anchors(keyed).items():
        apart = clocks.get(ways)
        by = way if apart is not None else f"{way}, {SEARCH}"
        apart = _searched(anchors) if apart is None and not tied_only else apart
        if apart is not None:
            tied = ways in clocks
            yield from (Pair(one, other, by) for one, other in _matched(keyed, *ways, apart, tied=tied))


def _anchors(keyed: Mapping[Key, list[Seen]]) -> dict[Ways, list[tuple[Seen, Seen]]]:
    """By two recordings, in order: what each saw once of a kind."""
    pairs: dict[Ways, list[tuple[Seen, Seen]]] = defaultdict(list)
    for some in keyed.values():
        by_recording: dict[str, list[Seen]] = defaultdict(list)
        for one in some:
            by_recording[one.recording].append(one)
        alone = sorted((name, ones) for name, ones in by_recording.items())
        for place, (name, ones) in enumerate(alone):
            for other_name, others in alone[place + 1 :]:
                here = pairs[name, other_name]
                if len(ones) == len(others) == 1 and _may_be_one(ones[0], others[0]):
                    here.append((ones[0], others[0]))
    return dict(sorted(pairs.items()))


def _searched(anchors: list[tuple[Seen, Seen]]) -> int | None:
    """How much later the second recording's clock shows the same, in ns; None where too little lies the same apart."""
    apart = np.sort(np.array([other.first - one.first for one, other in anchors], np.int64))
    apart = apart[np.abs(apart) <= SEARCHED]
    if len(apart) < LEAST_ANCHORS:
        return None
    ends = np.searchsorted(apart, apart + APART, "right")
    counts = ends - np.arange(len(apart))
    best = int(np.argmax(counts))
    return int(np.median(apart[best : ends[best]])) if counts[best] >= LEAST_ANCHORS else None


def _matched(
    keyed: Mapping[Key, list[Seen]], one: str, other: str, apart: int, *, tied: bool
) -> Iterator[tuple[Seen, Seen]]:
    """Pairs of sightings in two recordings, each used once; `tied`: what only one can have tells the distance."""
    for some in keyed.values():
        here, there = (
            sorted((row for row in some if row.recording == name), key=lambda row: row.first) for name in (one, other)
        )
        times, used = [far.first for far in there], set[int]()
        for row in here:
            then = row.first + apart
            places = range(bisect.bisect_left(times, then - APART), bisect.bisect_right(times, then + APART))
            near = [place for place in places if place not in used and _may_be_one(row, there[place], tied=tied)]
            if near:
                _, best = min((abs(times[place] - then), place) for place in near)
                used.add(best)
                yield row, there[best]


def _may_be_one(one: Seen, other: Seen, *, tied: bool = False) -> bool:
    """Whether nothing speaks against it: other numbers, or, where no address was translated, another port.

    Firewalls draw numbers anew. Two ends have one connection by the same ports at a time: where the distance of the
    clocks is `tied` and as many bytes went both ways, the numbers may differ.
    """
    if tied and (one.client, one.port, one.server, one.spans) == (other.client, other.port, other.server, other.spans):
        return True
    if one.client == other.client and one.port != other.port:
        return False
    if one.starts is None or other.starts is None:
        return True
    if one.opened and other.opened:
        return one.starts == other.starts
    return all(
        (other.starts[way] - one.starts[way]) % SPACE <= one.spans[way]
        or (one.starts[way] - other.starts[way]) % SPACE <= other.spans[way]
        for way in range(2)
    )


def _turned(pair: Pair) -> tuple[Seen, Seen]:
    """The sighting that is kept, before translation of an address, and the other one.

    Where the client's is the same on both sides the server's was translated: then the one that names who got it.
    """
    one, other = pair.one, pair.other
    here, there = _private(one), _private(other)
    inner = there[0] > here[0] or (there[1] > here[1] and one.client == other.client)
    inner |= there == here and pair.many_behind_one and one.client != other.client
    return (other, one) if inner else (one, other)


def _row(pair: Pair) -> dict[str, object]:
    kept, again = _turned(pair)
    return {
        "flow_id": again.flow_id, "capture_id": again.capture, "of_flow_id": kept.flow_id,
        "of_capture_id": kept.capture, "apart_s": (again.first - kept.first) / SECOND, "by": pair.by,
    }  # fmt: skip

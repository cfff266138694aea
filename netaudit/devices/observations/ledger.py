"""Collects facts about hosts: each once, with its first place and how often it was said.

Bounds are per logical shard (see `at`), and where one is reached the earliest facts have the room: so what is kept
depends neither on how the shards are spread over workers nor on the order in which flows are read.
"""

from __future__ import annotations

import heapq
import struct
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from netaudit.core.masking.mask import mask, mask_host, mask_path, mask_words, shortened
from netaudit.core.masking.number_forms import shown_serial
from netaudit.core.schema import OBSERVATIONS, Row
from netaudit.core.storage.table_streams import BATCH_ROWS

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    import numpy.typing as npt

    from netaudit.core.storage.table_streams import TableWriter

    I8 = npt.NDArray[np.int64]

_FACT = OBSERVATIONS.row
MOST_FACTS = 2_048  # distinct facts kept of one shard; a flood of invented names must not fill the memory
MOST_VALUES = 48  # distinct values kept of one field of one host in one shard
LONGEST = 512  # characters of a value
MOST_AWAY = 1_024  # facts of one shard that found no room and are remembered: they may prove to be earlier
LATE = 30 * 10**9  # ns; what is said so long after the latest fact that has room will not prove to be earlier
MOST_STALE = 4  # ranks in a heap for each fact: most of them are of facts that have given way since
MOST_LOOKS = 512  # different things of one shard that `new` remembers
OPEN_FIELDS = frozenset(
    {"name", "address", "leased", "prefix"}
)  # what vantage and names need: bounded by MOST_FACTS only
WIDE_FIELDS = frozenset({"asked"})  # a host asks for many names before it asks for the one that tells what it is
WIDER = 8  # times as many values of those

MASKS: dict[str, Callable[[str], str]] = {
    **dict.fromkeys(("hostname", "fqdn", "asked", "name"), mask_host),
    **dict.fromkeys(("key", "user_agent"), mask_words),
    "path": mask_path,
    "ech": lambda names: " ".join(map(mask_host, names.split(" "))),
    **dict.fromkeys(
        ("serial", "SerialNo", "SerialNumber", "SerialNO", "DeviceSN", "SN", "SerialID", "gb_id"), shown_serial
    ),
}
"""How values of a field are masked, where people name things in it."""

Host = tuple[int, str, str, str, str]  # shard, kind, link address, address, field
Note = tuple[Host, str, tuple[int, int, int], int]  # whose, value (masked), place, how often
Rank = tuple[int, int, int, int, Host, str]  # time, frame, capture and turn, negative; the smallest gives way
COUNT = struct.Struct("<q")
PLACE = struct.Struct("<iqqiq")  # capture, frame, time, turn, how often: packed, as there are many
COUNT_AT = PLACE.size - COUNT.size
NEVER = (1 << 63) - 1


def masked_value(value: str, field: str = "") -> str:
    """A value as the ledger keeps it."""
    return shortened(MASKS.get(field, mask), value, LONGEST)


class Ledger:
    """Facts as rows of `observations`."""

    def __init__(self, most: int = MOST_FACTS, most_values: int = MOST_VALUES) -> None:
        self._facts: dict[Host, dict[str, bytearray]] = {}
        self._most, self._most_values = most, most_values
        self._in_shard: Counter[int] = Counter()
        self._looks: dict[tuple[int, Hashable], set[Hashable]] = {}
        self._looks_in_shard: Counter[int] = Counter()
        self._shard = -1
        self._latest: dict[int | Host, list[Rank]] = {}  # heaps of a full shard or field; a rank may have risen since
        self._away: dict[int, dict[tuple[Host, str], bytearray]] = {}  # per shard: what found no room of late
        self._place, self._turn = (0, 0, 0), 0  # of the fact noted last, and how many were noted of that place before
        self._dropped = 0  # all others
        self._first_dropped = (NEVER, 0, 0)  # time, frame and capture of the earliest of them

    def at(self, shard: int) -> None:
        """Say which logical shard the next facts come from."""
        self._shard = shard

    def note(
        self,
        kind: str,
        mac: str,
        ip: str,
        field: str,
        value: str,
        capture: int,
        frame: int,
        ts: int,
        *,
        computed: bool = False,
        masked: bool = False,
        times: int = 1,
    ) -> None:
        """Take down that `field` of the host at `mac`/`ip` is said to be `value`, so many times, the earliest here.

        `computed` is for digests: nobody sent them, and masking would take some of their digits for a phone number.
        `masked` is for values of `masked_value`.
        """
        if not (computed or masked):
            value = masked_value(value, field)
        self.note_all([(self.field(kind, mac, ip, field), value, (capture, frame, ts), times)])

    def field(self, kind: str, mac: str, ip: str, field: str) -> Host:
        """Whose facts they are that `note_all` takes, in the shard that was said last."""
        return self._shard, kind, mac, ip, field

    def note_all(self, notes: Iterable[Note]) -> None:
        """Take down many facts at once, each with its shard."""
        facts, latest, last, turn = self._facts, self._latest, self._place, self._turn
        unpack, recount = PLACE.unpack_from, COUNT.pack_into
        in_shard, most, most_values = self._in_shard, self._most, self._most_values
        before, values = None, None
        for host, value, place, times in notes:
            turn = turn + 1 if place == last else 0
            last = place
            full: int | Host = host[0]
            if host is not before:  # several facts of a field, one after the other
                before, values = host, facts.get(host)
            if values is not None:
                if (known := values.get(value)) is not None:
                    first_capture, first_frame, first_ts, _, count = unpack(known)
                    capture, frame, ts = place
                    if ts < first_ts or (ts == first_ts and (frame, capture) < (first_frame, first_capture)):
                        PLACE.pack_into(known, 0, *place, turn, count + times)
                    else:
                        recount(known, COUNT_AT, count + times)
                    continue
                if len(values) >= most_values and self._crowded(host[4], len(values)):
                    full = host
            if full is not host and in_shard[host[0]] < most:
                in_shard[host[0]] += 1
                values = facts.setdefault(host, {})
                values[value] = bytearray(PLACE.pack(*place, turn, times))
            elif (waiting := latest.get(full)) and place[2] + waiting[0][0] > LATE:
                self._dropped += times
                if place[2] <= self._first_dropped[0]:
                    self._forget(*place, turn, 0)
            else:
                self._shard = host[0]
                self._displace(full, host, value, PLACE.pack(*place, turn, times))
                before = None  # another field may have gone, or come
        self._place, self._turn = last, turn

    def in_time(
        self, hosts: Sequence[Host], which: I8, values: Sequence[str], places: tuple[Any, Any, Any], times: I8
    ) -> I8:
        """Which of many facts are to be noted; the others would find no room at their turn either, and are counted.

        Those that have room only get earlier, so what is too late for it stays so.

        Args:
            hosts: whose facts they are.
            which: of each fact the number of its host.
            values: of each its value, masked.
            places: captures, frames and times of all.
            times: how often each was said.

        """
        captures, frames, ts = places
        late = np.flatnonzero(ts > np.array([self._closed_from(host) for host in hosts], np.int64)[which])
        known = [self._facts.get(host, {}) for host in hosts]
        new = [
            values[place] not in known[host] for place, host in zip(late.tolist(), which[late].tolist(), strict=True)
        ]
        lost = late[np.array(new, bool)]
        if lost.size:
            noted = np.ones(len(values), bool)
            noted[lost] = False
            kept = {(which.item(place), values[place]) for place in np.flatnonzero(noted).tolist()}
            # what another name of the batch says as well, masked, may be known at its turn
            lost = lost[[(which.item(place), values[place]) not in kept for place in lost.tolist()]]
        if lost.size:
            first = lost[np.lexsort((captures[lost], frames[lost], ts[lost]))[0]]
            self._forget(int(captures[first]), int(frames[first]), int(ts[first]), 0, int(times[lost].sum()))
        noted = np.ones(len(values), bool)
        noted[lost] = False
        return np.flatnonzero(noted)

    def _closed_from(self, host: Host) -> int:
        """The time behind which a new fact finds no room and need not be remembered either."""
        values, full = self._facts.get(host, ()), host[0]
        if self._crowded(host[4], len(values)):
            waiting = self._latest.get(host)
        else:
            waiting = self._latest.get(full) if self._in_shard[full] >= self._most else None
        return LATE - waiting[0][0] if waiting else NEVER

    def _crowded(self, field: str, values: int) -> bool:
        """Whether a field of a host has all the values it may have."""
        if values < self._most_values or field in OPEN_FIELDS:
            return False
        return field not in WIDE_FIELDS or values >= WIDER * self._most_values

    def _displace(self, full: int | Host, host: Host, value: str, place: bytes) -> None:
        """Take down a fact instead of the latest one of a full shard or field; if it is that itself, turn it away."""
        away = self._away.setdefault(self._shard, {})
        before = away.pop((host, value), None)
        own = bytearray(place if before is None else _joined(before, place))
        latest = self._latest_of(full)
        rank = _rank(host, value, own)
        if latest and latest[0] < rank:
            *_, last_host, last_value = heapq.heappop(latest)
            values = self._facts[last_host]
            self._turn_away(last_host, last_value, values.pop(last_value))
            if not values:
                del self._facts[last_host]
                self._latest.pop(last_host, None)
            self._facts.setdefault(host, {})[value] = own
            self._line_up(host, rank, len(self._facts[host]))
            self._line_up(self._shard, rank, self._in_shard[self._shard])
        else:
            self._turn_away(host, value, own)

    def _line_up(self, full: int | Host, rank: Rank, facts: int) -> None:
        """Put a fact into the heap of its shard or field, if there is one; mostly of what gave way, it is let go."""
        heap = self._latest.get(full)
        if heap is not None and len(heap) < MOST_STALE * (1 + facts):
            heapq.heappush(heap, rank)
        elif heap is not None:
            del self._latest[full]

    def _latest_of(self, full: int | Host) -> list[Rank]:
        """Heap of the facts of a shard or field, with the latest in front."""
        if full not in self._latest:
            hosts = [full] if isinstance(full, tuple) else [host for host in self._facts if host[0] == full]
            ranks = [_rank(host, value, place) for host in hosts for value, place in self._facts[host].items()]
            heapq.heapify(ranks)
            self._latest[full] = ranks
        heap = self._latest[full]
        while heap:
            *_, host, value = heap[0]
            place = self._facts.get(host, {}).get(value)
            if place is None:
                heapq.heappop(heap)
            elif (rank := _rank(host, value, place)) != heap[0]:
                heapq.heapreplace(heap, rank)
            else:
                break
        return heap

    def _turn_away(self, host: Host, value: str, place: bytearray) -> None:
        """Remember for a while what found no room."""
        away = self._away[self._shard]
        if len(away) >= MOST_AWAY:
            self._forget(*PLACE.unpack(away.pop(next(iter(away)))))
        away[host, value] = place

    def _forget(self, capture: int, frame: int, ts: int, _: int, times: int) -> None:
        """Only count what found no room."""
        self._dropped += times
        self._first_dropped = min(self._first_dropped, (ts, frame, capture))

    def _found_no_room(self) -> bytes:
        """Place of the earliest fact that found no room, and how often such were said."""
        lost = [*PLACE.iter_unpack(b"".join(place for away in self._away.values() for place in away.values()))]
        places = ((ts, frame, capture, turn) for capture, frame, ts, turn, _ in lost)
        ts, frame, capture, turn = min(places, default=(NEVER, 0, 0, 0))
        if self._first_dropped <= (ts, frame, capture):
            (ts, frame, capture), turn = self._first_dropped, 0
        return PLACE.pack(capture, frame, ts, turn, self._dropped + sum(times for *_, times in lost))

    def failed(self, observer: str, error: Exception, place: tuple[int, int, int]) -> None:
        """Take down that an observer raised: a bug, survived."""
        self.note("limit", "", "", "failed", f"{observer}: {type(error).__name__}", *place)

    @property
    def dropped(self) -> int:
        """How many facts found no room."""
        return int(PLACE.unpack(self._found_no_room())[-1])

    def new(self, what: Hashable, kind: Hashable, most: int) -> bool:
        """Whether `what` is met in this kind for the first time, of at most `most` kinds: to look closely only once."""
        key = (self._shard, what)
        kinds = self._looks.get(key)
        if kinds is None:
            if self._looks_in_shard[self._shard] >= MOST_LOOKS:
                return False
            self._looks_in_shard[self._shard] += 1
            self._looks[key] = {kind}
            return True
        if kind in kinds or len(kinds) >= most:
            return False
        kinds.add(kind)
        return True

    def knows(self, kind: str, mac: str, ip: str, field: str, value: str) -> bool:
        """Whether this fact has been noted."""
        return value in self._facts.get((self._shard, kind, mac, ip, field), ())

    def write(self, writer: TableWriter) -> None:
        """Write all facts, some at a time."""
        for columns in self.columns():
            writer.add(columns)
            writer.flush(least=BATCH_ROWS)

    def rows(self) -> Iterator[Row]:
        """Rows of `observations`; a fact of several shards has several, which the last step joins."""
        for columns in self.columns():
            yield from map(_FACT._make, zip(*columns.values(), strict=True))

    def columns(self) -> Iterator[dict[str, list[Any]]]:
        """The same by columns, some thousand facts at a time."""
        hosts: list[tuple[str, ...]] = []
        values: list[str] = []
        places: list[bytes | bytearray] = []
        for (_, *host), known in self._facts.items():
            hosts += [tuple(host)] * len(known)
            values += known
            places += known.values()
            if len(values) >= BATCH_ROWS:
                yield _columns(hosts, values, places)
                hosts, values, places = [], [], []
        lost = self._found_no_room()
        if PLACE.unpack(lost)[-1]:
            hosts.append(("limit", "", "", "dropped"))
            values.append("facts beyond the bounds")
            places.append(lost)
        if values:
            yield _columns(hosts, values, places)


def _rank(host: Host, value: str, place: bytes | bytearray) -> Rank:
    capture, frame, ts, turn, _ = PLACE.unpack(place)
    return -ts, -frame, -capture, -turn, host, value


def _joined(one: bytes | bytearray, other: bytes | bytearray) -> bytes:
    """The earlier of two places, said as often as both."""
    places = [PLACE.unpack(place) for place in (one, other)]
    first = min(places, key=lambda place: (place[2], place[1], place[0], place[3]))
    return PLACE.pack(*first[:4], places[0][4] + places[1][4])


def _columns(hosts: list[tuple[str, ...]], values: list[str], places: list[bytes | bytearray]) -> dict[str, list[Any]]:
    kind, mac, ip, field = map(list, zip(*hosts, strict=True))
    capture, frame, ts, _, count = map(list, zip(*PLACE.iter_unpack(b"".join(places)), strict=True))
    captures = [f"#{number}" for number in capture]
    columns = {"kind": kind, "mac": mac, "ip": ip, "field": field, "value": values, "capture_id": captures}
    return columns | {"frame": frame, "ts": ts, "count": count}

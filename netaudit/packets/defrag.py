"""IP fragments put together again (RFC 791, 3.2; RFC 8200, 4.5).

Every decision depends on the fragments of one logical shard, in the order of the capture and by capture time: never on
where a window ends. Where fragments contradict each other, receivers differ (RFC 5722: IPv6 drops such datagrams): the
bytes that came first stay, and a second reading has those that came last.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import NamedTuple

from netaudit.packets.layouts import SHARDS

LIFETIME = 60_000_000_000  # ns from the first fragment (RFC 8200, 4.5: 60 seconds)
REPEAT = 5_000_000_000  # ns in which a copy of a fragment that was used is taken for a mirror's duplicate
SHARD_BYTES = 1 << 20  # held per logical shard
SHARD_FINISHED = 256  # datagrams per logical shard whose fragments are remembered
OVERHEAD = 900  # what a held fragment costs in memory besides its bytes
LARGEST = 65_535  # of an IPv4 packet, of an IPv6 payload

Frame = tuple[int, int]  # capture, frame number
Key = tuple[int, ...]


class Piece(NamedTuple):
    """One fragment."""

    key: Key  # addresses, id, version, protocol (IPv4), VLAN
    shard: int
    ts: int
    frame: Frame
    others: tuple[Frame, ...]  # frames that fed it, where it came out of a datagram itself
    frame_length: int  # on the wire, of all its frames
    version: int
    header: bytes  # IP header and, in IPv6, the extension headers before the fragment header
    next_at: int  # IPv6: where the header names the fragment header
    next: int  # protocol behind the fragment header
    offset: int
    wire_length: int
    more: bool
    data: bytes  # as captured


def room(piece: Piece) -> int:
    """Bytes that fit behind the headers of this fragment."""
    return LARGEST - (len(piece.header) if piece.version == 4 else len(piece.header) - 40)


@dataclass(slots=True)
class Datagram:
    """A datagram in the making. `spans` are disjoint and sorted: start, end, captured bytes (fewer where cut)."""

    first_ts: int
    pieces: list[Piece] = field(default_factory=list)
    spans: list[tuple[int, int, bytes]] = field(default_factory=list)
    header: Piece | None = None  # the fragment with offset 0
    total: int = -1
    covered: int = 0
    cost: int = 0
    contested: bool = False

    def add(self, piece: Piece) -> bool:
        """Take a fragment in; whether it says other bytes than an earlier one."""
        self.pieces.append(piece)
        if piece.offset == 0 and self.header is None:
            self.header = piece
        if not piece.more and self.total < 0:
            self._end_at(piece.offset + piece.wire_length)
        stop = piece.offset + piece.wire_length
        if self.total >= 0:
            stop = min(stop, self.total)
        conflict = self._cover(piece.offset, stop, piece.data)
        self.contested |= conflict
        return conflict

    def turned(self) -> Datagram:
        """The same datagram where the bytes that came last stay."""
        other = Datagram(self.first_ts)
        ends = [piece for piece in self.pieces if not piece.more]
        for piece in [*ends[-1:], *reversed(self.pieces)]:
            other.add(piece)
        other.header = self.header
        return other

    def _end_at(self, total: int) -> None:
        self.total = total
        kept = [(a, min(b, total), data[: total - a]) for a, b, data in self.spans if a < total]
        self.spans = kept
        self.covered = sum(b - a for a, b, _ in kept)

    def _cover(self, start: int, stop: int, data: bytes) -> bool:
        conflict = False
        at = start
        index = bisect_left(self.spans, (start,))
        if index and self.spans[index - 1][1] > start:
            index -= 1
        while at < stop:
            if index < len(self.spans) and self.spans[index][0] <= at:
                a, b, old = self.spans[index]
                until = min(b, stop)
                ours, theirs = data[at - start : until - start], old[at - a : until - a]
                shared = min(len(ours), len(theirs))
                conflict |= ours[:shared] != theirs[:shared]
                at = until
                index += 1
                continue
            until = min(stop, self.spans[index][0]) if index < len(self.spans) else stop
            self.spans.insert(index, (at, until, data[at - start : until - start]))
            self.covered += until - at
            at = until
            index += 1
        return conflict

    @property
    def complete(self) -> bool:
        """Whether every byte has come (captured or cut)."""
        return self.header is not None and self.total >= 0 and self.covered == self.total

    @property
    def fits(self) -> bool:
        """Whether the first fragment's headers leave room for the rest (other fragments may have shorter ones)."""
        return self.header is not None and self.total <= room(self.header)

    def assemble(self) -> tuple[bytes, int]:
        """Give the whole packet as one without fragments, up to the first byte that was cut, and its wire length."""
        assert self.header is not None
        first = self.header
        head = bytearray(first.header)
        if first.version == 4:
            head[2:4] = (len(head) + self.total).to_bytes(2, "big")
            head[6:8] = bytes(2)
        else:
            head[4:6] = (len(head) - 40 + self.total).to_bytes(2, "big")
            head[first.next_at] = first.next
        parts = [bytes(head)]
        for start, stop, data in self.spans:
            parts.append(data)
            if len(data) < stop - start:
                break
        return b"".join(parts), len(head) + self.total


class Whole(NamedTuple):
    """A datagram with all its fragments; the last of `pieces` completed it."""

    packet: bytes
    wire_length: int
    pieces: list[Piece]
    other: tuple[bytes, int] | None = None  # the other reading where fragments contradict each other, and its length


class Outcome(NamedTuple):
    """What became of a fragment."""

    whole: Whole | None = None
    repeated: bool = False  # a copy of one that was used
    oversized: bool = False  # it would end behind the largest datagram
    conflict: bool = False  # it overlaps an earlier one with other bytes
    dropped: tuple[Piece, ...] = ()  # given up for it: too old, or over budget


Print = tuple[int, bool, int, int]  # offset, more, wire length, hash of the bytes


def _print(piece: Piece) -> Print:
    return piece.offset, piece.more, piece.wire_length, hash(piece.data)


class _Shard:
    __slots__ = ("cost", "finished", "open")

    def __init__(self) -> None:
        self.open: dict[Key, Datagram] = {}  # in the order of their first fragments
        self.finished: dict[Key, tuple[int, frozenset[Print]]] = {}
        self.cost = 0

    def drop_oldest(self) -> list[Piece]:
        datagram = self.open.pop(next(iter(self.open)))
        self.cost -= datagram.cost
        return datagram.pieces

    def expire(self, now: int) -> list[Piece]:
        dropped: list[Piece] = []
        while self.open and next(iter(self.open.values())).first_ts < now - LIFETIME:
            dropped += self.drop_oldest()
        return dropped

    def drop_all(self) -> list[Piece]:
        dropped: list[Piece] = []
        while self.open:
            dropped += self.drop_oldest()
        return dropped

    def repeats(self, piece: Piece) -> bool:
        ts, prints = self.finished.get(piece.key, (0, frozenset()))
        return abs(piece.ts - ts) <= REPEAT and _print(piece) in prints

    def remember(self, key: Key, datagram: Datagram) -> None:
        self.finished.pop(key, None)
        self.finished[key] = (datagram.pieces[-1].ts, frozenset(map(_print, datagram.pieces)))
        if len(self.finished) > SHARD_FINISHED:
            del self.finished[next(iter(self.finished))]


def _other(datagram: Datagram) -> tuple[bytes, int] | None:
    """The reading of a datagram in which later bytes win, where it differs and is whole."""
    if not datagram.contested:
        return None
    turned = datagram.turned()
    return turned.assemble() if turned.complete and turned.fits else None


class Defragmenter:
    """Holds fragments until their datagram is whole, too old, or over the budget of its logical shard."""

    def __init__(self) -> None:
        self._shards = [_Shard() for _ in range(SHARDS)]

    def add(self, piece: Piece) -> Outcome:
        """Take a fragment, in the order of the capture."""
        shard = self._shards[piece.shard]
        dropped = shard.expire(piece.ts)
        if piece.offset + piece.wire_length > room(piece):
            return Outcome(oversized=True, dropped=tuple(dropped))
        datagram = shard.open.get(piece.key)
        if datagram is None:
            if shard.repeats(piece):
                return Outcome(repeated=True, dropped=tuple(dropped))
            datagram = shard.open[piece.key] = Datagram(piece.ts)
        conflict = datagram.add(piece)
        cost = len(piece.data) + OVERHEAD
        datagram.cost += cost
        shard.cost += cost
        whole = None
        if datagram.complete:
            del shard.open[piece.key]
            shard.cost -= datagram.cost
            shard.remember(piece.key, datagram)
            if datagram.fits:
                whole = Whole(*datagram.assemble(), datagram.pieces, _other(datagram))
            else:
                dropped += datagram.pieces
        while shard.cost > SHARD_BYTES:
            dropped += shard.drop_oldest()
        return Outcome(whole=whole, conflict=conflict, dropped=tuple(dropped))

    def finish(self) -> list[Piece]:
        """Give up what is still held."""
        return [piece for shard in self._shards for piece in shard.drop_all()]

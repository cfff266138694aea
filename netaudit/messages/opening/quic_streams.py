"""Streams of a QUIC connection put in order: bytes with the places of the flow at which they lay (RFC 9000, 2.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from netaudit.messages.http3 import Http3
from netaudit.messages.places import Places

if TYPE_CHECKING:
    from netaudit.messages.message import Message
    from netaudit.messages.places import Span

MOST_PIECES = 4096  # that wait in a stream for what belongs before them
MOST_STREAMS = 4096
HELD = 32 << 20  # bytes of streams that wait for what belongs before them


class Piece(NamedTuple):
    """Bytes of a stream in order; without bytes: `length` of them were never captured."""

    offset: int
    data: bytes
    length: int


class Half:
    """One direction of one stream."""

    def __init__(self) -> None:
        self.places = Places()
        self.end = 0  # stream offset up to which bytes were handed on
        self.size = -1  # final size, once known
        self.waiting: dict[int, tuple[bytes, int]] = {}  # by offset: bytes, and where they lie in the flow
        self.held = 0
        self.holes = 0

    def add(self, offset: int, data: bytes, at: int) -> list[Piece]:
        """Take bytes that lie at `at` of the flow; those that are in order now. Of bytes sent twice the first stay."""
        if offset > self.end:
            known = self.waiting.get(offset)
            if known is None or len(known[0]) < len(data):
                self.held += len(data) - (len(known[0]) if known else 0)
                self.waiting[offset] = data, at
            return []
        out = self._take(offset, data, at)
        return out + self._join() if self.waiting else out

    def extend(self, parts: list[bytes], spans: list[Span]) -> list[Piece]:
        """Take bytes that are in order, where none wait."""
        piece = Piece(self.end, b"".join(parts), sum(map(len, parts)))
        self.places.extend(spans)
        self.end += piece.length
        return [piece]

    def _take(self, offset: int, data: bytes, at: int) -> list[Piece]:
        old = self.end - offset
        if old >= len(data):
            return []
        data, at = data[old:], at + old
        piece = Piece(self.end, data, len(data))
        self.places.add(len(data), at, at + len(data))
        self.end += len(data)
        return [piece]

    def _join(self) -> list[Piece]:
        out: list[Piece] = []
        for offset in sorted(self.waiting):
            if offset > self.end:
                break
            data, at = self.waiting.pop(offset)
            self.held -= len(data)
            out += self._take(offset, data, at)
        return out

    def skip(self) -> list[Piece]:
        """Give up the first hole: it was never captured."""
        if self.waiting:
            first = min(self.waiting)
            near = self.waiting[first][1]
        elif self.size > self.end:
            first, near = self.size, self.places.outer_end
        else:
            return []
        self.holes += 1
        piece = Piece(self.end, b"", first - self.end)
        self.places.add(piece.length, near, near)
        self.end = first
        return [piece, *self._join()]

    def forget(self) -> int:
        """The stream was broken off where it stands; gives the bytes that waited."""
        self.waiting.clear()
        held, self.held, self.size = self.held, 0, self.end
        return held

    @property
    def too_much(self) -> bool:
        """Whether more pieces wait than may."""
        return len(self.waiting) > MOST_PIECES

    @property
    def done(self) -> bool:
        """Whether all of it was handed on."""
        return 0 <= self.size <= self.end

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Lowest and highest place in the flow of the bytes [first, last): datagrams may have come out of order."""
        return self.places.span(first, last)

    def needed_from(self, after: int) -> int:
        """Lowest place of what waits, `after` at most."""
        return min([after, *(at for _, at in self.waiting.values())])


class Part(NamedTuple):
    """Bytes of a stream, from one frame or several that follow each other."""

    stream: int
    offset: int  # in the stream
    data: bytes
    spans: list[Span]  # where they lie in the flow
    last: bool  # the stream ends with them


class _Row:
    """Bytes of one half that came in order, and are handed on together."""

    def __init__(self, key: tuple[int, int], half: Half) -> None:
        self.key, self.half = key, half
        self.parts: list[bytes] = []
        self.spans: list[Span] = []
        self.end = half.end


class Streams:
    """All of one connection, read as HTTP/3. Keys: number and direction."""

    def __init__(self, client: int) -> None:
        self.client = client
        self.reader: Http3 | None = None
        self.holes = 0
        self._halves: dict[tuple[int, int], Half] = {}
        self._over: dict[tuple[int, int], None] = {}  # that have ended, so that what is sent again is not read again
        self._held = 0
        self._row: _Row | None = None

    def begin(self) -> None:
        """Read them from here on."""
        self.reader = Http3(self.client)

    def feed(self, direction: int, part: Part) -> None:
        """Take bytes of a stream."""
        key, row, size = (part.stream, direction), self._row, len(part.data)
        if row is None or row.key != key or row.end != part.offset:
            half = self._half(key)
            if half is None:
                return
            if half.waiting or part.offset != half.end or not size:
                self._out_of_order(direction, key, half, part)
                return
            row = self._row = _Row(key, half)
        row.parts.append(part.data)
        row.spans += part.spans
        row.end += size
        if part.last:
            row.half.size = row.end
            self._flush()

    def _out_of_order(self, direction: int, key: tuple[int, int], half: Half, part: Part) -> None:
        """Bytes that have to wait, or were there, or are none: frame by frame."""
        spans = [span for span in part.spans if span[0]]
        if len(spans) < 2:
            self._add(key, half, part)
            return
        at = 0
        for number, span in enumerate(spans):
            data = part.data[at : at + span[0]]
            last = part.last and number == len(spans) - 1
            self.feed(direction, Part(part.stream, part.offset + at, data, [span], last))
            at += span[0]

    def _half(self, key: tuple[int, int]) -> Half | None:
        """The half that a frame is of, with all that came before; None when it has ended."""
        self._flush()
        if key in self._over:
            return None
        half = self._halves.get(key)
        if half is None:
            if len(self._halves) + len(self._over) >= MOST_STREAMS:
                self._forget()
            half = self._halves[key] = Half()
        return half

    def _add(self, key: tuple[int, int], half: Half, part: Part) -> None:
        """Bytes of one frame."""
        if part.last:
            half.size = part.offset + len(part.data)
        held = half.held
        pieces = half.add(part.offset, part.data, max([at for size, at, _ in part.spans if size], default=0))
        self._held += half.held - held
        self._hand_on(key, half, pieces)
        if half.too_much or self._held > HELD:
            self._skip(key, half)

    def _flush(self) -> None:
        """Hand on what came in order."""
        row, self._row = self._row, None
        if row is not None:
            self._hand_on(row.key, row.half, row.half.extend(row.parts, row.spans))

    def _hand_on(self, key: tuple[int, int], half: Half, pieces: list[Piece]) -> None:
        if self.reader is not None and (pieces or half.done):
            self.reader.take(*key, half, pieces)
        if half.done and self._halves.pop(key, None) is not None:
            self._over[key] = None

    def _skip(self, key: tuple[int, int], half: Half) -> None:
        """Give up the first hole of a half."""
        held, holes = half.held, half.holes
        pieces = half.skip()
        self._held += half.held - held
        self.holes += half.holes - holes
        if pieces:
            self._hand_on(key, half, pieces)

    def _forget(self) -> None:
        """Make room: for those that have ended first."""
        for key in list(self._over)[: MOST_STREAMS // 2]:
            del self._over[key]
        if len(self._halves) >= MOST_STREAMS:
            del self._halves[next(iter(self._halves))]

    def reset(self, direction: int, stream: int) -> None:
        """One was broken off by its sender."""
        self._flush()
        half = self._halves.get((stream, direction))
        if half is not None and self.reader is not None:
            self._held -= half.forget()
            self.reader.reset(stream, direction)
            self._halves.pop((stream, direction))
            self._over[stream, direction] = None

    def finish(self) -> None:
        """Nothing more comes: holes are gaps."""
        self._flush()
        for key, half in list(self._halves.items()):
            for _ in range(len(half.waiting) + 1):
                if half.done:
                    break
                self._skip(key, half)
        if self.reader is not None:
            self.reader.finish()

    def taken(self) -> list[Message]:
        """Messages made since the last call."""
        self._flush()
        if self.reader is None or not self.reader.out:
            return []
        out, self.reader.out = self.reader.out, []
        return out

    def needed_from(self, direction: int, first: int) -> int:
        """Offset of the first datagram that a later message may need."""
        if self.reader is not None:
            first = self.reader.needed_from(direction, first)
        for (_, way), half in self._halves.items():
            if way == direction:
                first = half.needed_from(first)
        return first

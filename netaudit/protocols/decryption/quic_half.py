"""One direction of a QUIC stream put in order: bytes with the places of the flow at which they lay (RFC 9000, 2.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from netaudit.protocols.places import Places

if TYPE_CHECKING:
    from netaudit.protocols.places import Spans

MOST_PIECES = 4096  # that wait in a stream for what belongs before them


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
        out = self._append(offset, data, at)
        return out + self._join() if self.waiting else out

    def extend(self, data: bytes, spans: Spans) -> list[Piece]:
        """Take bytes that are in order, where none wait."""
        piece = Piece(self.end, data, len(data))
        self.places.extend(spans)
        self.end += piece.length
        return [piece]

    def _append(self, offset: int, data: bytes, at: int) -> list[Piece]:
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
            out += self._append(offset, data, at)
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

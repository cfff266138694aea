"""The streams of one QUIC connection, handed on in order to what reads HTTP/3 in them (RFC 9000, 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from netaudit.protocols.decryption.http3 import Http3
from netaudit.protocols.decryption.quic_half import Half, Piece

if TYPE_CHECKING:
    from netaudit.protocols.message import Message
    from netaudit.protocols.places import Spans

MOST_STREAMS = 4096
HELD = 32 << 20  # bytes of streams that wait for what belongs before them


class Part(NamedTuple):
    """Bytes of a stream, from one frame or several that follow each other."""

    stream: int
    offset: int  # in the stream
    data: bytes
    spans: Spans  # where they lie in the flow
    last: bool  # the stream ends with them


class Streams:
    """All of one connection, read as HTTP/3. Keys: number and direction."""

    def __init__(self, client: int) -> None:
        self.client = client
        self.reader: Http3 | None = None
        self.holes = 0
        self._halves: dict[tuple[int, int], Half] = {}
        self._over: dict[tuple[int, int], None] = {}  # that have ended, so that what is sent again is not read again
        self._held = 0

    def begin(self) -> None:
        """Read them from here on."""
        self.reader = Http3(self.client)

    def feed(self, direction: int, part: Part) -> None:
        """Take bytes of a stream."""
        key = part.stream, direction
        half = self._halves.get(key) or self._half(key)
        if half is None:
            return
        if half.waiting or part.offset != half.end or not part.data:
            self._out_of_order(direction, key, half, part)
            return
        if part.last:
            half.size = part.offset + len(part.data)
        self._hand_on(key, half, half.extend(part.data, part.spans))

    def _out_of_order(self, direction: int, key: tuple[int, int], half: Half, part: Part) -> None:
        """Bytes that have to wait, or were there, or are none: frame by frame."""
        spans = [span for span in zip(*part.spans, strict=True) if span[0]]
        if len(spans) < 2:
            self._add(key, half, part)
            return
        at = 0
        for number, (size, start, end) in enumerate(spans):
            data, last = part.data[at : at + size], part.last and number == len(spans) - 1
            self.feed(direction, Part(part.stream, part.offset + at, data, ([size], [start], [end]), last))
            at += size

    def _half(self, key: tuple[int, int]) -> Half | None:
        """A half of which nothing came yet; None when it has ended."""
        if key in self._over:
            return None
        if len(self._halves) + len(self._over) >= MOST_STREAMS:
            self._forget()
        half = self._halves[key] = Half()
        return half

    def _add(self, key: tuple[int, int], half: Half, part: Part) -> None:
        """Bytes of one frame."""
        if part.last:
            half.size = part.offset + len(part.data)
        held = half.held
        counts, starts, _ = part.spans  # an end without bytes has a place too
        place = next((at for size, at in zip(counts, starts, strict=True) if size), starts[0])
        pieces = half.add(part.offset, part.data, place)
        self._held += half.held - held
        self._hand_on(key, half, pieces)
        if half.too_much or self._held > HELD:
            self._skip(key, half)

    def _hand_on(self, key: tuple[int, int], half: Half, pieces: list[Piece]) -> None:
        if self.reader is not None and (pieces or half.done):
            self.reader.feed(*key, half, pieces)
        if half.done and self._halves.pop(key, None) is not None:
            self._held -= half.forget()  # what waits behind the end
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
            self._held -= self._halves.pop(next(iter(self._halves))).held

    def reset(self, direction: int, stream: int) -> None:
        """One was broken off by its sender."""
        half = self._halves.get((stream, direction))
        if half is not None and self.reader is not None:
            self._held -= half.forget()
            self.reader.reset(stream, direction)
            self._halves.pop((stream, direction))
            self._over[stream, direction] = None

    def finish(self) -> None:
        """Nothing more comes: holes are gaps."""
        for key, half in list(self._halves.items()):
            for _ in range(len(half.waiting) + 1):
                if half.done:
                    break
                self._skip(key, half)
        if self.reader is not None:
            self.reader.finish()

    def flush(self) -> list[Message]:
        """Messages made since the last call."""
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

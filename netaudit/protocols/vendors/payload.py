"""Pictures in what frames carry: the payloads of many frames are one run of bytes, in which images are carved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.protocols.carve import Carver

if TYPE_CHECKING:
    from netaudit.protocols.message import Message

PLACES = 65_536  # pieces of an image under way that are remembered
FEW = 64  # pieces from which on those before the image under way are forgotten


class PayloadCarver:
    """One direction. Messages have offsets of the stream; an image over several frames lies in none one to one."""

    def __init__(self, direction: int, within: str) -> None:
        self.carver = Carver(direction)
        self.within = within
        self.at = 0  # in the payload
        self.forget_at = FEW
        self.places: list[tuple[int, int, int]] = []  # offset in the payload, in the stream, and length

    def data(self, start: int, data: bytes) -> list[Message]:
        """Take payload that lies at `start` of the stream."""
        if not data:
            return []
        self._place(start, len(data))
        found = self.carver.feed(self.at, data)
        self.at += len(data)
        return self._placed(found)

    def rest(self, start: int, data: bytes) -> list[Message]:
        """Take bytes that are no payload: of them only the image under way may be."""
        if self.carver.walker is None:
            return self.cut()
        self._place(start, len(data))
        found = self.carver.feed(self.at, data, alone=True)
        self.at += len(data)
        return self._placed(found)

    def hole(self, start: int, length: int) -> list[Message]:
        """Payload of this length was not captured."""
        self._place(start, length)
        found = self.carver.gap(self.at, length)
        self.at += length
        return self._placed(found)

    def cut(self) -> list[Message]:
        """An unknown length of payload is missing, or the end: images under way end here."""
        return self._placed(self.carver.finish())

    def needed_from(self, after: int) -> int:
        """Stream offset of the image under way."""
        first = self.carver.needed_from(self.at)
        return min(after, self._stream(first)) if first < self.at else after

    def _place(self, start: int, length: int) -> None:
        if self.places:
            at, stream, size = self.places[-1]
            if stream + size == start and at + size == self.at:
                self.places[-1] = (at, stream, size + length)
                return
        if len(self.places) >= self.forget_at:
            first = self.carver.needed_from(self.at)
            self.places = [place for place in self.places if place[0] + place[2] > first][-PLACES:]
            self.forget_at = max(FEW, 2 * len(self.places))
        self.places.append((self.at, start, length))

    def _stream(self, offset: int) -> int:
        """Stream offset of a payload byte; of the first remembered one where it is older."""
        best = self.places[0][1] if self.places else 0
        low, high = 0, len(self.places)
        while low < high:
            middle = (low + high) // 2
            at, stream, size = self.places[middle]
            if offset < at:
                high = middle
            elif offset >= at + size:
                low = middle + 1
            else:
                return stream + offset - at
        return best

    def _placed(self, found: list[Message]) -> list[Message]:
        for message in found:
            size = message.end - message.start
            first, last = self._stream(message.start), self._stream(max(message.end - 1, message.start)) + 1
            message.start, message.end = first, max(last, first)
            if last - first != size or message.body_start < 0:
                message.body_start = -1
            else:
                message.body_start = first
        return found

"""Packets with their length in front: cut out of a stream with their holes, and found again after a loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netaudit.messages.message import Ranges

# length of the packet that begins with these bytes (`head` of them), head included; 0: no packet begins so
Size = Callable[[bytes], int]


@dataclass(slots=True)
class Frame:
    """One packet. `data` holds zero bytes where `missing` says so; what lies behind its end is lost too."""

    start: int  # stream offset
    data: bytes
    size: int  # as declared
    missing: Ranges = field(default_factory=list)
    explained: int = 0  # missing bytes that a reader has placed in what the packet carries

    @property
    def end(self) -> int:
        """Stream offset behind what is there."""
        return self.start + len(self.data)

    def intact(self, first: int, last: int) -> bool:
        """Whether these bytes of the packet were captured."""
        return last <= len(self.data) and not any(a < last and first < b for a, b in self.missing)

    @property
    def unexplained(self) -> bool:
        """Whether bytes are missing of which nobody knows what they were."""
        return self.size > len(self.data) or sum(b - a for a, b in self.missing) > self.explained

    def holes(self, first: int, last: int) -> Ranges:
        """Missing ranges within data[first:last], in coordinates of `first`."""
        return [(max(a, first) - first, min(b, last) - first) for a, b in self.missing if a < last and first < b]


class Frames:
    """One direction.

    Args:
        head: bytes that tell the length of a packet.
        size: reads them.
        strict: bytes that tell a packet for sure where the way is lost (`head` at least).
        plausible: whether a packet begins with these `strict` bytes.

    """

    def __init__(self, head: int, size: Size, strict: int, plausible: Callable[[bytes], bool]) -> None:
        self.head, self.size = head, size
        self.strict, self.plausible = strict, plausible
        self.held = bytearray()
        self.at = 0
        self.lost = False
        self.missing: Ranges = []
        self.need = head  # bytes to wait for

    @property
    def start(self) -> int:
        """Stream offset of the packet under way."""
        return self.at - len(self.held)

    def feed(self, offset: int, data: bytes) -> list[Frame]:
        """Take bytes; the packets that became whole."""
        self.held += data
        self.at = offset + len(data)
        out: list[Frame] = []
        if len(self.held) < self.need:
            return out
        view = bytes(self.held)
        base, at = self.start, 0
        while True:
            if self.lost:
                at = self._search(view, at)
                if self.lost:
                    break
            if len(view) - at < self.head:
                self.need = self.head
                break
            size = self.size(view[at : at + self.head])
            if size < self.head:
                self.lost, self.missing = True, []
                continue
            if len(view) - at < size:
                self.need = size
                break
            out.append(Frame(base + at, view[at : at + size], size, self.missing))
            self.missing = []
            at += size
        del self.held[:at]
        return out

    def _search(self, view: bytes, at: int) -> int:
        """Index of the next plausible packet, or of the first byte at which one may still begin."""
        while len(view) - at >= self.strict:
            if self.plausible(view[at : at + self.strict]):
                self.lost = False
                return at
            at += 1
        self.need = self.strict
        return at

    def gap(self, offset: int, length: int) -> list[Frame]:
        """Bytes are missing: a hole in the packet under way, or the way is lost."""
        self.at = offset + length
        have = len(self.held)
        if self.lost or have < self.head:
            self._lose()
            return []
        inside = min(self.need - have, length)
        frame = Frame(offset - have, bytes(self.held), self.need, self.missing)
        if inside < length:
            self._lose()
            return [frame]
        self.missing = [*self.missing, (have, have + inside)]
        self.held += bytes(inside)
        if len(self.held) < self.need:
            return []
        frame = Frame(offset - have, bytes(self.held), self.need, self.missing)
        self.held.clear()
        self.missing, self.need = [], self.head
        return [frame]

    def _lose(self) -> None:
        self.held.clear()
        self.lost, self.missing, self.need = True, [], self.strict

    def finish(self) -> list[Frame]:
        """The packet that was cut by the end."""
        if self.lost or len(self.held) < self.head:
            return []
        frame = Frame(self.start, bytes(self.held), self.need, self.missing)
        self._lose()
        return [frame]

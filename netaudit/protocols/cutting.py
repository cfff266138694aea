"""Frames with their length in front: cut out of a stream with their holes, and found again after a loss.

Nothing is passed over: what lies between frames is handed on as it is, since layouts known in part only (facts 3.4,
4.1, 5.5) leave pictures there, and those are carved.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable

    from netaudit.core.contracts.ranges import Ranges


@dataclass(frozen=True, slots=True)
class Layout:
    """How the frames of a protocol are told and measured."""

    head: int  # bytes that tell the size of a frame
    size: Callable[[bytes], int]  # of the frame that begins with these `head` bytes, 0 when none does
    mark: re.Pattern[bytes]  # what any frame begins with, looked for where the way is lost
    reach: int  # bytes that a match of `mark` is long


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


@dataclass(slots=True)
class Loose:
    """Bytes outside any frame, where they begin in the stream; without bytes: `lost` bytes that were never captured."""

    start: int
    data: bytes
    lost: int = 0


Found = Frame | Loose


def frames(found: Iterable[Found]) -> list[Frame]:
    """The frames alone, of layouts that leave nothing between them."""
    return [one for one in found if isinstance(one, Frame)]


class Cutter:
    """One direction. Any split of the same bytes gives the same frames, and loose bytes that join to the same."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.held = bytearray()
        self.at = 0
        self.lost = False
        self.missing: Ranges = []
        self.need = 0  # bytes to wait for

    def begin_midway(self) -> None:
        """The first bytes may lie within a frame."""
        self.lost, self.need = True, self.layout.reach

    @property
    def start(self) -> int:
        """Stream offset of what is held."""
        return self.at - len(self.held)

    def feed(self, offset: int, data: bytes) -> list[Found]:
        """Take bytes; the frames that became whole and what is none."""
        self.held += data
        self.at = offset + len(data)
        out: list[Found] = []
        if len(self.held) < self.need:
            return out
        view, base, at = bytes(self.held), self.start, 0
        while True:
            if self.lost:
                found = self._search(view, at)
                if found > at:
                    out.append(Loose(base + at, view[at:found]))
                at = found
                if self.lost:
                    self.need = self.layout.reach
                    break
            if len(view) - at < self.layout.head:
                self.need = self.layout.head
                break
            size = self.layout.size(view[at : at + self.layout.head])
            if size < self.layout.head:
                self.lost, self.missing = True, []
                out.append(Loose(base + at, view[at : at + 1]))  # no frame begins here
                at += 1
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
        """Where the next frame may begin, or the first byte of a mark that is not whole yet."""
        match = self.layout.mark.search(view, at)
        while match is not None:  # a false mark may overlap a true one
            head = view[match.start() : match.start() + self.layout.head]
            if len(head) < self.layout.head or self.layout.size(head) >= self.layout.head:
                self.lost = False
                return match.start()
            match = self.layout.mark.search(view, match.start() + 1)
        return max(at, len(view) - self.layout.reach + 1)

    def gap(self, offset: int, length: int) -> list[Found]:
        """Bytes are missing: a hole in the frame under way, or the way is lost."""
        held, start = bytes(self.held), offset - len(self.held)
        self.at = offset + length
        out: list[Found] = []
        if self.lost or len(held) < self.layout.head:
            self.held.clear()
            if held:
                out.append(Loose(start, held))
            out.append(Loose(offset, b"", length))
            self.lost, self.missing, self.need = True, [], self.layout.reach
            return out
        inside = min(self.need - len(held), length)
        if inside < length or self.need == len(held) + inside:
            holes = [*self.missing, (len(held), self.need)] if inside == length else self.missing
            data = held + bytes(inside) if inside == length else held
            out.append(Frame(start, data, self.need, holes))
            self.held.clear()
            self.missing, self.need = [], self.layout.head
            if inside < length:
                self.lost, self.need = True, self.layout.reach
            return out
        self.missing = [*self.missing, (len(held), len(held) + inside)]
        self.held += bytes(inside)
        return out

    def finish(self) -> list[Found]:
        """The frame that was cut by the end, or the last loose bytes."""
        held, start = bytes(self.held), self.start
        self.held.clear()
        if not held:
            return []
        if self.lost or len(held) < self.layout.head:
            return [Loose(start, held)]
        return [Frame(start, held, self.need, self.missing)]

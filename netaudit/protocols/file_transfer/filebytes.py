"""A file put together from writes at offsets, as SMB, NFS and TFTP carry it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from netaudit.protocols.http1.body import LIMIT
from netaudit.protocols.pieces import HOLE, HOLE_NOTE

if TYPE_CHECKING:
    from netaudit.core.contracts.ranges import Ranges
    from netaudit.protocols.message import Message

LIMIT_NOTE = "file over 64 MiB: only the first part kept"


class FileBytes:
    """Bytes of one file; later writes win."""

    def __init__(self, most: int = LIMIT, hole: int = HOLE) -> None:
        """`most` bytes of it are kept; a `hole` before a write is not made where little else was written."""
        self.most, self.hole = most, hole
        self.data = bytearray()
        self.ranges: Ranges = []  # what was written, disjoint and sorted
        self.size = 0  # one past the last byte written, kept or not
        self.written = 0
        self.notes: list[str] = []

    def write(self, offset: int, data: bytes | memoryview, missing: Ranges | None = None) -> None:
        """Take bytes at an offset of the file; `missing`: ranges of `data` that were never captured."""
        at = 0
        for first, last in missing or ():
            self._write(offset + at, data[at:first])
            at = last
        self._write(offset + at, data[at:])
        self.size = max(self.size, offset + len(data))

    def _write(self, offset: int, data: bytes | memoryview) -> None:
        end = offset + len(data)
        if not len(data):
            return
        if end > self.most:
            self._note(LIMIT_NOTE)
            data = data[: max(0, self.most - offset)]
            end = offset + len(data)
        elif offset > len(self.data) and offset > 2 * self.written + self.hole:
            self._note(HOLE_NOTE)
            return
        if not len(data):
            return
        if offset > len(self.data):
            self.data += bytes(offset - len(self.data))
        self.data[offset:end] = data
        self.written += len(data)
        self._cover(offset, end)

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)

    def _cover(self, first: int, last: int) -> None:
        ranges = self.ranges
        if ranges and ranges[-1][0] <= first <= ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], max(ranges[-1][1], last))
            return
        low = bisect_left(ranges, first, key=lambda span: span[1])
        high = bisect_right(ranges, last, key=lambda span: span[0])
        if low < high:  # those that it touches
            first, last = min(first, ranges[low][0]), max(last, ranges[high - 1][1])
        ranges[low:high] = [(first, last)]

    def has(self, first: int, last: int) -> bool:
        """Whether a range was written already."""
        at = bisect_right(self.ranges, first, key=lambda span: span[0]) - 1
        return at >= 0 and last <= self.ranges[at][1]

    def touches(self, first: int, last: int) -> bool:
        """Whether anything of a range was written already."""
        at = bisect_right(self.ranges, first, key=lambda span: span[1])
        return at < len(self.ranges) and self.ranges[at][0] < last

    def fill(self, message: Message, size: int, *, known: bool) -> None:
        """Put the file into its message; `size` as declared (0: as written), `known`: whether it ends there."""
        size = max(size, self.size)
        message.body = bytes(self.data)
        message.body_size = size
        message.missing = self.holes(size)
        message.unknown_from = None if known else size
        message.complete = known and not message.missing
        message.notes += self.notes

    def holes(self, end: int) -> Ranges:
        """What was never written before `end`."""
        edges = [0, *(edge for span in self.ranges for edge in span), end]
        return [(first, last) for first, last in zip(edges[::2], edges[1::2], strict=True) if first < last]

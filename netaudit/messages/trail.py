"""Which packets brought which bytes: the pieces of one direction, kept while a message may still need them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

import numpy as np
import numpy.typing as npt

Pieces = npt.NDArray[np.void]


class Trail:
    """Pieces and gaps of one direction, in stream order."""

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.arrays: list[Pieces] = []
        self.offsets: list[list[int] | None] = []  # of each array's pieces, once it is cut: it may hold many messages
        self.gaps: list[tuple[int, int]] = []
        self.covered = 0  # stream offset up to which bytes are counted as read
        self.read = 0  # delivered bytes that lie in messages

    def add(self, start: int, end: int, pieces: Pieces) -> None:
        """Remember the pieces of the bytes [start, end)."""
        self.starts.append(start)
        self.ends.append(end)
        self.arrays.append(pieces)
        self.offsets.append(None)

    def add_gap(self, start: int, end: int) -> None:
        """Remember that [start, end) was never captured."""
        self.gaps.append((start, end))

    def between(self, start: int, end: int) -> Pieces | None:
        """Pieces that overlap [start, end), whole; None when none is known."""
        first = bisect_right(self.ends, start)
        found: list[Pieces] = []
        for i in range(first, len(self.starts)):
            if self.starts[i] >= end:
                break
            found.append(self._cut(i, start, end))
        if len(found) == 1:
            return found[0]
        return np.concatenate(found) if found else None

    def _cut(self, which: int, start: int, end: int) -> Pieces:
        """Rows of a run's pieces that overlap [start, end); their offsets grow."""
        array = self.arrays[which]
        if len(array) == 1:
            return array
        if self.starts[which] >= start and self.ends[which] <= end and array["offset"].item(-1) < end:
            return array
        offsets = self.offsets[which]
        if offsets is None:
            offsets = self.offsets[which] = array["offset"].tolist()
        return array[max(bisect_right(offsets, start) - 1, 0) : bisect_left(offsets, end)]

    def count(self, start: int, end: int) -> None:
        """Count the delivered bytes of [start, end) that were not counted before."""
        start = max(start, self.covered)
        if end <= start:
            return
        self.covered = end
        self.read += end - start
        for first, last in self.gaps:
            self.read -= max(0, min(last, end) - max(first, start))

    def forget(self, before: int) -> None:
        """Drop what lies wholly before a stream offset."""
        if self.ends and self.ends[0] <= before:
            gone = bisect_right(self.ends, before)
            del self.starts[:gone], self.ends[:gone], self.arrays[:gone], self.offsets[:gone]
        while self.gaps and self.gaps[0][1] <= before:
            del self.gaps[0]

"""Which packets brought which bytes: the pieces of one direction, kept while a message may still need them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

import numpy as np
import numpy.typing as npt

Pieces = npt.NDArray[np.void]
# pieces at either end of a message that are told: those between carry what is beyond its kept bytes
MOST_TOLD = 1 << 17


def joined(found: list[Pieces]) -> Pieces:
    """Pieces of several runs as one, read only; numpy's own concatenation promotes fields, 4 us for each run."""
    return found[0] if len(found) == 1 else np.frombuffer(b"".join(found), found[0].dtype)  # type: ignore[arg-type]


class Trail:
    """Pieces and gaps of one direction, in stream order."""

    __slots__ = ("arrays", "covered", "ends", "gaps", "held", "missed", "offsets", "read", "starts", "thinned")

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.arrays: list[Pieces] = []
        self.offsets: list[list[int] | None] = []  # of each array's pieces, once it is cut: it may hold many messages
        self.held = 0  # pieces in all arrays
        self.gaps: list[tuple[int, int]] = []
        self.covered = 0  # stream offset up to which bytes are counted as read
        self.missed: list[tuple[int, int]] = []  # stretches before it that are not, and may be yet
        self.read = 0  # delivered bytes that lie in messages
        self.thinned = False  # whether pieces were left out of what `between` gave last

    def add(self, start: int, end: int, pieces: Pieces) -> None:
        """Remember the pieces of the bytes [start, end)."""
        self.starts.append(start)
        self.ends.append(end)
        self.arrays.append(pieces)
        self.offsets.append(None)
        self.held += len(pieces)
        if self.held > 5 * MOST_TOLD:
            self._thin()

    def _thin(self) -> None:
        """Drop runs in the middle: a message under way may go on for as long as the capture."""
        sizes = np.cumsum([len(pieces) for pieces in self.arrays])
        first = int(np.searchsorted(sizes, 2 * MOST_TOLD)) + 1
        last = int(np.searchsorted(sizes, self.held - 2 * MOST_TOLD, "right"))
        if first < last:
            self._drop(first, last)

    def _drop(self, first: int, last: int) -> None:
        self.held -= sum(map(len, self.arrays[first:last]))
        for kept in (self.starts, self.ends, self.arrays, self.offsets):
            del kept[first:last]

    def add_gap(self, start: int, end: int) -> None:
        """Remember that [start, end) was never captured."""
        self.gaps.append((start, end))

    def between(self, start: int, end: int) -> Pieces | None:
        """Pieces that overlap [start, end), whole; None when none is known. Of very many those at the ends.

        Of a message without bytes those of the byte behind it.
        """
        end = max(end, start + 1)
        first = bisect_right(self.ends, start)
        found: list[Pieces] = []
        for i in range(first, len(self.starts)):
            if self.starts[i] >= end:
                break
            found.append(self._cut(i, start, end))
        if not found:
            self.thinned = False
            return None
        pieces = joined(found)
        self.thinned = len(pieces) > 2 * MOST_TOLD
        return joined([pieces[:MOST_TOLD], pieces[-MOST_TOLD:]]) if self.thinned else pieces

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

    def count(self, start: int, end: int, foreign: int = 0) -> None:
        """Count the delivered bytes of [start, end) that were not counted before, but for so many that nobody read."""
        for place in range(len(self.missed) - 1, -1, -1):
            first, last = self.missed[place]
            if last <= start:
                break
            if first < end:
                self._read(max(first, start), min(last, end))
                self.missed[place : place + 1] = [one for one in ((first, start), (end, last)) if one[0] < one[1]]
        if end <= self.covered:
            return
        if start > self.covered:
            self.missed.append((self.covered, start))
        self._read(max(start, self.covered), end, foreign)
        self.covered = end

    def _read(self, start: int, end: int, foreign: int = 0) -> None:
        self.read += max(end - start - foreign, 0)
        for first, last in self.gaps:
            self.read -= max(0, min(last, end) - max(first, start))

    def settle(self, before: int) -> None:
        """Nothing that begins before a stream offset will be counted any more."""
        while self.missed and self.missed[0][1] <= before:
            del self.missed[0]

    def forget(self, before: int) -> None:
        """Drop what lies wholly before a stream offset."""
        if self.ends and self.ends[0] <= before:
            self._drop(0, bisect_right(self.ends, before))
        while self.gaps and self.gaps[0][1] <= before:
            del self.gaps[0]
        self.settle(before)

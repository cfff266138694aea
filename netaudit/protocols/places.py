"""Where the bytes of a stream lie that is carried inside another one: HTTP/2 frames, base64, records of TLS."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from operator import gt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netaudit.protocols.message import Message

# of some spans: numbers of inner bytes, and the places of the carrying stream between which they lie
Spans = tuple[list[int], list[int], list[int]]
MOST_RUNS = 4096  # of one direction; two neighbours are one beyond, their places known by proportion
FEW = 4  # spans that are added one by one sooner


class Places:
    """One direction of an inner stream. Offsets of the inner stream count its own bytes from 0.

    Of each run four numbers: inner bytes [first, last) lie at [start, end) of the carrying stream.
    """

    __slots__ = ("_climbing", "_ends", "_firsts", "_lasts", "_starts", "end")

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._climbing = True  # no run lies before one that came earlier
        self.end = 0  # behind the last inner byte

    def __len__(self) -> int:
        return len(self._firsts)

    @property
    def outer_end(self) -> int:
        """Place in the carrying stream behind the last inner byte."""
        return self._ends[-1] if self._ends else 0

    def add(self, count: int, start: int, end: int) -> int:
        """`count` more inner bytes lie at [start, end); the inner offset of the first."""
        first = self.end
        if not count:
            return first
        self.end = last = first + count
        ends = self._ends
        if ends and ends[-1] == start and count == end - start and self._plain(-1):
            self._lasts[-1], ends[-1] = last, end
            return first
        if ends and start < ends[-1]:
            self._climbing = False
        self._firsts.append(first)
        self._lasts.append(last)
        self._starts.append(start)
        ends.append(end)
        if len(ends) > MOST_RUNS:
            self._thin()
        return first

    def extend(self, spans: Spans) -> None:
        """Add several, in order."""
        counts, starts, ends = spans
        at, size = 0, len(counts)
        while at < size:
            until = min(size, at + MOST_RUNS + 1 - len(self))  # up to the next thinning
            if until - at < FEW or not self._lay(counts[at:until], starts[at:until], ends[at:until]):
                for count, start, end in zip(counts[at:until], starts[at:until], ends[at:until], strict=True):
                    self.add(count, start, end)
            at = until

    def _lay(self, counts: list[int], starts: list[int], ends: list[int]) -> bool:
        """Add several at once where each has bytes and lies behind the one before, not touching it; else False."""
        if 0 in counts or not all(map(gt, starts, [self._ends[-1] if self._ends else -1, *ends])):
            return False
        lasts = list(accumulate(counts, initial=self.end))
        self.end = lasts[-1]
        self._firsts += lasts[:-1]
        self._lasts += lasts[1:]
        self._starts += starts
        self._ends += ends
        if len(self) > MOST_RUNS:
            self._thin()
        return True

    def _thin(self) -> None:
        """Make one of every two runs: a message under way may come in any number of the smallest frames."""
        alone = len(self) % 2  # the last one
        self._lasts = self._lasts[1::2] + self._lasts[-1:] * alone
        self._ends = self._ends[1::2] + self._ends[-1:] * alone
        self._firsts, self._starts = self._firsts[::2], self._starts[::2]

    def forget(self, before: int) -> None:
        """No message begins before this inner offset any more."""
        if len(self) > 1 and self._firsts[1] <= before:
            gone = bisect_right(self._firsts, before) - 1
            for kept in (self._firsts, self._lasts, self._starts, self._ends):
                del kept[:gone]

    def outer(self, at: int) -> int:
        """The carrying stream's offset of an inner byte; behind the last one, the end."""
        run = self._run(at)
        if run < 0:
            return 0
        return self._place(run, at) if at < self._lasts[run] else self._ends[run]

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Lowest and highest place of the inner bytes [first, last), which need not lie in their order."""
        low = max(bisect_left(self._firsts, first + 1) - 1, 0)
        high = bisect_left(self._firsts, last, low)
        if low < high and self._lasts[low] <= first:
            low += 1
        if low >= high:
            at = self.outer(first)
            return at, at
        begin, end = self._place(low, first), self._behind(high - 1, last)
        if self._climbing:
            return begin, end
        return min([begin, *self._starts[low + 1 : high]]), max([end, *self._ends[low : high - 1]])

    def _behind(self, run: int, last: int) -> int:
        """Place behind the byte before `last`; of a hole, which takes no place, its own."""
        start = self._starts[run]
        return start if start == self._ends[run] else self._place(run, min(last, self._lasts[run]) - 1) + 1

    def _outer_end(self, at: int) -> int:
        """The carrying offset for the end of something: it belongs to the byte before it."""
        run = self._run(at - 1)
        return self.outer(at) if run < 0 or at > self._lasts[run] else self._place_end(run, at)

    def _place_end(self, run: int, at: int) -> int:
        return self._place(run, at) if at < self._lasts[run] else self._ends[run]

    def _run(self, at: int) -> int:
        return max(bisect_right(self._firsts, at) - 1, 0) if self._firsts else -1

    def _plain(self, run: int) -> bool:
        """Whether the bytes of a run lie one to one."""
        return self._lasts[run] - self._firsts[run] == self._ends[run] - self._starts[run]

    def _place(self, run: int, at: int) -> int:
        """The carrying byte of an inner one; where they are not one to one, by proportion."""
        first, start = self._firsts[run], self._starts[run]
        return start + (max(at, first) - first) * (self._ends[run] - start) // (self._lasts[run] - first)

    def tell(self, message: Message) -> None:
        """Turn the inner offsets of a message into those of the carrying stream."""
        inner = message.body_start
        if inner >= 0:
            run = self._run(inner)
            whole = run >= 0 and self._plain(run) and inner + len(message.body) <= self._lasts[run]
            message.body_start = self._place(run, inner) if whole else -1
        start = self.outer(message.start)
        message.end = max(self._outer_end(message.end), start)
        message.start = start

"""Where the bytes of a stream lie that is carried inside another one: HTTP/2 frames, base64."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from netaudit.messages.message import Message


Span = tuple[int, int, int]  # a number of inner bytes, and the places of the carrying stream between which they lie
MOST_RUNS = 4096  # of one direction; two neighbours are one beyond, their places known by proportion


class Run(NamedTuple):
    """Inner bytes [first, last) that lie at [start, end) of the carrying stream."""

    first: int
    last: int
    start: int
    end: int

    @property
    def plain(self) -> bool:
        """Whether they lie there one to one."""
        return self.last - self.first == self.end - self.start

    def place(self, at: int) -> int:
        """The carrying byte of an inner one; where they are not one to one, by proportion."""
        return self.start + (max(at, self.first) - self.first) * (self.end - self.start) // (self.last - self.first)


class Places:
    """One direction of an inner stream. Offsets of the inner stream count its own bytes from 0."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.end = 0  # behind the last inner byte

    def add(self, count: int, start: int, end: int) -> int:
        """`count` more inner bytes lie at [start, end); the inner offset of the first."""
        first = self.end
        if not count:
            return first
        self.end += count
        last = self.runs[-1] if self.runs else None
        if last is not None and last.end == start and last.plain and count == end - start:
            self.runs[-1] = Run(last.first, self.end, last.start, end)
        else:
            self.runs.append(Run(first, self.end, start, end))
            if len(self.runs) > MOST_RUNS:
                self._thin()
        return first

    def extend(self, spans: Iterable[Span]) -> None:
        """Add several."""
        add = self.add
        for count, start, end in spans:
            add(count, start, end)

    def _thin(self) -> None:
        """Make one of every two runs: a message under way may come in any number of the smallest frames."""
        one, other = self.runs[::2], self.runs[1::2]
        pairs = [Run(a.first, b.last, a.start, b.end) for a, b in zip(one, other, strict=False)]
        self.runs = pairs + one[len(other) :]

    def forget(self, before: int) -> None:
        """No message begins before this inner offset any more."""
        if len(self.runs) > 1 and self.runs[1].first <= before:
            del self.runs[: bisect_right(self.runs, before, key=lambda run: run.first) - 1]

    def outer(self, at: int) -> int:
        """The carrying stream's offset of an inner byte; behind the last one, the end."""
        run = self._run(at)
        if run is None:
            return 0
        return run.place(at) if at < run.last else run.end

    def _outer_end(self, at: int) -> int:
        """The same for the end of something: it belongs to the byte before it."""
        run = self._run(at - 1)
        return self.outer(at) if run is None or at > run.last else run.place(at) if at < run.last else run.end

    def _run(self, at: int) -> Run | None:
        found = bisect_right(self.runs, at, key=lambda run: run.first)
        return self.runs[max(found - 1, 0)] if self.runs else None

    def tell(self, message: Message) -> None:
        """Turn the inner offsets of a message into those of the carrying stream."""
        inner = message.body_start
        if inner >= 0:
            run = self._run(inner)
            whole = run is not None and run.plain and inner + len(message.body) <= run.last
            message.body_start = run.place(inner) if run is not None and whole else -1
        start = self.outer(message.start)
        message.end = max(self._outer_end(message.end), start)
        message.start = start

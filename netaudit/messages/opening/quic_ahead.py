"""Datagrams of one direction that have come, opened many at a time, ahead of the turn in which they are heeded."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from netaudit.messages.opening.quic_rows import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netaudit.messages.opening.quic_connection import Connection
    from netaudit.messages.opening.quic_keys import Level

MOST = 256  # that are opened at once: where other keys follow, of another connection say, they are opened again
LEAST = 8  # that are tried at once where few were opened before


class Run(NamedTuple):
    """Datagrams that follow each other in one direction."""

    direction: int
    offset: int  # of the flow
    data: bytes
    lengths: Sequence[int]


class Ahead:
    """All of one direction, in order."""

    def __init__(self, runs: list[Run]) -> None:
        self.direction = runs[0].direction if runs else 0
        self.data = b"".join(run.data for run in runs)
        lengths = np.array([length for run in runs for length in run.lengths], np.int64)
        ends = np.cumsum(lengths)
        self._ends = ends[lengths > 0]
        self._begins = (ends - lengths)[lengths > 0]
        starts = itertools.accumulate((len(run.data) for run in runs), initial=0)
        bases = [run.offset - start for run, start in zip(runs, starts, strict=False)]
        self._bases = np.repeat(np.array(bases, np.int64), [len(run.lengths) for run in runs])[lengths > 0]
        self._at = 0  # the next datagram
        self._row: Row | None = None  # what was opened ahead
        self._from, self._until = 0, 0  # the datagrams in it
        self._by: Level | None = None

    @property
    def base(self) -> int:
        """What is added to a place of the next datagram in the data to have that in the flow."""
        return int(self._bases[self._at])

    def heed(self, connection: Connection, most: int) -> int:
        """Let a connection heed the next datagrams as far as it opens them in a row, so many at most; how many."""
        if self._by is not connection.level(self.direction) or self._at >= self._until:
            self._open(connection)
        count = min(most, self._until - self._at)
        if self._row is None or count <= 0:
            return 0
        connection.take_row(self.direction, self._row, self._at - self._from, self._at - self._from + count)
        self._at += count
        return count

    def _open(self, connection: Connection) -> None:
        """Open the next ones, more where many were opened last."""
        part = slice(self._at, self._at + min(MOST, max(LEAST, 2 * (self._until - self._from))))
        found = connection.open_row(self.direction, self.data, self._begins[part], self._ends[part])
        self._row = Row(found, self._bases[part]) if found else None
        self._from, self._until, self._by = self._at, self._at + len(found), connection.level(self.direction)

    def skip(self) -> tuple[int, int]:
        """Begin and end of the next datagram, which goes another way."""
        begin, end = int(self._begins[self._at]), int(self._ends[self._at])
        self._at += 1
        return begin, end

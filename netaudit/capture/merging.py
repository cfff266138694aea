"""Several captures as one, by time: files that do not overlap follow each other, records of those that do are merged.

Within a file the order is the file's own: the merge compares the running maximum of its times. Equal times go by rank
of the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from netaudit.capture.layouts import NO_TIME, RECORD, Window
from netaudit.capture.reading import Allocate, Alternating, CaptureReader
from netaudit.core.storage.structured import picked, put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SMALLEST_SHARE = 1 << 18  # bytes of a window when many files are open at once


@dataclass(slots=True)
class Waiting:
    """A capture that has not begun: its rank, the key of its first record, and how to open it (None: it fails)."""

    rank: int
    first_key: int
    open: Callable[[], CaptureReader | None]


@dataclass(slots=True)
class Active:
    """A capture that is being read."""

    rank: int
    reader: CaptureReader
    window: Window | None = None
    keys: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    at: int = 0  # records of the window already handed on
    last_key: int = NO_TIME

    def refill(self, size: int, allocate: Allocate | None) -> None:
        """Read on when all records at hand have been handed on; afterwards there is one, or the reader has ended."""
        while self.at >= len(self.keys) and not self.reader.ended:
            self.window = self.reader.read(size, allocate)
            if self.window is None:
                return
            self.keys = np.maximum.accumulate(np.maximum(self.window.records["ts"], self.last_key))
            self.at = 0
            if len(self.keys):
                self.last_key = int(self.keys[-1])

    @property
    def left(self) -> int:
        """Records at hand."""
        return len(self.keys) - self.at


def merged(waiting: list[Waiting], size: int, allocate: Allocate | None) -> Iterator[Window]:
    """Windows of all captures in the order of the audit; `waiting` is sorted by (first_key, rank)."""
    queue = list(reversed(waiting))
    active: list[Active] = []
    own = allocate or Alternating()
    try:
        while queue or active:
            if not active:
                _activate(queue, active)
            if len(active) == 1 and not queue:
                yield from _alone(active.pop(), size, own, allocate)
                continue
            share = max(min(size, SMALLEST_SHARE), size // max(1, len(active)))
            for one in active:
                one.refill(share, None)
            active = [one for one in active if one.left]
            if not active:
                continue
            if queue and min(int(one.keys[one.at]) for one in active) > queue[-1].first_key:
                _activate(queue, active)
                continue
            window = _safe(active, queue[-1].first_key if queue else None, own, passing=allocate is None)
            if window is not None:
                yield window
    finally:
        for one in active:
            one.reader.close()


def _activate(queue: list[Waiting], active: list[Active]) -> None:
    begun = queue.pop()
    if (reader := begun.open()) is not None:
        active.append(Active(begun.rank, reader))


def _alone(one: Active, size: int, own: Allocate, allocate: Allocate | None) -> Iterator[Window]:
    """The rest of the only capture, without copying."""
    try:
        if one.left:
            yield _copied([(one, len(one.keys))], own)
            one.at = len(one.keys)
        while (window := one.reader.read(size, allocate)) is not None:
            yield window
    finally:
        one.reader.close()


def _safe(active: list[Active], bound: int | None, own: Allocate, *, passing: bool) -> Window | None:
    """The records that no later window or file can precede, merged; at least one, and all are marked as handed on."""
    # A file whose window ends with key K may go on with K: files behind it in rank must keep their records of that key.
    open_ends = [(int(one.keys[-1]), one.rank) for one in active if not one.reader.ended]
    horizon, rank = min(open_ends, default=(None, 0))
    if bound is not None and (horizon is None or bound < horizon):
        horizon, rank = bound, max(one.rank for one in active)  # a file that waits ranks behind those that have begun
    taken = []
    for one in sorted(active, key=lambda one: one.rank):
        side: Literal["left", "right"] = "right" if horizon is None or one.rank <= rank else "left"
        until = len(one.keys) if horizon is None else int(np.searchsorted(one.keys, horizon, side))
        if until > one.at:
            taken.append((one, until))
    whole = passing and len(taken) == 1 and taken[0][0].at == 0 and taken[0][1] == len(taken[0][0].keys)
    window = taken[0][0].window if whole else _copied(taken, own)
    for one, until in taken:
        one.at = until
    return window


def _copied(taken: list[tuple[Active, int]], own: Allocate) -> Window:
    """Records [at, until) of each capture in one fresh buffer: each capture's bytes in one piece, the rows by key."""
    spans, total = [], 0
    for one, until in taken:
        assert one.window is not None
        rows = one.window.records[one.at : until]
        start = int(rows["offset"][0])
        end = int(rows["offset"][-1]) + int(rows["caplen"][-1])
        spans.append((one.window.buffer[start:end], start, rows, one.keys[one.at : until]))
        total += end - start
    buffer = own(max(total, 1))
    records = np.empty(sum(len(rows) for _, _, rows, _ in spans), RECORD)
    filled = row = 0
    for piece, start, rows, _ in spans:
        buffer[filled : filled + len(piece)] = piece
        part = records[row : row + len(rows)]
        put(rows, part)
        part["offset"] = rows["offset"].astype(np.int64) + (filled - start)
        filled += len(piece)
        row += len(rows)
    if len(spans) > 1:
        records = picked(records, np.argsort(np.concatenate([keys for *_, keys in spans]), kind="stable"))
    shown = buffer[:total]
    shown.flags.writeable = False
    return Window(shown, records)

"""Packets that were handed on to be audited, by capture: what an interrupted audit may say that it read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from netaudit.capture.layouts import NO_TIME

if TYPE_CHECKING:
    from netaudit.capture.from_files import Captures
    from netaudit.capture.layouts import Window


@dataclass(slots=True)
class Handed:
    """Packets of one capture that were handed on."""

    packets: int = 0
    wire_bytes: int = 0
    captured_bytes: int = 0
    first_ts: int | None = None
    last_ts: int | None = None

    def add(self, records: Any) -> None:
        """Count RECORD rows, at least one."""
        self.packets += len(records)
        self.wire_bytes += int(records["wirelen"].sum(dtype=np.int64))
        self.captured_bytes += int(records["caplen"].sum(dtype=np.int64))
        times = records["ts"][records["ts"] != NO_TIME]
        if len(times):
            first, last = int(times.min()), int(times.max())
            self.first_ts = first if self.first_ts is None else min(self.first_ts, first)
            self.last_ts = last if self.last_ts is None else max(self.last_ts, last)


@dataclass(slots=True)
class Account:
    """What was handed on, by capture: readers are ahead of that where captures overlap in time."""

    captures: dict[int, Handed] = field(default_factory=dict)

    def add(self, window: Window) -> None:
        """Count the packets of a window."""
        records = window.records
        for capture in np.unique(records["capture"]).tolist():
            self.captures.setdefault(capture, Handed()).add(records[records["capture"] == capture])

    def correct(self, opened: Captures) -> None:
        """Have the sources of an interrupted audit say what was handed on, and no more."""
        for rank, source in enumerate(opened.sources):
            handed = self.captures.get(rank, Handed())
            source.packets_read, source.wire_bytes = handed.packets, handed.wire_bytes
            source.captured_bytes = handed.captured_bytes
            source.first_ts, source.last_ts = handed.first_ts, handed.last_ts

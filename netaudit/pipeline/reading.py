"""Reading captures to their end, or to where somebody said stop: windows are decoded and handed on to the crew.

Packets that were handed on to be audited, by capture: what an interrupted audit may say that it read.
"""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from netaudit.capture.layouts import NO_TIME
from netaudit.core.system.signals import PRESSED, heard

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from netaudit.capture.from_files import Captures
    from netaudit.capture.layouts import Window
    from netaudit.images.judging_ahead import Beside
    from netaudit.packets.from_capture import Decoder
    from netaudit.pipeline.keys import Gathered
    from netaudit.pipeline.options import Options
    from netaudit.pipeline.outcome import Outcome
    from netaudit.pipeline.workers import Crew, Member


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
        times = records["ts"]
        times = times[times != NO_TIME]
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
        records, captures = window.records, window.records["capture"]
        if (captures == captures[:1]).all():  # as most are: a copy of the rows would cost more than all sums
            for capture in captures[:1].tolist():
                self.captures.setdefault(capture, Handed()).add(records)
            return
        for capture in np.unique(captures).tolist():
            self.captures.setdefault(capture, Handed()).add(records[captures == capture])

    def correct(self, opened: Captures) -> None:
        """Have the sources of an interrupted audit say what was handed on, and no more."""
        for rank, source in enumerate(opened.sources):
            handed = self.captures.get(rank, Handed())
            source.packets_read, source.wire_bytes = handed.packets, handed.wire_bytes
            source.captured_bytes = handed.captured_bytes
            source.first_ts, source.last_ts = handed.first_ts, handed.last_ts


@dataclass(slots=True)
class Stop:
    """Whether somebody pressed Ctrl-C while captures are read. The second time ends everything at once."""

    wanted: bool = False
    waiting: bool = False  # for a pipe, whose next byte may never come: Ctrl-C ends that at once

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Take Ctrl-C for a wish as long as this lasts: a window is never left half done."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        with heard(PRESSED, self._heard):
            yield

    def _heard(self, *_: Any) -> None:
        if self.wanted or self.waiting:
            raise KeyboardInterrupt
        self.wanted = True


def read_all(
    opened: Captures,
    folder: Path,
    options: Options,
    members: list[Member],
    keys: Gathered | None,
    beside: Beside | None = None,
) -> Outcome:
    """Read captures into the table streams of the case at `folder`; meanwhile `beside` judges the images found."""
    from netaudit.packets.from_capture import Decoder
    from netaudit.pipeline.inputs import outcome_of
    from netaudit.pipeline.startup import load_last_step
    from netaudit.pipeline.workers import abandoned_on_error, make_crew

    decoder = Decoder(since=options.since, until=options.until)
    crew = make_crew(
        folder,
        options.workers,
        keep_all=options.keep_all,
        signatures=options.signatures,
        members=members,
        given=keys.given if keys is not None else None,
        beside=beside,
    )
    if beside is not None:
        beside.prepare()
    with abandoned_on_error(crew):
        read = _read(opened, decoder, crew)
        decoder.finish()
        if members:
            load_last_step()  # while the workers are busy with the last windows
        failures = crew.finish()
    rejected = [*opened.rejected, *opened.ignored]  # every file that was given is in the case, read or not
    outcome = outcome_of(opened.sources, rejected, decoder, failures, options, interrupted=read is not None, read=read)
    outcome.keys = keys.facts if keys is not None else None
    outcome.early_answers = beside
    return outcome


def _read(opened: Captures, decoder: Decoder, crew: Crew) -> list[int] | None:
    """Read all windows; gives None, or where it was stopped the bytes read of each capture."""
    stop, account = Stop(), Account()
    piped = any(source.path is None or not source.path.is_file() for source in opened.sources)
    windows = _windows(opened, stop, piped=piped)  # held here: where it is let go, its readers are closed
    with stop.listening():
        try:
            for window in windows:
                account.add(window)
                crew.feed(decoder.feed(window))
                if stop.wanted:
                    break
            else:
                return None
        except KeyboardInterrupt:  # while a pipe was waited for; or by a thread that signals do not reach
            if not stop.waiting and threading.current_thread() is threading.main_thread():
                raise
        read = [got for _, got, _ in opened.read_so_far()]
    windows.close()
    account.correct(opened)
    return read


def _windows(opened: Captures, stop: Stop, *, piped: bool) -> Generator[Window]:
    windows = opened.windows()
    while True:
        stop.waiting = piped
        try:
            window = next(windows, None)
        finally:
            stop.waiting = False
        if window is None:
            return
        yield window

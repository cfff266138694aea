"""Watches over the disk and over the clock while a recording goes on."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LEAST_JUMP = 1.0  # seconds by which the clocks must part between two looks
LEAST_STILL = 3.0  # seconds between two looks in which this process did not work
CLOCK_BOOT = getattr(time, "CLOCK_BOOTTIME", None)  # goes on while the machine sleeps (Linux)
SUSPENDED, CLOCK_JUMP, STOOD_STILL = "suspended", "clock_jump", "stood_still"


@dataclass(frozen=True, slots=True)
class Jump:
    """The machine slept, the clock was set, or this process was stopped (or starved of processor time)."""

    what: str  # SUSPENDED, CLOCK_JUMP or STOOD_STILL: names of notes and of lines of custody
    seconds: float  # asleep, standing still, or by which the clock was set (backwards: negative)


class ClockCheck:
    """Compares the clock of the day with one that nobody sets, and both with the work of this process."""

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
        awake: Callable[[], float] | None = None,
        work: Callable[[], float] = time.process_time,
    ) -> None:
        """`awake` counts the time asleep too; None: the system's, where it has one."""
        boot = CLOCK_BOOT
        awake = awake or ((lambda: time.clock_gettime(boot)) if boot is not None else steady)
        self._clocks = (wall, steady, awake, work)
        self._last = self._read()

    def _read(self) -> tuple[float, ...]:
        return tuple(clock() for clock in self._clocks)

    def look(self) -> list[Jump]:
        """What happened since the last look, sleep first."""
        before, self._last = self._last, self._read()
        wall, steady, awake, work = (now - then for now, then in zip(self._last, before, strict=True))
        jumps = [Jump(SUSPENDED, awake - steady)] if awake - steady >= LEAST_JUMP else []
        if steady - work >= LEAST_STILL:
            jumps.append(Jump(STOOD_STILL, steady - work))
        if abs(wall - awake) >= LEAST_JUMP:
            jumps.append(Jump(CLOCK_JUMP, wall - awake))
        return jumps


def disk_free(folder: Path) -> int:
    """Bytes that may still be written where `folder` lies."""
    return shutil.disk_usage(folder).free

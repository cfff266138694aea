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
CLOCK_BOOT = getattr(time, "CLOCK_BOOTTIME", None)  # goes on while the machine sleeps (Linux)


@dataclass(frozen=True, slots=True)
class Jump:
    """The clock was set, or the machine slept."""

    slept: bool
    seconds: float  # asleep, or by which the clock was set (backwards: negative)


class ClockCheck:
    """Compares the clock of the day with one that nobody sets."""

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
        awake: Callable[[], float] | None = None,
    ) -> None:
        """`awake` counts the time asleep too; None: the system's, where it has one."""
        self._wall, self._steady = wall, steady
        boot = CLOCK_BOOT
        self._boot = awake or ((lambda: time.clock_gettime(boot)) if boot is not None else steady)
        self._last = self._read()

    def _read(self) -> tuple[float, float, float]:
        return self._wall(), self._steady(), self._boot()

    def look(self) -> list[Jump]:
        """What happened since the last look, sleep first."""
        (wall0, steady0, boot0), (wall, steady, boot) = self._last, self._read()
        self._last = (wall, steady, boot)
        slept = (boot - boot0) - (steady - steady0)
        turned = (wall - wall0) - (boot - boot0)
        jumps = [Jump(slept=True, seconds=slept)] if slept >= LEAST_JUMP else []
        if abs(turned) >= LEAST_JUMP:
            jumps.append(Jump(slept=False, seconds=turned))
        return jumps


def disk_free(folder: Path) -> int:
    """Bytes that may still be written where `folder` lies."""
    return shutil.disk_usage(folder).free

"""How long a helper process has worked: a limit counts its processor time, so that a busy machine condemns no image.

What sleeps uses none, so waiting is counted too, by the clock, for a limit far longer. Both are counted as often as
somebody looks and a second a look at most: who slept, was stopped or was too busy to hear the answer condemns nobody.
"""

from __future__ import annotations

import sys
import time
from typing import NamedTuple

from netaudit.core.system import windows_processes

LOOKS = 0.25  # seconds from one look at the time to the next, while nothing else is to be done
STEP = 1.0  # seconds that count from one look to the next at most


class Limits(NamedTuple):
    """How long one image may take, in seconds."""

    work: float = 20.0  # of processor time
    wait: float = 300.0  # by the clock


class Watch:
    """Over one process. Not to be shared between threads."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._worked = processor_seconds(pid)
        self._looked = time.monotonic()

    def lap(self) -> tuple[float | None, float]:
        """Seconds it worked, None where that cannot be known, and seconds it was waited for, since last asked."""
        worked, looked = processor_seconds(self._pid), time.monotonic()
        work = None if worked is None or self._worked is None else min(worked - self._worked, STEP)
        waited = min(looked - self._looked, STEP)
        self._worked, self._looked = worked, looked
        return work, waited


def processor_seconds(pid: int) -> float | None:
    """Processor time of another process of ours, of all its threads; None where the system has no clock of it.

    Linux: the clock that clock_getcpuclockid(3) names, ~pid << 3 | CPUCLOCK_SCHED (include/linux/posix-timers.h).
    """
    if sys.platform == "win32":
        return windows_processes.processor_seconds(pid)
    if sys.platform != "linux":
        return None
    try:
        return time.clock_gettime(~pid << 3 | 2)
    except OSError:  # it has ended
        return None

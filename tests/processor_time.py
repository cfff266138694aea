"""Bounds on processor time that tell work in proportion from work that grows with the square.

Seconds are those of a quiet machine. A loop of known length, timed beside the work, says how much slower this one is
now, and the bound grows with it; and what earlier tests left behind is not walked through by the garbage collector.
"""

from __future__ import annotations

import gc
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

QUIET = 0.004  # seconds of `_loop` on the machine that the bounds were written on
TURNS = 100_000


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail where the block takes more processor time than these seconds of a quiet machine."""
    before = _slower()
    with _others_left_alone():
        began = time.process_time()
        yield
        took = time.process_time() - began
    slower = max(before, _slower())
    assert took < seconds * slower, f"{took:.2f} s where {seconds} s are let, on a machine {slower:.1f} times slower"


def spent(work: Callable[[], object]) -> float:
    """Seconds of the processor that a piece of work takes, to be compared with another piece's."""
    with _others_left_alone():
        began = time.process_time()
        work()
        return time.process_time() - began


@contextmanager
def _others_left_alone() -> Iterator[None]:
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _slower() -> float:
    """How many times longer the loop takes than on a quiet machine; at least once."""
    return max(1.0, min(_loop(), _loop()) / QUIET)


def _loop() -> float:
    began = time.process_time()
    total = 0
    for number in range(TURNS):
        total += number & 7
    return time.process_time() - began

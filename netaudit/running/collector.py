"""Python's cyclic garbage collector, calmed for the time of a run.

Rows of tables are many and live until their batch is written; to look through them again and again for cycles took a
fifth of a run. What the hot path makes is cut when it is done (`let_go` of readers and trees), so that reference
counting frees it; `tests/running/test_collector.py` holds that.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
from collections.abc import Iterator

YOUNG, MIDDLE, OLD = 500_000, 8, 10  # allocations, and collections of the younger generation, until one is collected


def seldom() -> None:
    """Collect seldom from now on: a tenth of a short audit went into looking at modules."""
    gc.set_threshold(YOUNG, MIDDLE, OLD)


def alone() -> None:
    """The same for a process of our own, from its beginning; at its end Python looks through everything thrice more.

    What is there then goes with the process: leaving it out took the demo from 2.6 to 2.2 s of processor time.
    """
    seldom()
    atexit.register(gc.freeze)


@contextlib.contextmanager
def calm() -> Iterator[None]:
    """Leave what exists now out of collections, and collect seldom; as before afterwards."""
    before = gc.get_threshold()
    gc.freeze()
    seldom()
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()

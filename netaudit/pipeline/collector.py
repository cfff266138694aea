"""Python's cyclic garbage collector, calmed for the time of a run.

Rows of tables are many and live until their batch is written; to look through them again and again for cycles took a
fifth of a run. What the hot path makes is cut when it is done (`let_go` of readers and trees), so that reference
counting frees it; `tests/pipeline/test_collector.py` holds that.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator

YOUNG, MIDDLE, OLD = 500_000, 8, 10  # allocations, and collections of the younger generation, until one is collected


def seldom() -> None:
    """Collect seldom from now on, in a process of our own: a tenth of a short audit went into looking at modules."""
    gc.set_threshold(YOUNG, MIDDLE, OLD)


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

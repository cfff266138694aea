"""Start-up and memory settings of processes of our own (command line, workers): environment, allocator, collector.

Rows of tables are many and live until their batch is written; searching them for cycles again and again took a fifth of
a run. What the hot path makes is released by reference counting; `tests/pipeline/test_collector.py` checks that.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Iterator
from importlib import import_module

ARENA_MAX, MMAP_THRESHOLD = -8, -3  # of glibc's mallopt(3)
LARGE = 256 << 10  # bytes from which on memory is mapped by itself, and so given back when it is freed

_own = False


def own_process() -> None:
    """Say that this process ends with its command."""
    global _own  # noqa: PLW0603  (of the process)
    _own = True
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's, which wait for work by turning round; there is none
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # read when pyarrow is loaded; see `load_arrow`


def is_own_process() -> bool:
    """Whether `own_process` was said."""
    return _own


def load_arrow(*, compiler: bool = False) -> None:
    """Load the parts of pyarrow that an audit uses while there is time for it; without a `compiler`, no numba either.

    Arrow's own pools keep freed memory for each thread; the system's (`own_process`) returns large blocks, and is as
    fast.
    """
    if not _own:
        return
    import_module("pyarrow.compute")
    import_module("pyarrow.parquet")
    if not compiler:
        from netaudit.jit.numba_parts import without_package

        without_package()


def load_last_step() -> None:
    """Load what the last step and the report need, where there is time for it now."""
    for name in ("netaudit.pipeline.conclusion", "netaudit.report.from_case", "jinja2"):
        import_module(name)


def trim() -> None:
    """Give memory that is free, but held for later, back to the system: the next stage needs other sizes.

    Cycles are not searched for: reading leaves none (`pipeline/startup.py`).
    """
    import ctypes

    import pyarrow as pa

    pa.default_memory_pool().release_unused()
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # other C libraries than glibc
            ctypes.CDLL(None).malloc_trim(0)


def for_days() -> None:
    """Have this process hold little of what it has freed: one that runs for days must not grow by what it once used."""
    import ctypes

    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # the others keep pages for each thread
    import pyarrow as pa

    pa.set_memory_pool(pa.system_memory_pool())
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            library = ctypes.CDLL(None)
            library.mallopt(ARENA_MAX, 2)
            library.mallopt(MMAP_THRESHOLD, LARGE)  # else it grows with what is freed, and holes stay


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

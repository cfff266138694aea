"""A quick start of processes of our own (command line, workers): what an audit never uses is not imported in passing.

pyarrow looks for pandas when it makes its first array and for file systems of clouds, numba for cffi, scipy's BLAS,
coverage and YAML when it is loaded, and in all installed packages for extensions of itself: together a third of a
second, and 70 MB.
Both remember what they found, so this is for a process that ends with its command; whoever audits from Python keeps
pandas, and `to_pandas`.

Python's cyclic garbage collector, calmed for the time of a run.

Rows of tables are many and live until their batch is written; to look through them again and again for cycles took a
fifth of a run. What the hot path makes is cut when it is done (`let_go` of readers and trees), so that reference
counting frees it; `tests/pipeline/test_collector.py` holds that.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import sys
import threading
from collections.abc import Iterator
from importlib import import_module
from typing import Any, NoReturn

ARENA_MAX, MMAP_THRESHOLD = -8, -3  # of glibc's mallopt(3)
LARGE = 256 << 10  # bytes from which on memory is mapped by itself, and so given back when it is freed
CLOUDS = ("pyarrow._azurefs", "pyarrow._gcsfs", "pyarrow._hdfs", "pyarrow._s3fs")
UNUSED = frozenset({"cffi", "cloudpickle", "coverage", "pandas", "pyarrow.dataset", "scipy", "yaml", *CLOUDS})

_own = False


def own_process() -> None:
    """Say that this process ends with its command."""
    global _own  # noqa: PLW0603  (of the process)
    _own = True
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's, which wait for work by turning round; there is none
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # read when pyarrow is loaded; see `load_lean`


def is_own_process() -> bool:
    """Whether `own_process` was said."""
    return _own


class _Absent:
    def find_spec(self, fullname: str, *_: object) -> None:
        """Refuse the unused ones, know nothing of the rest."""
        if fullname in UNUSED:
            raise ModuleNotFoundError(f"{fullname} is not used by an audit", name=fullname)


def load_lean(*, compiler: bool = False) -> None:
    """Load pyarrow as if `UNUSED` were not installed, in a process of our own; later imports find them.

    Where kernels will be compiled, the `compiler` is loaded in this way, too; else of numba only what running needs.

    Arrow's own pools keep for themselves what a step has freed, each thread some: the memory of the last step would be
    the sum of its parts. The system's (`own_process`) gives large pieces back, and takes no longer.
    """
    if not _own:
        return
    absent = _Absent()
    sys.meta_path.insert(0, absent)
    try:
        import pyarrow as pa

        pa.array([0])
        _load_functions()
        import_module("pyarrow.parquet")
        if compiler:
            _load_compiler()
        else:
            from netaudit.jit.numba_parts import without_package

            without_package()
    finally:
        sys.meta_path.remove(absent)


def _load_functions() -> None:
    """Load pyarrow's functions without the list of options in the help of each, which takes a third of the time."""
    docscrape: Any = import_module("pyarrow.vendored.docscrape")
    reader = docscrape.NumpyDocString
    docscrape.NumpyDocString = lambda _: {"Parameters": ()}
    try:
        import_module("pyarrow.compute")
    finally:
        docscrape.NumpyDocString = reader


def _load_compiler() -> None:
    """Load numba without a look at all installed packages; parts of it look for cffi and BLAS, once."""
    import_module("numba")
    entrypoints: Any = import_module("numba.core.entrypoints")
    entrypoints._already_initialized = True  # noqa: SLF001
    for name in ("numba.core.typing.cffi_utils", "numba.np.arraymath"):
        import_module(name)


def leave(code: object) -> NoReturn:
    """End a process of our own with what `sys.exit` would take; what the system frees anyway is not taken apart first.

    As `multiprocessing` ends its processes: threads are waited for, what is to be done at the end is done, and what was
    printed is out.
    """
    if code is not None and not isinstance(code, int):
        sys.exit(str(code))
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001
    atexit._run_exitfuncs()  # noqa: SLF001
    number = code or 0
    for stream in filter(None, (sys.stdout, sys.stderr)):  # there is none where it was closed before the start
        try:
            stream.flush()
        except (OSError, ValueError):
            number = number or 120  # as the interpreter does
    os._exit(number & 0xFF)


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

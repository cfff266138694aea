"""The one decorator for numba kernels.

numba's own cache notices a change in the decorated file only: neither an imported helper or constant nor the
bounds-check flag. So the cache folder is keyed by a hash
over every kernel and layout source, the numba and numpy versions and that flag.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
from numba.core import config as numba_config

from netaudit.ground.remembered import user_cache

PACKAGE = Path(__file__).parents[1]
SOURCES = ("ground/jit.py", "**/kernels.py", "**/kernels_*.py", "**/layouts.py")

config: Any = numba_config  # its attributes are set at run time
F = TypeVar("F", bound=Callable[..., Any])


def source_key(package: Path = PACKAGE) -> str:
    """Hash of all that compiled kernels depend on, as 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for stamp in (numba.__version__, np.__version__, sys.version, str(config.BOUNDSCHECK)):
        digest.update(stamp.encode() + b"\0")
    for path in sorted(path for pattern in SOURCES for path in package.glob(pattern)):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0")
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


CACHE = user_cache() / "kernels" / source_key()


def kernel(function: F) -> F:
    """Compile `function` on first call (nopython, GIL released), cached under `CACHE`."""
    if config.DISABLE_JIT:
        return function
    before = config.CACHE_DIR
    config.CACHE_DIR = str(CACHE)  # read while decorating only; other users of numba keep their folder
    try:
        compiled: F = numba.njit(function, nogil=True, cache=True)
    finally:
        config.CACHE_DIR = before
    return compiled


def lean_kernel(function: F) -> F:
    """Compile as `kernel` does, with reference counting off; the function must not allocate.

    numba counts a reference to every array up and down, atomically, where a function takes it as an argument or out of
    a tuple. With a dozen tables and some ten helper kernels per packet that was two thirds of the time. The callers
    hold all tables for as long as a call lasts, and these kernels allocate nothing, so they need no counting.
    """
    compiled: Any = kernel(function)
    if hasattr(compiled, "targetoptions"):  # a plain function where compiling is switched off
        compiled.targetoptions["_nrt"] = False
    return compiled  # type: ignore[no-any-return]

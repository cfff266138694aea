"""Where compiled kernels are kept: those that came with the package, and the user's own.

What comes with a wheel is compiled for any processor of its kind, what is compiled here for this one; no difference in
speed was found. Files are named by what was compiled and of what types, never by where the package lies, so they may be
moved. They hold pickles: those of the user are believed where nobody else can have written them (`remembered.py`),
those of the package where nobody can who could not have changed its code.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import pickle
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite
import numba
import numpy as np
from numba.core import config as numba_config
from numba.core.compiler import CompileResult
from numba.core.runtime.nrt import rtsys
from numba.core.serialize import dumps

from netaudit.ground.remembered import keep, recalled, unsealed, user_cache

PACKAGE = Path(__file__).parents[1]
SOURCES = ("ground/jit*.py", "**/kernels.py", "**/kernels_*.py", "**/layouts.py")
SHIPPED = PACKAGE / "_kernels"
GENERIC = "generic"  # numba's name of a processor without extensions
UNFIT = (ArithmeticError, AttributeError, ImportError, LookupError, OSError, RuntimeError, TypeError, ValueError)

config: Any = numba_config  # its attributes are set at run time


def source_key(package: Path = PACKAGE) -> str:
    """Hash of all that compiled kernels depend on but their types and the processor, as 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for stamp in (
        numba.__version__, llvmlite.__version__, ".".join(np.__version__.split(".")[:2]),
        str(sys.implementation.cache_tag), getattr(sys, "abiflags", ""), sys.platform, platform.machine().lower(),
        str(config.BOUNDSCHECK),
    ):  # fmt: skip
        digest.update(stamp.encode() + b"\0")
    for path in sorted(path for pattern in SOURCES for path in package.glob(pattern)):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0")
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


KEY = source_key()


def cache_folder() -> Path:
    """Where this user's kernels are kept."""
    return user_cache() / "kernels" / KEY


class KernelCache:
    """Stands where numba's own cache of a function would."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._name = f"{function.__module__.removeprefix('netaudit.')}.{function.__qualname__}"

    @property
    def cache_path(self) -> str:
        """Folder of what is compiled here."""
        return str(cache_folder())

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """What was compiled for these types of arguments; None when it was not, or nothing can be made of it.

        numba's cache first makes the whole compiler ready, which takes longer than all the rest. What was compiled
        needs its run time only, and who compiles makes the rest ready himself.
        """
        rtsys.initialize(target_context)
        content = recalled(cache_folder() / self._file(sig, _processor(target_context.codegen())))
        if content is None:
            content = unsealed(SHIPPED / KEY / self._file(sig, GENERIC))
        if content is None:
            return None
        with contextlib.suppress(*UNFIT, pickle.UnpicklingError):
            return CompileResult._rebuild(target_context, *pickle.loads(content))  # noqa: S301, SLF001 - see the head
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what was compiled, where there is room and the right to."""
        if not data.library.has_dynamic_globals:
            keep(cache_folder() / self._file(sig, _processor(data.codegen)), dumps(data._reduce()))  # noqa: SLF001

    def is_there(self) -> bool:
        """Whether it was compiled for whatever types before."""
        return any(next(folder.glob(f"{self._name}-*"), None) for folder in (cache_folder(), SHIPPED / KEY))

    def _file(self, sig: Any, processor: str) -> str:
        made_for = hashlib.sha256(f"{sig}\0{processor}".encode()).hexdigest()
        return f"{self._name}-{made_for[:24]}.kernel"


@functools.lru_cache(maxsize=1)
def _processor(codegen: Any) -> str:
    """Name of the processor that is compiled for, with its extensions."""
    _, name, features = codegen.magic_tuple()
    return GENERIC if name == GENERIC and not features else f"{name}\0{features}"

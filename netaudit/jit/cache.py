"""Where compiled kernels are kept: those that came with the package, and the user's own.

What comes with a wheel is compiled for any processor of its kind, what is compiled here for this one; no difference in
speed was found. Files are named by what was compiled and of what types, never by where the package lies, so they may be
moved. They hold pickles: those of the user are believed where nobody else can have written them
(`system/user_cache.py`), those of the package where nobody can who could not have changed its code.

Kept is what running needs: machine code and types. What numba keeps beside it so that other functions may link it
(LLVM's code, its symbols, an environment for all that was linked in) took twice as long to load as all the rest.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import pickle
import platform
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite
import numba
import numpy as np
from numba.core import config as numba_config
from numba.core.compiler import compile_result
from numba.core.runtime import nrtdynmod
from numba.core.runtime.nrt import rtsys
from numba.core.serialize import dumps

from netaudit.system.locks import locked
from netaudit.system.user_cache import keep, recalled, unsealed, user_cache

PACKAGE = Path(__file__).parents[1]
SOURCE = re.compile(r"(?:kernels|kernels_.*|layouts)\.py", re.DOTALL)  # beside all of this folder
SHIPPED = PACKAGE / "_kernels"
RUN_TIME = "numba.nrt"
GENERIC = "generic"  # numba's name of a processor without extensions
COMPILING = "compiling"  # is locked as long as processes compile
STEP = 0.02  # seconds between two looks
UNFIT = (ArithmeticError, AttributeError, ImportError, LookupError, OSError, RuntimeError, TypeError, ValueError)

config: Any = numba_config  # its attributes are set at run time
waits_for_others = True  # False in the processes that compile


def source_key(package: Path = PACKAGE) -> str:
    """Hash of all that compiled kernels depend on but their types and the processor, as 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for stamp in (
        numba.__version__, llvmlite.__version__, ".".join(np.__version__.split(".")[:2]),
        str(sys.implementation.cache_tag), getattr(sys, "abiflags", ""), sys.platform, platform.machine().lower(),
        str(config.BOUNDSCHECK),
    ):  # fmt: skip
        digest.update(stamp.encode() + b"\0")
    for path in sources(package):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0")
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def sources(package: Path = PACKAGE) -> list[Path]:
    """Files with kernels, layouts, and what compiles them, in order."""
    found: list[Path] = []
    for folder, folders, names in os.walk(package):
        folders[:] = [name for name in folders if name != "__pycache__"]
        mine = os.path.basename(folder) == "jit"  # noqa: PTH119 - of each folder, at each start
        found += [Path(folder, name) for name in names if name.endswith(".py") and (mine or SOURCE.fullmatch(name))]
    return sorted(found)


KEY = source_key()


def cache_folder() -> Path:
    """Where this user's kernels are kept."""
    return user_cache() / "kernels" / KEY


class KernelCache:
    """Stands where numba's own cache of a function would; what it gives is only run."""

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
        _start(target_context)
        content = _recalled(self._name, sig, target_context.codegen())
        if content is None:
            return None
        with contextlib.suppress(*UNFIT, pickle.UnpicklingError):
            return _run(target_context, *pickle.loads(content))  # noqa: S301 - see the head
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what was compiled, where there is room and the right to."""
        if not data.library.has_dynamic_globals:
            keep(cache_folder() / _file(self._name, sig, _processor(data.codegen)), dumps(_to_run(data)))


def _recalled(name: str, sig: Any, codegen: Any) -> bytes | None:
    """What was kept of that name for these types: compiled here, that came with the package, or is being compiled."""
    path = cache_folder() / _file(name, sig, _processor(codegen))
    if (here := recalled(path)) is not None:
        return here
    came = unsealed(SHIPPED / KEY / _file(name, sig, GENERIC))
    return _awaited(path) if came is None else came


def _file(name: str, sig: Any, processor: str) -> str:
    made_for = hashlib.sha256(f"{sig}\0{processor}".encode()).hexdigest()
    return f"{name}-{made_for[:24]}.kernel"


def _to_run(data: Any) -> tuple[Any, ...]:
    """Of what was compiled: name and machine code, what it is called by, the environment with its constants, types."""
    (name, _, (code, _)), described, environment, signature, *_, environments = data._reduce()  # noqa: SLF001
    if any(one.consts for one in environments if one.env_name != environment.env_name):
        raise NotImplementedError(f"{name}: a kernel calls one that keeps Python objects")
    return name, code, described, environment, signature


def _run(context: Any, name: str, code: bytes, described: Any, environment: Any, signature: Any) -> Any:
    """It again, as far as it can be called."""
    codegen = context.codegen()
    library = codegen.create_library(name)
    library.enable_object_caching()
    library._set_compiled_object(code)  # noqa: SLF001
    library._finalize_final_module()  # noqa: SLF001
    codegen._engine._defined_symbols.add(described.llvm_cpython_wrapper_name)  # noqa: SLF001
    return compile_result(
        target_context=context,
        typing_context=context.typing_context,
        library=library,
        environment=environment,
        entry_point=context.get_executable(library, described, environment),
        fndesc=described,
        signature=signature,
        objectmode=False,
        lifted=(),
    )


def _run_time(context: Any) -> Any:
    """The library of numba's own counting of references, which it would compile in every process."""
    codegen = context.codegen()
    content = _recalled(RUN_TIME, (), codegen)
    if content is not None:
        with contextlib.suppress(*UNFIT, pickle.UnpicklingError):
            return codegen.unserialize_library(pickle.loads(content))  # noqa: S301 - see the head
    module, library = nrtdynmod.create_nrt_module(context)
    library.enable_object_caching()
    library.add_ir_module(module)
    library.finalize()
    keep(cache_folder() / _file(RUN_TIME, (), _processor(codegen)), dumps(library.serialize_using_object_code()))
    return library


_compile_run_time = nrtdynmod.compile_nrt_functions


def _start(context: Any) -> None:
    """Start numba's run time, once in a process, with the library that is kept; numba is as it came afterwards."""
    nrtdynmod.compile_nrt_functions = _run_time
    try:
        rtsys.initialize(context)
    finally:
        nrtdynmod.compile_nrt_functions = _compile_run_time


def _awaited(path: Path) -> bytes | None:
    """What is kept there, waiting for it as long as other processes compile (`pipeline/ready.py`)."""
    if not waits_for_others:
        return None
    with contextlib.suppress(OSError), (cache_folder() / COMPILING).open("rb") as file:
        while (content := recalled(path)) is None:
            if locked(file.fileno()):
                return recalled(path)
            time.sleep(STEP)
        return content
    return None


@functools.lru_cache(maxsize=1)
def _processor(codegen: Any) -> str:
    """Name of the processor that is compiled for, with its extensions."""
    _, name, features = codegen.magic_tuple()
    return GENERIC if name == GENERIC and not features else f"{name}\0{features}"

"""Where compiled kernels are kept: those that came with the package, and the user's own.

What comes with a wheel is compiled for any processor of its kind, what is compiled here for this one; no difference in
speed was found. Files are named by what was compiled and of what types, never by where the package lies, so they may be
moved. They hold machine code: that of the user is believed where nobody else can have written it
(`core/system/user_cache.py`), that of the package where nobody can who could not have changed its code.

Kept is what running needs, which is machine code and what it is called by. To take it neither numba nor LLVM is loaded.
"""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import os
import platform
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from netaudit.core.system.locks import locked
from netaudit.core.system.user_cache import keep, recalled, unsealed, user_cache
from netaudit.jit import linking, llvm, numba_parts
from netaudit.jit.processor import GENERIC, processor

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGE = Path(__file__).parents[1]
SOURCE = re.compile(r"(?:kernels|kernels_.*|layouts)\.py", re.DOTALL)  # beside all of this folder
SHIPPED = PACKAGE / "_kernels"
COMPILING = "compiling"  # is locked as long as processes compile
STEP = 0.02  # seconds between two looks
UNFIT = (ArithmeticError, AttributeError, EOFError, LookupError, OSError, RuntimeError, TypeError, ValueError)
BOUNDS, NOT_AT_ALL = "NUMBA_BOUNDSCHECK", "NUMBA_DISABLE_JIT"

waits_for_others = True  # False in the processes that compile


def asked(name: str) -> int:
    """What the environment asks of numba."""
    said = os.environ.get(name) or "0"
    return int(said) if said.isdecimal() else 0


def source_key(package: Path = PACKAGE) -> str:
    """Hash of all that compiled kernels depend on but their types and the processor, as 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for stamp in (
        numba_parts.version("numba"), numba_parts.version("llvmlite"), ".".join(np.__version__.split(".")[:2]),
        str(sys.implementation.cache_tag), getattr(sys, "abiflags", ""), sys.platform, platform.machine().lower(),
        str(asked(BOUNDS)),
    ):  # fmt: skip
        digest.update(stamp.encode() + b"\0")
    for name in sources(package):
        digest.update(name.replace(os.sep, "/").encode() + b"\0")
        with open(f"{package}/{name}", "rb") as file:  # noqa: PTH123 - seventy at each start
            digest.update(file.read())
    return digest.hexdigest()[:16]


def sources(package: Path = PACKAGE) -> list[str]:
    """Files with kernels, layouts, and what compiles them, in order, as they are named below the package."""
    found, left = [], [""]
    while left:
        below = left.pop()
        with os.scandir(f"{package}/{below}") as entries:
            for entry in entries:
                name = entry.name
                if name.endswith(".py"):
                    if below == f"jit{os.sep}" or SOURCE.fullmatch(name):
                        found.append(below + name)
                elif "." not in name and name != "__pycache__" and entry.is_dir():
                    left.append(f"{below}{name}{os.sep}")
    return sorted(found)


KEY = source_key()


def cache_folder() -> Path:
    """Where this user's kernels are kept."""
    return user_cache() / "kernels" / KEY


class Compiled(NamedTuple):
    """What was compiled, as it is kept."""

    entry: str  # what Python calls
    environment: str  # the variable that holds it
    image: tuple[Any, ...] | None  # of linking.Image
    code: bytes  # the object, where LLVM links it


class KernelCache:
    """What is kept of one kernel."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.name = f"{function.__module__.removeprefix('netaudit.')}.{function.__qualname__}"

    def recall(self, kinds: str) -> Callable[..., Any] | None:
        """What was compiled for these kinds of arguments, to be called; None when it was not, or cannot be run."""
        content = _recalled(self.name, kinds)
        if content is None:
            return None
        with contextlib.suppress(*UNFIT):
            return self._to_call(Compiled(*marshal.loads(content)))  # noqa: S302 - see the head
        return None

    def keep(self, kinds: str, compiled: Compiled) -> None:
        """Keep what was compiled, where there is room and the right to."""
        keep(cache_folder() / _file(self.name, kinds, processor()), marshal.dumps(tuple(compiled)))

    def _to_call(self, found: Compiled) -> Callable[..., Any]:
        environment = numba_parts.environment(self._function)
        values = {found.environment: id(environment)}
        if found.image is not None:
            image = linking.Image(*found.image)
            begin, held = linking.load(image, values)
            at = begin + image.entries[found.entry]
        else:
            at, held = llvm.load(found.code, values, found.entry)
        call: Callable[..., Any] = numba_parts.function(self._function, at, environment, held)
        return call


def compiled(code: bytes, entry: str, environment: str) -> Compiled:
    """What is kept of an object."""
    if linking.is_linked_here():
        with contextlib.suppress(linking.Unfit):
            image = linking.image_of(code, {entry, environment})
            if all(numba_parts.address(name) is not None for name in image.names):
                return Compiled(entry, environment, tuple(image), b"")
    return Compiled(entry, environment, None, code)


def remembered(name: str, make: Callable[[], bytes]) -> bytes:
    """What the compiler makes for itself, kept among the kernels."""
    content = _recalled(name, "")
    if content is None:
        content = make()
        keep(cache_folder() / _file(name, "", processor()), content)
    return content


def _recalled(name: str, kinds: str) -> bytes | None:
    """What was kept of that name for these kinds: compiled here, that came with the package, or is being compiled."""
    path = cache_folder() / _file(name, kinds, processor())
    if (here := recalled(path)) is not None:
        return here
    came = unsealed(SHIPPED / KEY / _file(name, kinds, GENERIC))
    return _awaited(path) if came is None else came


def _file(name: str, kinds: str, made_on: str) -> str:
    made_for = hashlib.sha256(f"{kinds}\0{made_on}".encode()).hexdigest()
    return f"{name}-{made_for[:24]}.kernel"


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

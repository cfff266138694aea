"""What of numba running needs: three extension modules in C, and what its compiled code calls by name.

numba's package loads its compiler, LLVM and half of numpy when it is imported: a tenth of a small audit, and 60 MB in
each process. Kernels that are kept (`cache.py`) need none of that. An extension module is found in the package as ever,
but loaded without it, in a process that says so (`without_package`) before it has threads; else as everybody does.
"""

from __future__ import annotations

import builtins
import ctypes
import functools
import importlib.util
import os
import sys
from importlib import import_module
from types import ModuleType
from typing import Any

NEEDED = (
    "numba._devicearray",
    "numba._dispatcher",
    "numba._dynfunc",
    "numba._helperlib",
    "numba.core.runtime._nrt_python",
)
WHOLE = (
    "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64", "complex64",
    "complex128",
)  # fmt: skip


class _Omitted:
    """Stands where numba has the class of an argument that was left out; no value is of it."""


def without_package() -> None:
    """Load what is needed, without numba's package, in a process of our own with one thread.

    A package is there while they are loaded: C asks for one by its name, in the other.
    """
    if NEEDED[-1] in sys.modules:
        return
    places = {name: _place(name) for name in NEEDED}
    package = sys.modules["numba"] = ModuleType("numba")
    try:
        for name, place in places.items():
            module = sys.modules[name] = _loaded(name, place)
            setattr(package, name.rpartition(".")[2], module)
    finally:
        del sys.modules["numba"]
    part("numba._dispatcher").typeof_init(_Omitted, dict.fromkeys(WHOLE, 0))  # as numba does with its own types


def version(package: str) -> str:
    """Version of numba or llvmlite, as the package says it, without loading that."""
    if package in sys.modules:
        return str(sys.modules[package].__version__)
    name = f"{package}._version"
    return str(_loaded(name, _place(name)).get_versions()["version"])


def part(name: str) -> Any:
    """One of `NEEDED`."""
    return sys.modules.get(name) or import_module(name)


def fingerprint() -> Any:
    """The function that gives bytes which are the same for arguments of the same types (of a tuple of them).

    It raises NotImplementedError or ValueError for what it does not know.
    """
    return part("numba._dispatcher").compute_fingerprint


def function(kernel: Any, at: int, environment: Any, held: object) -> Any:
    """What Python calls, of machine code at an address, which stays for as long as `held` does."""
    module = sys.modules[kernel.__module__]
    return part("numba._dynfunc").make_function(module, kernel.__name__, "", at, environment, held)


def environment(kernel: Any) -> Any:
    """What compiled code holds its objects of Python in: nothing, but it asks whether it is there."""
    return part("numba._dynfunc").Environment(kernel.__globals__)


def address(name: str) -> int | None:
    """Address of what compiled code calls or reads by name; None where nobody has it."""
    if (own := own_names().get(name)) is not None:
        return own
    for library in _libraries():
        try:
            return ctypes.addressof(ctypes.c_char.in_dll(library, name))
        except ValueError:
            continue
    return None


@functools.cache
def own_names() -> dict[str, int]:
    """What numba tells LLVM the addresses of: functions of its own and of C for numbers, exceptions themselves."""
    names = {f"PyExc_{name}": id(kind) for name, kind in vars(builtins).items() if _is_exception(kind)}
    for name, at in part("numba.core.runtime._nrt_python").c_helpers.items():
        names[name if name.startswith("_") else f"NRT_{name}"] = at
    for helpers in (part("numba._helperlib").c_helpers, part("numba._dynfunc").c_helpers):
        names |= helpers | {f"numba_{name}": at for name, at in helpers.items()}
    return names | {"_Py_NoneStruct": id(None)}


def _is_exception(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseException)


@functools.cache
def _libraries() -> list[Any]:
    return [ctypes.pythonapi, ctypes.CDLL(None)] if sys.platform != "win32" else [ctypes.pythonapi]


def _place(name: str) -> str:
    """Folder of a module of a package, which is not loaded. Raises ModuleNotFoundError where there is none."""
    package, *inner = name.split(".")[:-1]
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(f"No module named {package!r}", name=package)
    return os.path.join(found.submodule_search_locations[0], *inner)  # noqa: PTH118 - as finders take it


def _loaded(name: str, place: str) -> ModuleType:
    """A module in that folder, without what stands above it."""
    for finder in sys.meta_path:
        found = finder.find_spec(name, [place])
        if found is not None and found.loader is not None:
            module = importlib.util.module_from_spec(found)
            found.loader.exec_module(module)
            return module
    raise ModuleNotFoundError(f"No module named {name!r}", name=name)

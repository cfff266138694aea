"""The tables and bounds that reading decides by, as this process has them, digest by digest.

A number of a protocol, a limit, a pattern: what is one of hundreds in a table, or is met by megabytes only, no capture
of a pack shows. Part of what a release told (`reference.py`); the bounds of whoever records are none of it.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib
import pkgutil
import re
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from inspect import isfunction
from types import ModuleType
from typing import Any
from zlib import crc32

import numpy as np

import netaudit

ROOMS = ("capture", "packets", "streams", "messages", "unwrapping", "rows", "finalizing")
RECORDING = ("from_wire", "growing", "recorder", "packet_socket", "adapters", "permission", "wireshark")
KERNELS = re.compile(r"\.(kernels\w*|layouts)$")
BOUND = re.compile(r"_?(?:MOST|MAX|DEEPEST|LARGEST|LONGEST)(?:_|$)|\w*LIMIT$")
EXTRAS = ("av", "pylsqpack")  # that readers use where they are there
PLAIN = (str, int, float, bytes, bool, type(None), complex)


def of_constants() -> dict[str, str]:
    """Digests of all values at the level of a module of the reading rooms, and of what functions take unless told."""
    found = {}
    for module in _modules():
        for name, value in sorted(vars(module).items()):
            if name.startswith("__") or isinstance(value, ModuleType):
                continue
            if (isinstance(value, type) or callable(value)) and not str(value.__module__).startswith("netaudit"):
                continue  # of others, as their versions have it
            if (text := said_of(value)) is not None:
                digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
                found[f"constants/{module.__name__}.{name}"] = digest[:16]
    return found


@contextlib.contextmanager
def without_extras() -> Iterator[None]:
    """Readers do not find what is not part of every installation: what is told of the pack hangs on none of it."""
    hidden = {name: sys.modules.get(name) for name in EXTRAS}
    sys.modules.update(dict.fromkeys(EXTRAS))  # type: ignore[arg-type]  # a module that is None is not there
    _forget()
    try:
        yield
    finally:
        for name, module in hidden.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
        _forget()


@contextlib.contextmanager
def uncompiled() -> Iterator[None]:
    """Kernels are the Python that they are written in: nothing is compiled, whatever they are asked."""
    for one in pkgutil.walk_packages(netaudit.__path__, "netaudit."):
        if KERNELS.search(one.name):
            importlib.import_module(one.name)
    modules = [one for name, one in sorted(sys.modules.items()) if name.startswith("netaudit.")]
    compiled = [(one, name, value) for one in modules for name, value in vars(one).items() if hasattr(value, "py_func")]
    for module, name, value in compiled:
        setattr(module, name, value.py_func)
    try:
        yield
    finally:
        for module, name, value in compiled:
            setattr(module, name, value)


@contextlib.contextmanager
def scarcity(salt: int) -> Iterator[None]:
    """Every bound of the readers is a small number, 2 to 1,920, which its name and `salt` tell.

    A bound is called so, or a round number: a power of two, or thousands. Kernels keep theirs, which are compiled in.
    """
    modules = [one for one in _modules() if not KERNELS.search(one.__name__)]
    bounds = [(one, name, value) for one in modules for name, value in vars(one).items() if _is_bound(name, value)]
    for module, name, value in bounds:
        number = crc32(f"{salt} {name} {value}".encode())
        setattr(module, name, 8 + number % 8 << (number >> 8) % 8 if value >= 512 else 2 + number % (value >> 2))
    try:
        yield
    finally:
        for module, name, value in bounds:
            setattr(module, name, value)
        _forget()


def _forget() -> None:
    """What functions of the readers remember."""
    for module in _modules():
        for value in list(vars(module).values()):
            if callable(clear := getattr(value, "cache_clear", None)):
                clear()


def _is_bound(name: str, value: object) -> bool:
    if type(value) is not int or not 8 <= value < 1 << 28:
        return False
    return BOUND.match(name) is not None or (value >= 512 and (value & value - 1 == 0 or value % 1000 == 0))


@functools.cache
def _modules() -> list[ModuleType]:
    packages = [importlib.import_module(f"netaudit.{room}") for room in ROOMS]
    every = [one.name for own in packages for one in pkgutil.walk_packages(own.__path__, f"{own.__name__}.")]
    recording = tuple(f"netaudit.capture.{name}" for name in RECORDING)
    named = [one for one in every if not one.startswith(recording)]
    return [importlib.import_module(name) for name in sorted(named)]


def said_of(value: Any) -> str | None:
    """A value in words that are the same in every process; None for what is no value."""
    if isinstance(value, PLAIN) and not isinstance(value, Enum):
        return repr(value)
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}={value.value!r}"
    if isinstance(value, re.Pattern):
        return f"pattern {value.pattern!r} {value.flags}"
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape} {hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()}"
    if isinstance(value, np.generic | np.dtype):
        return repr(value)
    if isinstance(value, type):
        return _class(value)
    if isfunction(value := getattr(value, "py_func", value)):
        return _all([*(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).items()]) or None
    if isinstance(value, dict):
        return _all([one for pair in value.items() for one in pair])
    if isinstance(value, set | frozenset):
        return str(sorted(filter(None, map(said_of, value))))
    if isinstance(value, tuple | list):
        return _all(value)
    if is_dataclass(value):
        return _all([getattr(value, one.name) for one in fields(value)])
    return None


def _class(value: type) -> str | None:
    """Values of a class: members of an enumeration, defaults of fields, and what its functions take unless told."""
    if issubclass(value, Enum):
        return str([(one.name, one.value) for one in value])
    functions = ((name, getattr(one, "__func__", one)) for name, one in sorted(vars(value).items()))
    taken = [(name, said) for name, one in functions if isfunction(one) and (said := said_of(one))]
    if is_dataclass(value):
        return str(([(one.name, said_of(one.default)) for one in fields(value)], taken))
    defaults = getattr(value, "_field_defaults", None)
    own = {name: one for name, one in sorted(vars(value).items()) if name[:2] != "__" and isinstance(one, PLAIN)}
    return str((own, said_of(defaults) if defaults else None, taken)) if own or defaults or taken else None


def _all(values: Any) -> str:
    return "[" + ",".join(said_of(one) or type(one).__name__ for one in values) + "]" if values else ""

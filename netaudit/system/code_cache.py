"""Code of modules as Python has compiled it, in one file of the user's cache: a start finds and reads a thousand.

Python lists folders, looks at each source, and opens and reads a file for each module: together as long as making the
code of them. What was found before is taken from here where it would be found again: in the same folder (whose time
changes with each file that comes or goes) and from the same source, by time and size as Python compares them itself.
All else is found as ever, and kept when the process ends.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import marshal
import mmap
import os
import struct
import sys
import time
from _imp import _fix_co_filename  # type: ignore[attr-defined]
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec, SourceFileLoader
from typing import TYPE_CHECKING, Any, NamedTuple

from netaudit.system.user_cache import cache_folder, keep_as_is, opened, user_cache
from netaudit.system.user_folders import ends_with_process

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import CodeType, ModuleType

SIZE = struct.Struct("<QQ")  # of the file, and of what says where what lies
HEAD = struct.Struct("<4sIII")  # of a file that Python wrote: version, kind, time and size of the source (PEP 552)
BY_TIME = 0  # kind of a file that is compared by time
CODE = 0xE3  # with which code begins
FEW = 24  # modules that are found as ever before it pays to write all
MOST = 64 << 20  # bytes of the file
NAME, INSTALLATIONS = "modules", 4  # whose files stay
SELDOM = frozenset({"llvmlite", "numba"})  # a compiler, which is loaded once
SETTLED = 2_000_000_000  # nanoseconds after which a change has another time
SUFFIXES = ("", ".py", ".pyc", *EXTENSION_SUFFIXES)


class Kept(NamedTuple):
    """A module, as it was found and as nothing of that may have changed; times are in nanoseconds."""

    source: str
    time: int
    size: int
    folder: str  # in which it was found
    folder_time: int
    own: str  # folder of a package, "" of none
    own_time: int
    cached: str  # where Python keeps its code
    at: int  # where we do
    length: int


class CodeCache:
    """A finder of modules: what it keeps it loads, of the rest it knows nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._modules: dict[str, tuple[Any, ...]] = {}
        self._content = memoryview(b"")
        self._missed: set[str] = set()
        self._times: dict[str, int] = {}  # of folders, in this process
        self._names: dict[str, frozenset[str] | None] = {}  # in folders of sys.path
        with contextlib.suppress(OSError, ValueError, EOFError, TypeError, struct.error):
            self._open()

    def _open(self) -> None:
        with opened(self._path) as file:
            content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        size, told = SIZE.unpack_from(content)
        if size == len(content):
            self._modules = marshal.loads(content[SIZE.size : SIZE.size + told])  # noqa: S302  (of this user's own)
            self._content = content[SIZE.size + told :]

    def find_spec(self, name: str, path: Sequence[str] | None, _: ModuleType | None = None) -> ModuleSpec | None:
        """How a module is loaded, where it is kept and would be found again."""
        found = self._modules.get(name)
        spec = self._spec(name, path, found) if found is not None else None
        if spec is None:
            self._missed.add(name)
        return spec

    def _spec(self, name: str, path: Sequence[str] | None, found: tuple[Any, ...]) -> ModuleSpec | None:
        source, time_of, size, folder, folder_time, own, own_time, cached, at, length = found
        if not (self._is_first(name, folder) if path is None else len(path) == 1 and path[0] == folder):
            return None
        if self._time_of(folder) != folder_time or (own and self._time_of(own) != own_time):
            return None
        try:
            now = os.stat(source)  # noqa: PTH116
        except OSError:
            return None
        code = self._content[at : at + length]
        if now.st_mtime_ns != time_of or now.st_size != size or len(code) != length or code[0] != CODE:
            return None
        spec = ModuleSpec(name, _Loader(name, source, code), origin=source)
        spec.has_location, spec.cached = True, cached
        if own:
            spec.submodule_search_locations = [own]
        return spec

    def _is_first(self, name: str, folder: str) -> bool:
        """Whether that is the folder of sys.path in which the module would be found."""
        for entry in sys.path:
            if entry == folder:
                return True
            there = self._names_in(entry)
            if there is None or any(name + suffix in there for suffix in SUFFIXES):
                return False
        return False

    def _names_in(self, entry: str) -> frozenset[str] | None:
        """Names in a folder of sys.path; None where others look into it, as into an archive."""
        if entry not in self._names:
            try:
                self._names[entry] = frozenset(os.listdir(entry or "."))  # noqa: PTH208
            except NotADirectoryError:
                self._names[entry] = None
            except OSError:
                self._names[entry] = frozenset()
        return self._names[entry]

    def _time_of(self, folder: str) -> int:
        if folder not in self._times:
            self._times[folder] = 0
            with contextlib.suppress(OSError):
                self._times[folder] = os.stat(folder).st_mtime_ns  # noqa: PTH116
        return self._times[folder]

    def keep(self, modules: Mapping[str, ModuleType]) -> None:
        """Keep the code of modules that Python found, where there are more than few, beside what is kept of others."""
        specs = [getattr(modules.get(name), "__spec__", None) for name in self._missed]
        found = [spec for spec in specs if spec is not None and type(spec.loader) is SourceFileLoader]
        fresh = [spec for spec in found if spec.name.partition(".")[0] not in SELDOM]
        if len(fresh) < FEW:
            return
        self._times.clear()
        parts = {name: (kept, self._content[kept[-2] : kept[-2] + kept[-1]]) for name, kept in self._modules.items()}
        parts |= {spec.name: part for spec in fresh if (part := self._part(spec)) is not None}
        table, at = {}, 0
        for name, (kept, code) in parts.items():
            table[name] = (*kept[:-2], at, len(code))
            at += len(code)
        if at > MOST:  # of what is not there any more: all anew next time
            parts, table = {}, {}
        told = marshal.dumps(table)
        size = SIZE.size + len(told) + at
        keep_as_is(self._path, [SIZE.pack(size, len(told)), told, *(code for _, code in parts.values())])
        self._make_room()

    def _make_room(self) -> None:
        """Take away what other installations have kept, but for a few."""
        with contextlib.suppress(OSError):
            others = [(path.stat().st_mtime_ns, path) for path in self._path.parent.glob(f"{NAME}-*")]
            for _, path in sorted(others)[:-INSTALLATIONS]:
                path.unlink(missing_ok=True)

    def _part(self, spec: ModuleSpec) -> tuple[tuple[Any, ...], bytes] | None:
        """A module as it is kept, and its code out of the file that Python wrote; None where none fits."""
        source, cached = spec.origin, spec.cached
        if source is None or cached is None:
            return None
        try:
            now = os.stat(source)  # noqa: PTH116
            with open(cached, "rb") as file:  # noqa: PTH123
                content = file.read()
        except OSError:
            return None
        folder, own = os.path.dirname(source), ""  # noqa: PTH120
        if spec.submodule_search_locations is not None:
            folder, own = os.path.dirname(folder), folder  # noqa: PTH120
        stamp = int(now.st_mtime) & 0xFFFF_FFFF, now.st_size & 0xFFFF_FFFF
        if len(content) <= HEAD.size or HEAD.unpack_from(content)[1:] != (BY_TIME, *stamp):
            return None
        times = now.st_mtime_ns, self._time_of(folder), self._time_of(own) if own else 1
        if 0 in times or max(times) > time.time_ns() - SETTLED:
            return None
        kept = Kept(source, times[0], now.st_size, folder, times[1], own, times[2], cached, 0, 0)
        return tuple(kept), content[HEAD.size :]


class _Loader(SourceFileLoader):
    """As Python's, with the code at hand."""

    def __init__(self, name: str, path: str, code: memoryview) -> None:
        super().__init__(name, path)
        self._code = code

    def get_code(self, fullname: str) -> CodeType | None:  # noqa: ARG002
        """The code of the module."""
        code: CodeType = marshal.loads(self._code)  # noqa: S302  (of this user's own cache, as Python's is)
        _fix_co_filename(code, self.path)
        return code


_cache: CodeCache | None = None


def remember_code() -> None:
    """From now on in this process, one of our own: modules come from the cache, and new ones are kept when it ends."""
    global _cache  # noqa: PLW0603  (of the process)
    if _cache is not None or sys.dont_write_bytecode or getattr(sys, "frozen", False):
        return
    if ends_with_process(user_cache()):  # it would be written for nobody
        return
    compiler = f"{sys.version}\0{sys.implementation.cache_tag}\0{sys.flags.optimize}\0{sys.prefix}"
    _cache = CodeCache(cache_folder() / f"{NAME}-{hashlib.sha256(compiler.encode()).hexdigest()[:16]}")
    sys.meta_path.insert(0, _cache)
    atexit.register(keep_code)


def keep_code() -> None:
    """Keep what was loaded so far; for a process that ends without what is to be done at the end."""
    if _cache is not None:
        _cache.keep(sys.modules)

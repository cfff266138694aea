"""The one decorator for numba kernels.

A kernel is two things (`dispatchers.py`): what Python calls is compiled to machine code and kept; what another kernel
calls is only linked into it. What is kept (`cache.py`) is keyed by a hash over every kernel and layout source, the
versions of what compiles them and the bounds-check flag: numba's own cache notices a change in the decorated file
only, neither an imported helper or constant nor that flag.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, TypeVar

from netaudit.jit import numba_parts
from netaudit.jit.cache import NOT_AT_ALL, KernelCache, asked
from netaudit.jit.kinds import kinds_of

TRIED = "0.68"  # minor version of numba whose inside `dispatchers` and `cache` were tried with
VERSION = numba_parts.version("numba")
UNKNOWN = (KeyError, NotImplementedError, ValueError)  # kinds of arguments

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile `function` on first call (nopython, GIL released), and keep what was compiled."""
    return _kernel(function, {})


def lean_kernel(function: F) -> F:
    """Compile as `kernel` does, with reference counting off; the function must not allocate.

    numba counts a reference to every array up and down, atomically, where a function takes it as an argument or out of
    a tuple. With a dozen tables and some ten helper kernels per packet that was two thirds of the time, and of decoding
    a packet, with one buffer and one row, half. The callers hold all tables for as long as a call lasts, and these
    kernels allocate nothing and return no array, so they need no counting.
    """
    return _kernel(function, {"_nrt": False})


def _kernel(function: F, more: dict[str, Any]) -> F:
    if asked(NOT_AT_ALL):
        return function
    if VERSION.rpartition(".")[0] != TRIED:
        from netaudit.errors import UsageError

        raise UsageError(
            "netaudit compiles with numba {}, and this is numba {}: python -m pip install 'numba=={}.*'",
            TRIED, VERSION, TRIED,
        )  # fmt: skip
    return Kernel(function, more)  # type: ignore[return-value]


class Kernel:
    """A kernel as Python calls it: what was compiled for its arguments is looked for when they come the first time.

    Of some 300 a small audit calls forty: the others are only linked into these, and were when these were compiled.
    numba is loaded where nothing was kept, or by a compiler that meets it in the code of another.
    Arrays are of this machine's byte order and no masked ones: callers see to it, for fingerprints tell neither apart.
    """

    __slots__ = ("__call__", "_cache", "_dispatcher", "_function", "_known", "_options", "compiled")

    def __init__(self, function: Callable[..., Any], more: dict[str, Any]) -> None:
        self._function, self._options = function, {"nopython": True, "nogil": True, "boundscheck": None, **more}
        self._cache = KernelCache(function)
        self._dispatcher: Any = None  # once numba is needed
        self._known: dict[bytes | str, Callable[..., Any]] = {}  # what is called, by fingerprints and kinds
        self.compiled: set[str] = set()  # kinds that were compiled in this process, since nothing was kept
        self.__call__ = self._begin

    def _begin(self, *given: Any) -> Any:
        known, fingerprint, find = self._known, numba_parts.fingerprint(), self._find

        def call(*given: Any) -> Any:
            try:
                run = known[fingerprint(given)]
            except UNKNOWN:
                run = find(given)
            return run(*given)

        self.__call__ = call
        return call(*given)

    def _find(self, given: tuple[Any, ...]) -> Callable[..., Any]:
        """What is called for arguments of these kinds, which are remembered."""
        kinds = kinds_of(given)
        run: Any = self._made() if kinds is None else self._known.get(kinds) or self._cache.recall(kinds)
        if run is None:
            assert kinds is not None
            run, made = self._made().compiled_for(given)
            self.compiled.add(kinds)
            if made is not None:
                self._cache.keep(kinds, made)
        if kinds is not None:
            self._known[kinds] = run
        with contextlib.suppress(*UNKNOWN):
            self._known[numba_parts.fingerprint()(given)] = run
        return run  # type: ignore[no-any-return]

    @property
    def kinds(self) -> set[str]:
        """Kinds of arguments that it was called with in this process."""
        return {one for one in self._known if isinstance(one, str)}

    def _made(self) -> Any:
        from netaudit.jit.dispatchers import Entry

        if self._dispatcher is None:
            self._dispatcher = Entry(self._function, self._options)
        return self._dispatcher

    @property
    def py_func(self) -> Callable[..., Any]:
        """The Python that it is written in; no dispatcher is made for that."""
        return self._function

    def __getattr__(self, name: str) -> Any:
        """As the dispatcher has it: its type, by which numba knows it in the code of others, is `_numba_type_`."""
        if name in self.__slots__:  # of one that is not made yet, as who copies it asks
            raise AttributeError(name)
        return getattr(self._made(), name)

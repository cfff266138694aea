"""The one decorator for numba kernels.

A kernel is two things (`dispatchers.py`): what Python calls is compiled to machine code and kept; what another kernel
calls is only linked into it. What is kept (`cache.py`) is keyed by a hash over every kernel and layout source, the
versions of what compiles them and the bounds-check flag: numba's own cache notices a change in the decorated file
only, neither an imported helper or constant nor that flag.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba
from numba.core import config as numba_config

from netaudit.jit.cache import KernelCache

TRIED = "0.68"  # minor version of numba whose inside `dispatchers` and `cache` were tried with

config: Any = numba_config  # its attributes are set at run time
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
    if config.DISABLE_JIT:
        return function
    if numba.__version__.rpartition(".")[0] != TRIED:
        from netaudit.errors import UsageError

        raise UsageError(
            "netaudit compiles with numba {}, and this is numba {}: python -m pip install 'numba=={}.*'",
            TRIED, numba.__version__, TRIED,
        )  # fmt: skip
    return Kernel(function, more)  # type: ignore[return-value]


class Kernel:
    """A kernel whose dispatcher is made when somebody calls it, or a compiler asks for it.

    Of some 300 a small audit calls forty: the others are only linked into these, and were when these were compiled.
    """

    __slots__ = ("__call__", "_function", "_options")  # the first is what is called

    def __init__(self, function: Callable[..., Any], more: dict[str, Any]) -> None:
        self._function, self._options = function, {"nopython": True, "nogil": True, "boundscheck": None, **more}
        self.__call__ = self._begin

    def _begin(self, *given: Any, **named: Any) -> Any:
        return self._made()(*given, **named)

    def _made(self) -> Any:
        from netaudit.jit.dispatchers import Entry

        if self.__call__ == self._begin:
            entry: Any = Entry(self._function, self._options)
            entry._cache = KernelCache(self._function)  # noqa: SLF001 - where `enable_caching` puts numba's own
            self.__call__ = entry
        return self.__call__

    @property
    def py_func(self) -> Callable[..., Any]:
        """The Python that it is written in; no dispatcher is made for that."""
        return self._function

    def __getattr__(self, name: str) -> Any:
        """As the dispatcher has it: its type, by which numba knows it in the code of others, is `_numba_type_`."""
        if name in self.__slots__:  # of one that is not made yet, as who copies it asks
            raise AttributeError(name)
        return getattr(self._made(), name)

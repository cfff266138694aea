"""Kernels without reference counts.

numba counts a reference to every array up and down, atomically, where a function takes it as an argument or out of a
tuple. With a dozen tables and some ten helper kernels per packet that was two thirds of the time. The callers hold all
tables for as long as a call lasts, and these kernels allocate nothing, so they need no counting.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from netaudit.jit import kernel

F = TypeVar("F", bound=Callable[..., Any])


def lean_kernel(function: F) -> F:
    """`netaudit.jit.kernel` with reference counting off; the function must not allocate."""
    compiled: Any = kernel(function)
    if hasattr(compiled, "targetoptions"):  # a plain function where compiling is switched off
        compiled.targetoptions["_nrt"] = False
    return compiled  # type: ignore[no-any-return]

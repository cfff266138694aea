"""Stand-in for the `cython` module where kernels run uncompiled: C integer casts wrap as compiled code does."""

from __future__ import annotations

from typing import Any

import cython
import numpy as np

_INTEGERS: dict[Any, Any] = {
    cython.schar: np.int8,
    cython.uchar: np.uint8,
    cython.short: np.int16,
    cython.ushort: np.uint16,
    cython.int: np.int32,
    cython.uint: np.uint32,
    cython.longlong: np.int64,
    cython.ulonglong: np.uint64,
}


def cast(kind: Any, value: Any) -> Any:
    """Convert `value` to a C type; integers keep their low bits (gcc's -fwrapv)."""
    made = _INTEGERS.get(kind)
    if made is None:
        return cython.cast(kind, value)
    return np.asarray(int(value) & 0xFFFF_FFFF_FFFF_FFFF, np.uint64).astype(made)[()]


def __getattr__(name: str) -> Any:
    return getattr(cython, name)

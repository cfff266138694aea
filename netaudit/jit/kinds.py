"""Of what types the arguments of a kernel are, in words that do not need numba: what its compiled code is found by.

Two values of one kind are of one type for numba; what has no kind here is left to numba.
"""

from __future__ import annotations

from typing import Any

import numpy as np

NONE = type(None)


def kinds_of(given: tuple[Any, ...]) -> str | None:
    """Of all arguments; None where one has none."""
    kinds = [_kind(value) for value in given]
    return None if None in kinds else " ".join(map(str, kinds))


def _kind(value: Any) -> str | None:
    kind = type(value)
    if kind is np.ndarray:
        dtype = _dtype(value.dtype)
        return dtype and f"{dtype}[{value.ndim}{_layout(value)}{'' if value.flags.writeable else 'r'}]"
    if kind in _PLAIN:
        return _PLAIN[kind] if kind is not int or -(1 << 63) <= value < 1 << 63 else None
    if isinstance(value, np.generic):
        return _dtype(value.dtype)
    if isinstance(value, tuple):
        inner = kinds_of(value)
        fields = " ".join(getattr(value, "_fields", ()))
        return None if inner is None else f"{kind.__name__ if fields else ''}({fields}: {inner})"
    return None


_PLAIN = {bool: "bool", int: "int64", float: "float64", NONE: "none", bytes: "bytes"}


def _dtype(dtype: np.dtype[Any]) -> str | None:
    """In full where it is one of records, which are equal for numpy though one is aligned."""
    if dtype.kind in "biuf" and dtype.isnative:
        return dtype.name
    return repr(dtype) if dtype.names else None


def _layout(data: np.ndarray[Any, Any]) -> str:
    flags = data.flags
    return "C" if flags.c_contiguous else "F" if flags.f_contiguous else "A"

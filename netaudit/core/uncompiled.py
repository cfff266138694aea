"""Stand-in for the `cython` module where kernels run uncompiled: C integer casts wrap as compiled code does.

Structs: compiled kernels see a row of a structured array as a C struct, `Packet` for the dtype `PACKET`
(`packaging/build_kernels.py` declares it). `packet: cython.pointer[Packet] = cython.address(packets[i])` points to a
row; `packet.seq` reads and writes its field, `packet[0]` is the row itself. Uncompiled, `address` returns a `Row`,
which does the same on the numpy array. A kernel imports struct and constants twice:

    if cython.compiled:
        from cython.cimports.netaudit.packets.layouts import Flag, Packet
    else:
        from netaudit.core import uncompiled as cython
        from netaudit.packets.layouts import PACKET as Packet, Flag

`scratch = cython.declare(Packet)` makes a struct of its own, which `cython.address(scratch)` points to.
"""

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


class Row:
    """Pointer to a row of a structured array: attributes are its fields; integers are stored with their low bits."""

    __slots__ = ("_row",)

    def __init__(self, row: np.void) -> None:
        object.__setattr__(self, "_row", row)

    def __getattr__(self, name: str) -> Any:
        value = self._row[name]
        if isinstance(value, np.void):
            return Row(value)
        return value if isinstance(value, np.ndarray) else value.item()

    def __setattr__(self, name: str, value: Any) -> None:
        dtype = self._row.dtype[name]
        self._row[name] = _wrapped(dtype.type, value) if dtype.kind in "iu" else value

    def __getitem__(self, index: int) -> np.void:
        assert index == 0
        row: np.void = self._row
        return row

    def __setitem__(self, index: int, row: np.void) -> None:
        assert index == 0
        for name in row.dtype.names or ():
            self._row[name] = row[name]


def address(value: Any) -> Any:
    """Return a pointer to a row of a structured array."""
    return Row(value) if isinstance(value, np.void) else value


def declare(kind: Any = None, value: Any = None, **types: Any) -> Any:
    """Declare a C variable; a struct starts as zeros."""
    if isinstance(kind, np.dtype):
        return Row(np.zeros(1, kind)[0])
    return cython.declare(kind, value, **types) if kind is not None else cython.declare(**types)


def cast(kind: Any, value: Any) -> Any:
    """Convert `value` to a C type; integers keep their low bits (gcc's -fwrapv)."""
    made = _INTEGERS.get(kind)
    if made is None:
        return cython.cast(kind, value)
    return _wrapped(made, value)


def _wrapped(kind: Any, value: Any) -> Any:
    return np.asarray(int(value) & 0xFFFF_FFFF_FFFF_FFFF, np.uint64).astype(kind)[()]


def __getattr__(name: str) -> Any:
    return getattr(cython, name)

"""Kernels that take escapes off: percent escapes (RFC 3986, 2.1), and slashes as JSON may write them (RFC 8259, 7)."""

from __future__ import annotations

import cython
import numpy as np
import numpy.typing as npt

if not cython.compiled:
    from netaudit.core import uncompiled as cython

cython.declare(
    PERCENT=cython.longlong,
    NONE=cython.longlong,
    BACKSLASH=cython.longlong,
    SLASH=cython.longlong,
    DIGITS=cython.const[cython.uchar][::1],
)


PERCENT, NONE = 0x25, 16  # above all digits
BACKSLASH, SLASH = 0x5C, 0x2F


def _digits() -> npt.NDArray[np.uint8]:
    digits = np.full(256, 16, np.uint8)
    for code in b"0123456789abcdefABCDEF":
        digits[code] = int(chr(code), 16)
    return digits


DIGITS = _digits()


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(at=cython.longlong)
def _write_until(
    data: cython.const[cython.uchar][::1], out: cython.uchar[::1], mark: cython.longlong
) -> cython.longlong:
    """Write bytes up to the first mark, and give how many there are."""
    for at in range(data.shape[0]):
        if data[at] == mark:
            return at
        out[at] = data[at]
    return data.shape[0]


@cython.ccall
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(
    at=cython.longlong,
    high=cython.longlong,
    low=cython.longlong,
    plain=cython.longlong,
    size=cython.longlong,
    to=cython.longlong,
)
def write_plain(data: cython.const[cython.uchar][::1], out: cython.uchar[::1]) -> cython.longlong:
    """Write bytes without their escapes, and give how many there are; a percent sign that starts none stays."""
    at, to, size = 0, 0, data.shape[0]
    while at < size:
        plain = _write_until(data[at:], out[to:], PERCENT)
        at, to = at + plain, to + plain
        if at == size:
            break
        out[to] = PERCENT
        if at + 2 < size:
            high, low = DIGITS[data[at + 1]], DIGITS[data[at + 2]]
            if high | low < NONE:
                out[to] = high << 4 | low
                at += 2
        at, to = at + 1, to + 1
    return to


@cython.ccall
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(at=cython.longlong, plain=cython.longlong, size=cython.longlong, to=cython.longlong)
def write_unslashed(data: cython.const[cython.uchar][::1], out: cython.uchar[::1]) -> cython.longlong:
    """Write bytes without the backslash before a slash, and give how many there are; -1 where another one stands."""
    at, to, size = 0, 0, data.shape[0]
    while at < size:
        plain = _write_until(data[at:], out[to:], BACKSLASH)
        at, to = at + plain, to + plain
        if at == size:
            break
        if at + 1 == size or data[at + 1] != SLASH:
            return -1
        out[to] = SLASH
        at, to = at + 2, to + 1
    return to

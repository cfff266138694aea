"""Kernels that take escapes off: percent escapes (RFC 3986, 2.1), and slashes as JSON may write them (RFC 8259, 7)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel

U1 = npt.NDArray[np.uint8]
PERCENT, NONE = 0x25, 16  # above all digits
BACKSLASH, SLASH = 0x5C, 0x2F
DIGITS = np.full(256, NONE, np.uint8)
for _digit in b"0123456789abcdefABCDEF":
    DIGITS[_digit] = int(chr(_digit), 16)


@lean_kernel
def _write_until(data: U1, out: U1, mark: int) -> int:
    """Write bytes up to the first mark, and give how many there are."""
    for at in range(data.size):
        if data[at] == mark:
            return at
        out[at] = data[at]
    return data.size


@lean_kernel
def write_plain(data: U1, out: U1) -> int:
    """Write bytes without their escapes, and give how many there are; a percent sign that starts none stays."""
    at, to, size = 0, 0, data.size
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


@lean_kernel
def write_unslashed(data: U1, out: U1) -> int:
    """Write bytes without the backslash before a slash, and give how many there are; -1 where another one stands."""
    at, to, size = 0, 0, data.size
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

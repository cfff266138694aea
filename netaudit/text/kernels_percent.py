"""A kernel that takes percent escapes off (RFC 3986, 2.1)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel

U1 = npt.NDArray[np.uint8]
PERCENT, NONE = 0x25, 16  # above all digits
DIGITS = np.full(256, NONE, np.uint8)
for _digit in b"0123456789abcdefABCDEF":
    DIGITS[_digit] = int(chr(_digit), 16)


@lean_kernel
def write_plain(data: U1, out: U1) -> int:
    """Write bytes without their escapes, and give how many there are; a percent sign that starts none stays."""
    at = to = 0
    while at < data.size:
        byte = data[at]
        if byte == PERCENT and at + 2 < data.size:
            high, low = DIGITS[data[at + 1]], DIGITS[data[at + 2]]
            if high | low < NONE:
                byte = high << 4 | low
                at += 2
        out[to] = byte
        at, to = at + 1, to + 1
    return to

"""Kernels that see text where bytes call themselves encrypted: anybody can write a hello, and records behind it.

Of ciphertext, `RUN` bytes in a row are printable at one of 2^44 places.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel
from netaudit.streams.kernels_reassembly import byte_at
from netaudit.streams.layouts import Doubt

U1 = npt.NDArray[Any]

RUN = 32
CLEAR = int(Doubt.CLEAR)


@lean_kernel
def printable_back(row: Any, first: int, at: int, buffer: U1, arena: U1) -> int:
    """How many bytes up to byte `at` of a segment are printable, not before `first`; `RUN` at most."""
    count = 0
    while count < RUN and at - count >= first:
        byte = byte_at(buffer, arena, row["source"], at - count)
        if not (0x20 <= byte < 0x7F or 0x09 <= byte <= 0x0D):
            break
        count += 1
    return count


@lean_kernel
def note_text(walk: Any, flow: Any, row: Any, first: int, last: int, buffer: U1, arena: U1) -> None:
    """Note of the flow that bytes `first` to `last` of a segment, encrypted by their own account, hold text."""
    if flow["doubts"] & CLEAR or last <= first:
        return
    direction = row["direction"]
    before: Any = np.int64(walk["words"][direction])  # in plain Python, too, where small types turn over
    at = first + RUN - 1 - before
    while at < last:  # each window is looked at from its end: of most, one byte
        count = printable_back(row, first, at, buffer, arena)
        count += before if at - count < first else 0
        if count >= RUN:
            flow["doubts"] |= CLEAR
            return
        at += RUN - count
    count = printable_back(row, first, last - 1, buffer, arena)
    walk["words"][direction] = min(RUN - 1, count + (before if last - 1 - count < first else 0))

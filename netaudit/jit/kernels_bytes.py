"""Bytes moved between arrays, for kernels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel

U1 = npt.NDArray[np.uint8]


@lean_kernel
def copy(target: U1, at: int, source: U1, begin: int, length: int) -> None:
    """Copy bytes between two arrays (a loop: numba lets a slice assignment copy its source first).

    The caller has seen that both hold so many.
    """
    to, of = target[at : at + length], source[begin : begin + length]
    for k in range(length):
        to[k] = of[k]

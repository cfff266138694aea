"""Functions of C that kernels call by their address, where Python would be asked once for each call.

They take integers and addresses and give an `int`. The address is a number like any other, so that what is compiled
holds none and may be kept.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy.typing as npt


def call(function: int, given: tuple[int, ...]) -> int:
    """What the function at this address gives."""
    kind = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_void_p] * len(given))
    return int(kind(int(function))(*map(int, given)))


def address(data: npt.NDArray[Any], at: int) -> int:
    """Address of a byte of a contiguous array, which has to live for as long as it is used."""
    return int(data.ctypes.data + at)

"""Functions of C called from kernels."""

from __future__ import annotations

import ctypes

import numpy as np

from netaudit.jit.decorators import lean_kernel
from netaudit.jit.foreign import address, call

SEEN = []
KIND = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)


@KIND
def told(at, count):
    SEEN.append(ctypes.string_at(at, count))
    return -7


@lean_kernel
def asks(function: int, data, count: int) -> int:
    return call(function, (address(data, 2), count))


def test_a_kernel_calls_what_lies_at_an_address():
    function = ctypes.cast(told, ctypes.c_void_p).value
    data = np.frombuffer(b"abcdefgh", np.uint8)
    given = address(data, 2), 3
    # where nothing is compiled, addresses come out of arrays as they do in kernels
    assert [asks(function, data, 3), call(function, given), call(np.array([function])[0], given)] == [-7, -7, -7]
    assert SEEN == [b"cde"] * 3

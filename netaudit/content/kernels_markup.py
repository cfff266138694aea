"""A kernel that finds long stretches of a text without markup."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel

MARKUP = np.zeros(256, np.bool_)
MARKUP[list(b"<>\"'&")] = True


@lean_kernel
def between_markup(data: npt.NDArray[np.uint8], least: int, spans: npt.NDArray[np.int64]) -> int:
    """Write where stretches begin and end that have at least so many bytes and none of < > " ' &; how many there are.

    `spans` has two columns, and a row for each `least` bytes of the data at least.
    """
    count, begin = 0, 0
    for at in range(data.size):
        if MARKUP[data[at]]:
            if at - begin >= least:
                spans[count, 0], spans[count, 1] = begin, at
                count += 1
            begin = at + 1
    if data.size - begin >= least:
        spans[count, 0], spans[count, 1] = begin, data.size
        count += 1
    return count

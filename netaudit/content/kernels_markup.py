"""A kernel that finds long stretches of a text without markup."""

from __future__ import annotations

import cython
import numpy as np

if not cython.compiled:
    from netaudit.core import uncompiled as cython

cython.declare(MARKUP=cython.const[cython.uchar][::1])


MARKUP = np.array([code in b"<>\"'&" for code in range(256)])


@cython.ccall
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(at=cython.longlong, begin=cython.longlong, count=cython.longlong)
def between_markup(
    data: cython.const[cython.uchar][::1], least: cython.longlong, spans: cython.longlong[:, ::1]
) -> cython.longlong:
    """Write where stretches begin and end that have at least so many bytes and none of < > " ' &; how many there are.

    `spans` has two columns, and a row for each `least` bytes of the data at least.
    """
    count, begin = 0, 0
    for at in range(data.shape[0]):
        if MARKUP[data[at]]:
            if at - begin >= least:
                spans[count, 0], spans[count, 1] = begin, at
                count += 1
            begin = at + 1
    if data.shape[0] - begin >= least:
        spans[count, 0], spans[count, 1] = begin, data.shape[0]
        count += 1
    return count

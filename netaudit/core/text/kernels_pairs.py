"""Neighbours in a text counted: pairs of letters, of which words have other ones than codes, and what is no letter."""

from __future__ import annotations

import cython
import numpy as np
import numpy.typing as npt

if not cython.compiled:
    from netaudit.core import uncompiled as cython

cython.declare(
    LETTERS=cython.longlong,
    LIKED=cython.longlong,
    CONTROLS=cython.longlong,
    FOREIGN=cython.longlong,
    _LETTER=cython.longlong,
    _CONTROL=cython.longlong,
    _BEYOND=cython.longlong,
    _KINDS=cython.const[cython.uchar][::1],
    _LIKES=cython.const[cython.uchar][:, ::1],
    _ALNUM=cython.const[cython.uchar][::1],
)


LETTERS, LIKED, CONTROLS, FOREIGN = 0, 1, 2, 3  # places of the counts
_PAIRS = (  # of English, of Chinese in Latin letters, and of what programs are written in
    b"th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou io le ve co me de hi ri ro "
    b"ic ne ea ra ce li ch ll be ma si om ur ia sh zh ua ao ai ei ui uo ie ig gh ta un us ut la lo el di et id ge tr "
    b"ns na"
)
_NEITHER, _LETTER, _CONTROL, _BEYOND = 0, 1, 2, 4


def _kinds() -> npt.NDArray[np.uint8]:
    kinds = np.zeros(256, np.uint8)
    kinds[[code for code in range(0x80) if chr(code).isalpha()]] = 1
    kinds[[code for code in (*range(0x20), 0x7F) if code not in b"\t\n\r\x0b\x0c \x1b"]] = 2
    kinds[0x80:] = 4
    return kinds


def _likes() -> npt.NDArray[np.bool_]:
    """Return whether a pair of letters is frequent, by the lowest five bits of both."""
    likes = np.zeros((32, 32), np.bool_)
    for first, second in _PAIRS.split():
        likes[first & 31, second & 31] = True
    return likes


_KINDS, _LIKES = _kinds(), _likes()
_ALNUM = np.array([one < 0x80 and chr(one).isalnum() for one in range(256)])


@cython.ccall
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(
    at=cython.longlong, first=cython.longlong, one=cython.longlong, other=cython.longlong, second=cython.longlong
)
def count_pairs(data: cython.const[cython.uchar][::1], counts: cython.longlong[::1]) -> cython.void:
    """Count pairs of letters, `LIKED` ones of them, control characters and bytes ≥ 0x80 in `data`, pair by pair.

    A last byte without a neighbour is not looked at. `counts` (4,) takes the sums; `data` (uint8).
    """
    counts[:] = 0
    for at in range(0, data.shape[0] - 1, 2):
        first, second = data[at], data[at + 1]
        one, other = _KINDS[first], _KINDS[second]
        if one & other & _LETTER:
            counts[LETTERS] += 1
            counts[LIKED] += _LIKES[first & 31, second & 31]
        counts[CONTROLS] += ((one & _CONTROL) >> 1) + ((other & _CONTROL) >> 1)
        counts[FOREIGN] += ((one & _BEYOND) >> 2) + ((other & _BEYOND) >> 2)


@cython.ccall
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(at=cython.longlong, begin=cython.longlong, longest=cython.longlong)
def longest_run(data: cython.const[cython.uchar][::1]) -> cython.longlong:
    """The most letters and digits of ASCII in a row."""
    longest, begin = 0, 0
    for at in range(data.shape[0]):
        if not _ALNUM[data[at]]:
            longest = max(longest, at - begin)
            begin = at + 1
    return cython.cast(cython.longlong, max(longest, data.shape[0] - begin))

"""Neighbours in a text counted: pairs of letters, of which words have other ones than codes, and what is no letter."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel

U1 = npt.NDArray[np.uint8]
LETTERS, LIKED, CONTROLS, FOREIGN = 0, 1, 2, 3  # places of the counts
_PAIRS = (  # of English, of Chinese in Latin letters, and of what programs are written in
    b"th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou io le ve co me de hi ri ro "
    b"ic ne ea ra ce li ch ll be ma si om ur ia sh zh ua ao ai ei ui uo ie ig gh ta un us ut la lo el di et id ge tr "
    b"ns na"
)
_NEITHER, _LETTER, _CONTROL, _BEYOND = 0, 1, 2, 4
_KINDS = np.zeros(256, np.uint8)
_KINDS[[one for one in range(0x80) if chr(one).isalpha()]] = _LETTER
_KINDS[[one for one in (*range(0x20), 0x7F) if one not in b"\t\n\r\x0b\x0c \x1b"]] = _CONTROL
_KINDS[0x80:] = _BEYOND
_LIKES = np.zeros((32, 32), np.bool_)  # by the lowest five bits of both letters
for _one in _PAIRS.split():
    _LIKES[_one[0] & 31, _one[1] & 31] = True
_ALNUM = np.array([one < 0x80 and chr(one).isalnum() for one in range(256)])


@lean_kernel
def count_pairs(data: U1, counts: npt.NDArray[np.int64]) -> None:
    """Count pairs of letters, `LIKED` ones of them, control characters and bytes ≥ 0x80 in `data`, pair by pair.

    A last byte without a neighbour is not looked at. `counts` (4,) takes the sums; `data` (uint8).
    """
    counts[:] = 0
    for at in range(0, data.size - 1, 2):
        first, second = data[at], data[at + 1]
        one, other = _KINDS[first], _KINDS[second]
        if one & other & _LETTER:
            counts[LETTERS] += 1
            counts[LIKED] += _LIKES[first & 31, second & 31]
        counts[CONTROLS] += ((one & _CONTROL) >> 1) + ((other & _CONTROL) >> 1)
        counts[FOREIGN] += ((one & _BEYOND) >> 2) + ((other & _BEYOND) >> 2)


@lean_kernel
def longest_run(data: U1) -> int:
    """The most letters and digits of ASCII in a row."""
    longest, begin = 0, 0
    for at in range(data.size):
        if not _ALNUM[data[at]]:
            longest = max(longest, at - begin)
            begin = at + 1
    return int(max(longest, data.size - begin))

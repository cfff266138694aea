"""Kernels over the letters of base64 (RFC 4648): they are most of the bytes of many uploads, so each is passed once."""

from __future__ import annotations

import cython
import numpy as np
import numpy.typing as npt

if not cython.compiled:
    from netaudit.core import uncompiled as cython

cython.declare(
    BLANK=cython.longlong,
    PAD=cython.longlong,
    FOREIGN=cython.longlong,
    NONE=cython.longlong,
    _BEYOND=cython.longlong,
    LETTERS=cython.const[cython.uchar][::1],
    FIRST=cython.const[cython.uint][::1],
    SECOND=cython.const[cython.uint][::1],
    THIRD=cython.const[cython.uint][::1],
    FOURTH=cython.const[cython.uint][::1],
)


U1 = npt.NDArray[np.uint8]
BLANK, PAD, FOREIGN = 64, 65, 66  # what no letter of either alphabet stands for
NONE = -1
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BEYOND = np.uint32(1 << 24)  # set in a group that has something else than letters


def _meanings() -> U1:
    found = np.full(256, FOREIGN, np.uint8)
    found[list(b" \t\r\n\x0b\x0c\\")], found[list(b"=\x00")] = BLANK, PAD
    found[list(_ALPHABET)] = np.arange(64)
    found[list(b"-_")] = 62, 63
    return found


def _shifted(bits: int) -> npt.NDArray[np.uint32]:
    """What a letter gives of the three bytes of its group, at one of its four places."""
    return np.where(_LETTERS < 64, _LETTERS.astype(np.uint32) << np.uint32(bits), _BEYOND).astype(np.uint32)


_LETTERS = _meanings()
LETTERS = _LETTERS
FIRST, SECOND, THIRD, FOURTH = _shifted(18), _shifted(12), _shifted(6), _shifted(0)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(group=cython.longlong, groups=cython.longlong, i=cython.longlong, of=cython.longlong)
def _write_groups(letters: cython.const[cython.uchar][::1], out: cython.uchar[::1]) -> cython.longlong:
    """Write what groups of four letters stand for, up to the first that has something else; how many there are."""
    groups = letters.shape[0] // 4
    for i in range(groups):
        of = 4 * i
        group = FIRST[letters[of]] | SECOND[letters[of + 1]] | THIRD[letters[of + 2]] | FOURTH[letters[of + 3]]
        if group >= _BEYOND:
            return i
        out[3 * i] = group >> 16
        out[3 * i + 1] = (group >> 8) & 0xFF
        out[3 * i + 2] = group & 0xFF
    return groups


@cython.ccall
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(
    at=cython.longlong,
    groups=cython.longlong,
    held=cython.longlong,
    letter=cython.longlong,
    size=cython.longlong,
    to=cython.longlong,
    word=cython.longlong,
)
def write_bytes(letters: cython.const[cython.uchar][::1], out: cython.uchar[::1]) -> cython.longlong:
    """Write the bytes that letters of either alphabet stand for, and give how many; `NONE` where it is not all of it.

    White space and backslashes are passed over, padding and zero bytes at the end, too. `out` has room for three bytes
    for each four letters, and two more.
    """
    at, to, held, word, size = 0, 0, 0, 0, letters.shape[0]
    while at < size:
        if held == 0:
            groups = _write_groups(letters[at:], out[to:])
            at, to = at + 4 * groups, to + 3 * groups
            if at == size:
                break
        letter = cython.cast(cython.longlong, LETTERS[letters[at]])
        if letter == PAD:
            break
        if letter == FOREIGN:
            return NONE
        at += 1
        if letter < BLANK:
            word, held = word << 6 | letter, held + 1
            if held == 4:
                out[to], out[to + 1], out[to + 2] = word >> 16, (word >> 8) & 0xFF, word & 0xFF
                to, held, word = to + 3, 0, 0
    while at < size:
        if LETTERS[letters[at]] != PAD and LETTERS[letters[at]] != BLANK:
            return NONE
        at += 1
    if held == 1:
        return NONE
    if held == 2:
        out[to] = word >> 4
    if held == 3:
        out[to], out[to + 1] = word >> 10, (word >> 2) & 0xFF
    return to + max(0, held - 1)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(at=cython.longlong, begin=cython.longlong, end=cython.longlong, size=cython.longlong)
def _has_row(letters: cython.const[cython.uchar][::1], digits: cython.longlong) -> cython.bint:
    """Whether so many digits stand in a row: only each so-manieth place is looked at, and what is around a digit."""
    at, size = digits - 1, letters.shape[0]
    while at < size:
        if not 0x30 <= letters[at] <= 0x39:
            at += digits
            continue
        begin, end = at, at + 1
        while begin > 0 and 0x30 <= letters[begin - 1] <= 0x39:
            begin -= 1
        while end < size and end - begin < digits and 0x30 <= letters[end] <= 0x39:
            end += 1
        if end - begin >= digits:
            return True
        at = end + digits
    return False


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(
    at=cython.longlong, begin=cython.longlong, first=cython.longlong, last=cython.longlong, size=cython.longlong
)
def _is_even(letters: cython.const[cython.uchar][::1]) -> cython.bint:
    """Whether all lines of a text, white space between them, are of one length, and the last no longer."""
    first, begin, size = -1, 0, letters.shape[0]
    last = -1  # length of the line before, which was none of the last if another comes
    for at in range(size + 1):
        if at < size and (letters[at] > 0x20 or not (letters[at] == 0x20 or 0x09 <= letters[at] <= 0x0D)):
            continue
        if at > begin:
            if first >= 0 and last != first:
                return False
            last = at - begin
            first = last if first < 0 else first
        begin = at + 1
    return last <= first


@cython.ccall
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(at=cython.longlong, lowest=cython.longlong)
def says_nothing(letters: cython.const[cython.uchar][::1], digits: cython.longlong) -> cython.bint:
    """Whether letters say nothing beside: lines of one length, the last no longer, nowhere so many digits in a row."""
    if _has_row(letters, digits):
        return False
    lowest = 255
    for at in range(letters.shape[0]):
        lowest = min(lowest, letters[at])
    return (lowest > 0x20) or _is_even(letters)


globals().update(NONE=NONE)  # C variables are not attributes of a compiled module

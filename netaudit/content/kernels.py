"""Which marks stand anywhere in bytes: passes that compilers vectorise, so that data without a mark is not searched."""

from __future__ import annotations

import cython

if not cython.compiled:
    from netaudit.core import uncompiled as cython

JPEG, PNG, WEBP = 1, 2, 4  # FF D8 FF, 89 'PNG', 'RIFF'


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(at=cython.Py_ssize_t, last=cython.Py_ssize_t, found=cython.uchar)
def _has_mark(
    data: cython.const[cython.uchar][::1],
    first: cython.Py_ssize_t,
    a: cython.uchar,
    b: cython.uchar,
    c: cython.uchar,
    d: cython.uchar,
    mask: cython.uchar = 0xFF,
) -> cython.bint:
    """Return whether the bytes a, b, c, d stand anywhere in data[first:].

    Of the last byte only the bits of `mask` are compared; a byte behind the end counts as zero.
    The loop has no branch, so that compilers vectorise it.
    """
    last = data.shape[0] - 3
    found = 0
    for at in range(first, last):
        found |= (data[at] == a) & (data[at + 1] == b) & (data[at + 2] == c) & ((data[at + 3] & mask) == d)
    if found:
        return True
    return last >= first and data[last] == a and data[last + 1] == b and data[last + 2] == c and d == 0


@cython.ccall
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(at=cython.Py_ssize_t, found=cython.uchar, second=cython.uchar, third=cython.uchar)
def store_marks(data: cython.const[cython.uchar][::1]) -> cython.bint:
    """Return whether 'oken' (of 'token') or 'olic' (of 'policy') stands anywhere, in letters of either case."""
    found = 0
    for at in range(data.shape[0] - 3):
        second, third = data[at + 1] | 0x20, data[at + 2] | 0x20
        found |= ((data[at] | 0x20) == 0x6F) & (
            ((second == 0x6B) & (third == 0x65) & ((data[at + 3] | 0x20) == 0x6E))
            | ((second == 0x6C) & (third == 0x69) & ((data[at + 3] | 0x20) == 0x63))
        )
    return found != 0


@cython.ccall
@cython.nogil
@cython.exceptval(check=False)
def image_marks(data: cython.const[cython.uchar][::1]) -> cython.int:
    """Return `JPEG`, `PNG` and `WEBP` for the marks that stand anywhere in data[1:]."""
    return (
        (1 if _has_mark(data, 1, 0xFF, 0xD8, 0xFF, 0, 0) else 0)
        | (2 if _has_mark(data, 1, 0x89, 0x50, 0x4E, 0x47) else 0)
        | (4 if _has_mark(data, 1, 0x52, 0x49, 0x46, 0x46) else 0)
    )

"""Which of many small texts are plain documents, by their bytes alone: JSON without escapes, understood to its end."""

from __future__ import annotations

import cython
import numpy as np

from netaudit.core.text import json_text

if not cython.compiled:
    from netaudit.core import uncompiled as cython

cython.declare(
    SMALL=cython.longlong,
    QUOTE=cython.longlong,
    OPEN=cython.longlong,
    CLOSE=cython.longlong,
    BACKSLASH=cython.longlong,
    PERCENT=cython.longlong,
    LIST=cython.longlong,
    LIST_END=cython.longlong,
    COMMA=cython.longlong,
    COLON=cython.longlong,
    SPACE=cython.longlong,
    MINUS=cython.longlong,
    POINT=cython.longlong,
    ZERO=cython.longlong,
    NINE=cython.longlong,
    VALUE=cython.longlong,
    FIRST_VALUE=cython.longlong,
    FIRST_KEY=cython.longlong,
    KEY=cython.longlong,
    NAMED=cython.longlong,
    DONE=cython.longlong,
    DEEPEST=cython.longlong,
    LONG=cython.longlong,
    WORDS=cython.const[cython.uchar][:, ::1],
    LENGTHS=cython.const[cython.longlong][::1],
)

SMALL = 256  # bytes of a plain document
QUOTE, OPEN, CLOSE, BACKSLASH, PERCENT = 0x22, 0x7B, 0x7D, 0x5C, 0x25
LIST, LIST_END, COMMA, COLON, SPACE, MINUS, POINT, ZERO, NINE = 0x5B, 0x5D, 0x2C, 0x3A, 0x20, 0x2D, 0x2E, 0x30, 0x39
VALUE, FIRST_VALUE, FIRST_KEY, KEY, NAMED, DONE = range(6)  # what comes next in a text of JSON, or is behind
DEEPEST = 60
LONG = json_text.LONG
WORDS = np.array([list(b"true\0"), list(b"false"), list(b"null\0")], np.uint8)
LENGTHS = np.array([4, 5, 4], np.int64)


@cython.ccall
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(index=cython.longlong)
def plain_texts(
    data: cython.const[cython.uchar][::1],
    begins: cython.const[cython.longlong][:],
    ends: cython.const[cython.longlong][:],
    plain: cython.uchar[::1],
) -> cython.void:
    """Say of each text whether it is as `from_messages.is_plain_text` has it.

    Args:
        data: bytes that the texts lie in.
        begins: offset of the first byte of each text.
        ends: offset behind its last byte.
        plain: as many answers.

    """
    for index in range(begins.shape[0]):
        plain[index] = is_plain(data[begins[index] : ends[index]])


@cython.ccall
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(at=cython.longlong, byte=cython.longlong, run=cython.longlong, size=cython.longlong)
def is_plain(text: cython.const[cython.uchar][::1]) -> cython.bint:
    """Whether one is."""
    size = text.shape[0]
    if size == 2 and text[0] == OPEN and text[1] == CLOSE:
        return True
    if not 2 < size <= SMALL or text[0] != OPEN or text[1] != QUOTE or text[size - 1] != CLOSE:
        return False
    if size >= 8 and text[4] == 0x66 and text[5] == 0x74 and text[6] == 0x79 and text[7] == 0x70:  # "ftyp"
        return False
    run = 0
    for at in range(size):
        byte = text[at]
        if byte < 0x20 or byte > 0x7E or byte in (BACKSLASH, PERCENT):
            return False
        run = 0 if byte == QUOTE else run + 1
        if run >= LONG:
            return False
    return is_strict(text)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(
    at=cython.longlong,
    byte=cython.longlong,
    depth=cython.longlong,
    keyed=cython.ulonglong,
    opened=cython.ulonglong,
    state=cython.longlong,
)
def is_strict(text: cython.const[cython.uchar][::1]) -> cython.bint:
    """Whether a text without escapes and control characters is one document of JSON, understood to its end.

    It is as RFC 8259 has it, but that numbers may begin with zeros, as ids do.
    """
    opened, depth, state, at = cython.cast(cython.ulonglong, 0), 0, VALUE, 0  # a bit for each bracket, 1 of objects
    while at < text.shape[0]:
        byte = text[at]
        if byte == SPACE:
            at += 1
            continue
        if state == DONE:
            if depth == 0:
                return False
            keyed = opened & cython.cast(cython.ulonglong, 1)
            if byte == COMMA:
                state = KEY if keyed else VALUE
            elif byte == (CLOSE if keyed else LIST_END):
                opened, depth = opened >> cython.cast(cython.ulonglong, 1), depth - 1
            else:
                return False
            at += 1
        elif state == NAMED:
            if byte != COLON:
                return False
            state, at = VALUE, at + 1
        elif (byte == CLOSE and state == FIRST_KEY) or (byte == LIST_END and state == FIRST_VALUE):
            opened, depth, state, at = opened >> cython.cast(cython.ulonglong, 1), depth - 1, DONE, at + 1
        elif byte == QUOTE:
            at += 1
            while at < text.shape[0] and text[at] != QUOTE:
                at += 1
            if at == text.shape[0]:
                return False
            state, at = (NAMED if state in (FIRST_KEY, KEY) else DONE), at + 1
        elif state in (FIRST_KEY, KEY):
            return False
        elif byte in (OPEN, LIST):
            if depth == DEEPEST:
                return False
            opened = opened << cython.cast(cython.ulonglong, 1) | cython.cast(
                cython.ulonglong, 1 if byte == OPEN else 0
            )
            depth, state, at = depth + 1, (FIRST_KEY if byte == OPEN else FIRST_VALUE), at + 1
        else:
            at = scalar_end(text, at)
            if at < 0:
                return False
            state = DONE
    return state == DONE and depth == 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(end=cython.longlong, first=cython.longlong, place=cython.longlong, row=cython.longlong)
def scalar_end(text: cython.const[cython.uchar][::1], at: cython.longlong) -> cython.longlong:
    """Where a number, `true`, `false` or `null` ends that begins there; -1 where none does."""
    first = text[at]
    if first in (0x74, 0x66, 0x6E):  # true, false, null
        row = 0 if first == 0x74 else 1 if first == 0x66 else 2
        for place in range(LENGTHS[row]):
            if at + place >= text.shape[0] or text[at + place] != WORDS[row, place]:
                return -1
        return at + LENGTHS[row]
    at += first == MINUS
    end = digits_end(text, at)  # zeros before are those of an id or a code, which the tolerant reader takes as a text
    if end == at:
        return -1
    if end < text.shape[0] and text[end] == POINT:
        at, end = end + 1, digits_end(text, end + 1)
        if end == at:
            return -1
    return end  # with an exponent it is left to those who read the long way


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def digits_end(text: cython.const[cython.uchar][::1], at: cython.longlong) -> cython.longlong:
    """Where digits end that begin there."""
    while at < text.shape[0] and ZERO <= text[at] <= NINE:
        at += 1
    return at


globals().update(SMALL=SMALL)  # C variables are not attributes of a compiled module

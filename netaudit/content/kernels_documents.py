"""Which of many small texts are plain documents, by their bytes alone: JSON without escapes, understood to its end."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from netaudit.core.text.json_text import LONG
from netaudit.jit.decorators import lean_kernel

EMPTY = b"{}"  # the answer of many servers
SMALL = 256  # bytes of a plain document
QUOTE, OPEN, CLOSE, BACKSLASH, PERCENT = 0x22, 0x7B, 0x7D, 0x5C, 0x25
LIST, LIST_END, COMMA, COLON, SPACE, MINUS, POINT, ZERO, NINE = 0x5B, 0x5D, 0x2C, 0x3A, 0x20, 0x2D, 0x2E, 0x30, 0x39
VALUE, FIRST_VALUE, FIRST_KEY, KEY, NAMED, DONE = range(6)  # what comes next in a text of JSON, or is behind
DEEPEST = 60


@lean_kernel
def plain_texts(data: npt.NDArray[np.uint8], rows: npt.NDArray[Any], plain: npt.NDArray[np.bool_]) -> None:
    """Say of each text whether it is as `from_messages.is_plain_text` has it.

    Args:
        data: bytes that the texts lie in.
        rows: of each text `body` and `stop`: its first byte, and the one behind its last.
        plain: as many answers.

    """
    for index in range(rows.size):
        start, stop = np.int64(rows[index]["body"]), np.int64(rows[index]["stop"])
        plain[index] = is_plain(data[start:stop])


@lean_kernel
def is_plain(text: npt.NDArray[np.uint8]) -> bool:
    """Whether one is."""
    size = text.size
    if size == len(EMPTY) and text[0] == OPEN and text[1] == CLOSE:
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


@lean_kernel
def is_strict(text: npt.NDArray[np.uint8]) -> bool:
    """Whether a text without escapes and control characters is one document of JSON, understood to its end.

    It is as RFC 8259 has it, but that numbers may begin with zeros, as ids do.
    """
    opened, depth, state, at = np.uint64(0), 0, VALUE, 0  # a bit for each bracket, 1 of objects
    while at < text.size:
        byte = text[at]
        if byte == SPACE:
            at += 1
            continue
        if state == DONE:
            if depth == 0:
                return False
            keyed = opened & np.uint64(1)
            if byte == COMMA:
                state = KEY if keyed else VALUE
            elif byte == (CLOSE if keyed else LIST_END):
                opened, depth = opened >> np.uint64(1), depth - 1
            else:
                return False
            at += 1
        elif state == NAMED:
            if byte != COLON:
                return False
            state, at = VALUE, at + 1
        elif (byte == CLOSE and state == FIRST_KEY) or (byte == LIST_END and state == FIRST_VALUE):
            opened, depth, state, at = opened >> np.uint64(1), depth - 1, DONE, at + 1
        elif byte == QUOTE:
            at += 1
            while at < text.size and text[at] != QUOTE:
                at += 1
            if at == text.size:
                return False
            state, at = (NAMED if state in (FIRST_KEY, KEY) else DONE), at + 1
        elif state in (FIRST_KEY, KEY):
            return False
        elif byte in (OPEN, LIST):
            if depth == DEEPEST:
                return False
            opened = opened << np.uint64(1) | np.uint64(1 if byte == OPEN else 0)
            depth, state, at = depth + 1, (FIRST_KEY if byte == OPEN else FIRST_VALUE), at + 1
        else:
            at = scalar_end(text, at)
            if at < 0:
                return False
            state = DONE
    return state == DONE and depth == 0


@lean_kernel
def scalar_end(text: npt.NDArray[np.uint8], at: int) -> int:
    """Where a number, `true`, `false` or `null` ends that begins there; -1 where none does."""
    first = text[at]
    for word in (b"true", b"false", b"null"):
        if first == word[0]:
            for place in range(len(word)):
                if at + place >= text.size or text[at + place] != word[place]:
                    return -1
            return at + len(word)
    at += first == MINUS
    end = digits_end(text, at)  # zeros before are those of an id or a code, which the tolerant reader takes as a text
    if end == at:
        return -1
    if end < text.size and text[end] == POINT:
        at, end = end + 1, digits_end(text, end + 1)
        if end == at:
            return -1
    return end  # with an exponent it is left to those who read the long way


@lean_kernel
def digits_end(text: npt.NDArray[np.uint8], at: int) -> int:
    """Where digits end that begin there."""
    while at < text.size and ZERO <= text[at] <= NINE:
        at += 1
    return at

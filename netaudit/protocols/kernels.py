"""Looking for the magic numbers of images in bytes that no reader understands: one vectorised pass."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel
from netaudit.jit.words import words_of

BLOCK = 64  # words of eight bytes tested at once; only blocks with a likely pair are looked at byte by byte
ONES = np.uint64(0x0101010101010101)
TOPS = np.uint64(0x8080808080808080)
EIGHT, TOP = np.uint64(8), np.uint64(56)

# The first two bytes of each magic number, each repeated over a word.
FF, D8 = ONES * np.uint64(0xFF), ONES * np.uint64(0xD8)  # JPEG
X89, P = ONES * np.uint64(0x89), ONES * np.uint64(0x50)  # PNG
G, BIG_I = ONES * np.uint64(0x47), ONES * np.uint64(0x49)
R = ONES * np.uint64(0x52)  # RIFF
B, M = ONES * np.uint64(0x42), ONES * np.uint64(0x4D)  # BMP
SLASH, NINE = ONES * np.uint64(0x2F), ONES * np.uint64(0x39)  # base64 of JPEG
SMALL_I, V = ONES * np.uint64(0x69), ONES * np.uint64(0x56)  # base64 of PNG

FIRST = np.zeros(256, np.uint8)  # first bytes of magic numbers: spares a call for all others
FIRST[np.frombuffer(b"\xff\x89GRB/i", np.uint8)] = 1


@lean_kernel
def is_mark(data: npt.NDArray[np.uint8], at: int) -> bool:
    """Whether an image may begin at `at`; the caller has checked that four bytes are there."""
    a, b, c, d = data[at], data[at + 1], data[at + 2], data[at + 3]
    return bool(
        (a == 0xFF and b == 0xD8 and c == 0xFF)
        or (a == 0x89 and b == 0x50 and c == 0x4E and d == 0x47)
        or (a == 0x47 and b == 0x49 and c == 0x46 and d == 0x38)
        or (a == 0x52 and b == 0x49 and c == 0x46 and d == 0x46)
        or (a == 0x42 and b == 0x4D)
        or (a == 0x2F and b == 0x39 and c == 0x6A and d == 0x2F)
        or (a == 0x69 and b == 0x56 and c == 0x42 and d == 0x4F)
    )


@lean_kernel
def has_pair(words: npt.NDArray[np.uint64], first: int, last: int) -> bool:
    """Whether words[first:last] hold the first two bytes of a magic number anywhere (words[last] must exist).

    A byte of x is zero where both bytes of a pair match; (x - ONES) & ~x & TOPS is not zero where x has a zero byte.
    Little-endian: the byte behind is the next higher one.
    """
    found = np.uint64(0)
    here, behind = words[first:last], words[first + 1 : last + 1]
    for k in range(here.size):  # from zero: the compiler sees that no index is negative, and vectorises
        w = here[k]
        n = (w >> EIGHT) | (behind[k] << TOP)
        x = (w ^ FF) | (n ^ D8)
        found |= (x - ONES) & ~x
        x = (w ^ X89) | (n ^ P)
        found |= (x - ONES) & ~x
        x = (w ^ G) | (n ^ BIG_I)
        found |= (x - ONES) & ~x
        x = (w ^ R) | (n ^ BIG_I)
        found |= (x - ONES) & ~x
        x = (w ^ B) | (n ^ M)
        found |= (x - ONES) & ~x
        x = (w ^ SLASH) | (n ^ NINE)
        found |= (x - ONES) & ~x
        x = (w ^ SMALL_I) | (n ^ V)
        found |= (x - ONES) & ~x
    return bool((found & TOPS) != np.uint64(0))


@lean_kernel
def next_image_mark(data: npt.NDArray[np.uint8], start: int) -> int:
    """Index of the next place at or after `start` where an image may begin, -1 for none.

    Takes: FF D8 FF, 89 'PNG', 'GIF8', 'RIFF', 'BM', and base64 of JPEG ('/9j/') and PNG ('iVBO').
    A place counts only with its first four bytes in `data` (read-only uint8).
    """
    end = data.size - 3  # one past the last index with four bytes
    at = max(start, 0)
    words = words_of(data)
    while at < end and at % 8:
        if FIRST[data[at]] and is_mark(data, at):
            return at
        at += 1
    while at + 8 * BLOCK < end and at // 8 + BLOCK < words.size:
        word = at // 8
        if has_pair(words, word, word + BLOCK):
            for i in range(at, at + 8 * BLOCK):
                if FIRST[data[i]] and is_mark(data, i):
                    return i
        at += 8 * BLOCK
    while at < end:
        if FIRST[data[at]] and is_mark(data, at):
            return at
        at += 1
    return -1

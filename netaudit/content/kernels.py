"""Which marks stand anywhere in bytes: vectorised passes, so that what has none is not searched.

A mark is four bytes, of which the last is held against some of its bits only. Eight places are looked at at a time: in
each word a byte stands for the mark that begins there, and is zero where all its bytes match. Little-endian: the byte
behind is the next higher one.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel
from netaudit.jit.words import words_of

Mark = tuple[np.uint64, np.uint64, np.uint64, np.uint64, np.uint64]  # each byte in all places, and bits of the last

ONES = np.uint64(0x0101010101010101)
TOPS = np.uint64(0x8080808080808080)
EIGHT, SIXTEEN, TWENTY_FOUR = np.uint64(8), np.uint64(16), np.uint64(24)
FORTY, FORTY_EIGHT, FIFTY_SIX = np.uint64(40), np.uint64(48), np.uint64(56)
BYTE = np.uint64(0xFF)


def _mark(octets: bytes, last: int = 0xFF) -> Mark:
    one, two, three, four = (ONES * np.uint64(octet) for octet in octets)
    return one, two, three, four, ONES * np.uint64(last)


JPEG, PNG, WEBP = 1, 2, 4  # FF D8 FF, 89 'PNG', 'RIFF'
IMAGES = _mark(b"\xff\xd8\xff\0", 0), _mark(b"\x89PNG"), _mark(b"RIFF")
OKEN, OLIC = _mark(b"oken"), _mark(b"olic")  # of 'token' and 'policy'
SMALL = ONES * np.uint64(0x20)


@lean_kernel
def _unlike(w: np.uint64, behind: np.uint64, mark: Mark) -> np.uint64:
    """A zero byte for each of the eight places at which a mark begins."""
    a = (w >> EIGHT) | (behind << FIFTY_SIX)
    b = (w >> SIXTEEN) | (behind << FORTY_EIGHT)
    c = (w >> TWENTY_FOUR) | (behind << FORTY)
    return np.uint64((w ^ mark[0]) | (a ^ mark[1]) | (b ^ mark[2]) | ((c ^ mark[3]) & mark[4]))


@lean_kernel
def _none(x: np.uint64) -> np.uint64:
    """A top bit for (at least) the lowest byte of x that is zero, none where no byte is zero."""
    return np.uint64((x - ONES) & ~x)


@lean_kernel
def _stands(data: npt.NDArray[np.uint8], at: int, mark: Mark) -> bool:
    """Whether a mark begins at a place near the end; three bytes are there, what lies beyond is zero."""
    last = np.uint64(data[at + 3]) if at + 3 < data.size else np.uint64(0)
    begins = data[at] == mark[0] & BYTE and data[at + 1] == mark[1] & BYTE and data[at + 2] == mark[2] & BYTE
    return bool(begins and (last ^ mark[3]) & mark[4] & BYTE == 0)


@lean_kernel
def _three(data: npt.NDArray[np.uint8], marks: tuple[Mark, Mark, Mark], first: int) -> int:
    """Bits 1, 2 and 4 for the marks that stand anywhere in data[first:], where `first` is 0 or 1."""
    words = words_of(data)
    here, behind = words[first:-1], words[first + 1 :]
    x = y = z = np.uint64(0)
    for k in range(here.size):
        x |= _none(_unlike(here[k], behind[k], marks[0]))
        y |= _none(_unlike(here[k], behind[k], marks[1]))
        z |= _none(_unlike(here[k], behind[k], marks[2]))
    found = (1 if x & TOPS else 0) | (2 if y & TOPS else 0) | (4 if z & TOPS else 0)
    for at in range(first, min(8 * first, data.size - 2)):
        found |= _those(data, at, marks)
    for at in range(max(8 * first, data.size // 8 * 8 - 8), data.size - 2):
        found |= _those(data, at, marks)
    return found


@lean_kernel
def _those(data: npt.NDArray[np.uint8], at: int, marks: tuple[Mark, Mark, Mark]) -> int:
    found = 1 if _stands(data, at, marks[0]) else 0
    found |= 2 if _stands(data, at, marks[1]) else 0
    return found | (4 if _stands(data, at, marks[2]) else 0)


@lean_kernel
def store_marks(data: npt.NDArray[np.uint8]) -> bool:
    """Whether 'oken' or 'olic' stands anywhere in data (uint8, contiguous), in letters of either case."""
    words = words_of(data)
    found = np.uint64(0)
    for k in range(words.size - 1):
        here, behind = words[k] | SMALL, words[k + 1] | SMALL
        found |= _none(_unlike(here, behind, OKEN)) | _none(_unlike(here, behind, OLIC))
    if found & TOPS:
        return True
    for at in range(max(0, data.size // 8 * 8 - 8), data.size - 3):
        four = data[at] | 0x20, data[at + 1] | 0x20, data[at + 2] | 0x20, data[at + 3] | 0x20
        if four in ((0x6F, 0x6B, 0x65, 0x6E), (0x6F, 0x6C, 0x69, 0x63)):
            return True
    return False


@lean_kernel
def image_marks(data: npt.NDArray[np.uint8]) -> int:
    """`JPEG`, `PNG` and `WEBP` for what stands anywhere in data[1:] (uint8, contiguous)."""
    return _three(data, IMAGES, 1)

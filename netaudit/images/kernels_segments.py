"""Segments of a JPEG passed over without decoding: where the picture ends, and which of them are nobody's.

Sources: ITU-T T.81 B.1.1 and table B.1. Little-endian, as the words of `jit/words.py` are.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel
from netaudit.jit.words import WORD, words_of

Octets = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]

SOI, EOI, SOS, COM, TEM = 0xD8, 0xD9, 0xDA, 0xFE, 0x01
FIRST_RESTART, APP0, APP15, FILL = 0xD0, 0xE0, 0xEF, 0xFF
SOF0, SOF15, DHT, JPG, DAC = 0xC0, 0xCF, 0xC4, 0xC8, 0xCC  # frame headers, but for the three between them
MOST_HEADERS = 4096  # segments before a frame or scan header
MOST_STEPS = 1_000_000  # segments of one image; more is hostile
FRAME, SCAN = 0, 1  # headers that are looked for
WHOLE, NO_PICTURE, ANOTHER, CUT_END, CUT_SEGMENT, BAD_SEGMENT, SEGMENTS = range(7)
END, MARKER, FROM, TO = 0, 1, 2, 3  # of what an extent is told by: its end or the place, a marker, its first scan
# how the content of an application segment begins (ITU-T T.81 B.2.4.6 leaves it to them)
APPLICATIONS = (
    b"JFIF\0", b"JFXX\0", b"Exif\0", b"http://ns.adobe.com/", b"ICC_PROFILE\0", b"MPF\0", b"FPXR\0", b"Photoshop 3.0\0",
    b"Adobe", b"Ducky", b"AVI1", b"JP\0\0",
)  # fmt: skip
_SIZES = np.array([len(one) for one in APPLICATIONS])
_NAMES = np.array([list(one.ljust(_SIZES.max(), b"\0")) for one in APPLICATIONS], np.uint8)

_BLOCK = 64  # words looked at together
_LOW = np.uint64(0x7F7F7F7F7F7F7F7F)
_EIGHT, _FIFTY_SIX = np.uint64(8), np.uint64(56)


@lean_kernel
def _marked(words: npt.NDArray[np.uint64], behind: npt.NDArray[np.uint64]) -> bool:
    """Whether somewhere in words an octet of ones is not followed by one of zeros; `behind` are those one further."""
    found = np.uint64(0)
    for k in range(words.size):
        inverse = ~words[k]
        following = (words[k] >> _EIGHT) | (behind[k] << _FIFTY_SIX)
        ones = ~(((inverse & _LOW) + _LOW) | inverse | _LOW)
        zeros = ~(((following & _LOW) + _LOW) | following | _LOW)
        found |= ones & ~zeros
    return bool(found != 0)


@lean_kernel
def _ends_scan(data: Octets, at: int) -> bool:
    """Whether a marker stands here that ends entropy-coded data: no stuffing, restart or fill."""
    code = data[at + 1]
    return bool(data[at] == FILL and code not in (0, FILL) and not FIRST_RESTART <= code < SOI)


@lean_kernel
def scan_end(data: Octets, at: int) -> int:
    """Place of the marker that ends the entropy-coded data at `at` (B.1.1.5), how many bytes there are where none does.

    `data` (uint8, contiguous).
    """
    size = data.size
    while at + 1 < size and at % WORD:
        if _ends_scan(data, at):
            return at
        at += 1
    words = words_of(data)
    while at + (_BLOCK + 1) * WORD < size:
        word = at // WORD
        if _marked(words[word : word + _BLOCK], words[word + 1 : word + _BLOCK + 1]):
            for place in range(at, at + _BLOCK * WORD):
                if _ends_scan(data, place):
                    return place
        at += _BLOCK * WORD
    while at + 1 < size:
        if _ends_scan(data, at):
            return at
        at += 1
    return int(size)


@lean_kernel
def _alone(marker: int) -> bool:
    """Whether no segment belongs to a marker, or it is none: a zero."""
    return marker in (0, TEM) or FIRST_RESTART <= marker <= EOI


@lean_kernel
def _marker(data: Octets, at: int) -> int:
    """Place of the next octet behind a 0xFF that is none itself, -1 where there is none: garbage is passed over."""
    size = data.size
    while at < size and data[at] != FILL:
        at += 1
    while at < size and data[at] == FILL:
        at += 1
    return at if at < size else -1


@lean_kernel
def jpeg_extent(data: Octets, out: Places) -> int:
    """How the walk over the segments of a JPEG that begins here ends: `WHOLE`, or what is wrong.

    `out` (4,) takes END, behind the marker of the end, or where what is wrong begins; MARKER; and FROM and TO of the
    first scan. `data` (uint8, contiguous) begins with SOI.
    """
    at, size = 2, data.size
    out[:] = 0
    for _ in range(MOST_STEPS):
        at = _marker(data, at)
        if at < 0:
            return CUT_END
        marker = int(data[at])
        at += 1
        out[END], out[MARKER] = at, marker
        if marker == EOI:
            return WHOLE if out[TO] else NO_PICTURE
        if marker == SOI:
            out[END] = at - 2
            return ANOTHER
        if _alone(marker):
            continue
        out[END] = at - 2
        if at + 2 > size:
            return CUT_SEGMENT
        length = int(data[at]) << 8 | int(data[at + 1])
        if at + length > size:
            return CUT_SEGMENT
        if length < 2:
            return BAD_SEGMENT
        at += length
        if marker == SOS:
            begin = at
            at = scan_end(data, at)
            if not out[TO]:
                out[FROM], out[TO] = begin, at
    return SEGMENTS


@lean_kernel
def header_at(data: Octets, at: int, wanted: int) -> int:
    """Place of the length of the first header of a `FRAME` or a `SCAN` from a place between segments on; 0 for none.

    `data` (uint8, contiguous).
    """
    size = data.size
    for _ in range(MOST_HEADERS):
        while at < size and data[at] != FILL:
            at += 1
        if at + 4 > size:
            return 0
        marker = int(data[at + 1])
        at += 2
        if marker == FILL:
            at -= 1
            continue
        if marker != EOI and _alone(marker):
            continue
        if marker == SOS if wanted == SCAN else SOF0 <= marker <= SOF15 and marker not in (DHT, JPG, DAC):
            return at
        length = int(data[at]) << 8 | int(data[at + 1])
        if marker in (EOI, SOS) or length < 2:
            return 0
        at += length
    return 0


@lean_kernel
def _known(data: Octets, at: int) -> bool:
    """Whether the content of an application segment begins as one of `APPLICATIONS`."""
    for name in range(_SIZES.size):
        size, same = _SIZES[name], 0
        while same < size and at + same < data.size and data[at + same] == _NAMES[name, same]:
            same += 1
        if same == size:
            return True
    return False


@lean_kernel
def _behind_scan(data: Octets, at: int) -> int:
    """Place of the next marker with a length, or of the end, in entropy-coded data; without one that of its end."""
    while at + 1 < data.size:
        at = scan_end(data, at)
        if at + 1 < data.size and data[at + 1] >= 0xC0 and data[at + 1] != SOI:
            return at
        at += 1
    return int(data.size)


@lean_kernel
def segments_beside(data: Octets, first: int, last: int, places: npt.NDArray[np.int64]) -> int:
    """How many stretches of a JPEG are nobody's: comments, application segments of no known kind, and garbage.

    Between its scans too. `first` and `last` are where its first scan lies, zeros where that is not known. `places`
    (n, 2) takes where each begins and ends, as far as there is room. `data` (uint8, contiguous) begins with SOI.
    """
    at, size, count = 2, data.size, 0
    while at + 4 <= size:
        begin = at
        while at < size and data[at] != FILL:
            at += 1
        if at > begin:  # decoders pass over it
            if count < len(places):
                places[count, 0], places[count, 1] = begin, at
            count += 1
            continue
        while at + 1 < size and data[at + 1] == FILL:
            at += 1  # any marker may be preceded by fill bytes (B.1.1.2)
        if at + 4 > size:
            break
        marker, length = int(data[at + 1]), int(data[at + 2]) << 8 | int(data[at + 3])
        if marker == EOI:
            break
        if _alone(marker):
            at += 2
            continue
        if marker == COM or (APP0 <= marker <= APP15 and not _known(data, at + 4)):
            if count < len(places):
                places[count, 0], places[count, 1] = at + 4, at + 2 + length
            count += 1
        at += 2 + length
        if marker == SOS:
            known = at == first <= last and last + 1 < size and data[last + 1] > SOI
            at = last if known else _behind_scan(data, at)
    return count

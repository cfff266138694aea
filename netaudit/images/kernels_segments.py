"""Segments of a JPEG passed over without decoding: where the picture ends, and which of them are nobody's.

Sources: ITU-T T.81 B.1.1 and table B.1.
"""

from __future__ import annotations

import cython
import numpy as np

if not cython.compiled:
    from netaudit.core import uncompiled as cython

cython.declare(
    SOI=cython.longlong,
    EOI=cython.longlong,
    SOS=cython.longlong,
    COM=cython.longlong,
    TEM=cython.longlong,
    FIRST_RESTART=cython.longlong,
    APP0=cython.longlong,
    APP15=cython.longlong,
    FILL=cython.longlong,
    SOF0=cython.longlong,
    SOF15=cython.longlong,
    DHT=cython.longlong,
    JPG=cython.longlong,
    DAC=cython.longlong,
    MOST_HEADERS=cython.longlong,
    MOST_STEPS=cython.longlong,
    SCAN=cython.longlong,
    WHOLE=cython.longlong,
    NO_PICTURE=cython.longlong,
    ANOTHER=cython.longlong,
    CUT_END=cython.longlong,
    CUT_SEGMENT=cython.longlong,
    BAD_SEGMENT=cython.longlong,
    SEGMENTS=cython.longlong,
    END=cython.longlong,
    MARKER=cython.longlong,
    FROM=cython.longlong,
    TO=cython.longlong,
    _SIZES=cython.const[cython.longlong][::1],
    _NAMES=cython.const[cython.uchar][:, ::1],
    _BLOCK=cython.longlong,
)


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
_SIZES = np.array([len(name) for name in APPLICATIONS], np.int64)
_NAMES = np.array([list(name.ljust(20, b"\0")) for name in APPLICATIONS], np.uint8)

_BLOCK = 512  # bytes searched at once


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(at=cython.Py_ssize_t, found=cython.uchar)
def _has_marker(data: cython.const[cython.uchar][::1], begin: cython.Py_ssize_t) -> cython.bint:
    """Return whether a 0xFF in the block at `begin` is not followed by zero; without branches, to be vectorised."""
    found = 0
    for at in range(begin, begin + _BLOCK):
        found |= (data[at] == 0xFF) & (data[at + 1] != 0)
    return found != 0


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(code=cython.longlong)
def _ends_scan(data: cython.const[cython.uchar][::1], at: cython.longlong) -> cython.bint:
    """Whether a marker stands here that ends entropy-coded data: no stuffing, restart or fill."""
    code = data[at + 1]
    return data[at] == FILL and code not in (0, FILL) and not FIRST_RESTART <= code < SOI


@cython.ccall
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(place=cython.longlong, size=cython.longlong)
def scan_end(data: cython.const[cython.uchar][::1], at: cython.longlong) -> cython.longlong:
    """Place of the marker that ends the entropy-coded data at `at` (B.1.1.5), how many bytes there are where none does.

    `data` (uint8, contiguous).
    """
    size = data.shape[0]
    while at + _BLOCK + 1 < size:
        if _has_marker(data, at):
            for place in range(at, at + _BLOCK):
                if _ends_scan(data, place):
                    return place
        at += _BLOCK
    while at + 1 < size:
        if _ends_scan(data, at):
            return at
        at += 1
    return cython.cast(cython.longlong, size)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _alone(marker: cython.longlong) -> cython.bint:
    """Whether no segment belongs to a marker, or it is none: a zero."""
    return marker in (0, TEM) or FIRST_RESTART <= marker <= EOI


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(size=cython.longlong)
def _marker(data: cython.const[cython.uchar][::1], at: cython.longlong) -> cython.longlong:
    """Place of the next octet behind a 0xFF that is none itself, -1 where there is none: garbage is passed over."""
    size = data.shape[0]
    while at < size and data[at] != FILL:
        at += 1
    while at < size and data[at] == FILL:
        at += 1
    return at if at < size else -1


@cython.ccall
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(
    _=cython.longlong,
    at=cython.longlong,
    begin=cython.longlong,
    length=cython.longlong,
    marker=cython.longlong,
    size=cython.longlong,
)
def jpeg_extent(data: cython.const[cython.uchar][::1], out: cython.longlong[::1]) -> cython.longlong:
    """How the walk over the segments of a JPEG that begins here ends: `WHOLE`, or what is wrong.

    `out` (4,) takes END, behind the marker of the end, or where what is wrong begins; MARKER; and FROM and TO of the
    first scan. `data` (uint8, contiguous) begins with SOI.
    """
    at, size = 2, data.shape[0]
    out[:] = 0
    for _ in range(MOST_STEPS):
        at = _marker(data, at)
        if at < 0:
            return CUT_END
        marker = cython.cast(cython.longlong, data[at])
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
        length = cython.cast(cython.longlong, data[at]) << 8 | cython.cast(cython.longlong, data[at + 1])
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


@cython.ccall
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(_=cython.longlong, length=cython.longlong, marker=cython.longlong, size=cython.longlong)
def header_at(data: cython.const[cython.uchar][::1], at: cython.longlong, wanted: cython.longlong) -> cython.longlong:
    """Place of the length of the first header of a `FRAME` or a `SCAN` from a place between segments on; 0 for none.

    `data` (uint8, contiguous).
    """
    size = data.shape[0]
    for _ in range(MOST_HEADERS):
        while at < size and data[at] != FILL:
            at += 1
        if at + 4 > size:
            return 0
        marker = cython.cast(cython.longlong, data[at + 1])
        at += 2
        if marker == FILL:
            at -= 1
            continue
        if marker != EOI and _alone(marker):
            continue
        if marker == SOS if wanted == SCAN else SOF0 <= marker <= SOF15 and marker not in (DHT, JPG, DAC):
            return at
        length = cython.cast(cython.longlong, data[at]) << 8 | cython.cast(cython.longlong, data[at + 1])
        if marker in (EOI, SOS) or length < 2:
            return 0
        at += length
    return 0


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(name=cython.longlong, same=cython.longlong, size=cython.longlong)
def _known(data: cython.const[cython.uchar][::1], at: cython.longlong) -> cython.bint:
    """Whether the content of an application segment begins as one of `APPLICATIONS`."""
    for name in range(_SIZES.shape[0]):
        size, same = _SIZES[name], 0
        while same < size and at + same < data.shape[0] and data[at + same] == _NAMES[name, same]:
            same += 1
        if same == size:
            return True
    return False


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _behind_scan(data: cython.const[cython.uchar][::1], at: cython.longlong) -> cython.longlong:
    """Place of the next marker with a length, or of the end, in entropy-coded data; without one that of its end."""
    while at + 1 < data.shape[0]:
        at = scan_end(data, at)
        if at + 1 < data.shape[0] and data[at + 1] >= 0xC0 and data[at + 1] != SOI:
            return at
        at += 1
    return cython.cast(cython.longlong, data.shape[0])


@cython.ccall
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(
    at=cython.longlong,
    begin=cython.longlong,
    count=cython.longlong,
    known=cython.bint,
    length=cython.longlong,
    marker=cython.longlong,
    size=cython.longlong,
)
def segments_beside(
    data: cython.const[cython.uchar][::1],
    first: cython.longlong,
    last: cython.longlong,
    places: cython.longlong[:, ::1],
) -> cython.longlong:
    """How many stretches of a JPEG are nobody's: comments, application segments of no known kind, and garbage.

    Between its scans too. `first` and `last` are where its first scan lies, zeros where that is not known. `places`
    (n, 2) takes where each begins and ends, as far as there is room. `data` (uint8, contiguous) begins with SOI.
    """
    at, size, count = 2, data.shape[0], 0
    while at + 4 <= size:
        begin = at
        while at < size and data[at] != FILL:
            at += 1
        if at > begin:  # decoders pass over it
            if count < places.shape[0]:
                places[count, 0], places[count, 1] = begin, at
            count += 1
            continue
        while at + 1 < size and data[at + 1] == FILL:
            at += 1  # any marker may be preceded by fill bytes (B.1.1.2)
        if at + 4 > size:
            break
        marker, length = (
            cython.cast(cython.longlong, data[at + 1]),
            cython.cast(cython.longlong, data[at + 2]) << 8 | cython.cast(cython.longlong, data[at + 3]),
        )
        if marker == EOI:
            break
        if _alone(marker):
            at += 2
            continue
        if marker == COM or (APP0 <= marker <= APP15 and not _known(data, at + 4)):
            if count < places.shape[0]:
                places[count, 0], places[count, 1] = at + 4, at + 2 + length
            count += 1
        at += 2 + length
        if marker == SOS:
            known = at == first <= last and last + 1 < size and data[last + 1] > SOI
            at = last if known else _behind_scan(data, at)
    return count


globals().update(
    ANOTHER=ANOTHER,
    APP0=APP0,
    APP15=APP15,
    BAD_SEGMENT=BAD_SEGMENT,
    CUT_END=CUT_END,
    CUT_SEGMENT=CUT_SEGMENT,
    NO_PICTURE=NO_PICTURE,
    SCAN=SCAN,
    SEGMENTS=SEGMENTS,
    WHOLE=WHOLE,
    MOST_HEADERS=MOST_HEADERS,
    MOST_STEPS=MOST_STEPS,
)  # C variables are not attributes of a compiled module

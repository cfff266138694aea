"""What a picture carries that is no part of it: segments and chunks of no known use, bytes behind its end.

A picture that shows nobody may be the cover of one that does. What cameras and programs put beside pictures (EXIF,
colour profiles, previews, texts) has a known name.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

import numpy as np

from netaudit.contracts.reasons import reason
from netaudit.unwrapping.from_images import PNG_SIGNATURE, extent
from netaudit.unwrapping.part import FOREIGN

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from netaudit.unwrapping.part import Leaf

LEAST_FOREIGN, MOST_TEXT = 256, 4096  # bytes: fewer show nobody; texts of programs are no longer
_TEXT = bytes(range(0x20, 0x7F)) + b"\t\r\n"
SOI, EOI, SOS, COM, APP0, APP15 = 0xD8, 0xD9, 0xDA, 0xFE, 0xE0, 0xEF
_ALONE = frozenset((0x00, 0x01, *range(0xD0, 0xD9)))  # markers without a length (ITU-T T.81, table B.1), and no marker
_FILL = re.compile(b"\xff+")
# how the content of an application segment begins (ITU-T T.81 B.2.4.6 leaves it to them)
_APPLICATIONS = (
    b"JFIF\0", b"JFXX\0", b"Exif\0", b"http://ns.adobe.com/", b"ICC_PROFILE\0", b"MPF\0", b"FPXR\0", b"Photoshop 3.0\0",
    b"Adobe", b"Ducky", b"AVI1", b"JP\0\0",
)  # fmt: skip
_CHUNKS = frozenset(  # of PNG (W3C, 3rd edition, 4.7) and its extensions: what else there is has no meaning
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI tEXt zTXt iTXt bKGD hIST pHYs sPLT eXIf tIME "
    b"acTL fcTL fdAT oFFs pCAL sCAL sTER gIFg gIFx dSIG".split()
)


def confirm_end(leaf: Leaf) -> None:
    """Hold an image that came whole against its own format: without its end it is not whole, whatever carried it."""
    part = leaf.part
    if not part.complete:
        return
    found = extent(part.data, leaf.kind)
    leaf.scan = found.scan
    if not found.whole:
        part.unknown_from = len(part.data)
        leaf.notes.append(reason("image_unended", inner=found.problem))
    elif found.end < len(part.data):
        leaf.behind = len(part.data) - found.end
        leaf.notes.append(reason("image_behind", n=leaf.behind))
    if size := foreign(beside(leaf)):
        leaf.notes.append(reason(FOREIGN, n=size))


def beside(leaf: Leaf) -> bytes:
    """The bytes of an image that are not its own, joined."""
    data = leaf.part.data
    tail = data[len(data) - leaf.behind :]
    if leaf.kind == "jpeg":
        return b"".join(_segments(data, leaf.scan)) + tail
    return (b"".join(_chunks(data)) if leaf.kind == "png" else b"") + tail


def foreign(other: bytes) -> int:
    """How many bytes beside a picture might be another one: neither padding nor a text such as programs leave."""
    rest = other.strip(b"\0\xff")
    short = len(rest) < LEAST_FOREIGN or (len(rest) < MOST_TEXT and len(rest.translate(None, _TEXT)) < len(rest) // 20)
    return 0 if short else len(rest)


def _segments(data: bytes, scan: tuple[int, int] = (0, 0)) -> Iterator[bytes]:
    """Comments and application segments of nobody in a JPEG, between its scans too, and what no marker begins.

    Where its first scan begins and ends may be known: most have one only, and need not be searched again.
    """
    at, markers = 2, None
    while at + 4 <= len(data):
        if data[at] != 0xFF:  # decoders pass over it
            begin, at = at, data.find(b"\xff", at)
            yield data[begin:] if at < 0 else data[begin:at]
            if at < 0:
                return
            continue
        if data[at + 1] == 0xFF and (fill := _FILL.match(data, at)):
            at = fill.end() - 1  # any marker may be preceded by fill bytes (B.1.1.2)
            if at + 4 > len(data):
                return
        marker, size = data[at + 1], data[at + 2] << 8 | data[at + 3]
        if marker == EOI:
            return
        if marker in _ALONE:
            at += 2
            continue
        if marker == COM or (APP0 <= marker <= APP15 and not data.startswith(_APPLICATIONS, at + 4)):
            yield data[at + 4 : at + 2 + size]
        at += 2 + size
        if marker == SOS and at == scan[0] and data[scan[1] + 1] > SOI:
            at = scan[1]
        elif marker == SOS:
            markers = _markers(data) if markers is None else markers
            behind = int(np.searchsorted(markers, at))
            if behind == markers.size:
                return
            at = int(markers[behind])


def _markers(data: bytes) -> npt.NDArray[np.int64]:
    """Where markers with a length, or the end, stand in entropy-coded data, in order (B.1.1.5)."""
    octets = np.frombuffer(data, np.uint8)
    at = np.flatnonzero(octets[:-1] == 0xFF)
    code = octets[at + 1]
    found: npt.NDArray[np.int64] = at[(code >= 0xC0) & (code != 0xFF) & ((code < 0xD0) | (code > SOI))]
    return found


def _chunks(data: bytes) -> Iterator[bytes]:
    at = len(PNG_SIGNATURE)
    while at + 8 <= len(data):
        (size,) = struct.unpack_from(">I", data, at)
        if data[at + 4 : at + 8] not in _CHUNKS:
            yield data[at + 8 : at + 8 + size]
        at += 12 + size

"""Pictures of which the first bytes were changed so that nothing takes them for one; what is left tells what they were.

A reader at the other end that knows the trick puts the bytes back: these do not carry anything that the rest does not
say. Sources: JPEG ITU-T T.81 B.2; PNG (W3C, 2nd edition) 5.2, 11.2.2; WebP container specification.
"""

from __future__ import annotations

import re

import numpy as np

from netaudit.unwrapping.from_images import PNG_SIGNATURE, extent
from netaudit.unwrapping.kernels import IHDR, TABLES, VP8, head_marks

REACH = 1 << 17  # bytes in which the header is looked for: EXIF and a profile may stand before the tables
_START = b"\xff\xd8\xff"
# tables for quantisation of 8 bits, of which the first is the table 0 or 1; then a frame of 8 bits, then a scan
_TABLES = re.compile(rb"\xff\xdb\x00[\x43\x84\xc5][\x00\x01]")
_FRAME = re.compile(rb"\xff[\xc0-\xc2]\x00[\x0b\x11\x14]\x08", re.DOTALL)
_SCAN = re.compile(rb"\xff\xda\x00[\x06\x08\x0a\x0c\x0e][\x01-\x04]")
_IHDR = b"\x00\x00\x00\rIHDR"
_WEBP = re.compile(rb"WEBPVP8[ LX]")


def mended(data: bytes) -> bytes:
    """The picture with its head put back; empty where these bytes are none."""
    marks = head_marks(np.frombuffer(data, np.uint8))
    return next((whole for mark, mend in _MEND if marks & mark and (whole := mend(data))), b"")


def _jpeg(data: bytes) -> bytes:
    tables = _TABLES.search(data, 0, REACH)
    if tables is None or data.find(_START, 0, tables.start()) >= 0:
        return b""
    frame = _FRAME.search(data, tables.end(), tables.end() + REACH)
    if frame is None or _SCAN.search(data, frame.end(), frame.end() + REACH) is None:
        return b""
    return _cut(b"\xff\xd8" + data[_first_segment(data, tables.start()) :], "jpeg")


def _first_segment(data: bytes, tables: int) -> int:
    """Where the segments before the tables begin, when they are in order to their end; else where the tables do."""
    first = data.find(b"\xff", 0, 8)
    at = first
    while 0 <= at < tables and data[at] == 0xFF and (0xE0 <= data[at + 1] <= 0xEF or data[at + 1] == 0xFE):
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return first if at == tables else tables


def _png(data: bytes) -> bytes:
    at = data.find(_IHDR, 0, REACH)
    if at < 0 or data[max(0, at - 8) : at] == PNG_SIGNATURE or data.find(b"IDAT", at, at + REACH) < 0:
        return b""
    return _cut(PNG_SIGNATURE + data[at:], "png")


def _webp(data: bytes) -> bytes:
    found = _WEBP.search(data, 0, REACH)
    if found is None or found.start() < 8 or data[found.start() - 8 :].startswith(b"RIFF"):
        return b""
    size = data[found.start() - 4 : found.start()]
    fits = 12 <= int.from_bytes(size, "little") <= len(data)
    rest = data[found.start() :]
    return _cut(b"RIFF" + (size if fits else len(rest).to_bytes(4, "little")) + rest, "webp")


def _cut(data: bytes, kind: str) -> bytes:
    return data[: extent(data, kind).end]


_MEND = ((TABLES, _jpeg), (IHDR, _png), (VP8, _webp))

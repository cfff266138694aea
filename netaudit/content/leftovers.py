"""What no codec gave: images in the rest of a part, in ways of writing no document format has, or with a changed head.

Asked of every part after its codecs. An image that was given already is not given again. Each look is a search for a
few fixed bytes, and one pass over a part (`kernels.py`) says which stand in it, so that a part without any costs
next to nothing. Where the first bytes of a picture were changed so that nothing takes it for one, what is left tells
what they were, and they are put back: they say nothing that the rest does not. Sources: JPEG ITU-T T.81 B.2; PNG (W3C,
2nd edition) 5.2, 11.2.2; WebP container specification.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

import numpy as np

from netaudit.content.carving import SMALLEST, images_from
from netaudit.content.from_images import PNG_SIGNATURE, extent, sniff
from netaudit.content.kernels import (
    ASCII85,
    BASE32,
    IHDR,
    NUMBERS,
    TABLES,
    VP8,
    head_marks,
    image_marks,
    text_marks,
)
from netaudit.content.packed import PackedDocument
from netaudit.content.slices import derive
from netaudit.content.sniff import SAMPLE, is_text
from netaudit.core.contracts.unwrapping_steps import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from netaudit.content.budget import Budget
    from netaudit.content.part import Part

REACH = 1 << 17  # bytes in which the header is looked for: EXIF and a profile may stand before the tables
_START = b"\xff\xd8\xff"
# tables for quantisation of 8 bits, of which the first is the table 0 or 1; then a frame of 8 bits, then a scan
_TABLES = re.compile(rb"\xff\xdb\x00[\x43\x84\xc5][\x00\x01]")
_FRAME = re.compile(rb"\xff[\xc0-\xc2]\x00[\x0b\x11\x14]\x08", re.DOTALL)
_SCAN = re.compile(rb"\xff\xda\x00[\x06\x08\x0a\x0c\x0e][\x01-\x04]")
_IHDR = b"\x00\x00\x00\rIHDR"
_WEBP = re.compile(rb"WEBPVP8[ LX]")


def mended(data: bytes, marks: int) -> bytes:
    """The picture with its head put back; empty where these bytes, in which such marks stand, are none."""
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

_PNG = PNG_SIGNATURE[1:]

PACKED = (b"PK\x03\x04", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ")  # for codecs: what is in them is coded
LEAST_TEXT = 256  # characters of an image in another writing
LONGEST = 32 << 20
_JPEG_MARKERS = range(0xC0, 0xFF)
_BASE32 = re.compile(rb"(?:77MP7|RFIE4RYN)(?:[A-Z2-7]|\r?\n)+=*")
_ASCII85 = re.compile(rb"s4I[!-uz\s]+(?:~>)?")
_OPENING, _TRIES = 40, 64  # characters that are decoded to see what a text may be; places that are looked at
_INDEX = rb"\s*[\"']\d{1,8}[\"']\s*:"  # of bytes in an object, as JSON.stringify writes a Uint8Array
_NUMBERS = re.compile(rb"255\s*,(?:%b)?\s*216\s*,(?:%b)?\s*255(?:\s*,(?:%b)?\s*\d{1,3})+" % (_INDEX, _INDEX, _INDEX))
_YENC = re.compile(rb"=ybegin [^\r\n]*\r?\n(?:=ypart [^\r\n]*\r?\n)?(.*?)\r?\n=yend ", re.DOTALL)


def leftovers(
    part: Part, budget: Budget, *, opened: bool = False, beside: bytes = b"", scan: tuple[int, int] = (0, 0)
) -> Iterator[Part]:
    """Images of a part that were not given yet; where a codec opened it, only such as have their own end.

    `beside` is what stands beside letters of which pictures were made: where no mark is, none is searched for.
    `scan` is where the coded data of a JPEG lie.
    """
    if len(part.data) < SMALLEST or part.encoding or part.data.startswith(PACKED):
        return
    if isinstance(part.document, PackedDocument) and part.document.joined:
        return  # in pieces it would be found once more, broken
    octets = np.frombuffer(beside or part.data, np.uint8)
    if marks := image_marks(octets):
        yield from images_from(part, budget, marks, broken=not opened, scan=scan)
    if len(part.data) <= LONGEST and not sniff(part.data):
        readers = BINARY
        if changed := head_marks(octets):
            readers += (("mended", lambda data: mended(data, changed)),)
        if is_text(part.data) or is_text(part.data[-SAMPLE:]):
            written = text_marks(octets)
            readers += tuple((name, read) for mark, name, read in WRITTEN if written & mark)
        for name, read in readers:
            data = read(part.data)
            if data and sniff(data) and not budget.gave(data, 0) and budget.part() and budget.spend(len(data)):
                # where bytes are missing nobody knows which of these they made
                yield derive(part, data, Step(name), unknown_from=None if part.complete else len(data))


def _xored(data: bytes) -> bytes:
    """An image of which every byte was changed by the same value: its first bytes tell which."""
    key = data[0] ^ 0xFF
    if key and data[2] == data[0] and data[1] ^ key == 0xD8 and data[3] ^ key in _JPEG_MARKERS:
        return _changed(data, key)
    key = data[0] ^ 0x89
    if key and data[1] ^ key == _PNG[0] and bytes(byte ^ key for byte in data[1:8]) == _PNG:
        return _changed(data, key)
    return b""


def _changed(data: bytes, key: int) -> bytes:
    return data.translate(bytes(byte ^ key for byte in range(256)))


def _base32(data: bytes) -> bytes:
    return _decoded(_BASE32.search(data), _unfolded)


def _unfolded(text: bytes) -> bytes:
    text = text.rstrip(b"=")
    return base64.b32decode(text + b"=" * (-len(text) % 8))


def _ascii85(data: bytes) -> bytes:
    """The mark may stand in any text by chance, so a few characters are decoded first."""
    at = data.find(b"s4I")
    for _ in range(_TRIES):
        if at < 0:
            return b""
        if sniff(_plain85(b"".join(data[at : at + 3 * _OPENING].split())[:_OPENING])):
            return _decoded(_ASCII85.match(data, at), lambda text: base64.a85decode(text.removesuffix(b"~>")))
        at = data.find(b"s4I", at + 1)
    return b""


def _plain85(text: bytes) -> bytes:
    try:
        return base64.a85decode(text)
    except ValueError:
        return b""


def _numbers(data: bytes) -> bytes:
    return _decoded(_NUMBERS.search(data), lambda text: bytes(map(int, re.sub(_INDEX, b"", text).split(b","))))


def _yenc(data: bytes) -> bytes:
    """After yEnc 1.3: 42 added to each byte, four of them escaped by 64 more."""
    if b"=ybegin " not in data[: 2 * SAMPLE]:
        return b""
    match = _YENC.search(data)
    if match is None:
        return b""
    first, *rest = match[1].replace(b"\r", b"").replace(b"\n", b"").split(b"=")
    text = first + b"".join(bytes([(piece[0] - 64) % 256]) + piece[1:] for piece in rest if piece)
    return text.translate(bytes((byte - 42) % 256 for byte in range(256)))


def _decoded(match: re.Match[bytes] | None, decode: Callable[[bytes], bytes]) -> bytes:
    if match is None or match.end() - match.start() < LEAST_TEXT:
        return b""
    try:
        text = match[0]
        return decode(text if b"," in text[:16] else b"".join(text.split()))
    except (ValueError, binascii.Error):
        return b""


BINARY: tuple[tuple[str, Callable[[bytes], bytes]], ...] = (("xor", _xored), ("yenc", _yenc))
WRITTEN = (  # what is read only where its mark stands in the text
    (BASE32, "base32", _base32),
    (ASCII85, "ascii85", _ascii85),
    (NUMBERS, "numbers", _numbers),
)

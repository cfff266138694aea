"""What no codec gave: images in the rest of a part, and images written in ways that no document format has.

Asked of every part after its codecs. An image that was given already is not given again. Each look is a search for a
few fixed bytes, and one pass over a part (`kernels.py`) says which stand in it, so that a part without any costs
next to nothing.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

import numpy as np

from netaudit.contracts.unwrapping_steps import Step
from netaudit.unwrapping.carving import SMALLEST, images_from
from netaudit.unwrapping.from_images import sniff
from netaudit.unwrapping.kernels import ASCII85, BASE32, NUMBERS, image_marks, text_marks
from netaudit.unwrapping.packed import PackedDocument
from netaudit.unwrapping.patched import mended
from netaudit.unwrapping.slices import derive
from netaudit.unwrapping.sniff import SAMPLE, is_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from netaudit.unwrapping.budget import Budget
    from netaudit.unwrapping.part import Part

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


def leftovers(part: Part, budget: Budget, *, opened: bool = False) -> Iterator[Part]:
    """Images of a part that were not given yet; where a codec opened it, only such as have their own end."""
    if len(part.data) < SMALLEST or part.encoding or part.data.startswith(PACKED):
        return
    if isinstance(part.document, PackedDocument) and part.document.joined:
        return  # in pieces it would be found once more, broken
    octets = np.frombuffer(part.data, np.uint8)
    if marks := image_marks(octets):
        yield from images_from(part, budget, marks, broken=not opened)
    if len(part.data) <= LONGEST and not sniff(part.data):
        readers = BINARY
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
    if key and bytes(byte ^ key for byte in data[1:8]) == b"PNG\r\n\x1a\n":
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


BINARY: tuple[tuple[str, Callable[[bytes], bytes]], ...] = (("xor", _xored), ("yenc", _yenc), ("mended", mended))
WRITTEN = (  # what is read only where its mark stands in the text
    (BASE32, "base32", _base32),
    (ASCII85, "ascii85", _ascii85),
    (NUMBERS, "numbers", _numbers),
)

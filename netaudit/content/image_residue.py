"""What a picture carries that is no part of it: segments and chunks of no known use, bytes behind its end.

A picture that shows nobody may be the cover of one that does. What cameras and programs put beside pictures (EXIF,
colour profiles, previews, texts) has a known name.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

from netaudit.content.from_images import PNG_SIGNATURE, extent, segments_beside
from netaudit.content.part import FOREIGN
from netaudit.core.contracts.reasons import reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.content.part import Leaf

LEAST_FOREIGN, MOST_TEXT = 256, 4096  # bytes: fewer show nobody; texts of programs are no longer
_TEXT = bytes(range(0x20, 0x7F)) + b"\t\r\n"
FEW = 8  # stretches beside a picture for which there is room at once
AT_ONCE = 4096  # cut out together: numbers of Python take ten times as much room
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
        return b"".join(_segments_of(leaf)) + tail
    return (b"".join(_chunks(data)) if leaf.kind == "png" else b"") + tail


def foreign(other: bytes) -> int:
    """How many bytes beside a picture might be another one: neither padding nor a text such as programs leave."""
    rest = other.strip(b"\0\xff")
    short = len(rest) < LEAST_FOREIGN or (len(rest) < MOST_TEXT and len(rest.translate(None, _TEXT)) < len(rest) // 20)
    return 0 if short else len(rest)


def _segments_of(leaf: Leaf) -> list[bytes]:
    if leaf.segments is None:
        leaf.segments = _segments(leaf.part.data, leaf.scan)
    return leaf.segments


def _segments(data: bytes, scan: tuple[int, int] = (0, 0)) -> list[bytes]:
    """Comments and application segments of nobody in a JPEG, between its scans too, and what no marker begins.

    Where its first scan begins and ends may be known: most have one only, and need not be searched again.
    """
    octets, places = np.frombuffer(data, np.uint8), np.empty((FEW, 2), np.int64)
    count = segments_beside(octets, *scan, places)
    if count > FEW:
        places = np.empty((count, 2), np.int64)
        segments_beside(octets, *scan, places)
    found: list[bytes] = []
    for start in range(0, count, AT_ONCE):
        found += [data[first:end] for first, end in places[start : min(start + AT_ONCE, count)].tolist()]
    return found


def _chunks(data: bytes) -> Iterator[bytes]:
    """Contents of chunks of no known kind."""
    return (content for kind, content in _each(data) if kind not in _CHUNKS)


def _each(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each chunk of a PNG."""
    at = len(PNG_SIGNATURE)
    while at + 8 <= len(data):
        (size,) = struct.unpack_from(">I", data, at)
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        at += 12 + size

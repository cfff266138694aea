"""Formats that cameras rarely send and that Pillow reads: TIFF, JPEG 2000, netpbm, TGA. Their beginning, end and size.

Sources: TIFF 6.0, 2; ISO/IEC 15444-1 annexes A and I; the manual pages of netpbm; Truevision TGA 2.0, whose footer is
its only mark.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from netaudit.core.text.patterns import later

FIRST = (b"II*\0", b"MM\0*", b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51", b"P5", b"P6")  # of all but TGA
KINDS = frozenset({"tiff", "jp2", "pnm", "tga"})
MAX_DIRECTORIES, MAX_ENTRIES, MAX_BOXES = 64, 512, 10_000
TGA_END = b"TRUEVISION-XFILE.\0"
_PNM = later(
    rb"P[56](?:\s+|#[^\n]{0,200}\n)+(\d{1,5})(?:\s+|#[^\n]{0,200}\n)+(\d{1,5})(?:\s+|#[^\n]{0,200}\n)+(\d{1,5})\s"
)
_WIDTH, _HEIGHT, _OFFSETS, _COUNTS = 256, 257, frozenset({273, 324, 513}), frozenset({279, 325, 514})
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}  # bytes of each type


class Shape(NamedTuple):
    """Where an image ends (0: not known), and what it declares."""

    end: int
    width: int
    height: int


def sniff(data: bytes) -> str | None:
    """tiff, jp2, pnm or tga by the first bytes (TGA: the last), or None."""
    if data.startswith(FIRST):
        if data[:4] in {b"II*\0", b"MM\0*"}:
            return "tiff"
        if data[0] != 0x50:
            return "jp2"
        return "pnm" if _PNM.match(data) else None
    return "tga" if data.endswith(TGA_END) and _tga(data).width else None


def shape(data: bytes, kind: str) -> Shape:
    """End and size of the image at the start of `data`; any bytes give an answer."""
    return _READ[kind](data)


def _tiff(data: bytes) -> Shape:
    order = "<" if data[:2] == b"II" else ">"
    end, width, height = 8, 0, 0
    left = len(data) // 2  # values that a file has room for, where no two places share it
    at, seen = int.from_bytes(data[4:8], "little" if order == "<" else "big"), set[int]()
    while at and at not in seen and len(seen) < MAX_DIRECTORIES:
        seen.add(at)
        if at + 2 > len(data):
            return Shape(0, width, height)
        (count,) = struct.unpack_from(f"{order}H", data, at)
        offsets: list[int] = []
        counts: list[int] = []
        if count > MAX_ENTRIES or at + 2 + 12 * count + 4 > len(data):
            return Shape(0, width, height)
        for number in range(count):
            tag, kind, many = struct.unpack_from(f"{order}HHI", data, at + 2 + 12 * number)
            size = _SIZES.get(kind, 1) * many
            place = at + 10 + 12 * number
            if size > 4:
                (place,) = struct.unpack_from(f"{order}I", data, place)
                end = max(end, place + size)
            if tag in {_WIDTH, _HEIGHT, *_OFFSETS, *_COUNTS} and kind in {3, 4} and place + size <= len(data):
                left -= many
                if left < 0:
                    return Shape(0, width, height)
                values = struct.unpack_from(f"{order}{many}{'H' if kind == 3 else 'I'}", data, place)
                if tag in _OFFSETS:
                    offsets += values
                elif tag in _COUNTS:
                    counts += values
                elif many == 1 and len(seen) == 1:
                    width, height = (values[0], height) if tag == _WIDTH else (width, values[0])
        end = max([end, at + 6 + 12 * count, *(a + b for a, b in zip(offsets, counts, strict=False))])
        (at,) = struct.unpack_from(f"{order}I", data, at + 2 + 12 * count)
    return Shape(end, width, height)


def _jp2(data: bytes) -> Shape:
    frame = data.find(b"\xff\x4f\xff\x51", 0, 4096)
    if frame < 0 or frame + 24 > len(data):
        return Shape(0, 0, 0)
    right, bottom, left, top = struct.unpack_from(">IIII", data, frame + 8)
    width, height = max(right - left, 0), max(bottom - top, 0)
    if frame == 0:
        return Shape(data.find(b"\xff\xd9") + 2 if data.find(b"\xff\xd9") >= 0 else 0, width, height)
    at = 0
    for _ in range(MAX_BOXES):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if length == 1:
            length = int.from_bytes(data[at + 8 : at + 16], "big")
        if name == b"jp2c":  # the picture, which may reach to the end
            end = at + length if length else data.rfind(b"\xff\xd9") + 2
            return Shape(end if end > frame else 0, width, height)
        if length < 8 or at + length > len(data):
            break
        at += length
    return Shape(0, width, height)


def _pnm(data: bytes) -> Shape:
    head = _PNM.match(data)
    if head is None:
        return Shape(0, 0, 0)
    width, height, most = int(head[1]), int(head[2]), int(head[3])
    samples = (3 if data[1] == 0x36 else 1) * (2 if most > 255 else 1)
    return Shape(head.end() + width * height * samples, width, height)


def _tga(data: bytes) -> Shape:
    if len(data) < 44 or data[1] > 1 or data[2] not in {1, 2, 3, 9, 10, 11} or data[16] not in {8, 15, 16, 24, 32}:
        return Shape(0, 0, 0)
    width, height = struct.unpack_from("<HH", data, 12)
    return Shape(len(data), width, height)


_READ = {"tiff": _tiff, "jp2": _jp2, "pnm": _pnm, "tga": _tga}

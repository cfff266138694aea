"""Where an image truly ends: a bounded walk over each format's own structure, without decoding.

Sources: JPEG ITU-T T.81 B.1–B.2; PNG (W3C, 2nd edition) 5; WebP container specification (RIFF header); BMP as in
BITMAPFILEHEADER; GIF89a 17–27; ISO/IEC 14496-12 4.2 and 23008-12 for HEIC and AVIF.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from netaudit.core.contracts.reasons import reason
from netaudit.images import rare_formats
from netaudit.images.kernels_segments import (
    ANOTHER,
    BAD_SEGMENT,
    CUT_END,
    CUT_SEGMENT,
    NO_PICTURE,
    SEGMENTS,
    WHOLE,
    jpeg_extent,
)

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_STEPS = 1_000_000  # chunks or blocks of one image; more is hostile

MOST_KEPT = 1 << 20  # bytes that are held after they were asked about
# what is wrong with a JPEG, by how the walk over its segments ended: behind its end, or somewhere within
_ENDED = {NO_PICTURE: "extent_no_picture", ANOTHER: "extent_another"}
_BROKEN = {
    CUT_END: "extent_cut_end", CUT_SEGMENT: "extent_cut_segment", BAD_SEGMENT: "extent_bad_segment",
    SEGMENTS: "extent_segments",
}  # fmt: skip
_AT_A_MARKER = frozenset({CUT_SEGMENT, BAD_SEGMENT})

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_FIRST = (b"\xff\xd8\xff", PNG_SIGNATURE, b"RIFF", b"GIF8", b"BM", *rare_formats.FIRST)  # of all images but boxes
BMP_HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})  # sizes of the known information headers
_BMP_DEPTHS = frozenset({1, 2, 4, 8, 16, 24, 32})
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_BOXES = frozenset(b"ftyp meta mdat moov moof mfra free skip uuid wide pdin sidx styp".split())


@dataclass(frozen=True, slots=True)
class Extent:
    """An image's place in its bytes: data[:end]. `whole` when its own end was found; else `problem` is a reason."""

    end: int
    whole: bool
    problem: str = ""
    scan: tuple[int, int] = field(default=(0, 0), compare=False)  # of a whole JPEG: where its first scan lies


_latest: tuple[bytes, str, Extent] = (b"", "", Extent(0, whole=False))


def sniff(data: bytes) -> str | None:
    """Image format by its first bytes: jpeg, png, webp, bmp, gif, heic, avif, tiff, jp2, pnm, tga, or None."""
    if not data.startswith(_FIRST) and data[4:8] != b"ftyp":
        return rare_formats.sniff(data) if data.endswith(rare_formats.TGA_END) else None
    if data[:3] == b"\xff\xd8\xff":
        return "jpeg"
    if data[:8] == PNG_SIGNATURE:
        return "png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data[:6] in {b"GIF87a", b"GIF89a"}:
        return "gif"
    if data[:2] == b"BM" and _bmp_plausible(data):
        return "bmp"
    return _sniff_boxes(data) if data[4:8] == b"ftyp" else rare_formats.sniff(data)


def extent(data: bytes, kind: str) -> Extent:
    """Find the true extent of the image of format `kind` at the start of `data`.

    Any bytes give an answer, in time linear in their number; an unknown kind is never whole. The answer on the bytes
    that were asked about last is kept: a body may be asked about as a piece, and again as the picture that it is.
    """
    global _latest  # noqa: PLW0603 - one answer
    asked, of_kind, found = _latest  # at once: another thread may ask about something else
    if asked is data and of_kind == kind:
        return found
    found = _extent(data, kind)
    if len(data) <= MOST_KEPT:
        _latest = data, kind, found
    return found


def _extent(data: bytes, kind: str) -> Extent:
    if kind in rare_formats.KINDS:
        end = rare_formats.shape(data, kind).end
        return _declared(data, end) if end else _broken(data, "extent_header")
    walk = _WALKS.get(kind)
    return walk(data) if walk else Extent(len(data), whole=False, problem=reason("extent_unknown", format=kind))


def _broken(data: bytes, problem: str) -> Extent:
    return Extent(len(data), whole=False, problem=problem)


def _jpeg(data: bytes) -> Extent:
    if data[:2] != b"\xff\xd8":
        return _broken(data, "extent_no_jpeg")
    out = np.empty(4, np.int64)
    how = jpeg_extent(np.frombuffer(data, np.uint8), out)
    end, marker, first, last = out.tolist()
    if how == WHOLE:
        return Extent(end, whole=True, scan=(first, last))
    if how in _ENDED:
        return Extent(end, whole=False, problem=_ENDED[how])
    problem = _BROKEN[how]
    return _broken(data, reason(problem, marker=f"{marker:#04x}", n=end) if how in _AT_A_MARKER else problem)


def _png(data: bytes) -> Extent:
    if data[:8] != PNG_SIGNATURE:
        return _broken(data, "extent_no_png")
    pos, size = 8, len(data)
    for _ in range(MAX_STEPS):
        if pos + 12 > size:
            return _broken(data, "extent_cut_iend")
        length, name = int.from_bytes(data[pos : pos + 4], "big"), data[pos + 4 : pos + 8]
        if length > 0x7FFF_FFFF or not name.isalpha():
            return _broken(data, reason("extent_bad_chunk", n=pos))
        pos += 12 + length
        if pos > size:
            return _broken(data, reason("extent_cut_chunk", said=name.decode("ascii")))
        if name == b"IEND":
            return Extent(pos, whole=True)
    return _broken(data, "extent_chunks")


def _webp(data: bytes) -> Extent:
    end = 8 + int.from_bytes(data[4:8], "little")
    if len(data) < 12 or data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return _broken(data, "extent_no_webp")
    if end < 20:
        return _broken(data, "extent_nothing")
    return _declared(data, end)


def _declared(data: bytes, end: int) -> Extent:
    if end > len(data):
        return _broken(data, reason("extent_declares", n=end, m=len(data)))
    return Extent(end, whole=True)


def _bmp_plausible(data: bytes) -> bool:
    header = int.from_bytes(data[14:18], "little")
    at = 22 if header == 12 else 26
    planes, depth = int.from_bytes(data[at : at + 2], "little"), int.from_bytes(data[at + 2 : at + 4], "little")
    return header in BMP_HEADERS and planes == 1 and depth in _BMP_DEPTHS


def bmp_size(data: bytes) -> tuple[int, int]:
    """Read the declared width and height of a BMP whose headers are there."""
    if int.from_bytes(data[14:18], "little") == 12:
        return int.from_bytes(data[18:20], "little"), int.from_bytes(data[20:22], "little")
    return int.from_bytes(data[18:22], "little", signed=True), abs(int.from_bytes(data[22:26], "little", signed=True))


def _bmp(data: bytes) -> Extent:
    if len(data) < 30 or data[:2] != b"BM" or not _bmp_plausible(data):
        return _broken(data, "extent_no_bmp")
    end, pixels = int.from_bytes(data[2:6], "little"), int.from_bytes(data[10:14], "little")
    width, height = bmp_size(data)
    core = int.from_bytes(data[14:18], "little") == 12
    depth = int.from_bytes(data[24:26] if core else data[28:30], "little")
    if core or data[30:34] in {
        b"\0\0\0\0",
        b"\3\0\0\0",
    }:  # uncompressed: its size follows from the header, and some writers declare 0
        end = max(end, pixels + (width * depth + 31) // 32 * 4 * height)
    if end <= pixels or width <= 0 or height <= 0:
        return _broken(data, "extent_nothing")
    return _declared(data, end)


def _gif(data: bytes) -> Extent:
    if data[:6] not in {b"GIF87a", b"GIF89a"}:
        return _broken(data, "extent_no_gif")
    size = len(data)
    if size < 13:
        return _broken(data, "extent_cut_header")
    pos = 13 + _colours(data[10])
    in_blocks = False
    for _ in range(MAX_STEPS):
        if pos >= size:
            return _broken(data, "extent_cut_trailer")
        byte = data[pos]
        if in_blocks:
            pos += 1 + byte
            in_blocks = byte != 0
        elif byte == 0x3B:
            return Extent(pos + 1, whole=True)
        elif byte == 0x21:
            pos, in_blocks = pos + 2, True
        elif byte == 0x2C and pos + 10 < size:
            pos, in_blocks = pos + 11 + _colours(data[pos + 9]), True
        elif byte == 0x2C:
            return _broken(data, "extent_cut_descriptor")
        else:
            return _broken(data, reason("extent_bad_block", n=pos))
    return _broken(data, "extent_blocks")


def _colours(flags: int) -> int:
    """Bytes of the colour table that a GIF flag byte announces."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _sniff_boxes(data: bytes) -> str | None:
    length = int.from_bytes(data[:4], "big")
    if not 16 <= length <= 1024:
        return None
    brands = {data[8:12]} | {data[at : at + 4] for at in range(16, min(length, len(data)) - 3, 4)}
    if brands & _AVIF_BRANDS:
        return "avif"
    return "heic" if brands & (_HEIC_BRANDS | {b"mif1", b"msf1"}) else None


def _boxes(data: bytes) -> Extent:
    pos, size, seen, inline = 0, len(data), set[bytes](), False
    for _ in range(MAX_STEPS):
        name = data[pos + 4 : pos + 8]
        if name not in _BOXES or (pos and name == b"ftyp"):
            break
        length, head = int.from_bytes(data[pos : pos + 4], "big"), 8
        if length == 1:
            length, head = int.from_bytes(data[pos + 8 : pos + 16], "big"), 16
        if length == 0:
            return _broken(data, "extent_no_length")
        if length < head or pos + length > size:
            return _broken(data, reason("extent_cut_box", said=name.decode("ascii")))
        inline = inline or (name == b"meta" and data.find(b"idat", pos, pos + length) >= 0)
        seen.add(name)
        pos += length
    if b"ftyp" in seen and seen & {b"meta", b"moov"} and (inline or b"mdat" in seen):
        return Extent(pos, whole=True)
    return _broken(data, "extent_cut_data")


_WALKS: dict[str, Callable[[bytes], Extent]] = {
    "jpeg": _jpeg,
    "png": _png,
    "webp": _webp,
    "bmp": _bmp,
    "gif": _gif,
    "heic": _boxes,
    "avif": _boxes,
}

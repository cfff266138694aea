"""What an image's header declares, read without decoding. Sources as in extents.py."""

from __future__ import annotations

import numpy as np

from netaudit.images.extents import BMP_HEADERS, PNG_SIGNATURE, bmp_size
from netaudit.images.kernels_segments import FRAME, SCAN, header_at, scan_end
from netaudit.images.rare_formats import KINDS, shape

MAX_PROPERTIES = 4096  # ispe boxes looked at (a tiled HEIC has one for each size, not for each tile)
LONGEST_SIDE = (1 << 31) - 1  # pixels; of PNG (11.2.1), and more than any other format's
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})


def header_size(data: bytes, kind: str) -> tuple[int, int] | None:
    """(width, height) in pixels as declared, None where the header is cut, damaged or says what no picture has."""
    read = _SIZES.get(kind)
    size = read(data) if read else shape(data, kind)[1:] if kind in KINDS else None
    return size if size and 0 < size[0] <= LONGEST_SIDE and 0 < size[1] <= LONGEST_SIDE else None


def is_progressive(data: bytes) -> bool:
    """Whether a JPEG needs all its coefficients in memory: progressive, or several scans declared one by one."""
    frame = _jpeg_frame(data)
    if frame is None:
        return False
    marker, at, following = frame
    scan = _header(data, following, SCAN)
    one_pass = scan > 0 and data[scan + 2 : scan + 3] == data[at + 7 : at + 8]
    return marker in _PROGRESSIVE or not one_pass


def _jpeg_frame(data: bytes) -> tuple[int, int, int] | None:
    """Marker, offset of the length field, and end of the first frame header (T.81 B.2.2)."""
    pos = _header(data, 2, FRAME) if data[:2] == b"\xff\xd8" else 0
    if not pos:
        return None
    length = int.from_bytes(data[pos : pos + 2], "big")
    return (data[pos - 1], pos, pos + length) if length >= 8 and pos + 8 <= len(data) else None


def _header(data: bytes, at: int, wanted: int) -> int:
    return int(header_at(np.frombuffer(data, np.uint8), at, wanted))


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    frame = _jpeg_frame(data)
    if frame is None:
        return None
    at = frame[1]
    lines = data[at + 3 : at + 5]
    if lines == b"\0\0":
        lines = _lines_behind(data, frame[2])
    return int.from_bytes(data[at + 5 : at + 7], "big"), int.from_bytes(lines, "big")


def _lines_behind(data: bytes, pos: int) -> bytes:
    """The number of lines that a DNL segment behind the first scan says (T.81 B.2.5), as two bytes; empty for none."""
    scan = _header(data, pos, SCAN)
    if not scan:
        return b""
    at = scan_end(np.frombuffer(data, np.uint8), scan + int.from_bytes(data[scan : scan + 2], "big"))
    return data[at + 4 : at + 6] if at <= len(data) - 6 and data.startswith(b"\xff\xdc\0\x04", at) else b""


def with_lines(data: bytes) -> bytes:
    """A JPEG whose frame header leaves its number of lines to a DNL segment, with that number; others as they are.

    The decoder at hand refuses what the standard allows.
    """
    frame = _jpeg_frame(data)
    if frame is None or data[frame[1] + 3 : frame[1] + 5] != b"\0\0":
        return data
    lines = _lines_behind(data, frame[2])
    return data[: frame[1] + 3] + lines + data[frame[1] + 5 :] if lines else data


def _png_size(data: bytes) -> tuple[int, int] | None:
    if data[:8] != PNG_SIGNATURE or data[12:16] != b"IHDR" or len(data) < 24:
        return None
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def _webp_size(data: bytes) -> tuple[int, int] | None:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < 30:
        return None
    form = data[12:16]
    if form == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if form == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF
    if form == b"VP8L" and data[20] == 0x2F:
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return None


def _bmp_size(data: bytes) -> tuple[int, int] | None:
    if data[:2] != b"BM" or len(data) < 26 or int.from_bytes(data[14:18], "little") not in BMP_HEADERS:
        return None
    return bmp_size(data)


def _gif_size(data: bytes) -> tuple[int, int] | None:
    if data[:6] not in {b"GIF87a", b"GIF89a"} or len(data) < 10:
        return None
    return int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")


def _boxes_size(data: bytes) -> tuple[int, int] | None:
    """Largest image property `ispe` (ISO/IEC 23008-12 6.5.3): a picture of tiles declares its smaller tiles too."""
    meta = data.find(b"meta")
    best = (0, 0)
    pos = meta
    for _ in range(MAX_PROPERTIES):
        pos = data.find(b"ispe", pos + 1) if meta >= 0 else -1
        if pos < 0 or pos + 16 > len(data):
            break
        if data[pos - 4 : pos + 8] != b"\0\0\0\x14ispe\0\0\0\0":
            continue
        size = int.from_bytes(data[pos + 8 : pos + 12], "big"), int.from_bytes(data[pos + 12 : pos + 16], "big")
        best = max(best, size, key=lambda s: s[0] * s[1])
    return best


_SIZES = {
    "jpeg": _jpeg_size,
    "png": _png_size,
    "webp": _webp_size,
    "bmp": _bmp_size,
    "gif": _gif_size,
    "heic": _boxes_size,
    "avif": _boxes_size,
}

"""Pictures of known size, written here: JPEG (baseline), PNG, GIF and BMP. Each is another one."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from pcaps.validation.deflate import zlibbed

if TYPE_CHECKING:
    from pcaps.validation.draw import Draw

# ITU-T T.81, table K.3: codes of DC differences by the number of their bits
DC_COUNTS = bytes((0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0))
DC_CODES = ("00", "010", "011", "100", "101", "110", "1110", "11110", "111110", "1111110", "11111110", "111111110")


def _segment(mark: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, mark, len(body) + 2) + body


def jpeg(draw: Draw, width: int, height: int) -> bytes:
    """Grey squares of eight pixels, each of a brightness of its own."""
    bits, last = [], 0
    for _ in range(-(-width // 8) * -(-height // 8)):
        level = draw.between(-500, 500)
        difference, last = level - last, level
        size = abs(difference).bit_length()
        value = difference if difference >= 0 else difference + (1 << size) - 1
        bits.append(DC_CODES[size] + (f"{value:0{size}b}" if size else "") + "0")  # the end of a block is "0"
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    scan = int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\0")
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"),
            _segment(0xDB, b"\0" + bytes([8] * 64)),
            _segment(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\0"),
            _segment(0xC4, b"\x00" + DC_COUNTS + bytes(range(12))),
            _segment(0xC4, b"\x10" + bytes((1, *[0] * 15)) + b"\0"),
            _segment(0xDA, b"\x01\x01\x00\x00\x3f\x00"),
            scan,
            b"\xff\xd9",
        )
    )


def png(draw: Draw, width: int, height: int) -> bytes:
    """Grey rows of noise."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = b"".join(b"\0" + draw.octets(width) for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlibbed(rows)) + chunk(b"IEND", b"")


def gif(draw: Draw, width: int, height: int) -> bytes:
    """Two colours; the table of codes is cleared before it grows (GIF89a, 18 December 1987)."""
    bits = []
    for _ in range(width * height):
        bits += ["100", f"{draw.below(2):03b}"]  # clear, colour; least bit of the stream last
    bits.append("101")
    text = "".join(reversed(bits))
    text = "0" * (-len(text) % 8) + text
    packed = int(text, 2).to_bytes(len(text) // 8, "little")
    pieces = b"".join(bytes([len(one)]) + one for one in (packed[at : at + 255] for at in range(0, len(packed), 255)))
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    return head + b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02" + pieces + b"\0;"


def bmp(draw: Draw, width: int, height: int) -> bytes:
    """24 bits a pixel."""
    row = -(-3 * width // 4) * 4
    body = draw.octets(row * height)
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, len(body), 2835, 2835, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(body), 0, 0, 54) + head + body


KINDS = {"jpeg": jpeg, "png": png, "gif": gif, "bmp": bmp}
TYPES = {"jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif", "bmp": "image/bmp"}

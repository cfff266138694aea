"""Deflate (RFC 1951), written here: libraries differ in what they make of the same bytes, and a pack must not."""

from __future__ import annotations

import struct
import zlib

LENGTHS = (3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227)
MOST = 226  # bytes of a run


class _Bits:
    """Bits, the lowest of a byte first."""

    def __init__(self) -> None:
        self.out, self.held, self.count = bytearray(), 0, 0

    def put(self, value: int, size: int) -> None:
        self.held |= value << self.count
        self.count += size
        while self.count >= 8:
            self.out.append(self.held & 0xFF)
            self.held >>= 8
            self.count -= 8

    def code(self, value: int, size: int) -> None:
        """A Huffman code, its first bit first."""
        self.put(int(f"{value:0{size}b}"[::-1], 2), size)


def _literal(bits: _Bits, value: int) -> None:
    if value < 144:
        bits.code(0x30 + value, 8)
    elif value < 256:
        bits.code(0x190 + value - 144, 9)
    elif value < 280:
        bits.code(value - 256, 7)
    else:
        bits.code(0xC0 + value - 280, 8)


def _run(bits: _Bits, length: int) -> None:
    """Repeat the last byte."""
    place = max(number for number, least in enumerate(LENGTHS) if least <= length)
    _literal(bits, 257 + place)
    extra = max(0, place // 4 - 1)
    bits.put(length - LENGTHS[place], extra)
    bits.code(0, 5)  # one byte back


def deflated(data: bytes, *, stored: bool | None = None) -> bytes:
    """A deflate stream: stored blocks for what is long, else one block of fixed codes with runs."""
    if stored or (stored is None and len(data) > 4096):
        pieces = [data[at : at + 65535] for at in range(0, len(data), 65535)] or [b""]
        return b"".join(
            struct.pack("<BHH", number == len(pieces) - 1, len(one), len(one) ^ 0xFFFF) + one
            for number, one in enumerate(pieces)
        )
    bits, at = _Bits(), 0
    bits.put(0b011, 3)
    while at < len(data):
        _literal(bits, data[at])
        run = at + 1
        while run < len(data) and data[run] == data[at] and run - at - 1 < MOST:
            run += 1
        if run - at - 1 >= 3:
            _run(bits, run - at - 1)
            at = run
        else:
            at += 1
    _literal(bits, 256)
    bits.put(0, -bits.count % 8)
    return bytes(bits.out)


def zlibbed(data: bytes) -> bytes:
    """A zlib stream (RFC 1950)."""
    return b"\x78\x01" + deflated(data) + zlib.adler32(data).to_bytes(4, "big")

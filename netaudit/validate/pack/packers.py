"""Frames of zstd (RFC 8878) and lz4 without compression, and the sums at their ends (XXH32, XXH64), written here."""

from __future__ import annotations

import struct
from collections.abc import Iterator

A32, B32, C32, D32, E32 = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1
A64, B64, C64 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
D64, E64 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5


def _turned(value: int, by: int, bits: int) -> int:
    value &= (1 << bits) - 1
    return (value << by | value >> bits - by) & (1 << bits) - 1


def xxh32(data: bytes) -> int:
    """XXH32 with seed 0."""
    mask, at = (1 << 32) - 1, 0
    if len(data) >= 16:
        lanes = [(A32 + B32) & mask, B32, 0, -A32 & mask]
        while at + 16 <= len(data):
            for lane, word in enumerate(struct.unpack_from("<4I", data, at)):
                lanes[lane] = _turned(lanes[lane] + word * B32, 13, 32) * A32 & mask
            at += 16
        found = sum(_turned(lane, by, 32) for lane, by in zip(lanes, (1, 7, 12, 18), strict=True))
    else:
        found = E32
    found += len(data)
    while at + 4 <= len(data):
        found = _turned(found + struct.unpack_from("<I", data, at)[0] * C32, 17, 32) * D32
        at += 4
    for byte in data[at:]:
        found = _turned(found + byte * E32, 11, 32) * A32
    found &= mask
    found = (found ^ found >> 15) * B32 & mask
    found = (found ^ found >> 13) * C32 & mask
    return found ^ found >> 16


def _round(lane: int, word: int) -> int:
    return _turned(lane + word * B64, 31, 64) * A64 & (1 << 64) - 1


def xxh64(data: bytes) -> int:
    """XXH64 with seed 0."""
    mask, at = (1 << 64) - 1, 0
    if len(data) >= 32:
        lanes = [(A64 + B64) & mask, B64, 0, -A64 & mask]
        while at + 32 <= len(data):
            for lane, word in enumerate(struct.unpack_from("<4Q", data, at)):
                lanes[lane] = _round(lanes[lane], word)
            at += 32
        found = sum(_turned(lane, by, 64) for lane, by in zip(lanes, (1, 7, 12, 18), strict=True))
        for lane in lanes:
            found = ((found & mask) ^ _round(0, lane)) * A64 + D64
    else:
        found = E64
    found += len(data)
    while at + 8 <= len(data):
        found = _turned((found & mask) ^ _round(0, struct.unpack_from("<Q", data, at)[0]), 27, 64) * A64 + D64
        at += 8
    if at + 4 <= len(data):
        found = _turned((found & mask) ^ struct.unpack_from("<I", data, at)[0] * A64 & mask, 23, 64) * B64 + C64
        at += 4
    for byte in data[at:]:
        found = _turned((found & mask) ^ byte * E64 & mask, 11, 64) * A64
    found &= mask
    found = (found ^ found >> 33) * B64 & mask
    found = (found ^ found >> 29) * C64 & mask
    return found ^ found >> 32


def _blocks(data: bytes, size: int) -> Iterator[tuple[bytes, bool]]:
    for at in range(0, len(data), size):
        yield data[at : at + size], at + size >= len(data)


def zstd_frame(data: bytes, block: int, *, summed: bool = False, single: bool = True) -> bytes:
    """Blocks as they are, or of one byte many times; with the size of what is in them, or with a window."""
    descriptor = (0x20 if single else 0) | (0x04 if summed else 0) | (0x80 if single else 0)
    out = struct.pack("<IB", 0xFD2FB528, descriptor) + (struct.pack("<I", len(data)) if single else b"\x58")
    for part, last in _blocks(data, block):
        same = part == part[:1] * len(part)
        out += (len(part) << 3 | (2 if same else 0) | last).to_bytes(3, "little") + (part[:1] if same else part)
    return out + (struct.pack("<I", xxh64(data) & 0xFFFFFFFF) if summed else b"")


def lz4_frame(data: bytes, block: int) -> bytes:
    """Blocks as they are, with a sum of the whole."""
    head = b"\x64\x40"  # version 1, independent blocks, sum of the content; at most 64 KiB in a block
    out = b"\x04\x22\x4d\x18" + head + bytes([xxh32(head) >> 8 & 0xFF])
    for part, _ in _blocks(data, block):
        out += struct.pack("<I", len(part) | 1 << 31) + part
    return out + bytes(4) + struct.pack("<I", xxh32(data))

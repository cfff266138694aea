"""Documents in binary notations that name their fields: MessagePack and CBOR (RFC 8949), as JSON values.

Neither has a mark, so that a document is one only where it is read to its last byte. Extensions and tags are passed
over, bytes say nothing here.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

DEEPEST = 32
LONGEST = 1 << 16  # bytes
MOST = 4000  # values of a document
_FLOATS = {2: ">e", 4: ">f", 8: ">d"}


class _NotPackedError(ValueError):
    """These bytes are no document of this notation."""


def packed(data: bytes) -> object:
    """The value of a MessagePack or CBOR document, None for other bytes."""
    for read in (_msgpack, _cbor):
        walk = _Walk(data)
        try:
            value = read(walk, 0)
        except (_NotPackedError, struct.error, UnicodeDecodeError):
            continue
        if walk.at == len(data) and isinstance(value, dict | list):
            return value
    return None


def is_packed(data: bytes) -> bool:
    """Whether bytes are such a document: one whose lengths happen to be letters reads as text."""
    return len(data) <= LONGEST and packed(data) is not None


class _Walk:
    """A place in the bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.left = MOST

    def take(self, count: int) -> bytes:
        taken = self.data[self.at : self.at + count]
        if len(taken) < count or self.left <= 0:
            raise _NotPackedError
        self.at += count
        self.left -= 1
        return taken

    def number(self, count: int) -> int:
        return int.from_bytes(self.take(count), "big")

    def many(self, count: int, read: Callable[[_Walk, int], object], depth: int) -> list[object]:
        if count > len(self.data) - self.at or depth >= DEEPEST:
            raise _NotPackedError
        return [read(self, depth + 1) for _ in range(count)]

    def pairs(self, count: int, read: Callable[[_Walk, int], object], depth: int) -> dict[str, object]:
        flat = self.many(2 * count, read, depth)
        return {str(key): value for key, value in zip(flat[::2], flat[1::2], strict=True)}


def _msgpack(walk: _Walk, depth: int) -> object:
    head = walk.number(1)
    if head < 0x80 or head >= 0xE0:
        return head if head < 0x80 else head - 0x100
    if head < 0x90:
        return walk.pairs(head & 15, _msgpack, depth)
    if head < 0xA0:
        return walk.many(head & 15, _msgpack, depth)
    if head < 0xC0:
        return walk.take(head & 31).decode()
    if head in (0xC0, 0xC2, 0xC3):
        return {0xC0: None, 0xC2: False, 0xC3: True}[head]
    if head in (0xCA, 0xCB):
        return struct.unpack(_FLOATS[4 if head == 0xCA else 8], walk.take(4 if head == 0xCA else 8))[0]
    if 0xCC <= head <= 0xD3:
        return int.from_bytes(walk.take(1 << (head & 3)), "big", signed=head >= 0xD0)
    if 0xD4 <= head <= 0xD8:
        walk.take(1 + (1 << (head - 0xD4)))
        return None
    return _msgpack_long(walk, head, depth)


def _msgpack_long(walk: _Walk, head: int, depth: int) -> object:
    """What says its length in bytes of its own."""
    if head in (0xD9, 0xDA, 0xDB):
        return walk.take(walk.number(1 << (head - 0xD9))).decode()
    if head in (0xC4, 0xC5, 0xC6):
        walk.take(walk.number(1 << (head - 0xC4)))
        return None
    if head in (0xC7, 0xC8, 0xC9):
        walk.take(1 + walk.number(1 << (head - 0xC7)))
        return None
    if head in (0xDC, 0xDD):
        return walk.many(walk.number(2 if head == 0xDC else 4), _msgpack, depth)
    if head in (0xDE, 0xDF):
        return walk.pairs(walk.number(2 if head == 0xDE else 4), _msgpack, depth)
    raise _NotPackedError


def _cbor(walk: _Walk, depth: int) -> object:
    head = walk.number(1)
    kind, low = head >> 5, head & 31
    if low > 27 or (kind == 7 and low < 20):
        raise _NotPackedError  # lengths that nobody told are not read
    if kind == 7:
        return _cbor_simple(walk, low)
    size = low if low < 24 else walk.number(1 << (low - 24))
    if kind < 2:
        return size if kind == 0 else -1 - size
    if kind == 2:
        walk.take(size)
        return None
    if kind == 3:
        return walk.take(size).decode()
    if kind == 4:
        return walk.many(size, _cbor, depth)
    if kind == 5:
        return walk.pairs(size, _cbor, depth)
    if depth >= DEEPEST:
        raise _NotPackedError
    return _cbor(walk, depth + 1)


def _cbor_simple(walk: _Walk, low: int) -> object:
    if low in (25, 26, 27):
        size = 1 << (low - 24)
        return struct.unpack(_FLOATS[size], walk.take(size))[0]
    if low == 24:
        walk.take(1)
        return None
    return {20: False, 21: True}.get(low)

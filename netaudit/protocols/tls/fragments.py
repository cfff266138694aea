"""Bytes that come in pieces with their place in front: CRYPTO frames of QUIC, fragments of DTLS handshakes.

Numbers and vectors of the TLS presentation language (RFC 8446, 3), read from hostile bytes.
"""

from __future__ import annotations

import struct

MOST_PIECES = 512  # pieces that wait for what belongs before them


class Fragments:
    """Puts pieces in order. Of bytes that come twice those that were in order first are kept.

    Args:
        limit: offset at which nothing is taken any more.

    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.ready = bytearray()  # in order, not taken yet
        self.base = 0  # offset of ready[0]
        self.waiting: dict[int, bytes] = {}  # by offset, none of them at or before the end of `ready`

    def add(self, offset: int, data: bytes) -> bool:
        """Take a piece; whether it brought anything new. Pieces beyond the limits are dropped."""
        end = self.base + len(self.ready)
        data = data[: max(0, self.limit - offset)]
        if offset + len(data) <= end:
            return False
        if offset > end:
            known = self.waiting.get(offset, b"")
            if len(data) <= len(known) or (not known and len(self.waiting) >= MOST_PIECES):
                return False
            self.waiting[offset] = known + data[len(known) :]
            return True
        self.ready += data[end - offset :]
        self._join()
        return True

    def _join(self) -> None:
        """Move what has become contiguous from `waiting` to `ready`."""
        for offset in sorted(self.waiting):
            end = self.base + len(self.ready)
            if offset > end:
                break
            self.ready += self.waiting.pop(offset)[end - offset :]

    def read(self, size: int) -> bytes:
        """Take `size` bytes that are ready off the front."""
        taken = bytes(self.ready[:size])
        del self.ready[:size]
        self.base += len(taken)
        return taken

    @property
    def empty(self) -> bool:
        """Whether nothing is held."""
        return not self.ready and not self.waiting


class Cursor:
    """Reads in order. Short input gives zeros and what is left of a vector, and sets `short`."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.short = False

    def read(self, size: int) -> bytes:
        """The next `size` bytes."""
        start, self.at = self.at, self.at + size
        if self.at > len(self.data):
            self.short = True
        return self.data[start : self.at]

    def number(self, size: int) -> int:
        """The next number of `size` bytes, the most significant one first."""
        return int.from_bytes(self.read(size), "big")

    def vector(self, size: int) -> bytes:
        """The next vector, whose length stands in front of it in `size` bytes."""
        return self.read(self.number(size))

    @property
    def left(self) -> bool:
        """Whether bytes are left."""
        return self.at < len(self.data)


# numbers that clients strew in to keep servers tolerant (RFC 8701, 2)
GREASE = frozenset(0x0A0A + 0x1010 * i for i in range(16))


def numbers(data: bytes) -> tuple[int, ...]:
    """All numbers of two bytes in `data`; a single byte at its end is left out."""
    count = len(data) // 2
    return struct.unpack(f">{count}H", data[: 2 * count])

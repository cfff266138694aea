"""Numbers and vectors of the TLS presentation language (RFC 8446, 3), read from hostile bytes."""

from __future__ import annotations

import struct


class Cursor:
    """Reads in order. Short input gives zeros and what is left of a vector, and sets `short`."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.short = False

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        start, self.at = self.at, self.at + size
        if self.at > len(self.data):
            self.short = True
        return self.data[start : self.at]

    def number(self, size: int) -> int:
        """The next number of `size` bytes, the most significant one first."""
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> bytes:
        """The next vector, whose length stands in front of it in `size` bytes."""
        return self.take(self.number(size))

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

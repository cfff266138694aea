"""What bytes say in writings that frames of nobody's protocol use: hexadecimal, zlib behind a head, pairs turned.

Registers of two bytes (Modbus) are sent in either order.
"""

from __future__ import annotations

import re
import zlib
from binascii import unhexlify
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 16  # words, and beginnings of zlib, that are tried
LARGEST = 1 << 16  # bytes that are looked at, and that each becomes
_WORD = re.compile(rb"(?:[0-9A-Fa-f]{2}){18,}")
_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")  # RFC 1950, 2.2
_DIGITS = re.compile(rb"[0-9]{16}")


def renderings(data: bytes) -> Iterator[tuple[str, bytes]]:
    """(the writing, what it says then) of at most LARGEST bytes."""
    data = data[:LARGEST]
    for word in islice(_WORD.finditer(data), MOST):
        yield "hex", unhexlify(word[0])
    for found in islice(_ZLIB.finditer(data), MOST):
        try:
            yield "compressed", zlib.decompressobj().decompress(data[found.start() :], LARGEST)
        except zlib.error:
            continue
    if _DIGITS.search(data) is not None:
        for first in (0, 1):
            turned = bytearray(data[first : first + (len(data) - first) // 2 * 2])
            turned[::2], turned[1::2] = turned[1::2], turned[::2]
            yield "pairs turned", bytes(turned)

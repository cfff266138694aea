"""Looking for magic numbers in bytes that no reader understands: one vectorised pass instead of eight searches."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netaudit.jit import kernel

BLOCK = 256  # bytes tested at once; only blocks with a likely pair are looked at byte by byte


@kernel
def next_image_mark(data: npt.NDArray[np.uint8], start: int) -> int:
    """Index of the next place at or after `start` where an image may begin, -1 for none.

    Takes: FF D8 FF, 89 'PNG', 'GIF8', 'RIFF', 'BM', and base64 of JPEG ('/9j/') and PNG ('iVBO').
    A place counts only with its first four bytes in `data` (read-only uint8).
    """
    last = data.size - 3  # one past the last index with four bytes
    at = max(start, 0)
    while at < last:
        stop = min(at + BLOCK, last)
        hits = 0
        for i in range(at, stop):
            a = data[i]
            b = data[i + 1]
            hits |= (
                ((a == 0xFF) & (b == 0xD8))
                | ((a == 0x89) & (b == 0x50))
                | ((a == 0x47) & (b == 0x49))
                | ((a == 0x52) & (b == 0x49))
                | ((a == 0x42) & (b == 0x4D))
                | ((a == 0x2F) & (b == 0x39))
                | ((a == 0x69) & (b == 0x56))
            )
        if hits:
            for i in range(at, stop):
                a = data[i]
                b = data[i + 1]
                c = data[i + 2]
                d = data[i + 3]
                if (
                    (a == 0xFF and b == 0xD8 and c == 0xFF)
                    or (a == 0x89 and b == 0x50 and c == 0x4E and d == 0x47)
                    or (a == 0x47 and b == 0x49 and c == 0x46 and d == 0x38)
                    or (a == 0x52 and b == 0x49 and c == 0x46 and d == 0x46)
                    or (a == 0x42 and b == 0x4D)
                    or (a == 0x2F and b == 0x39 and c == 0x6A and d == 0x2F)
                    or (a == 0x69 and b == 0x56 and c == 0x42 and d == 0x4F)
                ):
                    return i
        at = stop
    return -1


@kernel
def next_http_mark(data: npt.NDArray[np.uint8], start: int) -> int:
    """Index of the next "HTTP/1." at or after `start` that lies wholly in `data` (read-only uint8), -1 for none."""
    last = data.size - 6
    at = max(start, 0)
    while at < last:
        stop = min(at + BLOCK, last)
        hits = 0
        for i in range(at, stop):
            hits |= (data[i] == 0x48) & (data[i + 1] == 0x54) & (data[i + 2] == 0x54)
        if hits:
            for i in range(at, stop):
                if (
                    data[i] == 0x48
                    and data[i + 1] == 0x54
                    and data[i + 2] == 0x54
                    and data[i + 3] == 0x50
                    and data[i + 4] == 0x2F
                    and data[i + 5] == 0x31
                    and data[i + 6] == 0x2E
                ):
                    return i
        at = stop
    return -1

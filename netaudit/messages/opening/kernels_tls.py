"""A kernel that cuts records of TLS out of bytes (RFC 8446, 5.1)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netaudit.ground.jit import lean_kernel

HEAD = 5
LONGEST = (1 << 14) + 2048  # bytes of a fragment


@lean_kernel
def cut_records(data: npt.NDArray[np.uint8], at: int, kind: int, places: npt.NDArray[np.int64]) -> int:
    """Find the records from a place on, as long as they are whole, sound and of one kind; how many.

    Args:
        data: the bytes.
        at: where the first one begins.
        kind: its first byte.
        places: to fill, shape (2, n): where each begins and ends. No more than fit are told.

    """
    for count in range(places.shape[1]):
        if at + HEAD > data.size or data[at] != kind or data[at + 1] != 3 or data[at + 2] > 4:
            return count
        size = np.int64(data[at + 3]) << 8 | np.int64(data[at + 4])
        if size > LONGEST or at + HEAD + size > data.size:
            return count
        places[0, count], places[1, count] = at, at + HEAD + size
        at = places[1, count]
    return int(places.shape[1])

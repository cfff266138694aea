"""Kernel that lists the sets of images whose sizes together come near the size of a unit."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import kernel

I8 = npt.NDArray[np.int64]


@kernel
def sets_near(sizes: I8, size: int, bounds: tuple[int, int, int, int], most: int, work: int, out: I8) -> int:
    """Sets of images whose sum leaves no more of a unit than a form may add.

    Args:
        sizes: bytes of each image with all that goes with it, positive, falling, 62 at most.
        size: bytes of the unit.
        bounds: what may be left of it at least, and more for each image; at most, and more for each image.
        most: images in a set.
        work: sums tried, at most.
        out: bits of the sets; filled as far as there is room.

    Returns:
        How many there are; -1 where `out` is too small or there is too much work.

    """
    used, tried, depth, left = 0, 0, 0, size
    low, low_each, high, high_each = bounds
    chosen = np.zeros(most + 1, np.int64)  # index of the image at each depth
    begin = 0
    while True:
        place = begin
        if depth < most:
            while place < sizes.size and left - sizes[place] < low + low_each * most:
                place += 1
        if depth < most and place < sizes.size and left - sizes[place] * (most - depth) <= high + high_each * most:
            tried += 1
            if tried > work:
                return -1
            chosen[depth] = place
            left -= sizes[place]
            depth += 1
            if low + low_each * depth <= left <= high + high_each * depth:
                if used == out.size:
                    return -1
                bits = 0
                for k in range(depth):
                    bits |= 1 << chosen[k]
                out[used] = bits
                used += 1
            begin = place + 1
        else:  # nothing more at this depth: sizes fall, so smaller ones leave more still
            if depth == 0:
                return used
            depth -= 1
            left += sizes[chosen[depth]]
            begin = chosen[depth] + 1

"""Kernel for captures of two places: constant overhead and difference of clocks are looked for together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netaudit.ground.jit import kernel

I8 = npt.NDArray[np.int64]


@kernel
def common(over: I8, apart: I8, image: I8, unit: I8, seen: I8, width: int, spread: int) -> tuple[int, int, int]:
    """Most images, with as many units, that one overhead and one difference of times explain.

    Args:
        over: bytes of each pair's unit beyond its image, in order.
        apart: ns from the image to the unit.
        image: number of the image's size.
        unit: index of the unit.
        seen: int64, shape (2, images or units); scratch.
        width: bytes within which overheads of a form lie.
        spread: ns within which delays lie.

    Returns:
        The count, the least overhead and the least difference of times.

    """
    best, overhead, least = 0, 0, 0
    stamp = 0
    end = 0
    seen[:, :] = -1
    for first in range(over.size):
        end = max(end, first)
        while end < over.size and over[end] < over[first] + width:
            end += 1
        if end - first <= best:
            continue
        for anchor in range(first, end):
            stamp += 1
            images, units = 0, 0
            for k in range(first, end):
                if 0 <= apart[k] - apart[anchor] <= spread:
                    if seen[0, image[k]] != stamp:
                        seen[0, image[k]] = stamp
                        images += 1
                    if seen[1, unit[k]] != stamp:
                        seen[1, unit[k]] = stamp
                        units += 1
            if min(images, units) > best:
                best, overhead, least = min(images, units), over[first], apart[anchor]
    return best, overhead, least

"""Kernels for captures of two places: constant overhead and difference of clocks are looked for together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netaudit.findings.correlation.kernels_pairs import MOST_OVERHEAD
from netaudit.jit.decorators import kernel

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


@kernel
def by_overhead(arrived: I8, sizes: I8, groups: I8, sent: I8, plain: I8, apart: int, starts: I8, out: I8) -> int:
    """Pairs of image and unit that may be near each other, by bytes of the unit beyond its image.

    Args:
        arrived: when each image had come, ns.
        sizes: bytes of each as it would be sent.
        groups: number of each size.
        sent: beginning of each unit, ns.
        plain: bytes of its plaintext.
        apart: ns that times may differ.
        starts: int64, MOST_OVERHEAD + 1; scratch.
        out: int64, shape (4, images * units): overhead, ns from image to unit, number of the image's size, unit.

    Returns:
        How many there are.

    """
    starts[:] = 0
    for filling in range(2):  # counted first, then each to its place
        for i in range(sizes.size):
            for j in range(sent.size):
                over, later = plain[j] - sizes[i], sent[j] - arrived[i]
                if over < 0 or over >= MOST_OVERHEAD or abs(later) > apart:
                    continue
                if filling:
                    place = starts[over]
                    out[0, place], out[1, place], out[2, place], out[3, place] = over, later, groups[i], j
                    starts[over] += 1
                else:
                    starts[over + 1] += 1
        if not filling:
            for over in range(MOST_OVERHEAD):
                starts[over + 1] += starts[over]
    return int(starts[MOST_OVERHEAD])


@kernel
def commons(
    arrived: I8,
    sizes: I8,
    groups: I8,
    sent: I8,
    plain: I8,
    apart: int,
    form: tuple[int, int],
    orders: I8,
    found: I8,
) -> None:
    """What images have in common with units, which have each other's sizes.

    Args:
        arrived: as in `by_overhead`, and so are the arguments up to `apart`.
        sizes: see there.
        groups: see there.
        sent: see there.
        plain: see there.
        apart: see there.
        form: width and spread as `common` takes them.
        orders: whose size each image has, shape (draws, images).
        found: filled with what `common` returns, shape (draws, 3).

    """
    seen = np.empty((2, max(sizes.size, sent.size)), np.int64)
    starts, out = np.empty(MOST_OVERHEAD + 1, np.int64), np.empty((4, sizes.size * sent.size), np.int64)
    dealt, numbers = np.empty_like(sizes), np.empty_like(groups)
    for k in range(orders.shape[0]):
        for i in range(sizes.size):
            dealt[i], numbers[i] = sizes[orders[k, i]], groups[orders[k, i]]
        near = out[:, : by_overhead(arrived, dealt, numbers, sent, plain, apart, starts, out)]
        found[k, 0], found[k, 1], found[k, 2] = common(near[0], near[1], near[2], near[3], seen, form[0], form[1])

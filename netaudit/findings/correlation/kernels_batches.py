"""Kernels for units that carry several images: lines of overhead, as found and by chance.

Kernel that lists the sets of images whose sizes together come near the size of a unit.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netaudit.findings.correlation.kernels_pairs import first_behind
from netaudit.jit.decorators import kernel

I4 = npt.NDArray[np.int32]
I8 = npt.NDArray[np.int64]

LEAST_EACH, STEP, STEPS = 24, 4, 128  # bytes of overhead for each image: 24, 28 … 532
PREFACE = 240  # bytes that the first unit of a connection may have beside: preface and settings of HTTP/2, full heads
CELL, CELLS = 8, 256  # bytes of constant overhead: 0 … 2,048
LEFT = 4  # images at hand that a unit may leave behind
LONGEST = 64  # images in a unit
SLACK, SLACK_EACH = 8, 4  # bytes by which a unit may be off its line, and for each image
SEVERAL = 2  # images in a unit that helps to find a line
COMBINED = 3  # units in a row that may be one request


@kernel
def line(begins: I8, at_hand: I8, oldest: I8, totals: I8, cells: I4, touched: I4) -> tuple[int, int, int, int]:
    """Overhead for each image and constant that explain most units as runs of several images at hand.

    A run goes in one unit, and runs follow each other as units do: where many units are sent while hardly an image
    comes, they all meet the same few runs, and whatever fits one of these would count again and again.

    Args:
        begins: plaintext, shape (units, COMBINED): of a unit alone, with the next, with the next two; 0: none.
        at_hand: how many images had come when each unit began.
        oldest: index of the first image that is not too old for it.
        totals: running sum of the images' sizes, one more than images.
        cells: int32, shape (STEPS * CELLS, 4): units explained, first unit and first image that are free, runs that
            begin where the one before ends; 0 units explained in all of them before and behind, else scratch.
        touched: int32, as many as cells; scratch.

    Returns:
        Units explained, of these the ones whose run begins where the one before ends, overhead for each image,
        constant (bytes).

    """
    met = 0
    for j in range(begins.shape[0]):
        for b in range(max(at_hand[j] - LEFT, 0), at_hand[j] + 1):  # what ends first leaves most to others
            for c in range(COMBINED):
                if begins[j, c] == 0:
                    continue
                for a in range(b - SEVERAL, max(oldest[j], b - LONGEST) - 1, -1):
                    k, over = b - a, begins[j, c] - (totals[b] - totals[a])
                    if over < 0:
                        break
                    slack = SLACK + SLACK_EACH * k
                    if over > CELL * CELLS + (LEAST_EACH + STEP * STEPS) * k:
                        continue
                    most = ((over + slack) // k - LEAST_EACH) // STEP
                    least = -((LEAST_EACH - 1 - (over - slack - CELL * CELLS) // k) // STEP)
                    for m in range(max(least, 0), min(most, STEPS - 1) + 1):
                        rest = over - (LEAST_EACH + STEP * m) * k
                        first, last = max(rest - slack, 0) // CELL, min(rest + slack, CELL * CELLS - 1) // CELL
                        for at in range(m * CELLS + first, m * CELLS + last + 1):
                            if cells[at, 0] == 0:
                                cells[at, 0], cells[at, 1], cells[at, 2], cells[at, 3] = 1, j + c + 1, b, 0
                                touched[met] = at
                                met += 1
                            elif cells[at, 1] <= j and cells[at, 2] <= a:
                                cells[at, 3] += cells[at, 2] == a
                                cells[at, 0] += 1
                                cells[at, 1], cells[at, 2] = j + c + 1, b
    count, following, place = 0, 0, 0
    for at in touched[:met]:  # of equally good ones the first
        ahead = cells[at, 0] + cells[at, 3] - count - following
        if ahead > 0 or (ahead == 0 and at < place):
            count, following, place = cells[at, 0], cells[at, 3], at
        cells[at, 0] = 0
    return count, following, LEAST_EACH + place // CELLS * STEP, place % CELLS * CELL + CELL // 2


@kernel
def lines(
    begins: I8,
    moments: I8,
    waits: tuple[int, int],
    arrived: I8,
    sizes: I8,
    shifts: I8,
    span: tuple[int, int],
    found: I8,
) -> None:
    """Lines of images with such sizes, whose times are shifted in a circle.

    Args:
        begins: as in `line`.
        moments: beginning of each unit, ns.
        waits: ns before an image has come at which it is at hand, and behind until when it is.
        arrived: when each image had come, ns, in order and within `span`.
        sizes: bytes of each image as it would be sent, shape (draws, images).
        shifts: ns, less than the span is long, for each draw.
        span: ns, between which times go in a circle.
        found: filled with what `line` returns, shape (draws, 4).

    """
    cells, touched = np.zeros((STEPS * CELLS, 4), np.int32), np.empty(STEPS * CELLS, np.int32)
    at_hand, oldest = np.empty_like(moments), np.empty_like(moments)
    count = arrived.size
    moved, totals = np.empty_like(arrived), np.zeros(count + 1, np.int64)
    for k in range(shifts.size):
        cut = first_behind(arrived, span[1] - shifts[k])  # from there they come round, to the beginning
        for place in range(count):
            i = (cut + place) % count
            moved[place] = arrived[i] + shifts[k] - (span[1] - span[0] if i >= cut else 0)
            totals[place + 1] = totals[place] + sizes[k, i]
        for j in range(moments.size):
            at_hand[j] = first_behind(moved, moments[j] + waits[0] + 1)
            oldest[j] = first_behind(moved, moments[j] - waits[1])
        found[k, 0], found[k, 1], found[k, 2], found[k, 3] = line(begins, at_hand, oldest, totals, cells, touched)


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

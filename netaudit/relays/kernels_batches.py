"""Kernel for units that carry several images: lines of overhead."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netaudit.ground.jit import kernel

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
def line(begins: I8, at_hand: I8, oldest: I8, totals: I8, work: I8) -> tuple[int, int, int, int]:
    """Overhead for each image and constant that explain most units as runs of several images at hand.

    A run goes in one unit, and runs follow each other as units do: where many units are sent while hardly an image
    comes, they all meet the same few runs, and whatever fits one of these would count again and again.

    Args:
        begins: plaintext, shape (units, COMBINED): of a unit alone, with the next, with the next two; 0: none.
        at_hand: how many images had come when each unit began.
        oldest: index of the first image that is not too old for it.
        totals: running sum of the images' sizes, one more than images.
        work: int64, shape (5, STEPS, CELLS): units explained, the last one, first unit and first image that are free,
            runs that begin where the one before ends; scratch.

    Returns:
        Units explained, of these the ones whose run begins where the one before ends, overhead for each image,
        constant (bytes).

    """
    work[:, :, :] = 0
    work[1, :, :] = -1
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
                    for m in range(STEPS):
                        rest = over - (LEAST_EACH + STEP * m) * k
                        if rest + slack < 0 or rest - slack >= CELL * CELLS:
                            continue
                        first, last = max(rest - slack, 0) // CELL, min(rest + slack, CELL * CELLS - 1) // CELL
                        for cell in range(first, last + 1):
                            if work[1, m, cell] != j and work[2, m, cell] <= j and work[3, m, cell] <= a:
                                work[4, m, cell] += work[0, m, cell] > 0 and work[3, m, cell] == a
                                work[0, m, cell] += 1
                                work[1, m, cell], work[2, m, cell], work[3, m, cell] = j, j + c + 1, b
    best, step, place = 0, 0, 0
    for m in range(STEPS):
        for cell in range(CELLS):
            if work[0, m, cell] + work[4, m, cell] > best:
                best, step, place = work[0, m, cell] + work[4, m, cell], m, cell
    return work[0, step, place], work[4, step, place], LEAST_EACH + step * STEP, place * CELL + CELL // 2

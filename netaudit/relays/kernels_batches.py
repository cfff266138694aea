"""Kernels for units that carry several images: lines of overhead, and the chain of runs through units and images."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netaudit.ground.jit import kernel

I8 = npt.NDArray[np.int64]
F8 = npt.NDArray[np.float64]
U1 = npt.NDArray[np.uint8]

LEAST_EACH, STEP, STEPS = 24, 4, 128  # bytes of overhead for each image: 24, 28 … 532
PREFACE = 240  # bytes that the first unit of a connection may have beside: preface and settings of HTTP/2, full heads
CELL, CELLS = 8, 256  # bytes of constant overhead: 0 … 2,048
LEFT = 4  # images at hand that a unit may leave behind
LONGEST = 64  # images in a unit
SLACK, SLACK_EACH = 8, 4  # bytes by which a unit may be off its line, and for each image
SEVERAL = 2  # images in a unit that helps to find a line
AT_LARGE = 3  # images in a unit whose overhead need not be on a known line
NEVER = -1e300  # logarithm of nothing
LEAST_TOLD = 1e-3
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


@kernel
def fitness(over: int, k: int, lines: I8, opens: bool, large: bool) -> float:  # noqa: FBT001
    """Density of an overhead of `over` bytes in a unit of k images: near a line, or plausible at large.

    The latter is looked at where the unit is larger than any single image. A line is overhead for each image, constant,
    slack, slack for each image more, and most images that it holds for.
    """
    density = 0.0
    if large and k >= AT_LARGE and 60 + 20 * k <= over <= 1500 + 420 * k:
        density = 0.2 / (1441.0 + 400 * k)
    for index in range(lines.shape[0]):
        if k > lines[index, 4]:
            continue
        slack = lines[index, 2] + lines[index, 3] * (k - 1)
        beyond = over - lines[index, 0] * k - lines[index, 1]
        share = 0.8 / lines.shape[0]
        if abs(beyond) <= slack:
            density += share * (0.6 if opens else 1.0) / (2.0 * slack + 1)
        if opens and 0 < beyond <= PREFACE:
            density += share * 0.4 / PREFACE
    return density


@kernel
def unrelated(size: int) -> float:
    """Density of the size of a unit that has nothing to do with images: uniform in its logarithm, over four decades."""
    return 1.0 / (9.2 * max(size, 1))


@kernel
def weigh(
    begins: I8,
    at_hand: I8,
    oldest: I8,
    totals: I8,
    lines: I8,
    opens: U1,
    related: float,
    place: tuple[int, int, int, int, int],
) -> float:
    """How much likelier it is that units carry a run of images than that they have nothing to do with them.

    `place`: unit, how many more with it, images settled before, first image, image behind the last.
    """
    j, more, settled, a, b = place
    k = b - a
    density = fitness(begins[j, more] - (totals[b] - totals[a]), k, lines, opens[j] & 1 != 0, opens[j] & 2 != 0)
    if density == 0.0:
        return 0.0
    waiting, left = max(settled, oldest[j]), at_hand[j] - b
    weight = related * density * (0.8 if a == waiting else 0.2 / max(at_hand[j] - waiting, 1)) * 0.6 * 0.4**left
    weight *= 1.0 if more == 0 else 0.05
    for unit in range(j, j + more + 1):
        weight /= unrelated(begins[unit, 0]) * (1 - related)
    for _ in range(more):  # where a request is cut tells nothing: anywhere in it
        weight /= begins[j, more]
    return weight  # type: ignore[no-any-return]


@kernel
def log_sum(first: float, second: float) -> float:
    """Logarithm of the sum of two numbers given by their logarithms."""
    high, low = max(first, second), min(first, second)
    return high if high == NEVER else high + np.log1p(np.exp(low - high))


@kernel
def chain(
    begins: I8, at_hand: I8, oldest: I8, totals: I8, lines: I8, opens: U1, related: float, out: F8
) -> tuple[int, float]:
    """Probabilities that units carry runs of images, by forward and backward sums over all chains of runs in order.

    Args:
        begins: as in `line`, and so are the arguments up to `totals`.
        at_hand: see there.
        oldest: see there.
        totals: see there.
        lines: as `fitness` has them, shape (lines, 5).
        opens: of each unit, 1: it is the first of its connection; 2: it is larger than any single image; 3: both.
        related: share of units taken to carry images before their sizes are looked at.
        out: rows of unit, units beside it, first image, image behind the last, probability; filled. A run may come
            several times.

    Returns:
        Rows of `out` that are used; logarithm of the evidence, above that of no image in any unit.

    """
    units, images = begins.shape[0], totals.size - 1
    forward = np.full((units + 1, images + 1), NEVER)
    backward = np.full((units + 1, images + 1), NEVER)
    forward[0, 0] = 0.0
    backward[units, :] = 0.0
    used, everything = 0, NEVER
    for sweep in range(3):
        for step in range(units):
            j = units - 1 - step if sweep == 1 else step
            for settled in range(images + 1):
                if sweep != 1 and forward[j, settled] == NEVER:
                    continue
                if sweep == 0:
                    forward[j + 1, settled] = log_sum(forward[j + 1, settled], forward[j, settled])
                elif sweep == 1:
                    backward[j, settled] = log_sum(backward[j, settled], backward[j + 1, settled])
                begin = max(settled, oldest[j])
                for a in range(begin, at_hand[j]):
                    if begin < a < at_hand[j] - LONGEST:
                        continue
                    for b in range(max(a + 1, at_hand[j] - LEFT), min(at_hand[j], a + LONGEST) + 1):
                        for more in range(COMBINED):
                            if begins[j, more] == 0:
                                break
                            weight = weigh(
                                begins, at_hand, oldest, totals, lines, opens, related, (j, more, settled, a, b)
                            )
                            if weight == 0.0:
                                continue
                            weight = np.log(weight)
                            after = j + 1 + more
                            if sweep == 0:
                                forward[after, b] = log_sum(forward[after, b], forward[j, settled] + weight)
                            elif sweep == 1:
                                backward[j, settled] = log_sum(backward[j, settled], backward[after, b] + weight)
                            else:
                                probability = np.exp(forward[j, settled] + weight + backward[after, b] - everything)
                                if probability > LEAST_TOLD and used < out.shape[0]:
                                    out[used, 0], out[used, 1], out[used, 2] = j, more, a
                                    out[used, 3], out[used, 4] = b, probability
                                    used += 1
        if sweep == 0:
            for settled in range(images + 1):
                everything = log_sum(everything, forward[units, settled])
    return used, everything

"""Kernel for images that were encoded anew: how well the ratios of sizes of pairs close in time go together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import kernel

I8 = npt.NDArray[np.int64]
F8 = npt.NDArray[np.float64]

CELLS = 300  # classes of the logarithm of the ratio
DELAYS = 24  # classes of delay within the window
REACH = 6  # classes over which a ratio is spread
PRIOR = 1.0  # pairs that the laws are worth before any was seen
STEPS = 6
ROUNDS = 8
LEAST_SHARE = 0.02


@kernel
def blur(counts: F8, weights: F8, out: F8) -> None:
    """Spread counts over the neighbouring classes."""
    reach = weights.size // 2
    out[:] = 0.0
    for k in range(counts.size):
        if counts[k] > 0.0:
            for step in range(-reach, reach + 1):
                if 0 <= k + step < counts.size:
                    out[k + step] += counts[k] * weights[step + reach]


@kernel
def marginals(image: I8, unit: I8, weight: F8, sums: tuple[F8, F8], messages: tuple[F8, F8], probability: F8) -> None:
    """Probability of each pair, where each image and each unit is in one pair at most (belief propagation).

    `weight`: how much likelier each is than that its image is in none; `sums`: scratch, of as many as images, and
    units; `messages`: how free the image, and the unit, of each pair is beside it, as far as known; brought forward.
    """
    of_image, of_unit = sums
    from_image, from_unit = messages
    for _ in range(ROUNDS):
        of_image[:] = 0.0
        for k in range(image.size):
            of_image[image[k]] += weight[k] * from_unit[k]
        for k in range(image.size):
            rivals = max(of_image[image[k]] - weight[k] * from_unit[k], 0.0)
            from_image[k] = 0.5 * from_image[k] + 0.5 / (1.0 + rivals)
        of_unit[:] = 0.0
        for k in range(image.size):
            of_unit[unit[k]] += weight[k] * from_image[k]
        for k in range(image.size):
            rivals = max(of_unit[unit[k]] - weight[k] * from_image[k], 0.0)
            from_unit[k] = 0.5 * from_unit[k] + 0.5 / (1.0 + rivals)
    for k in range(image.size):
        both = weight[k] * from_image[k] * from_unit[k]
        probability[k] = both / (1.0 + both)


@kernel
def explain(
    image: I8,
    unit: I8,
    cell: I8,
    delay: I8,
    base: F8,
    spread: tuple[F8, F8],
    images: int,
    units: int,
    weight: F8,
) -> float:
    """How much better the sizes are explained by pairs than without.

    Args:
        image: index of the image of each pair close in time.
        unit: index of its unit.
        cell: class of the ratio of their sizes.
        delay: class of their delay.
        base: density of each class of ratio among all images and all units.
        spread: weights by which a ratio, and a delay, is spread over the neighbouring classes.
        images: how many images there are.
        units: how many units there are.
        weight: how much likelier each pair is than that its image is in none; filled.

    Returns:
        Natural logarithm of the gain in likelihood by what the ratios have in common.

    """
    n = image.size
    each = max(n / images, 1e-9)
    probability = np.full(n, min(0.5, 0.5 / each))
    share = 0.5
    counts, alike = np.zeros(CELLS), np.zeros(CELLS)
    delays, soon = np.zeros(DELAYS), np.zeros(DELAYS)
    better = np.ones(n)
    sums, messages = (np.zeros(images), np.zeros(units)), (np.ones(n), np.ones(n))
    for _ in range(STEPS):
        counts[:] = 0.0
        delays[:] = 0.0
        total = 0.0
        for k in range(n):
            counts[cell[k]] += probability[k]
            delays[delay[k]] += probability[k]
            total += probability[k]
        blur(counts, spread[0], alike)
        blur(delays, spread[1], soon)
        others = max(1 - total / units, LEAST_SHARE)
        odds = share / (1 - share)
        for k in range(n):  # no pair is evidence for itself
            rest = max(total - probability[k], 0.0) + PRIOR
            ratio = max(alike[cell[k]] - spread[0][spread[0].size // 2] * probability[k], 0.0)
            when = max(soon[delay[k]] - spread[1][spread[1].size // 2] * probability[k], 0.0)
            better[k] = (ratio + PRIOR * base[cell[k]]) / rest / base[cell[k]]
            weight[k] = odds * better[k] * (when + PRIOR / DELAYS) / rest * DELAYS / (each * others)
        marginals(image, unit, weight, sums, messages, probability)
        total = 0.0
        for k in range(n):
            total += probability[k]
        share = min(max(total / images, LEAST_SHARE), 1 - LEAST_SHARE)
    gain = 0.0
    for k in range(n):
        gain += probability[k] * np.log(better[k])
    return gain

"""Images that were encoded anew before they were sent on: sizes differ, but go together with those of the originals.

Per pair of image and unit close in time, the ratio of their sizes is looked at. Where images are sent on, these ratios
are more alike (one or several clusters: makes of cameras) than those of pairs that have nothing to do with each other.
Two things are put beside it, each with the whole search done again: the same times with the sizes of the images dealt
anew, and the same images with their times shifted. That units follow images in time is by itself no evidence: somebody
may photograph papers whenever a visitor comes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from netaudit.findings.correlation.assignment import of_pairs
from netaudit.findings.correlation.forms import SECOND, leads
from netaudit.findings.correlation.kernels_ratios import CELLS, DELAYS, REACH, explain
from netaudit.findings.correlation.likelihood import SPREAD
from netaudit.findings.correlation.nulls import Chance, by_draws
from netaudit.findings.correlation.pair_probabilities import near_pairs

if TYPE_CHECKING:
    from netaudit.findings.correlation.series import F8, I8, Images, Units

WINDOWS_S = (3, 12)
LEAST = 12  # images, and units
DRAWS = (4, 16, 80, 100)  # no odds are told
MOST = 600  # of either in one test
CELL, LEAST_RATIO = 0.02, -4.0  # width and beginning of the classes of the logarithm of the ratio of sizes
BLUR = np.exp(-0.5 * (np.arange(-REACH, REACH + 1) / 2.0) ** 2)
BLUR /= BLUR.sum()


@dataclass(slots=True)
class Reencoded:
    """What the search found: how much better the pairs explain the sizes, and its chance under both nulls."""

    window_s: int
    gain: float  # natural logarithm
    dealt: Chance
    shifted: Chance
    likely: int  # pairs that go together, by their probabilities

    @property
    def p(self) -> float:
        """Chance under the null that is harder to beat."""
        return max(self.dealt.p, self.shifted.p)


@dataclass(slots=True)
class _Near:
    image: I8
    unit: I8
    delay: I8  # class


def search(
    images: Images, units: Units, window_s: int, span: tuple[int, int], random: np.random.Generator
) -> Reencoded | None:
    """Look for images encoded anew; None where there is too little to tell."""
    if min(len(images), len(units)) < LEAST or max(len(images), len(units)) > MOST:
        return None
    sizes = np.log(images.size.astype(float))
    sent = np.log(np.maximum((units.low + units.high) // 2, 1).astype(float))
    near = _near(images.last, leads(images), units.first, window_s)
    if near.image.size < LEAST:
        return None
    base = _base(sizes, sent)
    gain, weight = _explain(near, sizes, sent, base, len(images), len(units))

    def dealt() -> float:
        return _explain(near, random.permutation(sizes), sent, base, len(images), len(units))[0]

    def shifted() -> float:
        length, least = span[1] - span[0], (window_s + 1) * SECOND
        moved = span[0] + (images.last - span[0] + int(random.integers(least, length - least))) % length
        other = _near(moved, leads(images), units.first, window_s)
        return _explain(other, sizes, sent, base, len(images), len(units))[0]

    chances = [by_draws(gain, lambda draws: np.array([dealt() for _ in range(draws)]), DRAWS)]
    if not chances[0].exceeded:
        chances.append(by_draws(gain, lambda draws: np.array([shifted() for _ in range(draws)]), DRAWS))
    likely = round(float(of_pairs(near.image, near.unit, weight).sum()))
    return Reencoded(window_s, gain, chances[0], chances[-1], likely)


def _near(arrived: I8, lead: I8, sent: I8, window_s: int) -> _Near:
    image, unit = near_pairs(arrived, lead, sent, window_s * SECOND)
    place = np.maximum(sent[unit] - arrived[image], 0) * DELAYS // (window_s * SECOND + 1)
    return _Near(image, unit, np.minimum(place, DELAYS - 1))


def _classes(ratio: F8) -> I8:
    return np.clip(((ratio - LEAST_RATIO) / CELL).astype(np.int64), 0, CELLS - 1)


def _base(sizes: F8, sent: F8) -> F8:
    """Density of the ratios of all images to all units, whenever they were."""
    ratios = (sent[None, :] - sizes[:, None]).ravel()
    counts = np.convolve(np.bincount(_classes(ratios), minlength=CELLS), BLUR, "same")
    return (counts + 1e-3 * ratios.size / CELLS) / (ratios.size * 1.001)


def _explain(near: _Near, sizes: F8, sent: F8, base: F8, images: int, units: int) -> tuple[float, F8]:
    """How much better the sizes are explained by pairs than without, and the weights of the pairs."""
    cell = _classes(sent[near.unit] - sizes[near.image])
    weight = np.zeros(near.image.size)
    gain = explain(near.image, near.unit, cell, near.delay, base, (BLUR, SPREAD), images, units, weight)
    return float(gain), weight

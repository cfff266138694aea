"""Which image went in which unit, once a constant overhead is believed: probabilities of single pairs.

A pair is weighed by how much likelier its overhead and delay are among images sent on than among unrelated units, whose
density is taken from the same sender, beside the peak. Pairs compete: an image goes in one unit, a unit carries one
image (`assignment.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from netaudit.relays.assignment import by_messages, of_pairs
from netaudit.relays.background_rate import Unrelated
from netaudit.relays.forms import SECOND, STRETCH, Form, leads, plaintext
from netaudit.relays.kernels_pairs import candidates
from netaudit.relays.likelihood import LEAST_OPENING, of_delay, of_opening, of_overhead, of_range

if TYPE_CHECKING:
    from netaudit.relays.series import Images, Units

I8 = npt.NDArray[np.int64]
F8 = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

BESIDE = 4096  # bytes at each side of the peak from which the density of unrelated pairs is taken
EDGE = 12  # bytes beyond the width that a single pair may be off
EDGE_SHARE = 6  # of a size's range, by which a pair may be off where that is more
LEAST_ALONE = 1e-3
LEAST_SHARE, MOST_SHARE = 0.02, (0.98, 0.995)  # of the images that is taken to be sent on: exact sizes, others
SURE = 0.95  # probability above which a pair is told as one
NOTHING: tuple[I8, F8] = (np.empty(0, np.int64), np.empty(0))


@dataclass(slots=True)
class Pairs:
    """Candidate pairs, and how probable each is."""

    image: I8  # index
    unit: I8
    off: I8  # bytes by which the overhead is above the peak's (nearest end where the unit's size is a range)
    probability: F8

    def sure(self, least: float = SURE) -> Pairs:
        """The most probable pair of each image and unit, where it is sure enough."""
        order = np.argsort(-self.probability, kind="stable")
        order = order[self.probability[order] >= least]
        kept = order[_firsts(self.image[order]) & _firsts(self.unit[order])]
        return Pairs(self.image[kept], self.unit[kept], self.off[kept], self.probability[kept])

    def torn(self) -> I8:
        """Images that are in a pair, surely, but in which of several is not sure."""
        images = np.bincount(self.image, self.probability)
        return np.setdiff1d(np.flatnonzero(images >= SURE), self.image[self.probability >= SURE])


def _firsts(values: I8) -> Mask:
    first = np.zeros(values.size, bool)
    first[np.unique(values, return_index=True)[1]] = True
    return first


def near_pairs(arrived: I8, lead: I8, sent: I8, window: int) -> tuple[I8, I8]:
    """All pairs of image and unit in which the unit begins within the window."""
    begin = np.searchsorted(sent, arrived - lead, "left")
    end = np.maximum(np.searchsorted(sent, arrived + window, "right"), begin)
    sizes = end - begin
    image = np.repeat(np.arange(arrived.size), sizes)
    unit = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes) + np.repeat(begin, sizes)
    return image, unit


def pair(
    images: Images, units: Units, form: Form, overhead: int, by_chance: float = 0.0, known: tuple[I8, F8] = NOTHING
) -> Pairs:
    """Probabilities of the pairs that a form and its constant explain.

    `by_chance`: unrelated pairs to be expected at least, since the constant was chosen for having many; `known`: places
    and delays of such pairs that were believed before.
    """
    low, high = plaintext(units, form)
    sizes = form.sent(images.size)
    window = STRETCH * form.window
    series = (images.last, leads(images), sizes, units.first, low, high, window, (overhead, form.width))
    edge = (EDGE, EDGE_SHARE)  # where sizes are ranges, so is the constant
    out = np.empty((3, 0), np.int64)
    fitting, beside, close, widths = candidates(*series, edge, BESIDE, out)
    if fitting:
        out = np.empty((3, fitting), np.int64)
        candidates(*series, edge, BESIDE, out)
    image, unit, off = out
    crowd = Unrelated.of(images, units, low, high, sizes + overhead, form) if form.quic or (high > low).any() else None
    wide = widths / close if close else 1.0
    chance = (beside + 1) / (2 * BESIDE - wide) * wide  # unrelated pairs that fit, over all images and the window
    exact = low[unit] == high[unit]
    place = low[unit] - sizes[image] - overhead
    delay = (units.first[unit] - images.last[image]) / SECOND
    opens, usual = units.opens[unit], float(np.clip(units.opens.mean() if len(units) else 0.5, *LEAST_OPENING))
    weight = probability = np.full(image.size, 0.5)
    share = 0.5
    for _ in range(4):  # what is sent on has laws of overhead and delay of its own, learned with the pairs
        likelier = of_delay(delay, exact, window / SECOND, probability, known[1])
        likelier *= of_overhead(place, exact, form.width, wide, probability, known[0])
        likelier *= of_opening(opens, usual, probability)
        others = max(
            1 - probability.sum() / max(len(units), 1), 1 / max(len(units), 1)
        )  # units that carry none of these
        if crowd is None:
            expected = np.full(image.size, chance * others / max(len(images), 1))
        else:  # sizes are alike: more fit than sizes at large let expect
            likelier *= of_range(place - form.width + 1, high[unit] - sizes[image] - overhead, exact, probability)
            expected = crowd.expected(image, unit, exact, probability)
        ratio = share * likelier / np.maximum(expected, by_chance / max(len(images), 1))
        weight = ratio / max(1 - share, LEAST_ALONE)
        probability = by_messages(image, unit, weight)
        share = float(np.clip(probability.sum() / max(len(images), 1), LEAST_SHARE, MOST_SHARE[crowd is not None]))
    return Pairs(image, unit, off, of_pairs(image, unit, weight))

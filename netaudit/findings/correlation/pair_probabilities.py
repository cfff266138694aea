"""Which image went in which unit, once a constant overhead is believed: probabilities of single pairs.

A pair is weighed by how much likelier its overhead and delay are among images sent on than among unrelated units, whose
density is taken from the same sender, beside the peak. Pairs compete: an image goes in one unit, a unit carries one
image (`assignment.py`).

How many unrelated units each image is expected to fit, where sizes are not exact: by units that carry none.

Most units of an endpoint that receives images carry one, and have the sizes of images: to take them for what comes by
chance called images untold that were sent on. What carries nothing has sizes and times of its own. But a unit that fits
by chance is taken to carry, and is then missing here: so part of what is expected has the sizes of all units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from netaudit.findings.correlation.assignment import by_messages, of_pairs
from netaudit.findings.correlation.forms import SECOND, STRETCH, Form, leads, plaintext
from netaudit.findings.correlation.kernels_pairs import candidates
from netaudit.findings.correlation.likelihood import LEAST_OPENING, of_delay, of_opening, of_overhead, of_range

if TYPE_CHECKING:
    from netaudit.findings.correlation.series import Images, Units

AROUND = 4096  # bytes at each side within which sizes are taken to be as frequent
ALIKE = 0.1, 0.25  # of unrelated units are taken to have the sizes of all: exact sizes, ranges


@dataclass(frozen=True, slots=True)
class _Near:
    """Units whose range of sizes, widened at both sides, holds each image: places in order of both ends."""

    by_low: I8
    by_high: I8
    begin: I8
    end: I8

    @classmethod
    def of(cls, low: I8, high: I8, least: I8, most: I8) -> _Near:
        by_low, by_high = np.argsort(low, kind="stable"), np.argsort(high, kind="stable")
        end = np.searchsorted(low[by_low], most, "right")
        return cls(by_low, by_high, np.searchsorted(high[by_high], least, "left"), end)

    def sum(self, weight: F8) -> F8:
        """Sum over the units near each image."""
        below, beyond = (np.cumsum(np.r_[0.0, weight[order]]) for order in (self.by_low, self.by_high))
        near: F8 = below[self.end] - beyond[self.begin]
        return near


@dataclass(frozen=True, slots=True)
class Unrelated:
    """What may fit each image by its size, and what is close to it in time."""

    fitting: _Near
    around: _Near
    part: float  # of those around that fits on the mean
    every: F8  # share of all units that fits each image, whenever they were sent
    first: I8  # places of units close in time to each image: the first, and behind the last
    last: I8

    @classmethod
    def of(cls, images: Images, units: Units, low: I8, high: I8, least: I8, form: Form) -> Unrelated:
        """`least`: of each image the least bytes that it would have in a unit of this form."""
        edge, most = np.where(low == high, EDGE, 0), least + form.width - 1
        fitting = _Near.of(low - edge, high + edge, least, most)
        around = _Near.of(low - edge - AROUND, high + edge + AROUND, least, most)
        width = float((high - low + 2 * edge).mean()) + form.width if len(units) else 1.0
        part, ones = width / (width + 2 * AROUND), np.ones(len(units))
        every = np.maximum(np.maximum(fitting.sum(ones), around.sum(ones) * part), 1.0) / max(len(units), 1)
        first = np.searchsorted(units.first, images.last - leads(images), "left")
        last = np.searchsorted(units.first, images.last + STRETCH * form.window, "right")
        return cls(fitting, around, part, every, first, np.maximum(first, last))

    def expected(self, image: I8, unit: I8, exact: Mask, probability: F8) -> F8:
        """Unrelated units that fit the image of each pair close in time, without the pair's own unit."""
        units, images = self.fitting.by_low.size, max(self.first.size, 1)
        free = np.maximum(1 - np.bincount(unit, probability, units), 0.0)
        all_free = max(free.sum(), 1.0)
        before = np.cumsum(np.r_[0.0, free])
        close = (before[self.last] - before[self.first]).sum() / images
        close = max(close, (self.last - self.first).sum() / images / max(units, 1))  # of one unit at least
        fitting, around = (near.sum(free)[image] - free[unit] for near in (self.fitting, self.around))
        others = np.maximum(np.maximum(fitting, around * self.part), 0.0) / all_free
        alike = np.where(exact, *ALIKE)
        expected: F8 = close * ((1 - alike) * others + alike * self.every[image])
        return expected


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

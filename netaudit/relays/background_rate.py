"""How many unrelated units each image is expected to fit, where sizes are not exact: by units that carry none.

Most units of an endpoint that receives images carry one, and have the sizes of images: to take them for what comes by
chance called images untold that were sent on. What carries nothing has sizes and times of its own. But a unit that fits
by chance is taken to carry, and is then missing here: so part of what is expected has the sizes of all units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from netaudit.relays.forms import STRETCH, leads

if TYPE_CHECKING:
    from netaudit.relays.forms import Form
    from netaudit.relays.series import Images, Units

I8 = npt.NDArray[np.int64]
F8 = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

EDGE = 12  # bytes beyond the width within which an exact size fits
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

"""Captures of two places with clocks of their own: images seen at one, what was sent encrypted seen at the other.

No window is given by the clocks, so nothing can be shifted for a null; exact sizes alone make the peak, and sizes dealt
anew among the images tell what comes by chance.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from netaudit.relays.forms import LEAST, SECOND, WIDTH, sent_sizes
from netaudit.relays.kernels_clocks import commons
from netaudit.relays.nulls import NO_CHANCE, Chance, by_draws

if TYPE_CHECKING:
    from netaudit.relays.series import I8, Images, Units

APART_S = 900  # by how much two clocks may differ
SPREAD_S = 5  # within which delays lie, to find the difference
MOST = 400  # images, and units, in the search
EARLIEST_S = 0.1  # the quickest image is taken to be sent on after so long


@dataclass(frozen=True, slots=True)
class Offset:
    """How far apart the clocks seem: seconds to take from the units' times, and what speaks for it."""

    seconds: float
    base64: bool
    overhead: int
    count: int
    chance: Chance


def find_offset(images: Images, units: Units, random: np.random.Generator) -> Offset | None:
    """The difference of clocks that most images fit, for images as they are and in base64; None: too few."""
    some = units.chosen(np.flatnonzero(units.high == units.low)[:MOST])
    left = images.chosen(np.arange(min(len(images), MOST)))
    if len(left) < LEAST or len(some) < LEAST:
        return None
    return min((_search(left, some, random, base64=way) for way in (False, True)), key=lambda found: found.chance.p)


def _search(images: Images, units: Units, random: np.random.Generator, *, base64: bool) -> Offset:
    sizes = sent_sizes(images.size, base64=base64)
    groups = np.unique(sizes, return_inverse=True)[1].astype(np.int64)
    form = WIDTH, SPREAD_S * SECOND

    def commons_of(orders: I8) -> I8:
        found = np.empty((len(orders), 3), np.int64)
        commons(images.last, sizes, groups, units.first, units.low, APART_S * SECOND, form, orders, found)
        return found

    def dealt(draws: int) -> I8:
        return commons_of(random.permuted(np.tile(np.arange(sizes.size), (draws, 1)), axis=1))[:, 0]

    count, overhead, least = commons_of(np.arange(sizes.size)[None])[0].tolist()
    chance = by_draws(count, dealt) if count >= LEAST else NO_CHANCE
    return Offset(least / SECOND - EARLIEST_S, base64, overhead, count, chance)


def on_one_clock(units: Units, offset: Offset) -> Units:
    """Units with the times that the images' clock would have shown."""
    apart = round(offset.seconds * SECOND)
    return replace(units, first=units.first - apart, last=units.last - apart)

"""Which image went in which unit, once a constant overhead is believed: probabilities of single pairs.

A pair is weighed by how much likelier its overhead and delay are among images sent on than among unrelated units, whose
density is taken from the same sender, beside the peak. Pairs compete: an image goes in one unit, a unit carries one
image (`matchings.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from netaudit.relays.forms import SECOND, Form, leads, plaintext, sent_sizes
from netaudit.relays.kernels_pairs import candidates
from netaudit.relays.matchings import by_messages, of_pairs

if TYPE_CHECKING:
    from netaudit.relays.series import Images, Units

I8 = npt.NDArray[np.int64]
F8 = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

BESIDE = 4096  # bytes at each side of the peak from which the density of unrelated pairs is taken
EDGE = 12  # bytes beyond the width that a single pair may be off
EDGE_SHARE = 6  # of a size's range, by which a pair may be off where that is more
STRETCH = 2  # windows in which images are still looked for once the form is known
PRIOR = 0.3  # pairs that the laws of overhead and delay are worth before any was seen
HEAD_CELL, HEAD_BESIDE = 2, 64  # bytes of a class of overheads, and looked at beside the width
HEADS_SPREAD = 8  # of the width, over which an overhead is spread: heads of QUIC packets scatter over all of it
UNUSUAL = (0.03, 0.3)  # of the pairs are taken to have any delay up to the longest usual one: exact sizes, ranges
SPREAD = np.array([0.04, 0.08, 0.12, 0.16, 0.2, 0.16, 0.12, 0.08, 0.04])  # of a delay over the neighbouring classes
LEAST_ALONE = 1e-3
OPENING = 3.0  # pairs that the share of all units that open a connection is worth
LEAST_SHARE = 0.05, 0.95  # of units that open a connection is taken to be no smaller, no larger
SURE = 0.95  # probability above which a pair is told as one
DELAYS_S = (0.0, *(round(0.1 * 1.18**k, 3) for k in range(57)))  # classes, up to 20 minutes
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
    sizes = sent_sizes(images.size, base64=form.base64)
    window = STRETCH * form.window
    series = (images.last, leads(images), sizes, units.first, low, high, window, (overhead, form.width))
    edge = (EDGE, EDGE_SHARE)  # where sizes are ranges, so is the constant
    out = np.empty((3, 0), np.int64)
    fitting, beside, close, widths = candidates(*series, edge, BESIDE, out)
    if fitting:
        out = np.empty((3, fitting), np.int64)
        candidates(*series, edge, BESIDE, out)
    image, unit, off = out
    crowd = _crowd(sizes, low, high, overhead + form.width - 1, overhead) if form.quic or (high > low).any() else None
    wide = widths / close if close else 1.0
    chance = (beside + 1) / (2 * BESIDE - wide) * wide  # unrelated pairs that fit, over all images and the window
    exact = low[unit] == high[unit]
    place = low[unit] - sizes[image] - overhead
    delay = (units.first[unit] - images.last[image]) / SECOND
    opens, usual = units.opens[unit], float(np.clip(units.opens.mean() if len(units) else 0.5, *LEAST_SHARE))
    weight = probability = np.full(image.size, 0.5)
    share = 0.5
    for _ in range(4):  # what is sent on has laws of overhead and delay of its own, learned with the pairs
        likelier = of_delay(delay, exact, window / SECOND, probability, known[1])
        likelier *= _of_overhead(place, exact, form.width, wide, probability, known[0])
        likelier *= _opening(opens, usual, probability)
        others = max(
            1 - probability.sum() / max(len(units), 1), 1 / max(len(units), 1)
        )  # units that carry none of these
        expected = np.full(image.size, chance * others / max(len(images), 1))
        if crowd is not None:  # sizes are alike: more fit than sizes at large let expect
            expected = np.maximum(expected, crowd[image] * (close / max(len(images), 1)) * others)
        ratio = share * likelier / np.maximum(expected, by_chance / max(len(images), 1))
        weight = ratio / max(1 - share, LEAST_ALONE)
        probability = by_messages(image, unit, weight)
        share = float(np.clip(probability.sum() / max(len(images), 1), 0.02, 0.98))
    return Pairs(image, unit, off, of_pairs(image, unit, weight))


def _crowd(sizes: I8, low: I8, high: I8, most: int, least: int) -> F8:
    """Share of all units, whenever they were sent, whose range of sizes lets them carry each image."""
    reach = np.maximum(EDGE, (high - low) // EDGE_SHARE)
    below = np.searchsorted(np.sort(low - reach), sizes + most, "right")
    beyond = np.searchsorted(np.sort(high + reach), sizes + least, "left")
    share: F8 = np.maximum(below - beyond, 1) / max(low.size, 1)
    return share


def of_delay(delay: F8, exact: Mask, window_s: float, weight: F8, known: F8) -> F8:
    """Density of delays among images sent on, over that of unrelated pairs (uniform)."""
    edges = np.array([DELAYS_S[0] - 10.0, *DELAYS_S[1:]])
    classes = edges.size - 1
    which = np.clip(np.searchsorted(edges, delay, "right") - 1, 0, classes - 1)
    of_known = np.clip(np.searchsorted(edges, known, "right") - 1, 0, classes - 1)
    spans = np.diff(np.array([0.0, *DELAYS_S[1:]]))
    open_to = np.clip(window_s - np.array(DELAYS_S[:-1]), 0.0, spans)
    prior = open_to / max(open_to.sum(), 1e-9)
    counts = np.bincount(which, weight, classes) + np.bincount(of_known, minlength=classes)
    spread = np.convolve(counts, SPREAD, "same")
    others = np.maximum(spread[which] - SPREAD[SPREAD.size // 2] * weight, 0.0)  # no pair is evidence for itself
    law = (others + PRIOR * prior[which]) / (np.maximum(counts.sum() - weight, 0.0) + PRIOR)
    usual = np.arange(classes) <= int(np.flatnonzero(counts > 0.5).max(initial=0)) + 2
    anywhere = np.where(usual, open_to, 0.0)
    unusual = np.where(exact, *UNUSUAL)
    law = (1 - unusual) * law + unusual * (anywhere / max(anywhere.sum(), 1e-9))[which]
    likelier: F8 = law * window_s / np.maximum(open_to[which], 1e-6)
    return likelier


def _of_overhead(place: I8, exact: Mask, width: int, wide: float, weight: F8, known: I8) -> F8:
    """Density of overheads (`place`: above the constant) among images sent on, over that of unrelated pairs."""
    count = (width + 2 * HEAD_BESIDE) // HEAD_CELL
    cells, of_known = (np.clip((which + HEAD_BESIDE) // HEAD_CELL, 0, count - 1) for which in (place, known))
    heads = np.bincount(cells[exact], weight[exact], count) + np.bincount(of_known, minlength=count)
    half = max(width // HEADS_SPREAD, 2)
    kernel = (1 - np.abs(np.arange(1 - half, half)) / half) / half
    near = np.convolve(heads, kernel, "same")[cells] - weight / half  # no pair is evidence for itself
    peaked = (np.maximum(near, 0.0) + PRIOR / count) / (np.maximum(heads.sum() - weight, 0.0) + PRIOR)
    likelier: F8 = np.where(exact, peaked * (wide / HEAD_CELL), 1.0)
    return likelier


def _opening(opens: Mask, usual: float, weight: F8) -> F8:
    """How much likelier such a unit, which opens its connection or not, is among images sent on than among all units.

    The first unit of a connection has more beside its data (preface, settings, heads in full), hence another constant.
    """
    base = np.where(opens, usual, 1 - usual)
    alike = np.where(opens, weight[opens].sum(), weight[~opens].sum()) - weight  # no pair is evidence for itself
    likelier: F8 = (np.maximum(alike, 0.0) + OPENING * base) / (np.maximum(weight.sum() - weight, 0.0) + OPENING) / base
    return likelier

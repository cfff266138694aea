"""Which image went in which unit, once a constant overhead is believed: probabilities of single pairs.

A pair is weighed by how much likelier its overhead and delay are among images sent on than among unrelated units, whose
density is taken from the same sender, beside the peak. Pairs compete: an image goes in one unit, a unit carries one
image. The marginals are found by belief propagation over the sparse pairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from netaudit.relays.forms import SECOND, Form, leads, plaintext, sent_sizes
from netaudit.relays.kernels_pairs import candidates

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
HEAD_CELLS = 64  # of 2 bytes
UNUSUAL = (0.03, 0.3)  # of the pairs are taken to have any delay up to the longest usual one: exact sizes, ranges
SPREAD = np.array([0.04, 0.08, 0.12, 0.16, 0.2, 0.16, 0.12, 0.08, 0.04])  # of a delay over the neighbouring classes
LEAST_ALONE = 1e-3
OPENING = 3.0  # pairs that the share of all units that open a connection is worth
LEAST_SHARE = 0.05, 0.95  # of units that open a connection is taken to be no smaller, no larger
ROUNDS = 60
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
    probability = np.full(image.size, 0.5)
    share = 0.5
    for _ in range(4):  # what is sent on has laws of overhead and delay of its own, learned with the pairs
        likelier = _likelier(place, delay, exact, wide, window / SECOND, probability, known)
        likelier *= _opening(opens, usual, probability)
        others = max(
            1 - probability.sum() / max(len(units), 1), 1 / max(len(units), 1)
        )  # units that carry none of these
        expected = np.full(image.size, chance * others / max(len(images), 1))
        if crowd is not None:  # sizes are alike: more fit than sizes at large let expect
            expected = np.maximum(expected, crowd[image] * (close / max(len(images), 1)) * others)
        ratio = share * likelier / np.maximum(expected, by_chance / max(len(images), 1))
        probability = marginals(image, unit, ratio, 1 - share)
        share = float(np.clip(probability.sum() / max(len(images), 1), 0.02, 0.98))
    return Pairs(image, unit, off, probability)


def _crowd(sizes: I8, low: I8, high: I8, most: int, least: int) -> F8:
    """Share of all units, whenever they were sent, whose range of sizes lets them carry each image."""
    reach = np.maximum(EDGE, (high - low) // EDGE_SHARE)
    below = np.searchsorted(np.sort(low - reach), sizes + most, "right")
    beyond = np.searchsorted(np.sort(high + reach), sizes + least, "left")
    share: F8 = np.maximum(below - beyond, 1) / max(low.size, 1)
    return share


def _likelier(place: I8, delay: F8, exact: Mask, wide: float, window_s: float, weight: F8, known: tuple[I8, F8]) -> F8:
    """Density of overheads and delays among images sent on, over that of unrelated pairs (uniform in both)."""
    edges = np.array([DELAYS_S[0] - 10.0, *DELAYS_S[1:]])
    classes = edges.size - 1
    which = np.clip(np.searchsorted(edges, delay, "right") - 1, 0, classes - 1)
    of_known = np.clip(np.searchsorted(edges, known[1], "right") - 1, 0, classes - 1)
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
    of_delay = law * window_s / np.maximum(open_to[which], 1e-6)
    of_delay = np.where(exact, of_delay, np.sqrt(of_delay))  # where sizes tell little, no law of delays is that sure
    cells = np.clip((place + 64) // 2, 0, HEAD_CELLS - 1)
    heads = np.bincount(cells[exact], weight[exact], HEAD_CELLS)
    heads += np.bincount(np.clip((known[0] + 64) // 2, 0, HEAD_CELLS - 1), minlength=HEAD_CELLS)
    near = np.convolve(heads, (0.25, 0.5, 0.25), "same")[cells] - 0.5 * weight
    peaked = (np.maximum(near, 0.0) + PRIOR / HEAD_CELLS) / (np.maximum(heads.sum() - weight, 0.0) + PRIOR)
    likelier: F8 = of_delay * np.where(exact, peaked * (wide / 2), 1.0)
    return likelier


def _opening(opens: Mask, usual: float, weight: F8) -> F8:
    """How much likelier such a unit, which opens its connection or not, is among images sent on than among all units.

    The first unit of a connection has more beside its data (preface, settings, heads in full), hence another constant.
    """
    base = np.where(opens, usual, 1 - usual)
    alike = np.where(opens, weight[opens].sum(), weight[~opens].sum()) - weight  # no pair is evidence for itself
    likelier: F8 = (np.maximum(alike, 0.0) + OPENING * base) / (np.maximum(weight.sum() - weight, 0.0) + OPENING) / base
    return likelier


def marginals(image: I8, unit: I8, ratio: F8, alone: float) -> F8:
    """Probability of each pair, where each image and each unit is in one pair at most.

    Belief propagation for matchings (exact where the pairs form a tree): each end tells the other how free it is.
    """
    if not image.size:
        return ratio
    weight = ratio / max(alone, LEAST_ALONE)
    from_image, from_unit = np.ones(image.size), np.ones(image.size)
    for _ in range(ROUNDS):
        asked = weight * from_unit
        from_image = 0.5 * from_image + 0.5 / (1 + np.maximum(np.bincount(image, asked)[image] - asked, 0.0))
        asked = weight * from_image
        from_unit = 0.5 * from_unit + 0.5 / (1 + np.maximum(np.bincount(unit, asked)[unit] - asked, 0.0))
    both = weight * from_image * from_unit
    return both / (1 + both)

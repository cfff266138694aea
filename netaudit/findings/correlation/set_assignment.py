"""Which sets of images units carry: all that fit are weighed against each other, each image being sent once at most.

Two kinds of sets are listed. Runs: whoever sends from time to time all that has come sends images that follow each
other, many at a time. Sets at will: streams of a connection of HTTP/2 that were ready together, of a few images in a
form that single images have shown. Given when units were sent, each image chooses one, by a law of delays or by taking
the next ones in turn; what a set leaves of its unit is weighed by what other units leave.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from netaudit.findings.correlation.assignment import in_full
from netaudit.findings.correlation.batches import combined, reach, running_sum
from netaudit.findings.correlation.forms import SECOND, STRETCH, heads_of_frames, leads, sent_sizes
from netaudit.findings.correlation.kernels_batches import COMBINED, LEFT, LONGEST, PREFACE, sets_near
from netaudit.findings.correlation.likelihood import of_delay
from netaudit.findings.correlation.pair_probabilities import near_pairs

if TYPE_CHECKING:
    from netaudit.findings.correlation.batches import Row
    from netaudit.findings.correlation.series import Images, Units

I8 = npt.NDArray[np.int64]
F8 = npt.NDArray[np.float64]

BEYOND_SINGLE = 4096  # bytes above the largest image from which a unit has several, if it has any
AT_LARGE = 3  # images in a unit whose overhead need not be on a known line
MOST_AT_WILL, AT_HAND = 6, 40  # images in a set at will, and images of which it may be
WORK, ROOM = 100_000, 1_000  # sums tried for a unit, and sets; where there are more, nothing is told of it
LIKELY = 0.02  # of the likeliest delay, from which an image is at hand
OFF, OFF_EACH, CONTROL = 8, 20, 64  # bytes by which a form may be off, for each image, and by frames that only steer
CLASS, WIDE, WIDE_OPENING = 2, 4, 12  # bytes of a class of what is left, and over which one unit's is spread
UNUSUAL = 0.1  # of sets that leave anything that a form may
AT_FIRST = 0.9  # of the images are taken to be sent before sets were weighed
LATER = 0.5, 5.0  # runs not in the next unit, of so many, that the share of such is worth before any was seen
RUNS = 4.5, 5.0  # sets that are runs, of so many, that the share of such is worth before any was seen
LEAST_SHARE = 0.02, 0.9  # of images and units that are taken to be in a set that is listed: some sets are too large
BY_CHANCE = 0.02  # runs of a unit that fit by chance, at least
MOSTLY, AT_MOST = 0.95, 0.998  # share of runs below which sets may be of any images; no set is surer then
STEPS = 4
IN_TWO = 0.05  # of requests that are cut in two units, or three
LEAST = 1e-300


@dataclass(frozen=True, slots=True)
class Known:
    """A form that single images have shown."""

    each: int  # bytes beside an image, without heads of frames
    framed: bool  # whether there are such heads
    window_s: float
    off: I8  # of single pairs: bytes above `each`
    delay: F8  # of single pairs, s


@dataclass(slots=True)
class Sets:
    """Sets of images that fit units `unit` to `unit` + `more`, and how probable each is."""

    unit: I8
    more: I8
    images: list[tuple[int, ...]]
    over: I8  # bytes beside the images
    left: I8  # of these, beyond what the form has; sets at will
    form: I8  # index of the known form; -1: a run
    fit: F8  # runs: density of the overhead
    probability: F8

    def pairs(self) -> tuple[I8, I8, I8]:
        """Image, unit and index of the set, for each image of each set."""
        counts = [len(of) for of in self.images]
        index = np.repeat(np.arange(len(counts)), counts)
        return np.array([one for of in self.images for one in of], np.int64), self.unit[index], index

    def explained(self, units: int) -> F8:
        """Probability that each unit carries images."""
        found = np.zeros(units)
        for more in range(COMBINED):
            has = self.more >= more
            found += np.bincount(self.unit[has] + more, self.probability[has], units)
        return np.minimum(found, 1.0)


def find_sets(images: Images, units: Units, lines: list[Row], known: list[Known], *, base64: bool) -> Sets:
    """All sets that fit, with probabilities; `lines` of overhead are for runs."""
    sizes, begins = sent_sizes(images.size, base64=base64), combined(units)
    offers = [_Offer.of(images, units, sizes, form) for form in known]
    at_will = [offer.sets(units, sizes, begins, number) for number, offer in enumerate(offers)]
    sets = _joined(_runs(images, units, sizes, begins, lines), *at_will)
    if not sets.unit.size:
        return sets
    image, unit, index = sets.pairs()
    near = _Near.of(images, units, known)
    earliest = near.begin[[of[0] for of in sets.images]]
    alone = _unrelated(units, begins)[sets.unit, sets.more] - np.log(IN_TWO) * (sets.more > 0)
    takes = [
        (*of, *range(len(images) + j, len(images) + j + more + 1))
        for of, j, more in zip(sets.images, sets.unit.tolist(), sets.more.tolist(), strict=True)
    ]
    carried = np.zeros((len(images), len(units)))
    sent = np.full(len(images), AT_FIRST)
    used: F8 = np.where(np.bincount(unit, minlength=len(units)) > 0, 0.5, 0.0)
    for _ in range(STEPS):
        share, odds = _others(used)[sets.unit], _others(sent)
        odds /= 1 - odds
        by_delay = near.by_delay(carried)
        weight = np.log(_fitness(sets, units, known)) - alone + np.log(share / (1 - share))
        weight += _chosen(sets, np.cumsum(np.r_[0.0, used]), earliest)
        late = np.where(sets.form[index] < 0, 1.0, by_delay[image, unit])
        weight += np.bincount(index, np.log(odds[image] * np.maximum(late, LEAST)), sets.unit.size)
        sets.probability = in_full(sets.unit, takes, np.exp(np.clip(weight, -50, 200)))
        carried[:] = 0.0
        np.add.at(carried, (image, unit), sets.probability[index])
        sent, used = np.minimum(carried.sum(1), 1.0), sets.explained(len(units))
    sets.probability *= _of_order(sets, sent, used)
    return sets


def _of_order(sets: Sets, sent: F8, used: F8) -> F8:
    """How far sets are to be believed, beside those that are not listed.

    Runs fit by chance, too, and where images and units are left not all are sent in order. Sets at will may be larger
    than those
    listed.
    """
    runs = (sets.form < 0) & (np.array([len(of) for of in sets.images]) > 1)
    by_chance = max(runs.sum() - sets.probability[runs].sum(), 0.0) / used.size
    left = np.array([(1 - sent[list(of)]).sum() for of in sets.images])
    others = sent.size - np.array([len(of) for of in sets.images])
    units_left = ((1 - used).sum() - (1 - used[sets.unit])) / max(used.size - 1, 1)
    astray = np.minimum(((1 - sent).sum() - left) / np.maximum(others, 1), units_left)
    in_order = (1 - astray) / np.maximum(1 - astray + astray * (by_chance + BY_CHANCE), LEAST)
    all_runs = sets.probability[sets.form < 0].sum() >= MOSTLY * sets.probability.sum()
    believed: F8 = np.where(runs, in_order, 1.0) * (1.0 if all_runs else AT_MOST)
    return believed


def _chosen(sets: Sets, before: F8, earliest: I8) -> F8:
    """Logarithm of how often sets are runs or at will, and runs the next that come or later ones.

    `before`: units that carry images before each unit; `earliest`: first unit that may carry the first image.
    """
    runs = sets.form < 0
    turn = np.maximum(before[sets.unit] - before[earliest], 0)  # a clock that was set back has none that came before
    expected = sets.probability[runs].sum()
    later = ((sets.probability * np.minimum(turn, 1))[runs].sum() + LATER[0]) / (expected + LATER[1])
    part = (expected + RUNS[0]) / (sets.probability.sum() + RUNS[1])
    in_turn = np.log(part * (1 - later)) + turn * np.log(later)
    chosen: F8 = np.where(runs, in_turn, np.log(1 - part))
    return chosen


def _joined(*some: Sets) -> Sets:
    """All sets in order of units."""
    order = np.argsort(np.concatenate([of.unit for of in some]), kind="stable")
    images = [one for of in some for one in of.images]
    names = ("unit", "more", "over", "left", "form", "fit", "probability")
    unit, more, *rest = (np.concatenate([getattr(of, name) for of in some])[order] for name in names)
    return Sets(unit, more, [images[k] for k in order.tolist()], *rest)


def _sets(rows: list[tuple[int, int, tuple[int, ...], int, int, int, float]]) -> Sets:
    images = [row[2] for row in rows]
    unit, more, over, left, form = (np.array([row[k] for row in rows], np.int64) for k in (0, 1, 3, 4, 5))
    fit = np.array([row[6] for row in rows], float)
    return Sets(unit, more, images, over, left, form, fit, np.zeros(len(rows)))


def _runs(images: Images, units: Units, sizes: I8, begins: I8, lines: list[Row]) -> Sets:
    """Images that follow each other up to the last ones that had come, where what is left is on a line, or may be."""
    at_hand, oldest = reach(images.last, units)
    totals, rows = running_sum(sizes), []
    large = units.low > sizes.max(initial=0) + BEYOND_SINGLE
    for j, more in zip(*np.nonzero(begins), strict=True):
        for behind in range(max(at_hand[j] - LEFT, 1), at_hand[j] + 1):
            first = np.arange(max(oldest[j], behind - LONGEST), behind)
            over = begins[j, more] - (totals[behind] - totals[first])
            fit = _on_lines(over, behind - first, lines, bool(units.opens[j]), bool(large[j]))
            rows += [
                (int(j), int(more), tuple(range(a, behind)), int(over[k]), 0, -1, float(fit[k]))
                for k, a in enumerate(first.tolist())
                if fit[k]
            ]
    return _sets(rows)


def _on_lines(over: I8, count: I8, lines: list[Row], opens: bool, large: bool) -> F8:  # noqa: FBT001
    """Density of overheads of so many images: near a line, or at large where a unit is larger than any single image."""
    at_large = large & (count >= AT_LARGE) & (over >= 60 + 20 * count) & (over <= 1500 + 420 * count)
    density = np.where(at_large, 0.2 / (1441 + 400 * count), 0.0)
    share = 0.8 / max(len(lines), 1)
    for each, constant, slack, slack_each, most in lines:
        wide, beyond = slack + slack_each * (count - 1), over - each * count - constant
        density += np.where((count <= most) & (np.abs(beyond) <= wide), share * (1 - 0.4 * opens) / (2 * wide + 1), 0.0)
        density += np.where(opens & (count <= most) & (beyond > 0) & (beyond <= PREFACE), share * 0.4 / PREFACE, 0.0)
    return density


@dataclass(slots=True)
class _Offer:
    """Images at hand for each unit, in a known form: the likeliest ones by their delay."""

    form: Known
    whole: I8  # bytes of each image with all that goes with it
    at_hand: list[I8]

    @classmethod
    def of(cls, images: Images, units: Units, sizes: I8, form: Known) -> _Offer:
        whole = np.maximum(sizes + form.each + form.framed * heads_of_frames(sizes), 1)
        image, unit = near_pairs(images.last, leads(images), units.first, int(STRETCH * form.window_s * SECOND))
        delay, exact = (units.first[unit] - images.last[image]) / SECOND, np.ones(image.size, bool)
        likely = of_delay(delay, exact, STRETCH * form.window_s, np.zeros(image.size), form.delay)
        order = np.lexsort((-likely, unit))
        order = order[likely[order] >= LIKELY * likely.max(initial=0)]
        bounds = np.searchsorted(unit[order], np.arange(len(units) + 1))
        some = (image[order[a:b]][:AT_HAND] for a, b in pairwise(bounds.tolist()))
        return cls(form, whole, [of[np.argsort(-whole[of], kind="stable")] for of in some])

    def sets(self, units: Units, sizes: I8, begins: I8, number: int) -> Sets:
        """Sets at will of few images; where there are too many, none is listed."""
        rows, out = [], np.empty(ROOM, np.int64)
        for j, more in zip(*np.nonzero(begins), strict=True):
            some, size = self.at_hand[j], int(begins[j, more])
            found = sets_near(self.whole[some], size, limits(opens=bool(units.opens[j])), MOST_AT_WILL, WORK, out)
            for bits in out[: max(found, 0)].tolist():
                of = tuple(sorted(int(some[k]) for k in range(bits.bit_length()) if bits >> k & 1))
                left = size - int(self.whole[list(of)].sum())
                rows.append((int(j), int(more), of, size - int(sizes[list(of)].sum()), left, number, 0.0))
        return _sets(rows)


def limits(*, opens: bool) -> tuple[int, int, int, int]:
    """What a form may leave of a unit: at least, and more for each image; at most, and more for each image."""
    return -OFF, -OFF_EACH, CONTROL + PREFACE * opens, OFF_EACH


def _fitness(sets: Sets, units: Units, known: list[Known]) -> F8:
    """Density of what each set leaves of its unit: by what other units leave, and of runs by lines."""
    fit = sets.fit.copy()
    count = np.array([len(of) for of in sets.images])
    opens = units.opens[sets.unit]
    for many in np.unique(count[sets.form < 0]).tolist():
        some = np.flatnonzero((sets.form < 0) & (count == many))
        over, carried = sets.over[some], sets.probability[some]
        fit[some] = _law(over, carried, sets.unit[some], WIDE_OPENING, sets.fit[some], np.empty(0, np.int64))
    for number, form in enumerate(known):
        of = (sets.form == number) & (count > 0)
        for opening in (False, True):
            some = np.flatnonzero(of & (opens == opening))
            if not some.size:
                continue
            many, left = count[some], sets.left[some]
            span = 2 * (OFF + OFF_EACH * many) + CONTROL + PREFACE * opening
            if opening:
                law = _law(left, sets.probability[some], sets.unit[some], WIDE_OPENING, 1 / span, np.empty(0, np.int64))
            else:
                law = _law(left // many, sets.probability[some], sets.unit[some], WIDE, many / span, form.off) / many
            fit[some] = (1 - UNUSUAL) * law + UNUSUAL / span
    return fit


def _law(left: I8, weight: F8, unit: I8, wide: int, prior: F8, seen: I8) -> F8:
    """Density at `left` by what was seen and by what other units leave (no unit is evidence for itself)."""
    kernel = 1 - np.abs(np.arange(-(wide // CLASS), wide // CLASS + 1)) / (wide // CLASS + 1)
    kernel /= kernel.sum() * CLASS
    base = int(min(left.min(), seen.min(initial=0)))
    where = (left - base) // CLASS
    size = int(max(where.max(), (seen.max(initial=0) - base) // CLASS)) + 1
    counts = np.bincount(where, weight, size) + np.bincount((seen - base) // CLASS, minlength=size)
    every, law = np.convolve(counts, kernel, "same")[:size], np.empty(left.size)
    total = counts.sum()
    for begin, end in _stretches(unit):
        own = np.bincount(where[begin:end], weight[begin:end], size)
        others = np.maximum(every - np.convolve(own, kernel, "same")[:size], 0.0)[where[begin:end]]
        law[begin:end] = (others + prior[begin:end]) / (max(total - own.sum(), 0.0) + 1)
    return law


def _stretches(values: I8) -> list[tuple[int, int]]:
    """Where equal values stand together: first, and behind the last."""
    starts = np.flatnonzero(np.r_[True, values[1:] != values[:-1]]).tolist()
    return list(zip(starts, [*starts[1:], values.size], strict=True))


def _unrelated(units: Units, begins: I8) -> F8:
    """Logarithm of the density of sizes of units that carry none, of one or several beside each other.

    Half is uniform in the logarithm, over four decades, half as the sizes of the other units are spread.
    """
    logs = np.log(np.maximum(begins[:, 0], 1))
    order = np.sort(logs)
    near = np.searchsorted(order, logs + 0.1, "right") - np.searchsorted(order, logs - 0.1) - 1
    single = np.log(0.5 / 9.2 + 0.5 * near / (0.2 * max(len(units) - 1, 1))) - logs
    every = np.zeros(begins.shape)
    every[:, 0] = single
    for more in range(1, COMBINED):
        has = np.flatnonzero(begins[:, more])
        every[has, more] = every[has, more - 1] + single[has + more]
    # where a request is cut tells nothing: anywhere in it
    return every + np.arange(COMBINED) * np.log(np.maximum(begins, 1))


def _others(probability: F8) -> F8:
    """Mean of the others, of each one's: no one is evidence for itself."""
    share: F8 = np.clip((probability.sum() - probability + 1) / (probability.size + 1), *LEAST_SHARE)
    return share


@dataclass(slots=True)
class _Near:
    """Pairs of image and unit close in time."""

    image: I8
    unit: I8
    delay: F8
    begin: I8  # first unit that may carry each image
    window_s: float
    known: F8  # delays of pairs that are known
    shape: tuple[int, int]

    @classmethod
    def of(cls, images: Images, units: Units, known: list[Known]) -> _Near:
        window = STRETCH * max((form.window_s for form in known), default=0)
        lead = leads(images)
        image, unit = near_pairs(images.last, lead, units.first, int(window * SECOND))
        delay = (units.first[unit] - images.last[image]) / SECOND
        delays = np.concatenate([np.empty(0), *(form.delay for form in known)])
        begin = np.searchsorted(units.first, images.last - lead)
        return cls(image, unit, delay, begin, window, delays, (len(images), len(units)))

    def by_delay(self, carried: F8) -> F8:
        """Chance that an image that is sent goes in a unit, by the law of delays."""
        every = np.zeros(self.shape)
        if self.image.size:
            exact = np.ones(self.delay.size, bool)
            likely = of_delay(self.delay, exact, self.window_s, carried[self.image, self.unit], self.known)
            total = np.bincount(self.image, likely, self.shape[0])[self.image]
            every[self.image, self.unit] = likely / np.maximum(total + LIKELY * likely.max(), LEAST)
        return every

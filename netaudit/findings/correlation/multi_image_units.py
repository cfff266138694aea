"""Units that carry several images, and what single pairs leave: which images are in which, all weighed together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from netaudit.findings.correlation.batches import (
    ALIKE,
    LEAST_UNITS,
    LINES,
    MOST_IMAGES,
    MOST_UNITS,
    Line,
    Row,
    find_line,
    line_of,
    sharpness_of_sums,
)
from netaudit.findings.correlation.forms import heads_of_frames, sent_sizes
from netaudit.findings.correlation.kernels_batches import SEVERAL
from netaudit.findings.correlation.matching_one_to_one import (
    CERTAIN,
    ELSEWHERE,
    LEAST_SEARCHED,
    SURE_LINE,
    Match,
    Test,
    believed,
    mode_of,
    together,
)
from netaudit.findings.correlation.nulls import CAP, corrected
from netaudit.findings.correlation.pair_probabilities import SURE
from netaudit.findings.correlation.set_assignment import Known, Sets, find_sets

if TYPE_CHECKING:
    from netaudit.findings.correlation.series import Images, Units

NARROW = 16  # bytes per record by which the size of a unit may be unknown, where sums are looked at
DISTINCT = 0.8  # share of images of a size of their own, below which sums say little: encoders hold a few sizes
FEW_PAIRS = 20  # hosts and endpoints, up to which batches are looked for in all there is
Places = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def match_batches(
    images: Images, units: Units, exact: list[Test], span: tuple[int, int], random: np.random.Generator, pairs: int
) -> list[Test]:
    """Units that carry several images, among what single pairs leave or are not certain of."""
    claimed = any(test.matches for test in exact)
    narrow = ~units.quic & (units.high - units.low <= NARROW * units.records)
    tests: list[Test] = []
    ways = sorted({test.base64 for test in exact if test.matches}) if claimed else [False, True]
    for base64 in ways:
        of_images, of_units = _left(images, exact, narrow, 2.0)
        if len(of_images) < SEVERAL or len(of_units) < (1 if claimed else LEAST_UNITS):
            continue
        if not claimed and pairs > FEW_PAIRS:  # a first look, at the beginning
            of_images, of_units = of_images[:LEAST_SEARCHED], of_units[: LEAST_SEARCHED // 3]
        left, rest = images.chosen(of_images), units.chosen(of_units)
        lines, rows = _lines(left, rest, span, random, base64=base64, known=claimed)
        first = lines[0] if lines else None
        test = Test("batch", len(left), len(rest), len(ways), base64=base64)
        tests.append(test)
        if first is not None:
            test.matched, test.overhead, test.each, test.chance = first.count, first.constant, first.each, first.chance
        if not claimed:
            if first is None or not together(test, pairs):
                continue
            if mode_of(rest) == "exact" and len(np.unique(left.size)) >= DISTINCT * len(left):
                test.sharp = sharpness_of_sums(left, rest, first, base64=base64)
            if not believed(test, pairs):
                continue
        of_form = [of for of in exact if of.matches and of.base64 == base64]
        rows += [row for of in of_form for row in of.lines()]
        known = [_known(of, images, units) for of in of_form if of.mode == "exact"]
        of_images, of_units = _left(images, exact, narrow, CERTAIN)
        rest = units.chosen(of_units)
        sets = find_sets(images.chosen(of_images), rest, rows, known, base64=base64)
        carried = _matches_of(sets, of_images, of_units, mode_of(rest), base64=base64)
        test.matches = _reweigh(exact, carried, sets, of_images, of_units)
    return tests


def _known(test: Test, images: Images, units: Units) -> Known:
    """The form of single pairs; heads of frames are taken off where that makes it narrower."""
    off, delay = test.law(images, units)
    heads = heads_of_frames(sent_sizes(images.size[[match.image for match in test.matches]], base64=test.base64))
    framed = not test.framed and len(off) > 1 and bool(np.std(off - heads) < np.std(off))
    off = off - framed * heads + (test.overhead or 0)
    each = int(np.median(off))
    return Known(each, framed or test.framed, test.window_s or 0, off - each, delay)


def _left(images: Images, exact: list[Test], narrow: Mask, certain: float) -> tuple[Places, Places]:
    """Images and units in no pair as certain as that, of units those of which sums can be looked at."""
    free_images, free_units = np.ones(len(images), bool), narrow.copy()
    for match in [match for test in exact for match in test.matches]:
        if match.probability >= certain or certain > 1 or not narrow[match.unit]:
            free_images[match.image] = free_units[match.unit] = False
    return np.flatnonzero(free_images)[:MOST_IMAGES], np.flatnonzero(free_units)[:MOST_UNITS]


def _reweigh(exact: list[Test], matches: list[Match], sets: Sets, of_images: Places, of_units: Places) -> list[Match]:
    """Give pairs the probability that sets do, and withdraw those they contradict; what is left of `told` is new."""
    image, unit, index = sets.pairs()
    image, unit, probability = of_images[image], of_units[unit], sets.probability[index]
    single = {(match.image, match.unit): match for match in matches if match.together == 1}
    for test in exact:
        test.matches = [
            single.pop((match.image, match.unit), match)
            for match in test.matches
            if probability[(image == match.image) & (unit != match.unit)].sum() <= ELSEWHERE
            and sets.probability[np.unique(index[(unit == match.unit) & (image != match.image)])].sum() <= ELSEWHERE
        ]
    return [match for match in matches if match.together > 1 or (match.image, match.unit) in single]


def _lines(
    images: Images, units: Units, span: tuple[int, int], random: np.random.Generator, *, base64: bool, known: bool
) -> tuple[list[Line], list[Row]]:
    """Lines found one after the other, each without the units explained before, and as runs take them."""
    found: list[Line] = []
    fixed: list[Row] = []
    rest = units
    for _ in range(LINES):
        distinct = rest.chosen(np.sort(np.unique(rest.high // ALIKE, return_index=True)[1]))  # equal ones tell once
        if len(distinct) < LEAST_UNITS or len(np.unique(images.size // ALIKE)) < LEAST_UNITS:
            break
        best = find_line(images, distinct, span, random, base64=base64)
        good = best.count >= LEAST_UNITS and best.chance.p <= SURE_LINE
        if good or not found:
            found.append(best)
        if not good or not (known or corrected(best.chance.p, 2) <= CAP):
            break
        fixed.append(line_of(best))
        sets = find_sets(images, units, fixed, [], base64=base64)
        found[-1] = _drawn_through(best, sets)
        fixed[-1] = line_of(found[-1])
        rest = units.chosen(sets.explained(len(units)) <= 0.5)
    return found, fixed


def _drawn_through(line: Line, sets: Sets) -> Line:
    """The line drawn through the runs that it found: many explain as many, of which the search gives the first."""
    count = np.array([len(of) for of in sets.images], np.int64)
    _, _, slack, slack_each, _ = line_of(line)
    near = np.abs(sets.over - line.each * count - line.constant) <= slack + slack_each * (count - 1)
    near &= sets.probability > SURE
    if len(np.unique(count[near])) < LEAST_UNITS:
        return line
    each, constant = np.polyfit(count[near], sets.over[near], 1)
    return replace(line, each=round(each), constant=round(constant))


def _matches_of(sets: Sets, of_images: Places, of_units: Places, alone: str, *, base64: bool) -> list[Match]:
    """Matches of images: the probability that one is in a unit, over all sets with it; `alone`: mode of single ones."""
    share: dict[tuple[int, int], float] = {}
    best: dict[tuple[int, int], int] = {}
    for i, j, k in zip(*(column.tolist() for column in sets.pairs()), strict=True):
        share[i, j] = share.get((i, j), 0.0) + float(sets.probability[k])
        if (i, j) not in best or sets.probability[k] > sets.probability[best[i, j]]:
            best[i, j] = k
    probable = []
    for (i, j), p in sorted(share.items()):
        over, together = int(sets.over[best[i, j]]), len(sets.images[best[i, j]])
        if p >= SURE:
            mode = "batch" if together > 1 else alone
            probable.append(Match(int(of_images[i]), int(of_units[j]), mode, base64, over, together, min(p, 1.0)))
    return probable

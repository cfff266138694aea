"""One host and one endpoint: which images that the host received fit what it sent there, in which form, by chance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from netaudit.relays.batches import (
    LEAST_UNITS,
    LINES,
    MOST_IMAGES,
    MOST_UNITS,
    Line,
    Row,
    Runs,
    find_line,
    find_runs,
    line_of,
    lines_of_single,
    running_sum,
)  # fmt: skip
from netaudit.relays.chance import CAP, Chance, corrected
from netaudit.relays.forms import LEAST, SECOND, WIDTH, Form, Peak, forms, search, sent_sizes
from netaudit.relays.kernels_batches import SEVERAL
from netaudit.relays.pairing import NOTHING, STRETCH, SURE, pair
from netaudit.relays.series import stretches

if TYPE_CHECKING:
    import pyarrow as pa

    from netaudit.relays.series import Images, Units

PEAKS = 4  # constants of one sender and endpoint: different programs, forms, kinds of record
SURE_LINE = 0.01  # chance of a further constant, or a line, where the endpoint is known to receive images already
NARROW = 16  # bytes per record by which the size of a unit may be unknown, where sums are looked at
ELSEWHERE = 0.5  # probability of another unit, by chains, at which a pair is withdrawn
LEAST_SEARCHED, MOST_SEARCHED, SEARCHED_IN_ALL = 300, 2_000, 40_000  # images in which constants are looked for
FEW_PAIRS = 20  # hosts and endpoints, up to which batches are looked for in all there is
ALIKE = 64  # bytes within which sizes are taken for one
SURE_STREAM = 0.98  # of a part of a request that is taken for a stream: there are many parts
RELATED = 0.2, 0.9  # of the units left at an endpoint known to receive images, that carry some
CERTAIN = 0.9995  # pairs that chains of runs leave alone
Places = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Match:
    """One image in one unit."""

    image: int
    unit: int
    mode: str  # exact, padded, range, quic, batch
    base64: bool
    overhead: int  # bytes beside the image, or beside all images of the unit
    together: int  # images in the unit
    probability: float


@dataclass(slots=True)
class Test:
    """What was tried between a host and an endpoint, and what came of it."""

    mode: str
    images: int
    units: int
    tried: int  # forms tried for this pair
    matched: int = 0
    overhead: int | None = None
    each: int | None = None
    base64: bool = False
    window_s: int | None = None
    chance: Chance | None = None
    matches: list[Match] = field(default_factory=list)
    torn: frozenset[int] = frozenset()  # images between several units: order does not decide

    def law(self, images: Images, units: Units) -> tuple[Places, npt.NDArray[np.float64]]:
        """Places of its pairs within the width, and their delays in seconds."""
        i, j = (np.array([getattr(match, name) for match in self.matches], np.int64) for name in ("image", "unit"))
        sizes = sent_sizes(images.size[i], base64=self.base64)
        return units.low[j] - sizes - (self.overhead or 0), (units.first[j] - images.last[i]) / SECOND

    def lines(self) -> tuple[Row, ...]:
        """What its form says of units with several images."""
        return () if self.overhead is None or self.each is not None else lines_of_single(self.overhead, WIDTH)


def match_exact(
    images: Images, units: Units, span: tuple[int, int], random: np.random.Generator, pairs: int
) -> list[Test]:
    """Peaks one after the other, each without what the ones before explain; `pairs` of host and endpoint are tried.

    A constant is looked for among the images in the midst where there are many; then all are paired by it.
    """
    most = max(LEAST_SEARCHED, min(MOST_SEARCHED, SEARCHED_IN_ALL // max(pairs, 1)))
    tests: list[Test] = []
    quic = bool(units.quic.any())
    of_images, of_units = np.arange(len(images)), np.arange(len(units))
    for _ in range(PEAKS):
        left, rest = images.chosen(of_images), units.chosen(of_units)
        if len(left) < LEAST or len(rest) < LEAST:
            break
        some, near, around = midst(left, rest, most, span)
        tried = list(forms(quic, around[1] - around[0]))
        if len(near) < LEAST or not tried:
            break
        peaks = [search(some, near, form, around, random) for form in tried]
        best = min(peaks, key=lambda peak: (peak.chance.p, -peak.count))
        test = Test(
            mode_of(rest), len(left), len(rest), len(tried), best.count, best.overhead, None, best.form.base64,
            best.form.window_s, best.chance,
        )  # fmt: skip
        if tests and corrected(best.chance.p, len(tried)) > SURE_LINE:
            break
        tests.append(test)
        if len(tests) == 1 and corrected(best.chance.p, len(tried) * pairs) > CAP:
            break
        likely = pair(left, rest, best.form, best.overhead, chosen_for(best))
        found, test.torn = likely.sure(), frozenset(of_images[likely.torn()].tolist())
        over = rest.high[found.unit] - sent_sizes(left.size, base64=best.form.base64)[found.image]
        test.matches = [
            Match(int(of_images[i]), int(of_units[j]), test.mode, best.form.base64, int(beside), 1, float(p))
            for i, j, beside, p in zip(
                found.image.tolist(), found.unit.tolist(), over.tolist(), found.probability.tolist(), strict=True
            )
        ]
        if not test.matches:
            break
        of_images = np.delete(of_images, found.image)
        of_units = np.delete(of_units, found.unit)
    if not quic:
        _contested(images, units, tests)
    return tests


def _contested(images: Images, units: Units, tests: list[Test]) -> None:
    """Withdraw pairs whose unit another constant of the endpoint explains with an image that is in no pair."""
    free = np.ones(len(images), bool)
    free[[match.image for of in tests for match in of.matches]] = False
    laws = [(of, of.law(images, units)) for of in tests if of.matches]
    for test in tests if len(laws) > 1 else ():
        gone: set[Match] = set()
        for match in [match for match in test.matches if match.probability < CERTAIN]:
            unit = units.chosen(np.array([match.unit]))
            for of, law in laws:
                if of is test or of.window_s is None:
                    continue
                form = Form(of.base64, of.window_s)
                near = np.searchsorted(images.last, unit.first[0] - STRETCH * form.window)
                left = near + np.flatnonzero(free[near : np.searchsorted(images.first, unit.last[0], "right")])
                if (
                    len(left)
                    and pair(images.chosen(left), unit, form, of.overhead or 0, 0.0, law).probability.sum() > ELSEWHERE
                ):
                    free[match.image] = True
                    gone.add(match)
                    break
        test.matches = [match for match in test.matches if match not in gone]


def midst(images: Images, units: Units, most: int, span: tuple[int, int]) -> tuple[Images, Units, tuple[int, int]]:
    """So many images at most, from the midst, the units of their time, and that time.

    Shifts go in a circle within that time: further, images would be moved to where no units were taken.
    """
    if len(images) <= most:
        return images, units, span
    begin = (len(images) - most) // 2
    some = images.chosen(np.arange(begin, begin + most))
    around = int(some.first.min()), int(some.last[-1]) + 1
    first, last = np.searchsorted(units.first, around)
    return some, units.chosen(np.arange(first, last)), around


def chosen_for(peak: Peak) -> float:
    """Unrelated pairs in a peak chosen for its height: as many as in draws where it is low, few in a high one."""
    return peak.chance.mean * min(1.0, LEAST / max(peak.count, 1)) ** 2


def mode_of(units: Units) -> str:
    """How well the sizes of units are known."""
    if units.quic.any():
        return "quic"
    wide = units.high - units.low
    return "exact" if not wide.any() else "padded" if np.median(wide) > 256 else "range"


def match_batches(
    images: Images, units: Units, exact: list[Test], span: tuple[int, int], random: np.random.Generator, pairs: int
) -> list[Test]:
    """Units that carry several images, among what single pairs leave; pairs that chains contradict go."""
    known = any(test.matches for test in exact)
    narrow = ~units.quic & (units.high - units.low <= NARROW * units.records)
    tests: list[Test] = []
    ways = sorted({test.base64 for test in exact if test.matches}) if known else [False, True]
    for base64 in ways:
        of_images, of_units = _left(images, units, exact, narrow)
        if len(of_images) < SEVERAL or len(of_units) < (1 if known else LEAST_UNITS):
            continue
        if not known and pairs > FEW_PAIRS:  # a first look, at the beginning
            of_images, of_units = of_images[:LEAST_SEARCHED], of_units[: LEAST_SEARCHED // 3]
        left, rest = images.chosen(of_images), units.chosen(of_units)
        lines, fixed = _lines(left, rest, span, random, base64=base64, known=known)
        first = lines[0] if lines else None
        test = Test("batch", len(left), len(rest), len(ways), base64=base64)
        tests.append(test)
        if first is not None:
            test.matched, test.overhead, test.each, test.chance = first.count, first.constant, first.each, first.chance
        if not known and (first is None or corrected(first.chance.p, len(ways) * pairs) > CAP):
            continue
        rows = [*fixed, *(row for of in exact if of.matches and of.base64 == base64 for row in of.lines())]
        runs = find_runs(left, rest, rows, base64=base64)
        if known and _withdraw(images, units, exact, narrow, rows, base64=base64):
            of_images, of_units = _left(images, units, exact, narrow)
            left, rest = images.chosen(of_images), units.chosen(of_units)
            runs = find_runs(left, rest, rows, base64=base64)
        if known:  # how many of these units carry images is learned with the runs
            explained = np.bincount(runs.unit, runs.probability, len(rest)) + np.bincount(
                np.minimum(runs.unit + runs.more, len(rest) - 1), runs.probability * (runs.more > 0), len(rest)
            )
            related = float(np.clip(np.minimum(explained, 1).mean(), *RELATED))
            runs = find_runs(left, rest, rows, base64=base64, related=related)
        torn = frozenset[int]().union(*(of.torn for of in exact))
        runs = runs.chosen(_decided(runs, np.isin(of_images, sorted(torn))))
        test.matches = _matches_of(runs, left, rest, of_images, of_units, base64=base64)
    return tests


def match_stretches(
    images: Images,
    units: Units,
    exact: list[Test],
    uploads: pa.Table,
    span: tuple[int, int],
    random: np.random.Generator,
) -> list[Test]:
    """Images among the streams of a request with several: by the constants of single images, and by new ones."""
    tests: list[Test] = []
    narrow = ~units.quic & (units.high == units.low)
    known = [test for test in exact if test.matches and test.mode == "exact" and test.window_s]
    for step in range(len(known) + PEAKS if known else 0):
        of_images, of_units = _left(images, units, [*exact, *tests], narrow)
        if not len(of_images) or not len(of_units):
            break
        left, rest = images.chosen(of_images), units.chosen(of_units)
        parts, at = stretches(rest, uploads)
        if not len(parts):
            break
        if step < len(known):
            of = known[step]
            form, overhead, law, chance = (
                Form(of.base64, of.window_s or 0),
                of.overhead or 0,
                of.law(images, units),
                None,
            )
            least = 0.0
        else:
            parts, at = parts.together(rest), np.r_[at, np.arange(len(rest))]
            order = np.argsort(parts.first, kind="stable")
            parts, at = parts.chosen(order), at[order]
            best = min(
                (search(left, parts, Form(of.base64, of.window_s or 0), span, random) for of in known),
                key=lambda peak: (peak.chance.p, -peak.count),
            )
            if best.count < LEAST or best.chance.p > SURE_LINE:
                break
            form, overhead, law, chance = best.form, best.overhead, NOTHING, best.chance
            least = chosen_for(best)
        found = pair(left, parts, form, overhead, least, law).sure(SURE_STREAM)
        test = Test(
            "stream", len(left), len(rest), 1, len(found.image), overhead, None, form.base64, form.window_s, chance,
        )  # fmt: skip
        sizes = sent_sizes(left.size, base64=form.base64)
        test.matches = [
            Match(
                int(of_images[i]),
                int(of_units[at[j]]),
                "stream",
                form.base64,
                int(parts.high[j] - sizes[i]),
                1,
                float(p),
            )
            for i, j, p in zip(found.image.tolist(), found.unit.tolist(), found.probability.tolist(), strict=True)
        ]
        tests.append(test)
        if step >= len(known) and not test.matches:
            break
    return tests


def _left(images: Images, units: Units, exact: list[Test], narrow: Mask) -> tuple[Places, Places]:
    """Images and units in no pair, of units those of which sums can be looked at."""
    free_images, free_units = _free(images, units, exact)
    return _bounded(free_images, free_units & narrow)


def _free(images: Images, units: Units, tests: list[Test]) -> tuple[Mask, Mask]:
    """Which images and units are in no pair."""
    free_images, free_units = np.ones(len(images), bool), np.ones(len(units), bool)
    for test in tests:
        free_images[[match.image for match in test.matches]] = False
        free_units[[match.unit for match in test.matches]] = False
    return free_images, free_units


def _bounded(images: Mask, units: Mask) -> tuple[Places, Places]:
    """As many of them as one chain takes."""
    return np.flatnonzero(images)[:MOST_IMAGES], np.flatnonzero(units)[:MOST_UNITS]


def _withdraw(images: Images, units: Units, exact: list[Test], narrow: Mask, rows: list[Row], *, base64: bool) -> bool:
    """Withdraw pairs whose image chains of runs see in another unit; gives whether there were any."""
    any_withdrawn = False
    free_images, free_units = _free(images, units, exact)
    free_units &= narrow
    for test in exact:
        gone: set[Match] = set()
        for match in [match for match in test.matches if match.probability < CERTAIN and narrow[match.unit]]:
            free_images[match.image] = free_units[match.unit] = True
            of_images, of_units = _bounded(free_images, free_units)
            elsewhere = 0.0
            if of_units[-1] >= match.unit and of_images[-1] >= match.image:
                runs = find_runs(images.chosen(of_images), units.chosen(of_units), rows, base64=base64)
                image = int(np.searchsorted(of_images, match.image))
                other = (runs.first <= image) & (image < runs.behind) & (of_units[runs.unit] != match.unit)
                elsewhere = float(runs.probability[other].sum())
            if elsewhere > ELSEWHERE:
                gone.add(match)
            else:
                free_images[match.image] = free_units[match.unit] = False
        test.matches = [match for match in test.matches if match not in gone]
        any_withdrawn |= bool(gone)
    return any_withdrawn


def _lines(
    images: Images, units: Units, span: tuple[int, int], random: np.random.Generator, *, base64: bool, known: bool
) -> tuple[list[Line], list[Row]]:
    """Lines found one after the other, each without the units explained before, and as the chain takes them."""
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
        runs = find_runs(images, units, fixed, base64=base64)
        free = np.ones(len(units), bool)
        for unit, more, probability in zip(
            runs.unit.tolist(), runs.more.tolist(), runs.probability.tolist(), strict=True
        ):
            if probability > 0.5:
                free[unit : unit + more + 1] = False
        rest = units.chosen(free)
    return found, fixed


def _decided(runs: Runs, torn: Mask) -> Mask:
    """Runs that say in which unit their images are: of a torn one neither it alone does, nor a run of several units."""
    before = running_sum(torn.astype(np.int64))
    has_torn = before[runs.behind] > before[runs.first]
    told: Mask = ~has_torn | ((runs.more == 0) & (runs.behind - runs.first > 1))
    return told


def _matches_of(
    runs: Runs, images: Images, units: Units, of_images: np.ndarray, of_units: np.ndarray, *, base64: bool
) -> list[Match]:
    """Matches of single images: the probability that an image is in a unit, over all runs with it."""
    share: dict[tuple[int, int], float] = {}
    best: dict[tuple[int, int], tuple[float, int, int]] = {}
    sizes = sent_sizes(images.size, base64=base64)
    for unit, more, first, behind, p in zip(
        runs.unit.tolist(), runs.more.tolist(), runs.first.tolist(), runs.behind.tolist(), runs.probability.tolist(),
        strict=True,
    ):  # fmt: skip
        over = int(units.high[unit : unit + more + 1].sum() - sizes[first:behind].sum())
        for image in range(first, behind):
            share[image, unit] = share.get((image, unit), 0.0) + p
            if p > best.get((image, unit), (0.0, 0, 0))[0]:
                best[image, unit] = (p, over, behind - first)
    return [
        Match(int(of_images[i]), int(of_units[j]), "batch", base64, best[i, j][1], best[i, j][2], min(p, 1.0))
        for (i, j), p in sorted(share.items())
        if p >= SURE
    ]


def settled(tests: list[Test]) -> list[Match]:
    """The matches of all tests, of which each image keeps one; what chains of runs say goes before single pairs."""
    chosen: dict[int, Match] = {}
    units: dict[int, str] = {}
    order = {"batch": 1}
    every = [match for test in tests for match in test.matches]
    for match in sorted(
        every,
        key=lambda match: (
            match.probability < CERTAIN or match.mode == "batch",
            -order.get(match.mode, 0),
            -match.probability,
        ),
    ):
        if match.image in chosen:
            continue
        if match.unit in units and (match.mode != "batch" or units[match.unit] != "batch"):
            continue
        chosen[match.image] = match
        units[match.unit] = match.mode
    return [chosen[image] for image in sorted(chosen)]

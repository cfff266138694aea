"""One host and one endpoint: which images that the host received fit what it sent there, in which form, by chance.

What may be said of a test: that it names an endpoint, that sizes and times go together, or nothing.

An endpoint is named where the chance is small enough and sizes agree more sharply than light, scene or visitor could
make those of two pictures (`sharpness.py`). Where only the chance is small, sizes and times go together, and nothing
names why: pictures encoded anew, padded, or as datagrams, or other pictures of the same moments. No image is told then.
So it is with every mode that has not passed enough offices in which nothing is sent on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from netaudit.findings.correlation.batches import Row, lines_of_single
from netaudit.findings.correlation.forms import LEAST, SECOND, STRETCH, WIDTH, Form, Peak, forms, refined, search
from netaudit.findings.correlation.nulls import CAP, Chance, corrected
from netaudit.findings.correlation.pair_probabilities import pair
from netaudit.findings.correlation.sharpness import sharpness

if TYPE_CHECKING:
    from netaudit.findings.correlation.series import Images, Units

CLAIMED, TOGETHER, BY_CHANCE = "claimed", "go together", "by chance"
VALIDATED = frozenset({"exact", "batch"})  # modes that may name an endpoint: what they have met is in the docs
LEAST_EXACT = 5  # images of exact size without which no endpoint is named; of batches one unit less
LEAST_REENCODED = 12
ALIKE = 0.01  # chance below which sizes and times go together: no odds are told


def together(test: Test, pairs: int, least: float = ALIKE) -> bool:
    """Whether enough fits, and the chance, corrected for `pairs` of host and endpoint, is small."""
    fitting = LEAST_REENCODED if test.mode == "reencoded" else LEAST_EXACT - (test.mode == "batch")
    return test.chance is not None and test.matched >= fitting and corrected(test.chance.p, test.tried * pairs) <= least


def believed(test: Test, pairs: int) -> bool:
    """Whether it names an endpoint, once images are told by it."""
    return test.mode in VALIDATED and test.sharp <= CAP and together(test, pairs, CAP)


PEAKS = 4  # constants of one sender and endpoint: different programs, forms, kinds of record
SURE_LINE = 0.01  # chance of a further constant, or a line, where the endpoint is known to receive images already
ELSEWHERE = 0.5  # probability of another unit, by chains, at which a pair is withdrawn
LEAST_SEARCHED, MOST_SEARCHED, SEARCHED_IN_ALL = 300, 2_000, 40_000  # images in which constants are looked for
FEW = 0.01  # of what is told of an endpoint is wrong at most, by its probabilities
EXACT = frozenset({"exact", "batch"})
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
    framed: bool = False  # in frames of HTTP/2, whose heads are not in the overhead


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
    window_s: float | None = None
    chance: Chance | None = None
    sharp: float = 1.0  # chance that two pictures of the same moment agree as sharply (`sharpness.py`)
    framed: bool = False
    waits: bool = False
    matches: list[Match] = field(default_factory=list)

    @property
    def form(self) -> Form:
        """The form of its single images."""
        return Form(self.base64, self.window_s or 0.0, framed=self.framed)

    def law(self, images: Images, units: Units) -> tuple[Places, npt.NDArray[np.float64]]:
        """Places of its pairs within the width, and their delays in seconds."""
        i, j = (np.array([getattr(match, name) for match in self.matches], np.int64) for name in ("image", "unit"))
        sizes = self.form.sent(images.size[i])
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
        if len(near) < LEAST:
            break
        tried = list(forms(near, len(some), around[1] - around[0]))
        best = search(some, near, tried, around, random)
        test = Test(
            mode_of(rest), len(left), len(rest), len(tried), best.count, best.overhead, None, best.form.base64,
            best.form.window_s, best.chance, framed=best.form.framed, waits=best.form.waits,
        )  # fmt: skip
        if tests and corrected(best.chance.p, len(tried)) > SURE_LINE:
            break
        tests.append(test)
        if len(tests) == 1:
            if not together(test, pairs):
                break
            best = refined(some, near, best, around)
            test.overhead = best.overhead
            test.sharp, test.matched = sharpness(some, near, best)
            if not believed(test, pairs):
                break
        likely = pair(left, rest, best.form, best.overhead, chosen_for(best))
        found = likely.sure()
        over = rest.high[found.unit] - best.form.sent(left.size)[found.image]
        test.matches = [
            Match(
                int(of_images[i]),
                int(of_units[j]),
                test.mode,
                best.form.base64,
                int(beside),
                1,
                float(p),
                best.form.framed,
            )
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
                form = of.form
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


def surest(matches: list[Match]) -> list[Match]:
    """The most probable matches, as many as let expect few wrong ones among them; all of those by exact sizes."""
    ordered = sorted((match for match in matches if match.mode not in EXACT), key=lambda match: -match.probability)
    sure = np.array([match.probability for match in ordered])
    last = np.diff(sure, append=-1.0) < 0  # of those that are as probable: all of them are told, or none
    right = np.flatnonzero(last & (np.cumsum(1 - sure) <= FEW * np.arange(1, len(ordered) + 1)))
    least = sure[right[-1]] if right.size else np.inf
    return [match for match in matches if match.mode in EXACT or match.probability >= least]

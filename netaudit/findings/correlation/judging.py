"""All hosts and endpoints of a case: what was tested, what of it is believed, and the rows that say so."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

from netaudit.findings.correlation import reencoded
from netaudit.findings.correlation.following import follow
from netaudit.findings.correlation.forms import LEAST, SECOND, WIDTH, sent_sizes, windows
from netaudit.findings.correlation.histogram import differences
from netaudit.findings.correlation.kernels_clocks import commons
from netaudit.findings.correlation.matching_one_to_one import (
    BY_CHANCE,
    CLAIMED,
    LEAST_EXACT,
    TOGETHER,
    Match,
    Test,
    believed,
    match_exact,
    mode_of,
    settled,
    surest,
    together,
)
from netaudit.findings.correlation.multi_image_units import match_batches
from netaudit.findings.correlation.nulls import CAP, NO_CHANCE, Chance, by_draws, capped, corrected, seed_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from netaudit.findings.correlation.series import I8, Images, Units, Way, Ways

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


MOST_IMAGES = 2000  # of one host and endpoint in the search; all are paired once a form is known
HIGHEST_RATIO = 1 / CAP
SHARP = frozenset({"exact", "padded", "range", "quic", "batch"})  # modes of which sharpness is asked
Host = tuple[str, str]  # who received images, in which recording
Planned = tuple[Host, "Way", tuple[int, int]]  # and the time in which units and images are


@dataclass(slots=True)
class Pair:
    """One host with its images, and one endpoint with what was sent there."""

    host: str
    way: Way
    images: Images
    units: Units
    span: tuple[int, int]
    elsewhere: bool  # the units are from another recording than the images


@dataclass(slots=True)
class Result:
    """What a pair gave: all tests, the difference of clocks, and the matches where it is believed.

    `together`: the test by which sizes and times go together where the endpoint is not named.
    """

    pair: Pair
    tests: list[Test]
    offset: Offset | None
    matches: list[Match]
    seed: int
    claimed: bool
    together: Test | None = None


def pairs_of(images: dict[Host, Images], ways: Ways, scope: Callable[[str], str]) -> list[Planned]:
    """Hosts and endpoints worth testing; in one recording the same host, in two whoever sends."""
    extents = ways.extents()
    planned: list[Planned] = []
    for (host, recording), received in images.items():
        own = [extent for way, extent in extents.items() if way[0] == host and way[2] == recording]
        first = min([int(received.first.min()), *(begin for _, begin, _ in own)])
        last = max([int(received.last.max()), *(end for _, _, end in own)])
        for way, (count, _, _) in extents.items():
            if scope(way[1]) == "inside" or way[1] == host or count < LEAST or len(received) < LEAST:
                continue
            if way[0] == host if way[2] == recording else scope(host) != "outside":
                planned.append(((host, recording), way, (first, last + 1)))
    return planned


def pair_of(planned: Planned, images: dict[Host, Images], ways: Ways) -> Pair:
    """The pair with its units, which are made for it: all at once would not fit into memory."""
    (host, recording), way, span = planned
    return Pair(host, way, images[host, recording], ways.units(way), span, elsewhere=way[2] != recording)


def judge_pair(pair: Pair, pairs: int) -> Result:
    """Test one pair; `pairs` are tested in all."""
    seed = _seed_of(pair)
    random = np.random.default_rng(seed)
    images, units, offset, tests = pair.images, pair.units, None, []
    span = pair.span
    if pair.elsewhere:
        offset = find_offset(images, units, random)
        if offset is None:
            return Result(pair, [], None, [], seed, claimed=False)
        test = Test(
            "clocks",
            len(images),
            len(units),
            2,
            offset.count,
            offset.overhead,
            None,
            offset.base64,
            None,
            offset.chance,
        )
        if corrected(offset.chance.p, 2 * pairs) > CAP or offset.count < LEAST_EXACT:
            return Result(pair, [test], None, [], seed, claimed=False)
        tests.append(test)
        units = on_one_clock(units, offset)
        span = (min(span[0], int(units.first.min())), max(span[1], int(units.last.max()) + 1))
    exact: list[Test] = []
    for of in (~units.quic, units.quic & ~units.tunnel, units.tunnel):
        places = np.flatnonzero(of)
        if len(places) >= LEAST:
            exact += _renumbered(match_exact(images, units.chosen(places), span, random, pairs), places)
    tests += exact + match_batches(images, units, exact, span, random, pairs)
    matches = surest(settled(tests))
    if len(matches) >= LEAST_EXACT and any(test.matches and believed(test, pairs) for test in tests):
        return Result(pair, tests, offset, matches, seed, claimed=True)
    if pair.elsewhere:  # two clocks are put on one for the best agreement: it counts no more
        return Result(pair, tests, offset, [], seed, claimed=False)
    alike = _best(tests, pairs)
    if alike is None and mode_of(pair.units) != "padded":  # padding blurs every ratio
        tests += _encoded_anew(pair, random)
        alike = _best(tests, pairs)
    if alike is None:
        alike = follow(pair.images, pair.units, pair.span, pairs, random)
        tests += [alike] if alike is not None else []
    return Result(pair, tests, None, [], seed, claimed=False, together=alike)


def _best(tests: list[Test], pairs: int) -> Test | None:
    """The test with the least chance of those by which sizes and times go together."""
    alike = (test for test in tests if together(test, pairs))
    return min(alike, key=lambda test: test.chance.p * test.tried if test.chance else 1.0, default=None)


def _seed_of(pair: Pair) -> int:
    """Seed from what is compared, however it was cut into files."""
    images = np.frombuffer(pair.images.fingerprint(), np.uint8)
    return seed_of(pair.host, *pair.way[:2], images, pair.units.first, pair.units.low, pair.units.high)


def _renumbered(tests: list[Test], places: np.ndarray) -> list[Test]:
    for test in tests:
        test.matches = [replace(match, unit=int(places[match.unit])) for match in test.matches]
    return tests


def _encoded_anew(pair: Pair, random: np.random.Generator) -> list[Test]:
    """Test for images encoded anew: it names no endpoint, since other pictures of the same moments have such ratios."""
    windows = [w for w in reencoded.WINDOWS_S if 4 * w * 1_000_000_000 <= pair.span[1] - pair.span[0]]
    found = [reencoded.search(pair.images, pair.units, window, pair.span, random) for window in windows]
    results = [result for result in found if result is not None]
    if not results:
        return []
    best = min(results, key=lambda result: result.p)
    hardest = max((best.dealt, best.shifted), key=lambda chance: chance.p)
    return [
        Test(
            "reencoded", len(pair.images), len(pair.units), len(results), best.likely, window_s=best.window_s,
            chance=hardest,
        )
    ]  # fmt: skip


def decisive(result: Result) -> Test | None:
    """The test by which an endpoint is named, or what was sent there goes together with images."""
    if result.together is not None:
        return result.together
    candidates = [test for test in result.tests if result.claimed and test.matches and test.chance is not None]
    return min(candidates, key=lambda test: test.chance.p if test.chance else 1.0) if candidates else None


def test_row(result: Result, test: Test, pairs: int) -> dict[str, Any]:
    """Row of `relay_tests`."""
    counts: tuple[list[int], list[int], list[int]] = [], [], []
    if test is decisive(result):
        own = result.pair
        units = on_one_clock(own.units, result.offset) if result.offset else own.units
        span = (own.span[0], max(own.span[1], int(units.last.max()) + 1))
        counts = differences(own.images, units, test, span, np.random.default_rng(result.seed))
    pair, chance = result.pair, test.chance
    p = corrected(chance.p, test.tried * pairs) if chance is not None else None
    identity = blake2b(repr((pair.host, pair.way, test.mode, test.overhead, test.images)).encode(), digest_size=16)
    return {
        "test_id": identity.hexdigest(),
        "holder": pair.host,
        "sender": pair.way[0],
        "receiver": pair.way[1],
        "capture_id": pair.way[2],
        "mode": test.mode,
        "images": test.images,
        "units": test.units,
        "tried": test.tried * pairs,
        "fitting": test.matched,
        "told": len(test.matches) if result.claimed else 0,
        "base64": test.base64,
        "framed": test.framed,
        "waits": test.waits,
        "overhead": test.overhead,
        "overhead_each": test.each,
        "window_s": math.ceil(test.window_s) if test.window_s is not None else None,
        "longest_s": math.ceil(max(windows(result.pair.span[1] - result.pair.span[0]), default=0)),
        "draws": chance.draws if chance else 0,
        "exceeded": chance.exceeded if chance else 0,
        "expected": chance.mean if chance and test.mode != "reencoded" else None,  # its statistic is no count
        "p": capped(p) if p is not None else None,
        "p_model": p,
        "ratio": min(1 / capped(p), HIGHEST_RATIO) if p is not None else None,
        "clock_s": result.offset.seconds if result.offset else None,
        "sharp": capped(test.sharp) if test.mode in SHARP else None,
        "standing": CLAIMED if result.claimed else TOGETHER if test is result.together else BY_CHANCE,
        "differences": counts[0],
        "differences_low": counts[1],
        "differences_high": counts[2],
        "seed": f"{result.seed:016x}",
    }

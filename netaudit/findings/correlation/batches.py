"""Units that carry several images: one after the other in one request, a zip, a multipart body, streams of HTTP/2.

Only the sum is seen. What helps is that such a unit takes what has come since the one before: images form runs, and
runs follow each other. Each image adds its size and a head (a line: overhead for each image, and a constant).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from netaudit.findings.correlation.forms import LEAD_S, SECOND, sent_sizes
from netaudit.findings.correlation.kernels_batches import COMBINED, LEFT, LONGEST, SLACK, SLACK_EACH, lines
from netaudit.findings.correlation.nulls import NO_CHANCE, Chance, binomial, by_nulls
from netaudit.findings.correlation.sharpness import BESIDE, RESIDUAL, within

if TYPE_CHECKING:
    from netaudit.findings.correlation.series import I8, Images, Units

LONGEST_WAIT_S = 300  # an image older than this is not waited for
CLOSE = SECOND // 2  # between units that may be one request
ALIKE = 64  # bytes within which sizes are taken for one
LINES = 3  # of one sender and endpoint
CHOSEN = 100  # lines near each other of which the best is taken
LEAST_UNITS = 3  # that a line explains
MOST_IMAGES, MOST_UNITS = 1500, 400  # in one chain
Row = tuple[int, int, int, int, int]  # overhead for each image, constant, slack, more for each image, most images


@dataclass(frozen=True, slots=True)
class Line:
    """Overhead of a form for each image and per unit, in bytes; how many units it explains, and its chance."""

    each: int
    constant: int
    count: int
    chance: Chance


MANY = 1 << 20


def line_of(found: Line) -> Row:
    """A line as the chain takes it."""
    return found.each, found.constant, 2 * SLACK, SLACK_EACH, MANY


def lines_of_single(overhead: int, width: int) -> tuple[Row, Row]:
    """What a form of single images says of a unit: one image in its form, or several requests of that form."""
    middle, half = overhead + width // 2, width // 2
    return (middle, 0, half + SLACK, 0, 1), (middle, 0, 3 * SLACK, 5 * SLACK_EACH, MANY)


def combined(units: Units) -> I8:
    """Plaintext of each unit alone, with the next one of its flow close behind, with the next two; 0: there is none."""
    sizes = np.zeros((len(units), COMBINED), np.int64)
    sizes[:, 0] = units.high
    follows = np.zeros(len(units), bool)
    follows[:-1] = (
        (units.flow[1:] == units.flow[:-1])
        & (units.row[1:] > units.row[:-1])
        & (units.first[1:] - units.last[:-1] < CLOSE)
    )
    totals, unbroken = running_sum(units.high), np.ones(len(units), bool)
    for more in range(1, min(COMBINED, len(units))):
        unbroken = unbroken[:-1] & follows[more - 1 : -1]
        sizes[:-more, more] = np.where(unbroken, totals[more + 1 :] - totals[: -more - 1], 0)
    return sizes


def reach(arrived: I8, units: Units) -> tuple[I8, I8]:
    """For each unit: how many images had come when it began, and the first one that is not too old for it."""
    at_hand = np.searchsorted(arrived, units.first + int(LEAD_S * SECOND), "right").astype(np.int64)
    oldest = np.searchsorted(arrived, units.first - LONGEST_WAIT_S * SECOND, "left").astype(np.int64)
    return at_hand, oldest


def running_sum(sizes: I8) -> I8:
    """Sums of the first 0, 1, 2 … sizes."""
    sums = np.zeros(sizes.size + 1, np.int64)
    np.cumsum(sizes, out=sums[1:])
    return sums


def find_line(
    images: Images, units: Units, span: tuple[int, int], random: np.random.Generator, *, base64: bool
) -> Line:
    """The line that explains most units, best by runs without a gap between them, against what comes by chance."""
    sizes, begins = sent_sizes(images.size, base64=base64), combined(units)
    waits = int(LEAD_S * SECOND), LONGEST_WAIT_S * SECOND
    length, wait = span[1] - span[0], min(LONGEST_WAIT_S * SECOND, (span[1] - span[0]) // 3)

    def lines_of(dealt: I8, shifts: I8) -> I8:
        found = np.empty((shifts.size, 4), np.int64)
        lines(begins, units.first, waits, images.last, dealt, shifts, span, found)
        return found

    def shifted(draws: int) -> I8:
        shifts = random.integers(wait, max(length - wait, wait + 1), draws)
        found = lines_of(np.tile(sizes, (draws, 1)), shifts)
        return found[:, 0] + found[:, 1]

    def dealt(draws: int) -> I8:
        found = lines_of(random.permuted(np.tile(sizes, (draws, 1)), axis=1), np.zeros(draws, np.int64))
        return found[:, 0] + found[:, 1]

    explained, following, each, constant = lines_of(sizes[None], np.zeros(1, np.int64))[0].tolist()
    nulls = [shifted, dealt]
    chance = by_nulls(explained + following, nulls) if explained >= LEAST_UNITS else NO_CHANCE
    return Line(each, constant, explained, chance)


def sharpness_of_sums(images: Images, units: Units, line: Line, *, base64: bool) -> float:
    """Chance that sums of other pictures of the same moments agree as sharply with a line (`sharpness.py`).

    Of each unit the run that comes nearest counts, where it is within the slack of the line, or `BESIDE` times as much
    at each side; units of one size count once.
    """
    sizes, begins = sent_sizes(images.size, base64=base64), combined(units)
    at_hand, oldest = reach(images.last, units)
    totals, squares = running_sum(sizes), running_sum(sizes**2)
    inside, beside = set[int](), set[int]()
    shares: list[float] = []
    for j in range(len(units)):
        nearest, share = np.inf, 1.0
        for behind in range(max(at_hand[j] - LEFT, 1), at_hand[j] + 1):
            first = np.arange(max(oldest[j], behind - LONGEST), behind)
            count, scatter = behind - first, RESIDUAL * np.sqrt(squares[behind] - squares[first])
            slack = 2 * SLACK + SLACK_EACH * (count - 1)
            for size in begins[j][begins[j] > 0].tolist():
                off = np.abs(size - (totals[behind] - totals[first]) - line.each * count - line.constant) / slack
                k = int(np.argmin(off)) if off.size else 0
                if off.size and off[k] < nearest:
                    wide = float(slack[k] / scatter[k])
                    nearest, share = float(off[k]), within(wide) / within((1 + 2 * BESIDE) * wide)
        if nearest <= 1 + 2 * BESIDE:
            (inside if nearest <= 1 else beside).add(int(units.high[j]) // ALIKE)
            shares += [share] if nearest <= 1 else []
    if not shares:
        return 1.0
    return min(1.0, CHOSEN * binomial(len(inside), len(inside | beside), sum(shares) / len(shares)))

"""Units that carry several images: one after the other in one request, a zip, a multipart body, streams of HTTP/2.

Only the sum is seen. What helps is that such a unit takes what has come since the one before: images form runs, and
runs follow each other. Each image adds its size and a head (a line: overhead for each image, and a constant).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from netaudit.relays.chance import Chance, by_nulls
from netaudit.relays.forms import LEAD_S, SECOND, sent_sizes
from netaudit.relays.kernels_batches import CELLS, COMBINED, SLACK, SLACK_EACH, STEPS, chain, line

if TYPE_CHECKING:
    from netaudit.relays.series import I8, Images, Units

LONGEST_WAIT_S = 300  # an image older than this is not waited for
CLOSE = SECOND // 2  # between units that may be one request
LINES = 3  # of one sender and endpoint
LEAST_UNITS = 3  # that a line explains
MOST_IMAGES, MOST_UNITS = 1500, 400  # in one chain
BEYOND_SINGLE = 4096  # bytes above the largest image from which a unit has several, if it has any
ROOM = 20_000
Row = tuple[int, int, int, int, int]  # a line as `kernels_batches.fitness` has it


@dataclass(slots=True)
class Runs:
    """What units carry: images from `first` to `behind` (excluded), in units `unit` and `more` behind it."""

    unit: I8
    more: I8
    first: I8
    behind: I8
    probability: npt.NDArray[np.float64]
    evidence: float  # logarithm, above that of no image in any unit

    def chosen(self, mask: npt.NDArray[np.bool_]) -> Runs:
        """Some of them."""
        unit, more, first, behind = (column[mask] for column in (self.unit, self.more, self.first, self.behind))
        return Runs(unit, more, first, behind, self.probability[mask], self.evidence)


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
    for more in range(1, COMBINED):
        for k in range(len(units) - more):
            if follows[k : k + more].all():
                sizes[k, more] = units.high[k : k + more + 1].sum()
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
    work = np.empty((5, STEPS, CELLS), np.int64)
    at_hand = reach(images.last, units)
    count, following, each, constant = line(begins, *at_hand, running_sum(sizes), work)
    length, wait = span[1] - span[0], min(LONGEST_WAIT_S * SECOND, (span[1] - span[0]) // 3)

    def shifted() -> int:
        shift = int(random.integers(wait, max(length - wait, wait + 1)))
        moved = span[0] + (images.last - span[0] + shift) % length
        order = np.argsort(moved, kind="stable")
        return sum(line(begins, *reach(moved[order], units), running_sum(sizes[order]), work)[:2])

    def dealt() -> int:
        return sum(line(begins, *at_hand, running_sum(random.permutation(sizes)), work)[:2])

    nulls = [lambda draws, of=of: np.array([of() for _ in range(draws)]) for of in (shifted, dealt)]
    chance = by_nulls(count + following, nulls, worth=count >= LEAST_UNITS)
    return Line(int(each), int(constant), int(count), chance)


def find_runs(images: Images, units: Units, lines: list[Row], *, base64: bool, related: float = 0.5) -> Runs:
    """Which runs of images the units carry, with probabilities; `lines` as `kernels_batches.chain` has them."""
    sizes = sent_sizes(images.size, base64=base64)
    table = np.array(lines, np.int64).reshape(-1, 5)
    out = np.empty((ROOM, 5))
    series = (combined(units), *reach(images.last, units), running_sum(sizes))
    larger = units.low > sizes.max(initial=0) + BEYOND_SINGLE
    kinds = units.opens.astype(np.uint8) + 2 * larger.astype(np.uint8)
    used, evidence = chain(*series, table, kinds, related, out)
    rows = out[:used]
    keys, where = np.unique(rows[:, :4], axis=0, return_inverse=True)
    probability: npt.NDArray[np.float64] = np.bincount(where.reshape(-1), rows[:, 4], len(keys)).astype(np.float64)
    columns = keys.astype(np.int64)
    return Runs(columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3], probability, evidence)

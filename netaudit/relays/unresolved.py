"""What may be said of a test: whether it names an endpoint, by images or by a count, or only goes together.

An endpoint is named where the chance is small enough and sizes agree more sharply than light, scene or visitor could
make those of two pictures (`sharpness.py`). Where only the chance is small, sizes and times go together, and nothing
names why: pictures encoded anew, padded, or as datagrams, or other pictures of the same moments. No image is told then.
Named by a count alone is what is believed while its images cannot be told: of the count a lower end is told.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from netaudit.relays.estimator import TOGETHER
from netaudit.relays.nulls import CAP, corrected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from netaudit.relays.estimator import Test

LEAST_EXACT = 5  # images of exact size without which no endpoint is named; of batches one unit less
LEAST_REENCODED = 12
ONE_SIDED = 1.645  # deviations beyond which 5 % lie at one side


def together(test: Test, pairs: int, least: float = TOGETHER) -> bool:
    """Whether enough fits, and the chance, corrected for `pairs` of host and endpoint, is small."""
    fitting = LEAST_REENCODED if test.mode == "reencoded" else LEAST_EXACT - (test.mode == "batch")
    return test.chance is not None and test.matched >= fitting and corrected(test.chance.p, test.tried * pairs) <= least


def believed(test: Test, pairs: int) -> bool:
    """Whether it names an endpoint."""
    return test.sharp <= CAP and together(test, pairs, CAP)


def best_of(tests: Iterable[Test], pairs: int, standing: Callable[[Test, int], bool]) -> Test | None:
    """The test with the least chance of those that are `believed`, or go `together`; None where there is none."""
    return min(
        (test for test in tests if standing(test, pairs)),
        key=lambda test: test.chance.p * test.tried if test.chance else 1.0,
        default=None,
    )


def at_least(test: Test) -> int:
    """Images (batch: units) that fit at least, with 95 %: beyond chance, or by their probabilities (Poisson)."""
    by_chance = test.chance.mean if test.chance and test.mode != "reencoded" else 0.0
    spread = ONE_SIDED * math.sqrt(test.matched if test.mode == "reencoded" else by_chance)
    return max(1, math.floor(test.matched - by_chance - spread))

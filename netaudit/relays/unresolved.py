"""Endpoints that are named by a count alone: the test is believed, but which images were sent on cannot be told.

Nothing new is tested: the chance is that of the test, under the nulls and the correction of any endpoint named by its
images. Of the count only a lower end is told. Images that were encoded anew count with their probabilities, which sum
to less than was sent wherever ratios of sizes scatter; elsewhere what may fit by chance is taken off.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from netaudit.relays.nulls import CAP, corrected

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netaudit.relays.estimator import Test

LEAST_EXACT = 5  # images of exact size without which no endpoint is named; of batches one unit less
LEAST_REENCODED = 12
ONE_SIDED = 1.645  # deviations beyond which 5 % lie at one side


def believed(test: Test, pairs: int) -> bool:
    """Whether enough fits, and the chance, corrected for `pairs` of host and endpoint, is one that may be claimed."""
    least = LEAST_REENCODED if test.mode == "reencoded" else LEAST_EXACT - (test.mode == "batch")
    return test.chance is not None and test.matched >= least and corrected(test.chance.p, test.tried * pairs) <= CAP


def unresolved(tests: Iterable[Test], pairs: int) -> Test | None:
    """The test by which an endpoint is named without an image; None where no test is believed."""
    return min(
        (test for test in tests if believed(test, pairs)),
        key=lambda test: test.chance.p * test.tried if test.chance else 1.0,
        default=None,
    )


def at_least(test: Test) -> int:
    """Images (batch: units) that fit at least, with 95 %: beyond chance, or by their probabilities (Poisson)."""
    by_chance = test.chance.mean if test.chance and test.mode != "reencoded" else 0.0
    spread = ONE_SIDED * math.sqrt(test.matched if test.mode == "reencoded" else by_chance)
    return max(1, math.floor(test.matched - by_chance - spread))

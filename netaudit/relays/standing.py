"""What may be said of a test: that it names an endpoint, that sizes and times go together, or nothing.

An endpoint is named where the chance is small enough and sizes agree more sharply than light, scene or visitor could
make those of two pictures (`sharpness.py`). Where only the chance is small, sizes and times go together, and nothing
names why: pictures encoded anew, padded, or as datagrams, or other pictures of the same moments. No image is told then.
So it is with every mode that has not passed enough offices in which nothing is sent on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.relays.nulls import CAP, corrected

if TYPE_CHECKING:
    from netaudit.relays.matching_one_to_one import Test

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

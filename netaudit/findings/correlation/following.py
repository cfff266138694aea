"""Uploads that follow the pictures, whatever their sizes: feature vectors, small crops, pictures in another form.

Pictures seen in clear are moments, as those that somebody marks: the machinery and the nulls are theirs (`passes.py`).
That something is sent after each picture says nothing of what it is, and something else that the same visitor sets off
would follow as well: it is no ground for naming an endpoint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from netaudit.findings.correlation.matching_one_to_one import Test
from netaudit.findings.correlation.nulls import Chance
from netaudit.findings.correlation.passes import CLAIMED, LEAST, SECOND, WINDOWS_S, asked_of, merged, tie

if TYPE_CHECKING:
    from netaudit.findings.correlation.series import I8, Images, Units

MOST = 600  # images, and uploads for each, with which it is asked
MOSTLY = 0.5  # of the images that have to be followed to be asked about
SHIFTS = 50  # a first look


def follow(images: Images, units: Units, span: tuple[int, int], pairs: int, random: np.random.Generator) -> Test | None:
    """The window in which uploads follow most images beyond chance; None where they do not."""
    if not LEAST <= len(images) <= MOST or len(units) > MOST * len(images):
        return None
    spans, arrived = merged(np.array([span])), np.sort(images.last)
    tried = len(WINDOWS_S) * pairs
    best = None
    for window in WINDOWS_S:
        if not _worth(arrived, units.first, window * SECOND, span, random):
            continue
        found = tie(arrived, units.first, asked_of(arrived, spans, window), tried, random)
        if found.standing(tried) == CLAIMED and (best is None or found.count > best.count):
            best = found
    if best is None:
        return None
    chance = Chance(best.draws, best.exceeded, best.expected, best.p or 1.0)
    return Test("following", best.passes, len(units), len(WINDOWS_S), best.count, window_s=best.window_s, chance=chance)


def _worth(arrived: I8, sent: I8, window: int, span: tuple[int, int], random: np.random.Generator) -> bool:
    """Whether more images are followed than at any of some other times."""
    length = span[1] - span[0]
    if 4 * window > length:
        return False
    shifts = np.r_[0, random.integers(window, length - window, SHIFTS)]
    moved = span[0] + (arrived[None, :] - span[0] + shifts[:, None]) % length
    followed = np.searchsorted(sent, moved + window, "right") > np.searchsorted(sent, moved, "left")
    counts = followed.sum(1)
    return bool(counts[0] >= max(LEAST, MOSTLY * arrived.size) and counts[0] > counts[1:].max())

"""What the differences of sizes look like: a histogram for the report, with the band that chance would give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from netaudit.findings.correlation.forms import SECOND, SHORTEST_S, leads
from netaudit.findings.correlation.pair_probabilities import near_pairs

if TYPE_CHECKING:
    from netaudit.findings.correlation.matching_one_to_one import Test
    from netaudit.findings.correlation.series import I8, Images, Units

BIN, BINS = 64, 64  # bytes of a class; classes from 0 on
DRAWS = 200
QUANTILES = (0.025, 0.975)
MOST = 2000  # images that are looked at


def differences(
    images: Images, units: Units, test: Test, span: tuple[int, int], random: np.random.Generator
) -> tuple[list[int], list[int], list[int]]:
    """Pairs of image and unit by the bytes that the unit has beside the image; lower and upper end of chance's band."""
    images = images.chosen(np.arange(min(len(images), MOST)))
    sizes = test.form.sent(images.size)
    window = int((test.window_s or SHORTEST_S) * SECOND)
    lead, length = leads(images), span[1] - span[0]

    def counts(arrived: I8) -> I8:
        image, unit = near_pairs(arrived, lead, units.first, window)
        over = units.high[unit] - sizes[image]
        return np.bincount(over[(over >= 0) & (over < BIN * BINS)] // BIN, minlength=BINS)

    least = min(window + SECOND, length // 3)
    shifts = random.integers(least, max(length - least, least + 1), DRAWS)
    drawn = np.array([counts(span[0] + (images.last - span[0] + shift) % length) for shift in shifts])
    low, high = np.quantile(drawn, QUANTILES, axis=0).round().astype(int)
    return counts(images.last).tolist(), low.tolist(), high.tolist()

"""Uploads that follow the pictures are told by their times alone, at D; what comes by itself is not."""

from __future__ import annotations

import numpy as np
import pytest

from tests.findings.correlation import offices


def office_of(seed, first, size, count=60):
    random = np.random.default_rng(seed)
    times, sizes = offices._visits(random, count, 0.1), offices._sizes(random, count)
    units, _ = offices._units(*(column(random, times) for column in (first, size)))
    return offices.Office(offices._images(times, sizes), units, set())


def after(random, times):
    return times + (random.uniform(0.1, 1.5, times.size) * offices.SECOND).astype(np.int64)


def clock(random, times):
    return (np.arange(0, times[-1], 8 * offices.SECOND) + int(random.integers(0, 8 * offices.SECOND))).astype(np.int64)


def vectors(random, times):
    return 2_000 + random.integers(0, 40, times.size)


def crops(random, times):
    return random.integers(2_600, 3_600, times.size)


@pytest.mark.parametrize("size", [vectors, crops])
@pytest.mark.parametrize("seed", range(3))
def test_vectors_and_crops_that_follow_the_pictures_go_together(seed, size):
    result = offices.judged(office_of(seed, after, size), seed)
    assert not result.claimed
    assert result.together.mode == "following"
    assert result.together.matched >= 50


@pytest.mark.parametrize("seed", range(6))
def test_telemetry_by_the_clock_follows_nothing(seed):
    result = offices.judged(office_of(seed, clock, lambda random, times: vectors(random, clock(random, times))), seed)
    assert result.together is None or result.together.mode != "following"

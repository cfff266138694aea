"""Exact bounds of shares, against the sum of the binomial distribution itself."""

from __future__ import annotations

import math

import pytest

from netaudit.findings.bounds import choose, lower


def at_least(count: int, trials: int, chance: float) -> float:
    return sum(math.comb(trials, k) * chance**k * (1 - chance) ** (trials - k) for k in range(count, trials + 1))


@pytest.mark.parametrize(
    ("followed", "occasions"), [(1, 1), (1, 9), (4, 9), (8, 9), (9, 9), (8, 10), (12, 12), (37, 200)]
)
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.975])
def test_at_the_bound_so_many_or_more_have_just_the_chance_that_is_left(
    followed: int, occasions: int, confidence: float
) -> None:
    low = lower(followed, occasions, confidence)
    assert 0 < low < followed / occasions
    assert at_least(followed, occasions, low) == pytest.approx(1 - confidence, rel=1e-9)


def test_the_bound_is_of_95_of_100_and_of_none_it_is_nothing() -> None:
    assert lower(3, 7) == lower(3, 7, 0.95)
    assert lower(0, 7) == lower(0, 0) == 0.0
    for followed in (-1, 8):
        with pytest.raises(ValueError, match="more followed"):
            lower(followed, 7)


@pytest.mark.parametrize(("n", "k"), [(0, 0), (5, 0), (5, 5), (5, 2), (40, 17)])
def test_ways_to_choose(n: int, k: int) -> None:
    assert math.exp(choose(n, k)) == pytest.approx(math.comb(n, k))

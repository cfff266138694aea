"""Bounds of an absence, against what they are defined by."""

from __future__ import annotations

import itertools
import random
from math import comb

import pytest

from netaudit.findings.recheck.power import CONFIDENCE, Power, lower


@pytest.mark.parametrize(("followed", "occasions"), [(1, 1), (3, 5), (12, 12), (7, 40), (199, 200)])
def test_the_bound_is_the_exact_one(followed: int, occasions: int) -> None:
    """At the bound so many or more are met with just the chance that is left."""
    p = lower(followed, occasions)
    met = sum(comb(occasions, k) * p**k * (1 - p) ** (occasions - k) for k in range(followed, occasions + 1))
    assert met == pytest.approx(1 - CONFIDENCE, rel=1e-6)


def test_where_nothing_was_followed_there_is_no_bound() -> None:
    assert lower(0, 9) == 0.0


def test_a_habit_that_stayed_is_seen_as_often_as_said() -> None:
    """Visits drawn anew: the stated power is not above what is met, as often as the confidence says."""
    draw = random.Random(33)
    wrong = 0
    for _ in range(2000):
        p, n, m = draw.uniform(0.2, 1), draw.randint(5, 20), draw.randint(5, 20)
        power = Power("passes", n, sum(draw.random() < p for _ in range(n)), m)
        wrong += power.seen > 1 - (1 - p) ** m + 1e-12
    assert wrong / 2000 <= 1 - CONFIDENCE + 0.01


def test_misses_that_come_together_do_not_make_few_passes_say_too_much() -> None:
    """A camera that is busy misses the next pass, too: where a few passes are enough, so often it is met at least."""
    draw = random.Random(34)

    def passed(chance: float, count: int) -> list[bool]:
        """Each miss is followed by another in half of all cases; on the whole so many are met as `chance` says."""
        missed, met = draw.random() > chance, []
        for _ in range(count):
            met.append(not missed)
            missed = draw.random() < (max(0.5, 1 - chance) if missed else (1 - chance) * min(0.5, chance) / chance)
        return met

    told = []
    for _ in range(12_000):
        chance, asked = draw.choice((1, 0.95, 0.9, 0.8, 0.65)), draw.randint(2, 4)
        before = passed(chance, draw.randint(5, 20))
        missed = max((len(list(some)) for hit, some in itertools.groupby(before) if not hit), default=1)
        if Power("passes", len(before), sum(before), asked, missed).enough:
            told.append(any(passed(chance, asked)))
    assert len(told) > 500
    assert sum(told) / len(told) > CONFIDENCE


def test_too_few_passes_are_not_enough() -> None:
    assert not Power("passes", 3, 3, 3).enough
    assert Power("passes", 5, 5, 5).enough
    assert Power("passes", 12, 12, 3).enough  # one that a busy camera misses leaves enough
    assert Power("passes", 12, 10, 5, missed=2).enough
    assert Power("passes", 12, 11, 4).enough
    assert not Power("passes", 12, 11, 4, missed=2).enough  # it had missed two in a row
    assert Power("passes", 12, 12, 12).of_100 == 99
    assert Power("passes", 12, 0, 12).seen == 0
    assert Power("passes", 12, 0, 12).unchanged == 1


def test_the_chance_of_no_change_is_that_of_the_urn() -> None:
    assert Power("passes", 4, 3, 4).unchanged == pytest.approx(comb(4, 3) / comb(8, 3))


def test_nobody_has_more_followed_than_there_were() -> None:
    with pytest.raises(ValueError, match="more followed"):
        lower(3, 2)


@pytest.mark.parametrize(
    ("followed", "occasions", "needed"), [(12, 12, 3), (11, 12, 4), (5, 5, 5), (4, 6, 10), (0, 6, 0)]
)
def test_so_many_passes_are_needed_and_no_fewer(followed: int, occasions: int, needed: int) -> None:
    given = Power("passes", occasions, followed, needed)
    assert given.needed == needed
    assert given.enough == bool(needed)
    assert not Power("passes", occasions, followed, max(needed - 1, 0)).enough

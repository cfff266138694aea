"""Probabilities of pairs against sums over all sets of pairs, written out."""

from __future__ import annotations

import numpy as np
import pytest

from netaudit.findings.correlation import assignment


def _sets(pairs, taken=()):
    """All sets of pairs in which no image and no unit comes twice."""
    if not pairs:
        yield taken
        return
    yield from _sets(pairs[1:], taken)
    if all(pairs[0][0] != image and pairs[0][1] != unit for image, unit, _ in taken):
        yield from _sets(pairs[1:], (*taken, pairs[0]))


def _written_out(image, unit, weight):
    pairs = list(zip(image.tolist(), unit.tolist(), range(image.size), strict=True))
    shares = np.zeros(image.size)
    total = 0.0
    for chosen in _sets(pairs):
        places = [place for _, _, place in chosen]
        product = float(np.prod(weight[places]))
        total += product
        shares[places] += product
    return shares / total


@pytest.mark.parametrize("seed", range(20))
def test_sums_are_those_over_all_sets(seed):
    random = np.random.default_rng(seed)
    image, unit = np.nonzero(random.random((5, 5)) < 0.5)
    weight = np.exp(random.normal(1, 3, image.size))
    assert assignment.of_pairs(image, unit, weight) == pytest.approx(_written_out(image, unit, weight), abs=1e-5)


@pytest.mark.parametrize("seed", range(20))
def test_sums_over_choices_that_take_several_things_are_those_written_out(seed):
    random = np.random.default_rng(seed)
    step = np.sort(random.integers(0, 5, 12))
    takes = [tuple(random.choice(7, random.integers(1, 4), replace=False).tolist()) for _ in step]
    weight = np.exp(random.normal(1, 2, step.size))
    total, shares = 0.0, np.zeros(step.size)
    for bits in range(1 << step.size):
        chosen = [k for k in range(step.size) if bits >> k & 1]
        things = [one for k in chosen for one in takes[k]]
        if len(set(things)) == len(things) and len(set(step[chosen])) == len(chosen):
            product = float(np.prod(weight[chosen]))
            total += product
            shares[chosen] += product
    assert assignment.in_full(step, takes, weight) == pytest.approx(shares / total, abs=1e-5)


def test_an_exchange_that_is_a_little_likelier_is_not_certain():
    image, unit = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    weight = np.array([1300.0, 1000.0, 1000.0, 1300.0])
    assert assignment.of_pairs(image, unit, weight)[0] == pytest.approx(1.69 / 2.69, abs=0.01)
    assert assignment.by_messages(image, unit, weight)[0] > 0.9  # why the sums are made


def test_where_too_many_sets_are_possible_each_end_chooses_by_itself(monkeypatch):
    monkeypatch.setattr(assignment, "MOST_STATES", 8)
    image, unit = (side.ravel() for side in np.mgrid[0:6, 0:6])
    probability = assignment.of_pairs(image, unit, np.full(36, 1e6))
    assert probability.max() < 0.2
    alone = assignment.of_pairs(np.r_[image, 6], np.r_[unit, 6], np.full(37, 1e6))
    assert alone[-1] > 0.99


def test_hundreds_of_images_of_one_size_are_not_summed_in_full(monkeypatch):
    made = []
    after = assignment._after
    monkeypatch.setattr(assignment, "_after", lambda step: made.append(after(step)) or made[-1])
    image, unit = (side.ravel() for side in np.mgrid[0:300, 0:300])
    probability = assignment.of_pairs(image, unit, np.full(image.size, 0.05))
    assert 0 < probability.min() == probability.max() < 0.05
    assert max(map(len, made)) <= assignment.MOST_WAYS
    assert sum(map(len, made)) < 100 * assignment.MOST_STATES  # where all are followed, sixty times as many


def test_no_pairs_have_no_probabilities():
    none = np.empty(0, np.int64)
    assert assignment.of_pairs(none, none, np.empty(0)).size == 0

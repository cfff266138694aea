"""Probabilities of pairs: what comes by chance, laws learned with the pairs, and how much is told of them."""

from itertools import product

import numpy as np
import pytest

from netaudit.findings.correlation import judging, matching_one_to_one, multi_image_units
from netaudit.findings.correlation.forms import Form
from netaudit.findings.correlation.kernels_ratios import marginals
from netaudit.findings.correlation.likelihood import HEAD_CELL, MISSED, ODD, of_range
from netaudit.findings.correlation.matching_one_to_one import FEW, Match, surest
from netaudit.findings.correlation.pair_probabilities import ALIKE, AROUND, Unrelated
from tests.findings.correlation.offices import judged, relay_office


def _score(offices):
    told = right = 0
    for office, seed in offices:
        result = judged(office, seed)
        told += len(result.matches)
        right += sum((match.image, match.unit) in office.truth for match in result.matches)
    return told, right


def test_units_that_carry_images_are_not_what_comes_by_chance(monkeypatch):
    monkeypatch.setattr(matching_one_to_one, "VALIDATED", matching_one_to_one.VALIDATED | {"quic"})
    named = [
        office
        for office in (relay_office(s, "quic", partly=True) for s in range(1_950_003, 1_950_011))
        if judged(office, 1).claimed
    ]
    told, right = _score((office, 1) for office in named)
    # 0.86 since bytes per packet are searched in steps of 4, and refined only where sizes go together; 0.9 before
    assert right >= 0.85 * sum(len(office.truth) for office in named) > 60
    assert told - right <= 2


def test_single_images_beside_batches_are_called_by_how_well_sizes_are_known(monkeypatch):
    for module in (judging, multi_image_units):  # what goes together as if it were claimed
        monkeypatch.setattr(module, "believed", matching_one_to_one.together)
    modes = {
        match.mode
        for seed in range(7, 13)
        for match in judged(relay_office(seed, "batch", stack="range"), seed).matches
    }
    assert modes == {"range", "batch"}


def test_no_more_is_told_than_lets_expect_few_wrong():
    every = [Match(k, k, "padded", False, 300, 1, p) for k, p in enumerate([0.95, 0.999, 0.97, 0.9999, 0.96, 0.995])]
    told = surest(every)
    assert [match.probability for match in told] == [0.999, 0.97, 0.9999, 0.995]
    assert sum(1 - match.probability for match in told) <= FEW * len(told)
    assert not surest(every[:1])
    alike = [Match(k, k, "padded", False, 300, 1, p) for k, p in enumerate([1.0, 1.0, 1.0, 1.0, 0.96, 0.96])]
    assert surest(alike) == alike[:4]  # one of two that are as probable would do
    assert surest([]) == []


def test_the_constant_is_where_most_ranges_let_it_be():
    random = np.random.default_rng(3)
    least = random.integers(-900, -50, 12)
    most = least + 1023
    least[-1], most[-1] = 600, 1623  # another constant
    exact, weight = np.zeros(12, bool), random.random(12)
    places = np.arange(-4096, 4096, HEAD_CELL)
    held = (places >= least[:, None] // HEAD_CELL * HEAD_CELL) & (places <= most[:, None])
    expected = []
    for k in range(12):
        others = np.arange(12) != k
        law = np.exp(-MISSED * ((1.0 - held[others]) * weight[others, None]).sum(0))
        expected.append((1 - ODD) * law[held[k]].sum() / law.sum() + ODD)
    found = of_range(least, most, exact, weight)
    assert found == pytest.approx(expected, rel=1e-6)
    assert found[-1] < 0.5 < found[0]
    assert (of_range(least, most, ~exact, weight) == 1).all()


@pytest.mark.parametrize("form", ["padded", "quic"])
def test_unrelated_units_are_counted_as_by_hand(form):
    office = relay_office(1_950_004, form)
    images, units, trial = office.images, office.units, Form(base64=False, window_s=12, quic=form == "quic")
    random = np.random.default_rng(1)
    least, low, high = images.size + 300, units.low, units.high
    image = np.repeat(np.arange(len(images)), 3)
    unit, probability = random.integers(0, len(units), image.size), random.random(image.size) / 4
    exact = (low == high)[unit]
    free = np.maximum(1 - np.bincount(unit, probability, len(units)), 0)
    edge = 12 * (low == high)
    width = (high - low + 2 * edge).mean() + trial.width
    part = width / (width + 2 * AROUND)

    def near(i, beyond):
        return (low - edge - beyond < least[i] + trial.width) & (high + edge + beyond >= least[i])

    def close(i):
        lead = images.last[i] - images.first[i] + 50_000_000
        return (units.first >= images.last[i] - lead) & (units.first <= images.last[i] + 2 * trial.window)

    around = np.mean([free[close(i)].sum() for i in range(len(images))])
    expected = []
    for i, j, known in zip(image, unit, exact, strict=True):
        others = (
            max((free * near(i, 0)).sum() - free[j], ((free * near(i, AROUND)).sum() - free[j]) * part) / free.sum()
        )
        every = max(near(i, 0).sum(), near(i, AROUND).sum() * part, 1) / len(units)
        expected.append(around * ((1 - ALIKE[not known]) * max(others, 0) + ALIKE[not known] * every))
    found = Unrelated.of(images, units, low, high, least, trial).expected(image, unit, exact, probability)
    assert found == pytest.approx(expected, rel=1e-6)


def test_marginals_are_those_of_all_sets_of_pairs_where_there_is_no_ring():
    image, unit = np.array([0, 0, 1, 2, 2]), np.array([0, 1, 1, 1, 2])
    weight = np.array([3.0, 9.0, 40.0, 5.0, 0.2])
    total, shares = 0.0, np.zeros(5)
    for taken in product((False, True), repeat=5):
        chosen = np.flatnonzero(taken)
        if len(set(image[chosen])) == len(set(unit[chosen])) == len(chosen):
            likely = weight[chosen].prod()
            total += likely
            shares[chosen] += likely
    probability = np.zeros(5)
    messages = np.ones(5), np.ones(5)
    for _ in range(6):
        marginals(image, unit, weight, (np.zeros(3), np.zeros(3)), messages, probability)
    assert probability == pytest.approx(shares / total, abs=1e-3)

"""What is told of made-up offices: nothing where nothing is sent on, and hardly anything wrong where it is."""

from __future__ import annotations

import numpy as np
import pytest

from tests.relays import offices


@pytest.mark.parametrize("kind", range(len(offices.NULLS)))
def test_no_endpoint_is_named_where_nothing_is_sent_on(kind):
    seed = offices.DEVELOPMENT + kind
    result = offices.judged(offices.null_office(seed), seed)
    assert not result.claimed
    assert not result.matches


LEAST_RECALL = {"exact": 0.9, "partly": 0.9, "base64": 0.9, "quic": 0.8, "batch": 0.5}


@pytest.mark.parametrize("form", LEAST_RECALL)
def test_what_is_told_of_a_relay_is_right(form):
    seed = offices.DEVELOPMENT + 500
    office = offices.relay_office(seed, form)
    result = offices.judged(office, seed)
    right = sum((match.image, match.unit) in office.truth for match in result.matches)
    assert right >= LEAST_RECALL[form] * len(office.truth)
    assert right >= 0.95 * len(result.matches)


def test_the_same_case_gives_the_same_figures():
    office = offices.relay_office(offices.DEVELOPMENT + 7, "exact")
    first, second = (offices.judged(office, 7) for _ in range(2))
    assert [test.chance for test in first.tests] == [test.chance for test in second.tests]
    assert first.matches == second.matches


def test_images_of_one_size_are_no_evidence():
    office = offices.relay_office(offices.DEVELOPMENT + 9, "exact")
    office.images.size[:] = 20_000
    office.units.low[:] = office.units.high[:] = 21_000
    assert not offices.judged(office, 9).claimed


@pytest.mark.parametrize("seed", [2_000_872, 2_000_886])
def test_images_and_uploads_of_constant_size_make_no_batches(seed):
    assert not offices.judged(offices.null_office(seed), seed).claimed


def test_sizes_alone_are_no_evidence_without_time():
    office = offices.relay_office(offices.DEVELOPMENT + 11, "exact")
    later = np.int64(10_000) * offices.SECOND
    office.units.first[:] = office.units.first + later
    office.units.last[:] = office.units.last + later
    assert not offices.judged(office, 11).claimed

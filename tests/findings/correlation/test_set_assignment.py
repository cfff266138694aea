"""Sets of images that fit a unit: all are listed, and what was sent is told of streams in no order."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netaudit.findings.correlation.kernels_batches import sets_near
from tests.findings.correlation import offices

ROOM = 4096


@given(
    st.lists(st.integers(1_000, 60_000), max_size=9),
    st.integers(1_000, 200_000),
    st.integers(1, 5),
    st.integers(0, 4_000),
)
def test_all_sets_near_a_size_are_listed(sizes, size, most, wide):
    falling = np.array(sorted(sizes, reverse=True), np.int64)
    bounds, out = (-50, -200, wide, 2_000), np.empty(ROOM, np.int64)
    used = sets_near(falling, size, bounds, most, 1 << 20, out)
    wanted = [
        sum(1 << place for place in chosen)
        for count in range(1, most + 1)
        for chosen in combinations(range(len(falling)), count)
        if -50 - 200 * count <= size - falling[list(chosen)].sum() <= wide + 2_000 * count
    ]
    assert sorted(out[:used].tolist()) == sorted(wanted)


@pytest.mark.parametrize(("room", "work"), [(3, 1 << 20), (ROOM, 5)])
def test_too_many_sets_or_too_much_work_is_said(room, work):
    sizes = np.full(8, 1_000, np.int64)
    assert sets_near(sizes, 2_000, (-9, 0, 9, 0), 3, work, np.empty(room, np.int64)) == -1


def test_streams_that_were_ready_together_are_told_though_they_are_no_run():
    told, right, sent, no_runs = 0, 0, 0, 0
    for seed in range(1_800_010, 1_800_020):
        office = offices.relay_office(seed, "groups")
        pairs = {(match.image, match.unit) for match in offices.judged(office, seed).matches}
        if not pairs:  # too few single images are sharp
            continue
        told, right, sent = told + len(pairs), right + len(pairs & office.truth), sent + len(office.truth)
        of_unit = [sorted(image for image, at in office.truth if at == unit) for unit in {unit for _, unit in pairs}]
        no_runs += sum(images[-1] - images[0] >= len(images) for images in of_unit if images)
    assert right >= 0.98 * told
    assert right >= 0.7 * sent > 100
    assert no_runs > 10


def test_streams_of_other_photographs_are_no_relay():
    seed = 9_800_001
    office = offices.relay_office(seed, "groups")
    office.images.size[:] = np.random.default_rng(seed).permutation(office.images.size)
    assert not offices.judged(office, seed).claimed


def test_batches_of_few_images_are_told_though_most_images_stay():
    """Six units of two images, of 77 that came: the images left over say nothing against those that fit."""
    random = np.random.default_rng(3)
    times = np.sort(random.uniform(1, 600, 77)) * offices.SECOND
    images = offices._images(times.astype(np.int64), random.integers(5_000, 70_000, 77))
    of = [(k, k + 1) for k in (9, 23, 35, 48, 61, 75)] + [(k,) for k in (2, 5, 13, 17, 30, 40, 45, 53, 58, 66, 70)]
    first = np.array([images.last[behind[-1]] + offices.SECOND // 2 for behind in of])
    size = np.array([images.size[list(some)].sum() + 280 + 55 * (len(some) - 1) for some in of])
    units, order = offices._units(first, size)
    truth = {(image, place) for place, k in enumerate(order.tolist()) for image in of[k]}
    matches = offices.judged(offices.Office(images, units, truth), 3).matches
    assert {(match.image, match.unit) for match in matches} == truth

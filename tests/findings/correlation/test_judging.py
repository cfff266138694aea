"""What is told of made-up offices: nothing where nothing is sent on, and hardly anything wrong where it is."""

from __future__ import annotations

import numpy as np
import pytest

from netaudit.findings.correlation import judging, matching_one_to_one
from tests.conftest import THOROUGH
from tests.findings.correlation import offices, steered, unlike


@pytest.mark.parametrize("kind", range(len(offices.NULLS)))
def test_no_endpoint_is_named_where_nothing_is_sent_on(kind):
    seed = offices.DEVELOPMENT + kind
    result = offices.judged(offices.null_office(seed), seed)
    assert not result.claimed
    assert not result.matches


LEAST_RECALL = {"exact": 0.9, "partly": 0.9, "base64": 0.9, "quic": 0.8, "batch": 0.5}


@pytest.fixture
def others_too(monkeypatch):
    """As if QUIC and batches had passed enough offices in which nothing is sent on."""
    monkeypatch.setattr(matching_one_to_one, "VALIDATED", matching_one_to_one.VALIDATED | {"quic", "batch"})


@pytest.mark.usefixtures("others_too")
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


def test_a_mode_that_has_not_passed_enough_offices_goes_together():
    result = offices.judged(offices.relay_office(offices.DEVELOPMENT + 500, "quic"), 1)
    assert result.together.mode == "quic"
    assert not result.claimed
    assert not result.matches


def test_images_of_one_size_are_no_evidence():
    office = offices.relay_office(offices.DEVELOPMENT + 9, "exact")
    office.images.size[:] = 20_000
    office.units.low[:] = office.units.high[:] = 21_000
    assert not offices.judged(office, 9).claimed


@pytest.mark.parametrize("seed", [2_000_872, 2_000_886])
def test_images_and_uploads_of_constant_size_make_no_batches(seed):
    assert not offices.judged(offices.null_office(seed), seed).claimed


def test_uploads_that_all_meet_the_same_few_images_count_once():
    """A backup of 25 s while ten images wait: nine of its units fit runs of the same images."""
    seed = 3_003_493
    result = offices.judged(offices.null_office(seed, "range"), seed)
    assert not result.claimed
    assert max(test.matched for test in result.tests if test.mode == "batch") < 5


@pytest.mark.parametrize(
    ("seed", "stack"),
    [
        (5_000_003, "exact"),  # images and uploads in the same hours of a long capture
        (5_000_233, "quic"),
        (5_000_008, "exact"),  # uploads of the images' own sizes at other times
        (5_000_041, "exact"),  # snapshots of a still scene, all of nearly one size
        (5_000_072, "quic"),  # such snapshots, each after an image
        (5_000_162, "exact"),
    ],
)
def test_offices_unlike_those_that_rules_were_made_for_are_not_named(seed, stack):
    assert not offices.judged(unlike.null_office(seed, stack), seed).claimed


@pytest.mark.usefixtures("others_too")
@pytest.mark.parametrize(("seed", "form"), [(1_500_110, "quic"), (1_100_124, "exact")])
def test_two_images_that_fit_the_same_two_uploads_are_not_told_by_a_trifle(seed, form):
    office = offices.relay_office(seed, form)
    result = offices.judged(office, seed)
    assert result.claimed
    assert {(match.image, match.unit) for match in result.matches} <= office.truth


@pytest.mark.parametrize(
    ("seed", "form"),
    [
        (8_200_008, "partly"),  # a log and another upload after it, together as large as three images at hand
        (8_300_029, "base64"),  # two images of one size in base64, each in a unit, together as one run in both
    ],
)
def test_a_run_of_images_in_several_units_is_not_told_by_chance(seed, form):
    office = offices.relay_office(seed, form)
    result = offices.judged(office, seed)
    assert result.claimed
    assert {(match.image, match.unit) for match in result.matches} <= office.truth


@pytest.mark.parametrize("seed", [1_700_011, 1_700_015])
def test_four_batches_go_together_but_are_too_few_to_be_sharp(seed):
    office = offices.relay_office(seed, "batch")
    result = offices.judged(office, seed)
    assert result.together.mode == "batch"
    assert not result.claimed
    assert not result.matches


@pytest.mark.parametrize("seed", range(9_300_000, 9_300_006))
def test_batches_of_other_photographs_are_no_relay(seed):
    office = offices.relay_office(seed, "batch")
    office.images.size[:] = np.random.default_rng(seed).permutation(office.images.size)
    assert not offices.judged(office, seed).claimed


def test_uploads_that_wait_are_told_by_their_sizes():
    """All of them come hours later, in any order: 45 of 45 fit one constant, and no drawing of times says anything."""
    office = offices.relay_office(offices.DEVELOPMENT + 11, "exact")
    later = np.int64(10_000) * offices.SECOND
    office.units.first[:] = office.units.first + later
    office.units.last[:] = office.units.last + later
    result = offices.judged(office, 11)
    assert result.claimed
    assert judging.decisive(result).waits
    assert {(match.image, match.unit) for match in result.matches} <= office.truth
    assert len(result.matches) >= 0.9 * len(office.truth)


def test_uploads_of_the_same_sizes_before_their_images_are_no_evidence():
    office = offices.relay_office(offices.DEVELOPMENT + 11, "exact")
    earlier = np.int64(10_000) * offices.SECOND
    office.units.first[:] = office.units.first - earlier
    office.units.last[:] = office.units.last - earlier
    assert not offices.judged(office, 11).claimed


@pytest.mark.parametrize("seed", range(3))
def test_sizes_that_come_again_before_and_behind_are_no_evidence(seed):
    """Each upload has, to the byte, the size of one of the eleven images around: as many before as behind, some twice."""
    office = offices.relay_office(offices.DEVELOPMENT + 11 + seed, "exact")
    count = len(office.images)
    near = np.arange(count) + np.random.default_rng(seed).integers(-5, 6, count)
    first = office.images.last + offices.SECOND
    sizes = office.images.size[np.clip(near, 0, count - 1)] + 300
    units, _ = offices._units(first, sizes)
    assert not offices.judged(offices.Office(office.images, units, set()), seed).claimed


@pytest.mark.parametrize("seed", range(3))
def test_of_many_images_those_in_the_midst_are_shifted_to_where_units_were_taken(monkeypatch, seed):
    """Shifted over the whole time, most would meet no unit at all, and what meets by chance would look like a relay."""
    monkeypatch.setattr(matching_one_to_one, "LEAST_SEARCHED", 60)
    monkeypatch.setattr(matching_one_to_one, "MOST_SEARCHED", 60)
    drawn = np.random.default_rng(offices.DEVELOPMENT + seed)
    hours = 20 * 3600 * offices.SECOND
    images = offices._images(np.sort(drawn.integers(0, hours, 6000)), drawn.integers(20_000, 22_000, 6000))
    units, _ = offices._units(np.sort(drawn.integers(0, hours, 6000)), drawn.integers(20_200, 22_200, 6000))
    some, near, around = matching_one_to_one.midst(images, units, 60, (0, hours))
    assert len(some) == 60
    assert around[0] <= near.first.min() <= near.first.max() < around[1]
    tests = matching_one_to_one.match_exact(images, units, (0, hours), drawn, 1)
    assert not [test for test in tests if test.matches], [test.chance for test in tests]
    assert tests[0].chance.p > 0.001


@pytest.mark.parametrize(
    ("seed", "form", "partly"),
    [
        (1_710_001, "reencoded", True),
        (1_700_033, "reencoded", False),
        (1_720_019, "groups", False),  # streams of HTTP/2 that interleave: no set is sure
        (1_730_018, "padded", True),
    ],
)
def test_what_is_not_sharp_goes_together_without_images(seed, form, partly):
    result = offices.judged(offices.relay_office(seed, form, partly=partly), seed)
    assert not result.claimed
    assert not result.matches
    rows = [judging.test_row(result, test, 3) for test in result.tests]
    assert [row["standing"] for row in rows].count("go together") == 1
    assert not any(row["told"] for row in rows)


STEERED = [
    (kind, stack)
    for kind in range(len(steered.KINDS))
    for number, stack in enumerate(offices.STACKS)
    if THOROUGH or number == kind % len(offices.STACKS)  # each kind over one of them, each of them under some
]


@pytest.mark.parametrize(("kind", "stack"), STEERED)
def test_no_endpoint_is_named_where_light_scene_or_visitor_steer_both(kind, stack):
    seed = steered.DEVELOPMENT + kind
    result = offices.judged(steered.null_office(seed, stack), seed)
    assert not result.claimed
    assert not result.matches


def test_what_lies_beside_is_looked_for_as_far_as_ranges_reach():
    """Sizes known within 106 bytes: beside the constant only 100 were looked at, and little was found there."""
    assert not offices.judged(steered.null_office(17_000_099, "range"), 17_000_099).claimed


def test_sizes_that_come_in_steps_have_two_of_them_in_a_class():
    """Steps of 16 bytes, pictures that agree to 0.2 %: two steps in one class looked sharper than one could be."""
    assert not offices.judged(steered.null_office(16_000_648), 16_000_648).claimed


@pytest.mark.parametrize("seed", [11_000_174, 11_000_341])
def test_of_many_images_of_like_sizes_all_classes_are_met_everywhere(seed):
    """Counted by classes of size only, what lies beside the constant was too few."""
    assert not offices.judged(steered.null_office(seed), seed).claimed


@pytest.mark.parametrize("seed", range(1_800_000, 1_800_006))
def test_photographs_of_others_encoded_anew_after_each_image_name_no_endpoint(seed):
    assert not offices.judged(unlike.unrelated_anew(seed), seed).claimed


@pytest.mark.parametrize("seed", [19_001_251, 19_002_237, 19_002_440])
def test_batches_of_pictures_of_a_few_sizes_name_no_endpoint(seed):
    """Encoders that hold the same few sizes: sums of other pictures of the same moments are the same to the byte."""
    assert not offices.judged(steered.null_office(seed, batched=True), seed).claimed

"""Discovery protocols in captures of others: every field that tshark decoded is among the facts, or the miss explained."""

from __future__ import annotations

import pytest

from tests.devices.observations.scoring import EXPLAINED, Score

pytestmark = pytest.mark.captures
FIELDS = 1_880  # expected and found at least; a change of the scoring that drops some is so seen


RIGHT_CLASSES = 27  # of 33 labelled devices


def test_every_expected_field_is_found(score: Score) -> None:
    assert not score.missed
    assert {place[:3] for place in score.explained} == set(EXPLAINED)
    assert score.found.total() > FIELDS


def test_labelled_devices_are_named_right_or_not_at_all(score: Score) -> None:
    assert [row for row in score.devices if row[3].startswith("wrong")] == []
    assert score.of("class", "right") >= RIGHT_CLASSES
    assert score.of("class", "right") + score.of("class", "abstained") == 33

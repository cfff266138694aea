"""Discovery protocols in captures of others: every field that tshark decoded is among the facts, or the miss explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.observations.scoring import EXPLAINED, score_all

pytestmark = pytest.mark.captures
FIELDS = 1_800  # expected and found at least; a change of the scoring that drops some is so seen


def test_every_expected_field_is_found(captures: Path, tmp_path: Path) -> None:
    score = score_all(captures, tmp_path)
    assert not score.missed
    assert {place[:3] for place in score.explained} == set(EXPLAINED)
    assert score.found.total() > FIELDS

"""What the passes of one visit show."""

from __future__ import annotations

from netaudit.recheck.single import told_of_passes
from tests.recheck.visits import CAMERA, MINUTE, SECOND, beats, channel, office, visit

UP = "face.example.cn"


def test_where_nothing_follows_the_bound_is_said() -> None:
    told = told_of_passes(visit(SECOND, [beats(SECOND)]), "en")
    assert len(told) == 1
    assert "After none of 12 marked passes" in told[0]
    assert "after 23 of 100 passes or more" in told[0]  # 1 - 0.05 ** (1 / 12) = 0.2209
    assert "12 次标记走动" in told_of_passes(visit(SECOND, [beats(SECOND)]), "zh")[0]


def test_uploads_that_avoid_the_passes_are_told_as_that() -> None:
    sent = [(SECOND + 2 * k * MINUTE + s * SECOND, 20_000, "face") for k in range(1, 13) for s in (60, 75, 90)]
    told = told_of_passes(visit(SECOND, [channel(CAMERA, UP, sent), beats(SECOND)]), "en")
    assert "avoid marked moments" in told[0]
    assert f"→ {UP}" in told[0]


def test_uploads_after_the_passes_leave_nothing_to_say() -> None:
    assert told_of_passes(office(), "en") == []


def test_too_few_passes_or_no_vantage_say_nothing() -> None:
    assert told_of_passes(visit(SECOND, [beats(SECOND, 4)], passes=4), "en") == []
    assert told_of_passes(visit(SECOND, [beats(SECOND)], side="unknown"), "en") == []

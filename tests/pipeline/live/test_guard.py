"""Sizes, durations and clocks."""

from __future__ import annotations

import errno
from types import SimpleNamespace

import pytest

from netaudit.errors import UsageError
from netaudit.pipeline.live.engine import _Engine
from netaudit.pipeline.live.guard import CLOCK_JUMP, STOOD_STILL, SUSPENDED, ClockCheck, Jump
from netaudit.pipeline.live.news import Note
from netaudit.pipeline.live.settings import LiveSettings, parse_duration, parse_size
from netaudit.pipeline.live.wording import note_text


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("2GiB", 2 << 30),
        ("500M", 500_000_000),
        ("500MB", 500_000_000),
        ("1.5KiB", 1536),
        ("1000", 1000),
        (" 1 tib ", 1 << 40),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text, "--ring") == size


@pytest.mark.parametrize("text", ["", "0", "two", "-1", "1XiB", "GiB", "1e9", "9" * 30, "0.0000001K"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(UsageError, match="--ring"):
        parse_size(text, "--ring")


@pytest.mark.parametrize(
    ("text", "seconds"), [("30m", 1800), ("8h", 28800), ("1h30m", 5400), ("90", 90), ("1.5s", 1.5)]
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text, "--duration") == seconds


@pytest.mark.parametrize("text", ["", "0s", "soon", "1x", "-5m", "m", "1h 30m x"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(UsageError, match="--duration"):
        parse_duration(text, "--duration")


@pytest.mark.parametrize(
    ("ring", "file_bytes"),
    [(None, 128 << 20), (2 << 30, 128 << 20), (16 << 20, 1 << 20), (1 << 20, 1 << 20), (1 << 40, 128 << 20)],
)
def test_files_are_a_part_of_the_ring(ring: int | None, file_bytes: int) -> None:
    assert LiveSettings("eth0", ring=ring).file_bytes == file_bytes


@pytest.mark.parametrize(("largest", "file_bytes"), [(4 << 20, 4 << 20), (1, 1 << 20), (1 << 40, 128 << 20)])
def test_files_are_no_larger_than_the_cases_that_they_make(largest: int, file_bytes: int) -> None:
    assert LiveSettings("eth0", largest_file=largest).file_bytes == file_bytes


@pytest.mark.parametrize(
    ("wall", "steady", "boot", "work", "jumps"),
    [
        (2, 2, 2, 0, []),
        (2.4, 2, 2, 0, []),
        (30, 30, 30, 29, []),
        (30, 30, 30, 1, [Jump(STOOD_STILL, 29)]),
        (92, 2, 92, 0, [Jump(SUSPENDED, 90)]),
        (3602, 2, 2, 0, [Jump(CLOCK_JUMP, 3600)]),
        (-58, 2, 2, 0, [Jump(CLOCK_JUMP, -60)]),
        (692, 2, 92, 0, [Jump(SUSPENDED, 90), Jump(CLOCK_JUMP, 600)]),
        (692, 10, 100, 0, [Jump(SUSPENDED, 90), Jump(STOOD_STILL, 10), Jump(CLOCK_JUMP, 592)]),
    ],
)
def test_clocks_that_part(wall: float, steady: float, boot: float, work: float, jumps: list[Jump]) -> None:
    now = [0.0, 0.0, 0.0, 0.0]
    check = ClockCheck(lambda: now[0], lambda: now[1], lambda: now[2], lambda: now[3])
    assert check.look() == []
    now[:] = [wall, steady, boot, work]
    assert check.look() == jumps
    assert check.look() == [], "told once"


def test_what_is_found_has_words() -> None:
    for what in (STOOD_STILL, SUSPENDED, CLOCK_JUMP):
        assert "7.0 s" in note_text(Note("warning", what, {"seconds": 7.0}), "en")


def test_what_cannot_be_ended_is_not_in_the_way_of_the_rest() -> None:
    """A full disk takes no line about the recorder; helper, thread and lock are let go all the same."""
    ended: list[str] = []

    def part(name: str) -> SimpleNamespace:
        return SimpleNamespace(close=lambda: ended.append(name), stop=lambda: ended.append(name))

    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    engine = object.__new__(_Engine)
    engine._keeper, engine._judge, engine._analyst = SimpleNamespace(stop=full), part("judge"), part("analyst")
    engine._audit, engine._custody, engine._show = (
        SimpleNamespace(followed=part("files")),
        part("custody"),
        part("show"),
    )
    with pytest.raises(OSError, match="No space"):
        engine.close()
    assert ended == ["analyst", "judge", "files", "custody", "show"]

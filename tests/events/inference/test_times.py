"""Times in the ways of many countries and notations, read to the second."""

from __future__ import annotations

import pytest

from netaudit.events.inference.shapes import is_time
from netaudit.events.inference.times import when

WRITTEN_AT = 1_780_280_430  # 2026-06-01T02:20:30Z, in China 10:20:30


@pytest.mark.parametrize(
    "text",
    [
        "2026-06-01 10:20:30", "2026-06-01 上午10:20:30", "20260601T102030+0800", "20260601102030", "1780280430", "1780280430000",
        "/Date(1780280430000)/", "1/6/2026 10:20:30", "01/06/2026 às 10h20m30s", "2026년 06월 01일 10시 20분 30초",
        "2026年6月1日10时20分30秒", "01.06.2026, 10:20:30 Uhr", "6/1/2026 10:20:30 AM", "Mon, 01 Jun 2026 02:20:30 GMT",
        "2026-06-01T02:20:30Z", "2026/06/01 10:20:30", "01-06-2026 10:20:30", "2026 оны 06 сарын 01, 10:20:30", "1. 6. 2026 klo 10.20.30",
    ],
)  # fmt: skip
def test_one_time_in_many_ways(text: str) -> None:
    assert is_time(text)
    said = when(text, WRITTEN_AT * 10**9)
    assert said is not None
    assert said.ns == WRITTEN_AT * 10**9


@pytest.mark.parametrize(
    ("text", "hour"),
    [("下午03:00:00", 15), ("上午12:00:00", 0), ("오후 1:00:00", 13), ("午後1:00:00", 13), ("下午 12:30:00", 12)],
)
def test_halves_of_days(text: str, hour: int) -> None:
    said = when(f"2026-06-01 {text}", WRITTEN_AT * 10**9)
    assert said is not None
    assert (said.ns // 10**9 + 8 * 3600) // 3600 % 24 == hour


@pytest.mark.parametrize(
    "text",
    [
        "2026 door 1 lane 2",
        "2026年3月第 2 版 10",
        "10.0.0.12",
        "1.2.2026",
        "2026-13-41 10:20:30",
        "v1.2.2026 10",
        "12345678",
        "x" * 500,
        "1" * 400,
    ],
)
def test_what_is_none(text: str) -> None:
    assert when(text, 0) is None


def test_parts_of_seconds() -> None:
    said = when("1780280430.250", 0)
    assert said is not None
    assert said.ns == WRITTEN_AT * 10**9 + 250_000_000

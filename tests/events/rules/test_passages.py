"""Words for in and out."""

from __future__ import annotations

import pytest

from netaudit.events.rules.passages import may_be_way, way_of

INWARDS = [
    "in",
    "IN",
    "checkIn",
    "clock-in",
    "ENTRY",
    "进",
    "签入",
    "上班",
    "进门",
    "вход",
    "Entrada",
    "giriş",
    "입장",
    "入場",
    "دخول",
    "vào",
]
OUTWARDS = [
    "out",
    "Exit",
    "breakOut",
    "clock_out",
    "出",
    "签离",
    "下班",
    "离场",
    "выход",
    "saída",
    "çıkış",
    "퇴장",
    "退場",
    "خروج",
    "ra",
]
NEITHER = ["", "1", "left", "up", "in and out", "出入口", "north", "进出", "x" * 40, "information", "route"]
NEITHER += ["entry denied", "no entry", "not in", "sign in failed", "Out of order", "Chu", "Jin Wei", "in progress"]


@pytest.mark.parametrize(("way", "text"), [("in", one) for one in INWARDS] + [("out", one) for one in OUTWARDS])
def test_words_of_many_languages_say_a_way(way: str, text: str) -> None:
    assert way_of(text) == way


@pytest.mark.parametrize("text", NEITHER)
def test_other_words_say_none(text: str) -> None:
    assert way_of(text) == ""


def test_a_code_may_be_one_where_its_field_is_called_so() -> None:
    assert [may_be_way(one) for one in ("1", "12", "in", "1234", "left")] == [True, True, True, False, False]

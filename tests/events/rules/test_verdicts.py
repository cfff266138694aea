"""Decisions of doors and comparisons in words of many languages, and words that are none."""

from __future__ import annotations

import pytest

from netaudit.events.rules.verdicts import is_verdict


@pytest.mark.parametrize(
    "text",
    ["放行", "拒绝", "比对一致", "核验未通过", "GRANTED", "Denied", "no match", "adgang nægtet", "не совпало", "сәйкес емес",
     "nu corespunde", "불일치", "access denied"],
)  # fmt: skip
def test_decisions(text: str) -> None:
    assert is_verdict(text)


@pytest.mark.parametrize(
    "text", ["", "成功", "ok", "no", "door", "张三", "match 12", "a match of tennis", "东门", "x" * 99]
)
def test_other_words(text: str) -> None:
    assert not is_verdict(text)

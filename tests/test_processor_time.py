from __future__ import annotations

import gc

import pytest

from tests import processor_time
from tests.processor_time import spent, within


def work(turns: int) -> int:
    return sum(number & 7 for number in range(turns))


def test_what_takes_longer_than_let_fails() -> None:
    with pytest.raises(AssertionError, match=r"where 0\.001 s are let"), within(0.001):
        work(1_000_000)
    with within(5):
        work(1_000_000)


def test_a_slow_machine_is_let_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor_time, "QUIET", processor_time.QUIET / 1000)
    with within(0.001):
        work(300_000)


def test_what_others_left_is_not_walked_through() -> None:
    before = gc.get_freeze_count()
    meanwhile: list[int] = []
    spent(lambda: meanwhile.append(gc.get_freeze_count()))
    assert meanwhile[0] > before
    assert gc.get_freeze_count() == 0

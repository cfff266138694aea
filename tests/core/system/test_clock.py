"""The time of a run can be given, and is a time."""

from __future__ import annotations

import pytest

from netaudit.core.system.clock import now
from netaudit.errors import UsageError


def test_a_given_time_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert now() == "2023-11-14T22:13:20+00:00"


@pytest.mark.parametrize("odd", ["yesterday", "1e9", "²", "99999999999999999999", "-99999999999999"])
def test_what_is_no_time_is_an_error_and_no_crash(odd: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", odd)
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH is no time"):
        now()

"""The check of the capturing clock: which answers it takes, and that it holds no more than these."""

from __future__ import annotations

import random
import time

import pyarrow as pa
import pytest

from netaudit.core.schema import MESSAGES
from netaudit.devices.endpoints import recorders
from netaudit.pipeline import manifest

SENT = "Tue, 14 Nov 2023 22:13:20 GMT"  # 1,700,000,000


def _answer(number: int, offset_s: int, **said: str) -> dict[str, object]:
    row = {"message_id": f"m{number:03d}", "protocol": "http", "direction": "down", "date": SENT}
    return row | {"first_ts": (1_700_000_000 + offset_s) * 10**9} | said


@pytest.mark.parametrize("block", [1, 3, 1000])
def test_the_first_by_id_are_compared_wherever_they_stand(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    rows = [_answer(number, number) for number in range(40)]
    rows += [_answer(100, -500, date=""), _answer(101, -500, direction="up"), _answer(7, 7, protocol="ntp")]
    random.Random(1).shuffle(rows)
    monkeypatch.setattr(manifest, "PASSED_OVER", block)
    monkeypatch.setattr(manifest, "MOST_CLOCKS", 10)
    told = manifest._clock(pa.Table.from_pylist(rows, schema=MESSAGES.schema()))
    assert told is not None
    (web, time) = told
    assert (web["source"], time["source"]) == ("HTTP Date", "NTP")
    assert web["samples"] + time["samples"] == 10
    assert (web["lowest_offset_s"], web["highest_offset_s"]) == (0, 8)


def test_no_answers_no_clock() -> None:
    assert manifest._clock(MESSAGES.schema().empty_table()) is None


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of this system cannot be set")
@pytest.mark.parametrize(
    "said",
    [
        SENT,
        "Tue, 14 Nov 2023 22:13:20 -0000",
        "Tue, 14 Nov 2023 22:13:20",
        "Tue Nov 14 22:13:20 2023",
        "2023-11-14T22:13:20",
        "2023-11-15T06:13:20+08:00",
    ],
)
def test_the_zone_of_the_auditing_computer_is_not_asked(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    try:
        for zone in ("UTC", "Asia/Shanghai", "America/New_York"):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            recorders.seconds_of.cache_clear()
            assert recorders.seconds_of(said) == 1_700_000_000
    finally:
        monkeypatch.undo()
        time.tzset()

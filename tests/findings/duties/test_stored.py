"""What devices say that they store, against the 100,000 persons of the measures of 2025."""

from __future__ import annotations

import pyarrow as pa
import pytest

from netaudit.findings.duties.cards import JUDGING
from netaudit.findings.duties.stored import MOST, stored_card, stored_rows, stored_text


def row(ip: str, field: str, value: str, kind: str = "device") -> dict[str, str]:
    return {"kind": kind, "mac": "", "ip": ip, "field": field, "value": value}


def test_a_stated_number_is_told_against_the_threshold() -> None:
    assert "below the 100,000" in stored_text("x", "faces", 99_999, "en")
    assert "at or above the 100,000" in stored_text("x", "faces", 100_000, "en")
    assert "备案" in stored_text("x", "人脸", 100_000, "zh")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_highest_number_of_each_device_is_told(lang: str) -> None:
    rows = [
        row("10.0.0.5", "faces", "120"),
        row("10.0.0.5", "faces", "100001"),
        row("10.0.0.9", "persons", "7", "said"),
    ]
    told = stored_card(rows, lang)
    assert told is not None
    assert "100,001" in told.shows
    assert "120" not in told.shows.replace("100,001", "")
    assert told.shows.index("10.0.0.5") < told.shows.index("10.0.0.9")
    assert "15" in told.articles[0]["name"]
    assert not JUDGING.search(told.shows + told.not_shown)


def test_what_is_no_number_or_not_of_the_host_itself_is_not_told() -> None:
    rows = [row("10.0.0.5", "faces", "many"), row("10.0.0.5", "faces", "5", "listed"), row("10.0.0.5", "model", "5"),
            row("10.0.0.5", "faces", "9" * 12), row("10.0.0.5", "faces", "٣")]  # fmt: skip
    assert stored_card(rows, "en") is None
    assert stored_card([], "zh") is None


def test_of_many_devices_the_largest_are_named() -> None:
    told = stored_card([row(f"10.0.1.{n}", "persons", str(n)) for n in range(1, MOST + 6)], "en")
    assert told is not None
    assert "5 more numbers" in told.shows


def test_rows_of_a_table() -> None:
    columns = {name: pa.array([row("10.0.0.5", field, "1")[name] for field in ("faces", "model")])
               for name in ("kind", "mac", "ip", "field", "value")}  # fmt: skip
    assert [one["field"] for one in stored_rows(pa.table(columns))] == ["faces"]
    columns["field"] = columns["field"].dictionary_encode()
    assert [one["field"] for one in stored_rows(pa.table(columns))] == ["faces"]

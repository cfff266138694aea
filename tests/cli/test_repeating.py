"""The same captures give the same tables, and what was changed is told."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

import netaudit
from netaudit.cli import repeating
from netaudit.cli.chinese import message
from netaudit.cli.repeating import repeat
from netaudit.tables import TABLES

SMALL = Path(__file__).parents[2] / "pcaps" / "carriers" / "s3.pcapng"
OFFICE = Path(__file__).parents[2] / "pcaps" / "sales_office"


def test_a_case_is_repeated(tmp_path, monkeypatch):
    case = netaudit.audit(SMALL, tmp_path / "case", faces=False)
    told = repeat(case, [SMALL], {})
    assert told["differing"] == told["circumstances"] == []
    assert sorted(told["same"]) == sorted(table.name for table in TABLES)
    assert any(line.startswith("parts: upload") for line in told["not_compared"])
    rows = pa.table({"a": [1, 2], "b": ["x", "y"]})
    assert repeating._difference(rows, rows.take([1, 0])) == ""
    assert repeating._difference(rows, rows.slice(1)) == "2 rows, now 1"
    assert repeating._difference(rows, pa.table({"a": [1, 3], "b": ["x", "y"]})) == "1 of 2 rows (a)"


def test_a_case_that_was_opened_with_keys_is_repeated_with_them(tmp_path):
    capture, log = (OFFICE / name for name in ("lan.pcapng", "keylog.txt"))
    case = netaudit.audit(
        capture, tmp_path / "case", faces=False, tls_keys=[log], keys_for=["all"], authority="consent of the owner"
    )
    assert repeat(case, [capture], {"tls_keys": [log]})["differing"] == []
    without = repeat(case, [capture], {})  # the keys were not given: what they opened is not there
    (line,) = (line for line in without["differing"] if line.startswith("objects"))
    (why,) = without["circumstances"]
    assert "tls_keys" in why
    for told in (line, why):
        assert message(told, "zh") != told


def test_a_case_with_moments_is_repeated_with_those_it_keeps(tmp_path):
    notes = tmp_path / "notes.csv"
    notes.write_text("2026-03-14T09:31:00+08:00,door camera\n", encoding="utf-8")
    case = netaudit.audit(OFFICE / "lan.pcapng", tmp_path / "case", faces=False, moments=notes)
    assert len(case.moments) == 1
    told = repeat(case, [OFFICE / "lan.pcapng"], {})
    assert told["differing"] == []
    assert {"moments", "after_moments"} <= set(told["same"])

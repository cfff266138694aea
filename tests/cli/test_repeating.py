"""The same captures give the same tables, and what was changed is told."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

import netaudit
from netaudit.cli import repeating
from netaudit.cli.repeating import repeat
from netaudit.tables import TABLES

SMALL = Path(__file__).parents[2] / "pcaps" / "carriers" / "s3.pcapng"


def test_a_case_is_repeated(tmp_path, monkeypatch):
    case = netaudit.audit(SMALL, tmp_path / "case", faces=False)
    told = repeat(case, [SMALL], None, None)
    assert told["differing"] == told["circumstances"] == []
    assert sorted(told["same"]) == sorted(table.name for table in TABLES)
    assert any(line.startswith("parts: upload") for line in told["not_compared"])
    rows = pa.table({"a": [1, 2], "b": ["x", "y"]})
    assert repeating._difference(rows, rows.take([1, 0])) == ""
    assert repeating._difference(rows, rows.slice(1)) == "2 rows, now 1"
    assert repeating._difference(rows, pa.table({"a": [1, 3], "b": ["x", "y"]})) == "1 of 2 rows (a)"

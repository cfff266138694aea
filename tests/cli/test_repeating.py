"""The same captures give the same tables, and what was changed is told."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

import netaudit
from netaudit.cli import repeating
from netaudit.cli.chinese import message
from netaudit.cli.repeating import print_repeated, repeat
from netaudit.core.schema import TABLES
from netaudit.evidence.case.reading import Case
from netaudit.report.exports.csv_tables import worded

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


def test_a_case_of_an_earlier_version_is_compared_by_what_both_have(tmp_path, capsys):
    """Columns of then under their names of then, sentences where codes stand now; and one that was changed."""
    case = netaudit.audit(OFFICE / "lan.pcapng", tmp_path / "case", faces=False)
    manifest = case.folder / "case.json"
    manifest.write_bytes(orjson.dumps(orjson.loads(manifest.read_bytes()) | {"tables_version": 3}))
    then = set((Path(__file__).parents[1] / "core" / "schema" / "columns_of_version_3.txt").read_text("utf-8").split())
    for table in TABLES:
        path = case.folder / "tables" / f"{table.name}.parquet"
        rows = worded(table.name, pq.read_table(BytesIO(path.read_bytes())), "en")
        names = [name for name in table.names if f"{table.name}.{name}" in then]
        path.unlink()
        if names:
            pq.write_table(rows.select(names), path)
    flows = pq.read_table(BytesIO((case.folder / "tables" / "flows.parquet").read_bytes()))
    place = flows.column_names.index("protocol")
    other = flows.set_column(place, "protocol", pa.array(["other", *flows["protocol"].to_pylist()[1:]]))
    pq.write_table(other, case.folder / "tables" / "flows.parquet")
    compared = repeat(Case(case.folder, check=False), [OFFICE / "lan.pcapng"], {})
    assert [line.partition(" rows")[2] for line in compared["differing"]] == [" (protocol)"]
    assert {"findings", "captures", "images"} <= set(compared["same"])
    assert "bindings" in compared["added"]
    assert any(one.startswith("findings: sender_device, receiver_device, doubts") for one in compared["added"])
    assert "findings.reason" in compared["worded"]
    for lang, gone in (("en", "(gone)"), ("zh", "（已取消）")):
        print_repeated(compared, lang)
        said = capsys.readouterr().out
        assert "    relay_tests.claimed → relay_tests.standing" in said
        assert f"    relay_tests.least → {gone}" in said
        assert "    findings.rule: relayed-count/1 → go-together/1\n" in said
        assert "    flows.protocol: smb → smb-encrypted (" in said.replace("（", " (")

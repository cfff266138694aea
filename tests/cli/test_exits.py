"""Exit codes: what was not judged has one of its own, the gravest wins, and all reasons are told."""

from __future__ import annotations

import itertools
import json
import struct
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import netaudit
from netaudit.cli.app import app
from netaudit.cli.auditing import exit_reasons
from netaudit.cli.exits import PRECEDENCE, Exit, gravest
from netaudit.errors import CaseError
from netaudit.images import judge

OFFICE = Path(__file__).parent.parent.parent / "pcaps" / "sales_office" / "wan.pcapng"
EMPTY = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)  # a pcap header, and nothing behind it


def run(*words: object, code: int) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == code, result.output
    return result.output


def test_the_gravest_reason_is_the_code() -> None:
    assert gravest([]) is Exit.AUDITED
    for count in range(1, len(PRECEDENCE) + 1):
        for some in itertools.combinations(PRECEDENCE, count):
            assert gravest(reversed(some)) is some[0]


def test_all_reasons_are_told() -> None:
    summary = {
        "open": ["damaged", "unjudged"], "partial": True, "findings": [{"certainty": "D"}], "damage": {}, "rejected": [],
    }  # fmt: skip
    assert exit_reasons(summary, "C") == [Exit.INTERRUPTED, Exit.UNJUDGED, Exit.DAMAGED]
    assert exit_reasons(summary, "D") == [Exit.INTERRUPTED, Exit.FINDING, Exit.UNJUDGED, Exit.DAMAGED]


@pytest.mark.parametrize(("lang", "said"), [("en", "Faces were not looked for"), ("zh", "未作人脸检测")])
def test_faces_that_were_not_looked_for_are_told(tmp_path, lang, said) -> None:
    shown = run("audit", OFFICE, "--case", tmp_path / "case", "--no-faces", "--lang", lang, "--fail-on", "D", code=10)
    assert said in shown
    assert str(int(Exit.UNJUDGED)) in shown.splitlines()[-1]
    summary = json.loads(run("show", tmp_path / "case", "--json", code=0))
    assert summary["exit_reasons"] == ["unjudged"]
    assert list(summary["unjudged"]) == ["images: not asked"]
    (unjudged,) = [one for one in summary["summary"]["limits"] if one["kind"] == "faces_off"]
    assert unjudged["n"] == unjudged["all"] > 0
    assert said in (tmp_path / "case" / "report.html").read_text(encoding="utf-8")


def test_a_helper_that_does_not_work_is_told(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(judge, "helper", lambda *_: [sys.executable, "-c", "import sys; sys.exit(1)"])
    case = netaudit.audit(OFFICE, tmp_path / "case")
    count = case.table("images").num_rows
    assert [(one.n, one.all) for one in case.summary.limits if one.kind == "unjudged"] == [(count, count)]


@pytest.mark.skipif(sys.platform == "win32", reason="the names of signals are POSIX's")
def test_a_capture_without_packets_carries_no_tick(tmp_path) -> None:
    (tmp_path / "empty.pcap").write_bytes(EMPTY)
    shown = run("audit", tmp_path / "empty.pcap", "--case", tmp_path / "case", "--lang", "en", code=5)
    assert "The files hold no packet that could be read." in shown
    report = (tmp_path / "case" / "report.html").read_text(encoding="utf-8")
    assert 'class="check"' not in report
    assert "CANNOT BE ASSESSED" in report


def test_a_period_without_packets_is_said_as_that(tmp_path) -> None:
    words = ("audit", OFFICE, "--case", tmp_path / "case", "--since", "2099-01-01T00:00:00+08:00", "--lang", "en")
    shown = run(*words, code=5)
    assert "CANNOT BE ASSESSED" in shown
    assert "outside the chosen period" in shown
    assert "No face image" not in shown


def test_a_missing_table_is_an_error_that_names_it(tmp_path) -> None:
    case = netaudit.audit(OFFICE, tmp_path / "case", faces=False)
    for name in case.manifest["totals"]["rows"]:
        assert (tmp_path / "case" / "tables" / f"{name}.parquet").is_file(), name
    (tmp_path / "case" / "tables" / "findings.parquet").unlink()
    with pytest.raises(CaseError, match=r"findings\.parquet"):
        netaudit.open_case(tmp_path / "case").table("findings")
    for words in (["show", str(tmp_path / "case")], ["export", str(tmp_path / "case"), "html"]):
        result = CliRunner().invoke(app, words)
        assert isinstance(result.exception, CaseError)
        assert "findings.parquet" in str(result.exception)


def test_a_case_of_an_earlier_version_opens_and_says_what_it_lacks(tmp_path) -> None:
    netaudit.audit(OFFICE, tmp_path / "case", faces=False)
    path = tmp_path / "case" / "case.json"
    written = json.loads(path.read_bytes())
    del written["totals"]["rows"]["ledgers"], written["seal"]
    path.write_text(json.dumps(written | {"tables_version": 1}))
    for gone in ("tables/ledgers.parquet", "manifest.json", "custody.jsonl"):  # which those versions did not have
        (tmp_path / "case" / gone).unlink()
    shown = run("show", tmp_path / "case", "--lang", "en", code=0)
    assert "tables version 1" in shown
    run("export", tmp_path / "case", "html", code=0)


@pytest.mark.parametrize(("lang", "told"), [("en", "columns that came later are empty"), ("zh", "后来增加的列为空")])
def test_a_case_that_lacks_later_columns_opens_and_says_so(tmp_path, lang: str, told: str) -> None:
    import pyarrow.parquet as pq

    case = netaudit.audit(OFFICE, tmp_path / "case", faces=False)
    events = case.table("events")
    written = json.loads((case.folder / "case.json").read_bytes())
    del written["seal"]
    (case.folder / "case.json").write_text(json.dumps(written | {"tables_version": 2}))
    for gone in ("manifest.json", "custody.jsonl"):
        (case.folder / gone).unlink()
    pq.write_table(events.drop_columns(["age", "result"]), case.folder / "tables" / "events.parquet")
    shown = run("show", case.folder, "--lang", lang, code=0)
    assert told in shown
    assert "2" in shown
    old = netaudit.open_case(case.folder)
    assert old.table("events").column_names == events.column_names
    assert old.table("events")["age"].null_count == events.num_rows
    run("export", case.folder, "html", code=0)

"""`netaudit show`: what fits is whole, what does not is named."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from netaudit.cli.auditing import tell
from netaudit.cli.exits import Exit
from netaudit.cli.showing import BRIEF, SHOWN_ROWS, WIDEST, brief, fitting, show_command, write_text
from netaudit.core.schema import BY_NAME, TABLES, TABLES_VERSION
from netaudit.errors import UsageError
from netaudit.findings.summary import summarise
from netaudit.findings.summary.reading import Unfinished
from netaudit.report.exports.csv_tables import worded
from netaudit.report.texts import Texts

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("widths", "room", "count"),
    [([], 80, 0), ([10], 5, 1), ([10, 10], 22, 2), ([10, 10], 21, 1), ([90, 1], 80, 1), ([3] * 40, 78, 16)],
)
def test_columns_are_taken_from_the_left_while_they_fit(widths: list[int], room: int, count: int) -> None:
    assert fitting(widths, room) == count


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_fits_is_whole_and_the_rest_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lang: str
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    count = SHOWN_ROWS + 5
    rows = pa.table(
        {
            "sender": ["192.168.1.64"] * count,
            "name": ["人脸抓拍摄像机"] * count,
            "long": ["x" * 500] * count,
            "bytes": [413_314] * count,
            "evil": ["\x1b[2J=1+1"] * count,
        }
    )
    write_text(rows, lang)
    said = capsys.readouterr().out
    head, first, *_, more, left_out = said.splitlines()
    assert head.split() == {"en": ["sender", "name"], "zh": ["发送方", "名称"]}[lang]
    assert first.split() == ["192.168.1.64", "人脸抓拍摄像机"]
    assert "5" in more
    assert all(name in left_out for name in ("long", "bytes", "evil"))
    assert "\x1b" not in said


def test_one_column_is_shown_however_narrow_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    write_text(pa.table({"long": ["y" * 500], "other": [1]}), "en")
    said = capsys.readouterr().out
    assert "yyy" in said
    assert "y" * (WIDEST + 1) not in said


def test_no_rows_are_a_head(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    write_text(pa.table({"sender": pa.array([], pa.string())}), "en")
    assert capsys.readouterr().out.split() == ["sender"]


@pytest.mark.parametrize(("lang", "word"), [("en", "Partial"), ("zh", "不完整")])
def test_a_verdict_on_a_part_says_so(capsys: pytest.CaptureFixture[str], lang: str, word: str) -> None:
    summary = {
        "case": "case", "report": "case/report.html", "partial": True,
        "seal": "sealed", "tables_version": TABLES_VERSION,
        "vantage": "lan", "packets_read": 2, "packets_decoded": 1, "skipped": {"arp": 1}, "damage": {}, "rejected": [],
        "report_stale": False,
    }  # fmt: skip
    tell(summary, summarise(Unfinished({})), lang, sys.stdout)
    assert word in capsys.readouterr().out
    tell(summary | {"partial": False}, summarise(Unfinished({})), lang, sys.stdout)
    assert word not in capsys.readouterr().out


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_case_that_was_cut_off_is_no_success(tmp_path: Path, form: str) -> None:
    cut = {"tables_version": TABLES_VERSION, "partial": True, "options": {}, "seal": "manifest.json"}
    (tmp_path / "case.json").write_text(json.dumps(cut), encoding="utf-8")
    assert show_command(tmp_path, "", form=form, lang="en") == Exit.UNJUDGED


@pytest.mark.parametrize("table", [table.name for table in TABLES if table.first])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_matters_of_a_table_fits_80_cells(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], table: str, lang: str
) -> None:
    from rich.cells import cell_len

    monkeypatch.setenv("COLUMNS", "80")
    schema = BY_NAME[table].schema()
    assert set(BY_NAME[table].first) <= set(schema.names)
    values = {"string": "0123456789abcdef", "int64": 123_456, "int32": 12, "bool": True, "double": 0.123456789}
    columns = []
    for field in schema:
        value: object = values.get(str(field.type), 1_700_000_000_123_456_789)
        if field.name.endswith("ip") or field.name in {"sender", "receiver", "holder", "client", "server"}:
            value = "192.168.100.200"
        if pa.types.is_list(field.type):
            value = ["0123456789abcdef"] * 3 if "string" in str(field.type) else [1, 2, 3]
        columns.append(pa.array([value], field.type))
    write_text(brief(table, pa.table(columns, schema=schema), lang, "Asia/Shanghai"), lang, widest=BRIEF)
    head, first, *_ = capsys.readouterr().out.splitlines()
    assert cell_len(head.rstrip()) <= 80
    shown = len(re.split(r"\s{2,}", first.strip()))
    assert shown >= min(3, len(BY_NAME[table].first))


@pytest.mark.parametrize(("lang", "told"), [("zh", ("外发", "低于阈值")), ("en", ("egress", "below thresholds"))])
def test_reasons_of_ledgers_are_words(lang: str, told: tuple[str, str]) -> None:
    row = dict.fromkeys(BY_NAME["ledgers"].names) | {"ledger": "egress", "reason": "below thresholds", "count": 1}
    shown = brief("ledgers", pa.Table.from_pylist([row], BY_NAME["ledgers"].schema()), lang, None).to_pylist()
    assert (shown[0]["ledger"], shown[0]["reason"]) == told


def test_columns_are_chosen_by_name(demo_findings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show_command(demo_findings, "findings", "certainty,act", form="csv", lang="en") == Exit.AUDITED
    assert capsys.readouterr().out.splitlines()[0] == "certainty,act"
    with pytest.raises(UsageError, match="no column nothing"):
        show_command(demo_findings, "findings", "nothing", form="csv", lang="en")


@pytest.fixture
def demo_findings(tmp_path: Path) -> Path:
    cut = {"tables_version": TABLES_VERSION, "partial": True, "options": {}, "seal": "manifest.json"}
    (tmp_path / "case.json").write_text(json.dumps(cut), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(("lang", "words"), [("en", "too little was seen of it"), ("zh", "可见的行为过少")])
def test_reasons_of_findings_are_words(lang: str, words: str) -> None:
    row = dict.fromkeys(BY_NAME["findings"].names) | {"role_reason": "too_little"}
    rows = pa.Table.from_pylist([row], BY_NAME["findings"].schema())
    for shown in (brief("findings", rows, lang, None), worded("findings", rows, lang)):
        assert shown["role_reason"].to_pylist() == [words]


FOUND = {
    "act": "uploaded outside",
    "sender_role": "server",
    "rule": "face-image-in-clear/2 guessed/1",
    "doubts": ["unanswered", "new"],
}


def test_codes_of_findings_are_words_in_chinese() -> None:
    row = dict.fromkeys(BY_NAME["findings"].names) | FOUND
    rows = pa.Table.from_pylist([row], BY_NAME["findings"].schema())
    told = worded("findings", rows, "zh").select(list(FOUND)).to_pylist()[0]
    assert told == {
        "act": Texts("zh").known("act", "uploaded outside"),
        "sender_role": "服务器或中转",
        "rule": "明文可读或已用密钥解开的图像中检出人脸；guessed/1",
        "doubts": ["未见确认，亦未见应答", "new"],
    }
    assert worded("findings", rows, "en").select(list(FOUND)).to_pylist()[0] == FOUND


def test_codes_of_what_was_skipped_and_of_ledgers_are_words_in_chinese() -> None:
    for table, row, told in (
        ("skipped", {"reason": "control_frame"}, {"reason": "链路管理或控制帧"}),
        ("ledgers", {"ledger": "egress", "reason": "below thresholds"}, {"ledger": "外发", "reason": "低于阈值"}),
    ):
        rows = pa.Table.from_pylist([dict.fromkeys(BY_NAME[table].names) | row], BY_NAME[table].schema())
        assert worded(table, rows, "zh").select(list(row)).to_pylist() == [told]
        assert worded(table, rows, "en").select(list(row)).to_pylist() == [row]
    assert brief("skipped", rows_of("control_frame"), "zh", None)["reason"].to_pylist() == ["链路管理或控制帧"]


def rows_of(reason: str) -> pa.Table:
    return pa.Table.from_pylist([{"capture_id": "c", "reason": reason, "packets": 3}], BY_NAME["skipped"].schema())

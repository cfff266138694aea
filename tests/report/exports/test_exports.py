"""The record for Word and the tables for a spreadsheet: what they say, the same bytes, no formula."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import docx
import pyarrow as pa
import pytest
from docx.oxml.ns import qn

import netaudit
from netaudit.cli.exporting import WRITERS, Asked, export_command
from netaudit.core.schema import BY_NAME
from netaudit.errors import CaseError
from netaudit.report.exports.record import TEXTS, record_of
from netaudit.report.exports.sheets import LONGEST, SHEETS, _value, write_xlsx
from netaudit.report.exports.word import write_docx
from netaudit.report.wording import Wording

SMALL = Path(__file__).parents[3] / "pcaps" / "carriers" / "s3.pcapng"


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> netaudit.Case:
    return netaudit.audit(SMALL, tmp_path_factory.mktemp("papers") / "case", faces=False, site="=售楼处\u202e")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_record_names_what_was_extracted_and_is_the_same_each_time(case, tmp_path, lang):
    for name in ("a.docx", "b.docx"):
        write_docx(record_of(case, lang), tmp_path / name)
    assert (tmp_path / "a.docx").read_bytes() == (tmp_path / "b.docx").read_bytes()
    document = docx.Document(str(tmp_path / "a.docx"))
    said = "\n".join(cell.text for table in document.tables for row in table.rows for cell in row.cells)
    for digest in (*case.captures["sha256"], case.seal.manifest):
        assert digest in said
    assert "\u202e" not in said
    assert "\\u202e" in said
    assert document.styles["Normal"].element.rPr.rFonts.get(qn("w:eastAsia")) in ("仿宋", "宋体")
    assert TEXTS["title"][lang] in document.paragraphs[0].text


def test_a_spreadsheet_has_texts_only(case, tmp_path, monkeypatch):
    told = case.table
    hostile = {"=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "http://a.example/"}

    def table(name, columns=None):
        if name != "events":
            return told(name, columns)
        schema = BY_NAME[name].schema()
        rows = [{"event_id": text} for text in sorted(hostile)]
        return pa.Table.from_pylist(rows, schema)

    monkeypatch.setattr(case, "table", table)
    assert write_xlsx(case, record_of(case, "zh"), tmp_path / "a.xlsx") == len(SHEETS) + 1
    with zipfile.ZipFile(tmp_path / "a.xlsx") as book:
        sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        texts = b"".join(book.read(name) for name in sheets)
        shared = book.read("xl/sharedStrings.xml") if "xl/sharedStrings.xml" in book.namelist() else b""
        assert not any(ElementTree.parse(io.BytesIO(book.read(name))).findall(".//{*}f") for name in sheets)
    assert len(sheets) == len(SHEETS) + 1
    assert b"<hyperlink" not in texts
    assert b"=cmd" in texts + shared


@pytest.mark.parametrize("form", sorted(WRITERS.keys() - {"zip"}))
@pytest.mark.parametrize("harm", ["cut off", "changed"])
def test_no_paper_is_written_of_a_case_that_is_not_whole(case, tmp_path, form, harm):
    folder = tmp_path / "case"
    shutil.copytree(case.folder, folder)
    if harm == "cut off":
        (folder / "manifest.json").unlink()
        (folder / "custody.jsonl").unlink()
        cut = {key: value for key, value in case.manifest.items() if key != "totals"}
        (folder / "case.json").write_text(json.dumps(cut | {"partial": True}), encoding="utf-8")
    else:
        (folder / "tables" / "images.parquet").write_bytes(b"garbage")
    out = tmp_path / "paper"
    with pytest.raises(CaseError, match="audit it again" if harm == "cut off" else "was changed"):
        export_command(folder, form, Asked(out, "en"))
    assert not out.exists()


@pytest.mark.parametrize(("lang", "said"), [("en", "Officer One, Officer Two"), ("zh", "Officer One、Officer Two")])
def test_the_record_names_officers_and_times_of_the_site(case, lang, said):
    blank, filled = (
        dict(record_of(case, lang, "Asia/Urumqi", given).fields) for given in ((), ("Officer One", "Officer Two"))
    )
    changed = {key: value for key, value in filled.items() if blank[key] != value}
    assert list(changed.values()) == [said]
    assert any("+06:00" in value or "Urumqi" in value for value in filled.values())


OFFICE = Path(__file__).parents[3] / "pcaps" / "sales_office" / "lan.pcapng"


@pytest.fixture(scope="module")
def office(tmp_path_factory) -> netaudit.Case:
    return netaudit.audit(OFFICE, tmp_path_factory.mktemp("office") / "case", zone="Asia/Shanghai")


@pytest.mark.parametrize(
    ("lang", "state", "said"), [("zh", "已发现外传", "人脸图像42幅"), ("en", "TRANSFER SEEN", "42 face images")]
)
def test_the_record_says_in_sentences_what_was_found(office, tmp_path, lang, state, said):
    write_docx(record_of(office, lang), tmp_path / "a.docx")
    told = [one.text for one in docx.Document(str(tmp_path / "a.docx")).paragraphs]
    at = told.index(TEXTS["result"][lang])
    assert told[at + 1].startswith(f"1. {state}")
    assert any("192.168.1.10" in one and said in one for one in told[at:])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_spreadsheet_is_in_one_language_with_numbers_and_times(office, tmp_path, lang):
    import datetime
    import re

    import openpyxl

    write_xlsx(office, record_of(office, lang), tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    sheets = {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}
    assert len(sheets) == len(SHEETS) + 1
    findings = sheets["发现" if lang == "zh" else "Findings"]
    rows = [dict(zip(findings[0], row, strict=True)) for row in findings[1:]]
    images, first = ("图像", "开始（北京时间）") if lang == "zh" else ("images", "first ts (Beijing time)")
    assert sum(row[images] for row in rows) == sum(office.table("findings")["images"].to_pylist())
    assert all(isinstance(row[first], datetime.datetime) for row in rows)
    assert rows[0][first].hour == 9  # of the site, not UTC
    assert isinstance(next(iter(sheets.values()))[1][3], int)  # the size of the capture
    if lang == "zh":
        names = [name for sheet in sheets.values() for name in sheet[0]]
        assert not [name for name in names if re.search("[a-z]{3}_|[a-z]{4} [a-z]{2}", name or "")]
        comments = "注释"  # of the capture, as they stand in it
        english = {
            (title, name, value) for title, sheet in sheets.items() for row in sheet[1:]
            for name, value in zip(sheet[0], row, strict=True)
            if name != comments and isinstance(value, str) and re.search("[a-z]{4,} (of|by|with|for|is|in) [a-z]{2,}", value)
        }  # fmt: skip
        assert not english


def test_a_list_in_a_spreadsheet_is_whole_as_far_as_a_cell_holds_it():
    w = Wording("en", None)
    frames = list(range(1, 1001))
    assert _value("findings", "frames", "list<int64>", frames, w).split("; ") == list(map(str, frames))
    hashes = [f"{n:064x}" for n in range(1000)]
    told = _value("findings", "object_ids", "list<string>", hashes, w)
    kept = told.count("; ") + 1
    assert told.endswith(f"… (+{1000 - kept})")
    assert LONGEST - 200 < len(told) <= LONGEST


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_images_and_encrypted_bytes_stand_in_two_columns_and_a_reviewer_signs(office, tmp_path, lang):
    record = record_of(office, lang)
    head, *rows = record.findings
    at = {key: head.index(TEXTS[key][lang]) for key in ("certainty", "images", "encrypted")}
    for row in rows:
        seen, hidden = row[at["images"]], row[at["encrypted"]]
        assert (seen == "—") == (row[at["certainty"]] == "D")
        assert (hidden == "—") == (row[at["certainty"]] in "AB")
    assert {row[at["certainty"]] for row in rows} >= {"A", "D"}
    write_docx(record, tmp_path / "a.docx")
    cells = [cell.text for table in docx.Document(str(tmp_path / "a.docx")).tables for cell in table._cells]
    assert TEXTS["reviewer"][lang] in cells

"""Lists of people in spreadsheets are read by their rows, whoever wrote the file."""

from __future__ import annotations

import io
import zipfile

import pytest

from netaudit.content.budget import Budget
from netaudit.content.from_messages import leaves
from netaudit.events.identity.from_unwrapping import is_of_workbook, of_workbook
from netaudit.evidence.rule_drafting.document_examples import message_of

NUMBER, OTHER = "11010519491231002X", "990101199001010019"
ROWS = [["序号", "姓名", "身份证号", "电话"], [1, "张三", NUMBER, "19900000001"], [2, "李四", OTHER, None]]
SAID = {("name", "张三"), ("id_number", NUMBER), ("phone", "19900000001"), ("name", "李四"), ("id_number", OTHER)}


def written(by: str) -> bytes:
    file = io.BytesIO()
    if by == "openpyxl":
        book = pytest.importorskip("openpyxl").Workbook()
        for row in ROWS:
            book.active.append(row)
        book.save(file)
    else:
        book = pytest.importorskip("xlsxwriter").Workbook(file, {"in_memory": True})
        sheet = book.add_worksheet()
        for number, row in enumerate(ROWS):
            sheet.write_row(number + 3, 1, row)
        book.close()
    return file.getvalue()


def read(body: bytes) -> list[tuple[str, str, str]]:
    message = message_of({"path": "/upload"})
    message.body, message.body_size, message.content_type = body, len(body), "application/octet-stream"
    parts = [leaf for leaf in leaves(message, Budget()) if is_of_workbook(leaf)]
    return [(one.kind, one.value, one.path) for some in of_workbook(parts) for one in some]


@pytest.mark.parametrize("by", ["openpyxl", "xlsxwriter"])
def test_rows_are_records(by: str) -> None:
    found = read(written(by))
    assert {(kind, value) for kind, value, _ in found} == SAID
    holders = {value: path.rpartition(".")[0] for _, value, path in found}
    assert holders["张三"] == holders[NUMBER] != holders[OTHER] == holders["李四"]


@pytest.mark.parametrize(
    "sheet",
    [
        "<worksheet><sheetData><row><c r='A1' t='s'><v>99</v></c></row></sheetData></worksheet>",
        "<worksheet><sheetData><row><c r='ZZZ9999999'><v>1</v></c></row></sheetData></worksheet>",
        "<worksheet>",
    ],
)
def test_what_is_wrong_says_nothing(sheet: str) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
    assert read(file.getvalue()) == []

"""Tables of a case for a spreadsheet, by XlsxWriter: a sheet a table, every text a text and never a formula."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from netaudit.errors import UsageError
from netaudit.masking.mask import visible
from netaudit.storage.files import fresh

if TYPE_CHECKING:
    from pathlib import Path

    from netaudit.case.reading import Case
    from netaudit.exports.record import Record

SHEETS = ("captures", "findings", "devices", "endpoints", "images", "events", "journeys")
LONGEST = 32_767  # characters of a cell, as Excel has them
MOST_ROWS = 1_048_575  # below the head
_CUT = "… (+{n})"
_PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "constant_memory": True}


def write_xlsx(case: Case, record: Record, out: Path) -> int:
    """Write the list of the record and the tables people read; gives the number of sheets. Masked as the tables are.

    Raises UsageError when XlsxWriter is missing.
    """
    try:
        import xlsxwriter
    except ImportError as error:
        raise UsageError("a spreadsheet needs XlsxWriter: python -m pip install python-docx XlsxWriter") from error
    with fresh(out) as temporary, xlsxwriter.Workbook(str(temporary), dict(_PLAIN)) as book:
        book.set_properties({"author": "netaudit", "created": datetime.datetime(1980, 1, 1)})  # noqa: DTZ001
        bold = book.add_format({"bold": True})
        _sheet(book, bold, "list", record.items)
        for name in SHEETS:
            table = case.table(name)
            rows = (tuple(row.values()) for batch in table.to_batches(4096) for row in _readable(batch))
            _sheet(book, bold, name, [list(table.column_names)], rows, left=table.num_rows - MOST_ROWS)
    return len(SHEETS) + 1


def _readable(batch: Any) -> list[dict[str, Any]]:
    import pyarrow as pa

    for place, column in enumerate(batch.schema):
        if pa.types.is_timestamp(column.type):  # Excel knows no zones and no nanoseconds
            batch = batch.set_column(place, column.name, batch.column(place).cast(pa.string()))
    rows: list[dict[str, Any]] = batch.to_pylist()
    return rows


def _sheet(book: Any, bold: Any, name: str, heads: Any, rows: Any = (), *, left: int = 0) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    at = 0
    for row in heads:
        _row(sheet, at, row, bold if at == 0 else None)
        at += 1
    for row in rows:
        if at > MOST_ROWS - (left > 0):
            break
        _row(sheet, at, row, None)
        at += 1
    if left > 0:
        sheet.write_string(at, 0, _CUT.format(n=left + 1))


def _row(sheet: Any, at: int, row: Any, form: Any) -> None:
    for place, value in enumerate(row):
        if value is None:
            continue
        if isinstance(value, bool):
            sheet.write_boolean(at, place, value, form)
        elif isinstance(value, int | float) and abs(value) < 1 << 53 and value == value:  # noqa: PLR0124 - no NaN
            sheet.write_number(at, place, value, form)
        else:
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            sheet.write_string(at, place, visible(text, LONGEST), form)

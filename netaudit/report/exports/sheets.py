"""Tables of a case for a spreadsheet, by XlsxWriter: a sheet a table, in the words of the report.

Numbers are numbers and times are times of the site; every text is a text and never a formula.
"""

from __future__ import annotations

import datetime
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from netaudit.core.masking.mask import visible
from netaudit.core.schema import BY_NAME
from netaudit.core.storage.arrow_rows import rows_with_nanoseconds
from netaudit.core.storage.files import fresh
from netaudit.errors import UsageError
from netaudit.report.cells import cell
from netaudit.report.column_words import heading, table_title
from netaudit.report.exports.record import say
from netaudit.report.reasons import Reasons
from netaudit.report.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from netaudit.evidence.case.reading import Case
    from netaudit.report.exports.record import Record

SHEETS = ("captures", "findings", "devices", "endpoints", "images", "events", "journeys")
LONGEST = 32_767  # characters of a cell, as Excel has them
MOST_ROWS = 1_048_575  # below the head
ROOM = 32  # of them for saying how many are left out
_CUT = "… (+{n})"
_TIME = "yyyy-mm-dd hh:mm:ss.000"
NUMBERED = (0, 3)  # columns of the list that are numbers: its own, sizes
FORMATS = frozenset({"file_format", "compression"})
WIDTH = 22  # characters of a column
FIRST_YEAR = 1900  # of which Excel knows dates
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "constant_memory": True}


def write_xlsx(case: Case, record: Record, out: Path) -> int:
    """Write the list of the record and the tables people read; gives the number of sheets. Masked as the tables are.

    Raises UsageError when XlsxWriter is missing.
    """
    try:
        import xlsxwriter
    except ImportError as error:
        raise UsageError("a spreadsheet needs XlsxWriter: python -m pip install python-docx XlsxWriter") from error
    w = Wording(record.lang, case.zone)
    with fresh(out) as temporary, xlsxwriter.Workbook(str(temporary), dict(_PLAIN)) as book:
        book.set_properties({"author": "netaudit", "created": datetime.datetime(1980, 1, 1)})  # noqa: DTZ001
        forms = {"head": book.add_format({"bold": True}), "time": book.add_format({"num_format": _TIME})}
        items = ([_number(value) if at in NUMBERED else value for at, value in enumerate(row)] for row in record.items)
        _sheet(book, forms, say("list_sheet", w.lang), next(items), items)
        for name in SHEETS:
            table = case.table(name)
            heads = [_head(name, column, w) for column in table.column_names]
            rows = _rows(name, table, w, _reasons(case, w) if name == "devices" else {})
            _sheet(book, forms, table_title(name, w.lang)[:31], heads, rows, left=table.num_rows - MOST_ROWS)
    return len(SHEETS) + 1


def _number(text: str) -> int | str:
    """A number of the list as one."""
    return int(text) if text.isascii() and text.isdigit() else text


def _head(table: str, column: str, w: Wording) -> str:
    """Name of a column; of times with their zone, of bytes with their unit."""
    declared = next(one for one in BY_NAME[table].columns if one.name == column)
    name = heading(column, w.lang)
    if declared.kind == "time":
        return w.t("party_about", name=name, about=w.zone_name())
    return w.t("party_about", name=name, about=w.t("bytes_unit")) if declared.unit == "bytes" else name


def _reasons(case: Case, w: Wording) -> dict[str, str]:
    """Why each device is called so, in the words of the report."""
    judged = Reasons(case, w)
    ids = case.table("devices", ["device_id"])["device_id"].to_pylist()
    judged.choose(ids)
    join = "；" if w.lang == "zh" else "; "
    return {
        one: join.join(f"{reason['claim']}: {reason['facts']}".rstrip(": ") for reason in judged.of(one)["reasons"])
        for one in ids
    }


def _rows(name: str, table: pa.Table, w: Wording, reasons: dict[str, str]) -> Iterator[list[Any]]:
    """Rows in the words of the report: numbers as numbers, times as times of the site, lists joined."""
    kinds = {column.name: column.kind for column in BY_NAME[name].columns}
    for batch in table.to_batches(4096):
        for row in rows_with_nanoseconds(pa.Table.from_batches([batch])):
            if reasons:
                row["reasons"] = reasons.get(row["device_id"], "")
            yield [
                value if reasons and column == "reasons" else _value(name, column, kinds[column], value, w)
                for column, value in row.items()
            ]


def _value(table: str, column: str, kind: str, value: Any, w: Wording) -> Any:
    if value is None or value in ("", []):
        return None
    if kind == "time":
        try:
            return (EPOCH + datetime.timedelta(microseconds=value // 1000)).astimezone(w.zone).replace(tzinfo=None)
        except OverflowError:
            return str(value)
    if kind in ("int64", "int32", "float64"):
        return value
    if column in FORMATS:
        return w.listed("format", value if isinstance(value, str) else ", ".join(value), 200)
    texts = [part.text for part in cell(table, column, value, w, full=True, most=LONGEST).parts]
    join = "；" if w.lang == "zh" else "; "
    fit = bisect_right(list(accumulate(len(text) + len(join) for text in texts)), LONGEST - ROOM)
    if len(texts) == 1 or (fit == len(texts) and len(texts) == (len(value) if isinstance(value, list) else 1)):
        return join.join(texts)
    return join.join(texts[:fit]) + _CUT.format(n=len(value) - fit)


def _sheet(book: Any, forms: dict[str, Any], name: str, heads: Any, rows: Iterable[Any], *, left: int = 0) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    for place, text in enumerate(heads):
        sheet.set_column(place, place, WIDTH)
        sheet.write_string(0, place, visible(text, LONGEST), forms["head"])
    at = 1
    for row in rows:
        if at > MOST_ROWS - (left > 0):
            break
        for place, value in enumerate(row):
            _write(sheet, at, place, value, forms)
        at += 1
    if left > 0:
        sheet.write_string(at, 0, _CUT.format(n=left + 1))


def _write(sheet: Any, at: int, place: int, value: Any, forms: dict[str, Any]) -> None:
    if value is None:
        return
    if isinstance(value, datetime.datetime) and value.year >= FIRST_YEAR:
        sheet.write_datetime(at, place, value, forms["time"])
    elif isinstance(value, int | float) and abs(value) < 1 << 53 and value == value:  # noqa: PLR0124 - no NaN
        sheet.write_number(at, place, value)
    else:
        sheet.write_string(at, place, visible(str(value), LONGEST))

"""Tables as CSV, every cell a text that no spreadsheet runs and no terminal obeys."""

from __future__ import annotations

import csv
import functools
from typing import IO, TYPE_CHECKING

from netaudit.core.masking.cells import cell
from netaudit.core.storage.arrow_rows import plain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pyarrow as pa

    from netaudit.core.schema.declaring import Column
    from netaudit.evidence.case.reading import Case
    from netaudit.report.texts import Texts


def write_csv_files(case: Case, folder: Path, lang: str = "en") -> Path:
    """Write every table to `TABLE.csv` in a folder that need not be there; gives the folder. Masked as tables are."""
    from netaudit.core.schema import BY_NAME

    folder.mkdir(parents=True, exist_ok=True)
    for name in BY_NAME:
        with (folder / f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as out:
            write_rows(worded(name, case.table(name), lang), out)
    return folder


def worded(name: str, rows: pa.Table, lang: str) -> pa.Table:
    """Rows of a table with its reasons in words; in Chinese also values of vocabularies, which are English words."""
    import pyarrow as pa

    from netaudit.core.schema import BY_NAME
    from netaudit.report.texts import Texts

    texts = Texts(lang)
    if name == "ledgers":
        rows = _worded_ledgers(rows, lang)
    for column in BY_NAME[name].columns:
        if column.name in rows.column_names and (say := _speaker(name, column, texts)) is not None:
            said = [
                [one and say(one) for one in value] if isinstance(value, list) else value and say(value)
                for value in rows[column.name].to_pylist()
            ]
            place = rows.column_names.index(column.name)
            rows = rows.set_column(place, column.name, pa.array(said, rows.schema.field(place).type))
    return rows


def _speaker(table: str, column: Column, texts: Texts) -> Callable[[str], str] | None:
    """Gives the words of a column's values, each made once; None where they stay as they are."""
    from netaudit.report.cells import has_words, in_words

    if column.reasons:
        return functools.cache(lambda reasons: texts.phrase(reasons, str))
    if texts.lang == "en" or "string" not in column.kind or not has_words(table, column.name):
        return None
    return functools.cache(lambda value: in_words(table, column.name, value, texts))


def _worded_ledgers(rows: pa.Table, lang: str) -> pa.Table:
    """Reasons of ledgers by the ledger that they are of, and its name; both stay codes in English."""
    import pyarrow as pa

    from netaudit.report.cells import worded_ledger

    if lang == "en":
        return rows
    said = [worded_ledger(row, lang) for row in rows.select(["ledger", "reason"]).to_pylist()]
    for name in ("ledger", "reason"):
        place = rows.column_names.index(name)
        rows = rows.set_column(place, name, pa.array([row[name] for row in said], rows.schema.field(place).type))
    return rows


def write_rows(rows: pa.Table, out: IO[str]) -> None:
    """A header line and a line a row."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(rows.column_names)
    for row in plain(rows):
        writer.writerow([cell(value) for value in row.values()])

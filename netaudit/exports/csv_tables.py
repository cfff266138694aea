"""Tables as CSV, every cell a text that no spreadsheet runs and no terminal obeys."""

from __future__ import annotations

import csv
import functools
from typing import IO, TYPE_CHECKING

from netaudit.masking.cells import cell
from netaudit.storage.arrow_rows import plain

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from netaudit.case.reading import Case


def write_csv_files(case: Case, folder: Path, lang: str = "en") -> Path:
    """Write every table to `TABLE.csv` in a folder that need not be there; gives the folder. Masked as tables are."""
    from netaudit.tables import BY_NAME

    folder.mkdir(parents=True, exist_ok=True)
    for name in BY_NAME:
        with (folder / f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as out:
            write_rows(worded(name, case.table(name), lang), out)
    return folder


def worded(name: str, rows: pa.Table, lang: str) -> pa.Table:
    """Rows of a table with its reasons in words, each reason worded once."""
    import pyarrow as pa

    from netaudit.report.texts import Texts
    from netaudit.tables import BY_NAME

    texts = Texts(lang)
    say = functools.cache(lambda reasons: texts.phrase(reasons, str))
    for column in BY_NAME[name].columns:
        if column.reasons and column.name in rows.column_names:
            said = [
                [one and say(one) for one in value] if isinstance(value, list) else value and say(value)
                for value in rows[column.name].to_pylist()
            ]
            place = rows.column_names.index(column.name)
            rows = rows.set_column(place, column.name, pa.array(said, rows.schema.field(place).type))
    return rows


def write_rows(rows: pa.Table, out: IO[str]) -> None:
    """A header line and a line a row."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(rows.column_names)
    for row in plain(rows):
        writer.writerow([cell(value) for value in row.values()])

"""Tables as CSV, every cell a text that no spreadsheet runs and no terminal obeys."""

from __future__ import annotations

import csv
from typing import IO, TYPE_CHECKING

from netaudit.masking.cells import cell
from netaudit.storage.arrow_rows import plain

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from netaudit.case.reading import Case


def write_csv_files(case: Case, folder: Path) -> Path:
    """Write every table to `TABLE.csv` in a folder that need not be there; gives the folder. Masked as tables are."""
    from netaudit.tables import BY_NAME

    folder.mkdir(parents=True, exist_ok=True)
    for name in BY_NAME:
        with (folder / f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as out:
            write_rows(case.table(name), out)
    return folder


def write_rows(rows: pa.Table, out: IO[str]) -> None:
    """A header line and a line a row."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(rows.column_names)
    for row in plain(rows):
        writer.writerow([cell(value) for value in row.values()])

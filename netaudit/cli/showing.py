"""`netaudit show`: a table as text, CSV or JSON lines."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netaudit.case import open_case
from netaudit.cli.exits import Exit
from netaudit.errors import UsageError
from netaudit.plain import plain
from netaudit.tables import BY_NAME

if TYPE_CHECKING:
    import pyarrow as pa

FORMULA = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
)  # a spreadsheet takes a cell that begins so for a formula (OWASP: CSV injection)
SHOWN_ROWS = 200


def show_command(folder: Path, table: str, *, form: str, lang: str) -> Exit:
    """Print a table, or the summary when no table is named."""
    case = open_case(folder)
    if not table:
        from netaudit.cli.auditing import summarise, tell

        if case.partial and "totals" not in case.manifest:
            print(case.verdict(lang))
        else:
            tell(summarise(case), lang, sys.stdout)
        return Exit.AUDITED
    if table not in BY_NAME:
        raise UsageError(f"no table {table!r}; there are {', '.join(BY_NAME)}")
    rows = case.table(table)
    {"csv": write_csv, "json": write_json_lines, "text": write_text}[form](rows)
    return Exit.AUDITED


def cell(value: Any) -> str:
    """A value as text that no spreadsheet runs and no terminal obeys."""
    from netaudit.masking import visible

    if value is None:
        return ""
    text = visible("; ".join(map(str, value)) if isinstance(value, list) else str(value), 2000)
    return "'" + text if text.startswith(FORMULA) and not isinstance(value, (int, float)) else text


def write_csv(rows: pa.Table) -> None:
    """CSV with a header line."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(rows.column_names)
    for row in plain(rows):
        writer.writerow([cell(value) for value in row.values()])


def write_json_lines(rows: pa.Table) -> None:
    """One JSON object a line."""
    import orjson

    for row in plain(rows):
        sys.stdout.buffer.write(orjson.dumps(row) + b"\n")
    sys.stdout.buffer.flush()


def write_text(rows: pa.Table) -> None:
    """A table for the eye: as many columns as fit the terminal, the first rows of long tables."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(soft_wrap=False)
    grid = Table(*rows.column_names, box=None, pad_edge=False, header_style="bold")
    for row in plain(rows.slice(0, SHOWN_ROWS)):
        grid.add_row(*(Text(cell(value)) for value in row.values()))
    console.print(grid)
    if rows.num_rows > SHOWN_ROWS:
        console.print(f"… {rows.num_rows - SHOWN_ROWS:,} more rows (--csv or --json gives all)")

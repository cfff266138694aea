"""`netaudit show`: a table as text, CSV or JSON lines."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netaudit.case.reading import open_case
from netaudit.cli.exits import Exit
from netaudit.cli.texts import say
from netaudit.errors import UsageError
from netaudit.ground.plain import plain
from netaudit.tables import BY_NAME

if TYPE_CHECKING:
    import pyarrow as pa

    from netaudit.case.reading import Case

FORMULA = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
)  # a spreadsheet takes a cell that begins so for a formula (OWASP: CSV injection)
SHOWN_ROWS = 200
WIDEST = 40  # cells of a column
GAP = 2  # cells between two


def show_command(folder: Path, table: str, *, form: str, lang: str) -> Exit:
    """Print a table, or the summary when no table is named."""
    case = open_case(folder)
    case.look_over()
    if not table:
        return _show_summary(case, form, lang)
    if table not in BY_NAME:
        raise UsageError(f"no table {table!r}; there are {', '.join(BY_NAME)}")
    rows = case.table(table)
    if form == "text":
        write_text(rows, lang)
    else:
        {"csv": write_csv, "json": write_json_lines}[form](rows)
    return Exit.AUDITED


def _show_summary(case: Case, form: str, lang: str) -> Exit:
    """The summary as text, as `audit` tells it; with --json as its JSON."""
    from netaudit.cli.auditing import end, summarise, tell, write_summary

    if "totals" not in case.manifest:  # cut off: nothing was counted
        if form == "json":
            import orjson

            said = {"case": str(case.folder), "partial": True, "verdict": {at: case.verdict(at) for at in ("zh", "en")}}
            sys.stdout.buffer.write(orjson.dumps(said, option=orjson.OPT_INDENT_2) + b"\n")
            sys.stdout.buffer.flush()
        else:
            print(case.verdict(lang))
        return Exit.UNJUDGED
    summary = summarise(case)
    if form == "json":
        write_summary(summary)
        return Exit.AUDITED
    tell(summary, lang, sys.stdout)
    end(summary, "", lang, sys.stdout)
    return Exit.AUDITED


def cell(value: Any) -> str:
    """A value as text that no spreadsheet runs and no terminal obeys."""
    from netaudit.ground.masking import visible

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


def write_text(rows: pa.Table, lang: str) -> None:
    """A table for the eye: as many columns as fit the terminal, the first rows of long tables; the rest is named."""
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(soft_wrap=False)
    names = rows.column_names
    lines = [[cell(value) for value in row.values()] for row in plain(rows.slice(0, SHOWN_ROWS))]
    widths = [min(WIDEST, max(map(cell_len, column))) for column in zip(names, *lines, strict=True)]
    count = fitting(widths, console.width)
    grid = Table(box=None, pad_edge=False, header_style="bold")
    for name in names[:count]:
        grid.add_column(name, max_width=WIDEST, no_wrap=True, overflow="ellipsis")
    for line in lines:
        grid.add_row(*map(Text, line[:count]))
    console.print(grid)
    if rows.num_rows > SHOWN_ROWS:
        console.print(Text(say("more_rows", lang, n=rows.num_rows - SHOWN_ROWS)), soft_wrap=True)
    if count < len(names):
        console.print(Text(say("more_columns", lang, names=", ".join(names[count:]))), soft_wrap=True)


def fitting(widths: list[int], room: int) -> int:
    """How many columns, from the left, have their width and a gap in so many cells; one at least."""
    taken = 0
    for count, width in enumerate(widths):
        taken += width + (GAP if count else 0)
        if taken > room and count:
            return count
    return len(widths)

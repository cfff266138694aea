"""`netaudit show`: a table as text, CSV or JSON lines."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netaudit.cli.deciding import device_lines
from netaudit.cli.endings import into_file
from netaudit.cli.exits import Exit
from netaudit.cli.texts import say
from netaudit.core.masking.cells import cell
from netaudit.core.schema import BY_NAME
from netaudit.core.storage.arrow_rows import plain
from netaudit.errors import UsageError
from netaudit.evidence.case.reading import open_case
from netaudit.report.exports.csv_tables import worded, write_rows

if TYPE_CHECKING:
    import pyarrow as pa

    from netaudit.evidence.case.reading import Case
    from netaudit.report.wording import Wording

SHOWN_ROWS = 200
WIDEST = 40  # cells of a column
GAP = 2  # cells between two
BRIEF = 26  # the same where rows are made short
HEADS = {"certainty": "cert", "finding_id": "finding", "images": "img"}
SHORT = 9  # characters of an id: commands take its beginning
MOST_LISTED = 2  # of a list


def show_command(folder: Path, table: str, columns: str = "", *, form: str, lang: str) -> Exit:
    """Print a table, or the summary when no table is named; `columns` are names with commas between, or "all"."""
    case = open_case(folder)
    case.look_over()
    if not table:
        return _show_summary(case, form, lang)
    if table not in BY_NAME:
        raise UsageError("no table {}; there are {}", f"{table!r}", ", ".join(BY_NAME))
    asked = [name.strip() for name in columns.split(",") if name.strip()]
    chosen = [] if asked == ["all"] else asked
    names = BY_NAME[table].names
    if unknown := [name for name in chosen if name not in names]:
        raise UsageError("{}: has no column {}; there are {}", table, unknown[0], ", ".join(names))
    if form != "text":
        if form == "json":
            write_json_lines(case.table(table, chosen or None))
        else:
            rows = case.table(table, None if table == "ledgers" else chosen or None)  # its words hang together
            write_csv(worded(table, rows, lang).select(chosen or rows.column_names))
        return Exit.AUDITED
    first, count = case.beginning(table, SHOWN_ROWS)
    if table == "devices" and not asked:
        print("\n".join(device_lines(case, lang)))
    elif asked:
        write_text(worded(table, first, lang).select(chosen or names), lang, count)
    else:
        zone = case.zone
        write_text(brief(table, first, lang, zone), lang, count, BRIEF)
    return Exit.AUDITED


def show_exit(folder: Path, lang: str) -> Exit:
    """Say with which code an audit of the case ends, and the lines of its ledgers for which it does."""
    from netaudit.cli.auditing import exit_reasons, outcome
    from netaudit.findings.ledgers import exits

    case = open_case(folder)
    if "totals" not in case.manifest:
        print(say("exit", lang, code=int(Exit.INTERRUPTED), why=say("exit_interrupted", lang)))
        return Exit.AUDITED
    reasons = exit_reasons(outcome(case))
    for reason in reasons:
        print(say("exit", lang, code=int(reason), why=say(f"exit_{reason.name.lower()}", lang)))
    ledgers = case.table("ledgers")
    grave = [number for number in range(ledgers.num_rows) if exits(ledgers.slice(number, 1))]
    if grave:
        write_text(brief("ledgers", ledgers.take(grave), lang, None), lang, widest=BRIEF)
    if not reasons:
        print(say("exit_none", lang))
    return Exit.AUDITED


def _show_summary(case: Case, form: str, lang: str) -> Exit:
    """The summary as text, as `audit` tells it; with --json as its JSON."""
    from netaudit.cli.auditing import end, outcome, tell, write_outcome

    if "totals" not in case.manifest:  # cut off: nothing was counted
        if form == "json":
            import orjson

            document = {
                "case": str(case.folder),
                "partial": True,
                "text": {at: [case.headline(at)] for at in ("zh", "en")},
            }
            sys.stdout.buffer.write(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")
            sys.stdout.buffer.flush()
        else:
            print(case.headline(lang))
        return Exit.UNJUDGED
    found = outcome(case)
    if form == "json":
        write_outcome(found)
        return Exit.AUDITED
    tell(found, case.summary, lang, sys.stdout)
    end(found, "", lang, sys.stdout)
    return Exit.AUDITED


def write_csv(rows: pa.Table) -> None:
    """CSV with a header line."""
    if into_file(sys.stdout):
        sys.stdout.write("\ufeff")  # by which spreadsheets know UTF-8
    write_rows(rows, sys.stdout)


def write_json_lines(rows: pa.Table) -> None:
    """One JSON object a line."""
    import orjson

    for row in plain(rows):
        sys.stdout.buffer.write(orjson.dumps(row) + b"\n")
    sys.stdout.buffer.flush()


def write_text(rows: pa.Table, lang: str, total: int | None = None, widest: int = WIDEST) -> None:
    """A table for the eye: as many columns as fit the terminal, the first rows of long tables; the rest is named."""
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from netaudit.report.column_words import heading

    console = Console(soft_wrap=False)
    names, total = rows.column_names, rows.num_rows if total is None else total
    heads = [heading(name, lang) if lang == "zh" else HEADS.get(name, name) for name in names]
    lines = [[cell(value) for value in row.values()] for row in plain(rows.slice(0, SHOWN_ROWS))]
    widths = [min(widest, max(map(cell_len, column))) for column in zip(heads, *lines, strict=True)]
    count = fitting(widths, console.width)
    grid = Table(box=None, pad_edge=False, header_style="bold")
    for head in heads[:count]:
        grid.add_column(head, max_width=widest, no_wrap=True, overflow="ellipsis")
    for line in lines:
        grid.add_row(*map(Text, line[:count]))
    console.print(grid)
    if total > SHOWN_ROWS:
        console.print(Text(say("more_rows", lang, n=total - SHOWN_ROWS)), soft_wrap=True)
    if count < len(names):
        console.print(Text(say("more_columns", lang, names=", ".join(names[count:]))), soft_wrap=True)


def brief(table: str, rows: pa.Table, lang: str, zone: str | None) -> pa.Table:
    """The same rows with what matters first, short: ids as far as commands need them, times of the site, words."""
    import pyarrow as pa

    from netaudit.report.cells import worded_ledger
    from netaudit.report.wording import Wording

    words, rows = Wording(lang, zone), worded(table, rows, lang)
    units = {column.name: column.unit for column in BY_NAME[table].columns}
    first = BY_NAME[table].first
    names = [*first, *(name for name in rows.column_names if name not in first)]
    texts = {}
    if table == "ledgers":
        rows = pa.Table.from_pylist([worded_ledger(row, lang) for row in plain(rows)], rows.schema)
    for name in names:
        kind = rows.schema.field(name).type
        values = rows[name].cast(pa.int64()).to_pylist() if pa.types.is_timestamp(kind) else rows[name].to_pylist()
        texts[name] = [_short(table, name, value, words, time=pa.types.is_timestamp(kind), unit=units[name])
                      for value in values]  # fmt: skip
    return pa.table({name: pa.array(values, pa.string()) for name, values in texts.items()})


def _short(table: str, name: str, value: Any, words: Wording, *, time: bool, unit: str) -> str | None:
    from netaudit.report.cells import TERMS
    from netaudit.report.column_words import value_word

    if value is None or value == []:
        return None
    if isinstance(value, list):
        shown = [str(_short(table, name, one, words, time=False, unit="")) for one in value[:MOST_LISTED]]
        return ", ".join(shown) + (f" +{len(value) - MOST_LISTED}" if len(value) > MOST_LISTED else "")
    if time:
        return words.when(value).local.rpartition(".")[0][5:] or words.when(value).local[5:]
    if isinstance(value, bool):
        return words.t("yes" if value else "no")
    if isinstance(value, int):
        return (
            words.size(value).rpartition("(")[2].strip(")")
            if unit == "bytes"
            else f"{value:,}"
            if "port" not in name
            else str(value)
        )
    if isinstance(value, float):
        return f"{value:.4g}"
    if name != "device_id" and (name.endswith(("_id", "_ids", "sha256", "hmac")) or name in {"images", "upload"}):
        return str(value[:SHORT])
    if (word := value_word(table, name, str(value), words.lang)) is not None:
        return word
    group = TERMS.get(f"{table}.{name}") or TERMS.get(name)
    return words.term(group, value) if group else str(value)


def fitting(widths: list[int], room: int) -> int:
    """How many columns, from the left, have their width and a gap in so many cells; one at least."""
    taken = 0
    for count, width in enumerate(widths):
        taken += width + (GAP if count else 0)
        if taken > room and count:
            return count
    return len(widths)

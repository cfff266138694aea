"""`netaudit record` and `netaudit export --xlsx`: papers of a case."""

from __future__ import annotations

from pathlib import Path

from netaudit.case.reading import open_case
from netaudit.cli.exits import Exit
from netaudit.cli.texts import say
from netaudit.errors import UsageError


def record_command(folder: Path, out: Path, *, overwrite: bool, lang: str, zone: str | None = None) -> Exit:
    """Write the record for Word."""
    from netaudit.papers.record import record_of
    from netaudit.papers.word import write_docx

    _free(out, overwrite=overwrite)
    write_docx(record_of(open_case(folder), lang, zone), out)
    print(f"{out}: {say('written', lang)}")
    return Exit.AUDITED


def sheets_command(folder: Path, out: Path, *, overwrite: bool, lang: str) -> Exit:
    """Write tables for a spreadsheet."""
    from netaudit.papers.record import record_of
    from netaudit.papers.sheets import write_xlsx

    _free(out, overwrite=overwrite)
    case = open_case(folder)
    write_xlsx(case, record_of(case, lang), out)
    print(f"{out}: {say('written', lang)}")
    return Exit.AUDITED


def graph_command(folder: Path, out: Path, *, overwrite: bool, lang: str) -> Exit:
    """Write the graph of CASE/UCO."""
    from netaudit.papers.case_uco import write_case_uco

    _free(out, overwrite=overwrite)
    write_case_uco(open_case(folder), out)
    print(f"{out}: {say('written', lang)}")
    return Exit.AUDITED


def _free(out: Path, *, overwrite: bool) -> None:
    if out.exists() and not overwrite:
        raise UsageError(f"{out}: exists; choose another name or say --overwrite")
    if not out.parent.is_dir():
        raise UsageError(f"{out.parent}: is no folder")

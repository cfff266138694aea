"""`netaudit record` and `netaudit export --xlsx`: papers of a case."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from netaudit.case.reading import Case, open_case
from netaudit.case.report_status import written
from netaudit.cli.exits import Exit
from netaudit.cli.texts import say
from netaudit.errors import CaseError, UsageError


def record_command(
    folder: Path, out: Path, *, overwrite: bool, lang: str, zone: str | None = None, officers: Sequence[str] = ()
) -> Exit:
    """Write the record for Word."""
    from netaudit.exports.record import record_of
    from netaudit.exports.word import write_docx

    _free(out, overwrite=overwrite)
    write_docx(record_of(_whole(folder), lang, zone, officers), out)
    print(f"{out}: {say('written', lang)}")
    return Exit.AUDITED


def sheets_command(folder: Path, out: Path, *, overwrite: bool, lang: str) -> Exit:
    """Write tables for a spreadsheet."""
    from netaudit.exports.record import record_of
    from netaudit.exports.sheets import write_xlsx

    _free(out, overwrite=overwrite)
    case = _whole(folder)
    write_xlsx(case, record_of(case, lang), out)
    print(f"{out}: {say('written', lang)}")
    return Exit.AUDITED


def pdf_command(folder: Path, out: Path, *, annexes: bool, overwrite: bool, lang: str) -> Exit:
    """Print the report."""
    from netaudit.exports.pdf import write_pdf

    _free(out, overwrite=overwrite)
    write_pdf(_whole(folder), out, lang, annexes=annexes, zone=written(folder).get("zone"))
    print(f"{out}: {say('written', lang)}")
    return Exit.AUDITED


def graph_command(folder: Path, out: Path, *, overwrite: bool, lang: str) -> Exit:
    """Write the graph of CASE/UCO."""
    from netaudit.exports.case_uco import write_case_uco

    _free(out, overwrite=overwrite)
    write_case_uco(_whole(folder), out)
    print(f"{out}: {say('written', lang)}")
    return Exit.AUDITED


def eve_command(folder: Path, out: Path, *, overwrite: bool, lang: str) -> Exit:
    """Write lines of Suricata's EVE."""
    from netaudit.exports.eve import write_eve

    _free(out, overwrite=overwrite)
    write_eve(_whole(folder), out)
    print(f"{out}: {say('written', lang)}")
    return Exit.AUDITED


def _whole(folder: Path) -> Case:
    """A case that came to its end, with nothing gone or of another size: a paper reads few files, and speaks for all.

    Raises CaseError for others: of an audit that was cut off before its findings a paper would say that there are none.
    """
    case = open_case(folder)
    if "totals" not in case.manifest:
        raise CaseError("{}: {}; audit it again to have something to write of", folder, case.verdict("en"))
    case.look_over()
    return case


def _free(out: Path, *, overwrite: bool) -> None:
    if out.exists() and not overwrite:
        raise UsageError("{}: exists; choose another name or say --overwrite", out)
    if not out.parent.is_dir():
        raise UsageError("{}: is no folder", out.parent)

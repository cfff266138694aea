"""`netaudit export`: a case to pass on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.case.export import export_shareable
from netaudit.case.reading import open_case
from netaudit.case.report_status import stale
from netaudit.case.seal import ATTESTED
from netaudit.cli.exits import Exit
from netaudit.cli.texts import say
from netaudit.errors import CaseError, UsageError
from netaudit.report.rewriting import renew

if TYPE_CHECKING:
    from pathlib import Path

    from netaudit.case.reading import Case


def export_command(folder: Path, out: Path, *, overwrite: bool, lang: str) -> Exit:
    """Write the zip and say how many files are in it."""
    case = open_case(folder)
    if stale(folder):
        print(say(_renewed(case), lang))
        case = open_case(folder)
    count = export_shareable(case, out, overwrite=overwrite)
    print(f"{out}: {say('exported', lang, files=count)}")
    return Exit.AUDITED


def _renewed(case: Case) -> str:
    """Renew a stale report where that can be done and overtakes no signature; gives what is to be said of it."""
    if any((case.folder / name).is_file() for name in ATTESTED):
        return "exported_signed"
    try:
        return "exported_renewed" if renew(case) else "exported_stale"
    except (CaseError, UsageError, OSError):  # too many findings, or a medium or a folder that cannot be written
        return "exported_stale"

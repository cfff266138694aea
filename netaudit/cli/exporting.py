"""`netaudit export`: a case to pass on."""

from __future__ import annotations

from pathlib import Path

from netaudit.case.export import export_shareable
from netaudit.case.reading import open_case
from netaudit.cli.exits import Exit
from netaudit.cli.texts import say
from netaudit.report.rewriting import renew


def export_command(folder: Path, out: Path, *, overwrite: bool, lang: str) -> Exit:
    """Write the zip and say how many files are in it."""
    case = open_case(folder)
    if renew(case):
        print(say("exported_renewed", lang))
        case = open_case(folder)
    count = export_shareable(case, out, overwrite=overwrite)
    print(f"{out}: {say('exported', lang, files=count)}")
    return Exit.AUDITED

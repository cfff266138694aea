"""The report in a case written again, with a line about it in the chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.case.lock import writing
from netaudit.case.reporting import FRAMES, REPORT, WRITTEN
from netaudit.case.seal import later
from netaudit.report.from_case import write_report

if TYPE_CHECKING:
    from pathlib import Path

    from netaudit.case.reading import Case


def rewrite(case: Case, lang: str, *, unmask: bool = False, zone: str | None = None) -> Path:
    """Write the report of a case again where it lies, and say so in the chain. Raises UsageError where it is locked."""
    with writing(case.folder, "report"):
        path = write_report(case, case.folder / REPORT, lang, unmask, zone)
        later(case.folder, WRITTEN, (REPORT, FRAMES), lang=lang, unmasked=unmask)
    return path

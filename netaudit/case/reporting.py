"""The report in a case: written again, with a line in the chain, and known to be older than what came since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.case.custody import entries
from netaudit.case.lock import writing
from netaudit.case.seal import later

if TYPE_CHECKING:
    from pathlib import Path

    from netaudit.case.reading import Case

REPORT = "report.html"
WRITTEN = "report written"  # the line of the chain
_TOLD = frozenset({"decided", "moment", "moments noted"})  # lines whose news a report has only when written after them


def rewrite(case: Case, lang: str, *, unmask: bool = False) -> Path:
    """Write the report of a case again where it lies, and say so in the chain. Raises UsageError where it is locked."""
    from netaudit.report.from_case import write_report

    with writing(case.folder, "report"):
        path = write_report(case, case.folder / REPORT, lang, unmask)
        later(case.folder, WRITTEN, (REPORT,), lang=lang, unmasked=unmask)
    return path


def stale(folder: Path) -> bool:
    """Whether decisions or moments are known of which the report in the case was written too early to tell."""
    found = False
    for line in entries(folder):
        if line["what"] == WRITTEN:
            found = False
        elif line["what"] in _TOLD:
            found = True
    return found


def language(folder: Path) -> str | None:
    """The language in which the report in the case was written last; None when the chain does not say."""
    told = [line.get("lang") for line in entries(folder) if line["what"] == WRITTEN]
    known = [lang for lang in told if lang in ("zh", "en")]
    return known[-1] if known else None

"""What the chain says of the report in a case: in which language it was written, and whether news came since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.case.custody import entries

if TYPE_CHECKING:
    from pathlib import Path


REPORT = "report.html"
FRAMES = "report-frames.csv"  # its annex
WRITTEN = "report written"  # the line of the chain
_TOLD = frozenset({"decided", "moment", "moments noted"})  # lines whose news a report has only when written after them


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

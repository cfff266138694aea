"""What the chain says of the report in a case: in which language it was written, and whether news came since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.case.custody import entries
from netaudit.case.reviews import WHAT as REVIEWED

if TYPE_CHECKING:
    from pathlib import Path


REPORT = "report.html"
FRAMES = "report-frames.csv"  # its annex
WRITTEN = "report written"  # the line of the chain
MARKED = "report marked"  # the line that says that its first page tells of news since
_TOLD = frozenset({"decided", "moment", "moments noted", REVIEWED})
"""Lines whose news a report has only when it was written after them."""


def stale(folder: Path) -> bool:
    """Whether decisions, moments or reviews are known of which the report in the case was written too early to tell."""
    return bool(_since(folder, WRITTEN))


def unmarked(folder: Path) -> bool:
    """Whether such news came since the report was written or marked last."""
    return bool(_since(folder, WRITTEN, MARKED))


def _since(folder: Path, *ends: str) -> int:
    found = 0
    for line in entries(folder):
        if line["what"] in ends:
            found = 0
        elif line["what"] in _TOLD:
            found += 1
    return found


def language(folder: Path) -> str | None:
    """The language in which the report in the case was written last; None when the chain does not say."""
    told = [line.get("lang") for line in entries(folder) if line["what"] == WRITTEN]
    known = [lang for lang in told if lang in ("zh", "en")]
    return known[-1] if known else None

"""What the chain says of the report in a case: when and how it was written, and whether news came since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netaudit.core.system.clock import now
from netaudit.core.system.release import code_digest
from netaudit.evidence.case.custody import entries
from netaudit.evidence.case.reviews import WHAT as REVIEWED

if TYPE_CHECKING:
    from pathlib import Path


REPORT = "report.html"
FRAMES = "report-frames.csv"  # its annex
WRITTEN = "report written"  # the line of the chain
SECOND_OPINION = "second opinion"  # the line with its figures
VALIDATED = "validated"  # the line with number and outcome of a certificate of `netaudit validate`
MARKED = "report marked"  # the line that says that its first page tells of news since
_TOLD = frozenset({"decided", "moment", "moments noted", REVIEWED})
"""Lines whose news a report has only when it was written after them."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When a report is written. With it, the same case gives the same report again."""

    made: str  # UTC, ISO 8601
    lines: int  # that the chain has then
    code: str = ""  # hash of the copy that writes, where the report holds a certificate of validation against it

    def facts(self) -> dict[str, Any]:
        """What the chain keeps of it, in the line that says that the report was written."""
        return {"made": self.made, "after": self.lines} | ({"code": self.code} if self.code else {})


def moment(folder: Path | None) -> Moment:
    """The present; its time is what SOURCE_DATE_EPOCH says, where somebody needs the same bytes again."""
    chain = entries(folder) if folder is not None else []
    validated = any(line["what"] == VALIDATED for line in chain)
    return Moment(now(), len(chain), code_digest() if validated else "")


def written(folder: Path) -> dict[str, Any]:
    """The line of the chain on the report that lies in the case; empty without one."""
    return next((line for line in reversed(entries(folder)) if line["what"] == WRITTEN), {})


def marked(folder: Path) -> bool:
    """Whether the report in the case was marked as older than some news after it was written."""
    last: dict[str, Any] = next((line for line in reversed(entries(folder)) if line["what"] in (WRITTEN, MARKED)), {})
    return last.get("what") == MARKED


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
    languages = [line.get("lang") for line in entries(folder) if line["what"] == WRITTEN]
    known = [lang for lang in languages if lang in ("zh", "en")]
    return known[-1] if known else None

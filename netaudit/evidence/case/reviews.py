"""What people say of findings: a status and a note each, as lines of the chain of the case, beside what was found.

Nothing that the audit wrote is changed. The last line of a finding counts; all are kept, each sealing the one before.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netaudit.core.masking.mask import visible
from netaudit.errors import UsageError
from netaudit.evidence.case.custody import NAME, entries
from netaudit.evidence.case.seal import later

if TYPE_CHECKING:
    from pathlib import Path

WHAT = "finding reviewed"  # the line of the chain
STATUSES = ("open", "confirmed", "rejected", "follow_up")
MOST_NOTE, MOST_NAME = 2000, 100  # characters
_writing = threading.Lock()
_read: dict[Path, tuple[tuple[int, int], list[Review]]] = {}


@dataclass(frozen=True, slots=True)
class Review:
    """What somebody said of a finding, and when (UTC)."""

    finding_id: str
    status: str
    note: str
    by: str
    when: str


def review(folder: Path, finding_id: str, status: str, note: str, by: str) -> None:
    """Add a line. Raises UsageError for another status, for texts too long, and where another one writes the case."""
    if status not in STATUSES:
        raise UsageError("a status is one of {}", ", ".join(STATUSES))
    if len(note) > MOST_NOTE or len(by) > MOST_NAME:
        raise UsageError("at most {} characters, please", MOST_NOTE)
    with _writing:
        later(folder, WHAT, finding=finding_id, status=status, note=visible(note, MOST_NOTE), by=visible(by, MOST_NAME))


def reviews(folder: Path) -> list[Review]:
    """All that was said, in its order."""
    path = folder / NAME
    if not path.is_file():
        return []
    status = path.stat()
    stamp = (status.st_size, status.st_mtime_ns)
    if (known := _read.get(folder)) is None or known[0] != stamp:
        known = _read[folder] = (stamp, [_review(line) for line in entries(folder) if line["what"] == WHAT])
    return known[1]


def latest(folder: Path, lines: int | None = None) -> dict[str, Review]:
    """What counts now, by finding; what counted when the chain had so many lines."""
    counting = reviews(folder)
    if lines is not None:
        counting = counting[: sum(line["what"] == WHAT for line in entries(folder)[:lines])]
    return {one.finding_id: one for one in counting}


def _review(line: dict[str, object]) -> Review:
    status = str(line.get("status"))
    return Review(
        str(line.get("finding")),
        status if status in STATUSES else "open",
        str(line.get("note") or ""),
        str(line.get("by") or ""),
        str(line["when"])[:19],
    )

"""When and how a case was made: the one block of a report that differs between two runs over the same captures."""

from __future__ import annotations

import datetime
import os
import time
from typing import TYPE_CHECKING, Any

from netaudit.case.custody import broken, entries

if TYPE_CHECKING:
    from netaudit.report.reading import CaseLike
    from netaudit.report.wording import Wording

MOST_PROBLEMS = 10  # of the chain


def _now() -> str:
    """When this is written, UTC; what SOURCE_DATE_EPOCH says, where somebody needs the same bytes again."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    said = float(epoch) if epoch.isdigit() else time.time()
    return datetime.datetime.fromtimestamp(said, datetime.UTC).isoformat(timespec="seconds")


def run(case: CaseLike, w: Wording) -> dict[str, Any]:
    """Times of the audit, how many worked at it, and the end of the chain when this was written."""
    facts = getattr(case, "run", {})
    folder = getattr(case, "folder", None)
    lines = entries(folder) if folder is not None else []
    problems = broken(folder) if folder is not None else []
    return {
        "made": w.exact(_now(), 60),
        "started": w.exact(facts.get("started_utc"), 60),
        "finished": w.exact(facts.get("finished_utc"), 60),
        "workers": w.number(facts["workers"]) if isinstance(facts.get("workers"), int) else "",
        "custody": w.t("run_custody_broken" if problems else "run_custody_holds", n=w.number(len(lines)))
        if lines
        else "",
        "broken": [w.sentence(problem, 300) for problem in problems[:MOST_PROBLEMS]],
        "head": w.exact(lines[-1]["hash"]) if lines else "",
    }

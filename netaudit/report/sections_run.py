"""When and how a case was made: the one block of a report that differs between two runs over the same captures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netaudit.case.custody import broken, entries

if TYPE_CHECKING:
    from netaudit.case.report_status import Moment
    from netaudit.report.reading import CaseLike
    from netaudit.report.wording import Wording

MOST_PROBLEMS = 10  # of the chain


def _settings(settings: object, w: Wording) -> str:
    """The file of settings that took part; empty where none did."""
    if not isinstance(settings, dict):
        return ""
    options = settings.get("options")
    names = ", ".join(str(one) for one in options) if isinstance(options, list) else ""
    return w.t(
        "run_settings_file", name=w.exact(settings.get("name"), 80), of=w.exact(settings.get("of"), 20),
        options=w.exact(names, 300), sha256=w.exact(settings.get("sha256"), 64),
    )  # fmt: skip


def run(case: CaseLike, w: Wording, at: Moment) -> dict[str, Any]:
    """Times of the audit, how many worked at it, and the end of the chain when this was written."""
    facts = getattr(case, "run", {})
    folder = getattr(case, "folder", None)
    lines = entries(folder)[: at.lines] if folder is not None else []
    problems = broken(folder) if folder is not None else []
    return {
        "made": w.exact(at.made, 60),
        "settings": _settings(facts.get("settings"), w),
        "started": w.exact(facts.get("started_utc"), 60),
        "finished": w.exact(facts.get("finished_utc"), 60),
        "workers": w.number(facts["workers"]) if isinstance(facts.get("workers"), int) else "",
        "custody": w.t("run_custody_broken" if problems else "run_custody_holds", n=w.number(len(lines)))
        if lines
        else "",
        "broken": [w.sentence(problem, 300) for problem in problems[:MOST_PROBLEMS]],
        "head": w.exact(lines[-1]["hash"]) if lines else "",
    }

"""Page 1 of the report, which is the summary, and page 2: transfers, limits, grades, and what was examined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netaudit.findings.summary import Sentences, each_transfer
from netaudit.report import reading
from netaudit.report.span import span

if TYPE_CHECKING:
    from netaudit.findings.summary import Summary
    from netaudit.report.judgements import Judgements
    from netaudit.report.reading import CaseLike, Row
    from netaudit.report.wording import Wording

MOST_CAPTURES = 3
MOST_TRANSFERS = 200
COLUMNS = ("number", "device", "act", "other", "content", "when", "grade")
WIDTH, HEIGHT = 10, 14  # of a bar of the timeline


def summary(case: CaseLike, judged: Judgements, w: Wording) -> dict[str, Any]:
    """Return all that pages 1 and 2 show."""
    words = Sentences(case.summary, w.lang, w.zone_given)
    numbers = {finding["finding_id"]: finding["number"] for finding in judged.all}
    listed = each_transfer(case)
    captures = reading.rows(case.table("captures"), "name", "sha256", "packets_read", "first_ts", "last_ts")
    return {
        "page": page(case.summary, words),
        "columns": [words.say("table", name) for name in COLUMNS],
        "transfers": [{"number": numbers.get(one.findings[0], 0)} | words.row(one) for one in listed[:MOST_TRANSFERS]],
        "transfers_more": max(0, len(listed) - MOST_TRANSFERS),
        "limits": words.limits(),
        "grades": words.grades(),
        "heads": {name: words.say("block", name) for name in ("transfers", "limits", "grades")},
        "captures": [_capture(row, w) for row in captures[:MOST_CAPTURES]],
        "captures_more": max(0, len(captures) - MOST_CAPTURES),
    }


def page(summary: Summary, words: Sentences) -> dict[str, Any]:
    """Return what page 1 shows of a summary; `browse` shows the same."""
    return {
        "state": words.state,
        "key": summary.state,
        "period": words.period,
        "numbers": words.numbers,
        "explanation": words.explanation,
        "meaning": words.meaning,
        "blocks": words.blocks(),
        "timeline": words.say("block", "timeline"),
        "lanes": [(name, _bars(counts)) for name, counts in words.lanes()] if _any(summary) else [],
        "width": WIDTH * max((len(one.counts) for one in summary.lanes), default=0),
    }


def _any(summary: Summary) -> bool:
    return any(any(one.counts) for one in summary.lanes)


def _bars(counts: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """Return the bars of a lane: left edge, top edge, height."""
    most = max(counts, default=0) or 1
    tall = [(place, max(2, HEIGHT * count // most)) for place, count in enumerate(counts) if count]
    return [(WIDTH * place, HEIGHT - height, height) for place, height in tall]


def _capture(row: Row, w: Wording) -> dict[str, str]:
    figures = {"packets": w.number(row["packets_read"]), "when": span(row["first_ts"], row["last_ts"], w)}
    return {"line": w.t("summary_capture", name=w.exact(row["name"], 80), **figures), "sha256": w.exact(row["sha256"])}

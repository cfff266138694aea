"""Which articles the findings of a case touch, what is shown of them, and which papers to ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netaudit.duties.cards import cards_of, edition, say
from netaudit.duties.stored import stored_card, stored_rows
from netaudit.report import reading

if TYPE_CHECKING:
    from netaudit.report.judgements import Judgements
    from netaudit.report.reading import CaseLike
    from netaudit.report.wording import Wording


def duties(case: CaseLike, judged: Judgements, w: Wording) -> dict[str, Any]:
    """Cards of the kinds of findings of the case and of what devices say they store, and what is said around them."""
    endpoints = reading.rows(case.table("endpoints"), "endpoint_id", "country")
    countries = {row["endpoint_id"]: row["country"] or "" for row in endpoints}
    stored = stored_card(stored_rows(case.table("observations")), w.lang)
    return {
        "say": lambda key: say(key, w.lang),
        "cards": cards_of(judged.all, countries, w.lang) + ([stored] if stored is not None else []),
        "edition": edition(w.lang),
    }

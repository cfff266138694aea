"""The verdict as data: statements made from tables alone, in one order, each worded in both languages.

`KINDS` is the list, and its order that of the verdict: what left in clear; what was retrieved; C; D; what moved inside;
what was not judged or not read. A statement is added by one entry, its maker, and its two wordings in `texts.yaml`
(`statement_text.py` has their notation). `page` is the sentence of a first page it goes into, LAST for what was not
judged or not read.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from netaudit.findings.statements.calm import CALM
from netaudit.findings.statements.earlier import EARLIER
from netaudit.findings.statements.hidden import HIDDEN, UNMATCHED
from netaudit.findings.statements.kind import FIRST, LAST, SECOND, Kind, Tables
from netaudit.findings.statements.marked import AS_THEY_DO, MARKED
from netaudit.findings.statements.seen import LEFT, MOVED_INSIDE
from netaudit.findings.statements.unread import UNREAD

KINDS: tuple[Kind, ...] = (*LEFT, *CALM, *HIDDEN, *MARKED, *MOVED_INSIDE, *AS_THEY_DO, *UNREAD, *UNMATCHED)
BY_NAME = {kind.name: kind for kind in (*KINDS, *EARLIER)}  # also those that only sealed cases hold


def statements(tables: Tables) -> list[dict[str, Any]]:
    """All statements on the tables of a case, in order, as case.json keeps them: empty parts are left out.

    Needs `findings`, `images`, `captures` and `ledgers`; a maker that needs more makes nothing where that is missing.
    """
    made = (one for kind in KINDS for one in kind.make(tables))
    return [{name: value for name, value in asdict(one).items() if value} for one in made]


def seen_in_clear(tables: Tables) -> list[dict[str, Any]]:
    """Of these the statements on what was seen in clear: what can be said before all is read and judged."""
    made = (one for kind in (*LEFT, *MOVED_INSIDE) for one in kind.make(tables))
    return [{name: value for name, value in asdict(one).items() if value} for one in made]


__all__ = ["BY_NAME", "FIRST", "KINDS", "LAST", "SECOND", "seen_in_clear", "statements"]

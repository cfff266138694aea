"""What became of each transfer from one case to the other, on the page that sets two beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from netaudit.browse.texts import say
from netaudit.errors import NetauditError
from netaudit.recheck.comparing import recheck
from netaudit.recheck.saying import say as say_recheck
from netaudit.recheck.saying import visit_rows
from netaudit.report.wording import Wording

if TYPE_CHECKING:
    from netaudit.browse.shelf import Book

MOST_FLOWS = 200_000  # of a case: more are read by the command, which has no one waiting
MOST_ROWS = 200


def rechecked(books: list[Book], lang: str) -> dict[str, Any]:
    """Visits and outcomes in words, the earlier case as the visit before; `problem` where they are none."""
    view: dict[str, Any] = {
        "say": lambda key: say_recheck(key, lang),
        "visits": [],
        "rows": [],
        "more": 0,
        "problem": "",
    }
    if max(book.tables.rows("flows") for book in books) > MOST_FLOWS:
        return view | {"problem": say("recheck_large", lang, n=MOST_FLOWS)}
    before, after = sorted((book.case for book in books), key=_begins)
    try:
        compared = recheck([before], [after])
    except NetauditError as error:
        return view | {"problem": Wording(lang).text(str(error), 300)}
    rows = compared.rows(lang)
    view["visits"] = visit_rows(compared.sides, lang)
    view["rows"] = rows[:MOST_ROWS]
    view["more"] = len(rows) - len(view["rows"])
    return view


def _begins(case: Any) -> int:
    """When the first packet of a case was captured, ns; 0 where none has a time."""
    return int(pc.min(case.table("captures", ["first_ts"])["first_ts"].cast("int64")).as_py() or 0)

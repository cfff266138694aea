"""Everything about a value: how often it occurs, first and last, in which tables and columns; its other spellings."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from netaudit.browse.page import asked, away, show
from netaudit.browse.texts import say, title
from netaudit.errors import CaseError
from netaudit.evidence.case.occurrences import named, occurrences, spellings
from netaudit.report.column_words import heading

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

LONGEST = 300  # characters of a value
FIRST = ("findings", "devices", "endpoints", "images", "events", "journeys", "messages", "flows")  # what is asked first


def about(request: Request) -> Response:
    """The page of a value; an id leads to what it names."""
    who = asked(request)
    value = who.get("value", LONGEST).strip()
    if not value:
        raise CaseError("not found")
    read = who.book.tables.columns
    places = occurrences(read, value)
    things = named(read, value) if not places else []
    if len(things) == 1:
        return away(f"{who.home}/about?{urlencode({'value': things[0][1]})}")
    times = [time for one in places for time in (one.first_ts, one.last_ts) if time is not None]
    order = {name: number for number, name in enumerate(FIRST)}
    lines = [
        {
            "title": title(one.table, who.lang),
            "column": heading(one.column, who.lang),
            "rows": who.w.number(one.rows),
            "first": who.w.when(one.first_ts).local if one.first_ts is not None else "",
            "last": who.w.when(one.last_ts).local if one.last_ts is not None else "",
            "link": f"{who.home}/table/{one.table}?{urlencode({one.column: f'={value}'})}",
        }
        for one in sorted(places, key=lambda one: order.get(one.table, len(order)))
    ]
    parties = who.book.overviews.parties(who.book.case, who.lang)
    return show(
        who, "about.html.j2", who.w.exact(value, 120), here="tables",
        told=parties.known.full(value) if any(row["ip"] == value for row in parties.known.rows) else None,
        device=next((row["row"] for row in [parties.known.devices.by_address(value)] if row), None),
        count=sum(one.rows for one in places), lines=lines,
        span=(who.w.when(min(times)).local, who.w.when(max(times)).local) if times else None,
        others=[(who.w.exact(one, 120), urlencode({"value": one})) for one in spellings(read, value)],
        things=[(say(f"thing_{kind}", who.lang), one, urlencode({"value": one})) for kind, one in things],
    )  # fmt: skip

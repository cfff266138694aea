"""Who talks to whom as a picture, and journeys as lines: from station to station, with what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netaudit.browse.lists import paged
from netaudit.browse.overviews import in_order
from netaudit.browse.page import Asked, asked, show
from netaudit.browse.texts import say
from netaudit.report.cells import SHA256

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from netaudit.browse.paging import Row

JOURNEYS = 25  # of a page
LEGS = 40  # shown of a journey
PICTURES = 4  # shown of a leg
SHOWN = ("journey_id", "leg", "first_ts", "sender", "receiver", "images", "ties")


def topology(request: Request) -> Response:
    """The drawing of the report, with a list of its devices that leads to their rows."""
    who = asked(request)
    drawing = who.book.overviews.drawing(who.book.case, who.lang)
    devices = [
        (box.link, box.link.rpartition("-")[2], box.title, box.below)
        for box in (drawing.boxes if drawing is not None else ())
        if box.link
    ]
    return show(
        who,
        "topology.html.j2",
        say("topology", who.lang),
        here="topology",
        topology=drawing,
        devices=devices,
        t=who.w.t,
    )


def journeys(request: Request) -> Response:
    """Each capture or check on its way: its legs in order, when, from whom to whom, with which images."""
    who = asked(request)
    text = who.get("host", 100).strip()
    known = _known(who, text)
    first = who.count("from")
    ids = known["journey_id"].slice(first, JOURNEYS)
    legs = _legs(who, ids)
    rows = [_told(who, identity, legs.get(identity, [])) for identity in ids.to_pylist()]
    return show(
        who,
        "journeys.html.j2",
        say("journeys", who.lang),
        here="journeys",
        journeys=rows,
        host=text,
        **paged(who, first, len(rows), known.num_rows, JOURNEYS),
    )


def _known(who: Asked, text: str) -> pa.Table:
    """Journeys by their beginning: journey_id, first_ts (ns); those with a text in an end or the id."""
    table = who.book.overviews.journeys()
    if not text:
        return who.book.overviews.journeys_in_order()
    either = pc.match_substring(table["journey_id"], text)
    for name in ("sender", "receiver"):
        either = pc.or_(either, pc.match_substring(table[name], text))
    return in_order(table.filter(either))


def _legs(who: Asked, ids: pa.ChunkedArray) -> dict[str, list[Row]]:
    table = who.book.overviews.journeys()
    places = np.flatnonzero(pc.is_in(table["journey_id"], ids.combine_chunks()).to_numpy(zero_copy_only=False))
    found: dict[str, list[Row]] = {}
    for row in who.book.tables.at("journeys", places.astype(np.int64), SHOWN):
        found.setdefault(row["journey_id"], []).append(row)
    return found


def _told(who: Asked, identity: str, legs: list[Row]) -> dict[str, Any]:
    w = who.w
    return {
        "id": w.exact(identity, 40),
        "more": max(0, len(legs) - LEGS),
        "legs": [
            {
                "row": leg["row"],
                "when": w.when(leg["first_ts"]).local,
                "sender": w.exact(leg["sender"], 60),
                "receiver": w.exact(leg["receiver"], 60),
                "images": [one for one in leg["images"] or () if SHA256.fullmatch(one)][:PICTURES],
                "ties": [w.term("tie", tie) for tie in leg["ties"] or ()],
            }
            for leg in sorted(legs, key=lambda leg: leg["leg"])[:LEGS]
        ],
    }

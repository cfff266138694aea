"""Pages that are more than one table: summary, images, timeline, search, SQL."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netaudit.browse.lists import paged
from netaudit.browse.overviews import FACES, HOUR, TRACKS
from netaudit.browse.page import Asked, asked, show
from netaudit.browse.paging import SECONDS, Wanted
from netaudit.browse.rooms import room_of
from netaudit.browse.texts import say, title
from netaudit.core.schema import BY_NAME
from netaudit.core.storage.arrow_rows import rows_with_nanoseconds
from netaudit.errors import CaseError, UsageError
from netaudit.evidence.case.custody import entries
from netaudit.findings.summary import Sentences
from netaudit.report.cells import SHA256, line
from netaudit.report.column_words import meaning, value_word
from netaudit.report.from_case import head
from netaudit.report.sections_summary import page

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

    from netaudit.report.wording import Wording

PICTURES = 48  # of a page
BARS = 96
MOST_SENDERS, MOST_HOURS = 60, 24 * 14  # to choose from
HITS = 10  # of a table in a search over all
FEWEST = 2  # characters to search for
CHAIN = 12  # lines shown of the chain


def _what(what: object, w: Wording) -> str:
    """What a line of the chain says was done, in words."""
    return value_word("custody", "what", str(what), w.lang) or w.exact(what, 60)


def verdict(request: Request) -> Response:
    """What the case says, and how it stands."""
    who = asked(request)
    case, w = who.book.case, who.w
    chain = [
        (str(one["when"])[:19], _what(one["what"], w), w.exact(one.get("shown") or one.get("finding"), 120))
        for one in entries(case.folder)[-CHAIN:]
    ]
    counts = [(name, rows) for name in BY_NAME if (rows := who.book.tables.rows(name))]
    return show(
        who,
        "verdict.html.j2",
        say("summary", who.lang),
        here="verdict",
        head=head(case, w),
        page=page(case.summary, Sentences(case.summary, who.lang, w.zone_given)),
        folder=w.exact(case.folder, 400),
        seal=case.seal.state,
        chain=chain[::-1],
        counts=[(name, title(name, who.lang), rows) for name, rows in counts],
        t=w.t,
    )


def gallery(request: Request) -> Response:
    """Images, pixelated: by who sent them first, and by hour."""
    who = asked(request)
    images = who.book.overviews.images()
    mask = np.ones(images.num_rows, bool)
    if who.get("all") != "1":
        mask &= pc.is_in(images["face"], pa.array(FACES)).to_numpy(zero_copy_only=False)
    known = images.filter(pa.array(mask))
    senders = rows_with_nanoseconds(
        known.group_by("sender").aggregate([([], "count_all")]).sort_by([("count_all", "descending")])
    )
    sender = who.get("sender")
    if "sender" in request.query_params:
        known = known.filter(pc.equal(known["sender"], sender))
    hours = pc.divide(known["first_ts"], HOUR)
    counted = rows_with_nanoseconds(
        pa.table({"hour": hours}).group_by("hour").aggregate([([], "count_all")]).sort_by("hour")
    )
    hour = who.get("hour")
    if hour.lstrip("-").isdigit() and abs(int(hour)) < 1 << 40:
        known = known.filter(pc.equal(hours, int(hour)))
    first = who.count("from")
    rows = rows_with_nanoseconds(known.slice(first, PICTURES))
    return show(
        who,
        "gallery.html.j2",
        say("gallery", who.lang),
        here="gallery",
        pictures=[
            {
                "sha256": row["sha256"],
                "face": who.w.term("face", row["face"]),
                "when": who.w.when(row["first_ts"]).local,
                "sender": who.w.exact(row["sender"], 60),
            }
            for row in rows
            if SHA256.fullmatch(row["sha256"])
        ],
        senders=[
            (
                who.w.exact(one["sender"], 60),
                one["count_all"],
                who.with_(sender=one["sender"], hour=None, **{"from": None}) if one["sender"] else "?sender=",
                one["sender"] == sender and "sender" in request.query_params,
            )
            for one in senders[:MOST_SENDERS]
        ],
        hours=[
            (
                who.w.when(one["hour"] * HOUR).local[:13],
                one["count_all"],
                who.with_(hour=one["hour"], **{"from": None}),
                str(one["hour"]) == hour,
            )
            for one in counted[:MOST_HOURS]
            if one["hour"] is not None
        ],
        everything=who.get("all") == "1",
        switch=who.with_(all=None if who.get("all") == "1" else 1, **{"from": None}),
        **paged(who, first, len(rows), known.num_rows, PICTURES),
    )


def image(request: Request, ticket: str = "") -> Response:
    """One image: pixelated, or with a ticket of an unmasking clear, this once."""
    who = asked(request)
    digest = request.path_params["sha256"]
    if not SHA256.fullmatch(digest):
        raise CaseError("not found")
    tables = who.book.tables
    seen, total = tables.page(Wanted("objects", (("sha256", f"={digest}"),)), 0, 20)
    room = room_of("objects")
    row, _ = tables.page(Wanted("images", (("sha256", f"={digest}"),)), 0, 1)
    return show(
        who,
        "image.html.j2",
        _titled(who, row, total, digest),
        here="gallery",
        sha256=digest,
        told=_first_seen(who, digest, row),
        ticket=ticket,
        facts=line("images", BY_NAME["images"].names[1:], row[0], who.w) if row else [],
        lines=[(one["row"], line("objects", room.columns, one, who.w)) for one in seen],
        columns=room.columns,
        total=total,
        alike=who.book.overviews.alike(digest),
    )


def _titled(who: Asked, row: list[dict[str, Any]], total: int, digest: str) -> str:
    """What an image is, and how often it was seen."""
    if not row:
        return f"{say('image', who.lang)} {digest[:16]}"
    kind = "face" if row[0]["face"] in FACES else "other"
    return say(f"image_title_{kind}", who.lang, n=total)


def _first_seen(who: Asked, digest: str, row: list[dict[str, Any]]) -> str:
    """When it was seen first, and who sent it, by name."""
    if not row:
        return ""
    images = who.book.overviews.images()
    place = pc.index(images["sha256"], digest).as_py()
    sender = images["sender"][place].as_py() if place >= 0 else ""
    parties = who.book.overviews.parties(who.book.case, who.lang)
    name = f"{parties.short(sender)[0]} ({who.w.exact(sender, 60)})" if sender else say("sender_unknown", who.lang)
    return say("image_first", who.lang, when=who.w.when(row[0]["first_ts"]).local, sender=name)


def timeline(request: Request) -> Response:
    """Tracks of bars over a span of time; a bar leads into its own."""
    who = asked(request)
    times = {track: who.book.overviews.times(track) for track in TRACKS}
    ends = [int(one[place]) for one in times.values() if len(one) for place in (0, -1)]
    if not ends:
        return show(who, "timeline.html.j2", say("timeline", who.lang), here="timeline", tracks=[], span=None, out="")
    whole = min(ends), max(ends) + 1
    low, high = _span(who, whole)
    edges = np.linspace(low, high, BARS + 1).astype(np.int64)
    edges[0], edges[-1] = low, high
    tracks = []
    for track, one in times.items():
        found = np.diff(np.searchsorted(one, edges))
        top = int(found.max()) if len(found) else 0
        table, column = TRACKS[track]
        tracks.append(
            {
                "name": track,
                "top": top,
                "count": int(found.sum()),
                "rows": f"{who.home}/table/{table}?{urlencode({column: f'{low}..{high}'})}",
                "bars": [
                    {
                        "x": number * 10,
                        "height": max(2, round(60 * int(value) / top)),
                        "link": "?" + urlencode({"low": int(edges[number]), "high": int(edges[number + 1])}),
                        "title": f"{who.w.when(int(edges[number])).local} · {int(value):,}",
                    }
                    for number, value in enumerate(found.tolist())
                    if value
                ],
            }
        )
    middle, half = (low + high) // 2, high - low
    out = urlencode({"low": max(whole[0], middle - half), "high": min(whole[1], middle + half)})
    return show(
        who,
        "timeline.html.j2",
        say("timeline", who.lang),
        here="timeline",
        tracks=tracks,
        width=BARS * 10,
        span=(who.w.when(low), who.w.when(high)),
        out="" if (low, high) == whole else "?" + out,
    )


def _span(who: Asked, whole: tuple[int, int]) -> tuple[int, int]:
    """The span asked for, within the whole one, at least a microsecond a bar."""
    try:
        low, high = int(who.get("low", 20)), int(who.get("high", 20))
    except ValueError:
        return whole
    low = min(max(low, whole[0]), whole[1])
    return low, max(min(high, whole[1]), low + BARS * 1000)


def search(request: Request) -> Response:
    """A text in all tables: a few rows of each, as far as the time of a page goes; what was not read is said."""
    who = asked(request)
    text = who.get("q", 200).strip()
    only = who.get("in")
    names = [only] if only in BY_NAME else list(BY_NAME)
    found: list[dict[str, Any]] = []
    unread: list[tuple[str, str, str]] = []
    until = time.monotonic() + SECONDS
    if len(text) >= FEWEST:
        names.sort(key=who.book.tables.rows)  # the small ones first: the time is then left for the large
        for name in names:
            most = 50 if len(names) == 1 else HITS
            places, on = _searched(who, name, text, most, until)
            room = room_of(name)
            link = "?" + urlencode({"q": text, "in": name, "from": on or 0})
            if places:
                rows = who.book.tables.at(name, np.array(places), room.columns)
                found.append(
                    {
                        "table": name,
                        "title": title(name, who.lang),
                        "columns": room.columns,
                        "lines": [(row["row"], line(name, room.columns, row, who.w)) for row in rows],
                        "on": link if on is not None else "",
                    }
                )
            elif on is not None:
                unread.append((name, title(name, who.lang), link))
    return show(
        who, "search.html.j2", say("search", who.lang), here="search", q=text, found=found, unread=unread,
        short=0 < len(text) < FEWEST, asked=len(text) >= FEWEST,
    )  # fmt: skip


def _searched(who: Asked, name: str, text: str, most: int, until: float) -> tuple[list[int], int | None]:
    start = who.count("from") if who.get("in") == name else 0
    if time.monotonic() > until:
        return [], start
    return who.book.tables.search(name, text, start, most, until)


def tables(request: Request) -> Response:
    """All tables with what they are."""
    who = asked(request)
    listed = [
        (one.name, title(one.name, who.lang), meaning(one.name, who.lang), who.book.tables.rows(one.name))
        for one in BY_NAME.values()
    ]
    return show(who, "tables.html.j2", say("tables", who.lang), here="tables", told=listed)


def packets(who: Asked, identity: str, captures: list[Path], folder: Path) -> Path:
    """A pcapng with the packets of a finding, noted in the chain first. Raises UsageError where they are not found."""
    from netaudit.evidence.case.extract import extract

    _, total = who.book.tables.page(Wanted("findings", (("finding_id", f"={identity}"),)), 0, 1, ["finding_id"])
    if total != 1:
        raise UsageError("there is no such finding")
    out = folder / "packets.pcapng"
    who.book.case.log_unmasking(f"packets of {identity} (browse)")
    extract(who.book.case, identity, out, captures)
    return out

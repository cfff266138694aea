"""Pages of tables: a list of rows, one row with all its columns, what an id names."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netaudit.browse.deciding import classes, decided
from netaudit.browse.page import Asked, asked, away, show
from netaudit.browse.paging import ROWS, Row, Wanted
from netaudit.browse.rooms import HELD, OF, Room, room_of
from netaudit.browse.texts import say, title
from netaudit.browse.things import told_of
from netaudit.core.schema import BY_NAME
from netaudit.errors import CaseError, UsageError
from netaudit.evidence.case import reviews
from netaudit.evidence.case.report_status import stale
from netaudit.report.cells import Cell, Part, line, whole
from netaudit.report.rewriting import mark_stale

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from netaudit.evidence.case.decisions import Decision

CHOICE = {  # columns of few values: a list to choose from, else a field
    "findings.certainty": ("A", "B", "C", "D"),
    "ledgers.understood": ("true", "false"),
    "relay_tests.standing": ("claimed", "go together", "by chance"),
}
MOST_HELD = 20  # rows of another table on a row's page


def room(request: Request) -> Response:
    """A room that is a list of one table."""
    who = asked(request)
    name = request.path_params["room"]
    if name not in OF:
        raise CaseError("not found")
    return listed(who, OF[name], name)


def table(request: Request) -> Response:
    """Any table."""
    who = asked(request)
    name = request.path_params["table"]
    if name not in BY_NAME:
        raise CaseError("not found")
    return listed(who, room_of(name), "tables")


def listed(who: Asked, room: Room, here: str) -> Response:
    """A page of rows."""
    columns = {column.name: column for column in BY_NAME[room.table].columns}
    filters = tuple((key, who.get(key)) for key in who.request.query_params if key in columns and who.get(key))
    sort = who.get("sort")
    wanted = Wanted(room.table, filters, sort if sort in columns else "", who.get("down") == "1")
    first = who.count("from")
    status = who.get("status") if room.table == "findings" else ""
    rows, total = (
        _reviewed(who, wanted, first, status) if status else who.book.tables.page(wanted, first, ROWS, room.columns)
    )
    review_of = reviews.latest(who.book.case.folder) if room.table == "findings" else {}
    chosen = decided(who.book.case) if room.table == "devices" else {}
    return show(
        who,
        "list.html.j2",
        title(room.name, who.lang),
        here=here,
        room=room,
        lines=[
            (
                row["row"],
                [*_named(who, room, line(room.table, room.columns, row, who.w), row), *beside],
                review_of.get(row.get("finding_id", "")),
                _alias(chosen.get(row.get("device_id", "")), who),
            )
            for row, beside in zip(rows, _joined(who, room, rows), strict=True)
        ],
        devices=room.table == "devices",
        beside=[name for _, _, names in room.joined for name in names],
        columns=[
            (
                name,
                who.with_(sort=name, down=1 if wanted.sort == name and not wanted.down else None, **{"from": None}),
                _mark(wanted, name),
            )
            for name in room.columns
        ],
        filters=[(name, who.get(name), CHOICE.get(f"{room.table}.{name}", ())) for name in room.filters],
        hidden=[(name, text) for name, text in filters if name not in room.filters],
        statuses=reviews.STATUSES if room.table == "findings" else (),
        status=status,
        **paged(who, first, len(rows), total),
    )


def _named(who: Asked, room: Room, cells: list[Cell], row: Row) -> list[Cell]:
    """The cells; of findings with the names of devices and far sides before their addresses."""
    if room.table != "findings":
        return cells
    parties = who.book.overviews.parties(who.book.case, who.lang)
    for one in cells:
        if one.column in ("sender", "receiver") and row[one.column]:
            one.parts.insert(0, Part(parties.far([row[one.column]]) or parties.short(row[one.column])[0]))
    return cells


def _alias(decision: Decision | None, who: Asked) -> str:
    """What an analyst decided, in a line."""
    if decision is None:
        return ""
    kind = who.w.term("class", decision.kind) if decision.kind else ""
    return " · ".join(
        part for part in (who.w.exact(decision.alias, 60), kind, who.w.exact(decision.vendor, 60)) if part
    )


def _joined(who: Asked, room: Room, rows: list[Row]) -> list[list[Cell]]:
    """For each row the cells that other tables have of it."""
    found: list[list[Cell]] = [[] for _ in rows]
    for key, table, names in room.joined:
        ids = pa.array(list({row[key] for row in rows}), pa.string())
        there = who.book.tables.columns(table, [key])[key]
        places = np.flatnonzero(pc.is_in(there, ids).to_numpy(zero_copy_only=False)).astype(np.int64)
        by = {one[key]: one for one in who.book.tables.at(table, places, [key, *names])}
        for cells, row in zip(found, rows, strict=True):
            cells.extend(line(table, names, by.get(row[key], {}), who.w))
    return found


def _mark(wanted: Wanted, name: str) -> str:
    return "" if wanted.sort != name else "▼" if wanted.down else "▲"


def paged(who: Asked, first: int, count: int, total: int, rows: int = ROWS) -> dict[str, Any]:
    """Where a page stands among its rows, and the addresses of those beside it."""
    return {
        "first": first + 1 if count else 0,
        "last": first + count,
        "total": total,
        "before": who.with_(**{"from": max(0, first - rows) or None}) if first else "",
        "after": who.with_(**{"from": first + rows}) if first + rows < total else "",
    }


def _reviewed(who: Asked, wanted: Wanted, first: int, status: str) -> tuple[list[Row], int]:
    """Findings with a status: those that nobody reviewed are open."""
    status_of = {name: one.status for name, one in reviews.latest(who.book.case.folder).items()}
    ids = who.book.tables.columns("findings", ["finding_id"])["finding_id"].to_pylist()
    places = who.book.tables.places(wanted)
    mine = np.array([place for place in places.tolist() if status_of.get(ids[place], "open") == status], np.int64)
    return who.book.tables.at("findings", mine[first : first + ROWS]), len(mine)


def find(request: Request) -> Response:
    """The row that an id names, or the list where it names several."""
    who = asked(request)
    name, column, value = request.path_params["table"], request.path_params["column"], who.get("value")
    if name not in BY_NAME or column not in BY_NAME[name].names:
        raise CaseError("not found")
    wanted = Wanted(name, ((column, f"={value}"),))
    rows, total = who.book.tables.page(wanted, 0, 1, [column])
    if not rows:
        raise CaseError("not found")
    if total > 1:
        from urllib.parse import urlencode

        return away(f"{who.home}/table/{name}?{urlencode({column: f'={value}'})}")
    return away(f"{who.home}/row/{name}/{rows[0]['row']}")


def row(request: Request) -> Response:
    """One row: all its columns with their meanings, and what belongs to it."""
    who = asked(request)
    name, number = request.path_params["table"], request.path_params["row"]
    if name not in BY_NAME or number >= who.book.tables.rows(name):
        raise CaseError("not found")
    found = who.book.tables.at(name, np.array([number]))[0]
    here = next((key for key, room in OF.items() if room.table == name), "tables")
    return show(
        who,
        "row.html.j2",
        (page := told_of(who, name, found, number)).title,
        here=here,
        told=page,
        table=name,
        cells=whole(name, found, who.w),
        held=[held for tie in HELD.get(name, ()) if (held := _held(who, found, tie))],
        finding=_finding(who, found) if name == "findings" else None,
        device=_device(who, found) if name == "devices" else None,
        field=_field(who, found) if name == "fields" else None,
        image=f"image/{found['sha256']}" if name in ("images", "relayed_images") else "",
        own=say("row", who.lang, n=number + 1, table=title(name, who.lang)),
    )


def _held(who: Asked, found: Row, tie: tuple[str, str, str]) -> dict[str, Any] | None:
    mine, other, theirs = tie
    if not found.get(mine):
        return None
    room = room_of(other)
    wanted = Wanted(other, ((theirs, f"={found[mine]}"),))
    rows, total = who.book.tables.page(wanted, 0, MOST_HELD, room.columns)
    lines = [(row["row"], line(other, room.columns, row, who.w)) for row in rows]
    return {"table": other, "title": title(other, who.lang), "columns": room.columns, "lines": lines, "total": total}


def _finding(who: Asked, found: Row) -> dict[str, Any]:
    """What a finding has beside its columns: reviews, pictures, how to have its packets."""
    case = who.book.case
    identity = str(found["finding_id"])
    out = f"{identity}.pcapng"
    lines = [f"netaudit extract {shlex.quote(str(case.folder))} {identity} -o {out}"]
    shown = f"wireshark -r {out}"
    if 0 < len(found["display_filter"] or "") < 1500:
        shown += f" -Y {shlex.quote(found['display_filter'])}"
    return {
        "id": identity,
        "reviews": [one for one in reversed(reviews.reviews(case.folder)) if one.finding_id == identity],
        "statuses": reviews.STATUSES,
        "lines": [who.w.exact(text, 2000) for text in (*lines, shown)],
    }


def _device(who: Asked, found: Row) -> dict[str, Any]:
    from netaudit.evidence.case.decisions import decisions

    case = who.book.case
    identity = str(found["device_id"])
    try:
        decided = [one for one in decisions(case.folder) if one.device_id == identity]
        problem = ""
    except CaseError as error:
        decided, problem = [], str(error)
    command = f"netaudit decide {shlex.quote(str(case.folder))} {shlex.quote(identity)} --class … --note …"
    return {
        "decisions": list(reversed(decided)),
        "problem": problem,
        "line": who.w.exact(command, 1000),
        "id": identity,
        "classes": classes(who.lang),
        "stale": stale(case.folder),
    }


def _field(who: Asked, found: Row) -> dict[str, Any]:
    """What a field of a route has beside its columns: its values over time."""
    from netaudit.evidence.case.fields import values_of

    values = values_of(who.book.case.folder, found)
    most = max((one.messages for one in values), default=1)
    lines = [
        (one, who.w.when(one.first_ts).local, who.w.when(one.last_ts).local, 100 * one.messages // most)
        for one in values
    ]
    return {"values": lines}


def review(who: Asked, identity: str, fields: dict[str, str]) -> Response:
    """Note what somebody says of a finding. Raises UsageError where it cannot be noted."""
    rows, total = who.book.tables.page(Wanted("findings", (("finding_id", f"={identity}"),)), 0, 1, ["finding_id"])
    if total != 1:
        raise UsageError("there is no such finding")
    reviews.review(
        who.book.case.folder, identity, fields.get("status", ""), fields.get("note", ""), fields.get("by", "")
    )
    mark_stale(who.book.case.folder)
    return away(f"{who.home}/row/findings/{rows[0]['row']}#review")

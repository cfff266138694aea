"""The door from tables: events of unknown dialects, what fields mean, and which messages nobody understands."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.contracts.judgements import FIELDS_CUT, LEAVES_CUT, MESSAGES_CUT, RECORDS_CUT, VALUES_CUT
from netaudit.core.storage import private_streams
from netaudit.events.event_values import Values
from netaudit.events.inference.apart import announced, devices_of_flows
from netaudit.events.inference.context import Around
from netaudit.events.inference.dictionaries import explained
from netaudit.events.inference.event_kinds import address, asks_for_faces
from netaudit.events.inference.event_rows import COLUMNS, filled, matched, row_of, with_inferred, with_words
from netaudit.events.inference.field_rows import FieldRows, told
from netaudit.events.inference.inferred import Inferred, Picture
from netaudit.events.inference.inferring import infer, records_beyond
from netaudit.events.inference.learned import Learned
from netaudit.events.inference.learning import fields_of
from netaudit.events.inference.messages import A_SECOND, CARVED, RouteMessage, by_route, joined, read, target_form
from netaudit.events.inference.relations import related, told_of_entries

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from netaudit.core.schema import Row
    from netaudit.events.inference.fields import Fields
    from netaudit.events.inference.messages import Route

Tables = dict[str, pa.Table]
Known = dict[str, dict[str, dict[str, Any]]]  # events of entries by message and id

MOST_FIELDS = 20_000
NO_EVENTS: dict[str, dict[str, Any]] = {}
NOTHING_MEANT: dict[str, str] = {}


@dataclass(slots=True)
class Understood:
    """What was made of the messages that carry a picture or a person."""

    events: list[Row] = field(default_factory=list)
    filled: dict[str, dict[str, Any]] = field(default_factory=dict)  # columns of events of entries, by event_id
    fields: FieldRows = field(default_factory=FieldRows)
    clear: list[Row] = field(default_factory=list)  # of private/events
    cut: Counter[str] = field(default_factory=Counter)  # what bounds cut off, by its code: messages


def understand(folder: Path, tables: Tables, clear: pa.Table) -> Understood:
    """Learn what the fields of every route mean, and infer the events that no entry reads.

    `clear` are the values of `events` in clear.
    """
    messages, beyond = read(private_streams.paths(folder, "leaves"), tables)
    out = Understood(cut=Counter({MESSAGES_CUT: beyond}) if beyond else Counter())
    if not messages:
        return out
    if cut := sum(one.more > 0 for one in messages):
        out.cut[LEAVES_CUT] = cut
    values = Values((folder / "private" / "key").read_bytes(), out.clear.append)
    found: list[Inferred] = []
    entries = _of_entries(tables, clear)
    explained(messages)
    beside, messages = [one for one in messages if one.beside], joined([one for one in messages if not one.beside])
    pictures = _pictures(tables["images"])
    around = Around(pictures, _held(messages))
    for some in by_route(beside).values():
        around.relations.note(some, fields_of(some))
    for inferred, event in _inferred(messages, around, tables, entries, clear, out):
        if event is None:
            found.append(inferred)
        elif columns := filled(event, inferred, values, pictures):
            out.filled[event["event_id"]] = columns
    found = announced(found)
    related(found, around.relations)
    of_entries = {event["event_id"]: event for events in entries.values() for event in events.values()}
    ways = _ways([*entries, *(one.message.message_id for one in found)], tables["messages"])
    for event_id, device in devices_of_flows(found, list(of_entries.values()), ways).items():
        columns = out.filled.get(event_id, {})
        out.filled[event_id] = with_words(columns, of_entries[event_id], {"device": device}, values)
    ends = {one.message_id: one.route[:2] for one in messages}
    for event_id, words in told_of_entries(list(of_entries.values()), ends, around.relations).items():
        out.filled[event_id] = with_words(out.filled.get(event_id, {}), of_entries[event_id], words, values)
    out.cut[RECORDS_CUT] += around.relations.cut
    out.cut = +out.cut
    out.events = [row_of(one, values) for one in found]
    return out


def _inferred(
    messages: list[RouteMessage],
    around: Around,
    tables: Tables,
    entries: Known,
    clear: pa.Table,
    out: Understood,
) -> Iterator[tuple[Inferred, dict[str, Any] | None]]:
    """What is inferred of each message, with the event of an entry that it belongs to; rows of `fields` go to `out`."""
    scopes = dict(zip(tables["endpoints"]["ip"].to_pylist(), tables["endpoints"]["scope"].to_pylist(), strict=True))
    claimed, asked = _claimed(tables, entries), _asked_for(messages, tables["messages"])
    collectors: set[str] = set()  # to which persons or faces were sent
    sent = {leaf.sha256 for one in messages if not one.route.reply for leaf in one.pictures}
    named = {address(row["value_clear"]) for row in clear.to_pylist() if row["field"] == "url"}
    folders, learned = {target_form(one) for one in named}, Learned()
    for route, some in sorted(by_route(messages).items(), key=lambda pair: (pair[0].reply, _bare(pair[1]))):
        meant = [_meant(entries[one.message_id]) if one.message_id in entries else NOTHING_MEANT for one in some]
        fields = learned.fields(some, meant)
        around.relations.note(some, fields)
        shown = {leaf.sha256 for one in some for leaf in one.pictures}
        around.shows_faces, around.peopled = around.mostly_faces(shown), around.are_of_people(fields, shown)
        shape = route.target if "*" in route.target.rpartition("/")[2] else ""  # a folder of such files
        wanted = [one.path in named or shape in folders or one.message_id in asked for one in some]
        near = scopes.get(route.sender) == "inside" or route.sender in collectors
        around.telling = near or any(wanted) or bool(shown & sent)
        for one, around.wanted in zip(some, wanted, strict=True):
            known = entries.get(one.message_id, NO_EVENTS)
            around.known = bool(known)
            found = infer(one, fields, around)
            if not route.reply and (found or known):
                collectors.add(route.receiver)
            new = {address(url) for inferred in found for url in inferred.urls}
            named |= new
            folders |= set(map(target_form, new))
            if known:
                yield from matched(list(known.values()), found)
            else:
                out.cut[RECORDS_CUT] += records_beyond(one, fields)
                yield from ((inferred, None) for inferred in found if not _is_claimed(inferred, claimed))
        _write(route, some, fields, out)
        for one in some:
            one.say([])  # they are many
    out.cut = +out.cut


def _held(messages: list[RouteMessage]) -> dict[str, set[str]]:
    """Addresses under which pictures went by themselves, and these."""
    out: dict[str, set[str]] = defaultdict(set)
    for one in messages:
        if len(one.pictures) == 1 and len(one.path) > 1:
            out[one.path].add(one.pictures[0].sha256)
    return out


def _asked_for(messages: list[RouteMessage], table: pa.Table) -> set[str]:
    """Of pictures that were found in bytes without a reader, those before which the other side asked for such."""
    carved = [one for one in messages if one.route.protocol == CARVED]
    flows = pa.array(sorted({one.way[0] for one in carved}), pa.string())
    rows = table.filter(pc.and_(pc.is_in(table["flow_id"], flows), pc.not_equal(table["protocol"], CARVED)))
    rows = rows.select(["flow_id", "direction", "method", "path", "first_ts"])
    rows = rows.set_column(4, "first_ts", rows["first_ts"].cast(pa.int64()))
    asked: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for flow, way, method, path, ts in zip(*(column.to_pylist() for column in rows.columns), strict=True):
        asked[flow, way].append((ts or 0, f"{method} {path}"))
    out = set()
    for one in carved:
        flow, way = one.way
        other = "down" if way == "up" else "up"
        before = [request for request in asked[flow, other] if one.ns - A_SECOND <= request[0] <= one.ns]
        if before and asks_for_faces(max(before)[1]):
            out.add(one.message_id)
    return out


def _bare(messages: list[RouteMessage]) -> bool:
    """Whether messages are pictures and nothing else."""
    return all(one.outline.bare for one in messages)


def _pictures(images: pa.Table) -> dict[str, Picture]:
    columns = [images[name].to_pylist() for name in ("sha256", "face", "width", "height")]
    return {
        sha256: Picture(face or "", width or 0, height or 0)
        for sha256, face, width, height in zip(*columns, strict=True)
    }


def _of_entries(tables: Tables, clear: pa.Table) -> Known:
    """Events of entries by message and id, each with its values in clear."""
    values: dict[str, dict[str, str]] = defaultdict(dict)
    for row in clear.to_pylist():
        values[row["event_id"]].setdefault(COLUMNS.get(row["field"], ""), row["value_clear"])
    out: Known = defaultdict(dict)
    events = tables["events"].drop_columns(["shot_time", "first_photo_time", "report_time", "first_ts"])
    times = tables["events"]["shot_time"].cast(pa.int64()).to_pylist()  # finer than what Python has
    for row, at in zip(events.to_pylist(), times, strict=True):
        out[row["message_id"]][row["event_id"]] = row | {"said": values[row["event_id"]], "shot_time": at}
    return out


def _claimed(tables: Tables, entries: Known) -> set[tuple[str, str, str]]:
    """Pictures that events of entries show, with the flow and the way that these went."""
    ways = _ways(list(entries), tables["messages"])
    return {
        (*ways[message], sha256)
        for message, events in entries.items()
        if message in ways
        for event in events.values()
        for sha256 in event["images"] or ()
    }


def _ways(chosen: list[str], messages: pa.Table) -> dict[str, tuple[str, str]]:
    """Flow and direction of messages."""
    rows = messages.filter(pc.is_in(messages["message_id"], pa.array(chosen, pa.string())))
    columns = [rows[name].to_pylist() for name in ("message_id", "flow_id", "direction")]
    return {message: (flow, way) for message, flow, way in zip(*columns, strict=True)}


def _is_claimed(one: Inferred, claimed: set[tuple[str, str, str]]) -> bool:
    """Whether all its pictures are those of an entry's event on its way, and it says nothing else of anybody.

    They came in a message of their own, as on a stream of parts: that is no other event.
    """
    way = one.message.way
    return bool(one.images) and not one.tells and all((*way, sha256) in claimed for sha256, _ in one.images)


def _meant(events: dict[str, dict[str, Any]]) -> dict[str, str]:
    """What values of a message mean, as events of entries say it."""
    return {
        value.strip(): meaning
        for event in events.values()
        for meaning, value in event["said"].items()
        if meaning and len(value) > 1
    }


def _write(route: Route, messages: list[RouteMessage], fields: Fields, out: Understood) -> None:
    """Rows of `fields`, and some of their values in clear."""
    if len(out.fields) >= MOST_FIELDS:
        out.cut[FIELDS_CUT] += len(messages)
        return
    out.cut[VALUES_CUT] += len(messages) * told(messages, fields).cut
    out.fields.append(route, messages, fields)


__all__ = ["Understood", "understand", "with_inferred"]

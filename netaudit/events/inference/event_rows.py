"""Rows of events that were inferred, and what of the events of entries is filled in."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from netaudit.core.schema import EVENTS
from netaudit.core.storage.table_streams import table_of
from netaudit.events.event_values import IDENTITY, Shown, shown_way
from netaudit.events.inference.inferring import roles_of
from netaudit.events.inference.shapes import is_masked, number
from netaudit.events.rules.passages import way_of
from netaudit.events.rules.times import ns_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.core.schema import Row
    from netaudit.events.event_values import Values
    from netaudit.events.inference.inferred import Inferred, Picture

_EVENT = EVENTS.row
INFERRED = "inferred"
NOTHING = Shown()
SHOT = ("face_capture", "comparison", "id_verification")  # kinds whose time is that of a shot
MOST_IMAGES = 64
# columns of events by what fields of entries are called in private/events
COLUMNS = {
    "device": "device", "place": "place", "time": "time", "event": "event", "score": "score", "result": "result",
    "direction": "direction",
    "person.name": "name", "person.id_number": "id_number", "person.phone": "phone", "person.person_id": "person_id",
    "person.gender": "gender", "person.age": "age", "person.birthday": "birthday", "person.address": "address",
    "person.group": "group", "person.ethnicity": "ethnicity",
    "purpose.agent": "agent", "purpose.agent_company": "agent_company", "url": "url",
    "purpose.salesperson": "salesperson", "purpose.risk_status": "risk", "purpose.report_time": "report_time",
    "purpose.first_photo_time": "first_photo_time",
}  # fmt: skip


def row_of(one: Inferred, values: Values) -> Row:
    """Row of `events`."""
    message, identity = one.message, one.message.message_id
    text = f"{identity}\0{INFERRED}\0{one.place}"
    event_id = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()
    shown = _shown(one.values, event_id, identity, values)
    at = dict.fromkeys((*IDENTITY, "gender", "age", "group", "device", "place", "event"), NOTHING) | shown
    images = one.images[:MOST_IMAGES]
    return _EVENT(
        event_id=event_id, message_id=identity, object_id="", kind=one.kind, act=one.act, document="",
        certainty=INFERRED, recalled=[], standing=INFERRED, inferred=sorted(one.announced),
        device_ref=at["device"].text, device_hmac=at["device"].hmac, place=at["place"].text,
        event_ref=at["event"].text, event_hmac=at["event"].hmac, shot_time=one.shot_time, shot_zone=one.zone,
        name=at["name"].text, name_hmac=at["name"].hmac,
        id_number=at["id_number"].text, id_number_hmac=at["id_number"].hmac,
        phone=at["phone"].text, phone_hmac=at["phone"].hmac,
        person_ref=at["person_id"].text, person_hmac=at["person_id"].hmac,
        gender=at["gender"].text, age=at["age"].text, birthday=at["birthday"].text, address=at["address"].text,
        person_group=at["group"].text, score=_score(one), result=shown.get("result", NOTHING).text,
        direction=_way(one.values, shown),
        agent=at["agent"].text, agent_company=shown.get("agent_company", NOTHING).text,
        risk_status=shown.get("risk", NOTHING).text,
        first_photo_time=ns_of(one.values.get("first_photo_time", "")),
        report_time=ns_of(one.values.get("report_time", "")), asks=[],
        images=[sha256 for sha256, _ in images], image_roles=[role for _, role in images],
        image_urls=[values.plain(event_id, identity, "url", url, secret=False).text for url in one.urls[:MOST_IMAGES]],
        url_hmacs=[code for url in one.urls[:MOST_IMAGES] if (code := values.address(url))],
        target="", sender="", receiver="", endpoint_id="", first_ts=message.first_ts,
        frame=message.frame, capture_id=message.capture_id, journey_id="", leg=None, complete=message.complete,
    )  # fmt: skip


_CLEAR_NAMES = {meaning: name for name, meaning in COLUMNS.items()}


def _shown(said: dict[str, str], event_id: str, message_id: str, values: Values) -> dict[str, Shown]:
    out: dict[str, Shown] = {}
    for meaning, text in said.items():
        name = _CLEAR_NAMES.get(meaning, meaning)
        if meaning in IDENTITY and not is_masked(text):  # what its sender masked identifies nobody
            out[meaning], _ = values.person(event_id, message_id, name, text)
        else:
            secret = meaning in {"device", "event"}
            out[meaning] = values.plain(event_id, message_id, name, text, secret=secret, device=meaning == "device")
    return out


def _way(said: dict[str, str], shown: dict[str, Shown]) -> str:
    """Which way through a door."""
    return shown_way(shown.get("direction", NOTHING), way_of(said.get("direction", "")))


def _score(one: Inferred) -> float | None:
    return number(one.values["score"]) if "score" in one.values else None


# what is filled in where an entry says nothing: the column, and the meaning
_GAPS = {
    "device_ref": "device", "place": "place", "name": "name", "id_number": "id_number", "phone": "phone",
    "person_ref": "person_id", "gender": "gender", "age": "age", "birthday": "birthday", "address": "address",
    "person_group": "group", "direction": "direction",
}  # fmt: skip
_HASHES = {
    "device_ref": "device_hmac", "name": "name_hmac", "id_number": "id_number_hmac", "phone": "phone_hmac",
    "person_ref": "person_hmac",
}  # fmt: skip


def matched(known: list[dict[str, Any]], found: list[Inferred]) -> Iterator[tuple[Inferred, dict[str, Any]]]:
    """Which record of a message is which event of entries: the only one, else by pictures and values in common."""
    if len(known) == len(found) == 1:
        yield found[0], known[0]
        return
    free = list(found)
    for event in known:
        likeness = [_likeness(event, one) for one in free]
        best = max(likeness, default=0)
        if best and likeness.count(best) == 1:
            yield free.pop(likeness.index(best)), event


def _likeness(event: dict[str, Any], one: Inferred) -> int:
    pictures = {sha256 for sha256, _ in one.images} & set(event["images"] or ())
    return 8 * len(pictures) + len(set(event["said"].values()) & set(one.values.values()))


def filled(event: dict[str, Any], one: Inferred, values: Values, pictures: dict[str, Picture]) -> dict[str, Any]:
    """Columns of an entry's event that it left empty and the fields of its route tell."""
    taken = {value.strip() for meaning, value in event["said"].items() if meaning != "person_id"}
    out = with_words({}, event, {name: value for name, value in one.values.items() if value not in taken}, values)
    names = out.pop("inferred", [])
    if event["shot_time"] is None and one.shot_time is not None and event["kind"] in SHOT:
        out["shot_time"], out["shot_zone"] = one.shot_time, one.zone
        names.append("time")
    if event["score"] is None and "score" in one.values:
        out["score"] = _score(one)
        names.append("score")
    roles = _roles(event, one, pictures)
    known = dict(zip(event["images"] or [], event["image_roles"] or [], strict=True))
    better = {sha256: roles[sha256] for sha256, role in known.items() if role == "unknown" != roles.get(sha256, role)}
    new = {sha256: role for sha256, role in roles.items() if not known}
    if better or new:
        known |= better | new
        out["images"], out["image_roles"] = list(known), list(known.values())
        names.append("images" if new else "roles")
    return out | ({"inferred": names} if names else {})


def _roles(event: dict[str, Any], one: Inferred, pictures: dict[str, Picture]) -> dict[str, str]:
    """Roles of an event's pictures by the names of their fields, or by their sizes where one is as large as scenes."""
    by_size = roles_of(dict.fromkeys(event["images"] or (), ""), (), pictures)
    roles = dict(one.images)
    if "scene" not in {*roles.values(), *by_size.values()} and event["images"]:
        return {sha256: role for sha256, role in roles.items() if sha256 in one.named}
    return by_size | roles


def with_words(columns: dict[str, Any], event: dict[str, Any], words: dict[str, str], values: Values) -> dict[str, Any]:
    """The same with words for what an entry's event left empty, and what is not among them."""
    gaps = {
        meaning: column
        for column, meaning in _GAPS.items()
        if meaning in words and not event[column] and column not in columns
    }
    cells = _shown(
        {name: words[name] for name in words if name in gaps}, event["event_id"], event["message_id"], values
    )
    out = dict(columns)
    for meaning, shown in cells.items():
        out[gaps[meaning]] = shown.text if meaning != "direction" else _way(words, cells)
        if gaps[meaning] in _HASHES:
            out[_HASHES[gaps[meaning]]] = shown.hmac
    return out | ({"inferred": [*columns.get("inferred", []), *gaps]} if gaps else {})


def with_inferred(events: pa.Table, rows: list[Row], filled_in: dict[str, dict[str, Any]]) -> pa.Table:
    """Events with those that were inferred, and with what of the others was filled in, by event_id."""
    if filled_in:
        columns = {
            name: (events[name].cast(pa.int64()) if name == "shot_time" else events[name]).to_pylist()
            for name in _touched(filled_in)
        }
        for place, event_id in enumerate(events["event_id"].to_pylist()):
            for name, value in filled_in.get(event_id, {}).items():
                columns[name][place] = value
        for name, some in columns.items():
            kind = events.schema.field(name)
            values = (
                pa.array(some, pa.int64()).cast(kind.type)
                if pa.types.is_timestamp(kind.type)
                else pa.array(some, kind.type)
            )
            events = events.set_column(events.column_names.index(name), kind, values)
    if rows:
        events = pa.concat_tables([events, table_of(rows, EVENTS).cast(events.schema)])
    return events


def _touched(filled: dict[str, dict[str, Any]]) -> list[str]:
    return sorted({name for columns in filled.values() for name in columns})

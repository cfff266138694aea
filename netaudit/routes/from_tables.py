"""The door from tables: events of unknown dialects, what fields mean, and which messages nobody understands."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.documents.times import read_time
from netaudit.masking.mask import mask, mask_path, mask_words, visible
from netaudit.routes.inferring import Inferred, Picture, infer
from netaudit.routes.learning import ENTRY, Field, fields_of, skeleton
from netaudit.routes.messages import Told, by_route, joined, read
from netaudit.rows import leaves
from netaudit.rows.event_values import IDENTITY, Shown, Values
from netaudit.storage.table_streams import table_of
from netaudit.tables import EVENTS, FIELDS, FIELDS_CLEAR

if TYPE_CHECKING:
    from pathlib import Path

    from netaudit.routes.messages import Route
    from netaudit.tables import Row

Tables = dict[str, pa.Table]

INFERRED = "inferred"
LONGEST = 128  # characters
SHOT = ("face_capture", "comparison", "id_verification")  # kinds whose time is that of a shot
MOST_VALUES = 32  # of a field, in clear
MOST_FIELDS = 20_000
MOST_IMAGES = 64
SHORTEST_PATH = 8  # characters; shorter ones are those of interfaces
# columns of events by what fields of entries are called in private/events
_COLUMNS = {
    "device": "device", "place": "place", "time": "time", "event": "event", "score": "score", "result": "result",
    "person.name": "name", "person.id_number": "id_number", "person.phone": "phone", "person.person_id": "person_id",
    "person.gender": "gender", "person.age": "age", "person.birthday": "birthday", "person.address": "address",
    "person.group": "group", "purpose.agent": "agent", "purpose.agent_company": "agent_company", "url": "url",
    "purpose.salesperson": "salesperson", "purpose.risk_status": "risk", "purpose.report_time": "report_time",
    "purpose.first_photo_time": "first_photo_time",
}  # fmt: skip


@dataclass(slots=True)
class Understood:
    """What was made of the messages that carry a picture or a person."""

    events: list[Row] = field(default_factory=list)
    filled: dict[str, dict[str, Any]] = field(default_factory=dict)  # columns of events of entries, by event_id
    fields: list[Row] = field(default_factory=list)
    clear: list[Row] = field(default_factory=list)  # of private/events
    fields_clear: list[Row] = field(default_factory=list)
    inferred: set[str] = field(default_factory=set)  # messages
    beyond: int = 0  # messages that were not looked at


def understand(folder: Path, tables: Tables, clear: pa.Table) -> Understood:
    """Learn what the fields of every route mean, and infer the events that no entry reads.

    `clear` are the values of `events` in clear.
    """
    told, beyond = read(leaves.parts(folder), tables["messages"], tables["flows"])
    out = Understood(beyond=beyond)
    if not told:
        return out
    told = joined(told)
    values = Values((folder / "private" / "key").read_bytes(), out.clear.append)
    pictures = _pictures(tables["images"])
    scopes = dict(zip(tables["endpoints"]["ip"].to_pylist(), tables["endpoints"]["scope"].to_pylist(), strict=True))
    entries = _of_entries(tables["events"], clear)
    collectors: set[str] = set()  # to which persons or faces were sent
    sent = {leaf.sha256 for one in told if not one.route.reply for leaf in one.pictures}
    named = {_address(row["value_clear"]) for row in clear.to_pylist() if row["field"] == "url"}
    for route, some in sorted(by_route(told).items(), key=lambda pair: pair[0].reply):
        fields = fields_of(some)
        _as_entries_say(fields, some, entries)
        shows = any(
            pictures[leaf.sha256].face in {"yes", "possible"}
            for one in some
            for leaf in one.pictures
            if leaf.sha256 in pictures
        )
        for one in some:
            near = scopes.get(route.sender) == "inside" or route.sender in collectors
            near = near or _address(str(one.row["path"])) in named or any(leaf.sha256 in sent for leaf in one.pictures)
            found = infer(one, fields, pictures, shows_faces=shows, telling=near)
            known = entries.get(one.message_id)
            if not route.reply and (found or known):
                collectors.add(route.receiver)
            named |= {_address(url) for inferred in found for url in inferred.urls}
            if known is None:
                out.events += [_row(inferred, values) for inferred in found]
                out.inferred |= {one.message_id} if found else set()
            elif len(known) == 1 and len(found) == 1:
                (event,) = known.values()
                if columns := _filled(event, found[0], values):
                    out.filled[event["event_id"]] = columns
        if len(out.fields) < MOST_FIELDS:
            _write(route, some, fields, out)
    return out


def _address(url: str) -> str:
    """What the address of a picture and the target of a request for it have in common, masked as tables have it."""
    path = url.partition("?")[0].partition("#")[0]
    if "://" in path[:10]:
        path = "/" + path.partition("://")[2].partition("/")[2]
    return mask_path(path) if len(path) > SHORTEST_PATH else url


def _pictures(images: pa.Table) -> dict[str, Picture]:
    columns = [images[name].to_pylist() for name in ("sha256", "face", "width", "height")]
    return {
        sha256: Picture(face or "", width or 0, height or 0)
        for sha256, face, width, height in zip(*columns, strict=True)
    }


def _of_entries(events: pa.Table, clear: pa.Table) -> dict[str, dict[str, dict[str, Any]]]:
    """Events of entries by message and id, each with its values in clear."""
    said: dict[str, dict[str, str]] = defaultdict(dict)
    for row in clear.to_pylist():
        said[row["event_id"]].setdefault(_COLUMNS.get(row["field"], ""), row["value_clear"])
    out: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    chosen = events.select(["event_id", "message_id", "kind", *_GAPS, "score", "images", "image_roles"])
    times = events["shot_time"].cast(pa.int64()).to_pylist()  # finer than what Python has
    for row, at in zip(chosen.to_pylist(), times, strict=True):
        row["shot_time"] = at
        out[row["message_id"]][row["event_id"]] = row | {"said": said[row["event_id"]]}
    return out


def _as_entries_say(fields: dict[str, Field], told: list[Told], entries: dict[str, dict[str, dict[str, Any]]]) -> None:
    """Where an entry reads a value, the field that has it means what the entry says."""
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    total = Counter[str]()
    for one in told:
        meant = {
            value.strip(): meaning
            for event in entries.get(one.message_id, {}).values()
            for meaning, value in event["said"].items()
            if meaning and len(value) > 1
        }
        for leaf in one.leaves if meant else ():
            total[leaf.form] += 1
            if meaning := meant.get(leaf.value.strip()):
                votes[leaf.form][meaning] += 1
    for path, some in votes.items():
        meaning, support = min(some.items(), key=lambda pair: (-pair[1], pair[0]))
        if support * 2 > total[path]:
            fields[path].say(meaning, ENTRY, 4, support, total[path])


def _row(one: Inferred, values: Values) -> Row:
    """Row of `events`."""
    row, identity = one.told.row, one.told.message_id
    text = f"{identity}\0{INFERRED}\0{one.place}"
    event_id = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()
    shown = _shown(one, event_id, values)
    at = {name: shown.get(name, Shown()) for name in (*IDENTITY, "gender", "age", "group", "device", "place", "event")}
    images = one.images[:MOST_IMAGES]
    return EVENTS.row(
        event_id=event_id, message_id=identity, object_id="", kind=one.kind, act=one.act, document="",
        certainty=INFERRED, recalled=[], standing=INFERRED, inferred=[],
        device_ref=at["device"].text, device_hmac=at["device"].hmac, place=at["place"].text,
        event_ref=at["event"].text, event_hmac=at["event"].hmac, shot_time=one.shot_time, shot_zone=one.zone,
        name=at["name"].text, name_hmac=at["name"].hmac,
        id_number=at["id_number"].text, id_number_hmac=at["id_number"].hmac,
        phone=at["phone"].text, phone_hmac=at["phone"].hmac,
        person_ref=at["person_id"].text, person_hmac=at["person_id"].hmac,
        gender=at["gender"].text, age=at["age"].text, birthday=at["birthday"].text, address=at["address"].text,
        person_group=at["group"].text, score=_score(one), result=shown.get("result", Shown()).text,
        agent=at["agent"].text, agent_company=shown.get("agent_company", Shown()).text,
        risk_status=shown.get("risk", Shown()).text,
        first_photo_time=_moment(one.said.get("first_photo_time", "")),
        report_time=_moment(one.said.get("report_time", "")), asks=[],
        images=[sha256 for sha256, _ in images], image_roles=[role for _, role in images],
        image_urls=[values.plain(event_id, identity, "url", url, secret=False).text for url in one.urls[:MOST_IMAGES]],
        url_hmacs=[], target="", sender="", receiver="", endpoint_id="", first_ts=row["first_ts"],
        frame=row["first_frame"], capture_id=row["capture_id"], journey_id="", leg=None, complete=row["complete"],
    )  # fmt: skip


_CLEAR_NAMES = {meaning: name for name, meaning in _COLUMNS.items()}


def _shown(one: Inferred, event_id: str, values: Values, only: set[str] | None = None) -> dict[str, Shown]:
    out: dict[str, Shown] = {}
    for meaning, text in one.said.items():
        if only is not None and meaning not in only:
            continue
        name = _CLEAR_NAMES.get(meaning, meaning)
        if meaning in IDENTITY and "*" not in text:  # what its sender masked identifies nobody
            out[meaning], _ = values.person(event_id, one.told.message_id, name, text)
        else:
            secret = meaning in {"device", "event"}
            out[meaning] = values.plain(
                event_id, one.told.message_id, name, text, secret=secret, device=meaning == "device"
            )
    return out


def _score(one: Inferred) -> float | None:
    text = one.said.get("score", "").rstrip("% ")
    return float(text) if text else None


def _moment(text: str) -> int | None:
    said = read_time(text) if text else None
    return said.ns if said else None


# what is filled in where an entry says nothing: the column, and the meaning
_GAPS = {
    "device_ref": "device", "place": "place", "name": "name", "id_number": "id_number", "phone": "phone",
    "person_ref": "person_id", "gender": "gender", "age": "age", "birthday": "birthday", "address": "address",
    "person_group": "group",
}  # fmt: skip
_HASHES = {
    "device_ref": "device_hmac", "name": "name_hmac", "id_number": "id_number_hmac", "phone": "phone_hmac",
    "person_ref": "person_hmac",
}  # fmt: skip


def _filled(event: dict[str, Any], one: Inferred, values: Values) -> dict[str, Any]:
    """Columns of an entry's event that it left empty and the fields of its route tell."""
    taken = {value.strip() for value in event["said"].values()}
    gaps = {
        meaning: column
        for column, meaning in _GAPS.items()
        if not event[column] and meaning in one.said and one.said[meaning] not in taken
    }
    out: dict[str, Any] = {}
    for meaning, shown in _shown(one, event["event_id"], values, set(gaps)).items():
        out[gaps[meaning]] = shown.text
        if gaps[meaning] in _HASHES:
            out[_HASHES[gaps[meaning]]] = shown.hmac
    names = list(gaps)
    if event["shot_time"] is None and one.shot_time is not None and event["kind"] in SHOT:
        out["shot_time"], out["shot_zone"] = one.shot_time, one.zone
        names.append("time")
    if event["score"] is None and "score" in one.said:
        out["score"] = _score(one)
        names.append("score")
    roles = dict(one.images)
    known = dict(zip(event["images"] or [], event["image_roles"] or [], strict=True))
    better = {sha256: roles[sha256] for sha256, role in known.items() if role == "unknown" and sha256 in one.named}
    new = {sha256: role for sha256, role in roles.items() if not known}
    if better or new:
        known |= better | new
        out["images"], out["image_roles"] = list(known), list(known.values())
        names.append("images" if new else "roles")
    return out | ({"inferred": names} if names else {})


def _write(route: Route, told: list[Told], fields: dict[str, Field], out: Understood) -> None:
    """Rows of `fields`, and some of their values in clear."""
    variants = len({skeleton(one) for one in told})
    times: dict[tuple[str, str], list[int]] = defaultdict(list)
    for one in told:
        for leaf in one.leaves:
            if not leaf.sha256:
                times[leaf.form, leaf.value].append(one.ns)
    for path, known in sorted(fields.items()):
        shown = min(known.values, default="")
        out.fields.append(
            FIELDS.row(
                route_id=route.id, sender=route.sender, receiver=route.receiver, protocol=route.protocol,
                method=route.method, target=mask_path(route.target), reply=route.reply, messages=len(told),
                variants=variants, path=visible(mask_words(path), LONGEST), form=known.form, meaning=known.meaning,
                known_by=known.known_by, support=known.support, contradictions=known.contradictions,
                distinct_values=len(known.values), example=visible(_masked(shown, known), LONGEST),
            )
        )  # fmt: skip
        for value in sorted(known.values, key=_digest)[:MOST_VALUES]:
            seen = times[path, value]
            out.fields_clear.append(
                FIELDS_CLEAR.row(
                    route_id=route.id, path=path, value_clear=value, messages=known.values[value], first_ts=min(seen),
                    last_ts=max(seen),
                )
            )  # fmt: skip


def _digest(value: str) -> bytes:
    return hashlib.blake2b(value.encode("utf-8", "replace"), digest_size=8).digest()


def _masked(value: str, one: Field) -> str:
    """An example that names nobody: of fields of persons, and of texts, only what kind of value it is."""
    if one.meaning in IDENTITY:
        return f"<{one.form}>" if value else ""
    if one.meaning in {"time", "score", "gender", "age", "device"} or one.form in {"int", "decimal"}:
        return mask(value)
    return f"<{one.form}>" if value else ""


def with_inferred(events: pa.Table, found: Understood) -> pa.Table:
    """Events with those that were inferred, and with what of the others was filled in."""
    if found.filled:
        columns = {
            name: (events[name].cast(pa.int64()) if name == "shot_time" else events[name]).to_pylist()
            for name in _touched(found.filled)
        }
        for place, event_id in enumerate(events["event_id"].to_pylist()):
            for name, value in found.filled.get(event_id, {}).items():
                columns[name][place] = value
        for name, some in columns.items():
            kind = events.schema.field(name)
            values = (
                pa.array(some, pa.int64()).cast(kind.type)
                if pa.types.is_timestamp(kind.type)
                else pa.array(some, kind.type)
            )
            events = events.set_column(events.column_names.index(name), kind, values)
    if found.events:
        events = pa.concat_tables([events, table_of(found.events, EVENTS).cast(events.schema)])
    return events


def _touched(filled: dict[str, dict[str, Any]]) -> list[str]:
    return sorted({name for columns in filled.values() for name in columns})


def without_inferred(events: pa.Table) -> pa.Table:
    """Events as entries read them: all that findings, roles and accusations may rest on."""
    return events.filter(pc.not_equal(events["standing"], INFERRED))


__all__ = ["Understood", "understand", "with_inferred", "without_inferred"]

"""Records of persons, put together from their fields and joined to the photos they were sent with."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from netaudit.core.contracts.unwrapping_steps import Way

if TYPE_CHECKING:
    import pyarrow as pa

# What makes a record one of a certain person; gender and score alone make it a capture event.
ANCHORS = frozenset({"id_number", "phone", "name", "birthday", "address", "person_id"})


def records(persons: pa.Table, objects: pa.Table, messages: pa.Table, images: pa.Table) -> list[dict[str, Any]]:
    """One row per record of a person: its fields by kind (masked) and the images it was sent with.

    A record is the innermost object of a document with identity data in it; what stands around it (device, place, time)
    belongs to it. Images are those at its place in the document, or all of the message when it holds one record only.
    """
    import pyarrow.compute as pc

    kinds = dict(zip(images["sha256"].to_pylist(), images["face"].to_pylist(), strict=True))
    wanted = pc.unique(persons["message_id"])
    about = _messages(messages.filter(pc.is_in(messages["message_id"], wanted)))
    pictures: dict[str, list[dict[str, Any]]] = defaultdict(list)
    carried = objects.filter(pc.is_in(objects["message_id"], wanted)).select(
        ["message_id", "object_id", "sha256", "unwrap_path"]
    )
    for row in carried.to_pylist():
        if row["sha256"] in kinds:
            pictures[row["message_id"]].append(row)
    by_message: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in persons.to_pylist():
        by_message[row["message_id"]].append(row)
    out = []
    for message_id, rows in sorted(by_message.items()):
        out += [
            about.get(message_id, {"message_id": message_id})
            | record
            | _pictures(record["record"], pictures[message_id], kinds, alone=alone)
            for record, alone in _records_of(rows)
        ]
    return out


def _messages(messages: pa.Table) -> dict[str, dict[str, Any]]:
    import pyarrow as pa

    chosen = messages.select(["message_id", "flow_id", "host", "path", "capture_id", "first_frame", "first_ts"])
    place = chosen.column_names.index("first_ts")
    chosen = chosen.set_column(place, "first_ts", chosen["first_ts"].cast(pa.int64()))
    return {row["message_id"]: row for row in chosen.to_pylist()}


def grouped(rows: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Rows of `persons` of one message by record: its place, and the rows of it and around it."""
    anchors = {_holder(row["field"]) for row in rows if row["kind"] in ANCHORS}
    inner = sorted(a for a in anchors if not any(b != a and _inside(b, a) for b in anchors))
    if len(inner) <= 1:
        return [(inner[0] if inner else "", rows)]
    return [
        (
            anchor,
            [row for row in rows if _inside(anchor, _holder(row["field"])) or _inside(_holder(row["field"]), anchor)],
        )
        for anchor in inner
    ]


def _records_of(rows: list[dict[str, Any]]) -> list[tuple[dict[str, Any], bool]]:
    found = grouped(rows)
    return [(_fields(anchor, own), len(found) == 1) for anchor, own in found]


def pictures_of(record: str, pictures: list[dict[str, Any]], *, alone: bool) -> list[dict[str, Any]]:
    """The images at a record's place in the document; all of the message where none is, or it holds one record only."""
    own = pictures if alone else [one for one in pictures if _leads_to(one["unwrap_path"], record)]
    return own or pictures


def _leads_to(way: str, record: str) -> bool:
    """Whether a way leads through what stands in a record."""
    below = tuple(record + mark for mark in "./[")
    return any(step.place and step.place.startswith(below) for step in Way.read(way).between)


def _fields(record: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Values by kind: first those of the record itself, then those around it; different ones joined by a semicolon."""
    values: dict[str, list[str]] = {}
    for row in sorted(rows, key=lambda row: (_holder(row["field"]) != record, row["field"])):
        known = values.setdefault(row["kind"], [])
        if row["value_masked"] not in known:
            known.append(row["value_masked"])
    checked = any(row["kind"] == "id_number" and row["certainty"] == "checked" for row in rows)
    return {"record": record, "id_checked": checked} | {kind: "; ".join(texts) for kind, texts in values.items()}


def _pictures(
    record: str, pictures: list[dict[str, Any]], faces: dict[str, str], *, alone: bool
) -> dict[str, list[str]]:
    chosen = pictures_of(record, pictures, alone=alone)
    return {
        "images": [one["sha256"] for one in chosen],
        "face_images": [one["sha256"] for one in chosen if faces[one["sha256"]] == "yes"],
        "object_ids": [one["object_id"] for one in chosen],
    }


def _holder(field: str) -> str:
    """Path of what holds a field; of a cell the list it stands in. Elements of XML are numbered and no lists."""
    if field.startswith("/"):
        return field.rpartition("/")[0].partition("/@")[0]
    return field[: field.rindex("[")] if field.endswith("]") else field.rpartition(".")[0]


def is_of(record: str, field: str) -> bool:
    """Whether a field stands in a record."""
    return _inside(_holder(field), record)


def _inside(inner: str, outer: str) -> bool:
    """Whether `inner` is `outer` or lies in it."""
    ends = (outer + "/",) if outer.startswith("/") else (outer + ".", outer + "[")
    return inner == outer or not outer or inner.startswith(ends)

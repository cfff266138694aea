"""Biometric templates on their way: numbers by which a face or a finger is known again, sent without its picture.

A  a mark of its own, its field or what its message is about says that it is one, and its message was recovered whole
B  the same, not whole; or numbers in the form of one in a person's record, or with a picture that shows a face

What has the form alone, and nothing beside it, accuses nobody: it stands in the ledger `templates`.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.findings.accounts import MOST_SUBJECTS, OTHERS, Line
from netaudit.findings.from_identity_data import TEMPLATE, grouped, is_of, pictures_of
from netaudit.findings.identity_records import Record, carried, counted_once, ways

if TYPE_CHECKING:
    from collections.abc import Iterator

Tables = dict[str, pa.Table]
LEFT, ELSEWHERE = "like a template", "like a template, inside or from outside"
_SAID = frozenset({"checked", "named"})
_PEOPLE = frozenset({"id_number", "name", "phone", "person_id"})


def templates_of(tables: Tables) -> list[Record]:
    """Templates that something says to be one, each a record of its own; those of a challenged request once."""
    found = [_record(*one) for one in _found(tables) if _is_stated(*one)]
    return counted_once(found, tables["messages"])


def unsaid(tables: Tables) -> Iterator[Line]:
    """Of each sender and receiver: what has the form of a template, of which nothing says that it is one."""
    scopes = dict(zip(tables["endpoints"]["ip"].to_pylist(), tables["endpoints"]["scope"].to_pylist(), strict=True))
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for message, row, rows, objects in _found(tables):
        if not _is_stated(message, row, rows, objects):
            sender, receiver = ways(message)
            left = (scopes.get(sender), scopes.get(receiver)) == ("inside", "outside")
            total = sums[f"{sender} > {receiver}", LEFT if left else ELSEWHERE]
            total[0] += 1
            total[1] += objects.get(row["object_id"], {}).get("size") or 0
    largest = set(sorted(sums, key=lambda pair: (-sums[pair][0], pair))[:MOST_SUBJECTS])
    for (subject, reason), (number, size) in sorted(sums.items()):
        yield Line(subject if (subject, reason) in largest else OTHERS, reason, number, size, reason != LEFT)


def _found(tables: Tables) -> Iterator[tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]], dict[str, Any]]]:
    """Each template with its message, the message's rows of `persons` and its objects."""
    persons = tables.get("persons")
    if persons is None or not persons.num_rows:
        return
    wanted = pc.unique(persons["message_id"].filter(pc.equal(persons["kind"], TEMPLATE)))
    for message, rows, objects in carried(tables, wanted) if len(wanted) else ():
        for row in rows:
            if row["kind"] == TEMPLATE:
                yield message, row, rows, objects


def _is_stated(_: dict[str, Any], row: dict[str, Any], rows: list[dict[str, Any]], objects: dict[str, Any]) -> bool:
    """Whether something says that it is one: itself, or a person or a face in its record."""
    if row["certainty"] != "shape":
        return True
    pictures = [one for one in objects.values() if one["image"]]
    found = grouped(rows)
    for place, own in found:
        if row not in own:
            continue
        if any(one["face"] for one in pictures_of(place, pictures, alone=len(found) == 1)):
            return True
        people = any(one["kind"] in _PEOPLE and is_of(place, one["field"]) for one in own)
        if people and _is_one_with(place, row["field"]):
            return True
    return False


def _is_one_with(record: str, field: str) -> bool:
    """Whether a field stands in a record, in no list within it, whose elements are others."""
    between = field[len(record) :]
    between = between[: between.rindex("[")] if between.endswith("]") else between
    return is_of(record, field) and (field.startswith("/") or "[" not in between)


def _record(
    message: dict[str, Any], row: dict[str, Any], rows: list[dict[str, Any]], objects: dict[str, Any]
) -> Record:
    sender, receiver = ways(message)
    document = objects.get(row["object_id"])
    return Record(
        message,
        sender,
        receiver,
        persons=frozenset({row["value_hmac"]}),
        named=any(one["kind"] in _PEOPLE for one in rows),
        known=True,
        sound=row["certainty"] in _SAID,
        whole=bool(message["complete"]) and (document is None or bool(document["complete"])),
        objects=frozenset({row["object_id"]} - {""}),
        size=document["size"] if document else 0,
        images=frozenset(),
        elsewhere=frozenset(),
    )

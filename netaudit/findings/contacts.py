"""Names with phone numbers on their way, in records that are none with an identity number.

They are a finding, of B at most, where a face went with them, or where an entry of `signatures/documents` reads their
message as a record of a person or what happened at an entrance: then they say of whom a face is, or who came. Elsewhere
they are what every shop, courier and address book sends: counted in the ledger `contacts`, accusing nobody.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.findings.accounts import MOST_SUBJECTS, OTHERS, Line
from netaudit.findings.from_identity_data import grouped, pictures_of
from netaudit.findings.identity_records import (
    Record,
    carried,
    counted_once,
    is_record_of_numbers,
    known_persons,
    ways,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

Tables = dict[str, pa.Table]
Found = tuple[Record, bool]
ALONE = "a name with a phone number"


def contacts_of(tables: Tables) -> list[Record]:
    """Names with phone numbers beside a face or in a document that an entry reads; of a challenged request once."""
    return counted_once([record for record, enough in _found(tables) if enough], tables["messages"])


def alone(tables: Tables) -> Iterator[Line]:
    """Of each sender and receiver: names with phone numbers that are no finding."""
    sums = Counter(f"{record.sender} > {record.receiver}" for record, kept in _found(tables) if not kept)
    kept = {subject for subject, _ in sorted(sums.items(), key=lambda pair: (-pair[1], pair))[:MOST_SUBJECTS]}
    for subject, number in sorted(sums.items()):
        yield Line(subject if subject in kept else OTHERS, ALONE, number, 0, True)


def _found(tables: Tables) -> Iterator[Found]:
    """Yield records with a name and a phone number that are no identity records, and whether they are a finding."""
    persons = tables.get("persons")
    if persons is None or not persons.num_rows:
        return
    named, phones = (
        pc.unique(persons["message_id"].filter(pc.equal(persons["kind"], kind))) for kind in ("name", "phone")
    )
    wanted = named.filter(pc.is_in(named, value_set=phones))
    if not len(wanted):
        return
    known = known_persons(tables.get("events"), wanted)
    for message, rows, objects in carried(tables, wanted):
        pictures = [row for row in objects.values() if row["image"]]
        found = grouped(rows)
        for place, own in found:
            if not {"name", "phone"} <= {row["kind"] for row in own} or is_record_of_numbers(own):
                continue
            beside = pictures_of(place, pictures, alone=len(found) == 1)
            record = _record(message, own, objects, [row for row in beside if row["face"]])
            read = any(f"{message['message_id']} {one}" in known for one in record.persons)
            yield record, bool(record.images) or read


def _record(
    message: dict[str, Any], own: list[dict[str, Any]], objects: dict[str, Any], faces: list[dict[str, Any]]
) -> Record:
    sender, receiver = ways(message)
    phones = [row for row in own if row["kind"] == "phone"]
    documents = {row["object_id"] for row in phones} - {""}
    return Record(
        message,
        sender,
        receiver,
        persons=frozenset(row["value_hmac"] for row in phones),
        named=True,
        known=True,
        sound=False,
        whole=bool(message["complete"]) and all(objects[one]["complete"] for one in documents if one in objects),
        objects=frozenset(documents),
        size=sum(objects[one]["size"] for one in documents if one in objects),
        images=frozenset(row["object_id"] for row in faces),
        elsewhere=frozenset(),
        phone=True,
        face=bool(faces),
    )

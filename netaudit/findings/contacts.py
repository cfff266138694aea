"""Names with phone numbers on their way, without an identity number.

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
from netaudit.findings.identity_records import Record, carried, counted_once, ways
from netaudit.signatures.loading import DECIDING

if TYPE_CHECKING:
    from collections.abc import Iterator

Tables = dict[str, pa.Table]
Found = tuple[Record, bool]
ALONE = "a name with a phone number"
_SAYS_LITTLE = ("heartbeat", "subscription")


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
    """Records with a name and a phone number, and no identity number, and whether they are ground of a finding."""
    persons = tables.get("persons")
    if persons is None or not persons.num_rows:
        return
    named, phones = (
        pc.unique(persons["message_id"].filter(pc.equal(persons["kind"], kind))) for kind in ("name", "phone")
    )
    wanted = named.filter(pc.is_in(named, value_set=phones))
    if not len(wanted):
        return
    read = _read(tables.get("events"), wanted)
    for message, rows, objects in carried(tables, wanted):
        pictures = [row for row in objects.values() if row["image"]]
        found = grouped(rows)
        for place, own in found:
            kinds = {row["kind"] for row in own}
            if {"name", "phone"} <= kinds and "id_number" not in kinds:
                beside = pictures_of(place, pictures, alone=len(found) == 1)
                record = _record(message, own, objects, [row for row in beside if row["face"]])
                yield record, bool(record.images) or not record.persons.isdisjoint(read.get(message["message_id"], ()))


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
    )


def _read(events: pa.Table | None, wanted: pa.Array) -> dict[str, set[str]]:
    """Phone numbers in events that sourced entries read in some messages, by message."""
    found: dict[str, set[str]] = {}
    if events is None or not events.num_rows:
        return found
    rows = events.filter(pc.is_in(events["message_id"], value_set=wanted))
    for row in rows.select(["message_id", "kind", "certainty", "phone_hmac", "name_hmac"]).to_pylist():
        if row["certainty"] in DECIDING and row["kind"] not in _SAYS_LITTLE and row["phone_hmac"] and row["name_hmac"]:
            found.setdefault(row["message_id"], set()).add(row["phone_hmac"])
    return found

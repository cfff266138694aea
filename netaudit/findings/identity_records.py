"""Records with an identity number on their way, out of the tables of a case: whose, between whom, with which images."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.signatures.signature import DECIDING
from netaudit.findings.bearing import NO_REGION, NOT_VALIDATED, Way
from netaudit.findings.from_identity_data import RIGHT, grouped, is_id_field, is_of, known_region, names_id, pictures_of

if TYPE_CHECKING:
    from collections.abc import Iterator

CHALLENGES = (401, 407)
LEAST_BARE = 3  # persons whose numbers nothing names, on one way, before they are taken for such
LENGTHS = (15, 18)  # digits of numbers of the first and the second generation
_SAYS_LITTLE = ("heartbeat", "subscription")  # kinds of events
SOON = 30 * 1_000_000_000  # ns in which a challenged request comes again
_MESSAGE = [
    "message_id",
    "flow_id",
    "capture_id",
    "direction",
    "protocol",
    "host",
    "first_ts",
    "last_ts",
    "complete",
    "opened",
    "path",
]
_FLOW = ["flow_id", "client_ip", "server_ip", "server_port", "transport"]


class Record(NamedTuple):
    """One record with an identity number on its way."""

    message: dict[str, Any]  # with the ends of its flow
    sender: str
    receiver: str
    persons: frozenset[str]  # keyed hashes of the numbers
    named: bool  # a name stands beside it
    known: bool  # an entry of signatures/documents says that it is a person's number
    sound: bool  # of a region that is given out
    whole: bool
    objects: frozenset[str]  # the documents
    size: int
    images: frozenset[str]  # objects that are images of the record …
    elsewhere: frozenset[str]  # … and those of other messages that it names by their address
    bare: bool = False  # nothing names the number: it stands in a path, a cookie, a list
    chance: bool = False  # its check digit is right as if by chance, among wrong ones
    doubt: str = ""  # NOT_VALIDATED or NO_REGION, where that is true of all its numbers
    unsupported: bool = False  # not validated, and neither field, name, phone number nor face says that it is one
    phone: bool = False  # a phone number stands beside it
    face: bool = False  # an image with a face was sent with it

    @property
    def way(self) -> Way:
        """How it went."""
        row = self.message
        return Way(
            row["flow_id"], row["message_id"], row["capture_id"], self.sender, self.receiver,
            row["direction"] == "up", row["first_ts"] or 0,
        )  # fmt: skip

    @property
    def ways(self) -> list[Way]:
        """How each of its persons' numbers went."""
        return [self.way._replace(digest=int.from_bytes(one.encode())) for one in self.persons]


class Records(NamedTuple):
    """Records with an identity number, with their ways; those of a challenged request once."""

    sufficient: list[Record]  # it says what it is, or there are enough of them
    alone: list[Record]  # nothing names it: of fewer than LEAST_BARE persons on its way, or beside others not right


def records_of(tables: dict[str, pa.Table]) -> Records:
    """All records with an identity number, each once."""
    sufficient: list[Record] = []
    alone: list[Record] = []
    for record, enough in _records(tables):
        (sufficient if enough else alone).append(record)
    return Records(counted_once(sufficient, tables["messages"]), alone)


def counted_once(found: list[Record], messages: pa.Table) -> list[Record]:
    """Records but those of a request that was challenged (RFC 9110, 15.5.2) and came again within half a minute."""
    challenged = pc.is_in(messages["status"], pa.array(CHALLENGES, messages["status"].type))
    refused = messages.select(["request_id"]).filter(challenged)
    asked = set(refused["request_id"].to_pylist()) - {"", None}
    if not asked:
        return found
    times: dict[tuple[str, str, frozenset[str]], list[int]] = defaultdict(list)
    for one in found:
        if one.message["message_id"] not in asked:
            times[one.sender, one.receiver, one.persons].append(one.message["first_ts"] or 0)
    return [
        one
        for one in found
        if one.message["message_id"] not in asked
        or not any(
            0 <= at - (one.message["first_ts"] or 0) <= SOON for at in times[one.sender, one.receiver, one.persons]
        )
    ]


def _records(tables: dict[str, pa.Table]) -> Iterator[tuple[Record, bool]]:
    """Records with an identity number, and whether it says what it is, or enough persons' went the same way."""
    persons = tables.get("persons")
    if persons is None or not persons.num_rows:
        return
    wanted = pc.unique(persons["message_id"].filter(pc.equal(persons["kind"], "id_number")))
    if not len(wanted):
        return
    known = known_persons(tables.get("events"), wanted)
    named = _addressed(tables, persons)
    alone: dict[tuple[str, str], list[Record]] = defaultdict(list)
    series: list[Record] = []
    of_way: dict[tuple[str, str], set[str]] = defaultdict(set)  # persons of all records of a way
    for message, rows, objects in carried(tables, wanted):
        for record, others in _of_message(message, rows, objects, known, named):
            way = record.sender, record.receiver
            if (
                record.chance or record.unsupported or (record.bare and others)
            ):  # of a series of numbers some are right by chance
                series.append(record)
                continue
            of_way[way] |= record.persons
            if record.bare:
                alone[way].append(record)
            else:
                yield record, True
    for way, some in alone.items():
        for record in some:
            yield record, len(of_way[way]) >= LEAST_BARE
    for record in series:
        yield record, False


def carried(
    tables: dict[str, pa.Table], wanted: pa.Array
) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]], dict[str, dict[str, Any]]]]:
    """Some messages with persons: each with the ends of its flow, its rows of `persons`, and its objects by id.

    Objects have `image`, whether they are one, and `face`, whether one was seen in it.
    """
    messages = _by(_only(tables["messages"], "message_id", wanted).select(_MESSAGE), "message_id")
    flows, images = tables["flows"], tables["images"]
    flow_ids = pa.array(sorted({row["flow_id"] for row in messages.values()}), pa.string())
    ends = _by(_only(flows, "flow_id", flow_ids).select(_FLOW), "flow_id")
    objects: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    chosen = _only(tables["objects"], "message_id", wanted)
    faces = images["sha256"].filter(pc.equal(images["face"], "yes"))
    of_images, of_faces = (pc.is_in(chosen["sha256"], value_set=pc.unique(one)) for one in (images["sha256"], faces))
    chosen = chosen.select(["message_id", "object_id", "size", "complete", "unwrap_path"])
    for row in chosen.append_column("image", of_images).append_column("face", of_faces).to_pylist():
        objects[row["message_id"]][row["object_id"]] = row
    by_message: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in _only(tables["persons"], "message_id", wanted).to_pylist():
        by_message[row["message_id"]].append(row)
    for message_id, rows in sorted(by_message.items()):
        message = messages.get(message_id)
        if message is not None and (flow := ends.get(message["flow_id"])) is not None:
            yield message | flow, rows, objects[message_id]


def ways(message: dict[str, Any]) -> tuple[str, str]:
    """Sender and receiver of a message with the ends of its flow."""
    both = (message["client_ip"], message["server_ip"])
    return both if message["direction"] == "up" else both[::-1]


def _of_message(
    message: dict[str, Any],
    rows: list[dict[str, Any]],
    objects: dict[str, dict[str, Any]],
    known: set[str],
    named_by: dict[str, set[str]],
) -> Iterator[tuple[Record, bool]]:
    """Records of a message, and whether other numbers of only the right shape stand in them."""
    sender, receiver = ways(message)
    pictures = [row for row in objects.values() if row["image"]]
    found = grouped(rows)
    for place, own in found:
        beside = pictures_of(place, pictures, alone=len(found) == 1)
        right, called = numbers_of(own)
        numbers = right + called
        if not numbers:
            continue
        kinds = {row["kind"] for row in own}
        named = "name" in kinds
        is_known = any(f"{message['message_id']} {row['value_hmac']}" in known for row in own)
        bare = not (called or named or is_known or any(names_id(row["field"]) for row in right))
        others = any(row["kind"] == "id_number" and row["certainty"] == "shape" for row in own)
        supported = named or is_known or "phone" in kinds or any(row["face"] for row in beside)
        sound = any(known_region(row["value_masked"]) for row in right)
        documents = {row["object_id"] for row in numbers} - {""}
        images = [row for row in pictures if row["object_id"] in documents] or beside  # whose name has the number
        picture_rows = [
            row for row in own if row["kind"] == "picture" and (len(found) == 1 or is_of(place, row["field"]))
        ]
        record = Record(
            message,
            sender,
            receiver,
            frozenset(row["value_hmac"] for row in numbers),
            named,
            is_known,
            sound,
            bool(message["complete"]) and all(objects[one]["complete"] for one in documents if one in objects),
            frozenset(documents),
            sum(objects[one]["size"] for one in documents if one in objects),
            frozenset(row["object_id"] for row in images),
            frozenset(one for row in picture_rows for one in named_by.get(row["value_hmac"], ())),
            bare,
            bare and all(row["certainty"] == "chance" for row in numbers),
            "" if sound else NO_REGION if right else NOT_VALIDATED,
            not right and not _is_enough(called, supported=supported),
            "phone" in kinds,
            any(row["face"] for row in images),
        )
        yield record, others


def numbers_of(own: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return a record's identity numbers: those whose check digit is right, and others that their field calls so.

    The latter have the length of one, and are not validated.
    """
    numbers = [row for row in own if row["kind"] == "id_number"]
    right = [row for row in numbers if row["certainty"] in RIGHT]
    named = any(row["kind"] == "name" for row in own)
    return right, [
        row
        for row in numbers
        if row["certainty"] == "named"
        and len(row["value_masked"]) in LENGTHS
        and row["value_masked"][-1:].isalnum()  # not masked by its sender
        and (is_id_field(row["field"]) or (named and known_region(row["value_masked"])))
    ]


def is_record_of_numbers(own: list[dict[str, Any]]) -> bool:
    """Return whether the rows of a named person's record make it a finding by an identity number."""
    right, called = numbers_of(own)
    return bool(right) or _is_enough(called, supported=True)


def _is_enough(called: list[dict[str, Any]], *, supported: bool) -> bool:
    """Return whether numbers that are not validated are identity numbers by their field and what stands beside them."""
    return any(
        is_id_field(row["field"])
        and (supported or (len(row["value_masked"]) == max(LENGTHS) and known_region(row["value_masked"])))
        for row in called
    )


def _addressed(tables: dict[str, pa.Table], persons: pa.Table) -> dict[str, set[str]]:
    """Images, as objects, by the address under which they were sent or fetched, for those that records name.

    One image is sent and fetched under one address; of several it is not known which one is meant.
    """
    targets = tables.get("targets")
    named = pc.unique(persons["value_hmac"].filter(pc.equal(persons["kind"], "picture")))
    if targets is None or not len(named):
        return {}
    chosen = _only(targets, "picture_hmac", named)
    carried = _only(tables["objects"], "message_id", pc.unique(chosen["message_id"]))
    carried = _only(carried, "sha256", pc.unique(tables["images"]["sha256"]))
    by_message: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in carried.select(["message_id", "object_id", "sha256"]).to_pylist():
        by_message[row["message_id"]].append((row["object_id"], row["sha256"]))
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in chosen.to_pylist():
        found[row["picture_hmac"]].update(by_message[row["message_id"]])
    return {code: {one for one, _ in images} for code, images in found.items() if len({sha for _, sha in images}) == 1}


def known_persons(events: pa.Table | None, wanted: pa.Array) -> set[str]:
    """Message and keyed identity or phone number of persons that sourced entries read in some messages."""
    if events is None or not events.num_rows:
        return set()
    columns = ["message_id", "kind", "certainty", "id_number_hmac", "phone_hmac", "name_hmac", "recalled"]
    found: set[str] = set()
    for row in _only(events, "message_id", wanted).select(columns).to_pylist():
        if row["certainty"] not in DECIDING:
            continue
        if row["id_number_hmac"] and "person.id_number" not in (row["recalled"] or ()):
            found.add(f"{row['message_id']} {row['id_number_hmac']}")
        if row["phone_hmac"] and row["name_hmac"] and row["kind"] not in _SAYS_LITTLE:
            found.add(f"{row['message_id']} {row['phone_hmac']}")
    return found


def _only(table: pa.Table, column: str, values: pa.Array) -> pa.Table:
    return table.filter(pc.is_in(table[column], value_set=values))


def _by(table: pa.Table, key: str) -> dict[str, dict[str, Any]]:
    """Rows by a column, times as integers."""
    for place, one in enumerate(table.schema):
        if pa.types.is_timestamp(one.type):
            table = table.set_column(place, one.name, table.column(place).cast(pa.int64()))
    return {row[key]: row for row in table.to_pylist()}

"""Identity data on its way: records with a resident identity number, who sent them, to whom, and how sure that is.

A  the number has the right check digit, a region and a date of birth, its field is called so, or a document that
   netaudit knows says so, or a name stands beside it; and its message was recovered whole
B  the same, but the message is damaged or incomplete, or the region is none that is given out

A name or a phone number alone is no ground, nor is what a visitor's own phone sends, nor one person's number that
somebody types into a form of a web site: such things stay in `persons` and `events`. What comes from outside is judged
only where a person comes back who was sent there, or where a signature names the sender as a back end of such systems:
person records beside a picture, or a path, are no proof.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.findings.acts import MOVED, RETRIEVED, UPLOADED
from netaudit.findings.from_persons import grouped, is_of, known_region, names_id, pictures_of
from netaudit.findings.roles import PERSONAL_DEVICE, VIEWER, Actors
from netaudit.findings.uploads import Scope, display_filter, finding_id
from netaudit.signatures.loading import DECIDING

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

RULE = "identity-in-clear/1"
BACK_ENDS = frozenset({"sales_platform", "face_api"})  # classes of services whose answers are judged by themselves
_TOLD = (
    "sent with an identity number beside",
    "whose address a record with an identity number names",
    "of these with a name",
)
MOST_HOSTS = 3  # named in a reason
CHALLENGES = (401, 407)
SOON = 30 * 1_000_000_000  # ns in which a challenged request comes again
OWN = 1  # persons whose number a browser sent to one receiver: may be its user
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


@dataclass(slots=True)
class Group:
    """Records of one grade, act, sender and receiver."""

    records: list[Record] = field(default_factory=list)

    @property
    def persons(self) -> set[str]:
        """Keyed hashes of the numbers."""
        return {one for record in self.records for one in record.persons}


Groups = dict[tuple[str, str, str, str], Group]


def identity_groups(tables: dict[str, pa.Table], scope: Scope, actors: Actors) -> Groups:
    """What is a finding, by certainty, act, sender and receiver."""
    found = _counted_once(list(_records(tables)), tables["messages"])
    back_ends = back_ends_of(tables.get("endpoints"))
    pushed = _pushed(found, scope, actors)
    own = _own(found, actors, back_ends)
    groups: Groups = defaultdict(Group)
    for record in found:
        act = _act(record, scope, pushed, back_ends)
        if not act:
            continue
        acting = record.receiver if act == RETRIEVED else record.sender
        if actors.role(acting, record.message["flow_id"])[0] == PERSONAL_DEVICE:
            continue
        if (record.sender, record.receiver) in own and not record.known and not record.images:
            continue
        grade = "A" if record.sound and record.whole else "B"
        groups[grade, act, record.sender, record.receiver].records.append(record)
    return groups


def _counted_once(found: list[Record], messages: pa.Table) -> list[Record]:
    """Records but those of a request that was challenged (RFC 9110, 15.5.2) and came again within half a minute."""
    refused = messages.filter(pc.is_in(messages["status"], pa.array(CHALLENGES, messages["status"].type)))
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


def back_ends_of(endpoints: pa.Table | None) -> set[str]:
    """Addresses that a signature names as the back end of a system for faces or sales offices."""
    if endpoints is None:
        return set()
    chosen = endpoints.filter(pc.is_in(endpoints["service_class"], pa.array(sorted(BACK_ENDS))))
    return set(chosen["ip"].to_pylist())


def _act(record: Record, scope: Scope, pushed: AbstractSet[str], back_ends: AbstractSet[str]) -> str:
    way = scope(record.sender), scope(record.receiver)
    if way == ("inside", "outside"):
        return UPLOADED
    if way == ("inside", "inside"):
        return MOVED
    if way == ("outside", "inside") and (record.persons & pushed or record.sender in back_ends):
        return RETRIEVED
    return ""


def _pushed(found: Iterable[Record], scope: Scope, actors: Actors) -> set[str]:
    """Persons whose number devices of the site, not visitors' own, sent outside."""
    return {
        person
        for record in found
        if (scope(record.sender), scope(record.receiver)) == ("inside", "outside")
        and actors.role(record.sender, record.message["flow_id"])[0] not in {PERSONAL_DEVICE, VIEWER}
        for person in record.persons
    }


def _own(found: Iterable[Record], actors: Actors, back_ends: AbstractSet[str]) -> set[tuple[str, str]]:
    """Ways on which a browser sent the number of one person only, to nobody whom a signature names."""
    persons: dict[tuple[str, str], set[str]] = defaultdict(set)
    for record in found:
        persons[record.sender, record.receiver] |= record.persons
    return {
        (sender, receiver)
        for (sender, receiver), sent in persons.items()
        if len(sent) <= OWN and receiver not in back_ends and actors.role(sender)[0] == VIEWER
    }


def _records(tables: dict[str, pa.Table]) -> Iterator[Record]:
    """Records with an identity number that says what it is, with their ways."""
    persons = tables.get("persons")
    if persons is None or not persons.num_rows:
        return
    checked = pc.and_(pc.equal(persons["kind"], "id_number"), pc.equal(persons["certainty"], "checked"))
    wanted = pc.unique(persons["message_id"].filter(checked))
    if not len(wanted):
        return
    messages = _by(_only(tables["messages"], "message_id", wanted).select(_MESSAGE), "message_id")
    flows = tables["flows"]
    flow_ids = pa.array(sorted({row["flow_id"] for row in messages.values()}), pa.string())
    ends = _by(_only(flows, "flow_id", flow_ids).select(_FLOW), "flow_id")
    objects: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    chosen = _only(tables["objects"], "message_id", wanted)
    shown = pc.is_in(chosen["sha256"], value_set=pc.unique(tables["images"]["sha256"]))
    chosen = chosen.select(["message_id", "object_id", "size", "complete", "unwrap_path"]).append_column("image", shown)
    for row in chosen.to_pylist():
        objects[row["message_id"]][row["object_id"]] = row
    known = _known(tables.get("events"), wanted)
    named = _addressed(tables, persons)
    by_message: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in _only(persons, "message_id", wanted).to_pylist():
        by_message[row["message_id"]].append(row)
    for message_id, rows in sorted(by_message.items()):
        message = messages.get(message_id)
        if message is not None and (flow := ends.get(message["flow_id"])) is not None:
            yield from _of_message(message | flow, rows, objects[message_id], known, named)


def _of_message(
    message: dict[str, Any],
    rows: list[dict[str, Any]],
    objects: dict[str, dict[str, Any]],
    known: set[str],
    named_by: dict[str, set[str]],
) -> Iterator[Record]:
    up = message["direction"] == "up"
    ways = (message["client_ip"], message["server_ip"])
    sender, receiver = ways if up else ways[::-1]
    pictures = [row for row in objects.values() if row["image"]]
    found = grouped(rows)
    for place, own in found:
        numbers = [row for row in own if row["kind"] == "id_number" and row["certainty"] == "checked"]
        named = any(row["kind"] == "name" for row in own)
        told = any(f"{message['message_id']} {row['value_hmac']}" in known for row in numbers)
        if not numbers or not (named or told or any(names_id(row["field"]) for row in numbers)):
            continue
        documents = {row["object_id"] for row in numbers} - {""}
        alone = len(found) == 1
        images = [row for row in pictures if row["object_id"] in documents]  # whose name has the number
        images = images or pictures_of(place, pictures, alone=alone)
        said = [row for row in own if row["kind"] == "picture" and (alone or is_of(place, row["field"]))]
        yield Record(
            message,
            sender,
            receiver,
            frozenset(row["value_hmac"] for row in numbers),
            named,
            told,
            any(known_region(row["value_masked"]) for row in numbers),
            bool(message["complete"]) and all(objects[one]["complete"] for one in documents if one in objects),
            frozenset(documents),
            sum(objects[one]["size"] for one in documents if one in objects),
            frozenset(row["object_id"] for row in images),
            frozenset(one for row in said for one in named_by.get(row["value_hmac"], ())),
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


def _known(events: pa.Table | None, wanted: pa.Array) -> set[str]:
    """Message and keyed number of events of sourced entries."""
    if events is None or not events.num_rows:
        return set()
    rows = _only(events, "message_id", wanted).select(["message_id", "certainty", "id_number_hmac", "recalled"])
    return {
        f"{row['message_id']} {row['id_number_hmac']}"
        for row in rows.to_pylist()
        if row["id_number_hmac"] and row["certainty"] in DECIDING and "person.id_number" not in (row["recalled"] or ())
    }


def with_identity(found: list[dict[str, Any]], groups: Groups, actors: Actors) -> list[dict[str, Any]]:
    """Findings on images with the records that went the same way, and the records without images as findings."""
    by_way = {(one["certainty"], one["act"], one["sender"], one["receiver"]): one for one in found}
    records = [record for group in groups.values() for record in group.records]
    beside = {image for record in records for image in record.images}
    elsewhere = {image for record in records for image in record.elsewhere} - beside
    named = {image for record in records if record.named for image in record.images | record.elsewhere}
    for one in found:
        one["with_identity"] = len((beside | elsewhere).intersection(one["object_ids"])) if one["images"] else 0
    for key, group in sorted(groups.items()):
        if key in by_way and by_way[key]["images"]:
            _add(by_way[key], group)
        else:
            found.append(_finding(*key, group, actors))
    for one in found:
        if one.get("with_identity"):
            counts = [len(images.intersection(one["object_ids"])) for images in (beside, elsewhere, named)]
            told = zip(_TOLD, counts, strict=True)
            one["reason"] += "".join(f"; {words}: {count}" for words, count in told if count)
    return found


def _add(finding: dict[str, Any], group: Group) -> None:
    """One story: images and the records that went with them."""
    told = _figures(group)
    for name in ("flow_ids", "capture_ids", "opened"):
        told[name] = sorted({*finding[name], *told[name]})
    finding["first_ts"] = min(finding["first_ts"], told.pop("first_ts"))
    finding["last_ts"] = max(finding["last_ts"], told.pop("last_ts"))
    told.pop("bytes")  # its images are in these documents, most often
    clauses = dict.fromkeys([*finding["display_filter"].split(" || "), *told.pop("display_filter").split(" || ")])
    finding |= told | {"display_filter": " || ".join(clause for clause in clauses if clause)}
    finding["rule"] += f" {RULE}"
    finding["reason"] += f"; {_said(group)}"


def _finding(grade: str, act: str, sender: str, receiver: str, group: Group, actors: Actors) -> dict[str, Any]:
    acting, far = (receiver, sender) if act == RETRIEVED else (sender, receiver)
    kind, why = actors.role(acting, group.records[0].message["flow_id"])
    return {
        "finding_id": finding_id(grade, act, sender, receiver),
        "certainty": grade,
        "act": act,
        "sender": sender,
        "sender_role": kind,
        "role_reason": why,
        "receiver": receiver,
        "endpoint_id": far,
        "images": 0,
        "distinct_images": 0,
        "with_identity": 0,
        "object_ids": [],
        "rule": RULE,
        "reason": _said(group),
    } | _figures(group)


def _figures(group: Group) -> dict[str, Any]:
    messages = {record.message["message_id"]: record.message for record in group.records}
    told = messages.values()
    sizes = {one: record.size for record in group.records for one in [min(record.objects, default="")]}
    return {
        "records": len(group.records),
        "persons": len(group.persons),
        "person_hmacs": sorted(group.persons),
        "transfers": len(messages),
        "bytes": sum(sizes.values()),
        "first_ts": min(row["first_ts"] or 0 for row in told),
        "last_ts": max(row["last_ts"] or 0 for row in told),
        "capture_ids": sorted({row["capture_id"] for row in told}),
        "document_ids": sorted({one for record in group.records for one in record.objects}),
        "flow_ids": sorted({row["flow_id"] for row in told}),
        "opened": sorted({row["opened"] for row in told if row["opened"]}),
        "display_filter": display_filter(
            {(row["client_ip"], row["server_ip"], row["transport"], row["server_port"]) for row in told}
        ),
    }


def _said(group: Group) -> str:
    """Clauses that the report has words for in both languages (`phrase` in its texts)."""
    named = sum(record.named for record in group.records)
    odd = sum(not record.sound for record in group.records)
    broken = sum(not record.whole for record in group.records)
    hosts = sorted({record.message["host"] for record in group.records if record.message["host"]})[:MOST_HOSTS]
    opened = sum(bool(record.message["opened"]) for record in group.records)
    told = [f"records with an identity number: {len(group.records)}, distinct numbers: {len(group.persons)}"]
    told[0] += f", for {', '.join(hosts)}" if hosts else ""
    told += [f"sent encrypted and opened with keys: {opened}"] if opened else []
    told += [f"a name beside the number: {named}"] if named else []
    told += [f"not recovered whole: {broken}"] if broken else []
    told += [f"of a region that is not given out: {odd}"] if odd else []
    return "; ".join(told)


def _only(table: pa.Table, column: str, values: pa.Array) -> pa.Table:
    return table.filter(pc.is_in(table[column], value_set=values))


def _by(table: pa.Table, key: str) -> dict[str, dict[str, Any]]:
    """Rows by a column, times as integers."""
    for place, one in enumerate(table.schema):
        if pa.types.is_timestamp(one.type):
            table = table.set_column(place, one.name, table.column(place).cast(pa.int64()))
    return {row[key]: row for row in table.to_pylist()}


__all__ = ["BACK_ENDS", "Group", "Record", "back_ends_of", "identity_groups", "with_identity"]

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

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.findings.acts import MOVED, RETRIEVED, UPLOADED
from netaudit.findings.apart import NOBODYS, RECORDS
from netaudit.findings.bearing import OWN_DEVICE, lessened, nobodys, said
from netaudit.findings.identity_records import Record, records_of
from netaudit.findings.roles import PERSONAL_DEVICE, VIEWER, Actors
from netaudit.findings.uploads import Scope, display_filter, finding_id

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from netaudit.findings.apart import Apart
    from netaudit.findings.bearing import Bearing
    from netaudit.findings.receivers import Receivers

RULE = "identity-in-clear/1"
BACK_ENDS = frozenset({"sales_platform", "face_api"})  # classes of services whose answers are judged by themselves
_TOLD = (
    "sent with an identity number beside",
    "whose address a record with an identity number names",
    "of these with a name",
)
OWN = 1  # persons whose number a browser sent to one receiver: may be its user


@dataclass(slots=True)
class Group:
    """Records of one grade, act, sender and receiver."""

    records: list[Record] = field(default_factory=list)
    doubts: Counter[str] = field(default_factory=Counter)

    @property
    def persons(self) -> set[str]:
        """Keyed hashes of the numbers."""
        return {one for record in self.records for one in record.persons}


Groups = dict[tuple[str, ...], Group]  # by certainty, act, sender and receiver


def identity_groups(
    found: list[Record], scope: Scope, actors: Actors, bearing: Bearing, back_ends: AbstractSet[str], apart: Apart
) -> Groups:
    """What is a finding, by certainty, act, sender and receiver."""
    pushed = _pushed(found, scope, actors)
    own = _own(found, actors, back_ends)
    groups: Groups = defaultdict(Group)
    for record in found:
        act = _act(record, scope, pushed, back_ends)
        if not act:
            continue
        acting = record.receiver if act == RETRIEVED else record.sender
        flow = record.message["flow_id"]
        if actors.role(acting, flow)[0] == PERSONAL_DEVICE and not actors.ends.disputed(acting, flow):
            if act == UPLOADED:
                apart.note(actors.ends.device(acting, flow), RECORDS, record.size)
            continue
        if (record.sender, record.receiver) in own and not record.known and not record.images:
            continue
        doubts = bearing.doubts(record.way)
        if nobodys(doubts):
            apart.note(actors.ends.named(record.sender, flow), NOBODYS, record.size)
            continue
        if actors.undecided(acting, flow):
            doubts |= {OWN_DEVICE}
        grade = "A" if record.sound and record.whole and not lessened(doubts) else "B"
        group = groups[(grade, act, *(actors.ends.named(ip, flow) for ip in (record.sender, record.receiver)))]
        group.records.append(record)
        group.doubts.update(doubts)
    return groups


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


def with_identity(
    found: list[dict[str, Any]], groups: Groups, actors: Actors, receivers: Receivers
) -> list[dict[str, Any]]:
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
            _add(by_way[key], group, receivers)
        else:
            found.append(_finding(key, group, actors, receivers))
    for one in found:
        if one.get("with_identity"):
            counts = [len(images.intersection(one["object_ids"])) for images in (beside, elsewhere, named)]
            told = zip(_TOLD, counts, strict=True)
            one["reason"] += "".join(f"; {words}: {count}" for words, count in told if count)
    return found


def _add(finding: dict[str, Any], group: Group, receivers: Receivers) -> None:
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
    finding["reason"] += f"; {_said(group, receivers)}"
    finding["doubts"] = sorted({*finding["doubts"], *group.doubts})


def _finding(key: tuple[str, ...], group: Group, actors: Actors, receivers: Receivers) -> dict[str, Any]:
    grade, act, sender, receiver, *_ = key
    acting, far = (receiver, sender) if act == RETRIEVED else (sender, receiver)
    kind, why = actors.role(acting, group.records[0].message["flow_id"])
    return {
        "finding_id": finding_id(*key),
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
        "reason": _said(group, receivers),
        "doubts": sorted(group.doubts),
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


def _said(group: Group, receivers: Receivers) -> str:
    """Clauses that the report has words for in both languages (`phrase` in its texts)."""
    named = sum(record.named for record in group.records)
    odd = sum(not record.sound for record in group.records)
    broken = sum(not record.whole for record in group.records)
    rows = [record.message for record in group.records]
    named_, against = receivers.told((row["client_ip"], row["server_ip"], row["flow_id"], row["host"]) for row in rows)
    opened = sum(bool(record.message["opened"]) for record in group.records)
    told = [f"records with an identity number: {len(group.records)}, distinct numbers: {len(group.persons)}"]
    told[0] += named_
    told += [f"sent encrypted and opened with keys: {opened}"] if opened else []
    told += [f"a name beside the number: {named}"] if named else []
    told += [f"not recovered whole: {broken}"] if broken else []
    told += [f"of a region that is not given out: {odd}"] if odd else []
    return "; ".join(told) + against + said(group.doubts)


__all__ = ["BACK_ENDS", "Group", "Record", "back_ends_of", "identity_groups", "records_of", "with_identity"]

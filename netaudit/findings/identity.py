"""Identity data on its way: records with a resident identity number, who sent them, to whom, and how sure that is.

A  the number has the right check digit, a region and a date of birth, its field is called so, or a document that
   netaudit knows says so, or a name stands beside it; and its message was recovered whole
B  the same, but the message is damaged or incomplete, the number's region is not assigned, or its field calls it an
   identity number and its check digit is wrong or missing ("number not validated")

A name or a phone number alone is no ground, nor is what a visitor's own phone sends, nor one person's number that
somebody types into a form of a web site: such things stay in `persons` and `events`. What comes from outside is judged
only where a person comes back who was sent there, or where a signature names the sender as a back end of such systems:
person records beside a picture, or a path, are no proof.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.contracts.reasons import counted, reason
from netaudit.findings.acts import ABROAD, Move, act, is_one_of, sent_outside
from netaudit.findings.apart import CHANCE, NOBODYS, NUMBERS, OWNS, RECORDS, UNCHECKED
from netaudit.findings.bearing import BARE, FROM_OUTSIDE, OWN_DEVICE, lessened, nobodys, said
from netaudit.findings.conditions import COMPLETED, Status, Sum
from netaudit.findings.finding import Finding, display_filter, way_of
from netaudit.findings.identity_records import Record, records_of
from netaudit.findings.roles import PERSONAL_DEVICE, VIEWER, Actors
from netaudit.findings.uploads import SEEN, Scope, may_browse, outcome_key
from netaudit.findings.vocabulary import (
    IDENTITY_IN_CLEAR,
    KINDS,
    PERSON_IN_CLEAR,
    TEMPLATE_IN_CLEAR,
    UPLOADED,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from collections.abc import Set as AbstractSet

    from netaudit.findings.apart import Apart
    from netaudit.findings.bearing import Bearing
    from netaudit.findings.receivers import Receivers
    from netaudit.findings.vocabulary import Kind, Rule

BACK_ENDS = frozenset({"sales_platform", "face_api"})  # classes of services whose answers are judged by themselves
_TOLD = ("beside", "elsewhere", "beside_name")  # reasons, of images
OWN = 1  # persons whose number a browser sent to one receiver: may be its user


@dataclass(slots=True)
class Group:
    """Records of one grade, act, sender and receiver."""

    records: list[Record] = field(default_factory=list)
    doubts: Counter[str] = field(default_factory=Counter)
    outcomes: Sum = field(default_factory=Sum)

    @property
    def persons(self) -> set[str]:
        """Keyed hashes of the numbers."""
        return {one for record in self.records for one in record.persons}


class Saying(NamedTuple):
    """How a finding on records of one rule is told: codes of reasons, and its figures."""

    alone: str  # what there is, where the receiver has no name
    for_hosts: str  # where it has one
    odd: str  # records that are not sound; "" where that is said already
    named: bool  # whether a name beside them is worth a word
    figures: Callable[[Group], dict[str, Any]]  # columns of `findings`


def _identity(group: Group) -> dict[str, Any]:
    return {"records": len(group.records)} | _people(group)


def _templates(group: Group) -> dict[str, Any]:
    return {"templates": len(group.persons), "person_hmacs": sorted(group.persons)}


def _contacts(group: Group) -> dict[str, Any]:
    return {"contacts": len(group.records)} | _people(group)


def _people(group: Group) -> dict[str, Any]:
    return {
        "persons": len(group.persons),
        "person_hmacs": sorted(group.persons),
        "records_named": sum(record.named for record in group.records),
        "records_with_phone": sum(record.phone for record in group.records),
        "records_with_face": sum(record.face for record in group.records),
    }


SAYINGS = {
    IDENTITY_IN_CLEAR: Saying("records", "records_for", "", True, _identity),
    TEMPLATE_IN_CLEAR: Saying("templates", "templates_for", "templates_beside", False, _templates),
    PERSON_IN_CLEAR: Saying("contacts", "contacts_for", "", False, _contacts),
}


def saying_of(rule: Rule) -> Saying:
    """How findings of a rule are told. Raises ValueError for one of which nobody said it."""
    if rule not in SAYINGS:
        raise ValueError(f"nothing says what records of {rule.name} are counted as (SAYINGS of identity.py)")
    return SAYINGS[rule]


Groups = dict[tuple[str, ...], Group]  # by certainty, act, sender and receiver


def identity_groups(
    found: list[Record], scope: Scope, actors: Actors, bearing: Bearing, back_ends: AbstractSet[str], apart: Apart
) -> Groups:
    """What is a finding, by certainty, act, sender and receiver."""
    back = [record for record in found if _came_from_outside(record, bearing, actors)]
    ids = {id(record) for record in back}
    sent = sent_outside(
        (_move(record) for record in found if id(record) not in ids), scope, actors, but={PERSONAL_DEVICE, VIEWER}
    )
    own = _own(found, actors, back_ends)
    groups: Groups = defaultdict(Group)
    for record in found:
        collected = record.sender in back_ends or not sent.what.keys().isdisjoint(record.persons)
        up = record.message["direction"] == "up"
        done = act("", scope(record.sender), scope(record.receiver), collected=collected, pushed=up)
        if done is None:
            continue
        acting, flow = done.acting(record.sender, record.receiver), record.message["flow_id"]
        if is_one_of({PERSONAL_DEVICE}, actors, acting, flow):
            if done == UPLOADED:
                apart.note(actors.ends.device(acting, flow), RECORDS, record.size)
            continue
        if (record.sender, record.receiver) in own and not record.known and not record.images:
            apart.note(actors.ends.device(acting, flow), OWNS, record.size)
            continue
        doubts = bearing.doubts(record.way)
        if id(record) in ids:
            doubts |= {FROM_OUTSIDE}
        if nobodys(doubts):
            apart.note(actors.ends.named(record.sender, flow, scope(record.sender)), NOBODYS, record.size)
            continue
        if actors.undecided(acting, flow):
            doubts |= {OWN_DEVICE}
        doubts |= {doubt for doubt in (record.doubt, BARE if record.bare else "") if doubt}
        grade = "A" if record.sound and record.whole and not lessened(doubts) else "B"
        ends = (actors.ends.named(ip, flow, scope(ip)) for ip in (record.sender, record.receiver))
        status = Status()
        if scope(record.receiver) == "outside":
            named = actors.ends.named(record.sender, flow, "inside")
            browser = may_browse(actors, record.sender, flow)
            source = next(map(bearing.source_of, record.ways), "") if id(record) in ids else ""
            status = bearing.status(record.way, doubts, named, browser=browser, source=source)
        group = groups[(grade, done.name, *ends, *outcome_key(status))]
        group.records.append(record)
        group.outcomes.add(status)
        group.doubts.update(doubts)
    return groups


def note_arrivals(found: Iterable[Record], bearing: Bearing, scope: Scope) -> None:
    """Note which persons' numbers came from outside: a page that is told to sends them on."""
    for record in found:
        if (scope(record.sender), scope(record.receiver)) == ABROAD[::-1]:
            for way in record.ways:
                bearing.note_arrival(way)


def _came_from_outside(record: Record, bearing: Bearing, actors: Actors) -> bool:
    """Whether all its numbers had just come to its sender from outside, and went where pages and redirections put them.

    A device that got a list and then sends documents of its own sends its own.
    """
    follows = not record.objects or actors.role(record.sender)[0] == VIEWER
    return follows and all(bearing.came_from_outside(way) for way in record.ways)


def note_alone(alone: list[Record], told: list[Record], scope: Scope, actors: Actors, apart: Apart) -> None:
    """Count the numbers that left though nothing names them, each once of its sender; but those told on their way."""
    ways: dict[tuple[str, str], set[str]] = defaultdict(set)
    for record in told:
        ways[record.sender, record.receiver] |= record.persons
    counted: dict[str, set[str]] = defaultdict(set)
    for record in alone:
        if (scope(record.sender), scope(record.receiver)) == ABROAD:
            sender = actors.ends.named(record.sender, record.message["flow_id"], scope(record.sender))
            new = record.persons - ways[record.sender, record.receiver] - counted[sender]
            counted[sender] |= new
            if new:
                what = UNCHECKED if record.unsupported else CHANCE if record.chance else NUMBERS
                apart.note(sender, what, record.size, len(new))


def back_ends_of(endpoints: pa.Table | None) -> set[str]:
    """Addresses that a signature names as the back end of a system for faces or sales offices."""
    if endpoints is None:
        return set()
    chosen = endpoints.filter(pc.is_in(endpoints["service_class"], pa.array(sorted(BACK_ENDS))))
    return set(chosen["ip"].to_pylist())


def _move(record: Record) -> Move:
    row = record.message
    return Move(record.sender, record.receiver, "", row["flow_id"], False, row["first_ts"] or 0, record.persons)


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


def with_identity(found: list[Finding], groups: Groups, actors: Actors, receivers: Receivers) -> list[Finding]:
    """Findings on images with the records that went the same way, and the records without images as findings."""
    by_way = {one.key: one for one in found}
    records = [record for group in groups.values() for record in group.records]
    beside = {image for record in records for image in record.images}
    elsewhere = {image for record in records for image in record.elsewhere} - beside
    named = {image for record in records if record.named for image in record.images | record.elsewhere}
    for one in found:
        one.with_identity = len(beside.intersection(one.object_ids)) if one.images else 0
    for key, group in sorted(groups.items()):
        if key in by_way and by_way[key].images:
            _add(by_way[key], group, receivers)
        else:
            found.append(_finding(key, group, actors, receivers, SEEN[key[1]]))
    for one in found:
        if one.images:
            counts = [len(images.intersection(one.object_ids)) for images in (beside, elsewhere, named)]
            one.reasons += [counted(code, count) for code, count in zip(_TOLD, counts, strict=True) if count]
    return found


def findings_of(groups: Groups, rule: Rule, actors: Actors, receivers: Receivers) -> list[Finding]:
    """Findings on records of another rule: templates, or names with phone numbers."""
    kinds = {kind.act.name: kind for kind in KINDS if rule in kind.rules}
    return [
        _finding((*key, rule.name), group, actors, receivers, kinds[key[1]], rule)
        for key, group in sorted(groups.items())
    ]


def _add(finding: Finding, group: Group, receivers: Receivers) -> None:
    """One story: images and the records that went with them."""
    told = _figures(group, IDENTITY_IN_CLEAR)
    for name in ("flow_ids", "capture_ids", "opened"):
        told[name] = sorted({*getattr(finding, name), *told[name]})
    told["first_ts"] = min(finding.first_ts or 0, told["first_ts"])
    told["last_ts"] = max(finding.last_ts or 0, told["last_ts"])
    told.pop("bytes")  # its images are in these documents, most often
    clauses = dict.fromkeys([*finding.display_filter.split(" || "), *told.pop("display_filter").split(" || ")])
    told["display_filter"] = " || ".join(clause for clause in clauses if clause)
    for name, value in told.items():
        setattr(finding, name, value)
    finding.rules.append(IDENTITY_IN_CLEAR)
    finding.reasons += _said(group, receivers)
    finding.doubts = sorted({*finding.doubts, *group.doubts})


def _finding(
    key: tuple[str, ...], group: Group, actors: Actors, receivers: Receivers, kind: Kind, rule: Rule = IDENTITY_IN_CLEAR
) -> Finding:
    grade, _, sender, receiver, *more = key
    return Finding(
        kind=kind,
        certainty=grade,
        sender=sender,
        receiver=receiver,
        role=actors.role(kind.act.acting(sender, receiver), group.records[0].message["flow_id"]),
        rules=[rule],
        key=key,
        reasons=_said(group, receivers, rule),
        doubts=sorted(group.doubts),
        **group.outcomes.columns(next((one for one in more if one != rule.name), COMPLETED)),
        **_figures(group, rule),
    )


def _figures(group: Group, rule: Rule) -> dict[str, Any]:
    messages = {record.message["message_id"]: record.message for record in group.records}
    told = messages.values()
    sizes = {one: record.size for record in group.records for one in [min(record.objects, default="")]}
    return saying_of(rule).figures(group) | {
        "transfers": len(messages),
        "bytes": sum(sizes.values()),
        "first_ts": min(row["first_ts"] or 0 for row in told),
        "last_ts": max(row["last_ts"] or 0 for row in told),
        "capture_ids": sorted({row["capture_id"] for row in told}),
        "document_ids": sorted({one for record in group.records for one in record.objects}),
        "flow_ids": sorted({row["flow_id"] for row in told}),
        "opened": sorted({row["opened"] for row in told if row["opened"]}),
        "display_filter": display_filter(map(way_of, told)),
    }


def _said(group: Group, receivers: Receivers, rule: Rule = IDENTITY_IN_CLEAR) -> list[str]:
    """What there is of such records, as reasons."""
    named = sum(record.named for record in group.records)
    odd = sum(not record.sound for record in group.records)
    broken = sum(not record.whole for record in group.records)
    rows = [record.message for record in group.records]
    hosts, against = receivers.told(
        (
            row["client_ip"],
            row["server_ip"],
            row["flow_id"],
            row["host"],
            row["first_ts"] or 0,
            row["direction"] == "up",
        )
        for row in rows
    )
    saying = saying_of(rule)
    figures = {"n": len(group.records), "m": len(group.persons)}
    counts = {
        "records_opened": sum(bool(record.message["opened"]) for record in group.records),
        "records_named": named if saying.named else 0,
        "records_broken": broken,
        saying.odd: odd if saying.odd else 0,
    }
    return [
        reason(saying.for_hosts, **figures, hosts=hosts) if hosts else reason(saying.alone, **figures),
        *(counted(code, count) for code, count in counts.items() if count),
        *against,
        *said(group.doubts),
    ]


__all__ = [
    "BACK_ENDS",
    "Group",
    "Record",
    "back_ends_of",
    "findings_of",
    "identity_groups",
    "note_alone",
    "records_of",
    "with_identity",
]

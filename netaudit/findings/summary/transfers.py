"""Transfers of a case: rows of `findings` joined by device and content.

Transfers whose doubts change what they are (the server refused, nothing answered, the device returned what an outside
host had just sent) are kept apart from the others, image by image where a row says how many.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from netaudit.core.contracts.answers import BROKEN_OFF, IN_FIELD, LOGIN, UNACKNOWLEDGED
from netaudit.core.contracts.answers import REFUSED as IN_BODY
from netaudit.core.contracts.reasons import JOIN, Reason, parsed
from netaudit.core.masking.mask import mask, visible
from netaudit.findings import bearing
from netaudit.findings.conditions import COMPLETED
from netaudit.findings.people_counted import Identities
from netaudit.findings.relayed import together_tests
from netaudit.findings.summary.model import (
    CAUSED,
    DISPUTED,
    ENCRYPTED,
    IDENTITY,
    IMAGES,
    REFUSED,
    RETURNED,
    TEMPLATES,
    UNANSWERED,
    VIDEO,
    Party,
    Transfer,
)
from netaudit.findings.summary.parties import LONGEST_HOST
from netaudit.findings.summary.reading import having, rows
from netaudit.findings.vocabulary import ACT, ACTS, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netaudit.findings.summary.parties import Parties
    from netaudit.findings.summary.reading import Row, Source

CHANGING = {  # of findings without an outcome (earlier versions): doubts that change what a transfer is, gravest first
    RETURNED: (bearing.FROM_OUTSIDE, bearing.TURNED_BACK),
    REFUSED: (
        bearing.REFUSED, bearing.TURNED_DOWN, bearing.REDIRECTED, bearing.CLOSED, IN_BODY, IN_FIELD, LOGIN, BROKEN_OFF,
    ),
    UNANSWERED: (bearing.UNANSWERED, UNACKNOWLEDGED),
}  # fmt: skip
DISPUTING = (bearing.OTHER_LINK, bearing.STRANGER, bearing.STRANGE_ANSWER, bearing.BRIDGED, bearing.OWN_DEVICE)
UNCERTAIN = {  # why a transfer is B: the doubt or the code of a reason, and the word for it
    **dict.fromkeys(DISPUTING, "disputed"),
    bearing.DATAGRAMS: "unacknowledged",
    bearing.TAIL: "unacknowledged",
    bearing.SHORT: "unacknowledged",
    bearing.ONE_WAY: "one_way",
    bearing.NO_LINK: "no_link",
    bearing.CONFLICT: "conflict",
    bearing.SUMS: "conflict",
    bearing.FAINT: "faint",
    bearing.UNDONE: "undone",
    bearing.BARE: "bare",
    bearing.NOT_VALIDATED: "number",
    bearing.NO_REGION: "region",
}
BY_REASON = {"records_broken": "incomplete"}
HOSTS = ("hosts",)  # arguments of reasons that name whom a transfer was for
GRADES = "ABCD"
FIELDS = ("name", "id_number", "phone", "address", "birthday")  # kinds of persons that sentences name
Key = tuple[str, str, str, str, frozenset[str], str]  # act, content, doubt, device, kinds of identity data, finding
OUTCOMES = frozenset({RETURNED, REFUSED, UNANSWERED, CAUSED, DISPUTED})  # that change what a transfer is
MATCHED, CORRELATED = "matched", "correlated"  # encrypted uploads that fit images, and that correlate with them
CORRELATING = frozenset({"together", "following"})  # kinds of findings


@dataclass(slots=True)
class _Group:
    """Rows of one device, act, content and doubt."""

    device: Party
    others: dict[str, Party] = field(default_factory=dict)
    per_other: Counter[str] = field(default_factory=Counter)
    grades: Counter[str] = field(default_factory=Counter)
    objects: set[str] = field(default_factory=set)
    reasons: dict[str, None] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    count: int = 0


def transfers(case: Source, parties: Parties, *, each: bool = False, only: str = "") -> list[Transfer]:
    """Return the transfers of the findings of a case, gravest first.

    Rows of one device and content are joined, unless `each` asks for one transfer a row; `only`: of one finding.
    """
    groups: dict[Key, _Group] = {}
    findings = rows(having(case.table("findings"), "finding_id", [only]) if only else case.table("findings"))
    fields = _fields(case, findings)
    for row in findings:
        for content, count in _contents(row):
            for doubt, part in _by_doubt(row, content, count):
                _add(groups, row, content, doubt, part, parties, fields, row["finding_id"] if each else "")
    digests = _digests(case, (one for group in groups.values() for one in group.objects))
    tests, uploads, identities = _correlations(case), uploads_of(case), Identities(case.table("persons"))
    made = [_transfer(key, group, digests, tests, uploads, identities) for key, group in groups.items()]
    return sorted(made, key=_rank)


def _contents(row: Row) -> list[tuple[str, int]]:
    """Return the kinds of content of a finding, and how many of each."""
    kind = kind_of(row)
    if not kind.seen:
        return [(ENCRYPTED, 1)]
    images = VIDEO if row["act"] == "video" else IMAGES
    counted = (
        (images, row["images"] or 0),
        (IDENTITY, (row["records"] or 0) + (row["contacts"] or 0)),
        (TEMPLATES, row["templates"] or 0),
    )
    return [(content, count) for content, count in counted if count]


def _by_doubt(row: Row, content: str, count: int) -> list[tuple[str, int]]:
    """Split the count of a finding by the doubts that change what it is; "" for the rest."""
    if content == ENCRYPTED:
        name = kind_of(row).name
        return [(MATCHED if name == "matched" else CORRELATED if name in CORRELATING else "", count)]
    if row["act"] != "uploaded outside":
        return [("", count)]
    if outcome := row.get("outcome"):
        return [(_outcome(row, outcome), count)]
    told = {code: _int(one.arguments.get("n")) for one in _reasons(row) if (code := one.code).startswith("doubt_")}
    left, parts = count, []
    for doubt, codes in CHANGING.items():
        present = set(codes).intersection(row["doubts"] or ())
        said = max((told.get(bearing.REASONS[code], 0) for code in present), default=0)
        if present and left and (part := min(left, said or left)):
            parts.append((doubt, part))
            left -= part
    return [*([("", left)] if left else []), *parts]


def _outcome(row: Row, outcome: str) -> str:
    """Return what a finding is that is no completed transfer; "" for one that is."""
    if outcome == COMPLETED or outcome not in OUTCOMES:
        return ""
    sources = {host for _, host in _causes([row])}
    return CAUSED if outcome == RETURNED and row["receiver"] not in sources else outcome


def _causes(found: list[Row]) -> list[tuple[str, str]]:
    """Return why some findings are no transfers of their sender: kind and host."""
    kinds = {"outcome_returned": "source", "outcome_caused": "page", "outcome_disputed": "disputed"}
    texts = [parsed(one) for row in found for one in row.get("outcome_reasons") or ()]
    shown = [(one.code, visible(mask(str(one.arguments.get("host", ""))), LONGEST_HOST)) for one in texts]
    return [(kinds[code], host) for code, host in shown if code in kinds]


def _status(found: list[Row]) -> int:
    """Return the status by which a server refused; 0 where there are several, or none."""
    texts = [parsed(one) for row in found for one in row.get("outcome_reasons") or ()]
    statuses = {_int(one.arguments.get("status")) for one in texts}
    return statuses.pop() if len(statuses) == 1 else 0


def _reasons(row: Row) -> list[Reason]:
    return [parsed(one) for one in (row["reason"] or "").split(JOIN)]


def _int(value: object) -> int:
    return int(str(value)) if str(value).isdigit() else 0


def _fields(case: Source, findings: list[Row]) -> dict[str, frozenset[str]]:
    """Return which kinds of identity data the documents of findings hold, by document."""
    wanted = {one for row in findings for one in row.get("document_ids") or ()}
    found: dict[str, set[str]] = defaultdict(set)
    persons = having(case.table("persons", ["object_id", "kind"]), "object_id", wanted) if wanted else None
    for row in persons.to_pylist() if persons is not None else ():
        found[row["object_id"]].add(row["kind"])
    return {one: frozenset(kinds & set(FIELDS)) for one, kinds in found.items()}


def _add(
    groups: dict[Key, _Group],
    row: Row,
    content: str,
    doubt: str,
    count: int,
    parties: Parties,
    fields: dict[str, frozenset[str]],
    place: str,
) -> None:
    near, far = ("sender", "receiver") if ACT[row["act"]].device == "sender" else ("receiver", "sender")
    device_id = row[f"{near}_device"] or row[near]
    held = frozenset[str]()
    if content == IDENTITY:  # receivers of other fields are in a sentence of their own
        held = frozenset.union(held, *(fields.get(one, held) for one in row.get("document_ids") or ()))
    key = (row["act"], content, doubt, device_id, held, place)
    group = groups.setdefault(key, _Group(parties.device(row[near], device_id)))
    asked = next((str(one.arguments[name]) for one in _reasons(row) for name in HOSTS if name in one.arguments), "")
    asked = asked or next((str(one.arguments.get("name", "")) for one in _reasons(row) if one.code == "asked_as"), "")
    address = row[far] or ""
    if address not in group.others or (asked and not group.others[address].name):
        group.others[address] = parties.other(address, row[f"{far}_device"] or "", asked)
    group.per_other[address] += count
    group.grades[row["certainty"]] += count
    group.count += count
    group.rows.append(row)
    if content in (IMAGES, VIDEO, ENCRYPTED):
        group.objects.update(row["object_ids"] or ())
    if row["certainty"] == "B":
        group.reasons |= dict.fromkeys(_why(row, content))


def _why(row: Row, content: str) -> list[str]:
    """Return why a finding is B, as keys of words."""
    found = [UNCERTAIN[one] for one in row["doubts"] or () if one in UNCERTAIN]
    if content in (IMAGES, VIDEO):
        found += ["incomplete"] if row["possible"] or not found else []
    else:
        found += [BY_REASON[one.code] for one in _reasons(row) if one.code in BY_REASON]
        found += ["no_number"] if not found and row["contacts"] else []
    return found or ["incomplete"]


def _digests(case: Source, object_ids: Iterable[str]) -> dict[str, str]:
    """Return the SHA-256 of objects."""
    objects = having(case.table("objects", ["object_id", "sha256"]), "object_id", object_ids)
    return dict(zip(objects["object_id"].to_pylist(), objects["sha256"].to_pylist(), strict=True))


def uploads_of(case: Source) -> Counter[tuple[str, str]]:
    """Return how many encrypted uploads each sender made to each receiver."""
    found: Counter[tuple[str, str]] = Counter()
    for row in case.table("upload_counts", ["sender", "receiver", "uploads"]).to_pylist():
        found[row["sender"], row["receiver"]] += row["uploads"] or 0
    return found


def _correlations(case: Source) -> Counter[tuple[str, str]]:
    """Return how many images, or uploads, of a holder and receiver correlate."""
    found: Counter[tuple[str, str]] = Counter()
    for row in together_tests(case.table("relay_tests").to_pylist()):
        found[row["holder"], row["receiver"]] += row["fitting"] or 0
    return found


def _transfer(
    key: Key,
    group: _Group,
    digests: dict[str, str],
    tests: Counter[tuple[str, str]],
    uploads: Counter[tuple[str, str]],
    identities: Identities,
) -> Transfer:
    act, content, doubt, _, fields, _ = key
    others = sorted(group.others, key=lambda ip: (-group.per_other[ip], group.others[ip].name, ip))
    people = identities.people(group.rows if content == IDENTITY else ())
    ways = [(row["sender"], row["receiver"]) for row in group.rows]
    distinct = len({digests.get(one, one) for one in group.objects})
    count = group.count
    if content in (IMAGES, VIDEO):
        count = min(count, distinct) or count
    if content == ENCRYPTED:
        count = sum(uploads[way] for way in ways)
    return Transfer(
        act=act,
        content=content,
        device=group.device,
        others=tuple(group.others[ip] for ip in others),
        count=count,
        transfers=group.count,
        people=len(people),
        at_least=people.at_least,
        fields=tuple(one for one in FIELDS if one in fields),
        grades=tuple((letter, group.grades[letter]) for letter in GRADES if group.grades[letter]),
        reasons=tuple(group.reasons),
        doubt="" if content == ENCRYPTED else doubt,
        cause=next(iter(_causes(group.rows)), ("", "")) if doubt in {CAUSED, DISPUTED} else ("", ""),
        status=_status(group.rows) if doubt == REFUSED else 0,
        matched=distinct if doubt == MATCHED else sum(tests[way] for way in ways) if doubt == CORRELATED else 0,
        matched_faces=sum(row["distinct_images"] or 0 for row in group.rows) if doubt == MATCHED else 0,
        correlated=doubt == CORRELATED,
        bytes=sum(row["bytes"] or 0 for row in group.rows),
        connections=len({one for row in group.rows for one in row["flow_ids"] or ()}),
        first_ts=min((row["first_ts"] for row in group.rows if row["first_ts"] is not None), default=None),
        last_ts=max((row["last_ts"] for row in group.rows if row["last_ts"] is not None), default=None),
        findings=tuple(row["finding_id"] for row in group.rows),
    )


def _rank(one: Transfer) -> tuple[int, int, int, int, str]:
    contents = (IMAGES, IDENTITY, TEMPLATES, VIDEO, ENCRYPTED)
    return ACTS.index(ACT[one.act]), contents.index(one.content), -one.matched, -one.count, one.device.address


def distinct_images(case: Source, chosen: Iterable[Transfer]) -> int:
    """Return how many different images some transfers carried, as far as `objects` tells; else their sum."""
    chosen = list(chosen)
    findings = having(
        case.table("findings", ["finding_id", "object_ids"]), "finding_id", (i for t in chosen for i in t.findings)
    )
    ids = pc.list_flatten(findings["object_ids"]).to_pylist() if findings.num_rows else []
    return min(len(set(_digests(case, ids).values())), sum(one.count for one in chosen))

"""What makes a face in an answer from outside one of the site's own, come back: not a picture that somebody looked at.

* its host shares the registrable domain with one to which devices of the site sent faces;
* a record of a person or a capture that a device of the site sent, or an answer of such a host, names its address;
  hosts whose pictures records name are stores of these;
* the page that it was fetched for (Referer) is such a host's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.signatures.signature import DECIDING
from netaudit.core.text.domains import registrable
from netaudit.findings.roles import PERSONAL_DEVICE, VIEWER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from netaudit.findings.roles import Actors
    from netaudit.findings.transfers import Transfer

RECORDS = ("face_capture", "comparison", "id_verification", "enrolment")  # kinds of events that name pictures of people
HASHES = ("target_hmac", "picture_hmac")


@dataclass(slots=True)
class Own:
    """Hosts whose faces are the site's own, and images that are."""

    hosts: set[str] = field(default_factory=set)
    digests: set[int] = field(default_factory=set)


def own_of(
    faces: Iterable[Transfer],
    tables: dict[str, pa.Table],
    collectors: AbstractSet[str],
    scope: Callable[[str], str],
    actors: Actors,
) -> Own:
    """Which answers with a face bring back what the site sent; `collectors`: hosts and addresses it sent faces to."""
    way = ("outside", "inside")
    fetched = [row for row in faces if not row.upload and (scope(row.sender), scope(row.receiver)) == way]
    own = Own()
    if not fetched:
        return own
    domains = {domain for one in collectors if (domain := registrable(one))}
    own.hosts |= {row.host for row in fetched if registrable(row.host) in domains}
    targets = tables.get("targets")
    if targets is None or not targets.num_rows:
        return own
    by_record, by_answer = _named(targets, tables, collectors | own.hosts, domains, scope, actors)
    wanted = pa.array(sorted({row.message_id for row in fetched}), pa.string())
    went = targets.filter(pc.and_(pc.invert(_is_named(targets)), pc.is_in(targets["message_id"], value_set=wanted)))
    kinds_of: dict[str, set[str]] = {}
    for row in went.select(["message_id", "host", *HASHES]).to_pylist():
        codes = {row[name] for name in HASHES} - {"", None}
        kinds = kinds_of.setdefault(row["message_id"], set())
        kinds |= {"record"} if codes & by_record else set()
        kinds |= {"answer"} if codes & by_answer else set()
        kinds |= {"referer"} if _is_of(row["host"] or "", collectors, domains) else set()
    for row in fetched:
        kinds = kinds_of.get(row.message_id, set())
        if kinds:
            own.digests.add(row.digest)
        if "record" in kinds and row.host:
            own.hosts.add(row.host)
    return own


def _is_of(host: str, collectors: AbstractSet[str], domains: AbstractSet[str]) -> bool:
    return bool(host) and (host in collectors or registrable(host) in domains)


def _is_named(targets: pa.Table) -> pa.ChunkedArray:
    return pc.fill_null(targets["named"], False)


def _named(
    targets: pa.Table,
    tables: dict[str, pa.Table],
    collectors: AbstractSet[str],
    domains: AbstractSet[str],
    scope: Callable[[str], str],
    actors: Actors,
) -> tuple[set[str], set[str]]:
    """Keyed hashes of addresses that records of the site name, and that answers of collectors name."""
    named = targets.filter(_is_named(targets)).select(["message_id", *HASHES])
    records = _records(tables)
    by_record: set[str] = set()
    by_answer: set[str] = set()
    ways = {row["message_id"]: row for row in _ways(tables, pc.unique(named["message_id"]))}
    for row in named.to_pylist():
        way = ways.get(row["message_id"])
        if way is None:
            continue
        codes = {row[name] for name in HASHES} - {"", None}
        if way["direction"] == "up":
            device = scope(way["client_ip"]) == "inside" and row["message_id"] in records
            if device and actors.role(way["client_ip"], way["flow_id"])[0] not in {PERSONAL_DEVICE, VIEWER}:
                by_record |= codes
        elif way["server_ip"] in collectors or _is_of(way["host"], collectors, domains):
            by_answer |= codes
    return by_record, by_answer


def _records(tables: dict[str, pa.Table]) -> set[str]:
    """Messages that are records of persons or captures: by a sourced entry, or with an identity number."""
    found: set[str] = set()
    events, persons = tables.get("events"), tables.get("persons")
    if events is not None and events.num_rows:
        sure = pc.and_(
            pc.is_in(events["certainty"], pa.array(sorted(DECIDING))), pc.is_in(events["kind"], pa.array(RECORDS))
        )
        found |= set(events["message_id"].filter(sure).to_pylist())
    if persons is not None and persons.num_rows:
        numbers = pc.and_(pc.equal(persons["kind"], "id_number"), pc.equal(persons["certainty"], "checked"))
        found |= set(persons["message_id"].filter(numbers).to_pylist())
    return found


def _ways(tables: dict[str, pa.Table], wanted: Any) -> Iterator[dict[str, Any]]:
    """Messages with the ends of their flows."""
    messages = tables["messages"]
    chosen = messages.filter(pc.is_in(messages["message_id"], value_set=wanted))
    rows = chosen.select(["message_id", "flow_id", "direction", "host"]).to_pylist()
    flows = tables["flows"]
    ids = pa.array(sorted({row["flow_id"] for row in rows}), pa.string())
    ends = flows.filter(pc.is_in(flows["flow_id"], value_set=ids)).select(["flow_id", "client_ip", "server_ip"])
    by_flow = {row["flow_id"]: row for row in ends.to_pylist()}
    for row in rows:
        if row["flow_id"] in by_flow:
            yield row | by_flow[row["flow_id"]]

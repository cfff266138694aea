"""Judgement: from the tables of a case to its findings."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.contracts.reasons import reason
from netaudit.core.schema import AFTER_MOMENTS, FINDINGS
from netaudit.core.storage.table_streams import table_of
from netaudit.findings.apart import TABLE as TOLD_APART
from netaudit.findings.apart import Apart
from netaudit.findings.bearing import Bearing
from netaudit.findings.contacts import contacts_of
from netaudit.findings.encrypted import encrypted_findings
from netaudit.findings.ends import Ends, ends_of
from netaudit.findings.from_endpoints import bridged
from netaudit.findings.identity import (
    back_ends_of,
    findings_of,
    identity_groups,
    note_alone,
    note_arrivals,
    records_of,
    with_identity,
)
from netaudit.findings.intermediaries import Fronts
from netaudit.findings.ledgers import BOUNDS, IN_SUMS, NOT_COMPARED, UNDATED, Run, bounds_table, ledger_table
from netaudit.findings.locked import locked_findings
from netaudit.findings.moments import LEAD_S, WINDOW_S, Windows, rows_after
from netaudit.findings.opaque import opaque_findings
from netaudit.findings.people import nameless, peoples_machines
from netaudit.findings.receivers import Receivers
from netaudit.findings.relayed import relayed_findings, without_flows_of
from netaudit.findings.retrieval import own_of
from netaudit.findings.roles import Actors
from netaudit.findings.templates import templates_of
from netaudit.findings.transfers import Transfer, transfers
from netaudit.findings.uploads import Looked, Scope, clear_findings, faces_sent_outside
from netaudit.findings.vocabulary import PERSON_IN_CLEAR, TEMPLATE_IN_CLEAR, VIDEO

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netaudit.findings.finding import Finding
    from netaudit.findings.identity_records import Record
    from netaudit.findings.vocabulary import Rule

__all__ = [
    "BOUNDS",
    "IN_SUMS",
    "LEAD_S",
    "NOT_COMPARED",
    "TOLD_APART",
    "UNDATED",
    "Ends",
    "Judgement",
    "Run",
    "actors_of",
    "bearing_of",
    "bounds_table",
    "ends_of",
    "judge",
    "judge_moments",
    "ledger_table",
    "nameless",
]


class Judgement(NamedTuple):
    """The `findings` table, and what is told apart (`apart.py`)."""

    findings: pa.Table
    apart: pa.Table


def judge(
    tables: dict[str, pa.Table],
    rows: Iterable[Transfer],
    scope: Scope,
    shared: frozenset[str] = frozenset(),
    ends: Ends | None = None,
) -> Judgement:
    """Findings, from other tables and transfers. `shared` addresses stand for many devices (NAT).

    `ends`: of these flows, where they are known.
    """
    flows = tables["flows"]
    looked = Looked()

    def passing() -> Iterator[Transfer]:
        for row in rows:
            looked.note(row)
            yield row

    actors = Actors(passing(), tables, shared, ends)
    faces = looked.telling()
    endpoints = tables.get("endpoints")
    (records, alone), back_ends, apart = records_of(tables), back_ends_of(endpoints), Apart()
    others = other_records(tables)
    receivers = Receivers(tables, actors.ends)
    flow_ids = (record.message["flow_id"] for some in (records, *others.values()) for record in some)
    bearing = bearing_of(tables, faces, scope, actors, flow_ids)
    fronts = Fronts(tables, receivers)
    machines = peoples_machines(tables, scope, actors)
    relayed = relayed_findings(tables, actors, actors.ends.renamed(flows, scope))

    whereto = faces_sent_outside(faces, scope, actors, bearing).whereto
    own = own_of(faces, tables, whereto | back_ends, scope, actors)
    answering = back_ends | own.hosts
    note_arrivals((*records, *alone), bearing, scope)
    groups = identity_groups(records, scope, actors, bearing, back_ends, apart)
    note_alone(alone, records, scope, actors, apart)
    clear = clear_findings(faces, scope, actors, bearing, receivers, answering, apart, own.digests)
    clear = with_identity(clear, groups, actors, receivers)
    for rule, some in others.items():
        more = identity_groups(some, scope, actors, bearing, back_ends, apart)
        clear += findings_of(more, rule, actors, receivers)
    for one in clear:
        one.reasons += fronts.before(one.flow_ids)
    found = [
        *clear,
        *relayed,
        *encrypted_findings(
            without_flows_of(flows, relayed), scope, actors, endpoints, tables.get("upload_counts"), machines, fronts
        ),
    ]
    found += locked_findings(tables, scope, actors, machines)
    found += opaque_findings(flows, scope, actors, found, endpoints, machines, fronts, tables.get("upload_counts"))
    _name_sightings(found, tables.get("sightings"))
    for one in found:
        flow = next(iter(one.flow_ids), "")
        one.sender_device, one.receiver_device = (actors.device(ip, flow) for ip in (one.sender, one.receiver))
    _name_dialogues(found, tables.get("media"))
    _name_tunnels(found, flows)
    _name_bridges(found, flows)
    return Judgement(table_of([one.row() for one in found], FINDINGS), apart.table())


def other_records(tables: dict[str, pa.Table]) -> dict[Rule, list[Record]]:
    """Records that are findings without a number of identity, by the rule that makes them so."""
    return {TEMPLATE_IN_CLEAR: templates_of(tables), PERSON_IN_CLEAR: contacts_of(tables)}


def bearing_of(
    tables: dict[str, pa.Table], faces: Iterable[Transfer], scope: Scope, actors: Actors, others: Iterable[str] = ()
) -> Bearing:
    """What bears the transfers of some faces, and what went in other flows."""
    faces = list(faces)
    bearing = Bearing(tables, (*(row.flow_id for row in faces), *others), actors.ends, scope)
    for row in faces:
        if (scope(row.sender), scope(row.receiver)) == ("outside", "inside"):
            bearing.note_arrival(row)
        elif scope(row.sender) == "inside":
            bearing.note_departure(row)
    return bearing


def _name_dialogues(found: list[Finding], media: pa.Table | None) -> None:
    """Add to findings of video for what purpose it was asked for, where its dialogue was seen (`media`)."""
    seen = [finding for finding in found if finding.kind.act == VIDEO]
    if not seen or media is None:
        return
    asked: dict[str, set[str]] = defaultdict(set)
    for row in media.select(["role", "purpose", "flow_id"]).to_pylist():
        if row["role"] == "offer" and row["flow_id"]:
            asked[row["flow_id"]].add(row["purpose"] or "unnamed")
    for finding in seen:
        purposes = sorted({purpose for flow in finding.flow_ids for purpose in asked.get(flow, ())})
        if purposes:
            finding.reasons.append(reason("video_asked", what=", ".join(purposes)))


def _name_sightings(found: list[Finding], sightings: pa.Table | None) -> None:
    """Add to findings which of their connections another capture shows, too, and which one that is."""
    if sightings is None or not sightings.num_rows:
        return
    rows = sightings.select(["of_flow_id", "capture_id", "of_capture_id"]).to_pylist()
    seen = {row["of_flow_id"]: (row["capture_id"], row["capture_id"] == row["of_capture_id"]) for row in rows}
    for finding in found:
        others = [seen[flow] for flow in finding.flow_ids if flow in seen]
        finding.capture_ids = sorted({*finding.capture_ids, *(capture for capture, _ in others)})
        across = sum(here for _, here in others)
        counts = {"seen_again": len(others) - across, "seen_across": across}
        finding.reasons += [reason(code, n=count) for code, count in counts.items() if count]


def _name_tunnels(found: list[Finding], flows: pa.Table) -> None:
    """Add to findings of what tunnels carried which tunnel, and who sends it: it is evidence against that one only."""
    borne = pc.and_(pc.not_equal(flows["client_outer"], ""), pc.equal(flows["client_outer"], flows["client_ip"]))
    borne = pc.and_(borne, pc.not_equal(flows["tunnel"], "pppoe"))
    rows = flows.select(["flow_id", "tunnel", "client_outer"]).filter(borne).to_pylist()
    within = {row["flow_id"]: (row["tunnel"], row["client_outer"]) for row in rows}
    for finding in found:
        for tunnel, sender in sorted({within[flow] for flow in finding.flow_ids if flow in within}):
            finding.reasons.append(reason("borne", tunnel=tunnel, sender=sender))


def _name_bridges(found: list[Finding], flows: pa.Table) -> None:
    """Add to findings of what tunnels of Ethernet here carried their ends, either of which could have written it."""
    chosen = flows.filter(pc.is_in(flows["flow_id"], value_set=pa.array(sorted(bridged(flows)), pa.string())))
    columns = ["flow_id", "tunnel", "client_outer", "server_outer"]
    ends = {
        row["flow_id"]: (row["tunnel"], *sorted((row["client_outer"], row["server_outer"])))
        for row in chosen.select(columns).to_pylist()
    }
    for finding in found:
        for tunnel, one, other in sorted({ends[flow] for flow in finding.flow_ids if flow in ends}):
            finding.reasons.append(reason("bridged", tunnel=tunnel, one=one, other=other))


def actors_of(tables: dict[str, pa.Table], shared: frozenset[str] = frozenset()) -> Actors:
    """What each address was seen doing, and what the inventory names it."""
    moved = transfers(tables["objects"], tables["images"], tables["messages"], tables["flows"])
    return Actors(moved, tables, shared)


def judge_moments(
    tables: dict[str, pa.Table],
    sent: pa.Table,
    scope: Scope,
    shared: frozenset[str] = frozenset(),
    window_s: float = WINDOW_S,
) -> pa.Table:
    """The `after_moments` table: what was sent around each row of `moments`, by the seconds of `sent` (`sendings`)."""
    if not tables["moments"].num_rows:
        return AFTER_MOMENTS.schema().empty_table()

    def passing() -> Iterator[Transfer]:
        return transfers(tables["objects"], tables["images"], tables["messages"], tables["flows"])

    actors = actors_of(tables, shared)
    found = rows_after(Windows(tables["moments"], window_s), passing(), tables["flows"], sent, scope, actors)
    return table_of(found, AFTER_MOMENTS)

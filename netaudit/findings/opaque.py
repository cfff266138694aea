"""Findings of certainty D for what hides in other ways: connections nobody can read, and uploads cut into small ones.

What is opaque: protocols that no reader knows, SSH, DTLS, ESP and other IP protocols with payload of their own. What is
scattered: encrypted or opaque uploads of one sender, each too small for a line, to many names or addresses of one
service (the same service by signatures, else the same registered name, else the same network).
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.contracts.reasons import reason
from netaudit.core.text.domains import registrable
from netaudit.findings.acts import UPWARD_SHARE
from netaudit.findings.encrypted import by_way, hidden_finding, request_shape, sent_once
from netaudit.findings.people import is_own
from netaudit.findings.vocabulary import SCATTERED, SHAPED_OPAQUE, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netaudit.findings.finding import Finding
    from netaudit.findings.intermediaries import Fronts
    from netaudit.findings.roles import Actors
    from netaudit.findings.uploads import Scope

OPAQUE = frozenset({"unknown", "", "ssh", "dtls"})  # of flows.protocol; flows of other IP protocols have none
PAYLOAD_OF_THEIR_OWN = frozenset({"esp", "etherip", "ipcomp", "l2tpv3", "icmp", "icmpv6", "sctp"})
HIDDEN = frozenset({"tls", "quic", "smb-encrypted"})
LEAST_OPAQUE = 64 * 1024  # upward payload of a sender to an endpoint
LEAST_SCATTERED = 256 * 1024  # the same over all members of a service
LEAST_MEMBERS = 3  # names or addresses over which an upload was scattered
COLUMNS = [
    "flow_id", "capture_id", "transport", "client_ip", "server_ip", "server_port", "protocol", "server_name",
    "first_ts", "last_ts", "payload_up", "payload_down", "duplicate_up", "duplicate_down", "conflicting_up",
    "conflicting_down", "unread_up", "unread_down",
]  # fmt: skip

ALIKE = ("capture_id", "transport", "client_ip", "server_ip", "protocol", "server_name")
AT_ONCE = 8_192  # rows

WAYS = {  # by the sides of client and server: who is near, who far, which way leads out
    ("inside", "outside"): ("client_ip", "server_ip", "up"),
    ("outside", "inside"): ("server_ip", "client_ip", "down"),
}
REPEATED = ("duplicate", "conflicting")  # payload that is not counted twice (`encrypted.sent_once`)

Row = dict[str, Any]


def opaque_findings(
    flows: pa.Table,
    scope: Scope,
    actors: Actors,
    found: Iterable[Finding],
    endpoints: pa.Table | None = None,
    machines: frozenset[str] = frozenset(),
    fronts: Fronts | None = None,
    counts: pa.Table | None = None,
) -> list[Finding]:
    """Findings on opaque and for scattered uploads; `found` are the findings there are already.

    `counts` (`upload_counts`) say how many requests there were, whatever came back beside them.

    Of people's own `machines` nothing is told here: they call, mail, mirror and tunnel all day.
    """
    covered = {flow for finding in found for flow in finding.flow_ids}
    rows = [
        row
        for row in _outward(flows, scope, actors)
        if row["flow_id"] not in covered
        and _sent(row)
        and not is_own(
            actors.role(row["near"], row["flow_id"])[0],
            machine=actors.ends.device(row["near"], row["flow_id"]) in machines,
        )
    ]
    out: list[Finding] = []
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        if is_opaque(row["protocol"], row["transport"]):
            groups[row["near"], row["far"]].append(row)
    counted = by_way(counts)
    for (sender, receiver), some in sorted(groups.items()):
        count = counted.get((sender, receiver, ""))
        kind = actors.role(sender, some[0]["flow_id"])[0]
        if _much(some, LEAST_OPAQUE) or (count is not None and request_shape(count, kind, "", own=False)):
            why = reason("opaque", n=sum(map(_sent, some)), m=len(some), names=_kinds(some))
            out.append(_finding(sender, receiver, some, actors, SHAPED_OPAQUE, why))
            out[-1].reasons += fronts.reasons_of(some) if fronts is not None else []
    covered |= {flow for finding in out for flow in finding.flow_ids}
    return out + _scattered([row for row in rows if row["flow_id"] not in covered], actors, endpoints)


def is_opaque(protocol: str, transport: str) -> bool:
    """Whether nobody can say what a flow carried, by the columns of `flows`."""
    if transport in {"tcp", "udp"}:
        return protocol in OPAQUE
    return transport in PAYLOAD_OF_THEIR_OWN or transport.startswith("ip-")


def _outward(flows: pa.Table, scope: Scope, actors: Actors) -> Iterator[Row]:
    """Flows between inside and outside that are opaque or encrypted, with `near`, `far`, `way` of what was sent out."""
    own = pc.and_(pc.not_equal(flows["transport"], "tcp"), pc.not_equal(flows["transport"], "udp"))
    hidden = pc.is_in(flows["protocol"], pa.array(sorted(OPAQUE | HIDDEN)))
    chosen = _of_busy(flows.select(COLUMNS).filter(pc.or_(own, hidden)))
    for place, column in enumerate(chosen.schema):
        if pa.types.is_timestamp(column.type):
            chosen = chosen.set_column(place, column.name, chosen.column(place).cast(pa.int64()))
    known: dict[str, str] = {}  # each text once: a flood has any number of flows, between few ends
    for batch in chosen.to_batches(max_chunksize=AT_ONCE):
        for row in batch.to_pylist():
            scopes = scope(row["client_ip"]), scope(row["server_ip"])
            if scopes in WAYS:
                near, far, way = WAYS[scopes]
                row |= {name: known.setdefault(row[name], row[name]) for name in ALIKE}
                yield row | {
                    "near": actors.ends.named(row[near], row["flow_id"], "inside"), "far": row[far], "way": way,
                }  # fmt: skip


def _of_busy(flows: pa.Table) -> pa.Table:
    """Flows in which something was sent, of those who sent enough for a finding: in a flood there are few."""
    sent = [
        pc.subtract(flows[f"payload_{way}"], pc.add(*(pc.fill_null(flows[f"{name}_{way}"], 0) for name in REPEATED)))
        for way in ("up", "down")
    ]
    ends = (flows["client_ip"], flows["server_ip"])
    some = pa.concat_tables([pa.table({"ip": end, "sent": size}) for end, size in zip(ends, sent, strict=True)])
    sums = some.group_by("ip").aggregate([("sent", "sum")])
    busy = sums.filter(pc.greater_equal(sums["sent_sum"], min(LEAST_OPAQUE, LEAST_SCATTERED)))["ip"].combine_chunks()
    masks = [pc.and_(pc.not_equal(size, 0), pc.is_in(end, busy)) for end, size in zip(ends, sent, strict=True)]
    return flows.filter(pc.or_(*masks))


def _sent(row: Row) -> int:
    return sent_once(row, row["way"])


def _received(row: Row) -> int:
    return sent_once(row, "down" if row["way"] == "up" else "up")


def _much(rows: list[Row], least: int) -> bool:
    sent = sum(map(_sent, rows))
    return sent >= least and sent >= UPWARD_SHARE * sum(map(_received, rows))


def _kinds(rows: list[Row]) -> str:
    names = {row["protocol"] if row["protocol"] not in {"unknown", ""} else row["transport"] for row in rows}
    return ", ".join(sorted(names))


def _scattered(rows: list[Row], actors: Actors, endpoints: pa.Table | None) -> list[Finding]:
    services = {}
    if endpoints is not None:
        services = dict(zip(endpoints["ip"].to_pylist(), endpoints["service"].to_pylist(), strict=True))
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["near"], _service(row, services)].append(row)
    out: list[Finding] = []
    for (sender, service), some in sorted(groups.items()):
        members = {(row["server_name"], row["far"]) for row in some}
        if len(members) >= LEAST_MEMBERS and _much(some, LEAST_SCATTERED):
            largest = max(
                sorted({row["far"] for row in some}), key=lambda ip: sum(_sent(r) for r in some if r["far"] == ip)
            )
            why = reason("scattered", n=sum(map(_sent, some)), m=len(some), k=len(members), service=service)
            out.append(_finding(sender, largest, some, actors, SCATTERED, why))
    return out


def _service(row: Row, services: dict[str, str]) -> str:
    """What one service is: by signatures, by registered name, by network."""
    if known := services.get(row["far"]):
        return str(known)
    if name := registrable(row["server_name"] or "", rented=False):
        return name
    if ":" not in row["far"]:
        return str(row["far"]).rpartition(".")[0] + ".0/24"
    return str(ipaddress.ip_network((row["far"], 48), strict=False))


def _finding(sender: str, receiver: str, rows: list[Row], actors: Actors, rule: Rule, why: str) -> Finding:
    role, size = actors.role(sender, rows[0]["flow_id"]), sum(map(_sent, rows))
    key = (sender, receiver, str(rule))
    return hidden_finding(key, role, rows, size, rule, [why, reason("content_hidden")])

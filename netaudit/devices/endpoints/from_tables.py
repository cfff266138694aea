"""From flows and observations to the endpoints of a case: vantage, inside or outside, names, country."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.schema import ENDPOINTS
from netaudit.core.signatures.conditions import Fact
from netaudit.core.signatures.index import LeafIndex
from netaudit.core.storage.table_streams import table_of
from netaudit.devices.endpoints.tunnels import answerable, carried
from netaudit.devices.endpoints.vantage import Evidence, Vantage, judge, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netaudit.core.signatures.signature import Signature

# What matters most to the audit comes first where an address serves several.
ORDER = ("face_api", "sales_platform", "camera_cloud", "object_store")
MOST_NAMED = 3  # services named of one address
HTTP_FIELDS = {"path": "endpoint.path", "server": "endpoint.server"}

_ENDPOINT = ENDPOINTS.row
Facts = dict[str, list[Fact]]


class Services:
    """Answers which service stands behind names and requests."""

    def __init__(self, signatures: Iterable[Signature]) -> None:
        self._signatures = tuple(signature for signature in signatures if signature.decides)
        self._leaves = LeafIndex(signature.condition for signature in self._signatures)
        self._of_nothing = self._name({})

    def name(self, facts: Facts) -> tuple[str, str]:
        """Service and its class; several services of one address are joined, the class is that of the gravest."""
        return self._name(facts) if any(facts.values()) else self._of_nothing

    def _name(self, facts: Facts) -> tuple[str, str]:
        hits = self._leaves.hits(facts)
        found = [
            (signature.claims["class"], signature.claims["service"])
            for signature in self._signatures
            if signature.condition.given(hits.get) is not None
        ]
        if not found:
            return "", ""
        ranked = sorted(set(found), key=lambda item: (ORDER.index(item[0]) if item[0] in ORDER else len(ORDER), item))
        return "; ".join(dict.fromkeys(service for _, service in ranked[:MOST_NAMED])), ranked[0][0]


def endpoint_facts(ip: str, names: Iterable[str], requests: dict[str, Facts]) -> Facts:
    """What signatures of services may ask of an address."""
    facts: Facts = {"endpoint.name": [Fact("endpoint.name", name) for name in names]}
    return facts | requests.get(ip, {})


def requests_by_server(observations: pa.Table) -> dict[str, Facts]:
    """Paths asked of, and Server headers given by, each address."""
    found: dict[str, Facts] = defaultdict(dict)
    http = observations.filter(pc.equal(observations["kind"], "http_server")).select(["ip", "field", "value"])
    for row in http.to_pylist():
        if name := HTTP_FIELDS.get(row["field"]):
            found[row["ip"]].setdefault(name, []).append(Fact(name, row["value"]))
    return found


__all__ = ["answerable", "answered", "endpoints", "vantage_of"]

OF_FLOWS = [  # columns by which the vantage is judged
    "client_ip", "server_ip", "client_mac", "server_mac", "client_outer", "server_outer", "tunnel", "packets_up",
    "packets_down", "bytes_up", "bytes_down",
]  # fmt: skip
MOST_NAMES = 16  # names listed per address
MOST_KNOWN = 256  # names of an address by which services are looked for


def vantage_of(
    flows: pa.Table, observations: pa.Table, inside: Iterable[str], translated: frozenset[str] = frozenset()
) -> Vantage:
    """Judge the vantage from the tables; `inside` are networks the auditor declares.

    `translated`: addresses under which connections of the site are seen in another capture.
    """
    talks = answered(flows.select(OF_FLOWS))
    pairs = talks.group_by(["client_ip", "server_ip"]).aggregate([])
    telling = observations.filter(pc.is_in(observations["kind"], pa.array(["arp", "dhcp", "ndp", "pppoe", "ra"])))
    facts = telling.select(["kind", "mac", "ip", "field", "value"]).to_pylist()
    evidence = Evidence(
        pairs=sorted(zip(*(map(str, pairs[name].to_pylist()) for name in ("client_ip", "server_ip")), strict=True)),
        link=sorted(_link(talks)),
        sent=_sent(talks),
        arp=sorted({(fact["mac"], fact["ip"]) for fact in facts if fact["kind"] in {"arp", "ndp"}}),
        leases=sorted({fact["ip"] for fact in facts if fact["kind"] == "dhcp" and fact["field"] == "leased"}),
        prefixes=sorted({fact["value"] for fact in facts if fact["kind"] == "ra" and fact["field"] == "prefix"}),
        pppoe=len({fact["mac"] for fact in facts if fact["kind"] == "pppoe"}),
        pppoe_share=_share(talks, "pppoe"),
        translated=translated,
    )
    return judge(evidence, inside)


def answered(flows: pa.Table) -> pa.Table:
    """Flows in which both sides spoke, outside tunnels: one side alone is soon forged. All, where there are none."""
    both = pc.and_(pc.greater(flows["packets_up"], 0), pc.greater(flows["packets_down"], 0))
    inner = carried(flows)
    talks = flows.filter(both if inner is None else pc.and_(both, pc.invert(inner)))
    return talks if talks.num_rows else flows


def _share(flows: pa.Table, tunnel: str) -> float:
    """Share of a tunnel in the bytes of flows."""
    size = pc.add(flows["bytes_up"], flows["bytes_down"])
    inside = pc.sum(pc.if_else(pc.equal(flows["tunnel"], tunnel), size, 0)).as_py() or 0
    return float(inside / max(pc.sum(size).as_py() or 0, 1))


def _sent(flows: pa.Table) -> dict[tuple[str, str], tuple[int, int]]:
    """Packets that came from an address by a link address, and flows that it opened there."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for side, sent in (("client", "packets_up"), ("server", "packets_down")):
        columns = flows.select([f"{side}_mac", f"{side}_ip", sent])
        sums = columns.group_by([f"{side}_mac", f"{side}_ip"]).aggregate([(sent, "sum"), (sent, "count")])
        names = (f"{side}_mac", f"{side}_ip", f"{sent}_sum", f"{sent}_count")
        for mac, ip, total, count in zip(*(sums[name].to_pylist() for name in names), strict=True):
            packets, opened = found.get((str(mac), str(ip)), (0, 0))
            found[str(mac), str(ip)] = packets + (total or 0), opened + (count if side == "client" else 0)
    return found


def _link(flows: pa.Table) -> set[tuple[str, str]]:
    """(MAC, address) of everything that sent frames."""
    found: set[tuple[str, str]] = set()
    for side, sent in (("client", "packets_up"), ("server", "packets_down")):
        sending = flows.select([f"{side}_mac", f"{side}_ip", sent]).filter(pc.greater(flows[sent], 0))
        distinct = sending.group_by([f"{side}_mac", f"{side}_ip"]).aggregate([])
        ends = (map(str, distinct[f"{side}_{name}"].to_pylist()) for name in ("mac", "ip"))
        found.update(zip(*ends, strict=True))
    return found


def endpoints(
    flows: pa.Table, observations: pa.Table, vantage: Vantage, signatures: Iterable[Signature] = ()
) -> pa.Table:
    """The `endpoints` table: every address of a flow, with its names from DNS, Host and SNI and the service behind."""
    import iptocc

    traffic = _traffic(flows)
    names = _names(flows, observations)
    services, requests = Services(signatures), requests_by_server(observations)
    macs: dict[str, set[str]] = defaultdict(set)
    for mac, ip in _link(flows):
        if mac:
            macs[ip].add(mac)
    rows = []
    for ip in sorted(traffic):
        scope = vantage.scope(ip)
        sent, received = traffic[ip]
        country = (iptocc.country_code(ip) or "") if scope in {"outside", "unknown"} else ""
        known = names.get(ip, [])[:MOST_KNOWN]
        listed = sorted(known[:MOST_NAMES])
        public = scope != "inside" or (vantage.declared and kind_of(ip) == "global")
        service, kind = services.name(endpoint_facts(ip, known, requests)) if public else ("", "")
        rows.append(
            _ENDPOINT(
                endpoint_id=ip, ip=ip, scope=scope, names=listed, country=country, service=service, service_class=kind,
                macs=sorted(macs.get(ip, ())), bytes_sent=sent, bytes_received=received,
            )
        )  # fmt: skip
    return table_of(rows, ENDPOINTS)


def _traffic(flows: pa.Table) -> dict[str, tuple[int, int]]:
    total: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for side, sent, received in (("client", "bytes_up", "bytes_down"), ("server", "bytes_down", "bytes_up")):
        sums = (
            flows.select([f"{side}_ip", sent, received])
            .group_by(f"{side}_ip")
            .aggregate([(sent, "sum"), (received, "sum")])
        )
        names = (f"{side}_ip", f"{sent}_sum", f"{received}_sum")
        for ip, more, less in zip(*(sums[name].to_pylist() for name in names), strict=True):
            total[ip][0] += more
            total[ip][1] += less
    return {ip: (sent, received) for ip, (sent, received) in total.items()}


def _names(flows: pa.Table, observations: pa.Table) -> dict[str, list[str]]:
    """Names of each address, those first under which most was said to it: a name that is only told costs nothing."""
    names: dict[str, dict[str, int]] = defaultdict(dict)
    named = observations.filter(pc.is_in(observations["kind"], pa.array(["dns", "mdns"])))
    for row in named.select(["ip", "value"]).to_pylist():
        names[row["ip"]].setdefault(row["value"].rstrip("."), 0)
    asked = flows.select(["server_ip", "server_name", "bytes_up", "bytes_down"])
    asked = asked.filter(pc.not_equal(asked["server_name"], "")).group_by(["server_ip", "server_name"])
    for row in asked.aggregate([("bytes_up", "sum"), ("bytes_down", "sum")]).to_pylist():
        name = str(row["server_name"])
        host = name.rsplit(":", 1)[0] if name.count(":") == 1 else name
        if host != row["server_ip"]:
            mine = names[row["server_ip"]]
            spoken = min(row["bytes_up_sum"] or 0, row["bytes_down_sum"] or 0)  # both have to speak
            mine[host] = max(mine.get(host, 0), 1 + spoken)
    return {ip: sorted(mine, key=lambda name: (-mine[name], name)) for ip, mine in names.items()}

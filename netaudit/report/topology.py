"""Who talks to whom: devices, outside endpoints and the traffic between them, chosen so that a picture stays legible.

Every way of a finding is shown; of the other traffic the largest ways of each device. What is left out is counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.findings.ends import Ends
from netaudit.findings.vocabulary import grade_of
from netaudit.report.sections_devices import ranked
from netaudit.report.topology_layout import Drawing, Node, Way, lay_out

if TYPE_CHECKING:
    from netaudit.report.judgements import Judgements
    from netaudit.report.reading import CaseLike, Row
    from netaudit.report.sections_endpoints import Hosts
    from netaudit.report.wording import Wording

MOST_INSIDE, MOST_OUTSIDE = 60, 24
MOST_WAYS = 3  # ways of a device that carry no finding
MOST_PAIRS = 20_000  # pairs of addresses looked at, the largest first
GRAVE = frozenset({"sales_platform", "face_api", "object_store", "camera_cloud"})  # classes of services shown first
PARTS = ("captures", "verifies", "relays", "stores", "views")
FACE, HIDDEN, OTHER = "seen", "hidden", "other"  # kinds of ways: a face was seen, an encrypted upload, the rest
WEAK = "(?)"  # behind a class that rests on weak evidence; the introduction says so
ENDS = ("sender", "receiver")
REST_INSIDE, REST_OUTSIDE = "rest-inside", "rest-outside"


def topology(case: CaseLike, judged: Judgements, hosts: Hosts, w: Wording) -> Drawing | None:
    """The drawing, None when there is nobody to draw."""
    nodes: dict[str, Node] = {}
    place: dict[str, str] = {}  # address → node
    _inside(nodes, place, judged, hosts, w)
    _outside(nodes, place, judged, hosts, w)
    if not nodes:
        return None
    traffic = _traffic(case, place, hosts)
    ways = _findings(judged, place)
    paired = {frozenset((way.a, way.b)) for way in ways}
    plain = [way for way in traffic if frozenset((way.a, way.b)) not in paired]
    chosen = _largest(plain)
    talking = {end for way in (*ways, *chosen) for end in (way.a, way.b)}
    beyond = (case.manifest.get("vantage") or {}).get("side") == "wan"  # who is silent there is the provider's
    shown = [node for node in nodes.values() if node.key in talking or not (beyond or node.kind == "rest")]
    return lay_out(shown, [*chosen, *ways], w, left_out=len(plain) - len(chosen))


def _inside(nodes: dict[str, Node], place: dict[str, str], judged: Judgements, hosts: Hosts, w: Wording) -> None:
    ordered = ranked(hosts.devices, judged)
    for rank, row in enumerate(ordered):
        key = f"d{row['row']}" if rank < MOST_INSIDE else REST_INSIDE
        if rank < MOST_INSIDE:
            nodes[key] = _device(row, key, rank, w)
        for address in (*(row["ips"] or ()), *(row["macs"] or ())):
            if hosts.devices.by_address(address) is row:  # what several held stands for none of them
                place[address] = key
    if len(ordered) > MOST_INSIDE:
        title = w.t("topology_rest_devices", n=w.number(len(ordered) - MOST_INSIDE))
        nodes[REST_INSIDE] = Node(REST_INSIDE, inside=True, title=title, below="", kind="rest", rank=len(ordered))


def _device(row: Row, key: str, rank: int, w: Wording) -> Node:
    ips = row["ips"] or []
    kind = w.term("class", row["class"]) if row["class"] else w.t("unknown")
    weak = row["class"] and row["class_confidence"] not in ("declared", "strong")
    kind = f"{kind}{WEAK}" if weak else kind
    name = w.t("quoted", said=w.text(row["name"], 40)) if row["name"] else w.maker(row["vendor"], 40)
    parts = [part for part in PARTS if part in (row["chain"] or ())]
    colour = parts[0] if parts else "router" if row["class"] in ("router", "switch", "access_point") else ""
    return Node(
        key,
        inside=True,
        title=" · ".join(part for part in (kind, name) if part),
        below=w.exact(ips[0] if ips else row["device_id"], 45)
        + (f" +{len(ips) - 1}" if len(ips) > 1 else "")
        + (f" · {w.t('topology_behind', n=w.number(row['behind']))}" if row["behind"] else ""),
        parts=[w.term("chain", part) for part in parts],
        kind=colour,
        link=f"device-{row['row']}",
        rank=rank,
    )


def _outside(nodes: dict[str, Node], place: dict[str, str], judged: Judgements, hosts: Hosts, w: Wording) -> None:
    named = {finding[end] for finding in judged.all for end in ("sender", "receiver", "endpoint_id")}
    groups: dict[str, list[Row]] = {}
    for row in hosts.rows:
        if row["scope"] == "outside" and row["ip"] not in place:
            groups.setdefault(row["service"] or row["ip"], []).append(row)

    def rank(rows: list[Row]) -> tuple[bool, bool, int, str]:
        size = sum((row["bytes_sent"] or 0) + (row["bytes_received"] or 0) for row in rows)
        grave = any(row["service_class"] in GRAVE for row in rows)
        return (named.isdisjoint(row["ip"] for row in rows), not grave, -size, rows[0]["ip"] or "")

    ordered = sorted(groups.values(), key=rank)
    for number, rows in enumerate(ordered):
        key = f"e{number}" if number < MOST_OUTSIDE else REST_OUTSIDE
        if number < MOST_OUTSIDE:
            nodes[key] = _endpoint(rows, key, number, w)
        for row in rows:
            place.setdefault(row["ip"], key)
    if len(ordered) > MOST_OUTSIDE:
        title = w.t("topology_rest_endpoints", n=w.number(sum(len(rows) for rows in ordered[MOST_OUTSIDE:])))
        nodes[REST_OUTSIDE] = Node(REST_OUTSIDE, inside=False, title=title, below="", kind="rest", rank=len(ordered))


def _endpoint(rows: list[Row], key: str, rank: int, w: Wording) -> Node:
    first = rows[0]
    names = [name for row in rows for name in row["names"] or ()]
    title = w.names("service_name", first["service"], 60) or (w.text(names[0], 60) if names else "")
    country = w.t("of_block", country=w.term("country", first["country"])) if first["country"] else ""
    address = w.exact(first["ip"], 45) + (f" +{len(rows) - 1}" if len(rows) > 1 else "")
    below = " · ".join(
        part for part in (address, country, w.text(names[0], 60) if first["service"] and names else "") if part
    )
    kind = "grave" if first["service_class"] in GRAVE else ""
    return Node(key, inside=False, title=title or address, below=below if title else country, kind=kind, rank=rank)


def _traffic(case: CaseLike, place: dict[str, str], hosts: Hosts) -> list[Way]:
    """Bytes both ways between nodes."""
    columns = ["flow_id", "first_ts", "client_ip", "server_ip", "client_mac", "server_mac", "bytes_up", "bytes_down"]
    flows = case.table("flows", columns)
    tables = {name: case.table(name) for name in ("bindings", "devices")} | {"flows": flows}
    scopes = {row["ip"]: row["scope"] for row in hosts.rows}
    flows = Ends(tables).renamed(flows, lambda ip: scopes.get(ip) or "")
    drawn = pa.array(place, pa.string())  # anybody can write to a million addresses that are no endpoints
    flows = flows.filter(pc.and_(pc.is_in(flows["client_ip"], drawn), pc.is_in(flows["server_ip"], drawn)))
    sizes = pc.add(flows["bytes_up"], flows["bytes_down"])
    sized = flows.select(["client_ip", "server_ip"]).append_column("size", sizes)
    sums = sized.group_by(["client_ip", "server_ip"]).aggregate([("size", "sum")])
    largest = [("size_sum", "descending"), ("client_ip", "ascending"), ("server_ip", "ascending")]
    pairs: list[dict[str, Any]] = sums.sort_by(largest)[:MOST_PAIRS].to_pylist()
    found: dict[tuple[str, str], Way] = {}
    for row in pairs:
        a, b = place[row["client_ip"]], place[row["server_ip"]]
        if a != b:
            key = (min(a, b), max(a, b))
            found.setdefault(key, Way(*key, OTHER)).size += row["size_sum"] or 0
    return list(found.values())


def _findings(judged: Judgements, place: dict[str, str]) -> list[Way]:
    found: dict[tuple[str, str, str], Way] = {}
    for finding in judged.all:
        a, b = (place.get(finding[end] or "") or place.get(finding[f"{end}_device"] or "") for end in ENDS)
        kind = FACE if grade_of(finding).images else HIDDEN
        if a and b and a != b:
            way = found.setdefault((a, b, kind), Way(a, b, kind))
            way.size += finding["bytes"] or 0
            way.images += (finding["images"] or 0) if kind == FACE else 0
    return sorted(found.values(), key=lambda way: (way.kind != HIDDEN, way.a, way.b))


def _largest(ways: list[Way]) -> list[Way]:
    """The largest ways of each node that is no rest."""
    kept: dict[int, Way] = {}
    by_node: dict[str, list[Way]] = {}
    for way in ways:
        for end in (way.a, way.b):
            by_node.setdefault(end, []).append(way)
    for node, own in by_node.items():
        if node.startswith("d"):
            own.sort(key=lambda way: (-way.size, way.a, way.b))
            kept.update((id(way), way) for way in own[:MOST_WAYS])
    return sorted(kept.values(), key=lambda way: (way.size, way.a, way.b))

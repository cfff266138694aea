"""Who is answerable for what came in a tunnel: the sender of its outer packets, unless the tunnel is the mirror itself.

What a tunnel over IP carries is whatever its sender wrote into it: addresses, requests, answers. So it is evidence
against that sender only. Where nearly everything that was captured came through one tunnel, though, that is how the
traffic was brought to the capture (ERSPAN, VXLAN or GRE from a switch), and the addresses inside are the office's. So
they are where a tunnel of Ethernet joins two ends of the site, both of which send: those ends are no senders of what
hosts behind them said, though they could have written it, which is said of each finding and makes no A.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

PPPOE = "pppoe"
BRIDGING = ("vxlan", "geneve", "capwap")  # that carry Ethernet frames
MIRROR_SHARE = 0.9  # of the bytes of all flows


def carried(flows: pa.Table) -> pa.ChunkedArray | None:
    """Which flows came in a tunnel that is no mirror, as booleans; None: no flow did."""
    outer = pc.not_equal(pc.fill_null(flows["client_outer"], ""), "")
    outer = pc.and_(
        outer, pc.not_equal(pc.fill_null(flows["tunnel"], ""), PPPOE)
    )  # a subscriber's line, whose addresses are its own
    if not pc.any(outer).as_py():
        return None
    size = pc.add(pc.fill_null(flows["bytes_up"], 0), pc.fill_null(flows["bytes_down"], 0))
    total = pc.sum(size).as_py() or 0
    pairs = _pairs(flows)
    sums = pa.table({"pair": pairs, "size": size}).filter(outer).group_by("pair").aggregate([("size", "sum")])
    mirrors = [row["pair"] for row in sums.to_pylist() if row["size_sum"] >= MIRROR_SHARE * total]
    outer_only = pc.and_(outer, pc.invert(pc.is_in(pairs, pa.array([*mirrors, *_bridges(flows, pairs)], pa.string()))))
    return outer_only if pc.any(outer_only).as_py() else None


def bridged(flows: pa.Table) -> set[str]:
    """Flows that a tunnel of Ethernet carried between two ends of the site, and that are told of the hosts in it."""
    pairs = _pairs(flows)
    there = pc.is_in(pairs, pa.array(_bridges(flows, pairs), pa.string()))
    return set(flows.filter(there)["flow_id"].to_pylist())


def _bridges(flows: pa.Table, pairs: Any) -> list[str]:
    """Pairs of ends inside that both sent Ethernet frames of others."""
    both = pc.and_(pc.greater(flows["packets_up"], 0), pc.greater(flows["packets_down"], 0))
    ends = pc.and_(pc.not_equal(flows["client_outer"], ""), pc.not_equal(flows["server_outer"], ""))
    kinds = pc.is_in(flows["tunnel"], pa.array(BRIDGING))
    found = pc.unique(pairs.filter(pc.fill_null(pc.and_(pc.and_(both, ends), kinds), False))).to_pylist()
    return [pair for pair in found if all(ip_address(end).is_private for end in pair.split("\n"))]


def _pairs(flows: pa.Table) -> Any:
    """The two ends of each flow's tunnel, whoever is the client."""
    client, server = flows["client_outer"], flows["server_outer"]
    turned = pc.greater(client, server)
    low, high = pc.if_else(turned, server, client), pc.if_else(turned, client, server)
    return pc.binary_join_element_wise(low, high, "\n")


def answerable(flows: pa.Table) -> pa.Table:
    """The flows with those that tunnels carried told of the ends of their tunnels."""
    outer_only = carried(flows)
    if outer_only is None:
        return flows
    for side in ("client", "server"):
        place = flows.schema.get_field_index(f"{side}_ip")
        ends = pc.if_else(outer_only, flows[f"{side}_outer"], flows[f"{side}_ip"])
        flows = flows.set_column(place, flows.schema.field(place), ends)
    return flows

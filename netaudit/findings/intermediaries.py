"""What stands between a sender and whoever gets what it sends encrypted, and what that hides.

A name in a hello is what the client writes. So it is said where another ClientHello stands in it, encrypted (ECH; many
browsers send bytes that look like one: it is one where DNS had given the device a key under that outer name), where DNS
had led to that address under another name, where certificates seen there, in this connection or another one, are for
others, and where a proxy was asked for somebody else (CONNECT, or a target in absolute form).
Behind a tunnel or a VPN nobody's receiver is seen, and a resolver that is asked under encryption hides which names
were asked for.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.contracts.answers import PROXIED
from netaudit.core.contracts.details import MOST_NAMES
from netaudit.core.contracts.reasons import counted, reason
from netaudit.findings.receivers import bare

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from netaudit.findings.receivers import Receivers

RESOLVER = "name_resolution"  # a value of endpoints.service_class
TUNNELS = frozenset({"esp", "etherip", "ipcomp", "l2tpv3", "gre", "ipip"})  # of flows.transport
VPNS = {  # by transport and the port that is asked for one where nobody chose another (IANA; the makers' pages)
    ("udp", 51820): "WireGuard", ("udp", 1194): "OpenVPN", ("tcp", 1194): "OpenVPN", ("udp", 500): "IKE",
    ("udp", 4500): "IPsec (NAT-T)", ("udp", 41641): "Tailscale", ("udp", 9993): "ZeroTier", ("udp", 1701): "L2TP",
}  # fmt: skip
VPN_NAMES = {"tailscale.com": "Tailscale", "tailscale.io": "Tailscale", "zerotier.com": "ZeroTier"}
HANDSHAKES = frozenset({"tls", "quic", "dtls"})  # protocols whose hellos name a server
MOST_NAMED = 3
SAID_OF = (  # columns of flows
    "first_ts", "client_ip", "server_ip", "server_name", "transport", "protocol", "server_port",
)  # fmt: skip


class Fronts:
    """What hides the receivers of flows."""

    def __init__(self, tables: Mapping[str, pa.Table], receivers: Receivers) -> None:
        self._receivers = receivers
        hellos, messages = tables.get("tls_hellos"), tables.get("messages")
        self._veiled: dict[str, int] = {}  # flow → when a hello was said in it that hides another one, ns
        if hellos:
            veiled = hellos.filter(pc.fill_null(hellos["ech"], False))
            times = veiled["ts"].cast(pa.int64()).to_pylist()
            self._veiled = dict(zip(veiled["flow_id"].to_pylist(), times, strict=True))
        self._asked: dict[str, tuple[str, str]] = {}  # flow → how its proxy was asked, and for whom
        if messages is not None:
            asked = messages.select(["flow_id", "method", "path", "host", "direction"])
            asked = asked.filter(pc.or_(pc.equal(messages["method"], "CONNECT"), _noted(messages["notes"], PROXIED)))
            for row in _few(asked.filter(pc.equal(asked["direction"], "up")), "flow_id", "method", "path", "host"):
                whom = ("front_connect", row["path"]) if row["method"] == "CONNECT" else ("front_proxy", "")
                self._asked[row["flow_id"]] = whom[0], whom[1] or row["host"]
        self._certified: dict[str, set[str]] = defaultdict(set)
        if (observations := tables.get("observations")) is not None:
            both = pc.and_(pc.equal(observations["kind"], "tls_server"), pc.equal(observations["field"], "san"))
            for row in _few(observations.filter(both), "ip", "value"):
                self._certified[row["ip"]].add(bare(row["value"]))
        for ip in [ip for ip, names in self._certified.items() if len(names) >= MOST_NAMES]:
            del self._certified[ip]  # it may have more, of which none was kept
        self._classes: dict[str, str] = {}
        if (endpoints := tables.get("endpoints")) is not None:
            known = endpoints.filter(pc.not_equal(endpoints["service_class"], ""))
            self._classes = {row["ip"]: row["service_class"] for row in _few(known, "ip", "service_class")}

        flows = tables["flows"]
        hidden = pc.is_in(flows["protocol"], value_set=pa.array(sorted(HANDSHAKES)))
        asked = pc.is_in(flows["flow_id"], value_set=pa.array(sorted(self._asked), pa.string()))
        chosen = _few(flows.select(["flow_id", *SAID_OF]).filter(pc.or_(hidden, asked)), "flow_id", *SAID_OF)
        self._hidden = {row["flow_id"]: row for row in chosen}  # once: there are many findings

    def before(self, flow_ids: Iterable[str]) -> list[str]:
        """The same of flows that were read: those opened with keys, and those through a proxy.

        What else is in clear names its receiver itself, which `receivers.py` holds against DNS.
        """
        return self.reasons_of(self._hidden[one] for one in sorted(set(flow_ids)) if one in self._hidden)

    def reasons_of(self, rows: Iterable[Mapping[str, Any]]) -> list[str]:
        """Reasons on flows of one sender to one receiver; none where nothing hides it."""
        found: Counter[str] = Counter()
        for row in rows:
            found.update(self._of(row))
        return [counted(made, count) for made, count in sorted(found.items())]

    def _of(self, row: Mapping[str, Any]) -> Iterable[str]:
        flow, server, name = row["flow_id"], row["server_ip"], bare(row["server_name"] or "")
        if flow in self._veiled:
            meant = self._receivers.behind(row["client_ip"], name, flow, self._veiled[flow] or 0) if name else []
            yield reason("front_ech_key", name=_listed(set(meant))) if meant else reason("front_ech")
        if asked := self._asked.get(flow):
            yield reason(asked[0], name=asked[1][:100])
        led = self._receivers.led(row["client_ip"], server, flow, row["first_ts"] or 0)
        if name and led and name not in led and flow not in self._asked:
            yield reason("front_dns", host=name[:100], name=led[0][:100])
        certified = self._certified.get(server, set())
        if certified and not name:
            yield reason("front_nameless", name=_listed(certified))
        elif certified and not any(_covers(one, name) for one in certified):
            yield reason("front_certificate", host=name[:100], name=_listed(certified))
        if self._classes.get(server) == RESOLVER:
            yield reason("front_resolver")
        if (row.get("transport") or "") in TUNNELS:
            yield reason("front_tunnel")
        if vpn := _vpn(row, name):
            yield reason("front_vpn", name=vpn)


def _noted(notes: pa.ChunkedArray, note: str) -> pa.Array:
    """Which rows of lists of notes have one."""
    flat = notes.combine_chunks()
    found = np.zeros(len(flat), np.bool_)
    found[pc.list_parent_indices(flat).filter(pc.equal(pc.list_flatten(flat), note)).to_numpy()] = True
    return pa.array(found)


def _vpn(row: Mapping[str, Any], name: str) -> str:
    """The VPN that a name or, of what says no protocol, a server's port is known for; empty for any other."""
    for known, vpn in VPN_NAMES.items():
        if name == known or name.endswith(f".{known}"):
            return vpn
    if (row.get("protocol") or "unknown") != "unknown":
        return ""
    return VPNS.get((row.get("transport") or "", row.get("server_port") or 0), "")


def _few(table: pa.Table, *columns: str) -> list[dict[str, Any]]:
    chosen = table.select(list(columns))
    if "first_ts" in columns:
        chosen = chosen.set_column(columns.index("first_ts"), "first_ts", chosen["first_ts"].cast(pa.int64()))
    rows: list[dict[str, Any]] = chosen.to_pylist()
    return rows


def _listed(names: set[str]) -> str:
    return ", ".join(one[:100] for one in sorted(names)[:MOST_NAMED])


def _covers(certified: str, name: str) -> bool:
    """Whether a name of a certificate is the host's (RFC 9525, 6.3): a star stands for one label."""
    return certified == name or (certified.startswith("*.") and name.partition(".")[2] == certified[2:])

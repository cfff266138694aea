"""From closed flows to rows of `flows`, many at a time.

While an audit runs, a capture is named '#<index>'; ids come at its end.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from netaudit.ground.addresses import ip_text, mac_text, vlan_text
from netaudit.ground.frames import capture_name
from netaudit.ground.masking import mask, mask_host
from netaudit.tables import FLOWS, Row

if TYPE_CHECKING:
    import numpy.typing as npt

TRANSPORTS = {
    6: "tcp",
    17: "udp",
    1: "icmp",
    58: "icmpv6",
    2: "igmp",
    132: "sctp",
    50: "esp",
    97: "etherip",
    108: "ipcomp",
    115: "l2tpv3",
    89: "ospf",
    103: "pim",
    112: "vrrp",
}
HANDSHAKE = "SAFfR"
CHOSEN = ("tls_version", "tls_cipher", "tls_alpn")  # columns of `flows`: by the server
NOTHING_CHOSEN = ("", "", "")


class FlowRows:
    """Closed flows, turned into rows of `flows` many at a time."""

    def __init__(self) -> None:
        self._flows: list[bytes] = []  # a view would keep the rows of its whole batch
        self._layout: np.dtype[np.void] | None = None
        self._said: list[tuple[str, str, str, int, int, bool, str, str]] = []
        self._chosen: list[tuple[str, str, str]] = []

    def __len__(self) -> int:
        return len(self._flows)

    def add(
        self,
        flow: np.void,
        flow_id: bytes,
        protocol: str,
        server_name: str,
        read: tuple[int, int],
        *,
        swapped: bool,
        chosen: tuple[str, str, str] = NOTHING_CHOSEN,
        keys: tuple[str, str] = ("", ""),
    ) -> None:
        """Take a closed flow (a FLOW row) and what the readers say of it."""
        version, suite, name = chosen
        self._chosen.append((version, suite, mask(name)))
        self._flows.append(flow.tobytes())
        self._layout = flow.dtype
        self._said.append((flow_id.hex(), protocol, mask_host(server_name[:256]), read[0], read[1], swapped, *keys))

    def take(self) -> list[Row]:
        """Rows of all flows collected since the last call."""
        if not self._flows:
            return []
        flows = np.frombuffer(b"".join(self._flows), self._layout)
        ids, protocols, names, read_up, read_down, swapped, keys, sources = zip(*self._said, strict=True)
        turned = np.array(swapped, bool)
        read = np.stack([np.array(read_up, np.int64), np.array(read_down, np.int64)], axis=1)
        columns = flow_columns(flows, turned, read)
        columns |= {"flow_id": ids, "protocol": protocols, "server_name": names, "keys": keys, "keys_from": sources}
        columns |= dict(zip(CHOSEN, zip(*self._chosen, strict=True), strict=True))
        self._chosen.clear()
        self._flows.clear()
        self._said.clear()
        return list(map(FLOWS.row._make, zip(*(_listed(columns.pop(name)) for name in FLOWS.names), strict=True)))


def _listed(column: Any) -> Any:
    return column.tolist() if isinstance(column, np.ndarray) else column


def flow_columns(
    flows: npt.NDArray[np.void], turned: npt.NDArray[np.bool_], read: npt.NDArray[np.int64]
) -> dict[str, Any]:
    """Columns of `flows` from FLOW rows: texts as lists, numbers as arrays.

    `turned`: ends the other way round; `read`: bytes that lie in messages.
    """
    near, far = ("client", "server"), ("server", "client")

    def end(field: str) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        client, server = flows[f"{near[0]}_{field}"], flows[f"{far[0]}_{field}"]
        return np.where(turned, server, client), np.where(turned, client, server)

    (client_hi, server_hi), (client_lo, server_lo) = end("hi"), end("lo")
    client_port, server_port = end("port")
    client_mac, server_mac = end("mac")
    outer = [
        zip(high.tolist(), low.tolist(), strict=True)
        for high, low in zip(end("outer_hi"), end("outer_lo"), strict=True)
    ]
    columns: dict[str, Any] = {
        "capture_id": [capture_name(index) for index in flows["capture"].tolist()],
        "transport": [TRANSPORTS.get(proto, f"ip-{proto}") for proto in flows["proto"].tolist()],
        "client_ip": [ip_text(*halves) for halves in zip(client_hi.tolist(), client_lo.tolist(), strict=True)],
        "server_ip": [ip_text(*halves) for halves in zip(server_hi.tolist(), server_lo.tolist(), strict=True)],
        "client_port": client_port,
        "server_port": server_port,
        "client_mac": [mac_text(mac) for mac in client_mac.tolist()],
        "server_mac": [mac_text(mac) for mac in server_mac.tolist()],
        "vlan": [vlan_text(vlan) for vlan in flows["vlan"].tolist()],
        "client_outer": [ip_text(*halves) if any(halves) else "" for halves in outer[0]],
        "server_outer": [ip_text(*halves) if any(halves) else "" for halves in outer[1]],
        "tunnel": [_tunnel_name(code) for code in flows["tunnel"].tolist()],
        "bursts_up": flows["bursts"],
        "doubts": [doubt_names(bits) for bits in flows["doubts"].tolist()],
        "handshake": [
            _handshake(bits, flip) for bits, flip in zip(flows["handshake"].tolist(), turned.tolist(), strict=True)
        ],
    }
    for name in ("first_ts", "last_ts", "first_frame", "last_frame"):
        columns[name] = flows[name]
    columns |= dict.fromkeys(CHOSEN, [""] * flows.size)
    for name in (
        "packets",
        "bytes",
        "payload",
        "delivered",
        "duplicate",
        "conflicting",
        "evicted",
        "after_close",
        "missing",
    ):
        pair = np.where(turned[:, None], flows[name][:, ::-1], flows[name])
        columns[f"{name}_up"], columns[f"{name}_down"] = pair[:, 0], pair[:, 1]
    delivered = np.where(turned[:, None], flows["delivered"][:, ::-1], flows["delivered"]).astype(np.int64)
    unread = np.maximum(delivered - read, 0)
    columns["unread_up"], columns["unread_down"] = unread[:, 0], unread[:, 1]
    return columns


@functools.lru_cache(maxsize=256)
def _tunnel_name(code: int) -> str:
    from netaudit.packets.layouts import Tunnel

    return Tunnel(code).name.lower() if code else ""


@functools.lru_cache(maxsize=4096)
def doubt_names(bits: int) -> list[str]:
    """Names of `Doubt` bits; a list that nobody may change."""
    from netaudit.streams.layouts import Doubt

    return [doubt.name.lower() for doubt in Doubt if bits & doubt] if bits else []


@functools.lru_cache(maxsize=64)
def _handshake(bits: int, turned: bool) -> str:  # noqa: FBT001
    text = "".join(letter for place, letter in enumerate(HANDSHAKE) if bits >> place & 1)
    return text.translate(str.maketrans("Ff", "fF")) if turned else text

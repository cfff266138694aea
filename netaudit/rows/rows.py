"""From what the stages say to the rows of the tables.

While an audit runs, a capture is named '#<index>'; ids come at its end.
"""

from __future__ import annotations

import functools
import ipaddress
from typing import TYPE_CHECKING, Any

import numpy as np

from netaudit.ground.masking import mask
from netaudit.images.images import header_size
from netaudit.tables import FLOWS, IMAGES

if TYPE_CHECKING:
    import numpy.typing as npt

    from netaudit.messages.message import Message
    from netaudit.unwrapping.part import Leaf

MAPPED = 0xFFFF  # upper 32 bits of the low half of an IPv4-mapped address (RFC 4291, 2.5.5.2)
TRANSPORTS = {
    6: "tcp",
    17: "udp",
    1: "icmp",
    58: "icmpv6",
    2: "igmp",
    132: "sctp",
    50: "esp",
    89: "ospf",
    103: "pim",
    112: "vrrp",
}
HANDSHAKE = "SAFfR"
MOST_BYTES = (1 << 63) - 1  # what a table holds; some protocols can declare twice as much
GUESSABLE = 2048  # bytes; the hash of so small a text, a field that is an ID number say, tells what it was


@functools.lru_cache(maxsize=65536)
def ip_text(high: int, low: int) -> str:
    """Text of an address given as two 64-bit halves."""
    if high == 0 and low >> 32 == MAPPED:
        return f"{low >> 24 & 255}.{low >> 16 & 255}.{low >> 8 & 255}.{low & 255}"
    return str(ipaddress.IPv6Address(high << 64 | low))


@functools.lru_cache(maxsize=65536)
def mac_text(mac: int) -> str:
    """Text of a 48-bit link address, empty for none."""
    return ":".join(f"{mac >> shift & 255:02x}" for shift in range(40, -8, -8)) if mac else ""


@functools.lru_cache(maxsize=4096)
def vlan_text(vlan: int) -> str:
    """VLAN ids, outer first."""
    outer, inner = vlan & 0xFFFF, vlan >> 16
    return f"{outer}.{inner}" if inner else str(outer) if outer else ""


@functools.lru_cache(maxsize=1024)
def capture_name(index: int) -> str:
    """Stand-in for the capture id while the audit runs."""
    return f"#{index}"


def ranges_text(missing: list[tuple[int, int]], unknown_from: int | None) -> list[str]:
    """Missing ranges as texts, the last one open where nothing is known behind."""
    texts = [f"{start}-{end}" for start, end in missing] if missing else []
    return texts if unknown_from is None else [*texts, f"{unknown_from}-?"]


def message_row(message: Message) -> tuple[Any, ...]:
    """Row of `messages`."""
    pieces = message.pieces
    if pieces is not None and len(pieces):
        _, ts, frame, _, capture = pieces.item(0)
        _, last_ts, last_frame, _, _ = pieces.item(-1) if len(pieces) > 1 else (0, ts, frame, 0, 0)
        place = (ts, last_ts, frame, last_frame)
    else:
        capture, place = 0, (None, None, 0, 0)
    request = message.request
    method, host, path = (request or message).method, (request or message).host, (request or message).path
    agent, server, date = _said(message.headers) if message.headers else ("", "", "")
    return (
        message.message_id.hex(),
        message.flow_id.hex(),
        capture_name(capture),
        message.protocol,
        "down" if message.direction else "up",
        request.message_id.hex() if request else "",
        mask(method[:64]),
        mask(host[:256]) if host else "",
        mask(path[:2048]),
        message.status,
        mask(message.content_type[:256]) if message.content_type else "",
        agent,
        server,
        date,
        *place,
        min(message.body_size, MOST_BYTES),
        message.complete,
        ranges_text(message.missing, message.unknown_from),
        message.notes,
    )


def _said(headers: list[tuple[str, str]]) -> tuple[str, str, str]:
    """What programs say they are, and the server's time: the first of each, masked."""
    agent = server = date = ""
    for name, value in headers:
        if name == "user-agent":
            agent = agent or value
        elif name == "server":
            server = server or value
        elif name == "date":
            date = date or value
    return mask(agent[:512]), mask(server[:512]), mask(date[:64])


def object_row(object_id: str, message_id: str, sha256: str, leaf: Leaf, *, stored: bool) -> tuple[Any, ...]:
    """Row of `objects`."""
    part = leaf.part
    missing = ranges_text(part.missing, part.unknown_from)
    path, name = mask(part.path), mask(part.name[:256])
    return (
        object_id,
        message_id,
        sha256 if stored or len(part.data) > GUESSABLE else "",
        len(part.data),
        leaf.kind,
        part.complete,
        missing,
        path,
        name,
        stored,
        leaf.notes,
    )


def document_row(object_id: str, message_id: str, size: int, path: str, name: str) -> tuple[Any, ...]:
    """The same for a whole JSON document of at most `GUESSABLE` bytes that is not stored and has no leaf."""
    return object_id, message_id, "", size, "json", True, [], mask(path), mask(name[:256]), False, []


def image_row(sha256: str, leaf: Leaf) -> tuple[Any, ...]:
    """Row of `images` as known when an image is first met; the rest comes at the end of the audit."""
    width, height = header_size(leaf.part.data, leaf.kind) or (None, None)
    return sha256, leaf.kind, len(leaf.part.data), width, height, *(None,) * (len(IMAGES.columns) - 5)


class FlowRows:
    """Closed flows, turned into rows of `flows` many at a time."""

    def __init__(self) -> None:
        self._flows: list[bytes] = []  # a view would keep the rows of its whole batch
        self._layout: np.dtype[np.void] | None = None
        self._said: list[tuple[str, str, str, int, int, bool]] = []

    def __len__(self) -> int:
        return len(self._flows)

    def add(
        self, flow: np.void, flow_id: bytes, protocol: str, server_name: str, read: tuple[int, int], *, swapped: bool
    ) -> None:
        """Take a closed flow (a FLOW row) and what the readers say of it."""
        self._flows.append(flow.tobytes())
        self._layout = flow.dtype
        self._said.append((flow_id.hex(), protocol, mask(server_name[:256]), read[0], read[1], swapped))

    def take(self) -> list[tuple[Any, ...]]:
        """Rows of all flows collected since the last call."""
        if not self._flows:
            return []
        flows = np.frombuffer(b"".join(self._flows), self._layout)
        ids, protocols, names, read_up, read_down, swapped = zip(*self._said, strict=True)
        turned = np.array(swapped, bool)
        read = np.stack([np.array(read_up, np.int64), np.array(read_down, np.int64)], axis=1)
        columns = flow_columns(flows, turned, read)
        columns |= {"flow_id": ids, "protocol": protocols, "server_name": names}
        self._flows.clear()
        self._said.clear()
        return list(zip(*(_listed(columns[name]) for name in FLOWS.names), strict=True))


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
        "tunnel": [_tunnel_name(code) for code in flows["tunnel"].tolist()],
        "bursts_up": flows["bursts"],
        "handshake": [
            _handshake(bits, flip) for bits, flip in zip(flows["handshake"].tolist(), turned.tolist(), strict=True)
        ],
    }
    for name in ("first_ts", "last_ts", "first_frame", "last_frame"):
        columns[name] = flows[name]
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


@functools.lru_cache(maxsize=64)
def _handshake(bits: int, turned: bool) -> str:  # noqa: FBT001
    text = "".join(letter for place, letter in enumerate(HANDSHAKE) if bits >> place & 1)
    return text.translate(str.maketrans("Ff", "fF")) if turned else text

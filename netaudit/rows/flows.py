"""From closed flows to rows of `flows`, many at a time.

While an audit runs, a capture is named '#<index>'; ids come at its end.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from netaudit.masking.mask import mask, mask_host, shortened
from netaudit.messages.readers import UNKNOWN
from netaudit.rows.columns import DIGITS, addresses, batch_of, few, ids, link_addresses
from netaudit.storage.table_streams import BATCH_ROWS
from netaudit.tables import FLOWS
from netaudit.text.addresses import vlan_text
from netaudit.text.frame_ranges import capture_name

if TYPE_CHECKING:
    import numpy.typing as npt

    from netaudit.storage.table_streams import TableWriter

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
SAID = ("flow_id", "protocol", "server_name", "read_up", "read_down", "swapped", "keys", "keys_from")  # by readers
COUNTED = (
    "packets", "bytes", "payload", "delivered", "duplicate", "conflicting", "evicted", "after_close", "missing",
)  # fmt: skip


def transport_of(proto: int) -> str:
    """Name of a protocol of IP, as `flows.transport` has it."""
    return TRANSPORTS.get(proto, f"ip-{proto}")


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
        self._said.append(
            (flow_id.hex(), protocol, shortened(mask_host, server_name, 256), read[0], read[1], swapped, *keys)
        )

    def take(self) -> pa.RecordBatch | None:
        """Rows of all flows collected since the last call; None for none."""
        if not self._flows:
            return None
        flows = np.frombuffer(b"".join(self._flows), self._layout)
        identities, protocols, names, read_up, read_down, swapped, keys, sources = zip(*self._said, strict=True)
        read = np.stack([np.array(read_up, np.int64), np.array(read_down, np.int64)], axis=1)
        columns = flow_columns(flows, np.array(swapped, bool), read)
        columns |= {
            "flow_id": identities,
            "protocol": protocols,
            "server_name": names,
            "keys": keys,
            "keys_from": sources,
        }
        columns |= dict(zip(CHOSEN, zip(*self._chosen, strict=True), strict=True))
        self._chosen.clear()
        self._flows.clear()
        self._said.clear()
        return batch_of(columns, FLOWS.schema())


class EndedFlows:
    """Closed flows that takers took, of which nothing more is to say than what they are; written many at a time."""

    def __init__(self, writer: TableWriter, protocol: str) -> None:
        self._writer, self._protocol, self._schema = writer, protocol, FLOWS.schema()
        self._ended: list[tuple[npt.NDArray[Any], npt.NDArray[np.uint8]]] = []
        self._names: list[str] = []  # of the servers of all
        self._count = 0

    def add(self, flows: npt.NDArray[Any], ids: npt.NDArray[np.uint8], names: list[str] | None = None) -> None:
        """Take FLOW rows, their ids, 32 hexadecimal digits each, and the names of their servers."""
        if len(flows):
            self._ended.append((flows, ids))
            self._names += names or [""] * len(flows)
            self._count += len(flows)

    def flush(self, *, least: int = BATCH_ROWS) -> None:
        """Write the flows, when they are at least so many."""
        if not self._ended or self._count < least:
            return
        flows, ids = (np.concatenate(parts) for parts in zip(*self._ended, strict=True))
        masked = {name: shortened(mask_host, name, 256) for name in set(self._names)}
        names = [masked[name] for name in self._names]
        for first in range(0, len(flows), BATCH_ROWS):  # all open flows may end at once
            last = first + BATCH_ROWS
            self._writer.extend(self._batch(flows[first:last], ids[DIGITS * first : DIGITS * last], names[first:last]))
        self._ended.clear()
        self._names.clear()
        self._count = 0

    def _batch(self, flows: npt.NDArray[Any], digits: npt.NDArray[np.uint8], names: list[str]) -> pa.RecordBatch:
        """Rows of `flows`; of flows that have a protocol every byte was read."""
        n = len(flows)
        read = flows["delivered"].astype(np.int64) * (self._protocol != UNKNOWN)
        columns = flow_columns(flows, np.zeros(n, bool), read) | dict.fromkeys(
            ("keys", "keys_from", *CHOSEN), pa.repeat("", n)
        )
        columns |= {"flow_id": ids(digits), "protocol": pa.repeat(self._protocol, n), "server_name": names}
        return batch_of(columns, self._schema)


def flow_columns(
    flows: npt.NDArray[np.void], turned: npt.NDArray[np.bool_], read: npt.NDArray[np.int64]
) -> dict[str, Any]:
    """Columns of `flows` from FLOW rows; what readers say of them is missing.

    `turned`: ends the other way round; `read`: bytes that lie in messages.
    """
    some = turned.any()
    shaken = (flows["handshake"].astype(np.int64) & ((1 << len(HANDSHAKE)) - 1)) << 1 | turned
    columns: dict[str, Any] = {
        "capture_id": few(flows["capture"], capture_name),
        "transport": few(flows["proto"], transport_of),
        "vlan": few(flows["vlan"], vlan_text),
        "tunnel": few(flows["tunnel"], _tunnel_name),
        "doubts": few(_seen_from(flows["doubts"], turned), doubt_names, pa.list_(pa.string())),
        "handshake": few(shaken, lambda bits: _handshake(bits >> 1, bits & 1)),
        "bursts_up": flows["bursts"],
    }
    for name in ("first_ts", "last_ts", "first_frame", "last_frame"):
        columns[name] = flows[name]
    for near, far in (("client", "server"), ("server", "client")):

        def end(field: str, near: str = near, far: str = far) -> npt.NDArray[Any]:
            own = flows[f"{near}_{field}"]
            return np.where(turned, flows[f"{far}_{field}"], own) if some else own

        columns[f"{near}_ip"] = addresses(end("hi"), end("lo"), none=False)
        columns[f"{near}_outer"] = addresses(end("outer_hi"), end("outer_lo"))
        columns[f"{near}_port"], columns[f"{near}_mac"] = end("port"), link_addresses(end("mac"))
    pairs = {name: flows[name] for name in COUNTED}
    if some:
        pairs = {name: np.where(turned[:, None], pair[:, ::-1], pair) for name, pair in pairs.items()}
    pairs["unread"] = np.maximum(pairs["delivered"].astype(np.int64) - read, 0)
    for name, pair in pairs.items():
        columns[f"{name}_up"], columns[f"{name}_down"] = pair[:, 0], pair[:, 1]
    starts = flows["start_seq"]
    starts = np.where(turned[:, None], starts[:, ::-1], starts) if some else starts
    for place, way in enumerate(("up", "down")):
        columns[f"seq_{way}"] = pa.array(starts[:, place], mask=starts[:, place] < 0)
    return columns


def _seen_from(doubts: npt.NDArray[np.uint32], turned: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint32]:
    """Doubt bits, those of one direction exchanged where the ends are the other way round."""
    from netaudit.streams.layouts import Doubt

    pairs = (
        (Doubt.STRANGER_UP, Doubt.STRANGER_DOWN), (Doubt.TAIL_UP, Doubt.TAIL_DOWN), (Doubt.SHORT_UP, Doubt.SHORT_DOWN),
        (Doubt.SUMS_UP, Doubt.SUMS_DOWN),
    )  # fmt: skip
    both = np.uint32(sum(int(one) for pair in pairs for one in pair))
    if not turned.any() or not (doubts & both).any():
        return doubts
    other = doubts & ~both
    for up, down in pairs:
        other |= np.where(doubts & np.uint32(up), np.uint32(down), 0) | np.where(
            doubts & np.uint32(down), np.uint32(up), 0
        )
    return np.where(turned, other, doubts).astype(np.uint32)


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
def _handshake(bits: int, turned: int) -> str:
    text = "".join(letter for place, letter in enumerate(HANDSHAKE) if bits >> place & 1)
    return text.translate(str.maketrans("Ff", "fF")) if turned else text

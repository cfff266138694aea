"""From closed flows to rows of `flows`, many at a time.

While an audit runs, a capture is named '#<index>'; ids come at its end.
"""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from netaudit.core.masking.mask import mask, mask_host, shortened
from netaudit.core.schema import FLOWS
from netaudit.core.storage.table_streams import BATCH_ROWS
from netaudit.core.text.addresses import vlan_text
from netaudit.core.text.frame_ranges import capture_name
from netaudit.protocols.readers import UNKNOWN
from netaudit.tables.columns import DIGITS, addresses, batch_of, few, link_addresses
from netaudit.tables.columns import ids as ids_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
SAID = (
    "flow_id", "protocol", "server_name", "read_up", "read_down", "swapped", "keys", "keys_from", *CHOSEN,
)  # fmt: skip
"""What readers say of a flow."""
COUNTED = (
    "packets", "bytes", "payload", "delivered", "duplicate", "conflicting", "evicted", "after_close", "missing",
)  # fmt: skip


def transport_of(proto: int) -> str:
    """Name of a protocol of IP, as `flows.transport` has it."""
    return TRANSPORTS.get(proto, f"ip-{proto}")


class Many(NamedTuple):
    """Closed flows that came as columns."""

    flows: npt.NDArray[Any]  # FLOW rows
    ids: npt.NDArray[np.uint8]  # 32 hexadecimal digits each
    protocol: str
    names: Sequence[str]  # of their servers, masked; empty where none has one


class FlowRows:
    """Closed flows, turned into rows of `flows` many at a time."""

    def __init__(self) -> None:
        self._flows: list[bytes] = []  # a view would keep the rows of its whole batch
        self._layout: np.dtype[np.void] | None = None
        self._said: list[tuple[Any, ...]] = []  # `SAID` of each
        self._many: list[Many] = []
        self._in_many = 0

    def __len__(self) -> int:
        return len(self._said) + self._in_many

    def add(self, flow: np.void, said: Any) -> None:
        """Take a closed flow (a FLOW row) and what the readers say of it, as `FlowSummary` has it."""
        host, (version, suite, name) = shortened(mask_host, said.server_name, 256), said.chosen
        self._flows.append(flow.tobytes())
        self._layout = flow.dtype
        row = said.flow_id.hex(), said.protocol, host, *said.read, said.swapped, *said.keys, version, suite, mask(name)
        self._said.append(row)

    def add_many(
        self, flows: npt.NDArray[Any], ids: npt.NDArray[np.uint8], protocol: str, names: Sequence[str] = ()
    ) -> None:
        """Take closed flows (FLOW rows) that no reader had to end, their ids as 32 hexadecimal digits, their servers.

        Of those that have a protocol every byte was read. Nobody may change the arrays afterwards.
        """
        if len(flows):
            masked = {name: shortened(mask_host, name, 256) for name in set(names)}
            self._many.append(Many(flows, ids, protocol, [masked[name] for name in names]))
            self._in_many += len(flows)

    def flush(self) -> Iterator[pa.RecordBatch]:
        """Rows of all flows collected since the last call."""
        flows = np.frombuffer(b"".join(self._flows), self._layout) if self._flows else np.empty(0, np.void)
        said, many = self._said, self._many
        self._flows, self._said, self._many, self._in_many = [], [], [], 0
        for first in range(0, len(said), BATCH_ROWS):  # all open flows may end at once
            some, own = said[first : first + BATCH_ROWS], flows[first : first + BATCH_ROWS]
            columns: dict[str, Any] = dict(zip(SAID, zip(*some, strict=True), strict=True))
            read = np.stack([np.array(columns.pop(name), np.int64) for name in ("read_up", "read_down")], axis=1)
            columns |= flow_columns(own, np.array(columns.pop("swapped"), bool), read)
            yield batch_of(columns, FLOWS.schema())
        if many:
            yield from _rows_of(many)


def _rows_of(many: list[Many]) -> Iterator[pa.RecordBatch]:
    """Rows of flows that came as columns."""
    protocols, sizes = [one.protocol for one in many], [len(one.flows) for one in many]
    of = np.repeat(np.arange(len(many)), sizes)
    flows = np.frombuffer(b"".join(one.flows.tobytes() for one in many), many[0].flows.dtype)
    digits = np.concatenate([one.ids for one in many])
    names = [name for one in many for name in (one.names or itertools.repeat("", len(one.flows)))]
    for first in range(0, len(flows), BATCH_ROWS):
        own, whose = flows[first : first + BATCH_ROWS], of[first : first + BATCH_ROWS]
        heard = np.array([one != UNKNOWN for one in protocols])[whose]
        read, none = own["delivered"].astype(np.int64) * heard[:, None], pa.repeat("", len(own))
        columns = flow_columns(own, np.zeros(len(own), bool), read) | {
            "flow_id": ids_of(digits[DIGITS * first : DIGITS * (first + len(own))]),
            "protocol": pa.array(protocols, pa.string()).take(pa.array(whose)),
            "server_name": names[first : first + len(own)],
            **dict.fromkeys(("keys", "keys_from", *CHOSEN), none),
        }
        yield batch_of(columns, FLOWS.schema())


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

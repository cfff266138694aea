"""Facts that only whole flows tell: what a host listens on, serves, uses and streams, which time server it asks.

Made at the end, from the table of flows, some at a time: what is held grows with hosts, up to a bound.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.schema import OBSERVATIONS, Row
from netaudit.core.storage.table_streams import table_of

if TYPE_CHECKING:
    from collections.abc import Iterator

NTP = 123
MOST_PORTS = 64  # listening ports noted of one host
MOST_FACTS = 65_536  # of all hosts together
EPHEMERAL_UDP = 32768  # UDP has no handshake: higher ports are no proof of a service
MEDIA = ("rtp", "rtsp", "ps")
LEAST_MEDIA = 256 << 10  # payload bytes from which on a host is said to stream
AT_A_TIME = 65_536  # flows
GROUP_BIT = 0x01  # of the first byte of a link address (IEEE 802, 8.2.2)
UNTOLD = ("", "unknown", "carved")  # protocols that say nothing

Fact = Row
Place = tuple[str, int, int]  # capture id, frame, UTC nanoseconds
Host = tuple[str, str]


@dataclass(slots=True)
class _Kept:
    """Facts of flows while they are collected: (host, field, value) → first place and count."""

    facts: dict[tuple[Host, str, str], list[Any]] = field(default_factory=dict)
    ports: dict[Host, int] = field(default_factory=lambda: defaultdict(int))
    media: dict[tuple[Host, str], list[Any]] = field(default_factory=dict)  # (host, in or out) → place, flows, bytes
    dropped: list[Any] = field(default_factory=list)

    def note(self, host: Host, name: str, value: str, place: Place, count: int) -> None:
        """Count a fact, if there is room for it; everybody at once (a group address) is no host."""
        if host[0] and int(host[0][:2], 16) & GROUP_BIT:
            return
        known = self.facts.get((host, name, value))
        if known is not None:
            known[1] += count
            return
        crowded = name == "listens" and self.ports[host] >= MOST_PORTS
        if crowded or len(self.facts) >= MOST_FACTS:
            self.dropped = [self.dropped[0] if self.dropped else place, (self.dropped or [0, 0])[1] + count]
            return
        self.ports[host] += name == "listens"
        self.facts[host, name, value] = [place, count]

    def stream(self, host: Host, way: str, size: int, place: Place, count: int) -> None:
        """Add media that a host sent ("out") or received ("in")."""
        known = self.media.get((host, way))
        if known is None and len(self.media) < MOST_FACTS:
            self.media[host, way] = [place, count, size]
        elif known is not None:
            known[1] += count
            known[2] += size


def with_flow_facts(observations: pa.Table, flows: pa.Table) -> pa.Table:
    """Observations and, behind them, what the flows tell."""
    return pa.concat_tables([observations, table_of(list(flow_facts(flows)), OBSERVATIONS)])


def flow_facts(flows: pa.Table) -> Iterator[Fact]:
    """Rows of `observations`, one per host, field and value, with the first flow's place; flows come in order."""
    kept = _Kept()
    for some in _batches(flows):
        answered = some.filter(pc.greater(some["packets_down"], 0))
        _services(answered, kept)
        _clients(answered, kept)
        _media(some.filter(pc.is_in(some["protocol"], pa.array(MEDIA))), kept)
    for (host, way), (place, count, size) in kept.media.items():
        if size >= LEAST_MEDIA:
            kept.note(host, "streams", f"media {way}", place, count)
    for ((mac, ip), name, value), (place, count) in kept.facts.items():
        yield _fact("flow", mac, ip, name, value, place, count)
    if kept.dropped:
        yield _fact("limit", "", "", "dropped", "facts of flows beyond the bounds", *kept.dropped)


def _fact(kind: str, mac: str, ip: str, name: str, value: str, place: Place, count: int) -> Fact:
    capture, frame, ts = place
    return OBSERVATIONS.row(
        kind=kind, mac=mac, ip=ip, field=name, value=value, capture_id=capture, frame=frame, ts=ts, count=count
    )


def _batches(flows: pa.Table) -> Iterator[pa.Table]:
    names = [
        "transport", "client_mac", "client_ip", "server_mac", "server_ip", "server_port", "handshake", "protocol",
        "packets_down", "payload_up", "payload_down", "capture_id", "first_frame", "first_ts",
    ]  # fmt: skip
    chosen = flows.select(names)
    for start in range(0, len(chosen), AT_A_TIME):  # by rows, not by chunks: what finds room must not depend on those
        rows = chosen.slice(start, AT_A_TIME)
        shaken = pc.match_substring(rows["handshake"], "A")
        place = rows.column_names.index("first_ts")
        yield rows.set_column(place, "first_ts", rows["first_ts"].cast(pa.int64())).append_column("shaken", shaken)


def _grouped(rows: pa.Table, keys: list[str], *sums: str) -> Iterator[tuple[dict[str, Any], Place, int]]:
    """Groups in the order of their first flow: keys and sums, the place of the first, and how many."""
    aggregations = [("capture_id", "first"), ("first_frame", "first"), ("first_ts", "first"), ("capture_id", "count")]
    grouped = rows.group_by(keys, use_threads=False).aggregate([*aggregations, *((name, "sum") for name in sums)])
    for row in grouped.to_pylist():
        yield row, (row["capture_id_first"], row["first_frame_first"], row["first_ts_first"]), row["capture_id_count"]


def _services(answered: pa.Table, kept: _Kept) -> None:
    """Ports that answer, and protocols that were really spoken there."""
    keys = ["server_mac", "server_ip", "transport", "server_port", "shaken", "protocol"]
    for row, place, count in _grouped(answered, keys):
        host, port = (row["server_mac"], row["server_ip"]), row["server_port"]
        if (row["transport"] == "tcp" and row["shaken"]) or (row["transport"] == "udp" and 0 < port < EPHEMERAL_UDP):
            kept.note(host, "listens", f"{row['transport']}/{port}", place, count)
        if row["protocol"] not in UNTOLD:
            kept.note(host, "serves", row["protocol"], place, count)


def _clients(answered: pa.Table, kept: _Kept) -> None:
    """Protocols used, and time servers asked."""
    for row, place, count in _grouped(answered, ["client_mac", "client_ip", "protocol"]):
        if row["protocol"] not in UNTOLD:
            kept.note((row["client_mac"], row["client_ip"]), "uses", row["protocol"], place, count)
    asked = answered.filter(pc.and_(pc.equal(answered["server_port"], NTP), pc.equal(answered["transport"], "udp")))
    for row, place, count in _grouped(asked, ["client_mac", "client_ip", "server_ip"]):
        kept.note((row["client_mac"], row["client_ip"]), "time_server", row["server_ip"], place, count)


def _media(flows: pa.Table, kept: _Kept) -> None:
    """Who sends pictures and sound, and who receives them: by bytes, whoever opened the flow."""
    keys = ["client_mac", "client_ip", "server_mac", "server_ip"]
    for row, place, count in _grouped(flows, keys, "payload_up", "payload_down"):
        client, server = (row["client_mac"], row["client_ip"]), (row["server_mac"], row["server_ip"])
        for sender, receiver, size in (
            (client, server, row["payload_up_sum"]),
            (server, client, row["payload_down_sum"]),
        ):
            kept.stream(sender, "out", size, place, count)
            kept.stream(receiver, "in", size, place, count)


def merge_facts(rows: pa.Table) -> pa.Table:
    """The same fact from several workers becomes one row: its first place, and the sum of its counts."""
    ordered = rows.sort_by([("ts", "ascending"), ("frame", "ascending"), ("capture_id", "ascending")])
    keys = ["kind", "mac", "ip", "field", "value"]
    merged = ordered.group_by(keys, use_threads=False).aggregate(
        [("capture_id", "first"), ("frame", "first"), ("ts", "first"), ("count", "sum")]
    )
    names = {"capture_id_first": "capture_id", "frame_first": "frame", "ts_first": "ts", "count_sum": "count"}
    merged = merged.rename_columns([names.get(name, name) for name in merged.column_names])
    return merged.select(rows.column_names).cast(rows.schema)

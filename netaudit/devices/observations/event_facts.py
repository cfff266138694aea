"""Facts that events tell of hosts: which documents a host sent and received, and by which id it called itself.

Records of devices (`RECORDS`) also make a host one that collects them, with the number of hosts that sent it such
with a picture, a comparison or an identity number; and a sender one whose records tell these.

An id is the host's own only where all its documents of that kind give one and the same: who passes on the events of
others gives many.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.schema import OBSERVATIONS, Row
from netaudit.core.storage.table_streams import table_of

if TYPE_CHECKING:
    from collections.abc import Iterator

CERTAIN = ("documented", "code", "capture")
MOST = 16_384  # facts
Host = tuple[str, str]  # link address and address
Place = tuple[str, int, int]  # capture, frame, UTC nanoseconds
RECORDS = frozenset({"face_capture", "comparison", "id_verification", "heartbeat"})  # kinds that devices push
MOST_SENDERS = 64  # of one receiver
_EVENT = [
    "message_id", "document", "kind", "act", "device_ref", "certainty", "first_ts", "frame", "capture_id",
    "images", "url_hmacs", "score", "id_number_hmac",
]  # fmt: skip
_ORDER = ("first_ts", "frame", "capture_id", "message_id", "document", "device_ref")
_FLOW = ["flow_id", "client_mac", "client_ip", "server_mac", "server_ip"]


def with_event_facts(observations: pa.Table, events: pa.Table | None, messages: pa.Table, flows: pa.Table) -> pa.Table:
    """Observations and, behind them, what the events tell."""
    if events is None or not events.num_rows:
        return observations
    facts = list(_facts(events, messages, flows))
    return pa.concat_tables([observations, table_of(facts, OBSERVATIONS)]) if facts else observations


def telling(observations: pa.Table) -> frozenset[tuple[str, str]]:
    """Link address and address of hosts whose records tell a picture, a comparison or an identity number."""
    chosen = pc.and_(pc.equal(observations["kind"], "event"), pc.equal(observations["field"], "tells"))
    rows = observations.select(["mac", "ip"]).filter(chosen).to_pylist()
    return frozenset((row["mac"], row["ip"]) for row in rows)


def _facts(events: pa.Table, messages: pa.Table, flows: pa.Table) -> Iterator[Row]:
    certain = events.filter(pc.is_in(events["certainty"], pa.array(CERTAIN))).select(_EVENT)
    certain = certain.sort_by([(name, "ascending") for name in _ORDER])  # whoever read them, in whatever order
    ways = _ways(certain["message_id"], messages, flows)
    kept: dict[tuple[str, str, str, str], list[Any]] = {}
    called: dict[tuple[str, str, str], dict[str, list[Any]]] = defaultdict(dict)
    telling = _Telling()
    place = certain.column_names.index("first_ts")
    for row in certain.set_column(place, "first_ts", certain["first_ts"].cast(pa.int64())).to_pylist():
        if row["message_id"] not in ways:
            continue
        way, pushed = ways[row["message_id"]]
        at = (row["capture_id"], row["frame"], row["first_ts"])
        telling.record(row, way, at, pushed=pushed)
        for host, field in zip(way, ("sent", "received"), strict=True):
            key = (*host, field, str(row["document"]))
            if key in kept or len(kept) < MOST:
                kept.setdefault(key, [at, 0])[1] += 1
        if row["device_ref"] and row["act"] in {"pushes", "announces"}:
            named = called[(*way[0], row["document"])]
            if len(named) < 3:
                named.setdefault(row["device_ref"], [at, 0])[1] += 1
    for (mac, ip, field, value), (at, count) in kept.items():
        yield _fact(mac, ip, field, value, at, count)
    yield from telling.facts()
    by_host: dict[tuple[str, str], dict[str, list[Any]]] = defaultdict(dict)
    for (mac, ip, _), named in called.items():
        by_host[mac, ip] |= named
    for (mac, ip), named in by_host.items():
        if len(named) == 1:
            (value, (at, count)) = next(iter(named.items()))
            yield _fact(mac, ip, "device", value, at, count)


class _Telling:
    """Who collects records of devices, from how many, and what the records of a sender tell."""

    def __init__(self) -> None:
        self._collects: dict[Host, list[Any]] = {}
        self._senders: dict[Host, tuple[Place, set[Host]]] = {}
        self._tells: dict[tuple[Host, str], list[Any]] = {}

    def record(self, row: dict[str, Any], way: tuple[Host, Host], at: Place, *, pushed: bool) -> None:
        """Take down an event."""
        if row["act"] not in {"pushes", "announces"} or row["kind"] not in RECORDS:
            return
        sender, receiver = way
        if len(self._collects) < MOST:
            self._collects.setdefault(receiver, [at, 0])[1] += 1
        names = [name for name, there in _told(row) if there]
        for name in names:
            if len(self._tells) < MOST:
                self._tells.setdefault((sender, name), [at, 0])[1] += 1
        if names and pushed and len(self._senders) < MOST:
            known = self._senders.setdefault(receiver, (at, set()))[1]
            if len(known) < MOST_SENDERS:
                known.add(sender)

    def facts(self) -> Iterator[Row]:
        """What follows for the hosts."""
        for (mac, ip), (at, count) in self._collects.items():
            yield _fact(mac, ip, "collects", "records of devices", at, count)
        for (mac, ip), (at, senders) in self._senders.items():
            yield _fact(mac, ip, "senders", str(len(senders)), at, 1)
        for ((mac, ip), name), (at, count) in self._tells.items():
            yield _fact(mac, ip, "tells", name, at, count)


def _told(row: dict[str, Any]) -> tuple[tuple[str, bool], ...]:
    """What a record carries."""
    return (
        ("picture", bool(row["images"] or row["url_hmacs"])),
        ("comparison", row["score"] is not None),
        ("identity number", bool(row["id_number_hmac"])),
    )


def _fact(mac: str, ip: str, field: str, value: str, at: tuple[str, int, int], count: int) -> Row:
    capture, frame, ts = at
    return OBSERVATIONS.row(
        kind="event", mac=mac, ip=ip, field=field, value=value, capture_id=capture, frame=frame, ts=ts, count=count
    )


def _ways(wanted: pa.ChunkedArray, messages: pa.Table, flows: pa.Table) -> dict[str, tuple[tuple[Host, Host], bool]]:
    """Sender and receiver of each message, as link address and address, and whether it was a request."""
    chosen = messages.filter(pc.is_in(messages["message_id"], value_set=pc.unique(wanted)))
    rows = chosen.select(["message_id", "flow_id", "direction"]).to_pylist()
    ids = pa.array(sorted({row["flow_id"] for row in rows}), pa.string())
    ends = {row["flow_id"]: row for row in flows.filter(pc.is_in(flows["flow_id"], ids)).select(_FLOW).to_pylist()}
    found: dict[str, tuple[tuple[Host, Host], bool]] = {}
    for row in rows:
        if (flow := ends.get(row["flow_id"])) is not None:
            client, server = (flow["client_mac"], flow["client_ip"]), (flow["server_mac"], flow["server_ip"])
            up = row["direction"] == "up"
            found[row["message_id"]] = ((client, server) if up else (server, client), up)
    return found

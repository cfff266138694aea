"""Facts that events tell of hosts: which documents a host sent and received, and by which id it called itself.

An id is the host's own only where all its documents of that kind give one and the same: who passes on the events of
others gives many.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.storage.table_streams import table_of
from netaudit.tables import OBSERVATIONS, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

CERTAIN = ("documented", "code", "capture")
MOST = 16_384  # facts
Host = tuple[str, str]  # link address and address
_EVENT = ["message_id", "document", "act", "device_ref", "certainty", "first_ts", "frame", "capture_id"]
_ORDER = ("first_ts", "frame", "capture_id", "message_id", "document", "device_ref")
_FLOW = ["flow_id", "client_mac", "client_ip", "server_mac", "server_ip"]


def with_event_facts(observations: pa.Table, events: pa.Table | None, messages: pa.Table, flows: pa.Table) -> pa.Table:
    """Observations and, behind them, what the events tell."""
    if events is None or not events.num_rows:
        return observations
    facts = list(_facts(events, messages, flows))
    return pa.concat_tables([observations, table_of(facts, OBSERVATIONS)]) if facts else observations


def _facts(events: pa.Table, messages: pa.Table, flows: pa.Table) -> Iterator[Row]:
    certain = events.filter(pc.is_in(events["certainty"], pa.array(CERTAIN))).select(_EVENT)
    certain = certain.sort_by([(name, "ascending") for name in _ORDER])  # whoever read them, in whatever order
    ways = _ways(certain["message_id"], messages, flows)
    kept: dict[tuple[str, str, str, str], list[Any]] = {}
    called: dict[tuple[str, str, str], dict[str, list[Any]]] = defaultdict(dict)
    place = certain.column_names.index("first_ts")
    for row in certain.set_column(place, "first_ts", certain["first_ts"].cast(pa.int64())).to_pylist():
        if (way := ways.get(row["message_id"])) is None:
            continue
        at = (row["capture_id"], row["frame"], row["first_ts"])
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
    by_host: dict[tuple[str, str], dict[str, list[Any]]] = defaultdict(dict)
    for (mac, ip, _), named in called.items():
        by_host[mac, ip] |= named
    for (mac, ip), named in by_host.items():
        if len(named) == 1:
            (value, (at, count)) = next(iter(named.items()))
            yield _fact(mac, ip, "device", value, at, count)


def _fact(mac: str, ip: str, field: str, value: str, at: tuple[str, int, int], count: int) -> Row:
    capture, frame, ts = at
    return OBSERVATIONS.row(
        kind="event", mac=mac, ip=ip, field=field, value=value, capture_id=capture, frame=frame, ts=ts, count=count
    )


def _ways(wanted: pa.ChunkedArray, messages: pa.Table, flows: pa.Table) -> dict[str, tuple[Host, Host]]:
    """Sender and receiver of each message, as link address and address."""
    chosen = messages.filter(pc.is_in(messages["message_id"], value_set=pc.unique(wanted)))
    rows = chosen.select(["message_id", "flow_id", "direction"]).to_pylist()
    ids = pa.array(sorted({row["flow_id"] for row in rows}), pa.string())
    ends = {row["flow_id"]: row for row in flows.filter(pc.is_in(flows["flow_id"], ids)).select(_FLOW).to_pylist()}
    found: dict[str, tuple[Host, Host]] = {}
    for row in rows:
        if (flow := ends.get(row["flow_id"])) is not None:
            client, server = (flow["client_mac"], flow["client_ip"]), (flow["server_mac"], flow["server_ip"])
            found[row["message_id"]] = (client, server) if row["direction"] == "up" else (server, client)
    return found

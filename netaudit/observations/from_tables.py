"""Facts that only whole flows tell: listening ports, time servers asked. Made at the end, from the table of flows."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.case_writer import table_of
from netaudit.tables import OBSERVATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

NTP = 123
MOST_PORTS = 64  # listening ports noted of one host
EPHEMERAL_UDP = 32768  # UDP has no handshake: higher ports are no proof of a service

Fact = tuple[Any, ...]


def with_flow_facts(observations: pa.Table, flows: pa.Table) -> pa.Table:
    """Observations and, behind them, what the flows tell."""
    return pa.concat_tables([observations, table_of(list(flow_facts(flows)), OBSERVATIONS.schema())])


def flow_facts(flows: pa.Table) -> Iterator[Fact]:
    """Rows of `observations`, one per host, field and value, with the first flow's place; flows come in order."""
    kept: dict[tuple[str, str, str, str], list[Any]] = {}
    ports: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in _answered(flows):
        for side, field, value in _facts_of(row):
            mac, ip = str(row[f"{side}_mac"]), str(row[f"{side}_ip"])
            if field == "listens":
                known = ports[mac, ip]
                if value not in known and len(known) >= MOST_PORTS:
                    continue
                known.add(value)
            key = (mac, ip, field, value)
            if key in kept:
                kept[key][3] += 1
            else:
                kept[key] = [row["capture_id"], row["first_frame"], row["first_ts"], 1]
    for (mac, ip, field, value), (capture, frame, ts, count) in kept.items():
        yield "flow", mac, ip, field, value, capture, frame, ts, count


def _answered(flows: pa.Table) -> Iterator[dict[str, Any]]:
    """Flows with an answer, some at a time."""
    names = ["transport", "client_mac", "client_ip", "server_mac", "server_ip", "server_port", "handshake"]
    columns = flows.select([*names, "capture_id", "first_frame", "first_ts", "packets_down"])
    for batch in columns.to_batches(max_chunksize=8192):
        rows = pa.Table.from_batches([batch.filter(pc.greater(batch["packets_down"], 0))])
        place = rows.column_names.index("first_ts")
        yield from rows.set_column(place, "first_ts", rows["first_ts"].cast(pa.int64())).to_pylist()


def _facts_of(row: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    port = row["server_port"]
    if row["transport"] == "tcp" and "A" in row["handshake"]:
        yield "server", "listens", f"tcp/{port}"
    elif row["transport"] == "udp" and 0 < port < EPHEMERAL_UDP:
        yield "server", "listens", f"udp/{port}"
        if port == NTP:
            yield "client", "time_server", row["server_ip"]

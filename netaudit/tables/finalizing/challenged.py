"""Requests that were asked for credentials and sent again (RFC 9110, 15.5.2 and 15.5.8): what they say counts once."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

CHALLENGES = (401, 407)
SOON = 30 * 1_000_000_000  # ns in which the request comes again


def without_challenged(events: pa.Table, messages: pa.Table, flows: pa.Table) -> pa.Table:
    """Events but those of a request that was challenged and came again, from the same client to the same server."""
    if not events.num_rows:
        return events
    challenged = pc.is_in(messages["status"], pa.array(CHALLENGES, messages["status"].type))
    refused = messages.select(["request_id"]).filter(challenged)
    asked = set(refused["request_id"].to_pylist()) - {""}
    mine = pc.is_in(events["message_id"], value_set=pa.array(sorted(asked), pa.string()))
    if not pc.any(mine).as_py():
        return events
    ways = _ways(events["message_id"], messages, flows)
    rows = list(
        zip(
            events["message_id"].to_pylist(), events["document"].to_pylist(),
            events["first_ts"].cast(pa.int64()).to_pylist(), strict=True,
        )
    )  # fmt: skip
    later: dict[tuple[object, str], list[int]] = {}
    for message_id, document, ts in rows:
        if message_id not in asked:
            later.setdefault((ways.get(message_id), document), []).append(ts or 0)
    keep = [
        message_id not in asked
        or not any(0 <= at - (ts or 0) <= SOON for at in later.get((ways.get(message_id), document), ()))
        for message_id, document, ts in rows
    ]
    return events.filter(pa.array(keep))


def _ways(wanted: pa.ChunkedArray, messages: pa.Table, flows: pa.Table) -> dict[str, tuple[str, str]]:
    chosen = messages.filter(pc.is_in(messages["message_id"], value_set=pc.unique(wanted)))
    flow_of = dict(zip(chosen["message_id"].to_pylist(), chosen["flow_id"].to_pylist(), strict=True))
    ids = pa.array(sorted(set(flow_of.values())), pa.string())
    some = flows.filter(pc.is_in(flows["flow_id"], ids)).select(["flow_id", "client_ip", "server_ip"])
    ends = {row["flow_id"]: (row["client_ip"], row["server_ip"]) for row in some.to_pylist()}
    return {message: ends[flow] for message, flow in flow_of.items() if flow in ends}

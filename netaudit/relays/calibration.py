"""Where a case was opened with keys: whether connections carry the images that sizes and times alone tell of them."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

FOUND, ABSENT, UNKNOWN = "found", "absent", ""


def found_in(relayed: pa.Table, tables: dict[str, pa.Table]) -> pa.Array:
    """For each row of `relayed_images`: found or absent among what was opened of its connection; empty: not opened."""
    flows, messages, objects = tables["flows"], tables["messages"], tables.get("objects")
    if objects is None or "opened" not in messages.column_names or "keys" not in flows.column_names:
        return pa.array([UNKNOWN] * relayed.num_rows, pa.string())
    ids = pc.unique(relayed["flow_id"])
    opened = set(flows.filter(_both(flows, "flow_id", ids, "keys", "opened"))["flow_id"].to_pylist())
    some = messages.filter(pc.and_(pc.is_in(messages["flow_id"], ids), pc.not_equal(messages["opened"], "")))
    flow_of = dict(zip(some["message_id"].to_pylist(), some["flow_id"].to_pylist(), strict=True))
    carried = objects.filter(pc.is_in(objects["message_id"], pa.array(flow_of, pa.string())))
    pairs = zip(carried["message_id"].to_pylist(), carried["sha256"].to_pylist(), strict=True)
    seen = {(flow_of[message], sha256) for message, sha256 in pairs}
    rows = zip(relayed["flow_id"].to_pylist(), relayed["sha256"].to_pylist(), strict=True)
    return pa.array([FOUND if row in seen else ABSENT if row[0] in opened else UNKNOWN for row in rows], pa.string())


def _both(table: pa.Table, name: str, values: pa.Array, other: str, value: str) -> pa.ChunkedArray:
    return pc.and_(pc.is_in(table[name], values), pc.equal(table[other], value))

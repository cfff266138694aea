"""Files with a password or a key that leave in clear: who sent them to whom is read, what is in them is not."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.contracts.reasons import reason
from netaudit.core.contracts.unwrapping_steps import LOCKED as LOCKED_FILE
from netaudit.findings.acts import LEAST_BYTES
from netaudit.findings.encrypted import hidden_finding
from netaudit.findings.people import is_own
from netaudit.findings.vocabulary import LOCKED

if TYPE_CHECKING:
    from netaudit.findings.finding import Finding
    from netaudit.findings.roles import Actors
    from netaudit.findings.uploads import Scope

NOTES = (LOCKED_FILE, "zip: encrypted member")  # of objects
WAYS = {
    ("inside", "outside"): ("client_ip", "server_ip", "up"),
    ("outside", "inside"): ("server_ip", "client_ip", "down"),
}
COLUMNS = [
    "flow_id", "capture_id", "transport", "client_ip", "server_ip", "server_port", "first_ts", "last_ts",
]  # fmt: skip


def locked_findings(
    tables: dict[str, pa.Table], scope: Scope, actors: Actors, machines: frozenset[str] = frozenset()
) -> list[Finding]:
    """Findings on such files, per sender and endpoint; people's own `machines` send all kinds of them."""
    sizes = _sizes(tables["objects"], tables["messages"])
    if not sizes:
        return []
    flows = tables["flows"]
    chosen = flows.select(COLUMNS).filter(pc.is_in(flows["flow_id"], pa.array(sorted({flow for flow, _ in sizes}))))
    for name in ("first_ts", "last_ts"):
        chosen = chosen.set_column(chosen.column_names.index(name), name, chosen[name].cast(pa.int64()))
    groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in chosen.to_pylist():
        near, far, way = WAYS.get((scope(row["client_ip"]), scope(row["server_ip"])), ("", "", ""))
        if not near or (row["flow_id"], way) not in sizes:
            continue
        sender, flow = row[near], row["flow_id"]
        if not is_own(actors.role(sender, flow)[0], machine=actors.ends.device(sender, flow) in machines):
            groups[actors.ends.named(sender, flow, "inside"), row[far]].append(row | {"way": way})
    found = []
    for (sender, receiver), rows in sorted(groups.items()):
        files, size = (sum(sizes[row["flow_id"], row["way"]][place] for row in rows) for place in (0, 1))
        if size >= LEAST_BYTES:
            why = [reason("locked", k=files, n=size, m=len(rows)), reason("content_hidden")]
            role = actors.role(sender, rows[0]["flow_id"])
            found.append(hidden_finding((sender, receiver, str(LOCKED)), role, rows, size, LOCKED, why))
    return found


def _sizes(objects: pa.Table, messages: pa.Table) -> dict[tuple[str, str], tuple[int, int]]:
    """How many such files a flow carried each way, and their bytes."""
    flat = objects["notes"].combine_chunks()
    rows = pc.unique(pc.list_parent_indices(flat).filter(pc.is_in(pc.list_flatten(flat), pa.array(NOTES))))
    if not len(rows):
        return {}
    some = objects.select(["message_id", "size"]).take(rows)
    place = pc.index_in(some["message_id"], value_set=messages["message_id"].combine_chunks())
    carried = messages.select(["flow_id", "direction"]).take(place)
    sums: dict[tuple[str, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for flow, way, size in zip(
        *(carried[name].to_pylist() for name in carried.column_names), some["size"].to_pylist(), strict=True
    ):
        files, so_far = sums[flow, way]
        sums[flow, way] = files + 1, so_far + size
    return dict(sums)

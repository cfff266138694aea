"""What netaudit tells, as records of the test specification; and what its messages are, by which differences are classed."""

from __future__ import annotations

import tempfile
from pathlib import Path

SAID = (
    "protocol", "direction", "method", "path", "status", "content_type", "body_size", "complete", "missing", "notes", "first_frame", "last_frame",
)  # fmt: skip


def records(*paths):
    import netaudit
    from netaudit.validate.observing import observed

    with tempfile.TemporaryDirectory() as scratch:
        case = netaudit.audit(
            list(paths), case=Path(scratch) / "case", faces=False, keep_all=True, keys_for="all", authority="-"
        )
        yield from observed(case)
        ways = {}
        names = {row["capture_id"]: row["name"] for row in case.table("captures").to_pylist()}
        for row in case.table("flows").to_pylist():
            way = [row["transport"], row["client_ip"], row["client_port"], row["server_ip"], row["server_port"]]
            ways[row["flow_id"]] = {"capture": names[row["capture_id"]], "way": way}
            if row["missing_up"] or row["missing_down"]:
                yield {"kind": "hole", **ways[row["flow_id"]]}
        for row in case.table("messages").to_pylist():
            yield {
                "kind": "message",
                **ways[row["flow_id"]],
                "answers": bool(row["request_id"]),
                **{name: row[name] for name in SAID},
            }

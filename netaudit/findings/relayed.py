"""Findings of certainty C: what left encrypted fits, by sizes and times, images that the sender had received in clear.

Counted are matched images that have a face where they were seen in clear; the others are told apart. No content was
seen, so the words are "consistent with", and the chance said is never below what validation bears.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from netaudit.findings.acts import UPLOADED
from netaudit.findings.uploads import display_filter, finding_id

if TYPE_CHECKING:
    import pyarrow as pa

    from netaudit.findings.roles import Actors

RULE = "relayed-by-size-and-time/1"
MODES = {
    "exact": "exact sizes",
    "padded": "sizes within their padding",
    "range": "sizes within a few bytes",
    "quic": "sums of QUIC datagrams",
    "batch": "sums of several images in one request",
    "reencoded": "ratios of sizes, as if encoded anew",
}


def relayed_findings(tables: dict[str, pa.Table], actors: Actors) -> list[dict[str, Any]]:
    """Rows of `findings`, one for each host, sender and endpoint that is named in `relay_tests`."""
    if not tables.get("relayed_images"):
        return []
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in _as_integers(tables["relayed_images"]).to_pylist():
        groups[row["holder"], row["sender"], row["receiver"]].append(row)
    faces = dict(zip(*(tables["images"][name].to_pylist() for name in ("sha256", "face")), strict=True))
    tests = tables["relay_tests"].to_pylist()
    return [_finding(*key, rows, faces, tests, tables["flows"], actors) for key, rows in sorted(groups.items())]


def _as_integers(table: pa.Table) -> pa.Table:
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(pa.int64()))
    return table


def _finding(
    holder: str,
    sender: str,
    receiver: str,
    rows: list[dict[str, Any]],
    faces: dict[str, str],
    tests: list[dict[str, Any]],
    flows: pa.Table,
    actors: Actors,
) -> dict[str, Any]:
    import pyarrow as pa
    import pyarrow.compute as pc

    own = [test for test in tests if (test["holder"], test["sender"], test["receiver"]) == (holder, sender, receiver)]
    decided = min((test for test in own if test["p"] is not None and test["told"]), key=lambda test: test["p_model"])
    with_face = [row for row in rows if faces.get(row["sha256"]) == "yes"]
    kind, why = actors.role(holder, rows[0]["flow_id"])
    ids = pa.array(sorted({row["flow_id"] for row in rows}), pa.string())
    ends = flows.filter(pc.is_in(flows["flow_id"], value_set=ids)).select(
        ["client_ip", "server_ip", "transport", "server_port"]
    )
    return {
        "finding_id": finding_id("C", UPLOADED, holder, sender, receiver),
        "certainty": "C",
        "act": UPLOADED,
        "sender": holder,
        "sender_role": kind,
        "role_reason": why,
        "receiver": receiver,
        "endpoint_id": receiver,
        "images": len(with_face),
        "distinct_images": len({row["sha256"] for row in with_face}),
        "bytes": sum(row["size"] for row in rows),
        "first_ts": min(row["sent_ts"] for row in rows),
        "last_ts": max(row["sent_ts"] for row in rows),
        "capture_ids": sorted({row[name] for row in rows for name in ("capture_id", "image_capture_id")}),
        "object_ids": sorted({row["object_id"] for row in rows}),
        "flow_ids": ids.to_pylist(),
        "display_filter": display_filter({tuple(row.values()) for row in ends.to_pylist()}),
        "rule": RULE,
        "opened": [],
        "reason": _reason(rows, len(with_face), faces, decided, sender if sender != holder else ""),
    }


def _reason(
    rows: list[dict[str, Any]], with_face: int, faces: dict[str, str], test: dict[str, Any], through: str
) -> str:
    """In one line: how many fit, how, what by chance; what it does not say."""
    unjudged = sum(faces.get(row["sha256"]) in {None, "not judged"} for row in rows)
    apart = f"{with_face} of these images have a face where they were seen in clear"
    apart += f", {unjudged} were not judged" if unjudged else ""
    modes = ", ".join(sorted({MODES[row["mode"]] for row in rows}))
    clock = "" if test["clock_s"] is None else f"; clocks of the two captures taken to be {test['clock_s']:.1f} s apart"
    by_chance = "" if test["expected"] is None else f"; by chance {test['expected']:.1f} would fit"
    way = f" through {through}" if through else ""
    return (
        f"sizes and times of encrypted uploads{way} fit {len(rows)} images received in clear ({modes}); {apart}"
        f"{by_chance}, chance of as much below 1 in {round(1 / test['p']):,}{clock}; consistent with their being sent "
        "on, content not seen"
    )

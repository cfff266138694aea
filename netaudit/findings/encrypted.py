"""Findings of certainty D: content not visible, but upload-shaped, or sent to a known face or object-store service."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.findings.acts import KNOWN, KNOWN_CLASSES, UPLOADED, upload_shape
from netaudit.findings.roles import PERSONAL_DEVICE, Actors
from netaudit.findings.uploads import Scope, display_filter, finding_id
from netaudit.findings.visibility import encrypted

RULE, KNOWN_RULE = "upload-shaped-encrypted/5", "known-service-encrypted/4"
LOOKS = {  # what uploads of each shape (`upload_counts.shape`) look like; in the reports of both languages
    "events": "many alike, a few at a time, as after events",
    "regular": "at even times, as telemetry and logs",
    "bulk": "most in one go or few, as a backup",
    "browsing": "more came back than went, as when browsing",
    "few": "too few for a shape",
    "unclear": "of no clear shape",
}
BURST_NAMES = ("< 8 KiB", "8-32 KiB", "32-128 KiB", "128-512 KiB", "> 512 KiB")


def encrypted_findings(
    flows: pa.Table,
    scope: Scope,
    actors: Actors,
    endpoints: pa.Table | None = None,
    counts: pa.Table | None = None,
) -> list[dict[str, Any]]:
    """Rows of `findings` for encrypted uploads, per sender, endpoint and server name.

    `endpoints` name services, `counts` (`upload_counts`) how many uploads there were.
    """
    services, counted = _services(endpoints), _counted(counts)
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in _encrypted(flows).to_pylist():
        sender, receiver = row["client_ip"], row["server_ip"]
        if (scope(sender), scope(receiver)) == ("inside", "outside"):
            groups[(sender, receiver, row["server_name"], *actors.ends.parts(sender, row["flow_id"]))].append(row)
    found = []
    for (sender, receiver, name, *parts), rows in sorted(groups.items()):
        kind, why = actors.role(sender, rows[0]["flow_id"])
        service, service_class = services.get(receiver, ("", ""))
        known = service_class in KNOWN_CLASSES
        shape = _shape(rows, known=known)
        if kind != PERSONAL_DEVICE and shape:
            told = counted.get((sender, receiver, name), "")
            finding = _finding((sender, receiver, name, *parts), rows, kind, why, service if known else "", told)
            found.append(finding | {"rule": KNOWN_RULE} if shape == KNOWN else finding)
    return found


def sent_once(row: dict[str, Any], way: str) -> int:
    """Payload of a row of `flows` without what was sent or captured again (mirror ports may give each packet twice)."""
    return int(row[f"payload_{way}"]) - (row[f"duplicate_{way}"] or 0) - (row[f"conflicting_{way}"] or 0)


def _services(endpoints: pa.Table | None) -> dict[str, tuple[str, str]]:
    if endpoints is None:
        return {}
    rows = endpoints.filter(pc.not_equal(endpoints["service"], "")).select(["ip", "service", "service_class"])
    return {row["ip"]: (row["service"], row["service_class"]) for row in rows.to_pylist()}


def _counted(counts: pa.Table | None) -> dict[tuple[str, str, str], str]:
    """What is said of the uploads counted, by sender, endpoint and server name."""
    if counts is None:
        return {}
    rows = counts.select(["sender", "receiver", "name", "uploads", "shape"]).to_pylist()
    return {
        (row["sender"], row["receiver"], row["name"]): f"{row['uploads']} uploads counted, {LOOKS[row['shape']]}; "
        for row in rows
        if row["uploads"] and row["shape"] in LOOKS
    }


def _encrypted(flows: pa.Table) -> pa.Table:
    chosen = flows.filter(encrypted(flows))
    for place, field in enumerate(chosen.schema):
        if pa.types.is_timestamp(field.type):
            chosen = chosen.set_column(place, field.name, chosen.column(place).cast(pa.int64()))
    return chosen


def _shape(rows: list[dict[str, Any]], *, known: bool) -> str:
    up, down = (sum(sent_once(row, way) for row in rows) for way in ("up", "down"))
    return upload_shape(up, down, sum(sum(row["bursts_up"][1:]) for row in rows), known=known)


def _finding(
    key: tuple[str, ...], rows: list[dict[str, Any]], kind: str, why: str, service: str, counted: str
) -> dict[str, Any]:
    sender, receiver, name, *_ = key
    bursts = [sum(row["bursts_up"][place] for row in rows) for place in range(len(BURST_NAMES))]
    shape = ", ".join(f"{count} × {label}" for count, label in zip(bursts, BURST_NAMES, strict=True) if count)
    up = sum(sent_once(row, "up") for row in rows)
    known = f", a known service ({service})" if service else ""
    reason = (
        f"encrypted to {name or receiver}{known}: {up} bytes up in {len(rows)} connections, bursts {shape or 'none'}; "
        f"{counted}content not visible, consistent with an upload"
    )
    identity = finding_id("D", UPLOADED, *key)
    return hidden_finding(identity, (sender, kind, why), receiver, rows, up, RULE, reason)


def hidden_finding(
    identity: str,
    who: tuple[str, str, str],
    receiver: str,
    rows: list[dict[str, Any]],
    size: int,
    rule: str,
    reason: str,
) -> dict[str, Any]:
    """Row of `findings` on flows whose content is not visible; `who`: the sender, its role and the reason for it."""
    sender, kind, why = who
    return {
        "finding_id": identity,
        "certainty": "D",
        "act": UPLOADED,
        "sender": sender,
        "sender_role": kind,
        "role_reason": why,
        "receiver": receiver,
        "endpoint_id": receiver,
        "images": 0,
        "distinct_images": 0,
        "bytes": size,
        "first_ts": min(row["first_ts"] for row in rows),
        "last_ts": max(row["last_ts"] for row in rows),
        "capture_ids": sorted({row["capture_id"] for row in rows}),
        "object_ids": [],
        "flow_ids": sorted({row["flow_id"] for row in rows}),
        "display_filter": display_filter(
            {(row["client_ip"], row["server_ip"], row["transport"], row["server_port"]) for row in rows}
        ),
        "rule": rule,
        "opened": [],
        "reason": reason,
    }

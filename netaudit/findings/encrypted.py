"""Findings of certainty D: content not visible, but upload-shaped, or sent to a known face or object-store service."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.findings.acts import (
    KNOWN,
    KNOWN_CLASSES,
    LEAST_BYTES,
    LEAST_KNOWN,
    SHAPED,
    UPLOADED,
    UPWARD_SHARE,
    upload_shape,
)
from netaudit.findings.people import EVENTS, SERVICES, is_own
from netaudit.findings.roles import CAPTURE, PERSONAL_DEVICE, SERVER, TERMINAL, Actors
from netaudit.findings.uploads import Scope, display_filter, finding_id
from netaudit.findings.visibility import encrypted

RULE, KNOWN_RULE, ANSWERED_RULE = "upload-shaped-encrypted/6", "known-service-encrypted/5", "answers-encrypted/1"
STORE = "object_store"  # a value of endpoints.service_class
JUDGED = frozenset({CAPTURE, TERMINAL, SERVER})  # roles of which one request is enough
UNTELLING = frozenset({"bulk", "regular", "few"})  # shapes that backups and telemetry have, or none at all
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
    machines: frozenset[str] = frozenset(),
) -> list[dict[str, Any]]:
    """Rows of `findings` for encrypted uploads, per sender, endpoint and server name, whichever side connected.

    `endpoints` name services, `counts` (`upload_counts`) how many requests there were; `machines` are people's own.
    """
    services, counted = _services(endpoints), _counted(counts)
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    asked: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in _encrypted(flows).to_pylist():
        client, server = row["client_ip"], row["server_ip"]
        scopes = scope(client), scope(server)
        if scopes == ("inside", "outside"):
            groups[(client, server, row["server_name"], *actors.ends.parts(client, row["flow_id"]))].append(row)
        elif scopes == ("outside", "inside"):
            asked[server, client].append(row)
    found = []
    for (sender, receiver, name, *parts), rows in sorted(groups.items()):
        kind, why = actors.role(sender, rows[0]["flow_id"])
        service, service_class = services.get(receiver, ("", ""))
        known = service_class in KNOWN_CLASSES
        count = counted.get((sender, receiver, name))
        own = is_own(kind, machine=sender in machines)
        if count is not None:
            shape = request_shape(count, kind, service_class, own=own) if _bursts(rows) else ""
        else:  # told without names; or not cut into requests: SSH, DTLS, a hello that was not captured
            shape = "" if own else _shape(rows, known=known)
        if kind != PERSONAL_DEVICE and shape:
            key = (sender, receiver, name, *parts)
            finding = _finding(key, rows, kind, why, service if known else "", _told(count))
            found.append(finding | {"rule": KNOWN_RULE} if shape == KNOWN else finding)
    return found + [one for way, rows in sorted(asked.items()) for one in _asked_for(*way, rows, actors)]


def request_shape(count: dict[str, Any], kind: str, service_class: str, *, own: bool) -> str:
    """Whether requests of a sender to an endpoint are worth a finding, and why: SHAPED, KNOWN or empty.

    `count`: its row of `upload_counts`. A machine of people needs pictures sent one after the other; what nothing names
    needs as many requests as make a shape, and not that of a backup or of telemetry; a device that captures, a terminal
    or a server needs one. A store of objects takes backups, too.
    """
    requests, size, shape = count["requests"] or 0, count["requests_bytes"] or 0, count["shape"]
    if own:
        enough = requests > 1 and shape == EVENTS and service_class not in SERVICES
    else:
        enough = requests > 0 and (kind in JUDGED or (requests > 1 and shape not in UNTELLING))
    if enough and size >= LEAST_BYTES:
        return SHAPED
    meant = service_class in KNOWN_CLASSES and (enough or (not own and (service_class != STORE or kind in JUDGED)))
    return KNOWN if meant and (count["bytes_high"] or 0) >= LEAST_KNOWN and count["uploads"] else ""


def _asked_for(sender: str, receiver: str, rows: list[dict[str, Any]], actors: Actors) -> list[dict[str, Any]]:
    """What somebody outside fetched, encrypted, from a server inside."""
    down, up = (sum(sent_once(row, way) for row in rows) for way in ("down", "up"))
    kind, why = actors.role(sender, rows[0]["flow_id"])
    if down < LEAST_BYTES or down < UPWARD_SHARE * up or kind == PERSONAL_DEVICE:
        return []
    reason = (
        f"encrypted answers to {receiver}, which connected from outside: {down} bytes in {len(rows)} connections; "
        "content not visible, consistent with an upload"
    )
    identity = finding_id("D", UPLOADED, sender, receiver, ANSWERED_RULE)
    return [hidden_finding(identity, (sender, kind, why), receiver, rows, down, ANSWERED_RULE, reason)]


def sent_once(row: dict[str, Any], way: str) -> int:
    """Payload of a row of `flows` without what was sent or captured again (mirror ports may give each packet twice)."""
    return int(row[f"payload_{way}"]) - (row[f"duplicate_{way}"] or 0) - (row[f"conflicting_{way}"] or 0)


def _services(endpoints: pa.Table | None) -> dict[str, tuple[str, str]]:
    if endpoints is None:
        return {}
    rows = endpoints.filter(pc.not_equal(endpoints["service"], "")).select(["ip", "service", "service_class"])
    return {row["ip"]: (row["service"], row["service_class"]) for row in rows.to_pylist()}


def _counted(counts: pa.Table | None) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Rows of `upload_counts` by sender, endpoint and server name."""
    if counts is None:
        return {}
    columns = ["sender", "receiver", "name", "uploads", "shape", "requests", "requests_bytes", "bytes_high"]
    rows = counts.select(columns).to_pylist()
    return {(row["sender"], row["receiver"], row["name"]): row for row in rows}


def _told(count: dict[str, Any] | None) -> str:
    """What is said of the uploads counted."""
    if count is None or not count["uploads"] or count["shape"] not in LOOKS:
        return ""
    return f"{count['uploads']} uploads counted, {LOOKS[count['shape']]}; "


def _encrypted(flows: pa.Table) -> pa.Table:
    chosen = flows.filter(encrypted(flows))
    for place, field in enumerate(chosen.schema):
        if pa.types.is_timestamp(field.type):
            chosen = chosen.set_column(place, field.name, chosen.column(place).cast(pa.int64()))
    return chosen


def _shape(rows: list[dict[str, Any]], *, known: bool) -> str:
    up, down = (sum(sent_once(row, way) for row in rows) for way in ("up", "down"))
    return upload_shape(up, down, _bursts(rows), known=known)


def _bursts(rows: list[dict[str, Any]]) -> int:
    """Upward bursts from 8 KiB on."""
    return sum(sum(row["bursts_up"][1:]) for row in rows)


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

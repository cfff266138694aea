"""Findings of certainty D: content not visible, but upload-shaped, or sent to a known face or object-store service."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.contracts.reasons import reason
from netaudit.findings.acts import (
    ABROAD,
    KNOWN,
    KNOWN_CLASSES,
    LEAST_BYTES,
    LEAST_KNOWN,
    SHAPED,
    UPWARD_SHARE,
    upload_shape,
)
from netaudit.findings.finding import Finding, display_filter, way_of
from netaudit.findings.people import EVENTS, SERVICES, is_own
from netaudit.findings.roles import CAPTURE, PERSONAL_DEVICE, SERVER, TERMINAL, Actors
from netaudit.findings.visibility import encrypted
from netaudit.findings.vocabulary import ANSWERED, KIND, KNOWN_SERVICE, SHAPED_ENCRYPTED, UPLOADED, Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netaudit.findings.intermediaries import Fronts
    from netaudit.findings.uploads import Scope

IN_PART = "smb-encrypted"  # a value of flows.protocol
STORE = "object_store"  # a value of endpoints.service_class
JUDGED = frozenset({CAPTURE, TERMINAL, SERVER})  # roles of which one request is enough
VIDEO = "video"  # one request of hours is as much
FEW = "few"
MOST_UNLIKE = 1.5  # doublings between the quartiles of size of what is alike
UNTELLING = frozenset({"bulk", "regular", FEW})  # shapes that backups and telemetry have, or none at all
UNSUITED = frozenset({"bulk", "regular", "browsing", "video", ""})  # shapes that are not added up
LEAST_ALIKE = 6  # uploads, from which on they have a shape
# export-grade suites (RFC 2246, A.5; RFC 2712; draft-ietf-tls-56-bit-ciphersuites-01): keys of 40 or 56 bits
EXPORT_GRADE = frozenset(
    f"{code:04x}"
    for code in (0x03, 0x06, 0x08, 0x0B, 0x0E, 0x11, 0x14, 0x17, 0x19, *range(0x26, 0x2C), *range(0x60, 0x66))
)
BURST_NAMES = ("< 8 KiB", "8-32 KiB", "32-128 KiB", "128-512 KiB", "> 512 KiB")


def encrypted_findings(
    flows: pa.Table,
    scope: Scope,
    actors: Actors,
    endpoints: pa.Table | None = None,
    counts: pa.Table | None = None,
    machines: frozenset[str] = frozenset(),
    fronts: Fronts | None = None,
) -> list[Finding]:
    """Findings on encrypted uploads, per sender, endpoint and server name, whichever side connected.

    `endpoints` name services, `counts` (`upload_counts`) how many requests there were; `machines` are people's own.
    """
    services, counted = services_of(endpoints), by_way(counts)
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    asked: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in _encrypted(flows).to_pylist():
        client, server = row["client_ip"], row["server_ip"]
        scopes = scope(client), scope(server)
        if scopes == ABROAD:
            groups[actors.ends.named(client, row["flow_id"], "inside"), server, row["server_name"]].append(row)
        elif scopes == ("outside", "inside"):
            asked[actors.ends.named(server, row["flow_id"], "inside"), client].append(row)
    together = _together(groups, counted)
    found = []
    for (sender, receiver, name), rows in sorted(groups.items()):
        role = actors.role(sender, rows[0]["flow_id"])
        service, service_class = services.get(receiver, ("", ""))
        known = service_class in KNOWN_CLASSES
        count = counted.get((sender, receiver, name))
        pooled = together.get((sender, receiver, name))
        own = is_own(role[0], machine=actors.ends.device(sender, rows[0]["flow_id"]) in machines, service=service_class)
        if count is not None:
            shape = request_shape(count, role[0], service_class, own=own) if _bursts(rows) else ""
            shape = shape or (SHAPED if not own and pooled is not None and _sends(count, rows) else "")
            if not shape and not own and role[0] in JUDGED and (count["sliced"] or 0) >= LEAST_ALIKE:
                shape = _shape(rows, known=known)
        else:  # told without names; or not cut into requests: SSH, DTLS, a hello that was not captured
            shape = "" if own else _shape(rows, known=known)
        if role[0] != PERSONAL_DEVICE and shape:
            key, rule = (sender, receiver, name), KNOWN_SERVICE if shape == KNOWN else SHAPED_ENCRYPTED
            one = _finding(key, rows, role, service if known else "", count, rule)
            if pooled is not None and pooled[0] > 1:
                one.reasons.append(reason("encrypted_together", m=pooled[0], n=pooled[1]))
            one.reasons += fronts.reasons_of(rows) if fronts is not None else []
            found.append(one)
    return found + [one for key, rows in sorted(asked.items()) for one in _asked_for(key, rows, actors, counted)]


def request_shape(count: dict[str, Any], kind: str, service_class: str, *, own: bool) -> str:
    """Whether requests of a sender to an endpoint are worth a finding, and why: SHAPED, KNOWN or empty.

    `count`: its row of `upload_counts`. A machine of people needs as many alike as make a shape, as after events; what
    nothing names needs as many requests as make a shape, and not that of a backup or of telemetry, or a video; a device
    that captures, a terminal or a server needs one. A store of objects takes backups, too.
    """
    requests, size, shape = count["requests"] or 0, count["requests_bytes"] or 0, count["shape"]
    if own:
        enough = requests >= LEAST_ALIKE and shape == EVENTS and service_class not in SERVICES
    else:
        enough = requests > 0 and (kind in JUDGED or shape == VIDEO or (requests > 1 and shape not in UNTELLING))
    if enough and size >= LEAST_BYTES:
        return SHAPED
    meant = service_class in KNOWN_CLASSES and (enough or (not own and (service_class != STORE or kind in JUDGED)))
    return KNOWN if meant and (count["bytes_high"] or 0) >= LEAST_KNOWN and count["uploads"] else ""


def _asked_for(
    key: tuple[str, ...], rows: list[dict[str, Any]], actors: Actors, counted: Mapping[tuple[str, str, str], Any]
) -> list[Finding]:
    """What somebody outside fetched, encrypted, from a server inside; `key` begins with both."""
    sender, receiver = key
    down, up = (sum(sent_once(row, way) for row in rows) for way in ("down", "up"))
    role = actors.role(sender, rows[0]["flow_id"])
    answers = (counted.get((sender, receiver, "")) or {}).get("requests_bytes") or 0  # whatever else was pushed in
    if max(down * (down >= UPWARD_SHARE * up), answers) < LEAST_BYTES or role[0] == PERSONAL_DEVICE:
        return []
    why = [reason("encrypted_answers", name=receiver, m=down, n=len(rows))]
    return [hidden_finding((sender, receiver, str(ANSWERED)), role, rows, down, ANSWERED, why)]


def sent_once(row: dict[str, Any], way: str) -> int:
    """Payload of a row of `flows` without what was sent or captured again (mirror ports may give each packet twice).

    Of a connection that hides a part only, what no message has: SMB encrypts share by share.
    """
    if row["protocol"] == IN_PART:
        return int(row[f"unread_{way}"] or 0)
    return int(row[f"payload_{way}"]) - (row[f"duplicate_{way}"] or 0) - (row[f"conflicting_{way}"] or 0)


def services_of(endpoints: pa.Table | None) -> dict[str, tuple[str, str]]:
    """Name and class of the services that endpoints are known for, by address."""
    if endpoints is None:
        return {}
    rows = endpoints.filter(pc.not_equal(endpoints["service"], "")).select(["ip", "service", "service_class"])
    return {row["ip"]: (row["service"], row["service_class"]) for row in rows.to_pylist()}


def by_way(counts: pa.Table | None) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Rows of `upload_counts` by sender, endpoint and server name."""
    if counts is None:
        return {}
    columns = [
        "sender",
        "receiver",
        "name",
        "uploads",
        "shape",
        "requests",
        "requests_bytes",
        "sliced",
        "bytes_low",
        "bytes_high",
    ]
    rows = counts.select(columns).to_pylist()
    return {(row["sender"], row["receiver"], row["name"]): row for row in rows}


def _together(
    groups: dict[tuple[str, ...], list[dict[str, Any]]], counted: dict[tuple[str, str, str], dict[str, Any]]
) -> dict[tuple[str, ...], tuple[int, int]]:
    """Ways that are small each and, taken together, as large as one that is told: how many ways, how many uploads.

    Names of one endpoint are one way; of several endpoints those count to which uploads look as after events, and those
    of too few for a shape, where requests as large as each other went to one after the other. Units may be small where
    there are as many as make a shape, and as large together as a few pictures.
    """
    by_end: dict[tuple[str, str], list[tuple[str, ...]]] = defaultdict(list)
    few: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for key in groups:
        count = counted.get((key[0], key[1], key[2]))
        if count is not None and count["uploads"] and count["shape"] not in UNSUITED:
            by_end[key[0], key[1]].append(key)
        if count is not None and count["requests"] and count["shape"] == FEW:
            few[key[0]].append(key)
    alike: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for sender, keys in few.items():
        rows = [counted[key[0], key[1], key[2]] for key in keys]
        if len({key[1] for key in keys}) >= LEAST_ALIKE and _are_alike(rows):
            alike[sender].update(keys)
    for (sender, _), keys in by_end.items():
        rows = [counted[key[0], key[1], key[2]] for key in keys]
        if sum(row["uploads"] for row in rows) >= LEAST_ALIKE or any(row["shape"] == EVENTS for row in rows):
            alike[sender].update(keys)
    found: dict[tuple[str, ...], tuple[int, int]] = {}
    for together in alike.values():
        keys = sorted(together)
        rows = [counted[key[0], key[1], key[2]] for key in keys]
        uploads, size = sum(row["uploads"] for row in rows), sum(row["bytes_low"] or 0 for row in rows)
        if uploads >= LEAST_ALIKE and size >= LEAST_BYTES:
            found |= dict.fromkeys(keys, (len(keys), uploads))
    return found


def _are_alike(rows: list[dict[str, Any]]) -> bool:
    """Whether requests of several ways are as large as each other, as those of one way are (`upload_patterns.py`)."""
    low, high = np.quantile(np.log2([row["requests_bytes"] / row["requests"] for row in rows]), (0.25, 0.75))
    return bool(high - low <= MOST_UNLIKE)


def _sends(count: dict[str, Any], rows: list[dict[str, Any]]) -> bool:
    """Whether what is too little for a shape has at least a burst, or went up rather than down, as no browsing does."""
    up, down = (sum(sent_once(row, way) for row in rows) for way in ("up", "down"))
    return count["shape"] != "few" or _bursts(rows) > 0 or up >= UPWARD_SHARE * down


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
    key: tuple[str, ...],
    rows: list[dict[str, Any]],
    role: tuple[str, str],
    service: str,
    count: dict[str, Any] | None,
    rule: Rule,
) -> Finding:
    _, receiver, name, *_ = key
    bursts = [sum(row["bursts_up"][place] for row in rows) for place in range(len(BURST_NAMES))]
    shape = ", ".join(f"{count} × {label}" for count, label in zip(bursts, BURST_NAMES, strict=True) if count)
    up = sum(sent_once(row, "up") for row in rows)
    figures: dict[str, object] = {"name": name or receiver, "m": up, "n": len(rows), "shape": shape or "none"}
    return hidden_finding(key, role, rows, up, rule, [_sent(figures, service, count), *_weak(rows)])


def _sent(figures: dict[str, object], service: str, count: dict[str, Any] | None) -> str:
    """What was sent, as a reason: to a known service or not, with the uploads counted or not."""
    if count is None or not count["uploads"] or not count["shape"]:
        return reason("encrypted_known", **figures, service=service) if service else reason("encrypted", **figures)
    figures = figures | {"uploads": count["uploads"], "look": count["shape"]}
    return (
        reason("encrypted_known_counted", **figures, service=service)
        if service
        else reason("encrypted_counted", **figures)
    )


def _weak(rows: list[dict[str, Any]]) -> list[str]:
    """What is said of connections whose keys are so short that whoever recorded them can try all."""
    count = sum((row["tls_cipher"] or "").lower() in EXPORT_GRADE for row in rows)
    return [reason("export_grade", n=count)] if count else []


def hidden_finding(
    key: tuple[str, ...], role: tuple[str, str], rows: list[dict[str, Any]], size: int, rule: Rule, reasons: list[str]
) -> Finding:
    """The finding on flows whose content is not visible; `key`: sender, receiver, and what tells it from others."""
    return Finding(
        kind=KIND["hidden"],
        certainty="D",
        sender=key[0],
        receiver=key[1],
        role=role,
        rules=[rule],
        key=("D", UPLOADED.name, *key),
        bytes=size,
        first_ts=min(row["first_ts"] for row in rows),
        last_ts=max(row["last_ts"] for row in rows),
        capture_ids=sorted({row["capture_id"] for row in rows}),
        flow_ids=sorted({row["flow_id"] for row in rows}),
        display_filter=display_filter(map(way_of, rows)),
        reasons=reasons,
    )

"""From the tables of a case to a `Visit`: every outward flow is in a channel, whether anything was made of it."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.storage.arrow_rows import integer_times
from netaudit.devices.endpoints.sightings import once
from netaudit.devices.endpoints.tunnels import answerable
from netaudit.findings.ends import Ends
from netaudit.findings.recheck.visit import (
    CLEAR,
    FACE,
    HIDDEN,
    PICTURE,
    RECORD,
    VIDEO,
    Call,
    Channel,
    Device,
    Sending,
    Visit,
    apart,
)
from netaudit.findings.visibility import CLEAR as IN_CLEAR
from netaudit.findings.visibility import LOCAL, visibility
from netaudit.findings.vocabulary import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netaudit.findings.recheck.visit import CaseLike

FLOWS = [
    "flow_id", "client_ip", "server_ip", "transport", "server_port", "protocol", "server_name", "keys",
    "payload_up", "payload_down", "first_ts", "last_ts",
]  # fmt: skip
CALLS = ["flow_id", "client_ip", "server_ip", "first_ts", "last_ts", "handshake", "missing_up", "missing_down"]
IMAGES = frozenset({"jpeg", "png", "webp", "bmp", "gif", "heic", "avif", "tiff", "jp2", "pnm", "tga"})
STREAMS = frozenset({"rtp", "rtsp", "rtmp"})
CARRIES = 0.5  # share of the greater direction of a stream from which on the smaller may be video, too
MOST = 1_000_000  # connections, and sendings of all of them, that are kept; what is beyond is told as a limit
BATCH = 10_000  # rows that are Python's at a time
LOST = 0.01  # share of a flow's bytes, and of packets, whose loss is more than a visit bears
Row = dict[str, Any]


def visit_of(case: CaseLike, most: int = MOST) -> Visit:
    """Read a case, `most` of what it holds. Raises CaseError where it is damaged."""
    tables = {one: case.table(one) for one in ("flows", "devices", "bindings", "endpoints", "findings", "captures")}
    tables["flows"] = once(answerable(tables["flows"]), case.table("sightings"))
    scope = dict(zip(*(tables["endpoints"][one].to_pylist() for one in ("ip", "scope")), strict=True))
    ends = Ends(tables)
    vantage = case.manifest.get("vantage") or {}
    found = Visit(
        names=[Path(str(getattr(case, "folder", ""))).name],
        sides=frozenset({str(vantage.get("side") or "unknown")}),
        spans=_spans(tables["captures"]),
        marks=sorted(zip(_ns(case.table("moments"), "ts"), case.table("moments")["text"].to_pylist(), strict=True)),
        devices=_devices(tables["devices"], tables["findings"]),
        channels={},
        heard=defaultdict(list),
        limits=[],
        zone=str((case.manifest.get("options") or {}).get("zone") or ""),
        captures=frozenset(one for one in tables["captures"]["sha256"].to_pylist() if one),
    )
    carries_payload = pc.greater(
        pc.add(*(pc.fill_null(tables["flows"][one], 0) for one in ("payload_up", "payload_down"))), 0
    )
    carrying = tables["flows"].filter(carries_payload)
    flows = {row["flow_id"]: row for row in _rows(carrying[:most], FLOWS)}
    found.room = most - carrying.num_rows
    ways = _record_flows(found, flows, scope, ends)
    _record_calls(found, tables["flows"].filter(pc.invert(carries_payload))[:most], scope, ends)
    videos = _videos(case, flows, tables["findings"])
    for way in videos & ways.keys():
        found.keep(ways[way], _whole(flows, way, VIDEO))
    explained = _record_clear(found, case, ways, tables["findings"])
    _record_hidden(found, case, flows, ways)
    _record_rest(found, flows, ways, explained, videos)
    _note_findings(tables["findings"], ways)
    found.limits = _limits(case, found, tables["captures"])
    for channel in found.channels.values():
        channel.sent.sort()
        channel.spans = apart(channel.spans)
    for spans in found.heard.values():
        spans.sort()
    return found


def _rows(table: pa.Table, columns: list[str]) -> Iterator[Row]:
    chosen = table.select(columns)
    for place, one in enumerate(chosen.schema):
        if pa.types.is_timestamp(one.type):
            chosen = chosen.set_column(place, one.name, chosen.column(place).cast(pa.int64()))
    for batch in chosen.to_batches(BATCH):
        yield from batch.to_pylist()


def _ns(table: pa.Table, column: str) -> list[int]:
    return list(table[column].cast(pa.int64()).to_pylist())


def _spans(captures: pa.Table) -> list[tuple[int, int]]:
    """What was captured; captures of one recording, cut into files, are one span."""
    known = captures.filter(captures["first_ts"].is_valid())
    return apart(zip(_ns(known, "first_ts"), _ns(known, "last_ts"), strict=True))


def _devices(devices: pa.Table, findings: pa.Table) -> dict[str, Device]:
    roles = dict(zip(findings["sender_device"].to_pylist(), findings["sender_role"].to_pylist(), strict=True))
    return {
        row["device_id"]: Device(
            row["device_id"],
            frozenset(mac.lower() for mac in row["macs"] or ()),
            frozenset(row["ips"] or ()),
            row["vendor"] or "",
            row["model"] or "",
            row["serial"] or "",
            row["name"] or "",
            row["class"] or "",
            roles.get(row["device_id"]) or row["role_hint"] or "",
        )
        for row in integer_times(devices).to_pylist()
    }


Ways = dict[tuple[str, bool], Channel]  # by flow and direction (True: the client sends)


def _record_flows(found: Visit, flows: dict[str, Row], scope: dict[str, str], ends: Ends) -> Ways:
    """Channels of all flows, both directions; who was heard."""
    ways: Ways = {}
    for flow_id, row in flows.items():
        for up in (True, False):
            sender, receiver = (row["client_ip"], row["server_ip"])[:: 1 if up else -1]
            payload = row["payload_up" if up else "payload_down"] or 0
            if scope.get(sender) != "inside" or not payload:
                continue
            device = ends.device(sender, flow_id)
            found.heard[device].append((row["first_ts"], row["last_ts"]))
            where = scope.get(receiver)
            inside = where == "inside"
            if where not in {"inside", "outside"} or (inside and row["protocol"] in LOCAL):
                continue
            name = row["server_name"] if up and not inside else ""
            asks = up and row["protocol"] == "dns"
            endpoint = f"DNS {receiver}" if asks else ends.device(receiver, flow_id) if inside else name or receiver
            channel = found.channels.setdefault((device, endpoint), Channel(device, endpoint, inside, asks))
            channel.ips.add(receiver)
            if name:
                channel.names.add(name)
            if inside or (row["payload_up"] and row["payload_down"]):
                channel.spans.append((row["first_ts"], row["last_ts"]))
            channel.up += payload
            channel.down += row["payload_down" if up else "payload_up"] or 0
            ways[flow_id, up] = channel
    return ways


def _record_calls(found: Visit, silent: pa.Table, scope: dict[str, str], ends: Ends) -> None:
    """Connections that carried nothing: who called was there, and its way to whom it called passes here.

    One whose beginning was not captured, or of which bytes were lost, may have carried it: it tells only who was there.
    """
    calls = silent.filter(pc.and_(pc.equal(silent["transport"], "tcp"), pc.greater(silent["packets_up"], 0)))
    for row in _rows(calls, CALLS):
        where = scope.get(row["server_ip"])
        if scope.get(row["client_ip"]) != "inside":
            continue
        device = ends.device(row["client_ip"], row["flow_id"])
        found.heard[device].append((row["first_ts"], row["last_ts"]))
        whole = "S" in (row["handshake"] or "") and not row["missing_up"] and not row["missing_down"]
        if whole and where in {"inside", "outside"}:
            found.tried.setdefault(device, []).append(Call(row["first_ts"], row["server_ip"], where == "inside"))


def _whole(flows: dict[str, Row], way: tuple[str, bool], form: str) -> Sending:
    """All that a flow carried one way, as one."""
    row = flows[way[0]]
    return Sending(row["first_ts"], row["payload_up" if way[1] else "payload_down"] or 0, form)


def _record_clear(found: Visit, case: CaseLike, ways: Ways, findings: pa.Table) -> dict[tuple[str, bool], int]:
    """What was sent in clear, message by message: a face, a record, another picture, or anything else with a body.

    Gives how many bytes of each flow and direction that is.
    """
    explained: dict[tuple[str, bool], int] = defaultdict(int)
    faces, records = _ids(findings, "object_ids"), _ids(findings, "document_ids")
    objects = case.table("objects", ["object_id", "message_id", "kind"])
    bodies = case.table("messages", ["message_id", "flow_id", "direction", "first_ts", "body_size", "protocol"])
    bodies = bodies.filter(pc.greater(bodies["body_size"], 0))
    for form, column, values in ((FACE, "object_id", faces), (RECORD, "object_id", records), (PICTURE, "kind", IMAGES)):
        held = objects.filter(_among(objects[column], values))["message_id"]
        bodies = bodies.append_column(form, _among(bodies["message_id"], held))
    for row in _rows(bodies, bodies.column_names):
        way = (row["flow_id"], row["direction"] == "up")
        channel = ways.get(way)
        if channel is None or row["protocol"] in {"tls", "quic", "dtls", "dns"}:
            continue
        explained[way] += row["body_size"]
        forms = [form for form in (FACE, RECORD) if row[form]] or [PICTURE if row[PICTURE] else CLEAR]
        for form in forms:
            found.keep(channel, Sending(row["first_ts"], row["body_size"], form))
    return explained


def _among(column: pa.ChunkedArray, values: Iterable[Any]) -> pa.ChunkedArray:
    held = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else pa.array(values, column.type)
    return pc.is_in(column, value_set=held)


def _ids(findings: pa.Table, column: str) -> set[str]:
    return {one for some in findings[column].to_pylist() for one in some or ()}


def _record_hidden(found: Visit, case: CaseLike, flows: dict[str, Row], ways: Ways) -> None:
    """What was sent unseen: units where lengths tell them, else what the connection carried, as one."""
    cut: set[str] = set()
    for row in _rows(case.table("encrypted_uploads"), ["flow_id", "first_ts", "plaintext_high"]):
        if (channel := ways.get((row["flow_id"], True))) is not None:
            cut.add(row["flow_id"])
            found.keep(channel, Sending(row["first_ts"], row["plaintext_high"] or 0, HIDDEN))
    for (flow_id, up), channel in ways.items():
        if not _in_clear(flows[flow_id]) and not (up and flow_id in cut):
            found.keep(channel, _whole(flows, (flow_id, up), HIDDEN))


def _in_clear(row: Row) -> bool:
    return visibility(row["protocol"] or "", row["transport"], row["server_port"] or 0, row["keys"] or "") == IN_CLEAR


def _record_rest(
    found: Visit, flows: dict[str, Row], ways: Ways, explained: dict[tuple[str, bool], int],
    videos: set[tuple[str, bool]],
) -> None:  # fmt: skip
    """What flows in clear carried of which no message tells, where it is most of them: it is not nothing."""
    for way, channel in ways.items():
        whole = _whole(flows, way, CLEAR)
        rest = whole.size - explained.get(way, 0)
        if way not in videos and rest > explained.get(way, 0) and _in_clear(flows[way[0]]):
            found.keep(channel, Sending(whole.ts, rest, CLEAR))


def _videos(case: CaseLike, flows: dict[str, Row], findings: pa.Table) -> set[tuple[str, bool]]:
    """Flows and directions that carry video: as a finding says, else the greater direction of a stream."""
    media = list(_rows(case.table("media"), ["flow_id", "kind"]))
    flows_of = {kind: {row["flow_id"] for row in media if row["kind"] == kind} for kind in ("video", "audio")}
    found = set()
    for row in _rows(findings.filter(pc.equal(findings["act"], "video")), ["sender", "receiver", "flow_ids"]):
        for flow in flows.keys() & set(row["flow_ids"] or ()):
            ends = (flows[flow]["client_ip"], flows[flow]["server_ip"])
            if row["sender"] in ends or row["receiver"] in ends:
                found.add((flow, row["sender"] == ends[0] or row["receiver"] == ends[1]))
            else:
                flows_of["video"].add(flow)
    known = {flow for flow, _ in found}
    for flow, row in flows.items():
        stream = row["protocol"] in STREAMS and flow not in flows_of["audio"]
        if flow not in known and (flow in flows_of["video"] or stream):
            up, down = (row[f"payload_{way}"] or 0 for way in ("up", "down"))
            found |= {
                (flow, way) for way, size in ((True, up), (False, down)) if size and size >= CARRIES * max(up, down)
            }
    return found


def _note_findings(findings: pa.Table, ways: Ways) -> None:
    """Which findings speak of which channel."""
    for row in integer_times(findings).to_pylist():
        kind = kind_of(row)
        for flow in row["flow_ids"] or ():
            for up in (True, False):
                channel = ways.get((flow, up))
                if channel is not None and kind.act.device == "sender" and row["receiver"] in channel.ips:
                    channel.findings[kind.name].add(row["finding_id"])


def _limits(case: CaseLike, found: Visit, captures: pa.Table) -> list[str]:
    """What keeps this visit from telling an absence."""
    limits = ["bound"] if found.room < 0 else []
    if case.manifest.get("partial", True):
        limits.append("partial")
    if not found.sides <= {"lan", "wan", "both"}:
        limits.append("vantage_unknown")
    read = sum(one or 0 for one in captures["packets_read"].to_pylist())
    if sum(one or 0 for one in captures["drops"].to_pylist()) > LOST * max(read, 1):
        limits.append("drops")
    if any(captures["damage"].to_pylist()):
        limits.append("damage")
    lost = case.table("flows", ["missing_up", "missing_down", "payload_up", "payload_down"])
    missing, there = (
        sum(pc.sum(lost[f"{what}_{way}"]).as_py() or 0 for way in ("up", "down")) for what in ("missing", "payload")
    )
    if missing > LOST * max(missing + there, 1):
        limits.append("missing")
    ledgers = case.table("ledgers", ["ledger", "subject", "understood", "count"]).to_pylist()
    if any(row["ledger"] == "inputs" and row["understood"] is False for row in ledgers):
        limits.append("inputs")
    return limits

"""Writes exactly the packets of a finding, object, flow, event or journey to a commented pcapng, for a second tool."""

from __future__ import annotations

import hashlib
import ipaddress
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netaudit.capture.from_files import open_captures, read_frames
from netaudit.capture.write import PcapngWriter
from netaudit.core.text.addresses import MAPPED
from netaudit.core.text.frame_ranges import frame_numbers
from netaudit.errors import UsageError
from netaudit.packets.from_capture import Decoder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from netaudit.evidence.case.reading import Case

Halves = tuple[np.uint64, np.uint64]  # of an address, as in PACKET


def extract(case: Case, what: str, out: Path, captures: Sequence[Path]) -> int:
    """Write the packets of `what` (an id or its beginning) to `out`; gives their number.

    Raises UsageError when nothing has that id, or when a capture is not where it was (say where with `captures`).
    """
    wanted = select(case, what)
    places = locate(case, captures)
    count = 0
    with PcapngWriter(out) as writer:
        for row in _captures(case):
            identity = row["capture_id"]
            comments, flows = wanted.get(identity, ({}, []))
            if not comments and not flows:
                continue
            path = places.get(identity)
            if path is None:
                raise UsageError("{}: is not where it was audited; say where it is with --captures", row["name"])
            frames = dict(comments)
            for flow in flows:
                for frame in frames_of_flow(path, flow):
                    frames.setdefault(frame, [f"netaudit flow {flow['flow_id']}"])
            interfaces: dict[int, int] = {}
            written = _written(row["comments"] or ())
            for record, data in read_frames(path, sorted(frames)):
                number = int(record["interface"])
                if number not in interfaces:
                    interfaces[number] = writer.interface(
                        int(record["linktype"]), name=f"{row['name']} interface {number}"
                    )
                frame = int(record["frame"])
                comments_here = [f"frame {frame} of {row['name']}", *frames[frame], *written.get(frame, ())]
                writer.packet(
                    interfaces[number], int(record["ts"]), data, wirelen=int(record["wirelen"]), comments=comments_here
                )
                count += 1
    return count


def _captures(case: Case) -> list[dict[str, Any]]:
    """Captures in the order of their first packets; without times, which Python has to the microsecond only."""
    read = case.table("captures", ["capture_id", "name", "comments", "first_ts"])
    ordered = read.sort_by([("first_ts", "ascending"), ("capture_id", "ascending")])
    return list(ordered.drop_columns(["first_ts"]).to_pylist())


def _written(comments: Iterable[str]) -> dict[int, list[str]]:
    """By frame, the comments that stood in the capture (`captures.comments`), masked."""
    found: dict[int, list[str]] = {}
    for one in comments:
        number, _, text = one.partition(": ")
        if number.isdigit():
            found.setdefault(int(number), []).append(f"comment in the capture: {text}")
    return found


def select(case: Case, what: str) -> dict[str, tuple[dict[int, list[str]], list[dict[str, Any]]]]:
    """Per capture: frames with their comments, and flows whose packets are still to be found."""
    finding = _match(case.table("findings"), "finding_id", what)
    if finding:
        comment = f"netaudit finding {finding['finding_id']} ({finding['certainty']}, {finding['act']})"
        carried = [*finding["object_ids"], *(finding.get("document_ids") or ())]
        chosen = _of_objects(case, {identity: f"{comment}, object {identity}" for identity in carried})
        if not carried or finding["certainty"] == "C":  # its objects were seen elsewhere: what was sent are its flows
            for identity, (_, flows) in _of_flows(case, finding["flow_ids"]).items():
                chosen.setdefault(identity, ({}, []))[1].extend(flows)
        return chosen
    thing = _match(case.table("objects"), "object_id", what)
    if thing:
        return _of_objects(case, {thing["object_id"]: f"netaudit object {thing['object_id']} sha256 {thing['sha256']}"})
    flow = _match(case.table("flows"), "flow_id", what)
    if flow:
        return _of_flows(case, [flow["flow_id"]])
    if messages := _legs(case, what):
        return _of_messages(case, messages)
    raise UsageError("{}: no finding, object, flow, event or journey of this case begins so", what)


def _legs(case: Case, what: str) -> dict[str, str]:
    """Messages of a journey, or the one of an event, each with its comment."""
    journeys = case.table("journeys", ["journey_id", "leg", "message_id"])
    if found := _match(journeys.group_by("journey_id").aggregate([]), "journey_id", what):
        rows = journeys.filter(pc.equal(journeys["journey_id"], found["journey_id"])).to_pylist()
        rows = [row for row in rows if row["message_id"]]  # what was sent encrypted is no message
        return {row["message_id"]: f"netaudit journey {row['journey_id']}, leg {row['leg']}" for row in rows}
    event = _match(case.table("events", ["event_id", "message_id", "kind"]), "event_id", what)
    return {event["message_id"]: f"netaudit event {event['event_id']} ({event['kind']})"} if event else {}


def _of_messages(case: Case, comments: dict[str, str]) -> dict[str, tuple[dict[int, list[str]], list[dict[str, Any]]]]:
    """The packets that carried the objects of some messages; those from first to last where a message has none."""
    objects = case.table("objects", ["object_id", "message_id"])
    mine = objects.filter(pc.is_in(objects["message_id"], pa.array(list(comments)))).to_pylist()
    chosen = _of_objects(case, {row["object_id"]: comments[row["message_id"]] for row in mine})
    messages = case.table("messages", ["message_id", "flow_id", "capture_id", "first_frame", "last_frame"])
    ends = messages.filter(pc.is_in(messages["message_id"], pa.array(list(comments)))).to_pylist()
    for row in ends:
        frames, _ = chosen.setdefault(row["capture_id"], ({}, []))
        for frame in (row["first_frame"], row["last_frame"]):
            comments_of_frame = frames.setdefault(frame, [])
            if comments[row["message_id"]] not in comments_of_frame:
                comments_of_frame.append(comments[row["message_id"]])
    return chosen


def _match(rows: pa.Table, column: str, what: str) -> dict[str, Any] | None:
    found = rows.filter(pc.starts_with(rows[column], what))
    if found.num_rows > 1 and what not in found[column].to_pylist():
        raise UsageError("{}: more than one {} begins so; give more of it", what, column)
    times = [field.name for field in found.schema if pa.types.is_timestamp(field.type)]
    for name in times:
        found = found.set_column(found.column_names.index(name), name, found[name].cast(pa.int64()))
    return found.to_pylist()[0] if found.num_rows else None


def _of_objects(case: Case, comments: dict[str, str]) -> dict[str, tuple[dict[int, list[str]], list[dict[str, Any]]]]:
    evidence = case.table("evidence")
    chosen: dict[str, tuple[dict[int, list[str]], list[dict[str, Any]]]] = {}
    for row in evidence.filter(pc.is_in(evidence["object_id"], pa.array(list(comments), pa.string()))).to_pylist():
        frames, _ = chosen.setdefault(row["capture_id"], ({}, []))
        for frame in frame_numbers(row["frames"]):
            frames.setdefault(frame, []).append(comments[row["object_id"]])
    return chosen


def _of_flows(case: Case, flow_ids: Iterable[str]) -> dict[str, tuple[dict[int, list[str]], list[dict[str, Any]]]]:
    flows = case.table("flows")
    rows = flows.filter(pc.is_in(flows["flow_id"], pa.array(list(flow_ids)))).select(
        ["flow_id", "transport", "client_ip", "client_port", "server_ip", "server_port", "first_ts", "last_ts"]
    )
    for name in ("first_ts", "last_ts"):
        rows = rows.set_column(rows.column_names.index(name), name, rows[name].cast(pa.int64()))
    chosen: dict[str, tuple[dict[int, list[str]], list[dict[str, Any]]]] = defaultdict(lambda: ({}, []))
    captures = case.table("captures")
    spans = zip(
        captures["capture_id"].to_pylist(),
        captures["first_ts"].cast(pa.int64()).to_pylist(),
        captures["last_ts"].cast(pa.int64()).to_pylist(),
        strict=True,
    )
    for identity, first, last in spans:
        for row in rows.to_pylist():
            if first is not None and row["first_ts"] <= last and row["last_ts"] >= first:
                chosen[identity][1].append(row)
    return chosen


def frames_of_flow(path: Path, flow: dict[str, Any]) -> list[int]:
    """Frame numbers of a flow's packets, by decoding the capture again."""
    opened = open_captures([path])
    decoder = Decoder()
    frames: set[int] = set()
    for window in opened.windows():
        packets = decoder.feed(window).packets
        for row in packets[_belongs(packets, flow)]:
            place = (int(row["capture"]), int(row["frame"]))
            frames.add(place[1])
            frames.update(frame for _, frame in decoder.fragments.get(place, ()))
    return sorted(frames)


def _belongs(packets: npt.NDArray[np.void], flow: dict[str, Any]) -> npt.NDArray[np.bool_]:
    client, server = _halves(flow["client_ip"]), _halves(flow["server_ip"])
    up = _ends(packets, client, flow["client_port"], server, flow["server_port"])
    down = _ends(packets, server, flow["server_port"], client, flow["client_port"])
    timely = (packets["ts"] >= flow["first_ts"]) & (packets["ts"] <= flow["last_ts"])
    transport = {"tcp": 6, "udp": 17}.get(flow["transport"])
    right = packets["proto"] == transport if transport else (packets["proto"] != 6) & (packets["proto"] != 17)
    mine: npt.NDArray[np.bool_] = (up | down) & timely & right
    return mine


def _ends(
    packets: npt.NDArray[np.void], source: Halves, sport: int, target: Halves, dport: int
) -> npt.NDArray[np.bool_]:
    same: npt.NDArray[np.bool_] = (
        (packets["src_hi"] == source[0])
        & (packets["src_lo"] == source[1])
        & (packets["dst_hi"] == target[0])
        & (packets["dst_lo"] == target[1])
        & (packets["sport"] == sport)
        & (packets["dport"] == dport)
    )
    return same


def _halves(ip: str) -> Halves:
    address = ipaddress.ip_address(ip)
    value = int(address) if address.version == 6 else MAPPED << 32 | int(address)
    return np.uint64(value >> 64), np.uint64(value & 0xFFFFFFFFFFFFFFFF)


def locate(case: Case, captures: Sequence[Path]) -> dict[str, Path]:
    """Where the captures are: as recorded, or among the given files and folders; only with the recorded SHA-256."""
    known = {
        row["capture_id"]: row for row in case.table("captures").select(["capture_id", "sha256", "size"]).to_pylist()
    }
    candidates = [Path(entry) for entry in case.run.get("paths", [])]
    for given in captures:
        candidates += sorted(path for path in given.rglob("*") if path.is_file()) if given.is_dir() else [given]
    sizes = {row["size"] for row in known.values()}
    found: dict[str, Path] = {}
    for path in candidates:
        if path.is_file() and path.stat().st_size in sizes:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            for identity, row in known.items():
                if row["sha256"] == digest:
                    found.setdefault(identity, path)
    return found

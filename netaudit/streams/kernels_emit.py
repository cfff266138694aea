"""Kernels that write what a batch brings: output rows of flows, rows of bytes and gaps in the order of the capture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from netaudit.jit.decorators import lean_kernel
from netaudit.streams.layouts import (
    BURSTS,
    COUNTED,
    DOWN,
    MIDWAY,
    NO_RECORDS,
    RECENT_SEGMENTS,
    SYNS,
    UP,
    Base,
    Kind,
    Tables,
)

if TYPE_CHECKING:
    import numpy.typing as npt

BYTES = int(Kind.BYTES)
GAP = int(Kind.GAP)
UNBASED = int(Base.NONE)


@lean_kernel
def wide(value: Any) -> int:
    """An unsigned field as a signed 64-bit number, so that differences do not wrap."""
    return np.int64(value)  # type: ignore[return-value]


@lean_kernel
def output_row(t: Tables, slot: int) -> int:
    """Index of the flow's output row in this batch; taken on first use."""
    cursor = t.cursor[0]
    flow = t.connections[slot]
    if flow["epoch"] != cursor["epoch"]:
        flow["epoch"] = cursor["epoch"]
        flow["row"] = cursor["rows"]
        t.row_slots[cursor["rows"]] = slot
        cursor["rows"] += 1
    return int(flow["row"])


@lean_kernel
def write_row(t: Tables, slot: int, index: int) -> None:
    """Write the flow's counters as of now into output row `index`."""
    flow, row = t.connections[slot], t.rows[index]
    row["serial"] = flow["serial"]
    row["client_hi"] = flow["client_hi"]
    row["client_lo"] = flow["client_lo"]
    row["server_hi"] = flow["server_hi"]
    row["server_lo"] = flow["server_lo"]
    row["variant_of"] = t.connections[flow["main"]]["serial"] if flow["main"] >= 0 else 0
    row["client_outer_hi"] = flow["client_outer_hi"]
    row["client_outer_lo"] = flow["client_outer_lo"]
    row["server_outer_hi"] = flow["server_outer_hi"]
    row["server_outer_lo"] = flow["server_outer_lo"]
    row["doubts"] = flow["doubts"]
    row["client_mac"] = flow["client_mac"]
    row["server_mac"] = flow["server_mac"]
    row["first_ts"] = flow["first_ts"]
    row["last_ts"] = flow["last_ts"]
    row["first_frame"] = flow["first_frame"]
    row["last_frame"] = flow["last_frame"]
    row["first_seq"] = flow["first_seq"]
    row["vlan"] = flow["vlan"]
    row["client_port"] = flow["client_port"]
    row["server_port"] = flow["server_port"]
    row["capture"] = flow["capture"]
    row["last_capture"] = flow["last_capture"]
    row["proto"] = flow["proto"]
    row["tunnel"] = flow["tunnel"]
    row["shard"] = flow["shard"]
    row["state"] = flow["list"]
    row["handshake"] = flow["handshake"]
    row["ignored"] = flow["ignored"]
    for direction in range(2):
        side = t.sides[2 * slot + direction]
        row["packets"][direction] = side["packets"]
        row["bytes"][direction] = side["bytes"]
        row["payload"][direction] = side["payload"]
        row["delivered"][direction] = side["delivered"]
        row["duplicate"][direction] = side["duplicate"]
        row["conflicting"][direction] = side["conflicting"]
        row["evicted"][direction] = side["evicted"]
        row["after_close"][direction] = side["after_close"]
        row["missing"][direction] = side["missing"]
        row["start_seq"][direction] = side["base"] & 0xFFFFFFFF if side["based"] != UNBASED else -1
    for size in range(BURSTS):
        row["bursts"][size] = flow["bursts"][size]


@lean_kernel
def has_records(t: Tables, slot: int) -> bool:
    """Whether the records of the flow are walked along, or may be."""
    walk = t.walks[slot]
    return bool(walk["serial"] != t.connections[slot]["serial"] or walk["kind"] != NO_RECORDS)


@lean_kernel
def acknowledged(t: Tables, side_index: int) -> int:
    """Offset up to which a side acknowledges the other one: by the packet under way where it is the side's own."""
    other, cursor = t.sides[side_index ^ 1], t.cursor[0]
    if cursor["side"] != side_index or other["based"] == UNBASED:
        return int(other["acked"])
    ahead = ((cursor["ack"] - other["base"] - other["next"] + 0x80000000) & 0xFFFFFFFF) - 0x80000000
    return int(other["next"] + ahead)


@lean_kernel
def emit(
    t: Tables,
    slot: int,
    direction: int,
    kind: int,
    offset: int,
    length: int,
    source: int,
    ts: int,
    frame: int,
    capture: int,
) -> None:
    """Append one row of bytes or gap, unless the flow is only counted and has no records to follow."""
    if t.connections[slot]["ignored"]:
        if not has_records(t, slot):
            return
        kind += COUNTED
    if not t.connections[slot]["handshake"] & SYNS:
        t.connections[slot]["handshake"] |= MIDWAY
    index = output_row(t, slot)
    cursor = t.cursor[0]
    row = t.emitted[cursor["emitted"]]
    cursor["emitted"] += 1
    row["offset"] = offset
    row["length"] = length
    row["source"] = source
    row["ts"] = ts
    row["frame"] = frame
    row["acked"] = acknowledged(t, 2 * slot + direction)
    row["settled"] = t.sides[2 * slot + direction]["acked"]
    row["row"] = index
    row["capture"] = capture
    row["direction"] = direction
    row["kind"] = kind


@lean_kernel
def hand_on(t: Tables, slot: int, direction: int, length: int, source: int, ts: int, frame: int, capture: int) -> None:
    """Deliver `length` bytes at the side's next offset."""
    side = t.sides[2 * slot + direction]
    emit(t, slot, direction, BYTES, side["next"], length, source, ts, frame, capture)
    side["delivered"] += length
    side["next"] += length


@lean_kernel
def remember(recents: npt.NDArray[Any], side: Any, first: int, offset: int, length: int, source: int) -> None:
    """Put a delivered segment into the side's ring, which begins at row `first`; its checksum follows at the end."""
    entry = recents[first + wide(side["recent"])]
    side["recent"] = (side["recent"] + 1) % RECENT_SEGMENTS
    entry["offset"] = offset
    entry["length"] = length
    entry["value"] = source
    entry["fresh"] = 1


@lean_kernel
def skip(t: Tables, slot: int, direction: int, length: int) -> None:
    """Emit a gap of `length` bytes at the side's next offset."""
    side = t.sides[2 * slot + direction]
    emit(t, slot, direction, GAP, side["next"], length, 0, 0, 0, 0)
    side["missing"] += length
    side["next"] += length


@lean_kernel
def end_burst(flow: Any) -> None:
    """Count the open upward burst by its size, if it has 1 KiB at least."""
    size = flow["burst"]
    flow["burst"] = 0
    if size < 1 << 10:
        return
    kind = 0
    bound = 8 << 10
    while kind < BURSTS - 1 and size >= bound:
        kind += 1
        bound <<= 2
    flow["bursts"][kind] += 1


@lean_kernel
def follow_burst(flow: Any, direction: int, length: int, clock: int) -> None:
    """Take `length` new payload bytes into the count of upward bursts.

    A burst ends by 1 s without upward payload or by a downward payload of 128 bytes: an answer has as many, while the
    window updates and acknowledgements of HTTP/2 over TLS, which come in the midst of an upload, have fewer.
    """
    if direction == DOWN:
        if length >= 128 and flow["burst"]:
            end_burst(flow)
        return
    if direction == UP:
        if flow["burst"] and clock - flow["burst_clock"] >= 1_000_000_000:
            end_burst(flow)
        flow["burst"] += length
        flow["burst_clock"] = clock

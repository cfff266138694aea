"""Kernels of the other reading: where bytes contradict each other, those that the flow does not take are kept and read.

The first conflict of a flow opens its variant, a flow of its own beside it with the same offsets, in which the other
bytes win: from there on it takes every segment, lets it wait until it was acknowledged, and has the one that the flow
turned down displace the other. What came before is a gap in it. A flow has one variant at most; where the table of its
shard is full it has none, and is only told to have conflicts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel
from netaudit.streams.kernels_emit import skip, wide
from netaudit.streams.kernels_flows import UNKNOWN, reset_side
from netaudit.streams.kernels_reassembly import (
    compare_waiting,
    drain,
    enforce,
    give_up,
    insert,
    make_room,
    push,
    remove,
    source_after,
)
from netaudit.streams.layouts import BURSTS, MIDWAY, SLOT_BITS, SYNS, Doubt, Tables

U1 = npt.NDArray[np.uint8]

CONFLICT, VARIANT = int(Doubt.CONFLICT), int(Doubt.VARIANT)


@lean_kernel
def open_variant(
    t: Tables, slot: int, direction: int, offset: int, sequence: int, ts: int, frame: int, capture: int
) -> None:
    """Begin the other reading of a flow at `offset` of a direction, with the packet that has other bytes."""
    cursor, flow = t.cursor[0], t.connections[slot]
    shard = t.shards[flow["shard"]]
    flow["doubts"] |= CONFLICT
    starting = t.sides[2 * slot]["starting"] or t.sides[2 * slot + 1]["starting"]
    if flow["shadow"] != -1 or flow["main"] >= 0 or starting or flow["ignored"]:
        return
    if cursor["free_slot"] < 0 or shard["flows"] >= t.limits[0]["flows"]:
        return
    twin = cursor["free_slot"]
    own = t.connections[twin]
    cursor["free_slot"] = own["chain"]
    cursor["serial"] += 1
    shard["flows"] += 1
    t.connections[twin] = flow
    own["serial"] = (cursor["serial"] << SLOT_BITS) | twin
    own["main"] = slot
    own["doubts"] = VARIANT | CONFLICT
    own["handshake"] = flow["handshake"] & (SYNS | MIDWAY)
    own["first_seq"] = sequence
    own["first_ts"] = own["last_ts"] = ts
    own["first_frame"] = own["last_frame"] = frame
    own["capture"] = own["last_capture"] = capture
    own["epoch"] = own["seen"] = -1
    own["burst"] = own["burst_clock"] = 0
    for size in range(BURSTS):
        own["bursts"][size] = 0
    own["older"] = own["newer"] = own["chain"] = -1
    flow["shadow"] = twin
    for way in range(2):
        side, theirs = t.sides[2 * twin + way], t.sides[2 * slot + way]
        reset_side(t, 2 * twin + way)
        side["base"] = theirs["base"]
        side["based"] = theirs["based"]
        side["acked"] = theirs["acked"]
        side["heard"] = theirs["heard"]
        begin = offset if way == direction else theirs["next"]
        if begin > 0 and theirs["based"] != UNKNOWN:
            skip(t, twin, way, begin)
        side["highest"] = side["next"]


@lean_kernel
def keep_variant(
    t: Tables,
    buffer: U1,
    arena: U1,
    slot: int,
    direction: int,
    offset: int,
    length: int,
    cut: int,
    source: int,
    ts: int,
    frame: int,
    capture: int,
) -> None:
    """Let a segment wait in the variant of a flow, where nothing waits in its place."""
    twin = t.connections[slot]["shadow"]
    side_index = 2 * twin + direction
    side = t.sides[side_index]
    side["packets"] += 1
    side["payload"] += length
    if offset + length + cut <= side["next"]:
        side["duplicate"] += length
        return
    if not make_room(t, twin, direction, length):
        side["evicted"] += length
        return
    insert(t, buffer, arena, side_index, offset, length, cut, source, ts, frame, capture, 1)
    drain(t, twin, direction)
    enforce(t, twin, direction)


@lean_kernel
def differs(t: Tables, buffer: U1, arena: U1, index: int, at: int, length: int, source: int) -> bool:
    """Whether `length` bytes at `source` are other ones than waiting segment `index` has from stream offset `at` on."""
    return length > 0 and compare_waiting(t, buffer, arena, index, at, length, source)


@lean_kernel
def cut_away(t: Tables, side_index: int, previous: int, current: int, begin: int, end: int) -> int:
    """Take a range out of a waiting segment; gives the one that stands before the next to look at."""
    side = t.sides[side_index]
    shard = t.shards[t.connections[side_index >> 1]["shard"]]
    entry = t.waiting[current]
    first, length = entry["offset"], np.int64(entry["length"])
    last = first + length + entry["cut"]
    source, doubt = entry["source"], entry["doubt"]
    ts, frame, capture, clock = entry["ts"], entry["frame"], entry["capture"], entry["clock"]
    if begin <= first:
        remove(t, side_index, previous)
        left = previous
    else:
        kept = min(length, begin - first)
        side["waiting"] -= length - kept
        shard["waiting"] -= length - kept
        entry["length"] = kept
        entry["cut"] = begin - first - kept
        left = current
    if end < last:
        kept = max(first + length - end, 0)
        place = source_after(source, min(end - first, length))
        left = push(t, side_index, left, end, kept, last - end - kept, place, ts, frame, capture, doubt)
        t.waiting[left]["clock"] = clock
    return left


@lean_kernel
def supersede(
    t: Tables, buffer: U1, arena: U1, side_index: int, offset: int, length: int, cut: int, source: int, sequence: int
) -> None:
    """Take doubtful segments away where a better one comes; those with other bytes go into the variant of the flow."""
    slot, direction = side_index >> 1, side_index & 1
    side, flow = t.sides[side_index], t.connections[slot]
    end = offset + length + cut
    previous, current = -1, side["head"]
    while current >= 0 and side["doubtful"]:
        entry = t.waiting[current]
        first, held = entry["offset"], np.int64(entry["length"])
        last = first + held + entry["cut"]
        if first >= end:
            break
        if not entry["doubt"] or last <= offset:
            previous, current = current, entry["next"]
            continue
        begin, stop = max(first, offset), min(last, end)
        captured = max(min(stop, first + held) - begin, 0)
        common = min(captured, max(min(stop, offset + length) - begin, 0))
        other = differs(t, buffer, arena, current, begin, common, source_after(source, begin - offset))
        place, ts, frame = source_after(entry["source"], begin - first), entry["ts"], entry["frame"]
        capture, doubt = entry["capture"], entry["doubt"]
        previous = cut_away(t, side_index, previous, current, begin, stop)
        current = side["head"] if previous < 0 else t.waiting[previous]["next"]
        if not other:
            side["duplicate"] += captured
            continue
        side["conflicting"] += captured
        flow["doubts"] |= wide(doubt) | CONFLICT
        if flow["main"] >= 0 or flow["shadow"] != -1:
            continue
        open_variant(t, slot, direction, begin, sequence, ts, frame, capture)
        if flow["shadow"] >= 0:
            keep_variant(t, buffer, arena, slot, direction, begin, captured, 0, place, ts, frame, capture)


@lean_kernel
def bring_variant(
    t: Tables,
    buffer: U1,
    arena: U1,
    slot: int,
    direction: int,
    offset: int,
    length: int,
    cut: int,
    source: int,
    packet: Any,
    turned_down: bool,  # noqa: FBT001
) -> None:
    """Bring a segment into the variant of its flow; one that the flow turned down wins there."""
    twin = t.connections[slot]["shadow"]
    if turned_down:
        supersede(t, buffer, arena, 2 * twin + direction, offset, length, cut, source, 0)
    keep_variant(
        t, buffer, arena, slot, direction, offset, length, cut, source, packet["ts"], packet["frame"], packet["capture"]
    )
    own = t.connections[twin]
    own["last_ts"] = packet["ts"]
    own["last_frame"] = packet["frame"]
    own["last_capture"] = packet["capture"]


@lean_kernel
def hear_variant(t: Tables, slot: int, direction: int) -> None:
    """Tell the variant what was acknowledged of a direction of its flow."""
    twin = t.connections[slot]["shadow"]
    side, theirs = t.sides[2 * twin + direction], t.sides[2 * slot + direction]
    if side["based"] == UNKNOWN or side["base"] != theirs["base"]:
        return
    side["acked"] = theirs["acked"]
    side["heard"] = theirs["heard"]
    if side["count"]:
        drain(t, twin, direction)
    if side["count"]:
        give_up(t, twin, direction)

"""Kernels that put the segments of one direction in order: what waits behind a hole, and when a hole is given up.

Offsets are stream offsets of the direction. A direction with waiting segments stands in its shard's list of holes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel
from netaudit.streams.kernels_doubt import CHECKSUM, LINK, STRANGER, SUMS, WHOLE_SEGMENT
from netaudit.streams.kernels_emit import follow_burst, hand_on, remember, skip
from netaudit.streams.layouts import NO_END, RECENT_SEGMENTS, Doubt, Tables

SECOND = 1_000_000_000
UNACKED = int(Doubt.ACK)

U1 = npt.NDArray[np.uint8]


@lean_kernel
def byte_at(buffer: U1, arena: U1, source: int, index: int) -> Any:
    """Byte `index` of a segment whose bytes lie at `source` (see WAITING.source)."""
    if source >= 0:
        return buffer[source + index]
    return arena[-1 - source + index]


@lean_kernel
def source_after(source: int, length: int) -> int:
    """Place of the bytes that follow `length` bytes at `source`."""
    return source + length if source >= 0 else source - length


@lean_kernel
def checksum(buffer: U1, arena: U1, source: int, length: int) -> int:
    """FNV-1a over the bytes at `source`, as a signed 64-bit number."""
    state = np.uint64(0xCBF29CE484222325)
    for index in range(length):
        state = (state ^ np.uint64(byte_at(buffer, arena, source, index))) * np.uint64(0x100000001B3)
    return np.int64(state)  # type: ignore[return-value]


@lean_kernel
def conflicts(t: Tables, buffer: U1, arena: U1, side_index: int, offset: int, length: int, source: int) -> bool:
    """Whether a delivered segment with the same boundaries is remembered and had other bytes."""
    for place in range(RECENT_SEGMENTS):
        entry = t.recents[RECENT_SEGMENTS * side_index + place]
        if entry["length"] == length and entry["offset"] == offset:
            value = entry["value"]
            if entry["fresh"]:
                value = checksum(buffer, arena, value, length)
            return bool(value != checksum(buffer, arena, source, length))
    return False


@lean_kernel
def enlist(t: Tables, side_index: int) -> None:
    """Append the direction to its shard's list of holes."""
    shard = t.shards[t.connections[side_index >> 1]["shard"]]
    side = t.sides[side_index]
    side["hole_older"] = shard["hole_newest"]
    side["hole_newer"] = -1
    if shard["hole_newest"] >= 0:
        t.sides[shard["hole_newest"]]["hole_newer"] = side_index
    else:
        shard["hole_oldest"] = side_index
    shard["hole_newest"] = side_index


@lean_kernel
def delist(t: Tables, side_index: int) -> None:
    """Take the direction out of its shard's list of holes."""
    shard = t.shards[t.connections[side_index >> 1]["shard"]]
    side = t.sides[side_index]
    older, newer = side["hole_older"], side["hole_newer"]
    if older >= 0:
        t.sides[older]["hole_newer"] = newer
    else:
        shard["hole_oldest"] = newer
    if newer >= 0:
        t.sides[newer]["hole_older"] = older
    else:
        shard["hole_newest"] = older


@lean_kernel
def push(
    t: Tables,
    side_index: int,
    previous: int,
    offset: int,
    length: int,
    cut: int,
    source: int,
    ts: int,
    frame: int,
    capture: int,
    doubt: int,
) -> int:
    """Link a new waiting segment behind `previous` (-1: in front); gives its index."""
    cursor, side = t.cursor[0], t.sides[side_index]
    index = cursor["free_segment"]
    entry = t.waiting[index]
    cursor["free_segment"] = entry["next"]
    cursor["free_segments"] -= 1
    shard = t.shards[t.connections[side_index >> 1]["shard"]]
    entry["offset"] = offset
    entry["source"] = source
    entry["ts"] = ts
    entry["frame"] = frame
    entry["clock"] = shard["clock"]
    entry["length"] = length
    entry["cut"] = cut
    entry["capture"] = capture
    entry["used"] = 1
    entry["doubt"] = doubt
    if doubt:
        side["doubtful"] += 1
    if previous >= 0:
        entry["next"] = t.waiting[previous]["next"]
        t.waiting[previous]["next"] = index
    else:
        entry["next"] = side["head"]
        side["head"] = index
    if entry["next"] < 0:
        side["tail"] = index
    if side["count"] == 0:
        enlist(t, side_index)
        side["mark"] = -1
        side["ripe"] = 0
    side["count"] += 1
    side["waiting"] += length
    shard["segments"] += 1
    shard["waiting"] += length
    return int(index)


@lean_kernel
def remove(t: Tables, side_index: int, previous: int) -> int:
    """Unlink the waiting segment behind `previous` (-1: the first) and free its place.

    Its fields stay readable until the next push.
    """
    cursor, side = t.cursor[0], t.sides[side_index]
    index = side["head"] if previous < 0 else t.waiting[previous]["next"]
    entry = t.waiting[index]
    if previous < 0:
        side["head"] = entry["next"]
    else:
        t.waiting[previous]["next"] = entry["next"]
    if entry["next"] < 0:
        side["tail"] = previous
    if entry["doubt"]:
        side["doubtful"] -= 1
    entry["next"] = cursor["free_segment"]
    entry["used"] = 0
    cursor["free_segment"] = index
    cursor["free_segments"] += 1
    shard = t.shards[t.connections[side_index >> 1]["shard"]]
    side["count"] -= 1
    side["waiting"] -= entry["length"]
    shard["segments"] -= 1
    shard["waiting"] -= entry["length"]
    if side["count"] == 0:
        delist(t, side_index)
    return int(index)


@lean_kernel
def pop(t: Tables, side_index: int) -> int:
    """Unlink the first waiting segment, as `remove` does."""
    return remove(t, side_index, -1)


@lean_kernel
def drain(t: Tables, slot: int, direction: int) -> None:
    """Deliver the waiting segments that have become next; a doubtful one only when it was acknowledged."""
    side_index = 2 * slot + direction
    side = t.sides[side_index]
    moved = False
    while side["head"] >= 0 and t.waiting[side["head"]]["offset"] == side["next"]:
        entry = t.waiting[side["head"]]
        if entry["doubt"]:
            if entry["offset"] + entry["length"] + entry["cut"] > min(side["acked"], side["heard"]):
                break
            side["trusted"] = 1
            believe(t, slot, direction)
        entry = t.waiting[pop(t, side_index)]
        if entry["length"]:
            remember(t.recents, side, RECENT_SEGMENTS * side_index, entry["offset"], entry["length"], entry["source"])
            hand_on(t, slot, direction, entry["length"], entry["source"], entry["ts"], entry["frame"], entry["capture"])
        if entry["cut"]:
            skip(t, slot, direction, entry["cut"])
        moved = True
    if moved and side["count"]:  # what waits now waits behind a younger hole
        delist(t, side_index)
        enlist(t, side_index)


@lean_kernel
def believe(t: Tables, slot: int, direction: int) -> None:
    """Take the first waiting segment, a doubtful one, for one like the others."""
    flow, side = t.connections[slot], t.sides[2 * slot + direction]
    entry = t.waiting[side["head"]]
    if side["strange"] and entry["doubt"] & LINK:
        flow["doubts"] |= STRANGER << direction
    whole = entry["length"] + entry["cut"] <= WHOLE_SEGMENT
    if entry["doubt"] & CHECKSUM and whole and flow["main"] < 0:  # the other reading is one of what was not taken
        flow["doubts"] |= SUMS << direction
    entry["doubt"] = 0
    side["doubtful"] -= 1
    end = entry["offset"] + entry["length"] + entry["cut"]
    if end > side["highest"]:
        follow_burst(flow, direction, entry["length"] + entry["cut"], t.shards[flow["shard"]]["clock"])
        side["highest"] = end


@lean_kernel
def start(t: Tables, slot: int, direction: int) -> None:
    """Let a direction met midway begin with the lowest of the segments held: that becomes offset 0."""
    side = t.sides[2 * slot + direction]
    side["starting"] = 0
    if side["head"] < 0:
        return
    shift = t.waiting[side["head"]]["offset"]
    side["base"] = (side["base"] + shift) & 0xFFFFFFFF
    side["acked"] = max(side["acked"] - shift, 0)
    side["heard"] = max(side["heard"] - shift, 0)
    side["limit"] = NO_END
    side["highest"] -= shift
    if side["fin"] != NO_END:
        side["fin"] = max(side["fin"] - shift, 0)
    index = side["head"]
    while index >= 0:
        t.waiting[index]["offset"] -= shift
        index = t.waiting[index]["next"]
    drain(t, slot, direction)


@lean_kernel
def lose(t: Tables, slot: int, direction: int) -> None:
    """Give up the first hole of the direction, or the doubt about what comes next; deliver what waited for that."""
    side = t.sides[2 * slot + direction]
    if side["starting"]:
        start(t, slot, direction)
        return
    hole = t.waiting[side["head"]]["offset"] - side["next"]
    if hole > 0:
        skip(t, slot, direction, hole)
    elif t.waiting[side["head"]]["doubt"]:
        believe(t, slot, direction)
    drain(t, slot, direction)


@lean_kernel
def compare_waiting(t: Tables, buffer: U1, arena: U1, index: int, at: int, length: int, source: int) -> bool:
    """Whether `length` bytes at `source` differ from those of waiting segment `index` from stream offset `at` on."""
    entry = t.waiting[index]
    skipped = at - entry["offset"]
    for k in range(min(length, entry["length"] - skipped)):
        if byte_at(buffer, arena, entry["source"], skipped + k) != byte_at(buffer, arena, source, k):
            return True
    return False


@lean_kernel
def insert(
    t: Tables,
    buffer: U1,
    arena: U1,
    side_index: int,
    offset: int,
    length: int,
    cut: int,
    source: int,
    ts: int,
    frame: int,
    capture: int,
    doubt: int,
) -> None:
    """Let the parts of a segment that are neither delivered nor waiting wait; the rest is duplicate or conflicting."""
    side = t.sides[side_index]
    end = offset + length + cut
    bytes_end = offset + length
    at = offset
    if not side["starting"] and at < side["next"]:
        at = side["next"]
        side["duplicate"] += min(at - offset, length)
    previous, current = -1, side["head"]
    if side["tail"] >= 0:
        last = t.waiting[side["tail"]]
        if last["offset"] + last["length"] + last["cut"] <= at:
            previous, current = side["tail"], -1
    while at < end:
        while current >= 0:
            entry = t.waiting[current]
            if entry["offset"] + entry["length"] + entry["cut"] > at:
                break
            previous, current = current, entry["next"]
        stop = end
        if current >= 0:
            entry = t.waiting[current]
            if entry["offset"] <= at:
                stop = min(end, entry["offset"] + entry["length"] + entry["cut"])
                common = max(min(stop, bytes_end) - at, 0)
                if common:
                    place = source_after(source, at - offset)
                    if compare_waiting(t, buffer, arena, current, at, common, place):
                        side["conflicting"] += common
                    else:
                        side["duplicate"] += common
                at = stop
                continue
            stop = min(end, entry["offset"])
        fresh = max(min(stop, bytes_end) - at, 0)
        place = source_after(source, min(at - offset, length))
        previous = push(t, side_index, previous, at, fresh, stop - at - fresh, place, ts, frame, capture, doubt)
        at = stop


@lean_kernel
def enforce(t: Tables, slot: int, direction: int) -> None:
    """Give up holes while a budget is exceeded: first those of the direction, then the oldest of the shard."""
    limits, side = t.limits[0], t.sides[2 * slot + direction]
    while side["count"] and (side["waiting"] > limits["side_bytes"] or side["count"] > limits["side_segments"]):
        lose(t, slot, direction)
    shard = t.shards[t.connections[slot]["shard"]]
    while shard["segments"] and (
        shard["waiting"] > limits["shard_bytes"] or shard["segments"] > limits["shard_segments"]
    ):
        oldest = shard["hole_oldest"]
        lose(t, oldest >> 1, oldest & 1)


@lean_kernel
def make_room(t: Tables, slot: int, direction: int, length: int) -> bool:
    """Whether a doubtful segment may wait: half of each budget is for those; before that, what is next is believed."""
    limits, side = t.limits[0], t.sides[2 * slot + direction]
    shard = t.shards[t.connections[slot]["shard"]]
    while side["count"]:
        full = 2 * (side["count"] + 1) > limits["side_segments"]
        full = full or 2 * (side["waiting"] + length) > limits["side_bytes"]
        full = full or 2 * (shard["segments"] + 1) > limits["shard_segments"]
        full = full or 2 * (shard["waiting"] + length) > limits["shard_bytes"]
        if not full:
            return True
        head = t.waiting[side["head"]]
        if side["starting"] or head["offset"] > side["next"] or not head["doubt"]:
            return False
        lose(t, slot, direction)
    return True


@lean_kernel
def place(
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
    doubt: int,
) -> None:
    """Deliver a segment, let it wait, or count it as seen before; behind its bytes `cut` more were not captured."""
    side_index = 2 * slot + direction
    side = t.sides[side_index]
    following = side["next"]
    end = offset + length + cut
    if not side["starting"]:
        if end <= following:
            alive = length == 1 and offset == following - 1  # a keep-alive carries a garbage byte (RFC 9293, 3.8.4)
            if length and not alive and conflicts(t, buffer, arena, side_index, offset, length, source):
                side["conflicting"] += length
            else:
                side["duplicate"] += length
            return
        if not doubt and offset <= following and (side["head"] < 0 or end <= t.waiting[side["head"]]["offset"]):
            old = min(following - offset, length)
            side["duplicate"] += old
            if length > old:
                remember(t.recents, side, RECENT_SEGMENTS * side_index, following, length - old, source + old)
                hand_on(t, slot, direction, length - old, source + old, ts, frame, capture)
            if end > side["next"]:
                skip(t, slot, direction, end - side["next"])
            if side["head"] >= 0:
                drain(t, slot, direction)
            return
    if doubt and not make_room(t, slot, direction, length):
        side["evicted"] += length
        return
    insert(t, buffer, arena, side_index, offset, length, cut, source, ts, frame, capture, doubt)
    if not side["starting"]:
        drain(t, slot, direction)
    enforce(t, slot, direction)


@lean_kernel
def give_up(t: Tables, slot: int, direction: int) -> None:
    """Give up the holes of a direction whose time has come.

    The acknowledged offset is marked, and ripens after `ack_packets` further packets of the flow or `ack_age` of
    capture time: holes below it were received by the other side, and capturing has had the time to show them.
    Where the other side was never seen, age and what came behind the hole must do.
    """
    side, other, limits = t.sides[2 * slot + direction], t.sides[2 * slot + 1 - direction], t.limits[0]
    clock = t.shards[t.connections[slot]["shard"]]["clock"]
    packets = side["packets"] + other["packets"]
    if side["mark"] < 0:
        side["mark"], side["mark_clock"], side["mark_packets"] = side["acked"], clock, packets
    elif packets - side["mark_packets"] >= limits["ack_packets"] or clock - side["mark_clock"] >= limits["ack_age"]:
        side["ripe"] = min(side["mark"], side["heard"])
        if side["heard"] < side["mark"]:
            t.connections[slot]["doubts"] |= UNACKED
        side["mark"], side["mark_clock"], side["mark_packets"] = side["acked"], clock, packets
    while side["count"]:
        head = t.waiting[side["head"]]
        age = clock - head["clock"]
        lost = age >= limits["hole_age"] or (side["starting"] and age >= limits["ack_age"])
        behind = head["offset"] > side["next"] or not head["doubt"]
        lost = lost or (not side["starting"] and behind and head["offset"] <= side["ripe"])
        if other["packets"] == 0:
            lost = lost or age >= limits["lone_age"] or side["count"] >= limits["lone_segments"]
        if not lost:
            break
        lose(t, slot, direction)

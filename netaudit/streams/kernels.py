"""The kernel that takes the packets of a batch one by one, and the one that ends all flows.

Nothing here looks at the bounds of a batch: what happens to a packet depends on those before it in its shard alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from netaudit.ground.jit import lean_kernel
from netaudit.streams.kernels_emit import follow_burst, hand_on, skip, wide, write_row
from netaudit.streams.kernels_flows import (
    NEVER,
    TCP,
    UDP,
    bucket_of,
    close,
    expire,
    find,
    look_through_holes,
    open_flow,
    use,
)
from netaudit.streams.kernels_tcp import predicted, reopens, tcp

if TYPE_CHECKING:
    from netaudit.streams.layouts import Tables

U1 = npt.NDArray[np.uint8]

DONE, FULL_EMITTED, FULL_ROWS, FULL_CONNECTIONS, FULL_WAITING = 0, 1, 2, 3, 4


@lean_kernel
def lacking(t: Tables, shard: Any) -> int:
    """Which table could overflow with the next packet of this shard; DONE if none.

    One packet may end every flow of its shard and free all that waits there: per waiting segment a gap, its bytes and
    what the snap length cut; per flow two last gaps.
    """
    cursor = t.cursor[0]
    if cursor["emitted"] + 3 * shard["segments"] + 2 * shard["flows"] + 16 > t.emitted.size:
        return FULL_EMITTED
    if cursor["rows"] + shard["flows"] + 4 > t.rows.size:
        return FULL_ROWS
    if cursor["free_slot"] < 0 and shard["flows"] < t.limits[0]["flows"]:  # a full shard evicts before it opens
        return FULL_CONNECTIONS
    if cursor["free_segments"] < shard["segments"] + 4:
        return FULL_WAITING
    return DONE


@lean_kernel
def datagram(t: Tables, side_index: int, packet: Any, length: int, wire: int) -> None:
    """Deliver a UDP payload as one piece, and what the snap length cut as a gap behind it."""
    slot, direction = side_index >> 1, side_index & 1
    if wire == 0:
        return
    follow_burst(t.connections[slot], direction, wire, t.shards[packet["shard"]]["clock"])
    if length:
        hand_on(
            t,
            slot,
            direction,
            length,
            wide(packet["payload"]),
            packet["ts"],
            packet["frame"],
            packet["capture"],
        )
    if wire > length:
        skip(t, slot, direction, wire - length)


@lean_kernel
def count(side: Any, packet: Any, length: int, by: int) -> None:
    """Add a packet to its side's counters (by = 1), or take it back (by = -1)."""
    side["packets"] += by
    side["bytes"] += by * wide(packet["frame_length"])
    side["payload"] += by * length


@lean_kernel
def take(t: Tables, buffer: U1, arena: U1, packet: Any) -> None:
    """Bring one packet into its flow."""
    proto = packet["proto"]
    ported = proto in (TCP, UDP)
    sport, dport = (wide(packet["sport"]), wide(packet["dport"])) if ported else (0, 0)
    length = wide(packet["length"])
    wire = max(length, wide(packet["wire_length"]))
    bucket = bucket_of(t, packet, sport, dport)
    side_index = find(t, packet, bucket, sport, dport)
    if side_index >= 0 and proto == TCP and reopens(t.connections[side_index >> 1], t.sides[side_index], packet):
        close(t, side_index >> 1, False)
        side_index = -1
    if side_index < 0:
        side_index = open_flow(t, packet, bucket, sport, dport)
    count(t.sides[side_index], packet, length, 1)
    if proto == TCP:
        if not predicted(t, side_index, packet, length, wire) and not tcp(
            t, buffer, arena, side_index, packet, length, wire
        ):
            count(t.sides[side_index], packet, length, -1)
            close(t, side_index >> 1, False)
            side_index = open_flow(t, packet, bucket, sport, dport)
            count(t.sides[side_index], packet, length, 1)
            tcp(t, buffer, arena, side_index, packet, length, wire)
    elif proto == UDP:
        datagram(t, side_index, packet, length, wire)
    else:
        t.sides[side_index]["delivered"] += length
    note(t, side_index >> 1, packet)


@lean_kernel
def note(t: Tables, slot: int, packet: Any) -> None:
    """Make the packet its flow's latest."""
    flow, cursor, shard = t.connections[slot], t.cursor[0], t.shards[packet["shard"]]
    flow["last_ts"] = packet["ts"]
    flow["last_frame"] = packet["frame"]
    flow["last_capture"] = packet["capture"]
    flow["clock"] = shard["clock"]
    flow["used"] = shard["counter"]
    if flow["newer"] >= 0:
        use(t, slot, flow["list"])
    if flow["seen"] != cursor["epoch"]:
        flow["seen"] = cursor["epoch"]
        t.touched[cursor["touched"]] = slot
        cursor["touched"] += 1


@lean_kernel
def assemble(t: Tables, packets: npt.NDArray[Any], buffer: U1, arena: U1) -> int:
    """Take packets from the cursor's position on; gives DONE, or the table that has to grow first.

    Args:
        t: state and output of the assembler.
        packets: PACKET rows of the batch.
        buffer: the bytes they point into.
        arena: bytes kept from earlier batches.

    """
    cursor = t.cursor[0]
    for position in range(cursor["position"], packets.size):
        packet = packets[position]
        if packet["skip"] or packet["proto"] == 0:
            continue
        shard_index = packet["shard"]
        shard = t.shards[shard_index]
        full = lacking(t, shard)
        if full != DONE:
            cursor["position"] = position
            return full
        shard["counter"] += 1
        shard["clock"] = max(shard["clock"], min(packet["ts"], NEVER))
        if shard["clock"] >= shard["expiry"]:
            expire(t, shard_index)
        if shard["hole_oldest"] >= 0 and shard["clock"] >= shard["scan"]:
            look_through_holes(t, shard_index)
        take(t, buffer, arena, packet)
    cursor["position"] = packets.size
    return DONE


@lean_kernel
def close_all(t: Tables) -> int:
    """End flows, from the cursor's position in the table on; gives DONE, or the table that has to grow first."""
    # B
    cursor = t.cursor[0]
    for slot in range(cursor["position"], t.connections.size):
        flow = t.connections[slot]
        if flow["serial"] == 0:
            continue
        full = lacking(t, t.shards[flow["shard"]])
        if full in (FULL_EMITTED, FULL_ROWS):
            cursor["position"] = slot
            return full
        close(t, slot, False)
    return DONE


@lean_kernel
def write_open_rows(t: Tables) -> None:
    """Complete the output rows of flows that brought something and go on."""
    # B
    for index in range(t.cursor[0]["rows"]):
        if t.row_slots[index] >= 0:
            write_row(t, t.row_slots[index], index)

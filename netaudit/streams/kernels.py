"""The kernel that takes the packets of a batch one by one, and the one that ends all flows.

Nothing here looks at the bounds of a batch: what happens to a packet depends on those before it in its shard alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel
from netaudit.streams.kernels_doubt import ACK, SYN, learn_link, note_stranger
from netaudit.streams.kernels_emit import follow_burst, hand_on, skip, wide, write_row
from netaudit.streams.kernels_flows import (
    BEGUN,
    ESP,
    NEVER,
    OPEN,
    TCP,
    UDP,
    begins_elsewhere,
    bucket_of,
    close,
    expire,
    find,
    look_through_holes,
    open_flow,
    touch,
    use,
)
from netaudit.streams.kernels_syn import BEGINS, HELD, hold_syn, proved, renew, reopens
from netaudit.streams.kernels_tcp import predicted, tcp

if TYPE_CHECKING:
    from netaudit.streams.layouts import Tables

U1 = npt.NDArray[np.uint8]

NEW, HELD_BACK = -1, -2
GROUP = 40  # bits behind the one of a link address that says that it is a group's (IEEE 802)
DONE, FULL_EMITTED, FULL_ROWS, FULL_CONNECTIONS, FULL_WAITING = 0, 1, 2, 3, 4


@lean_kernel
def lacking(t: Tables, shard: Any) -> int:
    """Which table could overflow with the next packet of this shard; DONE if none.

    One packet may end every flow of its shard and free all that waits there: per waiting segment a gap, its bytes and
    what the snap length cut; per flow two last gaps. It may open a flow and a variant, which begins with two gaps.
    """
    cursor = t.cursor[0]
    if cursor["emitted"] + 3 * shard["segments"] + 2 * shard["flows"] + 16 > t.emitted.size:
        return FULL_EMITTED
    if cursor["rows"] + shard["flows"] + 4 > t.rows.size:
        return FULL_ROWS
    few = cursor["free_slot"] < 0 or t.connections[cursor["free_slot"]]["chain"] < 0  # for a flow and a variant
    if few and shard["flows"] < t.limits[0]["flows"]:  # a full shard evicts before it opens
        return FULL_CONNECTIONS
    if cursor["free_segments"] < shard["segments"] + 8:
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
        side = t.sides[side_index]
        to_group = (wide(packet["dst_mac"]) >> GROUP) & 1  # many may send there, who have no address yet
        if packet["ttl"] >= side["ttl"] and not to_group:
            note_stranger(t.connections[slot], side, direction, packet, 0, side["from_mac"])
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
    if by > 0 and side["packets"] == 1:
        learn_link(side, packet)


@lean_kernel
def another(t: Tables, buffer: U1, packet: Any, bucket: int, side_index: int) -> int:
    """Side of a packet in the flow it belongs to, once SYNs are heeded.

    NEW: a flow has to be opened for it; HELD_BACK: it is a SYN that is held.
    """
    slot = side_index >> 1
    flow, side, other = t.connections[slot], t.sides[side_index], t.sides[side_index ^ 1]
    whose = proved(side, other, packet)
    if whose:
        return renew(t, buffer, packet, bucket, side_index, whose)
    if not packet["tcp_flags"] & SYN:
        return side_index
    if begins_elsewhere(flow, side, packet):
        return NEW
    outcome = reopens(flow, side, packet)
    if outcome == BEGINS:
        close(t, slot, False)
        return NEW
    if outcome == HELD:
        length = wide(packet["length"])
        count(side, packet, length, 1)
        side["evicted"] += length
        hold_syn(flow, side, packet)
        return HELD_BACK
    return side_index


@lean_kernel
def feed(t: Tables, buffer: U1, arena: U1, packet: Any) -> None:
    """Bring one packet into its flow."""
    proto = packet["proto"]
    ported = proto in (TCP, UDP)
    sport, dport = (wide(packet["sport"]), wide(packet["dport"])) if ported else (0, 0)
    length = wide(packet["length"])
    wire = max(length, wide(packet["wire_length"]))
    bucket = bucket_of(t, packet, sport, dport)
    side_index = find(t, packet, bucket, sport, dport)
    if side_index >= 0 and proto == TCP:
        side = t.sides[side_index]
        if packet["tcp_flags"] & SYN or side["syn_flags"] or t.sides[side_index ^ 1]["syn_flags"]:
            slot = side_index >> 1
            side_index = another(t, buffer, packet, bucket, side_index)
            if side_index == HELD_BACK:
                note(t, slot, packet)
                return
    if side_index < 0:
        side_index = open_flow(t, buffer, packet, bucket, sport, dport)
    count(t.sides[side_index], packet, length, 1)
    cursor = t.cursor[0]
    cursor["side"] = side_index if proto == TCP and packet["tcp_flags"] & ACK else -1
    cursor["ack"] = packet["ack"]
    if proto == TCP:
        if not predicted(t, side_index, packet, length, wire) and not tcp(
            t, buffer, arena, side_index, packet, length, wire
        ):
            count(t.sides[side_index], packet, length, -1)
            close(t, side_index >> 1, False)
            side_index = open_flow(t, buffer, packet, bucket, sport, dport)
            count(t.sides[side_index], packet, length, 1)
            cursor["side"] = side_index if cursor["side"] >= 0 else -1
            tcp(t, buffer, arena, side_index, packet, length, wire)
    elif proto in (UDP, ESP):
        datagram(t, side_index, packet, length, wire)
    else:
        t.sides[side_index]["delivered"] += length
    note(t, side_index >> 1, packet)


@lean_kernel
def note(t: Tables, slot: int, packet: Any) -> None:
    """Make the packet its flow's latest."""
    flow, shard = t.connections[slot], t.shards[packet["shard"]]
    flow["last_ts"] = packet["ts"]
    flow["last_frame"] = packet["frame"]
    flow["last_capture"] = packet["capture"]
    flow["clock"] = shard["clock"]
    flow["used"] = shard["counter"]
    if flow["list"] == BEGUN:
        up, down = t.sides[2 * slot], t.sides[2 * slot + 1]
        spoken = up["packets"] and down["packets"] and (up["payload"] or down["payload"])
        use(t, slot, OPEN if spoken else BEGUN)
    elif flow["newer"] >= 0:
        use(t, slot, flow["list"])
    touch(t, slot)
    if flow["shadow"] >= 0:
        touch(t, flow["shadow"])


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
        feed(t, buffer, arena, packet)
    cursor["position"] = packets.size
    return DONE


@lean_kernel
def close_all(t: Tables) -> int:
    """End flows, from the cursor's position in the table on; gives DONE, or the table that has to grow first."""
    # B
    cursor = t.cursor[0]
    for slot in range(cursor["position"], t.connections.size):
        flow = t.connections[slot]
        if flow["serial"] == 0 or flow["main"] >= 0:  # a variant ends with its flow
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

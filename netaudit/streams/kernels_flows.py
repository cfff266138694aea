"""Kernels of the flow table: finding, opening, timing out and closing flows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel
from netaudit.streams.kernels_emit import end_burst, output_row, skip, wide, write_row
from netaudit.streams.kernels_reassembly import SECOND, give_up, lose, pop
from netaudit.streams.layouts import LISTS, MIDWAY, NO_END, RECENT_SEGMENTS, SLOT_BITS, Base, Doubt, Tables

U1 = npt.NDArray[np.uint8]

TCP, UDP, ESP = 6, 17, 50
SYN, ACK = 2, 16
TAIL, SHORT = int(Doubt.TAIL_UP), int(Doubt.SHORT_UP)  # one bit further of downward bytes
FIN_UP, FIN_DOWN, RESET = 4, 8, 16  # bits of CONNECTION.handshake
OPEN, LOOSE, CLOSING, BEGUN = 0, 1, 2, 3  # lists of least recent use
BEGUN_SHARE = 4  # where more than a fourth of a shard's flows have only begun, those are evicted first
CUT_SHORT = int(Doubt.CUT_SHORT)
NEVER = 1 << 62
UNKNOWN, BY_SYN = int(Base.NONE), int(Base.SYN)


@lean_kernel
def mix(high: Any, low: Any, port: Any, seed: Any) -> Any:
    """Hash of one endpoint (the finaliser of MurmurHash3, over both halves)."""
    state = np.uint64(seed) ^ np.uint64(port)
    for half in range(2):
        state ^= np.uint64(high) if half == 0 else np.uint64(low)
        state = (state ^ (state >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
        state = (state ^ (state >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
        state ^= state >> np.uint64(33)
    return state


@lean_kernel
def bucket_of(t: Tables, packet: Any, sport: int, dport: int) -> int:
    """Hash bucket of a packet, the same for both directions."""
    seed = t.cursor[0]["seed"] + np.uint64(packet["proto"])
    both = mix(packet["src_hi"], packet["src_lo"], sport, seed) + mix(packet["dst_hi"], packet["dst_lo"], dport, seed)
    return int((both ^ (both >> np.uint64(32))) & np.uint64(t.buckets.size - 1))


@lean_kernel
def way_of(flow: Any, packet: Any, sport: int, dport: int) -> int:
    """Direction of the packet in a flow, -1 where it has other endpoints."""
    if flow["proto"] != packet["proto"] or flow["shard"] != packet["shard"]:
        return -1
    if (
        flow["client_lo"] == packet["src_lo"]
        and flow["server_lo"] == packet["dst_lo"]
        and flow["client_port"] == sport
        and flow["server_port"] == dport
        and flow["client_hi"] == packet["src_hi"]
        and flow["server_hi"] == packet["dst_hi"]
    ):
        return 0
    if (
        flow["client_lo"] == packet["dst_lo"]
        and flow["server_lo"] == packet["src_lo"]
        and flow["client_port"] == dport
        and flow["server_port"] == sport
        and flow["client_hi"] == packet["dst_hi"]
        and flow["server_hi"] == packet["src_hi"]
    ):
        return 1
    return -1


@lean_kernel
def elsewhere(flow: Any, packet: Any) -> bool:
    """Whether a packet has another VLAN or tunnel than the first one of a flow."""
    return bool(
        flow["vlan"] != packet["vlan"] or flow["tunnel"] != packet["tunnel"] or flow["depth"] != packet["depth"]
    )


@lean_kernel
def find(t: Tables, packet: Any, bucket: int, sport: int, dport: int) -> int:
    """Side of the packet (2 * slot + direction), -1 where there is no such flow.

    Hosts in two VLANs or tunnels may have the same addresses. Yet one flow may show itself in several, too: by way,
    or in copies. So a flow is another one only when it began with a SYN that does not belong to the first
    (`begins_elsewhere`); then packets go to the one of their own VLAN and tunnel. Of several, that counts whose numbers
    are nearest: ports may be used again before the old connection is known to be over.
    """
    best, nearest = -1, 1 << 62
    slot = t.buckets[bucket]
    while slot >= 0:
        flow = t.connections[slot]
        way = way_of(flow, packet, sport, dport)
        if way >= 0:
            side_index = int(2 * slot + way)
            if best < 0 and flow["chain"] < 0:
                return side_index
            side = t.sides[side_index]
            far = (wide(packet["seq"]) - side["base"] - side["next"] + 0x80000000) & 0xFFFFFFFF
            far = abs(far - 0x80000000)
            if elsewhere(flow, packet):
                far += 1 << 32
            elif packet["proto"] != TCP:
                return side_index
            if far < nearest:
                best, nearest = side_index, far
        slot = flow["chain"]
    return best


@lean_kernel
def begins_elsewhere(flow: Any, side: Any, packet: Any) -> bool:
    """Whether a SYN comes in another VLAN or tunnel than its flow, and with another number: a flow of its own."""
    if not packet["tcp_flags"] & SYN or side["based"] != BY_SYN or not elsewhere(flow, packet):
        return False
    return bool(side["base"] != (wide(packet["seq"]) + 1) & 0xFFFFFFFF)


@lean_kernel
def unlink(t: Tables, slot: int) -> None:
    """Take the flow out of its list of least recent use."""
    flow = t.connections[slot]
    shard, which = t.shards[flow["shard"]], flow["list"]
    if which == BEGUN:
        shard["begun"] -= 1
    if flow["older"] >= 0:
        t.connections[flow["older"]]["newer"] = flow["newer"]
    else:
        shard["oldest"][which] = flow["newer"]
    if flow["newer"] >= 0:
        t.connections[flow["newer"]]["older"] = flow["older"]
    else:
        shard["newest"][which] = flow["older"]


@lean_kernel
def patience(t: Tables, which: int) -> int:
    """Idle time in ns after which flows of a list end."""
    limits = t.limits[0]
    if which in (OPEN, BEGUN):
        return int(limits["tcp_idle"])
    return int(limits["udp_idle"] if which == LOOSE else limits["linger"])


@lean_kernel
def append(t: Tables, slot: int, which: int) -> None:
    """Put the flow at the recent end of a list."""
    flow = t.connections[slot]
    shard = t.shards[flow["shard"]]
    flow["list"] = which
    if which == BEGUN:
        shard["begun"] += 1
    flow["newer"] = -1
    flow["older"] = shard["newest"][which]
    if flow["older"] >= 0:
        t.connections[flow["older"]]["newer"] = slot
    else:
        shard["oldest"][which] = slot
    shard["newest"][which] = slot
    shard["expiry"] = min(shard["expiry"], flow["clock"] + patience(t, which))


@lean_kernel
def use(t: Tables, slot: int, which: int) -> None:
    """Make the flow the latest used of a list."""
    unlink(t, slot)
    append(t, slot, which)


@lean_kernel
def evict_waiting(t: Tables, slot: int, direction: int) -> None:
    """Drop what waits; the holes before it are missing, its bytes are not."""
    side_index = 2 * slot + direction
    side = t.sides[side_index]
    if side["starting"] and side["count"]:
        side["next"] = t.waiting[side["head"]]["offset"]
    while side["count"]:
        entry = t.waiting[pop(t, side_index)]
        side["missing"] += entry["offset"] - side["next"] + entry["cut"]
        side["evicted"] += entry["length"]
        side["next"] = entry["offset"] + entry["length"] + entry["cut"]


@lean_kernel
def end_side(t: Tables, slot: int, direction: int) -> None:
    """Give up all holes of a direction, and make what was sent but never seen behind its last byte a gap."""
    side = t.sides[2 * slot + direction]
    while side["count"]:
        lose(t, slot, direction)
    handshake = t.connections[slot]["handshake"]
    own, others = (FIN_UP, FIN_DOWN) if direction == 0 else (FIN_DOWN, FIN_UP)
    end = side["acked"]
    if side["fin"] != NO_END:
        end = side["fin"]
    elif handshake & others and not handshake & (own | RESET):
        end -= 1  # the unseen FIN was acknowledged too, and takes one sequence number
    if side["based"] != UNKNOWN and end > side["next"]:
        skip(t, slot, direction, end - side["next"])


@lean_kernel
def end_flow(t: Tables, slot: int, evicted: bool) -> None:  # noqa: FBT001
    """Deliver or evict what waits, write the flow's last output row, free its slot."""
    flow = t.connections[slot]
    for direction in range(2):
        if evicted:
            evict_waiting(t, slot, direction)
        if flow["proto"] == TCP:
            end_side(t, slot, direction)
        if flow["proto"] == TCP and flow["handshake"] & RESET and flow["main"] < 0:
            side = t.sides[2 * slot + direction]
            if t.sides[2 * slot + 1 - direction]["packets"] and 0 < side["acked"] < side["highest"]:
                flow["doubts"] |= TAIL << direction
        elif flow["proto"] == TCP and flow["main"] < 0 and t.sides[2 * slot + direction]["short"]:
            side = t.sides[2 * slot + direction]
            if side["acked"] < side["highest"]:  # what crosses on the wire is acknowledged later
                flow["doubts"] |= SHORT << direction
    end_burst(flow)
    if evicted:
        flow["doubts"] |= CUT_SHORT
    index = output_row(t, slot)
    write_row(t, slot, index)
    t.row_slots[index] = -1
    t.shards[flow["shard"]]["flows"] -= 1
    flow["serial"] = 0


@lean_kernel
def free(t: Tables, slot: int) -> None:
    """Put a slot on the free list."""
    t.connections[slot]["chain"] = t.cursor[0]["free_slot"]
    t.cursor[0]["free_slot"] = slot


@lean_kernel
def close(t: Tables, slot: int, evicted: bool) -> None:  # noqa: FBT001
    """End a flow and its variant."""
    flow = t.connections[slot]
    twin = flow["shadow"]
    if twin >= 0:
        own = t.connections[twin]["handshake"] & MIDWAY
        t.connections[twin]["handshake"] = (flow["handshake"] & (0xFF ^ MIDWAY)) | own
        end_flow(t, twin, evicted)
        free(t, twin)
    end_flow(t, slot, evicted)
    unlink(t, slot)
    bucket = flow["bucket"]
    if t.buckets[bucket] == slot:
        t.buckets[bucket] = flow["chain"]
    else:
        before = t.buckets[bucket]
        while t.connections[before]["chain"] != slot:
            before = t.connections[before]["chain"]
        t.connections[before]["chain"] = flow["chain"]
    free(t, slot)


@lean_kernel
def evict_oldest(t: Tables, shard_index: int) -> None:
    """Close the flow of a shard that has been silent longest, by packets of the shard.

    A flood of SYNs pushes out its own: of many flows that have only begun, the oldest goes. One that both ends have
    ended, and that only lingers, is not ended early.
    """
    shard = t.shards[shard_index]
    if shard["begun"] * BEGUN_SHARE > shard["flows"]:
        close(t, shard["oldest"][BEGUN], True)
        return
    chosen = -1
    for which in range(LISTS):
        slot = shard["oldest"][which]
        if slot >= 0 and (chosen < 0 or t.connections[slot]["used"] < t.connections[chosen]["used"]):
            chosen = slot
    waiting = t.sides[2 * chosen]["head"] >= 0 or t.sides[2 * chosen + 1]["head"] >= 0
    close(t, chosen, waiting or t.connections[chosen]["list"] != CLOSING)


@lean_kernel
def expire(t: Tables, shard_index: int) -> None:
    """Close the flows of a shard whose idle time is over."""
    shard = t.shards[shard_index]
    expiry = NEVER
    for which in range(LISTS):
        limit = patience(t, which)
        while shard["oldest"][which] >= 0:
            slot = shard["oldest"][which]
            if shard["clock"] - t.connections[slot]["clock"] < limit:
                expiry = min(expiry, t.connections[slot]["clock"] + limit)
                break
            close(t, slot, False)
    shard["expiry"] = expiry


@lean_kernel
def touch(t: Tables, slot: int) -> None:
    """Note that the rings of a flow may hold places in the buffers of this batch."""
    flow, cursor = t.connections[slot], t.cursor[0]
    if flow["seen"] != cursor["epoch"]:
        flow["seen"] = cursor["epoch"]
        t.touched[cursor["touched"]] = slot
        cursor["touched"] += 1


@lean_kernel
def look_through_holes(t: Tables, shard_index: int) -> None:
    """Give up holes of flows that have gone silent; four times a second of capture time."""
    shard = t.shards[shard_index]
    shard["scan"] = shard["clock"] + SECOND // 4
    side_index = shard["hole_oldest"]
    last = shard["hole_newest"]
    while side_index >= 0:
        following = t.sides[side_index]["hole_newer"]
        touch(t, side_index >> 1)
        give_up(t, side_index >> 1, side_index & 1)
        if side_index == last:  # those with a younger hole have been appended behind
            break
        side_index = following


@lean_kernel
def is_private(high: Any, low: Any) -> bool:
    """Whether an address is for private networks (RFC 1918, RFC 4193); IPv4 is mapped into IPv6."""
    if wide(high):
        return bool(wide(high >> np.uint64(57)) == 0xFC >> 1)
    four = wide(low) ^ (0xFFFF << 32)
    return bool(four >> 24 == 10 or four >> 20 == 0xAC1 or four >> 16 == 0xC0A8)


@lean_kernel
def client_is_source(packet: Any, sport: int, dport: int) -> bool:
    """Whether the sender of a flow's first packet is taken for the client.

    The sender of a SYN is, the receiver of a SYN-ACK is; else the side with the lower port is the server if that port
    is below 1024 or the other's is 32768 or higher; else the first sender is the client. Of a tunnel whose ports are
    equal, or that has none, the one with a private address is, if the other has none: most are met under way.
    """
    if packet["proto"] == TCP and packet["tcp_flags"] & SYN:
        return not packet["tcp_flags"] & ACK
    low, high = min(sport, dport), max(sport, dport)
    if low == high and packet["proto"] in (UDP, ESP):
        return not is_private(packet["dst_hi"], packet["dst_lo"]) or is_private(packet["src_hi"], packet["src_lo"])
    return not (low != high and (low < 1024 or high >= 32768) and sport == low)


@lean_kernel
def reset_side(t: Tables, side_index: int) -> None:
    """Make the direction of a fresh flow empty."""
    side = t.sides[side_index]
    side["packets"] = side["bytes"] = side["payload"] = side["delivered"] = side["duplicate"] = 0
    side["conflicting"] = side["evicted"] = side["after_close"] = side["missing"] = 0
    side["base"] = side["next"] = side["highest"] = side["acked"] = side["waiting"] = 0
    side["ripe"] = side["mark_clock"] = side["mark_packets"] = side["odd_seq"] = 0
    side["mark"] = -1
    side["fin"] = NO_END
    side["head"] = side["tail"] = side["hole_older"] = side["hole_newer"] = -1
    side["count"] = 0
    side["odd"] = side["based"] = side["starting"] = side["recent"] = 0
    side["heard"] = side["from_mac"] = side["to_mac"] = side["stamp"] = side["vlan"] = side["ttl"] = 0
    side["limit"] = NO_END
    side["syn_flags"] = side["tunnel"] = side["stamped"] = side["scale"] = side["summed"] = 0
    side["trusted"] = side["reset"] = side["doubtful"] = side["strange"] = side["short"] = 0
    for entry in range(RECENT_SEGMENTS * side_index, RECENT_SEGMENTS * (side_index + 1)):
        t.recents[entry]["length"] = 0
        t.recents[entry]["fresh"] = 0


@lean_kernel
def note_bearer(buffer: U1, flow: Any, packet: Any, forward: bool) -> None:  # noqa: FBT001
    """Note who sends the outermost packets of a tunnel in which a flow's first packet came."""
    flow["client_outer_hi"] = flow["client_outer_lo"] = flow["server_outer_hi"] = flow["server_outer_lo"] = 0
    at = wide(packet["outer"]) - 1
    if packet["depth"] == 0 or at < 0 or at + 20 > buffer.size:
        return
    size, first, zero = 4, at + 12, np.uint64(0)
    if buffer[at] >> 4 == 6:
        size, first = 16, at + 8
    if first + 2 * size > buffer.size:
        return
    for way in range(2):
        high, low = zero, zero if size == 16 else np.uint64(0xFFFF)
        for k in range(size):
            if size == 16 and k < 8:
                high = (high << np.uint64(8)) | np.uint64(buffer[first + way * size + k])
            else:
                low = (low << np.uint64(8)) | np.uint64(buffer[first + way * size + k])
        if (way == 0) == forward:
            flow["client_outer_hi"], flow["client_outer_lo"] = high, low
        else:
            flow["server_outer_hi"], flow["server_outer_lo"] = high, low


@lean_kernel
def open_flow(t: Tables, buffer: U1, packet: Any, bucket: int, sport: int, dport: int) -> int:
    """Begin a flow with its first packet; gives the packet's side."""
    shard_index = packet["shard"]
    shard, cursor = t.shards[shard_index], t.cursor[0]
    if shard["flows"] >= t.limits[0]["flows"]:
        evict_oldest(t, shard_index)
    slot = cursor["free_slot"]
    flow = t.connections[slot]
    cursor["free_slot"] = flow["chain"]
    cursor["serial"] += 1
    shard["flows"] += 1
    proto = packet["proto"]
    flow["serial"] = (cursor["serial"] << SLOT_BITS) | slot
    forward = client_is_source(packet, sport, dport)
    flow["client_hi"] = packet["src_hi"] if forward else packet["dst_hi"]
    flow["client_lo"] = packet["src_lo"] if forward else packet["dst_lo"]
    flow["server_hi"] = packet["dst_hi"] if forward else packet["src_hi"]
    flow["server_lo"] = packet["dst_lo"] if forward else packet["src_lo"]
    flow["client_mac"] = packet["src_mac"] if forward else packet["dst_mac"]
    flow["server_mac"] = packet["dst_mac"] if forward else packet["src_mac"]
    flow["client_port"] = sport if forward else dport
    flow["server_port"] = dport if forward else sport
    flow["first_ts"] = packet["ts"]
    flow["first_frame"] = packet["frame"]
    flow["first_seq"] = packet["seq"] if proto == TCP else 0
    flow["vlan"] = packet["vlan"]
    flow["capture"] = packet["capture"]
    flow["proto"] = proto
    flow["tunnel"] = packet["tunnel"]
    flow["depth"] = packet["depth"]
    flow["doubts"] = 0
    flow["shadow"] = flow["main"] = -1
    note_bearer(buffer, flow, packet, forward)
    flow["shard"] = shard_index
    flow["handshake"] = 0
    flow["ignored"] = 0 if proto in (TCP, UDP) else 1
    flow["epoch"] = flow["seen"] = -1
    flow["burst"] = flow["burst_clock"] = 0
    flow["bursts"][:] = 0
    flow["clock"] = shard["clock"]
    flow["used"] = shard["counter"]
    flow["bucket"] = bucket
    flow["chain"] = t.buckets[bucket]
    t.buckets[bucket] = slot
    append(t, slot, BEGUN if proto == TCP else LOOSE)
    reset_side(t, 2 * slot)
    reset_side(t, 2 * slot + 1)
    return int(2 * slot + (0 if forward else 1))

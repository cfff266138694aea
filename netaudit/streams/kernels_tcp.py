"""Kernel of one TCP packet: sequence numbers to stream offsets, handshake, acknowledgements, closing (RFC 9293)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel
from netaudit.streams.kernels_doubt import GOOD, STRONG, WINDOW, distance, note_stamp, note_stranger, ordinary, suspect
from netaudit.streams.kernels_emit import follow_burst, hand_on, remember, skip, wide
from netaudit.streams.kernels_flows import ACK, BEGUN, BY_SYN, CLOSING, FIN_DOWN, FIN_UP, OPEN, RESET, SYN, UNKNOWN, use
from netaudit.streams.kernels_reassembly import drain, give_up, lose, place, start
from netaudit.streams.kernels_syn import BY_ACK, BY_DATA, NEAR, on_syn
from netaudit.streams.kernels_variant import bring_variant, hear_variant, open_variant, supersede
from netaudit.streams.layouts import NO_END, RECENT_SEGMENTS, UP, Doubt, Tables

U1 = npt.NDArray[np.uint8]

FIN, RST = 1, 4
OPENED = 3  # both SYN bits of CONNECTION.handshake
OUTLIVED_RESET, OUTLIVED_FIN, OUT_OF_BAND = int(Doubt.RESET), int(Doubt.FIN), int(Doubt.URGENT)
FAR = 64 << 20  # a segment further away than this is implausible
SLACK = 1 << 16  # bytes behind the window that are not doubted yet: acknowledgements may be missing from a capture
BEYOND = 1 << 30  # a lasting jump by more is another connection
ODD_ENOUGH = 3  # implausible segments in a row that make a jump believed


@lean_kernel
def offset_of(side: Any, sequence: int) -> int:
    """Stream offset nearest to the next one that has this sequence number."""
    return int(side["next"] + distance(sequence, side["base"] + side["next"]))


@lean_kernel
def settle_base(flow: Any, side: Any, sequence: int, has_data: bool) -> None:  # noqa: FBT001
    """Decide which sequence number is offset 0, at the first payload or FIN of a direction without SYN.

    An acknowledgement of the other side told what it expects. Midway nothing says whether that had been sent before the
    capture began, so the payload itself is the beginning, unless the acknowledgements have moved on since.
    """
    if side["based"] == BY_SYN or side["based"] == BY_DATA:
        return
    midway = flow["handshake"] & OPENED == 0
    if side["based"] == UNKNOWN:
        side["base"] = sequence
        side["starting"] = has_data
    else:
        moved = distance(sequence, side["base"])
        if (midway and (moved < 0 or side["acked"] == 0)) or abs(moved) > FAR:
            side["base"] = sequence
            side["acked"] = max(side["acked"] - moved, 0) if abs(moved) <= FAR else 0
            side["starting"] = has_data and midway
    side["based"] = BY_DATA


@lean_kernel
def on_ack(flow: Any, side: Any, other: Any, packet: Any) -> None:
    """Note what the packet's sender has received of the `other` direction, and how much more it lets come."""
    acknowledged = wide(packet["ack"])
    if other["based"] == UNKNOWN:
        other["base"] = acknowledged
        other["based"] = BY_ACK
        return
    offset = offset_of(other, acknowledged)
    if abs(offset - other["acked"]) > FAR and abs(offset - other["highest"]) > FAR:
        return
    other["heard"] = offset
    if flow["handshake"] & OPENED == OPENED and side["based"] == BY_SYN and other["based"] == BY_SYN:
        scale = 0
        if not packet["tcp_flags"] & SYN and side["scale"] and other["scale"]:
            scale = side["scale"] - 1
        other["limit"] = max(other["limit"], offset + (wide(packet["window"]) << scale) + SLACK)
    if other["acked"] < offset <= max(other["highest"], other["acked"]) + FAR:
        if other["fin"] != NO_END:
            offset = min(offset, other["fin"])
        other["acked"] = max(offset, other["acked"])


@lean_kernel
def implausible(side: Any, sequence: int, offset: int, length: int, wire: int) -> int:
    """0: go on; 1: dropped and counted; 2: forward jump to be believed; 3: another connection."""
    ahead = offset - side["next"]
    if abs(ahead) <= FAR:
        side["odd"] = 0
        return 0
    if side["odd"] and abs(distance(sequence, side["odd_seq"])) <= NEAR:
        side["odd"] += 1
    else:
        side["odd"] = 1
    side["odd_seq"] = (sequence + wire) & 0xFFFFFFFF
    unheard = side["based"] == BY_SYN and side["limit"] != NO_END and abs(offset - side["heard"]) > FAR
    if side["odd"] < ODD_ENOUGH or unheard:
        if ahead > 0:
            side["evicted"] += length
        else:
            side["duplicate"] += length
        return 1
    side["odd"] = 0
    return 2 if 0 < ahead <= BEYOND else 3


@lean_kernel
def jump(t: Tables, slot: int, direction: int, offset: int) -> None:
    """Go on at a far offset: holes before it are given up, the rest is a gap."""
    side = t.sides[2 * slot + direction]
    while side["count"]:
        lose(t, slot, direction)
    if offset > side["next"]:
        skip(t, slot, direction, offset - side["next"])


@lean_kernel
def go_on(t: Tables, slot: int, side: Any, direction: int) -> None:
    """Take back the end of a direction: more came, so nobody took the FIN for one."""
    flow = t.connections[slot]
    side["fin"] = NO_END
    flow["handshake"] &= 0xFF ^ (FIN_UP if direction == UP else FIN_DOWN)
    flow["doubts"] |= OUTLIVED_FIN
    if flow["list"] == CLOSING and not flow["handshake"] & RESET:
        use(t, slot, OPEN)


@lean_kernel
def on_bytes(
    t: Tables,
    buffer: U1,
    arena: U1,
    slot: int,
    direction: int,
    packet: Any,
    offset: int,
    length: int,
    wire: int,
    source: int,
    reasons: int,
) -> None:
    """Put payload in its place, or let it wait where there are reasons to doubt it; compare what was there before."""
    flow, side = t.connections[slot], t.sides[2 * slot + direction]
    if side["fin"] != NO_END and offset + wire > side["fin"]:
        if not reasons:
            go_on(t, slot, side, direction)
        else:
            wire = max(side["fin"] - offset, 0)
            late = length - min(length, wire)
            side["after_close"] += late
            length -= late
    if wire == 0:
        return
    end, cut = offset + wire, wire - length
    if not reasons:
        if side["doubtful"]:
            supersede(t, buffer, arena, 2 * slot + direction, offset, length, cut, source, packet["seq"])
        if end > side["highest"]:
            side["highest"] = end
            follow_burst(flow, direction, wire, t.shards[flow["shard"]]["clock"])
    before = side["conflicting"]
    ts, frame, capture = packet["ts"], packet["frame"], packet["capture"]
    place(t, buffer, arena, slot, direction, offset, length, cut, source, ts, frame, capture, reasons)
    turned_down = side["conflicting"] > before
    if turned_down:
        flow["doubts"] |= reasons
        open_variant(t, slot, direction, max(offset, 0), packet["seq"], ts, frame, capture)
    if flow["shadow"] >= 0:
        bring_variant(t, buffer, arena, slot, direction, offset, length, cut, source, packet, turned_down)


@lean_kernel
def on_payload(
    t: Tables,
    buffer: U1,
    arena: U1,
    slot: int,
    direction: int,
    packet: Any,
    offset: int,
    length: int,
    wire: int,
    reasons: int,
) -> None:
    """Take the payload of a segment, without the byte that an urgent pointer takes out of band (RFC 6093, 2.1).

    That is how nearly every receiver reads. The byte is left out only where the segment is the next one: the stream
    goes on one number later from there.
    """
    side, source = t.sides[2 * slot + direction], wide(packet["payload"])
    before = wide(packet["urgent"]) - 1
    if before < 0 or before >= length or wire != length or reasons or offset != side["next"] or side["count"]:
        on_bytes(t, buffer, arena, slot, direction, packet, offset, length, wire, source, reasons)
        return
    on_bytes(t, buffer, arena, slot, direction, packet, offset, before, before, source, 0)
    t.connections[slot]["doubts"] |= OUT_OF_BAND
    side["evicted"] += 1
    side["base"] = (side["base"] + 1) & 0xFFFFFFFF
    after = length - before - 1
    on_bytes(t, buffer, arena, slot, direction, packet, side["next"], after, after, source + before + 1, 0)


@lean_kernel
def on_fin(flow: Any, side: Any, direction: int, offset: int, flags: int) -> None:
    """Note a FIN at `offset`, or a RST. Of several ends the last one counts that has nothing behind it."""
    if flags & FIN and (offset >= side["highest"] or side["starting"]):
        flow["handshake"] |= FIN_UP if direction == UP else FIN_DOWN
        side["fin"] = offset
    if flags & RST:
        flow["handshake"] |= RESET
        side["reset"] = 1


@lean_kernel
def expected(side: Any, offset: int) -> bool:
    """Whether a RST has the number that its receiver waits for (RFC 5961, 3.2), as far as the capture shows that."""
    if side["based"] == UNKNOWN or offset == side["next"] or offset == side["highest"] or offset == side["acked"]:
        return True
    return bool(side["fin"] != NO_END and offset == side["fin"] + 1)


@lean_kernel
def predicted(t: Tables, side_index: int, packet: Any, length: int, wire: int) -> bool:
    """Take the next data, or a bare acknowledgement, of a connection without holes: what nearly every packet is.

    Does what `tcp` would do, in a quarter of the time; False, with nothing changed, if the packet is anything else.
    """
    flow, side, other = t.connections[side_index >> 1], t.sides[side_index], t.sides[side_index ^ 1]
    flags = packet["tcp_flags"]
    if flags & (SYN | FIN | RST) or flow["handshake"] & RESET or side["count"] or other["count"]:
        return False
    if flow["shadow"] >= 0 or not ordinary(side, packet):
        return False
    if wire:
        known = side["based"] == BY_SYN or side["based"] == BY_DATA
        if not known or side["fin"] != NO_END or wire != length or not flags & ACK or packet["urgent"]:
            return False
        if wide(packet["seq"]) != (side["base"] + side["next"]) & 0xFFFFFFFF:
            return False
        direction = side_index & 1
        end = side["next"] + wire
        if side["limit"] != NO_END and end > side["limit"]:
            return False
        side["odd"] = 0
        if end > side["highest"]:
            side["highest"] = end
            follow_burst(flow, direction, wire, t.shards[packet["shard"]]["clock"])
        source = wide(packet["payload"])
        remember(t.recents, side, RECENT_SEGMENTS * side_index, side["next"], length, source)
        hand_on(t, side_index >> 1, direction, length, source, packet["ts"], packet["frame"], packet["capture"])
        note_stamp(side, packet)
    side["summed"] |= packet["flags"] & GOOD
    if flags & ACK:
        on_ack(flow, side, other, packet)
    if wire:
        note_short(side, other)
    return True


@lean_kernel
def note_short(side: Any, other: Any) -> None:
    """Payload came: answers of the other side are no later any more; it may itself acknowledge less than was sent."""
    side["short"] = 0
    other["short"] = 1 if 0 < other["acked"] < other["highest"] else 0


@lean_kernel
def tcp(t: Tables, buffer: U1, arena: U1, side_index: int, packet: Any, length: int, wire: int) -> bool:
    """Take one packet of a TCP flow; False, with nothing but oddity noted, if it begins another connection."""
    slot, direction = side_index >> 1, side_index & 1
    flow, side, other = t.connections[slot], t.sides[side_index], t.sides[side_index ^ 1]
    flags, sequence = wide(packet["tcp_flags"]), wide(packet["seq"])
    reset = flags & RST != 0
    mac = side["from_mac"]
    reasons = suspect(side, packet, wire)
    if side["based"] == UNKNOWN:
        reasons = 0
    if wire and not reset:
        note_stranger(flow, side, direction, packet, reasons, mac)
    if flags & SYN:
        sequence = (sequence + 1) & 0xFFFFFFFF
    if reasons & STRONG:
        if flags & (SYN | FIN | RST):
            flow["doubts"] |= reasons & STRONG
        flags &= ~(SYN | FIN | RST | ACK)
    if flags & SYN:
        on_syn(flow, side, wide(packet["seq"]), flags, packet["scale"])
    held = side["starting"]
    if (wire and not reset) or flags & FIN:
        settle_base(flow, side, sequence, wire > 0)
    offset = offset_of(side, sequence)
    if flags & RST and not expected(side, offset):
        flow["doubts"] |= OUTLIVED_RESET
        flags &= ~RST
    odd = 0
    if side["based"] != UNKNOWN and not reset and (wire or flags & FIN):
        odd = implausible(side, sequence, offset, length, wire)
        if odd == 3:
            return False
        if odd == 2:
            jump(t, slot, direction, offset)
        if side["limit"] != NO_END and offset + wire > side["limit"]:
            reasons |= WINDOW
            if offset + wire > side["highest"]:
                flags &= ~FIN
    if odd == 1:
        return True
    if other["starting"]:
        start(t, slot, direction ^ 1)
    if reset:
        side["after_close"] += length
    elif wire:
        on_payload(t, buffer, arena, slot, direction, packet, offset, length, wire, reasons)
    if wire and not reasons and not reset and offset <= side["next"]:
        note_stamp(side, packet)
    if flags & (FIN | RST):
        on_fin(flow, side, direction, offset_of(side, (sequence + wire) & 0xFFFFFFFF), flags)
    if held and side["starting"]:
        start(t, slot, direction)
    if side["reset"] and not reset and not reasons:
        side["reset"] = 0
        flow["doubts"] |= OUTLIVED_RESET
        flow["handshake"] &= 0xFF ^ RESET
        if flow["list"] == CLOSING and flow["handshake"] & (FIN_UP | FIN_DOWN) != FIN_UP | FIN_DOWN:
            use(t, slot, OPEN)
    hole = other["count"] and not other["starting"] and t.waiting[other["head"]]["offset"] > other["next"]
    if flags & ACK and not reset and not (reasons and hole):  # it would give the hole up
        on_ack(flow, side, other, packet)
    if wire and not reset:
        note_short(side, other)
    if other["doubtful"]:
        drain(t, slot, direction ^ 1)
    if side["count"]:
        give_up(t, slot, direction)
    if other["count"]:
        give_up(t, slot, direction ^ 1)
    if flow["shadow"] >= 0:
        hear_variant(t, slot, 0)
        hear_variant(t, slot, 1)
    if flags & (FIN | RST):
        ended = flow["handshake"] & (FIN_UP | FIN_DOWN) == FIN_UP | FIN_DOWN or flow["handshake"] & RESET
        if ended and (flow["list"] == OPEN or flow["list"] == BEGUN):
            use(t, slot, CLOSING)
    return True

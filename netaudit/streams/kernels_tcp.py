"""Kernel of one TCP packet: sequence numbers to stream offsets, handshake, acknowledgements, closing (RFC 9293)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from netaudit.ground.jit import lean_kernel
from netaudit.streams.kernels_emit import follow_burst, hand_on, remember, skip, wide
from netaudit.streams.kernels_flows import ACK, CLOSING, FIN_DOWN, FIN_UP, OPEN, RESET, SYN, UNKNOWN, use
from netaudit.streams.kernels_order import give_up, lose, place, start
from netaudit.streams.layouts import NO_END, RECENT_SEGMENTS, UP, Base, Tables

U1 = npt.NDArray[np.uint8]

FIN, RST = 1, 4
OPENED = 3  # both SYN bits of CONNECTION.handshake
BY_ACK, BY_DATA, BY_SYN = int(Base.ACK), int(Base.DATA), int(Base.SYN)
FAR = 64 << 20  # a segment further away than this is implausible
NEAR = 1 << 20
BEYOND = 1 << 30  # a lasting jump by more is another connection
ODD_ENOUGH = 3  # implausible segments in a row that make a jump believed


@lean_kernel
def distance(sequence: int, reference: int) -> int:
    """Signed difference of two 32-bit sequence numbers (RFC 9293, 3.4)."""
    return ((sequence - reference + 0x80000000) & 0xFFFFFFFF) - 0x80000000


@lean_kernel
def offset_of(side: Any, sequence: int) -> int:
    """Stream offset nearest to the next one that has this sequence number."""
    return int(side["next"] + distance(sequence, side["base"] + side["next"]))


@lean_kernel
def reopens(flow: Any, side: Any, packet: Any) -> bool:
    """Whether a SYN begins another connection on the same ports: another number, or the old connection is closing."""
    if not packet["tcp_flags"] & SYN:
        return False
    first = (wide(packet["seq"]) + 1) & 0xFFFFFFFF
    if side["based"] == BY_SYN:
        return bool(side["base"] != first)
    if flow["list"] == CLOSING:
        return True
    return bool(side["based"] == BY_DATA and abs(offset_of(side, first)) > side["highest"] + NEAR)


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
def take_syn(flow: Any, side: Any, sequence: int, flags: int) -> None:
    """Let a SYN set the base; one that comes after the first payload changes nothing."""
    flow["handshake"] |= 2 if flags & ACK else 1
    if side["based"] == UNKNOWN or side["based"] == BY_ACK:
        side["base"] = (sequence + 1) & 0xFFFFFFFF
        side["acked"] = 0
        side["based"] = BY_SYN


@lean_kernel
def take_ack(other: Any, acknowledged: int) -> None:
    """Note what the packet's sender has received of the `other` direction, if plausible."""
    if other["based"] == UNKNOWN:
        other["base"] = acknowledged
        other["based"] = BY_ACK
        return
    offset = offset_of(other, acknowledged)
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
    if side["odd"] < ODD_ENOUGH:
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
def take_payload(
    t: Tables, buffer: U1, arena: U1, slot: int, direction: int, packet: Any, offset: int, length: int, wire: int
) -> None:
    """Put payload that is plausible and before the reset in its place; what lies behind the end comes after close."""
    flow, side = t.connections[slot], t.sides[2 * slot + direction]
    if side["fin"] != NO_END and offset + wire > side["fin"]:
        wire = max(side["fin"] - offset, 0)
        late = length - min(length, wire)
        side["after_close"] += late
        length -= late
    if wire == 0:
        return
    end = offset + wire
    if end > side["highest"]:
        side["highest"] = end
        follow_burst(flow, direction, wire, t.shards[flow["shard"]]["clock"])
    place(
        t,
        buffer,
        arena,
        slot,
        direction,
        offset,
        length,
        wire - length,
        wide(packet["payload"]),
        packet["ts"],
        packet["frame"],
        packet["capture"],
    )


@lean_kernel
def take_end(flow: Any, side: Any, direction: int, offset: int, flags: int) -> None:
    """Note a FIN at `offset`, or a RST."""
    if flags & FIN and not flow["handshake"] & RESET and (offset >= side["next"] or side["starting"]):
        flow["handshake"] |= FIN_UP if direction == UP else FIN_DOWN
        if side["fin"] == NO_END:
            side["fin"] = offset
    if flags & RST:
        flow["handshake"] |= RESET


@lean_kernel
def predicted(t: Tables, side_index: int, packet: Any, length: int, wire: int) -> bool:
    """Take the next data, or a bare acknowledgement, of a connection without holes: what nearly every packet is.

    Does what `tcp` would do, in a quarter of the time; False, with nothing changed, if the packet is anything else.
    """
    flow, side, other = t.connections[side_index >> 1], t.sides[side_index], t.sides[side_index ^ 1]
    flags = packet["tcp_flags"]
    if flags & (SYN | FIN | RST) or flow["handshake"] & RESET or side["count"] or other["count"]:
        return False
    if wire:
        known = side["based"] == BY_SYN or side["based"] == BY_DATA
        if not known or side["fin"] != NO_END or wire != length:
            return False
        if wide(packet["seq"]) != (side["base"] + side["next"]) & 0xFFFFFFFF:
            return False
        direction = side_index & 1
        side["odd"] = 0
        end = side["next"] + wire
        if end > side["highest"]:
            side["highest"] = end
            follow_burst(flow, direction, wire, t.shards[packet["shard"]]["clock"])
        source = wide(packet["payload"])
        remember(t.recents, side, RECENT_SEGMENTS * side_index, side["next"], length, source)
        hand_on(t, side_index >> 1, direction, length, source, packet["ts"], packet["frame"], packet["capture"])
    if flags & ACK:
        take_ack(other, wide(packet["ack"]))
    return True


@lean_kernel
def tcp(t: Tables, buffer: U1, arena: U1, side_index: int, packet: Any, length: int, wire: int) -> bool:
    """Take one packet of a TCP flow; False, with nothing but oddity noted, if it begins another connection."""
    slot, direction = side_index >> 1, side_index & 1
    flow, side, other = t.connections[slot], t.sides[side_index], t.sides[side_index ^ 1]
    flags, sequence = packet["tcp_flags"], wide(packet["seq"])
    reset = flow["handshake"] & RESET
    if flags & SYN:
        take_syn(flow, side, sequence, flags)
        sequence = (sequence + 1) & 0xFFFFFFFF
    held = side["starting"]
    if wire or (flags & FIN and not reset):
        settle_base(flow, side, sequence, wire > 0)
    offset = offset_of(side, sequence)
    odd = 0
    if side["based"] != UNKNOWN and not reset and (wire or flags & (FIN | RST)):
        odd = implausible(side, sequence, offset, length, wire)
        if odd == 3:
            return False
        if odd == 2:
            jump(t, slot, direction, offset)
    if odd == 1:
        return True
    if other["starting"]:
        start(t, slot, direction ^ 1)
    if reset or flags & RST:
        side["after_close"] += length
    elif wire:
        take_payload(t, buffer, arena, slot, direction, packet, offset, length, wire)
    if flags & (FIN | RST):
        take_end(flow, side, direction, offset + wire, flags)
    if held and side["starting"]:
        start(t, slot, direction)
    if flags & ACK and not flags & RST:
        take_ack(other, wide(packet["ack"]))
    if side["count"]:
        give_up(t, slot, direction)
    if other["count"]:
        give_up(t, slot, direction ^ 1)
    if flags & (FIN | RST):
        ended = flow["handshake"] & (FIN_UP | FIN_DOWN) == FIN_UP | FIN_DOWN or flow["handshake"] & RESET
        if ended and flow["list"] == OPEN:
            use(t, slot, CLOSING)
    return True

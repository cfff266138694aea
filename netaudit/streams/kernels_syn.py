"""Kernels of a SYN on ports that are in use: a forged one, a late one, or another connection.

A receiver answers it with a challenge and goes on (RFC 9293, 3.10.7.4; RFC 5961, 4). So it is held until another packet
agrees with it: then the other connection gets a flow of its own, while the old one stays where packets with its numbers
find it, for as long as a closing flow does.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel
from netaudit.streams.kernels_doubt import ACK, BAD, RST, SYN, distance, learn_link
from netaudit.streams.kernels_emit import wide
from netaudit.streams.kernels_flows import BY_SYN, CLOSING, TCP, UDP, UNKNOWN, open_flow, use
from netaudit.streams.layouts import Base, Doubt, Tables

U1 = npt.NDArray[np.uint8]

BY_ACK, BY_DATA = int(Base.ACK), int(Base.DATA)
NEAR = 1 << 20
NOTED = int(Doubt.SYN)
GOES_ON, BEGINS, HELD = 0, 1, 2


@lean_kernel
def on_syn(flow: Any, side: Any, sequence: int, flags: int, scale: int) -> None:
    """Let a SYN set the base; one that comes after the first payload changes nothing."""
    flow["handshake"] |= 2 if flags & ACK else 1
    if side["based"] == UNKNOWN or side["based"] == BY_ACK:
        side["base"] = (sequence + 1) & 0xFFFFFFFF
        side["acked"] = side["heard"] = 0
        side["based"] = BY_SYN
        side["scale"] = scale


@lean_kernel
def reopens(flow: Any, side: Any, packet: Any) -> int:
    """What a SYN does to the flow of its endpoints: GOES_ON, BEGINS another one at once, or is HELD."""
    first = (wide(packet["seq"]) + 1) & 0xFFFFFFFF
    if side["based"] == BY_SYN:
        if side["base"] == first:
            return GOES_ON
        return BEGINS if flow["list"] == CLOSING else HELD
    if flow["list"] == CLOSING:
        return BEGINS
    if side["based"] == BY_DATA:
        offset = side["next"] + distance(first, (side["base"] + side["next"]) & 0xFFFFFFFF)
        if abs(offset) > side["highest"] + NEAR:
            return HELD
    return GOES_ON


@lean_kernel
def hold_syn(flow: Any, side: Any, packet: Any) -> None:
    """Keep a SYN until it is proved; the latest one that is no copy."""
    flow["doubts"] |= NOTED
    if packet["flags"] & BAD and side["summed"]:
        return
    if side["syn_flags"] and side["syn_seq"] == packet["seq"]:
        return
    side["syn_flags"] = packet["tcp_flags"]
    side["syn_seq"] = packet["seq"]
    side["syn_ts"] = packet["ts"]
    side["syn_frame"] = packet["frame"]
    side["syn_capture"] = packet["capture"]
    side["syn_bytes"] = packet["frame_length"]
    side["syn_scale"] = packet["scale"]


@lean_kernel
def proved(side: Any, other: Any, packet: Any) -> int:
    """Whose held SYN a packet agrees with, and the old connection does not: 1 its own side's, 2 the other's, 0 none."""
    flags = packet["tcp_flags"]
    if flags & RST or (packet["flags"] & BAD and side["summed"]):
        return 0
    if side["syn_flags"] and not flags & SYN:
        follows = (wide(side["syn_seq"]) + 1) & 0xFFFFFFFF
        if packet["seq"] == follows and follows != (side["base"] + side["next"]) & 0xFFFFFFFF:
            return 1
    if other["syn_flags"] and flags & ACK:
        follows = (wide(other["syn_seq"]) + 1) & 0xFFFFFFFF
        if packet["ack"] == follows and follows != (other["base"] + other["next"]) & 0xFFFFFFFF:
            return 2
    return 0


@lean_kernel
def turn(flow: Any) -> None:
    """Let client and server of a flow change places."""
    flow["client_hi"], flow["server_hi"] = flow["server_hi"], flow["client_hi"]
    flow["client_lo"], flow["server_lo"] = flow["server_lo"], flow["client_lo"]
    flow["client_mac"], flow["server_mac"] = flow["server_mac"], flow["client_mac"]
    flow["client_port"], flow["server_port"] = flow["server_port"], flow["client_port"]
    flow["client_outer_hi"], flow["server_outer_hi"] = flow["server_outer_hi"], flow["client_outer_hi"]
    flow["client_outer_lo"], flow["server_outer_lo"] = flow["server_outer_lo"], flow["client_outer_lo"]


@lean_kernel
def renew(t: Tables, buffer: U1, packet: Any, bucket: int, side_index: int, whose: int) -> int:
    """Begin the connection of a held SYN, with the packet that proved it; gives the packet's side in the new flow."""
    slot = side_index >> 1
    old = t.sides[side_index] if whose == 1 else t.sides[side_index ^ 1]
    sequence, ts, frame, capture = wide(old["syn_seq"]), old["syn_ts"], old["syn_frame"], old["syn_capture"]
    size, flags, scale = old["syn_bytes"], wide(old["syn_flags"]), wide(old["syn_scale"])
    old["syn_flags"] = 0
    old["packets"] -= 1
    old["bytes"] -= size
    use(t, slot, CLOSING)
    ported = packet["proto"] in (TCP, UDP)
    sport, dport = (wide(packet["sport"]), wide(packet["dport"])) if ported else (0, 0)
    fresh = open_flow(t, buffer, packet, bucket, sport, dport)
    flow = t.connections[fresh >> 1]
    sender = (fresh & 1) ^ (whose - 1)
    if sender != (1 if flags & ACK else 0):
        turn(flow)
        fresh ^= 1
        sender ^= 1
    flow["first_ts"] = ts
    flow["first_frame"] = frame
    flow["first_seq"] = sequence
    flow["capture"] = capture
    side = t.sides[2 * (fresh >> 1) + sender]
    side["packets"] = 1
    side["bytes"] = size
    if whose == 1:
        learn_link(side, packet)
    else:
        side["trusted"] = 1
    on_syn(flow, side, sequence, flags, scale)
    return int(fresh)

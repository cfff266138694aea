"""Kernels that ask whether the receiver will have taken a packet (Ptacek & Newsham 1998; Handley & Paxson 2001).

A doubtful packet is never dropped. Its payload waits until the other side acknowledges it, or until something better
comes for the same place; its SYN, FIN, RST and acknowledgement are not believed where doubt is strong. How a packet of
a direction looks (link addresses, VLAN, tunnel, hops left) is learned from the first one, and anew after a doubtful
one was acknowledged: a route may change.
"""

from __future__ import annotations

from typing import Any

from netaudit.jit.decorators import lean_kernel
from netaudit.streams.kernels_emit import wide
from netaudit.streams.layouts import Doubt

ACK, SYN, RST = 16, 2, 4
BAD, GUESSED, GOOD, STAMPED, CONTESTED = 4, 8, 32, 64, 128  # bits of PACKET.flags
CHECKSUM, TTL, STAMP, NO_ACK = int(Doubt.CHECKSUM), int(Doubt.TTL), int(Doubt.STAMP), int(Doubt.NO_ACK)
LINK, WINDOW, LENGTH, FRAGMENTS = int(Doubt.LINK), int(Doubt.WINDOW), int(Doubt.LENGTH), int(Doubt.FRAGMENTS)
STRANGER = int(Doubt.STRANGER_UP)  # of upward bytes; one bit further of downward ones
SUMS = int(Doubt.SUMS_UP)  # likewise
STRONG = CHECKSUM | STAMP | NO_ACK | LENGTH | FRAGMENTS  # a receiver that follows the standards drops such a packet
WHOLE_SEGMENT = 1460  # bytes; longer ones were put together by a host, which may leave their sums
HOPS = 2  # fewer hops left than its direction has are a copy behind a router
WHOLE_FRAME = 1600  # bytes on the wire; larger ones are built by hardware, which may leave the IP length out


@lean_kernel
def distance(sequence: int, reference: int) -> int:
    """Signed difference of two 32-bit numbers (RFC 9293, 3.4; RFC 7323, 5.2)."""
    return ((sequence - reference + 0x80000000) & 0xFFFFFFFF) - 0x80000000


@lean_kernel
def learn_link(side: Any, packet: Any) -> None:
    """Take a packet for what those of its direction look like."""
    side["from_mac"] = packet["src_mac"]
    side["to_mac"] = packet["dst_mac"]
    side["vlan"] = packet["vlan"]
    side["tunnel"] = packet["tunnel"]
    side["ttl"] = packet["ttl"]
    side["stamped"] = packet["flags"] & STAMPED
    side["stamp"] = packet["stamp"]


@lean_kernel
def same_link(side: Any, packet: Any) -> bool:
    """Whether a packet came over the link of its direction."""
    return bool(
        side["from_mac"] == packet["src_mac"]
        and side["to_mac"] == packet["dst_mac"]
        and side["vlan"] == packet["vlan"]
        and side["tunnel"] == packet["tunnel"]
    )


@lean_kernel
def ordinary(side: Any, packet: Any) -> bool:
    """Whether nothing at all speaks against a packet; the quick answer for nearly every one."""
    flags = packet["flags"]
    if flags & (GUESSED | CONTESTED) or (flags & BAD and side["summed"]):
        return False
    if packet["ttl"] != side["ttl"] or not same_link(side, packet):
        return False
    return not (flags & STAMPED and side["stamped"] and distance(wide(packet["stamp"]), wide(side["stamp"])) < 0)


@lean_kernel
def suspect(side: Any, packet: Any, wire: int) -> int:
    """Reasons to doubt a packet, by what came before in its direction; 0 none."""
    flags = packet["flags"]
    reasons = 0
    if flags & BAD and side["summed"]:
        reasons |= CHECKSUM
    if flags & GOOD:
        side["summed"] = 1
    if flags & GUESSED and packet["frame_length"] <= WHOLE_FRAME:
        reasons |= LENGTH
    if flags & CONTESTED:
        reasons |= FRAGMENTS
    if wire and not packet["tcp_flags"] & (ACK | SYN | RST):
        reasons |= NO_ACK
    strange = 0
    if wide(packet["ttl"]) + HOPS < wide(side["ttl"]):
        strange |= TTL
    if not same_link(side, packet):
        strange |= LINK
    if flags & STAMPED and side["stamped"] and distance(wide(packet["stamp"]), wide(side["stamp"])) < -1:
        strange |= STAMP
    if strange and side["trusted"]:
        side["trusted"] = 0
        learn_link(side, packet)
        return reasons
    if not strange and packet["ttl"] > side["ttl"]:
        side["ttl"] = packet["ttl"]
    return reasons | strange


@lean_kernel
def note_stranger(flow: Any, side: Any, direction: int, packet: Any, reasons: int, mac: Any) -> None:
    """Note that bytes came from another link address than `mac`, that of those before: taken, or doubted and waiting.

    A copy behind a router has a router's link address, too, but the bytes are there already; of datagrams, which nobody
    puts in order, those with fewer hops left are passed over.
    """
    if mac == 0 or packet["src_mac"] == mac:
        return
    if reasons & LINK:
        side["strange"] = 1
    else:
        flow["doubts"] |= STRANGER << direction


@lean_kernel
def note_stamp(side: Any, packet: Any) -> None:
    """Take the timestamp of a packet that came in order for the latest."""
    if packet["flags"] & STAMPED:
        if not side["stamped"] or distance(wide(packet["stamp"]), wide(side["stamp"])) > 0:
            side["stamp"] = packet["stamp"]
        side["stamped"] = 1

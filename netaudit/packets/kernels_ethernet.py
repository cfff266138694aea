"""Ethernet and what it announces: VLAN tags, EtherTypes, LLC/SNAP, PPPoE, PPP, MPLS."""

from __future__ import annotations

from typing import Any

from netaudit.jit.decorators import lean_kernel
from netaudit.packets.kernels_common import (
    DISCOVERY_TYPE,
    ENCRYPTED,
    ETHERNET,
    F_MACSEC,
    F_NSH,
    F_PPP,
    F_TRILL,
    IPV4,
    IPV6,
    LLC,
    MALFORMED_LINK,
    MPLS,
    MPLS_TYPE,
    NO_TYPE,
    NONE,
    PPP,
    PPP_TYPE,
    T_MPLS,
    T_PPPOE,
    TRUNCATED_LINK,
    TUNNEL_UNKNOWN,
    TYPE,
    Step,
    enter,
    foreign,
    plain,
    stop,
    u8,
    u16,
    u32,
    u48,
)
from netaudit.packets.kernels_sane import sane_ethernet, sane_ip, sane_llc
from netaudit.packets.kernels_switch import BATMAN_TYPE, batman, tag_size, unnamed_tag


@lean_kernel
def ethernet(buffer: Any, row: Any, pos: int, end: int, wire_end: int) -> Step:
    """Ethernet header (IEEE 802.3, 3.2)."""
    if end - pos < 14:
        return stop(TRUNCATED_LINK, pos)
    row["dst_mac"] = u48(buffer, pos)
    row["src_mac"] = u48(buffer, pos + 6)
    return tagged(buffer, row, u16(buffer, pos + 12), pos + 14, end, wire_end)


@lean_kernel
def is_tag(kind: int) -> bool:
    """Whether an EtherType announces a VLAN tag (802.1Q, 802.1ad and their forerunners)."""
    return kind in (0x8100, 0x88A8, 0x9100, 0x9200, 0x9300)


@lean_kernel
def tagged(buffer: Any, row: Any, kind: int, pos: int, end: int, wire_end: int) -> Step:
    """Take VLAN tags off. Priority tags (id 0) are no VLAN; of more than two the outermost and innermost are kept."""
    if kind == 0x0800:
        return IPV4, 0, pos, end, wire_end
    outer = 0
    inner = 0
    while is_tag(kind):
        if end - pos < 4:
            return stop(TRUNCATED_LINK, pos)
        vlan = u16(buffer, pos) & 0xFFF
        if outer == 0:
            outer = vlan
        elif vlan:
            inner = vlan
        kind = u16(buffer, pos + 2)
        pos += 4
    if outer:
        row["vlan"] = outer | inner << 16
    if kind > 1500:
        return TYPE, kind, pos, end, wire_end
    if end - pos >= 2 and not sane_llc(u16(buffer, pos)):
        size = unnamed_tag(buffer, row, pos - 2, end, wire_end)
        if size:
            return TYPE, u16(buffer, pos - 2 + size), pos + size, end, wire_end
    wire_end = min(wire_end, pos + kind)  # a length: what follows it is padding
    return LLC, 0, pos, min(end, wire_end), wire_end


@lean_kernel
def by_type(buffer: Any, row: Any, note: Any, kind: int, pos: int, end: int, wire_end: int) -> Step:
    """Go on by EtherType."""
    if kind == 0x0800:
        return IPV4, 0, pos, end, wire_end
    if kind == 0x86DD:
        return IPV6, 0, pos, end, wire_end
    if kind == 0x0806:
        return plain(row, kind, pos, end, wire_end)
    if is_tag(kind):
        return tagged(buffer, row, kind, pos, end, wire_end)
    if kind == 0x8864:
        return pppoe(buffer, row, pos, end, wire_end)
    if kind in (0x8847, 0x8848):
        return MPLS, 0, pos, end, wire_end
    if kind == PPP_TYPE:
        return PPP, 0, pos, end, wire_end
    if kind == 0x6558:  # transparent Ethernet bridging
        return ETHERNET, 0, pos, end, wire_end
    if kind == 0x8870:  # LLC in a jumbo frame
        return LLC, 0, pos, end, wire_end
    if kind == 0x88E5:
        return foreign(note, ENCRYPTED, F_MACSEC, pos)
    if kind == 0x22F3:
        return foreign(note, TUNNEL_UNKNOWN, F_TRILL, pos)
    if kind == 0x894F:
        return service_header(buffer, note, pos, end, wire_end)
    if kind == BATMAN_TYPE:
        return batman(buffer, row, note, pos, end, wire_end)
    return shim(buffer, row, kind, pos, end, wire_end)


@lean_kernel
def shim(buffer: Any, row: Any, kind: int, pos: int, end: int, wire_end: int) -> Step:
    """Tags of backbones and switches between addresses and EtherType; anything else is a plain frame."""
    size = tag_size(buffer, kind, pos, end)
    if size == 0:
        size = unnamed_tag(buffer, row, pos - 2, end, wire_end)
        if size == 0:
            return plain(row, kind, pos, end, wire_end)
        size -= 2
    if end - pos < size + 2:
        return stop(TRUNCATED_LINK, pos)
    if kind in (0x88E7, 0x8903):  # the customer's whole frame follows
        return ETHERNET, 0, pos + size, end, wire_end
    return TYPE, u16(buffer, pos + size), pos + size + 2, end, wire_end


@lean_kernel
def service_header(buffer: Any, note: Any, pos: int, end: int, wire_end: int) -> Step:
    """Network service header (RFC 8300, 2.2): skipped, not counted as a tunnel."""
    if end - pos < 8:
        return stop(TRUNCATED_LINK, pos)
    size = (u8(buffer, pos + 1) & 0x3F) * 4
    if size < 8:
        return stop(MALFORMED_LINK, pos)
    if end - pos < size:
        return stop(TRUNCATED_LINK, pos)
    following = u8(buffer, pos + 3)
    if following == 1:
        return IPV4, 0, pos + size, end, wire_end
    if following == 2:
        return IPV6, 0, pos + size, end, wire_end
    if following == 3:
        return ETHERNET, 0, pos + size, end, wire_end
    return foreign(note, TUNNEL_UNKNOWN, F_NSH, pos)


@lean_kernel
def llc(buffer: Any, row: Any, pos: int, end: int, wire_end: int) -> Step:
    """LLC (IEEE 802.2) and SNAP (RFC 1042); what is no EtherType ends as a plain frame of type 0."""
    if end - pos < 3:
        return stop(TRUNCATED_LINK if end < wire_end else MALFORMED_LINK, pos)
    if u16(buffer, pos) == 0xAAAA and end - pos >= 8:
        organisation = u32(buffer, pos + 2) & 0xFFFFFF
        kind = u16(buffer, pos + 6)
        if organisation in (0, 0xF8) and kind > 1500:
            return TYPE, kind, pos + 8, end, wire_end
        if organisation == 0x80C2 and kind in (1, 7):  # bridged Ethernet (RFC 2684, 5.2)
            return ETHERNET, 0, pos + 10, end, wire_end
    elif u16(buffer, pos) == 0x0606:
        return IPV4, 0, pos + 3, end, wire_end
    return plain(row, NO_TYPE, pos, end, wire_end)


@lean_kernel
def pppoe(buffer: Any, row: Any, pos: int, end: int, wire_end: int) -> Step:
    """PPPoE session (RFC 2516, 4)."""
    if end - pos < 6:
        return stop(TRUNCATED_LINK, pos)
    if u8(buffer, pos) != 0x11:
        return stop(MALFORMED_LINK, pos)
    if u8(buffer, pos + 1) != 0:  # discovery
        return plain(row, DISCOVERY_TYPE, pos, end, wire_end)
    wire_end = min(wire_end, pos + 6 + u16(buffer, pos + 4)) if u16(buffer, pos + 4) else wire_end
    return enter(row, T_PPPOE, PPP, NONE, pos + 6, min(end, wire_end), wire_end)


@lean_kernel
def ppp(buffer: Any, row: Any, note: Any, pos: int, end: int, wire_end: int) -> Step:
    """PPP (RFC 1661, 2; RFC 1662, 3.1), with or without address and control, with or without a compressed protocol."""
    if end - pos >= 2 and u16(buffer, pos) == 0xFF03:
        pos += 2
    start = pos
    if end - pos < 2:
        return stop(TRUNCATED_LINK if end < wire_end else MALFORMED_LINK, pos)
    if u8(buffer, pos) & 1:
        kind = u8(buffer, pos)
        pos += 1
    else:
        kind = u16(buffer, pos)
        pos += 2
    if kind == 0x21:
        return IPV4, 0, pos, end, wire_end
    if kind == 0x57:
        return IPV6, 0, pos, end, wire_end
    if kind in (0x281, 0x283):
        return MPLS, 0, pos, end, wire_end
    if kind == 0x31 and end - pos >= 2 and u8(buffer, pos + 1) == 1:  # bridging (RFC 3518, 4.2): Ethernet
        return ETHERNET, 0, pos + 2, end, wire_end
    if kind == 0x3D and end - pos >= 4 and u8(buffer, pos) & 0xC0 == 0xC0:  # multilink (RFC 1990, 3): a whole packet
        return PPP, 0, pos + 4, end, wire_end
    if kind in (0x53, 0x55, 0xFD):  # encrypted (RFC 1968); MPPE (RFC 3078)
        return foreign(note, ENCRYPTED, F_PPP, pos)
    return plain(row, PPP_TYPE, start, end, wire_end)


@lean_kernel
def mpls(buffer: Any, row: Any, pos: int, end: int, wire_end: int) -> Step:
    """MPLS label stack (RFC 3032), then IP by its first nibble, else a pseudowire's Ethernet: nothing says which."""
    while True:
        if end - pos < 4:
            return stop(TRUNCATED_LINK if end < wire_end else MALFORMED_LINK, pos)
        bottom = u8(buffer, pos + 2) & 1
        pos += 4
        if bottom:
            break
    if pos >= end:
        return stop(TRUNCATED_LINK if end < wire_end else MALFORMED_LINK, pos)
    nibble = u8(buffer, pos) >> 4
    if nibble in (4, 6) and sane_ip(buffer, row, pos, end, wire_end) == nibble:
        return enter(row, T_MPLS, IPV4 if nibble == 4 else IPV6, NONE, pos, end, wire_end)
    if nibble == 0 and sane_ethernet(buffer, row, pos + 4, end, wire_end):  # control word (RFC 4448, 4.6)
        return enter(row, T_MPLS, ETHERNET, NONE, pos + 4, end, wire_end)
    if sane_ethernet(buffer, row, pos, end, wire_end):
        return enter(row, T_MPLS, ETHERNET, NONE, pos, end, wire_end)
    if nibble in (4, 6):  # cut or lying lengths: let the IP layer say what is wrong
        return enter(row, T_MPLS, IPV4 if nibble == 4 else IPV6, NONE, pos, end, wire_end)
    return plain(row, MPLS_TYPE, pos, end, wire_end)

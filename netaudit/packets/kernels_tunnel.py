"""Tunnels in GRE and in UDP.

GRE says what it carries. A UDP port is a hint only: such a tunnel is taken off where its own header and the one
inside look sane (`udp_tunnel` answers `NOT_TUNNEL` else, and the packet stays plain UDP).
"""

from __future__ import annotations

from typing import Any

from netaudit.jit.decorators import lean_kernel
from netaudit.packets.kernels_common import (
    ETHERNET,
    F_CAPWAP,
    F_GRE_ROUTING,
    F_GTP,
    F_TZSP,
    IP,
    IPV4,
    IPV6,
    MALFORMED_IP,
    MPLS,
    NONE,
    PPP,
    PPP_TYPE,
    SERVICE_TYPE,
    STOP,
    T_CAPWAP,
    T_ERSPAN1,
    T_ERSPAN2,
    T_ERSPAN3,
    T_GENEVE,
    T_GRE,
    T_L2TP,
    T_PPP,
    T_TEREDO,
    T_VXLAN,
    TRUNCATED_IP,
    TUNNEL_UNKNOWN,
    TYPE,
    WLAN,
    Step,
    enter,
    foreign,
    payload,
    stop,
    u8,
    u16,
    u32,
)
from netaudit.packets.kernels_sane import sane_ethernet, sane_ip
from netaudit.packets.layouts import GRE_DETAIL

NOT_TUNNEL = (STOP, 0, -1, -1, -1)


@lean_kernel
def gre_size(flags: int) -> int:
    """Length of a GRE header by its first 16 bits (RFC 2784, RFC 2890; version 1: RFC 2637, 4.1)."""
    if flags & 7 == 1:
        return 8 + 4 * (flags >> 12 & 1) + 4 * (flags >> 7 & 1)
    return 4 + 4 * (flags & 0xC000 != 0) + 4 * (flags >> 13 & 1) + 4 * (flags >> 12 & 1)


@lean_kernel
def gre(buffer: Any, row: Any, note: Any, pos: int, end: int, wire_end: int) -> Step:
    """GRE and what it carries: IP, Ethernet, ERSPAN, MPLS, PPP (PPTP), 802.11 from access points."""
    if end - pos < 4:
        return stop(TRUNCATED_IP if end < wire_end else MALFORMED_IP, pos)
    flags = u16(buffer, pos)
    kind = u16(buffer, pos + 2)
    size = gre_size(flags)
    if flags & 7 > 1 or kind == 0:  # no GRE we know; a keep-alive
        return payload(row, pos, end, wire_end)
    if flags & 7 == 0 and flags & 0x4000:
        return foreign(note, TUNNEL_UNKNOWN, F_GRE_ROUTING, pos)
    if end - pos < size:
        return stop(TRUNCATED_IP if end < wire_end else MALFORMED_IP, pos)
    inner = pos + size
    if flags & 7 == 1:
        if kind != PPP_TYPE or inner >= wire_end:  # nothing but an acknowledgement
            return payload(row, pos, end, wire_end)
        step = enter(row, T_GRE, PPP, NONE, inner, end, wire_end)
        return step if step[0] == STOP else enter(row, T_PPP, PPP, NONE, inner, end, wire_end)
    if kind in (0x88BE, 0x22EB):
        return erspan(buffer, row, flags, kind, inner, end, wire_end)
    if kind == 0x883E:  # WCCP: version 2 puts four bytes before IP
        skipped = 0 if end > inner and u8(buffer, inner) >> 4 == 4 else 4
        return enter(row, T_GRE, IPV4, NONE, min(inner + skipped, end), end, wire_end)
    if kind == 0x9000 or 0x8200 <= kind <= 0x8210 or 0x8300 <= kind <= 0x8370:  # Aruba: 802.11 as it was on the air
        return enter(row, T_GRE, WLAN, NONE, inner, end, wire_end)
    if kind in (0x0800, 0x86DD, 0x6558, 0x8847, 0x8848, PPP_TYPE, 0x0806) or kind in (
        0x8100,
        0x88CC,
        0x888E,
        0x894F,
        0x8909,
        0x2000,
    ):
        return enter(row, T_GRE, TYPE, kind, inner, end, wire_end)
    return foreign(note, TUNNEL_UNKNOWN, GRE_DETAIL + kind, pos)


@lean_kernel
def erspan(buffer: Any, row: Any, flags: int, kind: int, pos: int, end: int, wire_end: int) -> Step:
    """ERSPAN types I (no header, no GRE sequence number), II and III (draft-foschiano-erspan-03, 4)."""
    if kind == 0x88BE and not flags & 0x1000:
        return enter(row, T_ERSPAN1, ETHERNET, NONE, pos, end, wire_end)
    if end - pos < 8:
        return stop(TRUNCATED_IP if end < wire_end else MALFORMED_IP, pos)
    version = u8(buffer, pos) >> 4
    if version == 1:
        return enter(row, T_ERSPAN2, ETHERNET, NONE, pos + 8, end, wire_end)
    if version != 2:
        return stop(MALFORMED_IP, pos)
    if end - pos < 12:
        return stop(TRUNCATED_IP if end < wire_end else MALFORMED_IP, pos)
    size = 20 if u8(buffer, pos + 11) & 1 else 12
    if end - pos < size:
        return stop(TRUNCATED_IP if end < wire_end else MALFORMED_IP, pos)
    carries_ip = u8(buffer, pos + 10) >> 2 & 31 == 2
    return enter(row, T_ERSPAN3, IP if carries_ip else ETHERNET, NONE, pos + size, end, wire_end)


@lean_kernel
def udp_tunnel(buffer: Any, row: Any, note: Any, sport: int, dport: int, pos: int, end: int, wire_end: int) -> Step:
    """Enter what a UDP port announces, if it is that."""
    if end - pos < 8:
        return NOT_TUNNEL
    if dport in (4789, 8472):
        if u8(buffer, pos) & 8 and sane_ethernet(buffer, row, pos + 8, end, wire_end):  # VXLAN (RFC 7348, 5)
            return enter(row, T_VXLAN, ETHERNET, NONE, pos + 8, end, wire_end)
        return NOT_TUNNEL
    if dport == 4790:
        return vxlan_gpe(buffer, row, pos, end, wire_end)
    if dport == 6081:
        return geneve(buffer, row, pos, end, wire_end)
    if dport == 3544 or sport == 3544:
        return teredo(buffer, row, pos, end, wire_end)
    if dport == 1701 or sport == 1701:
        return l2tp(buffer, row, pos, end, wire_end)
    if dport == 6635:  # MPLS in UDP (RFC 7510)
        return MPLS, 0, pos, end, wire_end
    if dport == 4754:  # GRE in UDP (RFC 8086)
        return gre_in_udp(buffer, row, pos, end, wire_end)
    if dport == 2152 and is_gtp(buffer, row, pos, end, wire_end):
        return foreign(note, TUNNEL_UNKNOWN, F_GTP, pos)
    size = (u8(buffer, pos + 1) >> 3) * 4
    if (dport == 5247 or sport == 5247) and u8(buffer, pos) == 0 and 8 <= size <= wire_end - pos:
        return capwap(buffer, row, note, pos, pos + size, end, wire_end)
    if dport == 37008 and u8(buffer, pos) == 1 and u8(buffer, pos + 1) <= 5 and u8(buffer, pos + 2) == 0:
        return foreign(note, TUNNEL_UNKNOWN, F_TZSP, pos)
    return NOT_TUNNEL


@lean_kernel
def capwap(buffer: Any, row: Any, note: Any, pos: int, inner: int, end: int, wire_end: int) -> Step:
    """Frames between access points and their controller (RFC 5415, 4.3): Ethernet, or 802.11 as it was on the air."""
    kind, flags = u8(buffer, pos + 2), u8(buffer, pos + 3)
    if flags & 8 or end <= inner:  # says that it is alive
        return NOT_TUNNEL
    if flags & 0x80:  # a fragment
        return foreign(note, TUNNEL_UNKNOWN, F_CAPWAP, pos)
    if kind & 1:
        if kind >> 1 & 31 == 1 and end - inner >= 24:
            for swapped in range(2):  # some makers turn the two bytes of frame control
                if u8(buffer, inner + swapped) & 0x0F == 8:  # data
                    return enter(row, T_CAPWAP, WLAN, 2 * swapped, inner, end, wire_end)
            if u8(buffer, inner) & 3 == 0:
                return enter(row, T_CAPWAP, WLAN, 0, inner, end, wire_end)
    elif sane_ethernet(buffer, row, inner, end, wire_end):
        return enter(row, T_CAPWAP, ETHERNET, NONE, inner, end, wire_end)
    return foreign(note, TUNNEL_UNKNOWN, F_CAPWAP, pos)


@lean_kernel
def vxlan_gpe(buffer: Any, row: Any, pos: int, end: int, wire_end: int) -> Step:
    """VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe, 3): the fourth byte says what follows."""
    flags = u8(buffer, pos)
    following = u8(buffer, pos + 3) if flags & 4 else 3
    inner = pos + 8
    if not flags & 8:
        return NOT_TUNNEL
    if following in (1, 2) and sane_ip(buffer, row, inner, end, wire_end) == 2 + 2 * following:
        return enter(row, T_VXLAN, IP, NONE, inner, end, wire_end)
    if following == 3 and sane_ethernet(buffer, row, inner, end, wire_end):
        return enter(row, T_VXLAN, ETHERNET, NONE, inner, end, wire_end)
    if following == 4 and end - inner >= 8 and u8(buffer, inner) >> 6 == 0 and 1 <= u8(buffer, inner + 3) <= 5:
        return enter(row, T_VXLAN, TYPE, SERVICE_TYPE, inner, end, wire_end)
    if following == 5:
        return enter(row, T_VXLAN, MPLS, NONE, inner, end, wire_end)
    return NOT_TUNNEL


@lean_kernel
def geneve(buffer: Any, row: Any, pos: int, end: int, wire_end: int) -> Step:
    """Geneve (RFC 8926, 3.4)."""
    first = u8(buffer, pos)
    inner = pos + 8 + (first & 63) * 4
    if first >> 6 or u8(buffer, pos + 1) & 63 or u8(buffer, pos + 7):
        return NOT_TUNNEL
    kind = u16(buffer, pos + 2)
    if kind == 0x6558 and sane_ethernet(buffer, row, inner, end, wire_end):
        return enter(row, T_GENEVE, ETHERNET, NONE, inner, end, wire_end)
    version = sane_ip(buffer, row, inner, end, wire_end)
    if (kind == 0x0800 and version == 4) or (kind == 0x86DD and version == 6):
        return enter(row, T_GENEVE, IP, NONE, inner, end, wire_end)
    return NOT_TUNNEL


@lean_kernel
def teredo(buffer: Any, row: Any, pos: int, end: int, wire_end: int) -> Step:
    """Teredo (RFC 4380, 5.1.1): authentication and origin may come before the IPv6 packet."""
    if u16(buffer, pos) == 1:
        pos += 13 + u8(buffer, pos + 2) + u8(buffer, pos + 3)
    if end - pos >= 8 and u16(buffer, pos) == 0:
        pos += 8
    if sane_ip(buffer, row, pos, end, wire_end) == 6:
        return enter(row, T_TEREDO, IPV6, NONE, pos, end, wire_end)
    return NOT_TUNNEL


@lean_kernel
def l2tp(buffer: Any, row: Any, pos: int, end: int, wire_end: int) -> Step:
    """L2TP version 2 data message (RFC 2661, 3.1) that carries IP or PPP's own protocols."""
    flags = u16(buffer, pos)
    if flags & 0x800F != 2:  # control, or another version
        return NOT_TUNNEL
    at = pos + 6
    if flags & 0x4000:
        if u16(buffer, pos + 2) > wire_end - pos:
            return NOT_TUNNEL
        at += 2
    if flags & 0x0800:
        at += 4
    if flags & 0x0200:
        if end - at < 2:
            return NOT_TUNNEL
        at += 2 + u16(buffer, at)
    inner = at
    if end - at < 6:
        return NOT_TUNNEL
    if u16(buffer, at) == 0xFF03:
        at += 2
    kind = u8(buffer, at) if u8(buffer, at) & 1 else u16(buffer, at)
    at += 1 if u8(buffer, at) & 1 else 2
    version = sane_ip(buffer, row, at, end, wire_end)
    own = kind >= 0x8000 and 4 <= u16(buffer, at + 2 if end - at >= 4 else at) <= wire_end - at
    if (kind == 0x21 and version == 4) or (kind == 0x57 and version == 6) or (own and end - at >= 4):
        return enter(row, T_L2TP, PPP, NONE, inner, end, wire_end)
    return NOT_TUNNEL


@lean_kernel
def gre_in_udp(buffer: Any, row: Any, pos: int, end: int, wire_end: int) -> Step:
    """GRE in UDP: version 0 that carries IP or Ethernet."""
    flags = u16(buffer, pos)
    inner = pos + gre_size(flags)
    if flags & 0x4FFF:
        return NOT_TUNNEL
    kind = u16(buffer, pos + 2)
    version = sane_ip(buffer, row, inner, end, wire_end)
    if (kind == 0x0800 and version == 4) or (kind == 0x86DD and version == 6):
        return enter(row, T_GRE, IP, NONE, inner, end, wire_end)
    if kind == 0x6558 and sane_ethernet(buffer, row, inner, end, wire_end):
        return enter(row, T_GRE, ETHERNET, NONE, inner, end, wire_end)
    return NOT_TUNNEL


@lean_kernel
def is_gtp(buffer: Any, row: Any, pos: int, end: int, wire_end: int) -> Any:
    """Whether a GTP-U data message stands here (3GPP TS 29.281, 5.1)."""
    flags = u8(buffer, pos)
    length = u32(buffer, pos) & 0xFFFF
    if flags >> 5 != 1 or not flags & 16 or u8(buffer, pos + 1) != 255 or length > wire_end - pos - 8:
        return False
    if flags & 7:
        return length == wire_end - pos - 8
    return sane_ip(buffer, row, pos + 8, end, wire_end) != 0

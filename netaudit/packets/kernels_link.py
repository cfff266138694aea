"""Link layers: from the LINKTYPE_* value of a record to Ethernet, an EtherType, LLC, PPP, 802.11 or IP.

Header layouts after the registry https://www.tcpdump.org/linktypes.html, one page per value.
"""

from __future__ import annotations

from typing import Any

from netaudit.jit.decorators import lean_kernel
from netaudit.packets.kernels_common import (
    CONTROL_FRAME,
    ENCRYPTED,
    ETHERNET,
    F_ESP,
    IP,
    IPV4,
    IPV6,
    LINK,
    LINKTYPE_UNKNOWN,
    LLC,
    MALFORMED_LINK,
    MPLS,
    NO_TYPE,
    PPP,
    TRUNCATED_LINK,
    TYPE,
    Step,
    foreign,
    plain,
    stop,
    u8,
    u16,
    u16_little,
    u32,
    u32_little,
    u48,
)
from netaudit.packets.kernels_ethernet import ethernet, tagged
from netaudit.packets.kernels_wireless import wireless


@lean_kernel
def link(buffer: Any, row: Any, note: Any, linktype: int, pos: int, end: int, wire_end: int) -> Step:
    """Take the link header off, whatever it is."""
    if linktype == 1:  # ETHERNET
        return ethernet(buffer, row, pos, end, wire_end)
    if linktype in (12, 14, 101):  # RAW
        return IP, 0, pos, end, wire_end
    if linktype == 228:
        return IPV4, 0, pos, end, wire_end
    if linktype == 229:
        return IPV6, 0, pos, end, wire_end
    if linktype in (9, 50, 166, 204):
        return serial(buffer, linktype, pos, end, wire_end)
    if linktype == 51:  # PPP_ETHER: the PPPoE header comes first
        return TYPE, 0x8864, pos, end, wire_end
    if linktype in (104, 205):  # C_HDLC, C_HDLC_WITH_DIR
        return cisco_hdlc(buffer, row, pos + (linktype == 205), end, wire_end)
    if linktype == 113:
        return cooked(buffer, row, pos, end, wire_end)
    if linktype == 219:
        return MPLS, 0, pos, end, wire_end
    if linktype == 276:
        return cooked2(buffer, row, pos, end, wire_end)
    if linktype in (0, 108):  # NULL, LOOP
        return family(buffer, row, pos, pos + 4, end, wire_end)
    if linktype in (105, 119, 127, 163, 192):
        return wireless(buffer, note, linktype, pos, end, wire_end)
    if linktype == 239:
        return netfilter(buffer, row, pos, end, wire_end)
    if linktype in (107, 206):  # FRELAY, FRELAY_WITH_DIR
        return frame_relay(buffer, row, pos + (linktype == 206), end, wire_end)
    return rare(buffer, row, note, linktype, pos, end, wire_end)


@lean_kernel
def serial(buffer: Any, linktype: int, pos: int, end: int, wire_end: int) -> Step:
    """PPP over serial lines; 50 may hold Cisco HDLC, 166 and 204 begin with a direction."""
    if end - pos < 2:
        return stop(TRUNCATED_LINK, pos)
    if linktype == 50 and u8(buffer, pos) in (0x0F, 0x8F):
        return LINK, 104, pos, end, wire_end
    if linktype == 204 or (linktype == 166 and u8(buffer, pos) < 2 and u8(buffer, pos + 1) == 3):
        # 166: the direction stands where the PPP address would; what follows is the control byte
        return PPP, 0, pos + (2 if linktype == 166 else 1), end, wire_end
    return PPP, 0, pos, end, wire_end


@lean_kernel
def cisco_hdlc(buffer: Any, row: Any, pos: int, end: int, wire_end: int) -> Step:
    """Cisco HDLC: address, control, EtherType; SLARP (0x8035) and CDP (0x2000) end as plain frames."""
    if end - pos < 4:
        return stop(TRUNCATED_LINK, pos)
    kind = u16(buffer, pos + 2)
    if kind == 0xFEFE:  # OSI
        return plain(row, NO_TYPE, pos + 4, end, wire_end)
    return TYPE, kind, pos + 4, end, wire_end


@lean_kernel
def cooked(buffer: Any, row: Any, pos: int, end: int, wire_end: int) -> Step:
    """Linux cooked v1: packet type, ARPHRD, address length, address (8), protocol."""
    if end - pos < 16:
        return stop(TRUNCATED_LINK, pos)
    if u16(buffer, pos + 4) == 6:
        row["src_mac"] = u48(buffer, pos + 6)
    return cooked_protocol(buffer, row, u16(buffer, pos + 2), u16(buffer, pos + 14), pos + 16, end, wire_end)


@lean_kernel
def cooked2(buffer: Any, row: Any, pos: int, end: int, wire_end: int) -> Step:
    """Linux cooked v2: protocol, reserved, interface index, ARPHRD, packet type, address length, address (8)."""
    if end - pos < 20:
        return stop(TRUNCATED_LINK, pos)
    if u8(buffer, pos + 11) == 6:
        row["src_mac"] = u48(buffer, pos + 12)
    return cooked_protocol(buffer, row, u16(buffer, pos + 8), u16(buffer, pos), pos + 20, end, wire_end)


@lean_kernel
def cooked_protocol(buffer: Any, row: Any, hardware: int, kind: int, pos: int, end: int, wire_end: int) -> Step:
    """Go on by what a cooked header announces; ARPHRD 824 (netlink) and CAN have protocols of their own."""
    if hardware == 824 or (kind < 0x0600 and kind != 4):
        return plain(row, NO_TYPE, pos, end, wire_end)
    if kind == 4:  # LINUX_SLL_P_802_2
        return LLC, 0, pos, end, wire_end
    return tagged(buffer, row, kind, pos, end, wire_end)


@lean_kernel
def family(buffer: Any, row: Any, at: int, pos: int, end: int, wire_end: int) -> Step:
    """BSD loopback: address family in either byte order (AF_INET is 2 everywhere, AF_INET6 differs by system)."""
    if end < at + 4 or end < pos:
        return stop(TRUNCATED_LINK, at)
    value = u32(buffer, at)
    if value > 0xFFFF:
        value = u32_little(buffer, at)
    if value == 2:
        return IPV4, 0, pos, end, wire_end
    if value in (10, 23, 24, 28, 30):
        return IPV6, 0, pos, end, wire_end
    return plain(row, NO_TYPE, pos, end, wire_end)


@lean_kernel
def netfilter(buffer: Any, row: Any, pos: int, end: int, wire_end: int) -> Step:
    """NFLOG: family, version, resource, then type-length-values in the byte order of the host; 9 is the packet."""
    if end - pos < 8:
        return stop(TRUNCATED_LINK, pos)
    version = u8(buffer, pos)
    at = pos + 4
    little = u16_little(buffer, at) <= u16(buffer, at)
    while at + 4 <= end:
        length = u16_little(buffer, at) if little else u16(buffer, at)
        kind = (u16_little(buffer, at + 2) if little else u16(buffer, at + 2)) & 0x7FFF
        if length < 4:
            return stop(MALFORMED_LINK, pos)
        if kind == 8 and length >= 14 and at + 14 <= end and u16(buffer, at + 4) == 6:
            row["src_mac"] = u48(buffer, at + 8)
        if kind == 9:
            wire_end = min(wire_end, at + length)
            end = min(end, wire_end)
            if version == 2:
                return IPV4, 0, at + 4, end, wire_end
            return IPV6 if version == 10 else IP, 0, at + 4, end, wire_end
        at += (length + 3) & ~3
    return stop(TRUNCATED_LINK if end < wire_end else MALFORMED_LINK, pos)


@lean_kernel
def frame_relay(buffer: Any, row: Any, pos: int, end: int, wire_end: int) -> Step:
    """Frame relay: Q.922 address, then RFC 2427 (NLPID) or Cisco's EtherType."""
    start = pos
    while pos < end and pos - start < 4 and not u8(buffer, pos) & 1:
        pos += 1
    pos += 1
    if end - pos < 2:
        return stop(TRUNCATED_LINK, start)
    if u8(buffer, pos) != 3:
        return TYPE, u16(buffer, pos), pos + 2, end, wire_end
    pos += 1
    if u8(buffer, pos) == 0:  # pad
        pos += 1
    if pos >= end:
        return stop(TRUNCATED_LINK, start)
    protocol = u8(buffer, pos)
    if protocol == 0xCC:
        return IPV4, 0, pos + 1, end, wire_end
    if protocol == 0x8E:
        return IPV6, 0, pos + 1, end, wire_end
    if protocol == 0x80 and end - pos >= 6:  # SNAP
        organisation, kind = u32(buffer, pos) & 0xFFFFFF, u16(buffer, pos + 4)
        if organisation == 0:
            return TYPE, kind, pos + 6, end, wire_end
        if organisation == 0x80C2 and kind in (1, 7):  # bridged Ethernet
            return ETHERNET, 0, pos + 6, end, wire_end
    return plain(row, NO_TYPE, pos, end, wire_end)


@lean_kernel
def rare(buffer: Any, row: Any, note: Any, linktype: int, pos: int, end: int, wire_end: int) -> Step:
    """Link types whose header is just skipped, or that name another one."""
    size = rare_size(linktype)
    if size < 0:
        note["detail"] = linktype
        return stop(LINKTYPE_UNKNOWN, pos)
    if end - pos < size:
        return stop(TRUNCATED_LINK, pos)
    if linktype == 6:  # TOKEN_RING: access control, frame control, addresses, perhaps source routing
        row["dst_mac"] = u48(buffer, pos + 2)
        row["src_mac"] = u48(buffer, pos + 8) & 0x7FFFFFFFFFFF
        if u8(buffer, pos + 1) & 0xC0 != 0x40:
            return stop(CONTROL_FRAME, pos)
        if u8(buffer, pos + 8) & 0x80:
            if end - pos < 15:
                return stop(TRUNCATED_LINK, pos)
            size += u8(buffer, pos + 14) & 0x1F
            if end - pos < size:
                return stop(TRUNCATED_LINK, pos)
        return LLC, 0, pos + size, end, wire_end
    if linktype == 10:  # FDDI
        row["dst_mac"] = u48(buffer, pos + 1)
        row["src_mac"] = u48(buffer, pos + 7)
        if u8(buffer, pos) & 0x50 != 0x50:
            return stop(CONTROL_FRAME, pos)
        return LLC, 0, pos + size, end, wire_end
    if linktype in (100, 122):  # ATM_RFC1483, IP_OVER_FC
        return LLC, 0, pos + size, end, wire_end
    if linktype in (240, 241, 274, 282):
        # NETANALYZER, NETANALYZER_TRANSPARENT, ETHERNET_MPACKET, DSA_TAG_BRCM_PREPEND
        return ETHERNET, 0, pos + size, end, wire_end
    if linktype in (281, 284, 285):  # DSA_TAG_BRCM, DSA_TAG_DSA, DSA_TAG_EDSA: addresses, the tag, EtherType
        row["dst_mac"] = u48(buffer, pos)
        row["src_mac"] = u48(buffer, pos + 6)
        return tagged(buffer, row, u16(buffer, pos + size - 2), pos + size, end, wire_end)
    if linktype == 138:  # APPLE_IP_OVER_IEEE1394: two addresses of eight bytes
        return TYPE, u16(buffer, pos + 16), pos + size, end, wire_end
    if linktype == 242:  # IPOIB: global routing header (40), EtherType, reserved
        return TYPE, u16(buffer, pos + 40), pos + size, end, wire_end
    if linktype == 109:  # ENC: family, SPI, flags (0x0800: encrypted)
        if (u32(buffer, pos + 8) | u32_little(buffer, pos + 8)) & 0x0800:
            return foreign(note, ENCRYPTED, F_ESP, pos)
        return family(buffer, row, pos, pos + size, end, wire_end)
    if linktype == 117:  # PFLOG: its length comes first, without padding to 4
        size = (u8(buffer, pos) + 3) & ~3
        if end - pos < size:
            return stop(TRUNCATED_LINK, pos)
        return IP, 0, pos + size, end, wire_end
    if linktype == 258:  # PKTAP: length and link type, little-endian
        size, inner = u32_little(buffer, pos), u32_little(buffer, pos + 8)
        if size < 108:
            return stop(MALFORMED_LINK, pos)
        if end - pos < size:
            return stop(TRUNCATED_LINK, pos)
        if inner > 0xFFFF:
            note["detail"] = inner
            return stop(LINKTYPE_UNKNOWN, pos)
        return LINK, inner, pos + size, end, wire_end
    return IP, 0, pos + size, end, wire_end  # SLIP


@lean_kernel
def rare_size(linktype: int) -> int:
    """Shortest header of a rare link type, -1 where it is not known."""
    if linktype == 6:
        return 14
    if linktype in (8, 122):
        return 16
    if linktype == 10:
        return 13
    if linktype == 100:
        return 0
    if linktype in (109, 241):
        return 12
    if linktype in (117, 240, 282):
        return 4
    if linktype in (281, 284):
        return 18
    if linktype == 285:
        return 22
    if linktype == 138:
        return 18
    if linktype == 242:
        return 44
    if linktype == 258:
        return 108
    return 8 if linktype == 274 else -1

"""IPv4, IPv6 with its extension headers, and what they carry."""

from __future__ import annotations

from typing import Any

import numpy as np

from netaudit.jit.decorators import lean_kernel
from netaudit.packets.kernels_common import (
    FLAG_BAD,
    FLAG_GUESSED,
    FLAG_REASSEMBLED,
    FRAGMENT_CODE,
    IPV4,
    IPV6,
    MALFORMED_IP,
    MPLS,
    NONE,
    T_AH,
    T_IPIP,
    T_SIX_IN_FOUR,
    TRANSPORT,
    TRUNCATED_IP,
    Step,
    clear_transport,
    enter,
    payload,
    shard_of,
    stop,
    u8,
    u16,
    u32,
    u64,
    wide,
)
from netaudit.packets.kernels_transport import tcp, udp
from netaudit.packets.kernels_tunnel import gre

MAPPED = 0xFFFF << 32  # ::ffff:0:0/96 (RFC 4291, 2.5.5.2)
JUMBO = 0xC2


@lean_kernel
def ipv4(buffer: Any, row: Any, note: Any, pos: int, end: int, wire_end: int) -> Step:
    """IPv4 header (RFC 791, 3.1). A total length of 0 is that of an offloaded packet: the frame tells it."""
    if end - pos < 20:
        return stop(TRUNCATED_IP if end < wire_end else MALFORMED_IP, pos)
    header = (u8(buffer, pos) & 15) * 4
    total = u16(buffer, pos + 2)
    if u8(buffer, pos) >> 4 != 4 or header < 20:
        return stop(MALFORMED_IP, pos)
    clear_transport(row)
    if total == 0:
        row["flags"] = wide(row["flags"]) | FLAG_GUESSED
    elif total < header:
        return stop(MALFORMED_IP, pos)
    else:
        wire_end = pos + total
        end = min(end, wire_end)
    if end - pos < header:
        return stop(TRUNCATED_IP if end < wire_end else MALFORMED_IP, pos)
    begin_at(row, pos)
    if not wide(row["flags"]) & FLAG_REASSEMBLED and not header_adds_up(buffer, pos, header):
        row["flags"] = wide(row["flags"]) | FLAG_BAD
    zero = np.uint64(0)
    source = np.uint64(MAPPED | u32(buffer, pos + 12))
    target = np.uint64(MAPPED | u32(buffer, pos + 16))
    row["src_hi"] = zero
    row["src_lo"] = source
    row["dst_hi"] = zero
    row["dst_lo"] = target
    row["ethertype"] = 0x0800
    row["ttl"] = u8(buffer, pos + 8)
    protocol = u8(buffer, pos + 9)
    row["proto"] = protocol
    row["shard"] = shard_of(zero, source, zero, target)
    data = pos + header
    place = u16(buffer, pos + 6)
    if place & 0x3FFF:  # more fragments, or not the first
        more = place >> 13 & 1
        length = (wire_end - data) & ~7 if more else wire_end - data
        fill(note, 4, pos, data, min(end - data, length), length, (place & 0x1FFF) * 8, more, protocol)
        note["id"] = u16(buffer, pos + 4)
        return stop(FRAGMENT_CODE, pos)
    return TRANSPORT, protocol, data, end, wire_end


@lean_kernel
def begin_at(row: Any, pos: int) -> None:
    """Note where the first IP header of a packet is."""
    if row["outer"] == 0:
        row["outer"] = pos + 1


@lean_kernel
def header_adds_up(buffer: Any, pos: int, header: int) -> bool:
    """Whether an IPv4 header has a right checksum (RFC 1071), or none: an offloaded one is still to be filled in."""
    if u16(buffer, pos + 10) == 0:
        return True
    total = wide(0)
    for at in range(pos, pos + header, 2):
        total += u16(buffer, at)
    return bool(total % 0xFFFF == 0)


@lean_kernel
def fill(
    note: Any,
    version: int,
    start: int,
    data: int,
    length: int,
    wire_length: int,
    offset: int,
    more: int,
    following: int,
) -> None:
    """Note what defragmentation needs to know."""
    note["version"] = version
    note["start"] = start
    note["data"] = data
    note["length"] = length
    note["wire_length"] = wire_length
    note["offset"] = offset
    note["more"] = more
    note["next"] = following


@lean_kernel
def ipv6(buffer: Any, row: Any, note: Any, pos: int, end: int, wire_end: int) -> Step:
    """IPv6 header (RFC 8200, 3); a payload length of 0 is a jumbogram (RFC 2675) or an offloaded packet."""
    if end - pos < 40:
        return stop(TRUNCATED_IP if end < wire_end else MALFORMED_IP, pos)
    if u8(buffer, pos) >> 4 != 6:
        return stop(MALFORMED_IP, pos)
    clear_transport(row)
    length = u16(buffer, pos + 4)
    following = u8(buffer, pos + 6)
    if length == 0 and following != 59:
        length = jumbo(buffer, pos + 40, end) if following == 0 else 0
        if length == 0 or length > wire_end - pos - 40:  # no jumbo option, or one that claims more than the frame
            length = wire_end - pos - 40
            row["flags"] = wide(row["flags"]) | FLAG_GUESSED
    wire_end = pos + 40 + length
    end = min(end, wire_end)
    begin_at(row, pos)
    row["src_hi"] = u64(buffer, pos + 8)
    row["src_lo"] = u64(buffer, pos + 16)
    row["dst_hi"] = u64(buffer, pos + 24)
    row["dst_lo"] = u64(buffer, pos + 32)
    row["ethertype"] = 0x86DD
    row["ttl"] = u8(buffer, pos + 7)
    row["shard"] = shard_of(u64(buffer, pos + 8), u64(buffer, pos + 16), u64(buffer, pos + 24), u64(buffer, pos + 32))
    if following in (6, 17):
        row["proto"] = following
        return TRANSPORT, following, pos + 40, end, wire_end
    return extensions(buffer, row, note, pos, following, end, wire_end)


@lean_kernel
def extensions(buffer: Any, row: Any, note: Any, start: int, following: int, end: int, wire_end: int) -> Step:
    """Skip extension headers (RFC 8200, 4): options, routing, mobility, HIP, shim6; a fragment ends the walk."""
    named_at = start + 6
    pos = start + 40
    while True:
        known = following in (0, 43, 44, 60, 135, 139, 140)
        if not known:
            break
        if end - pos < 8:
            return stop(TRUNCATED_IP if end < wire_end else MALFORMED_IP, pos)
        inner = u8(buffer, pos)
        if following in (135, 139, 140) and inner == 59:  # they carry nothing but themselves
            break
        if following == 44:
            place = u16(buffer, pos + 2)
            data = pos + 8
            if place & 0xFFF9:
                more = place & 1
                length = (wire_end - data) & ~7 if more else wire_end - data
                row["proto"] = inner
                fill(note, 6, start, data, min(end - data, length), length, place & 0xFFF8, more, inner)
                note["id"] = u32(buffer, pos + 4)
                note["next_at"] = named_at
                return stop(FRAGMENT_CODE, pos)
            size = 8  # a fragment that is the whole (RFC 6946)
        else:
            size = (u8(buffer, pos + 1) + 1) * 8
        if end - pos < size:
            return stop(TRUNCATED_IP if end < wire_end else MALFORMED_IP, pos)
        named_at = pos
        following = inner
        pos += size
    row["proto"] = following
    return TRANSPORT, following, pos, end, wire_end


@lean_kernel
def jumbo(buffer: Any, pos: int, end: int) -> Any:
    """Jumbo payload length from the hop-by-hop options at `pos`, 0 where there is none."""
    if end - pos < 8:
        return 0
    stop_at = min(end, pos + (u8(buffer, pos + 1) + 1) * 8)
    pos += 2
    while pos + 2 <= stop_at:
        if u8(buffer, pos) == 0:  # pad of one byte
            pos += 1
            continue
        size = u8(buffer, pos + 1)
        if u8(buffer, pos) == JUMBO and size == 4 and pos + 6 <= stop_at:
            return u32(buffer, pos + 2)
        pos += 2 + size
    return 0


@lean_kernel
def transport(buffer: Any, row: Any, note: Any, protocol: int, pos: int, end: int, wire_end: int) -> Step:
    """Go on by IP protocol number."""
    if protocol == 6:
        return tcp(buffer, row, pos, end, wire_end)
    if protocol == 17:
        return udp(buffer, row, note, pos, end, wire_end)
    if protocol == 4:
        return enter(row, T_IPIP, IPV4, NONE, pos, end, wire_end)
    if protocol == 41:
        return enter(row, T_SIX_IN_FOUR, IPV6, NONE, pos, end, wire_end)
    if protocol == 47:
        return gre(buffer, row, note, pos, end, wire_end)
    if protocol == 51:
        return authentication(buffer, row, pos, end, wire_end)
    if protocol == 137:
        return MPLS, 0, pos, end, wire_end
    return payload(row, pos, end, wire_end)  # ESP, IPComp, EtherIP, L2TPv3 and others: flows whose bytes are counted


@lean_kernel
def authentication(buffer: Any, row: Any, pos: int, end: int, wire_end: int) -> Step:
    """Skip an authentication header (RFC 4302, 2): nothing is hidden behind it."""
    if end - pos < 12:
        return stop(TRUNCATED_IP if end < wire_end else MALFORMED_IP, pos)
    size = (u8(buffer, pos + 1) + 2) * 4
    if size < 12:
        return stop(MALFORMED_IP, pos)
    if end - pos < size:
        return stop(TRUNCATED_IP if end < wire_end else MALFORMED_IP, pos)
    following = u8(buffer, pos)
    row["proto"] = following
    return enter(row, T_AH, TRANSPORT, following, pos + size, end, wire_end)

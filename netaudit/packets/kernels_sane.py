"""Whether bytes look like the header that a guess says they are: for tunnels that nothing but a port announces."""

from __future__ import annotations

from typing import Any

from netaudit.jit.decorators import lean_kernel
from netaudit.packets.kernels_common import FLAG_GUESSED, u8, u16, wide


@lean_kernel
def sane_ip(buffer: Any, row: Any, pos: int, end: int, wire_end: int) -> int:
    """4 or 6 where an IP header stands whose lengths fit into what is there, else 0."""
    if pos < 0 or end - pos < 20:
        return 0
    guessed = wide(row["flags"]) & FLAG_GUESSED != 0  # the outer length is unknown, so may be this one
    version = u8(buffer, pos) >> 4
    if version == 4:
        header = (u8(buffer, pos) & 15) * 4
        total = u16(buffer, pos + 2)
        if header < 20 or pos + header > wire_end or u8(buffer, pos + 8) == 0:
            return 0
        if total == 0:
            return 4 if guessed else 0
        return 4 if header <= total <= wire_end - pos else 0
    if version == 6 and end - pos >= 40:
        length = u16(buffer, pos + 4)
        following = u8(buffer, pos + 6)
        if length == 0 and following != 59 and not guessed:
            return 0
        if 40 + length > wire_end - pos or not known_protocol(following):
            return 0
        return 6
    return 0


@lean_kernel
def known_protocol(protocol: int) -> bool:
    """Next headers that occur in practice."""
    if protocol in (0, 4, 6, 17, 41, 43, 44, 47):
        return True
    return protocol in (50, 51, 58, 59, 60, 89, 103, 112, 115, 132, 135)


@lean_kernel
def sane_ethernet(buffer: Any, row: Any, pos: int, end: int, wire_end: int) -> bool:
    """Whether an Ethernet frame stands here: a source that is one station, a known type, lengths that fit."""
    if end - pos < 14 or u8(buffer, pos + 6) & 1:
        return False
    kind = u16(buffer, pos + 12)
    at = pos + 14
    for _ in range(3):
        if kind not in (0x8100, 0x88A8, 0x9100):
            break
        if end - at < 4:
            return False
        kind = u16(buffer, at + 2)
        at += 4
    if kind == 0x0800:
        return sane_ip(buffer, row, at, end, wire_end) == 4
    if kind == 0x86DD:
        return sane_ip(buffer, row, at, end, wire_end) == 6
    if kind <= 1500:
        return kind >= 3 and kind <= wire_end - at and end - at >= 3 and sane_llc(u16(buffer, at))
    if kind in (0x0806, 0x8847, 0x8848, 0x8863, 0x8864, 0x888E, 0x88CC):
        return True
    return kind in (0x88E7, 0x9000, 0x8809, 0x8902, 0x894F)


@lean_kernel
def sane_llc(points: int) -> bool:
    """Service access points in use: SNAP, spanning tree, IPX, NetBIOS, OSI."""
    return points in (0xAAAA, 0x4242, 0xE0E0, 0xF0F0, 0xFEFE, 0xFFFF)

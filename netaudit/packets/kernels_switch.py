"""Tags that switch chips and meshes put between the addresses and the EtherType of a frame.

Where such a tag has an EtherType of its own, its maker's documents say how long it is. Others have none: two, four, six
or eight bytes stand where the EtherType should (Linux, net/dsa: MediaTek, Qualcomm, Marvell, Broadcom, Realtek …). They
are taken off where an IP packet with a right header checksum and lengths that fit, or an ARP packet, follows.
"""

from __future__ import annotations

from typing import Any

from netaudit.jit.decorators import lean_kernel
from netaudit.packets.kernels_common import (
    CONTROL_FRAME,
    ETHERNET,
    F_BATMAN,
    NONE,
    T_BATMAN,
    TRUNCATED_LINK,
    TUNNEL_UNKNOWN,
    Step,
    enter,
    foreign,
    stop,
    u8,
    u16,
    u32,
)
from netaudit.packets.kernels_ip import header_adds_up
from netaudit.packets.kernels_sane import sane_ip

BATMAN_VERSION = 15
BATMAN_TYPE = 0x4305


@lean_kernel
def tag_size(buffer: Any, kind: int, pos: int, end: int) -> int:
    """Bytes between an EtherType that announces a tag, which ends at `pos`, and the next one; 0 where it is none."""
    if kind in (0x88E7, 0x8926, 0x892F, 0xF1C1, 0x8874):
        # 802.1ah service tag; VN-Tag; HSR (IEC 62439-3, 5.6.2); 802.1CB redundancy tag; Broadcom, older chips
        return 4
    if kind in (0x893F, 0x8909, 0xDADA):  # 802.1BR; Cisco metadata; Marvell EDSA: two reserved bytes, then DSA
        return 6
    if kind == 0x8903:  # FabricPath
        return 2
    if kind == 0x8899 and end > pos:  # Realtek: the first bits say which of its protocols
        return 2 if u8(buffer, pos) >> 4 == 0xA else 6 if u8(buffer, pos) == 4 else 0
    return 0


@lean_kernel
def unnamed_tag(buffer: Any, row: Any, pos: int, end: int, wire_end: int) -> int:
    """Size of a tag without EtherType that begins at `pos`, 0 where none is seen."""
    for size in (2, 4, 6, 8):
        at = pos + size
        if end - at < 22:
            return 0
        kind = u16(buffer, at)
        at += 2
        if kind in (0x8100, 0x88A8):
            kind = u16(buffer, at + 2)
            at += 4
        if certain(buffer, row, kind, at, end, wire_end):
            return size
    return 0


@lean_kernel
def certain(buffer: Any, row: Any, kind: int, at: int, end: int, wire_end: int) -> bool:
    """Whether what an EtherType announces stands there beyond doubt."""
    if kind == 0x0800 and sane_ip(buffer, row, at, end, wire_end) == 4:
        header = (u8(buffer, at) & 15) * 4
        return at + header <= end and u16(buffer, at + 10) != 0 and header_adds_up(buffer, at, header)
    if kind == 0x86DD:
        return sane_ip(buffer, row, at, end, wire_end) == 6
    return kind == 0x0806 and end - at >= 28 and u32(buffer, at) == 0x00010800 and u16(buffer, at + 4) == 0x0604


@lean_kernel
def batman(buffer: Any, row: Any, note: Any, pos: int, end: int, wire_end: int) -> Step:
    """B.A.T.M.A.N. advanced, compatibility version 15 (Linux, uapi/linux/batadv_packet.h)."""
    if end - pos < 2:
        return stop(TRUNCATED_LINK, pos)
    kind = u8(buffer, pos)
    if u8(buffer, pos + 1) == BATMAN_VERSION:
        size = 10 if kind == 0x40 else 18 if kind == 0x42 else 14 if kind == 0x01 else 0  # unicast; with source; all
        if size:
            return (
                stop(TRUNCATED_LINK, pos)
                if end - pos < size
                else enter(row, T_BATMAN, ETHERNET, NONE, pos + size, end, wire_end)
            )
        if kind in (0x00, 0x03, 0x04, 0x43, 0x44):  # originators, neighbours, pings, tables of the mesh
            return stop(CONTROL_FRAME, pos)
    return foreign(note, TUNNEL_UNKNOWN, F_BATMAN, pos)

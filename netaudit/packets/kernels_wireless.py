"""802.11 and the capture headers before it: radiotap, PPI, Prism, AVS."""

from __future__ import annotations

from typing import Any

from netaudit.jit.decorators import lean_kernel
from netaudit.packets.kernels_common import (
    CONTROL_FRAME,
    ENCRYPTED,
    F_WLAN,
    FRAGMENT_INCOMPLETE,
    LINK,
    LINKTYPE_UNKNOWN,
    LLC,
    MALFORMED_LINK,
    TRUNCATED_LINK,
    WLAN,
    Step,
    foreign,
    stop,
    u8,
    u16,
    u16_little,
    u32,
    u32_little,
    u48,
)


@lean_kernel
def wireless(buffer: Any, note: Any, linktype: int, pos: int, end: int, wire_end: int) -> Step:
    """802.11 and the capture headers before it. The detail of WLAN: bit 0 padded header, bit 1 swapped control."""
    if linktype == 105:
        return WLAN, 0, pos, end, wire_end
    if end - pos < 8:
        return stop(TRUNCATED_LINK, pos)
    if linktype == 127:
        return radiotap(buffer, pos, end, wire_end)
    if linktype == 192:  # PPI: version, flags, length, link type of what follows
        length = u16_little(buffer, pos + 2)
        if length < 8:
            return stop(MALFORMED_LINK, pos)
        layer, inner = LINK, u32_little(buffer, pos + 4)
    else:  # AVS names itself by its first word; Prism has the length of its 144 bytes in the order of the host
        length = u32(buffer, pos + 4)
        if u32(buffer, pos) >> 12 != 0x80211 and length > 0xFFFF:
            length = u32_little(buffer, pos + 4)
        if length < 8 or length > 0xFFFF:
            return stop(MALFORMED_LINK, pos)
        layer, inner = WLAN, 0
    if end - pos < length:
        return stop(TRUNCATED_LINK, pos)
    if inner > 0xFFFF:
        note["detail"] = inner
        return stop(LINKTYPE_UNKNOWN, pos)
    return layer, inner, pos + length, end, wire_end


@lean_kernel
def radiotap(buffer: Any, pos: int, end: int, wire_end: int) -> Step:
    """Radiotap (radiotap.org): skip the header, heed the flags for a checksum at the end and padding in the header."""
    length = u16_little(buffer, pos + 2)
    if length < 8:
        return stop(MALFORMED_LINK, pos)
    if end - pos < length:
        return stop(TRUNCATED_LINK, pos)
    start = pos + length
    present = u32_little(buffer, pos + 4)
    at = pos + 8
    word = present
    while word & 0x80000000 and at + 4 <= start:  # further bitmaps
        word = u32_little(buffer, at)
        at += 4
    if present & 1:  # TSFT, aligned to 8 bytes
        at = pos + (at - pos + 7) // 8 * 8 + 8
    flags = u8(buffer, at) if present & 2 and at < start else 0
    if flags & 0x10 and wire_end - start >= 4:  # frame check sequence
        wire_end -= 4
        end = min(end, wire_end)
    return WLAN, (flags >> 5) & 1, start, end, wire_end


@lean_kernel
def wlan(buffer: Any, row: Any, note: Any, detail: int, pos: int, end: int, wire_end: int) -> Step:
    """802.11 data frame (IEEE 802.11-2020, 9.3.2) to its LLC header; the first subframe of an A-MSDU."""
    if end - pos < 2:
        return stop(TRUNCATED_LINK, pos)
    swapped = detail >> 1 & 1
    control = u8(buffer, pos + swapped)
    flags = u8(buffer, pos + 1 - swapped)
    if control & 3:  # protocol version
        return stop(MALFORMED_LINK, pos)
    if control & 0x0C != 0x08 or control & 0x40:  # management, control; data without data
        return stop(CONTROL_FRAME, pos)
    quality = control & 0x80 != 0
    length = 24 + 6 * (flags & 3 == 3) + 2 * quality + 4 * (quality and flags & 0x80 != 0)
    if detail & 1:
        length = (length + 3) & ~3
    if flags & 0x40:
        return foreign(note, ENCRYPTED, F_WLAN, pos)
    if end - pos < length:
        return stop(TRUNCATED_LINK, pos)
    to_system, from_system = flags & 1, flags & 2
    row["dst_mac"] = u48(buffer, pos + (16 if to_system else 4))
    source = 10
    if from_system:
        source = 24 if to_system else 16
    row["src_mac"] = u48(buffer, pos + source)
    if u8(buffer, pos + 22) & 0x0F:  # a later piece of a frame sent in pieces
        return stop(FRAGMENT_INCOMPLETE, pos)
    aggregated = quality and u8(buffer, pos + 24 + 6 * (flags & 3 == 3)) & 0x80
    pos += length
    if aggregated:
        if end - pos < 14:
            return stop(TRUNCATED_LINK, pos)
        row["dst_mac"] = u48(buffer, pos)
        row["src_mac"] = u48(buffer, pos + 6)
        wire_end = min(wire_end, pos + 14 + u16(buffer, pos + 12))
        pos += 14
        end = min(end, wire_end)
    return LLC, 0, pos, end, wire_end

"""TCP and UDP. A header that the snaplen cut behind its ports still gives flow statistics."""

from __future__ import annotations

from typing import Any

import numpy as np

from netaudit.jit.decorators import lean_kernel
from netaudit.packets.kernels_common import (
    FLAG_BAD,
    FLAG_CUT,
    FLAG_GOOD,
    FLAG_GUESSED,
    FLAG_STAMPED,
    MALFORMED_TRANSPORT,
    TRUNCATED_TRANSPORT,
    Step,
    payload,
    stop,
    u8,
    u16,
    u32,
    wide,
)
from netaudit.packets.kernels_tunnel import udp_tunnel

TCP, UDP = 6, 17
URG = 32
PLAIN_STAMP = 0x0101080A  # two paddings and the head of a timestamp: how nearly every system sends it
SCALE, STAMP = 3, 8  # kinds of options
TUNNEL_PORTS = (4789, 8472, 4790, 6081, 3544, 1701, 6635, 4754, 2152, 5247, 37008)


@lean_kernel
def tcp(buffer: Any, row: Any, pos: int, end: int, wire_end: int) -> Step:
    """TCP header (RFC 9293, 3.1)."""
    if wire_end - pos < 20:
        return stop(MALFORMED_TRANSPORT, pos)
    seen = end - pos
    if seen < 4:
        return stop(TRUNCATED_TRANSPORT, pos)
    header = 20
    if seen >= 13:
        header = (u8(buffer, pos + 12) >> 4) * 4
        if header < 20 or header > wire_end - pos:
            return stop(MALFORMED_TRANSPORT, pos)
    row["sport"] = u16(buffer, pos)
    row["dport"] = u16(buffer, pos + 2)
    if seen >= 8:
        row["seq"] = u32(buffer, pos + 4)
    if seen >= 12:
        row["ack"] = u32(buffer, pos + 8)
    if seen >= 14:
        row["tcp_flags"] = u8(buffer, pos + 13)
    if seen >= 16:
        row["window"] = u16(buffer, pos + 14)
    if seen >= 20 and wide(row["tcp_flags"]) & URG:
        row["urgent"] = u16(buffer, pos + 18)
    if header > 20 and seen >= header:
        options(buffer, row, pos + 20, pos + header)
    row["header"] = pos
    return behind(row, pos, header, end, wire_end)


@lean_kernel
def options(buffer: Any, row: Any, pos: int, end: int) -> None:
    """Window scale and timestamp (RFC 7323, 2 and 3)."""
    if end - pos >= 12 and u32(buffer, pos) == PLAIN_STAMP:
        row["stamp"] = u32(buffer, pos + 4)
        row["flags"] = wide(row["flags"]) | FLAG_STAMPED
        return
    while pos + 2 <= end:
        kind = u8(buffer, pos)
        if kind == 0:
            return
        if kind == 1:
            pos += 1
            continue
        size = u8(buffer, pos + 1)
        if size < 2 or pos + size > end:
            return
        if kind == SCALE and size == 3:
            row["scale"] = 1 + min(u8(buffer, pos + 2), 14)
        elif kind == STAMP and size == 10:
            row["stamp"] = u32(buffer, pos + 2)
            row["flags"] = wide(row["flags"]) | FLAG_STAMPED
        pos += size


@lean_kernel
def add_up(buffer: Any, pos: int, length: int) -> Any:
    """Sum of the big-endian 16-bit words at `pos`, modulo 65535; an odd byte at the end has a zero behind it."""
    even = wide(0)
    odd = wide(0)
    words = buffer[pos : pos + length]
    for at in range(0, length - 1, 2):
        even += words[at]
        odd += words[at + 1]
    if length & 1:
        even += words[length - 1]
    return ((even << 8) + odd) % 0xFFFF


@lean_kernel
def verify(buffer: Any, row: Any) -> None:
    """Tell whether the checksum of a TCP segment or UDP datagram is right (RFC 9293, 3.1; RFC 768; RFC 8200, 8.1).

    65536 is 1 modulo 65535, so addresses count as they stand, and the ffff of a mapped one counts nothing.
    """
    proto, flags = wide(row["proto"]), wide(row["flags"])
    if proto not in (TCP, UDP) or flags & (FLAG_CUT | FLAG_GUESSED | FLAG_BAD) or row["header"] == 0:
        return
    begin = wide(row["header"])
    length = wide(row["payload"]) - begin + wide(row["length"])
    if proto == UDP and u16(buffer, begin + 6) == 0:
        return
    prime = np.uint64(0xFFFF)
    total = wide(row["src_hi"] % prime) + wide(row["src_lo"] % prime)
    total += wide(row["dst_hi"] % prime) + wide(row["dst_lo"] % prime)
    total += proto + length + add_up(buffer, begin, length)
    right = total % 0xFFFF == 0
    row["flags"] = flags | (FLAG_GOOD if right else FLAG_BAD)


@lean_kernel
def behind(row: Any, pos: int, header: int, end: int, wire_end: int) -> Step:
    """End with the payload behind a header that may be cut itself."""
    step = payload(row, min(pos + header, end), end, end + max(0, wire_end - max(pos + header, end)))
    if end < pos + header or end < wire_end:
        row["flags"] = wide(row["flags"]) | FLAG_CUT
    return step


@lean_kernel
def udp(buffer: Any, row: Any, note: Any, pos: int, end: int, wire_end: int) -> Step:
    """UDP header (RFC 768); a length of 0 is that of a jumbo or offloaded datagram (RFC 2675, 4)."""
    if wire_end - pos < 8:
        return stop(MALFORMED_TRANSPORT, pos)
    if end - pos < 4:
        return stop(TRUNCATED_TRANSPORT, pos)
    sport = u16(buffer, pos)
    dport = u16(buffer, pos + 2)
    if end - pos >= 6:
        length = u16(buffer, pos + 4)
        if 0 < length < 8:
            return stop(MALFORMED_TRANSPORT, pos)
        if length:
            wire_end = min(wire_end, pos + length)
            end = min(end, wire_end)
    if dport in TUNNEL_PORTS or sport in TUNNEL_PORTS:
        step = udp_tunnel(buffer, row, note, sport, dport, pos + 8, end, wire_end)
        if step[2] >= 0:
            return step
    row["sport"] = sport
    row["dport"] = dport
    row["header"] = pos if end - pos >= 8 else 0
    return behind(row, pos, 8, end, wire_end)

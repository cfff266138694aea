"""TCP and UDP. A header that the snaplen cut behind its ports still gives flow statistics."""

from __future__ import annotations

from typing import Any

from netaudit.ground.jit import kernel
from netaudit.packets.kernels_common import (
    FLAG_CUT,
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

TUNNEL_PORTS = (4789, 8472, 4790, 6081, 3544, 1701, 6635, 4754, 2152, 5247, 37008)


@kernel
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
    return behind(row, pos, header, end, wire_end)


@kernel
def behind(row: Any, pos: int, header: int, end: int, wire_end: int) -> Step:
    """End with the payload behind a header that may be cut itself."""
    step = payload(row, min(pos + header, end), end, end + max(0, wire_end - max(pos + header, end)))
    if end < pos + header or end < wire_end:
        row["flags"] = wide(row["flags"]) | FLAG_CUT
    return step


@kernel
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
    return behind(row, pos, 8, end, wire_end)

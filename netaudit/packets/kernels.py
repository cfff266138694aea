"""The walk through a packet, from the link header to the payload, and the loop over a window's records."""

from __future__ import annotations

from typing import Any

from netaudit.jit.decorators import lean_kernel
from netaudit.packets.kernels_common import (
    DECODED,
    ETHERNET,
    FLAG_TIME,
    FRAGMENT_CODE,
    IP,
    IPV4,
    IPV6,
    LINK,
    LLC,
    MALFORMED_IP,
    MPLS,
    OUTSIDE_PERIOD,
    PPP,
    STOP,
    TRANSPORT,
    TRUNCATED_IP,
    TYPE,
    clear,
    u8,
    wide,
)
from netaudit.packets.kernels_ethernet import by_type, ethernet, llc, mpls, ppp
from netaudit.packets.kernels_ip import ipv4, ipv6, transport
from netaudit.packets.kernels_link import link
from netaudit.packets.kernels_transport import verify
from netaudit.packets.kernels_wireless import wlan


@lean_kernel
def walk(buffer: Any, row: Any, note: Any, layer: int, detail: int, pos: int, end: int, wire_end: int) -> Any:
    """Take header after header off until a payload or a reason to stop; gives the skip code.

    `row` (PACKET) is blank but for what is already known; `note` (FRAGMENT) takes what a fragment or a name needs.
    """
    step = (layer, detail, pos, end, wire_end)
    while step[0] != STOP:
        layer, detail, pos, end, wire_end = step
        if layer == IPV4:
            step = ipv4(buffer, row, note, pos, end, wire_end)
        elif layer == TRANSPORT:
            step = transport(buffer, row, note, detail, pos, end, wire_end)
        elif layer == IPV6:
            step = ipv6(buffer, row, note, pos, end, wire_end)
        elif layer == LINK:
            step = link(buffer, row, note, detail, pos, end, wire_end)
        elif layer == TYPE:
            step = by_type(buffer, row, note, detail, pos, end, wire_end)
        elif layer == ETHERNET:
            step = ethernet(buffer, row, pos, end, wire_end)
        elif layer == LLC:
            step = llc(buffer, row, pos, end, wire_end)
        elif layer == PPP:
            step = ppp(buffer, row, note, pos, end, wire_end)
        elif layer == MPLS:
            step = mpls(buffer, row, pos, end, wire_end)
        elif layer == IP:
            if pos >= end:
                return TRUNCATED_IP if end < wire_end else MALFORMED_IP
            step = (IPV6 if u8(buffer, pos) >> 4 == 6 else IPV4, 0, pos, end, wire_end)
        else:
            step = wlan(buffer, row, note, detail, pos, end, wire_end)
    return step[1]


@lean_kernel
def decode(
    buffer: Any,
    records: Any,
    untimed: int,
    since: int,
    until: int,
    times: Any,
    packets: Any,
    fragments: Any,
    contexts: Any,
    missed: Any,
    begin: int,
) -> tuple[int, int, int]:
    """Decode a window, or one datagram that was put together.

    Takes buffer (u1) and records (RECORD), the mark of a record without time, the half-open period, and `times`
    (i8 per capture: the last time seen, `untimed` before the first), which it keeps up to date. Fills packets (PACKET,
    blank), missed (MISSED), fragments (FRAGMENT, one row more than records) with contexts (PACKET); gives how many of
    packets, missed and fragments.

    `begin` is LINK for a window. For a datagram it is IPV4 or IPV6, its one record covers the datagram, and packets[0]
    already has what the fragments' links and tunnels said.
    """
    size = len(buffer)
    done = 0
    lost = 0
    held = 0
    for i in range(len(records)):
        record = records[i]
        row = packets[done]
        note = fragments[held]
        capture = wide(record["capture"])
        ts = wide(record["ts"])
        flags = 0
        if ts == untimed:
            flags = FLAG_TIME
            ts = times[capture]
        else:
            times[capture] = ts
        if ts != untimed and (ts < since or ts >= until):
            code = OUTSIDE_PERIOD
        else:
            row["ts"] = ts if ts != untimed else 0
            row["frame"] = record["frame"]
            row["capture"] = capture
            row["interface"] = min(wide(record["interface"]), 0xFFFF)
            row["flags"] = wide(row["flags"]) | flags
            pos = min(wide(record["offset"]), size)
            captured = wide(record["caplen"])
            on_wire = wide(record["wirelen"])
            if begin == LINK:
                row["frame_length"] = on_wire
            wire_end = pos + max(captured, on_wire)
            end = min(pos + captured, size)
            note["detail"] = 0
            code = walk(buffer, row, note, begin, wide(record["linktype"]), pos, end, wire_end)
        if code == DECODED:
            verify(buffer, row)
            done += 1
            continue
        if code == FRAGMENT_CODE:
            note["record"] = i
            note["place"] = done
            contexts[held] = row
            held += 1
        else:
            miss = missed[lost]
            miss["record"] = i
            miss["skip"] = code
            miss["detail"] = note["detail"]
            lost += 1
        clear(row)
    return done, lost, held

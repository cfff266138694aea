"""Kernels that follow datagrams of QUIC, and of other carriers, and cut what a client sent: lengths and times only.

A unit is the datagrams above `SMALL` bytes with a short head, until one of the server above that size was seen and
nothing came for most of a round trip (a client that still sends was not waiting for it), or until `IDLE` of silence.
Of what is no QUIC (WireGuard, OpenVPN, IPsec, DTLS) those above `LARGE` count: acknowledgements within are smaller.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel
from netaudit.streams.kernels_reassembly import byte_at
from netaudit.streams.kernels_units import add_length, close_unit, open_unit, touch
from netaudit.streams.layouts import PLAIN, QUIC, UNDECIDED

U1 = npt.NDArray[np.uint8]
Rows = npt.NDArray[Any]

SECOND = 1_000_000_000
SMALL, LARGE = 64, 200  # bytes of a datagram that may be a bare acknowledgement; in a tunnel
IDLE = SECOND // 4
TRIP = SECOND // 25  # round trip where none was seen


@lean_kernel
def settle_datagram(walk: Any, spans: Rows, walked: Any) -> None:
    """Count the client's datagram under way; its length is known once no gap follows it."""
    client = walk["client"]
    length = walk["need"][client]
    walk["need"][client] = 0
    if length > (LARGE if walk["kind"] == PLAIN else SMALL):
        add_length(walk, length, spans, walked)


@lean_kernel
def is_long_head(row: Any, buffer: U1, arena: U1) -> bool:
    """Whether a datagram begins with a long head of QUIC: version 1, 2 or a draft (RFC 9000, 17.2; RFC 9369)."""
    if row["length"] < 7 or byte_at(buffer, arena, row["source"], 0) & 0xC0 != 0xC0:
        return False
    version = np.int64(0)
    for k in range(1, 5):
        version = (version << 8) | np.int64(byte_at(buffer, arena, row["source"], k))
    return bool(version in (1, 0x6B3343CF) or version >> 8 == 0xFF0000)


@lean_kernel
def encrypted(walk: Any, row: Any, buffer: U1, arena: U1) -> bool:
    """Whether all of a datagram calls itself encrypted: a short head of QUIC, application data of DTLS."""
    if row["length"] < 3 or row["kind"] & 1:
        return False
    first = byte_at(buffer, arena, row["source"], 0)
    if walk["kind"] == QUIC:
        return bool(first & 0xC0 == 0x40)
    head = np.int64(first) << 16 | np.int64(byte_at(buffer, arena, row["source"], 1)) << 8
    return bool(head | np.int64(byte_at(buffer, arena, row["source"], 2)) in (0x17FEFF, 0x17FEFD))


@lean_kernel
def walk_datagram(walk: Any, row: Any, buffer: U1, arena: U1, units: Rows, spans: Rows, walked: Any) -> None:
    """Follow one datagram of QUIC, or see that it is none."""
    direction = row["direction"]
    settle_datagram(walk, spans, walked)
    long_head = walk["kind"] != PLAIN and is_long_head(row, buffer, arena)
    if walk["kind"] == UNDECIDED:
        walk["kind"] = QUIC if long_head else PLAIN
        walk["from_start"] = 1
        walk["hello_ts"] = row["ts"]
    small = LARGE if walk["kind"] == PLAIN else SMALL
    client = walk["client"]
    if direction != client:
        if walk["trip"] == 0 and walk["hello_ts"]:
            walk["trip"] = max(row["ts"] - walk["hello_ts"], TRIP if walk["kind"] == PLAIN else 1)
        if not long_head and row["length"] > small:
            if walk["open"] and walk["answered_ts"] == 0:
                walk["answered_ts"] = row["ts"]
            walk["before_octets"] += row["length"]
            walk["before_records"] += 1
        return
    if walk["kind"] == PLAIN and walk["trip"] == 0:
        walk["hello_ts"] = row["ts"]  # a tunnel under way shows no handshake, and its keep-alives get no answer
    if long_head or row["length"] <= small:
        return
    if walk["open"]:
        silent = row["ts"] - walk["last_ts"]
        trip = walk["trip"] or TRIP
        if silent >= max(IDLE, 4 * trip) or (walk["answered_ts"] and 5 * silent >= 4 * trip):
            close_unit(walk, units, spans, walked)
    if not walk["open"]:
        open_unit(walk, row)
    walk["answered_ts"] = 0
    walk["need"][client] = row["length"]
    touch(walk, row)

"""Kernels that read plain DNS messages: one question or its answer, the usual way (RFC 1035, 4).

Whatever is unusual is left to the reader in `dns.py`, which says the same of plain messages; so nothing here has to be
complete.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel
from netaudit.protocols.dns.kernels_names import long, number_of, short, spell, wide
from netaudit.protocols.dns.layouts import ADDRESS4, ADDRESS6, ASKED, Room

U1 = npt.NDArray[np.uint8]

HEADER, LONGEST = 12, 4096
RECORDS = 64
QUERY, REPLY = 0x0100, 0x8100  # flags that must be set: recursion is asked for, as every host does
QUERY_FREE, REPLY_FREE = 0x0030, 0x04BF  # and those that may be: AD, CD; AA, RA, AD, CD and the status
SPARE = 64  # bytes behind a question, or of a value, in which nothing can be hidden (`dns.reader.LONG`)
A, AAAA, OPT, SVCB, HTTPS = 1, 28, 41, 64, 65
KINDS = np.zeros(256, np.uint8)  # types that `dns.py` has a name for
ALWAYS_LONG = np.zeros(256, np.uint8)  # types of which long values are what they are: signatures, keys
for _kind in (6, 46, 47, 48):
    ALWAYS_LONG[_kind] = 1
for _kind in (1, 2, 5, 6, 12, 15, 16, 28, 33, 35, 41, 43, 46, 47, 48, 64, 65, 255):
    KINDS[_kind] = 1


@lean_kernel
def is_bare(data: U1, at: int, end: int) -> bool:
    """Whether data[at:end], behind a question, is nothing or an OPT record without options (RFC 6891, 6.1.2)."""
    if at == end:
        return True
    return (
        end - at == 11
        and data[at] == 0
        and short(data, at + 1) == OPT
        and long(data, at + 5) & 0xFFFF7FFF == 0
        and short(data, at + 9) == 0
    )


@lean_kernel
def read_datagram(room: Room, flow: Any, piece: Any, data: U1, begin: int, direction: int, opens: bool) -> bool:  # noqa: FBT001
    """Read the datagram of a piece from data[begin] on, and what it says; False if it is not plain."""
    used = room.used
    end = begin + wide(piece["length"])
    if not has_plain_head(data, begin, end, direction) or used[0] >= room.messages.size:
        return False
    records = short(data, begin + 6) + short(data, begin + 8) + short(data, begin + 10)
    at, size = spell(data, begin, end, begin + HEADER, room.text)
    if at < 0 or size == 0 or at + 4 > end:
        return False
    kind = short(data, at)
    at += 4
    if kind > 255 or KINDS[kind] == 0:
        return False
    if direction == 0 and end - at > SPARE:
        return False
    if opens and (direction == 1 or records != (1 if end > at else 0) or not is_bare(data, at, end)):
        return False
    name = number_of(room, size)
    if name < 0:
        return False
    write_message(room, piece, data, begin, direction, kind, name)
    answers = short(data, begin + 6)
    for number in range(records):
        at = read_record(room, flow, data, begin, end, at, name, number < answers)
        if at < 0:
            return False
    if at != end:
        return False
    if direction == 0:
        return say(room, flow, ASKED, flow["client_hi"], flow["client_lo"], flow["client_mac"], name)
    return True


@lean_kernel
def has_plain_head(data: U1, begin: int, end: int, direction: int) -> bool:
    """Whether a message asks or answers one thing, the usual way and in the usual direction."""
    if end - begin < HEADER + 5 or end - begin > LONGEST:
        return False
    flags = short(data, begin + 2)
    if direction == 0:
        if flags & ~QUERY_FREE != QUERY:
            return False
    elif flags & ~REPLY_FREE != REPLY:
        return False
    if short(data, begin + 4) != 1:
        return False
    return bool(short(data, begin + 6) + short(data, begin + 8) + short(data, begin + 10) <= RECORDS)


@lean_kernel
def write_message(room: Room, piece: Any, data: U1, begin: int, direction: int, kind: int, name: int) -> None:
    """Add a row of messages; the caller has seen that there is room."""
    row = room.messages[room.used[0]]
    room.used[0] += 1
    row["start"] = piece["offset"]
    row["ts"] = piece["ts"]
    row["frame"] = piece["frame"]
    row["length"] = piece["length"]
    row["request"] = -1
    row["name"] = name
    row["id"] = short(data, begin)
    row["kind"] = kind
    row["capture"] = piece["capture"]
    row["direction"] = direction
    row["response"] = direction
    row["status"] = data[begin + 3] & 15 if direction else 0
    row["settled"] = direction


@lean_kernel
def read_record(room: Room, flow: Any, data: U1, begin: int, end: int, at: int, asked: int, direct: bool) -> int:  # noqa: FBT001
    """Take down which name an address record gives; gives the place behind the record, -1 if it is not plain.

    `direct`: it is one of the answers. Other sections have addresses of name servers, which are not what was asked for.
    """
    at, size = spell(data, begin, end, at, room.text)
    if at < 0 or at + 10 > end:
        return -1
    kind, value = short(data, at), at + 10
    behind = value + short(data, at + 8)
    if behind > end or (behind - value > SPARE and (kind > 255 or ALWAYS_LONG[kind] == 0)):
        return -1
    if kind in (SVCB, HTTPS):
        return -1  # may hint at addresses, and have keys of ECH
    if kind not in (A, AAAA):
        return behind
    if behind - value != (4 if kind == A else 16):
        return -1
    name = number_of(room, size)
    if name < 0:
        return -1
    high, low, form = np.uint64(0), np.uint64(long(data, value)), ADDRESS4
    if kind == AAAA:
        high = low << np.uint64(32) | np.uint64(long(data, value + 4))
        low = np.uint64(long(data, value + 8)) << np.uint64(32) | np.uint64(long(data, value + 12))
        form = ADDRESS6
    if not say(room, flow, form, high, low, np.uint64(0), name):
        return -1
    if direct and name != asked and not say(room, flow, form, high, low, np.uint64(0), asked):
        return -1  # reached through aliases: the name asked for counts, too
    return behind


@lean_kernel
def say(room: Room, flow: Any, kind: int, high: Any, low: Any, mac: Any, name: int) -> bool:
    """Take down one fact of the message written last; False where there is no room."""
    if room.used[1] >= room.sayings.size:
        return False
    row = room.sayings[room.used[1]]
    room.used[1] += 1
    row["high"] = high
    row["low"] = low
    row["mac"] = mac
    row["message"] = room.used[0] - 1
    row["name"] = name
    row["shard"] = flow["shard"]
    row["kind"] = kind
    return True

"""Walking classic pcap records: the hot loop, and the search for the next record after damage.

Record header (draft-ietf-opsawg-pcap, section 5): seconds u4, fraction u4, captured length u4, wire length u4, then
the bytes. A header is *plausible* when it could stand in a sound file near a known time; a file may hold implausible
ones and still be sound (jumps in time, TSO frames), so they only make the walk look ahead before it goes on.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from netaudit.jit.decorators import lean_kernel

# What numba infers by itself; the names are for the reader.
Int = Any
Flag = Any
Array = Any

# Why a walk stopped. Shared by pcap and pcapng.
MORE = 0  # the bytes at `position` continue beyond the buffer (at the end of the file: nothing is left)
FULL = 1  # no room for another row
SUSPECT = 2  # what stands at `position` may be damaged
BAD = 3  # what stands at `position` is damaged
CUT = 4  # the file ends inside what starts at `position`
RARE = 5  # pcapng: a block other than a packet
FOUND = 6  # search: a chain of plausible records starts at `position`

MAX_RECORD = 16 << 20  # libpcap refuses more; the longest frame that exists (IPv6 jumbo offload) has 512 KiB
USUAL_RECORD = 262_144  # libpcap's MAXIMUM_SNAPLEN: beyond it a length must be confirmed by what follows
CHAIN = 4  # plausible headers in a row that are taken for a sound file again
DAY = 86_400 * 10**9
NO_TIME = -(2**63)  # layouts.NO_TIME as a plain integer


@lean_kernel
def u2(buffer: Array, at: Int, big: Flag) -> Int:
    """Unsigned 16 bits at `at`."""
    a, b = np.int64(buffer[at]), np.int64(buffer[at + 1])
    if big:
        return (a << 8) | b
    return (b << 8) | a


@lean_kernel
def u4(buffer: Array, at: Int, big: Flag) -> Int:
    """Unsigned 32 bits at `at`, as a signed 64-bit number."""
    a, b, c, d = np.int64(buffer[at]), np.int64(buffer[at + 1]), np.int64(buffer[at + 2]), np.int64(buffer[at + 3])
    if big:
        return (a << 24) | (b << 16) | (c << 8) | d
    return (d << 24) | (c << 16) | (b << 8) | a


@lean_kernel
def near(a: Int, b: Int) -> Flag:
    """Whether two times lie within a day; an unknown time is near to any."""
    if NO_TIME in (a, b):
        return True
    return a - DAY <= b <= a + DAY


@lean_kernel
def pcap_time(buffer: Array, at: Int, big: Flag, unit: Int) -> Int:
    """Time in nanoseconds of the record header at `at`; `unit` is 1000 for microseconds, 1 for nanoseconds."""
    return u4(buffer, at, big) * 1_000_000_000 + u4(buffer, at + 4, big) * unit


@lean_kernel
def pcap_plausible(buffer: Array, at: Int, big: Flag, unit: Int) -> Flag:
    """Whether lengths and fraction of the header at `at` are those of an ordinary record."""
    caplen, wirelen = u4(buffer, at + 8, big), u4(buffer, at + 12, big)
    return 0 < caplen <= wirelen and caplen <= USUAL_RECORD and u4(buffer, at + 4, big) * unit < 1_000_000_000


@lean_kernel
def pcap_chain(
    buffer: Array,
    at: Int,
    end: Int,
    at_eof: Flag,
    big: Flag,
    unit: Int,
    header: Int,
    few: Int,
    time_a: Int,
    time_b: Int,
) -> Int:
    """Whether CHAIN plausible records near one of two times follow each other from `at`.

    Fewer do where the file ends exactly behind them, or where at least `few` are there before it ends in the middle
    of one. Returns FOUND, BAD, or MORE when the buffer ends before that is known.
    """
    seen = 0
    while seen < CHAIN:
        if at + header > end:
            if not at_eof:
                return MORE
            return FOUND if at == end or seen >= few else BAD
        if not pcap_plausible(buffer, at, big, unit):
            return BAD
        time = pcap_time(buffer, at, big, unit)
        if not near(time_a, time) and not near(time_b, time):
            return BAD
        at += header + u4(buffer, at + 8, big)
        seen += 1
    return FOUND


@lean_kernel
def walk_pcap(
    buffer: Array,
    position: Int,
    end: Int,
    at_eof: Flag,
    trusted: Int,
    big: Flag,
    unit: Int,
    header: Int,
    linktype: Int,
    capture: Int,
    frame: Int,
    last_time: Int,
    rows: Array,
    used: Int,
) -> tuple[Int, Int, Int, Int, Int]:
    """Write one RECORD row per record of buffer[position:end] from rows[used] on.

    `trusted` is the position of a record to take as it is (-1: none); `header` the length of a record header (16, or
    24 in the modified format); `frame` and `last_time` those of the record before. Returns (position, frame,
    last_time, used, why it stopped).
    """
    while True:
        if position + header > end:
            if at_eof and position < end:
                return position, frame, last_time, used, CUT
            return position, frame, last_time, used, MORE
        if used >= rows.size:
            return position, frame, last_time, used, FULL
        caplen, wirelen = u4(buffer, position + 8, big), u4(buffer, position + 12, big)
        time = pcap_time(buffer, position, big, unit)
        # A header of zeros is no record: a file system fills with zeros what was not written when the power went.
        if caplen > MAX_RECORD or (caplen == 0 and wirelen == 0 and time == 0):
            return position, frame, last_time, used, BAD
        following = position + header + caplen
        odd = not pcap_plausible(buffer, position, big, unit) or not near(last_time, time)
        if following > end:
            if not at_eof:
                return position, frame, last_time, used, MORE
            return position, frame, last_time, used, SUSPECT if odd and position != trusted else CUT
        if odd and position != trusted:
            verdict = pcap_chain(buffer, following, end, at_eof, big, unit, header, 1, time, last_time)
            if verdict != FOUND:
                return position, frame, last_time, used, MORE if verdict == MORE else SUSPECT
        frame += 1
        rows[used]["ts"] = time
        rows[used]["frame"] = frame
        rows[used]["offset"] = position + header
        rows[used]["caplen"] = caplen
        rows[used]["wirelen"] = wirelen
        rows[used]["capture"] = capture
        rows[used]["linktype"] = linktype
        rows[used]["interface"] = 0
        used += 1
        last_time = time
        position = following


@lean_kernel
def find_pcap(
    buffer: Array,
    position: Int,
    limit: Int,
    end: Int,
    at_eof: Flag,
    big: Flag,
    unit: Int,
    header: Int,
    last_time: Int,
) -> tuple[Int, Int]:
    """First place in buffer[position:limit] where CHAIN plausible records start, or fewer that end with the file.

    Returns (place, FOUND), (limit or the first byte that could not be judged, MORE), or (limit, BAD) when there is
    none.
    """
    while position < limit:
        if position + header > end:
            return position, BAD if at_eof else MORE
        if pcap_plausible(buffer, position, big, unit):
            time = pcap_time(buffer, position, big, unit)
            if near(last_time, time):
                verdict = pcap_chain(buffer, position, end, at_eof, big, unit, header, 2, time, time)
                if verdict != BAD:
                    return position, verdict
        position += 1
    return limit, BAD


@lean_kernel
def summarise(rows: Array) -> tuple[Int, Int, Int, Int]:
    """(wire bytes, captured bytes, earliest time, latest time) of RECORD rows; NO_TIME where no row has a time."""
    wire, captured = np.int64(0), np.int64(0)
    first, last = NO_TIME, NO_TIME
    for i in range(rows.size):
        wire += np.int64(rows[i]["wirelen"])
        captured += np.int64(rows[i]["caplen"])
        time = rows[i]["ts"]
        if time != NO_TIME:
            if first == NO_TIME or time < first:
                first = time
            last = max(last, time)
    return wire, captured, first, last

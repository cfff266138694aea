"""Walking pcapng blocks (draft-ietf-opsawg-pcapng): packet blocks become rows here, all others go back to Python.

Block (section 3.1): type u4, total length u4, body, total length again u4. The two lengths are the format's own check.
"""

from __future__ import annotations

import numpy as np

from netaudit.capture.kernels import (
    BAD,
    CHAIN,
    CUT,
    FOUND,
    FULL,
    MAX_RECORD,
    MORE,
    NO_TIME,
    RARE,
    SUSPECT,
    Array,
    Flag,
    Int,
    near,
    u2,
    u4,
)
from netaudit.capture.layouts import MULTIPLY, SHIFT, UNKNOWN_LINKTYPE
from netaudit.jit.decorators import lean_kernel

SECTION, INTERFACE_BLOCK, OBSOLETE, SIMPLE, NAMES, STATISTICS, ENHANCED = 0x0A0D0D0A, 1, 2, 3, 4, 5, 6
JOURNAL, SECRETS, CUSTOM, CUSTOM_LOCAL = 9, 10, 0xBAD, 0x40000BAD
MAX_BLOCK = MAX_RECORD + 65_536  # a packet and its options
SECOND = 1_000_000_000
LAST_TIME = 2**62  # in the year 2116, later than any pcap time; so differences of times never overflow


@lean_kernel
def nanoseconds(high: Int, low: Int, rule: Int, factor: Int, offset: Int) -> Int:
    """Ticks (two 32-bit halves) of an INTERFACE row as UTC nanoseconds, rounded down; NO_TIME beyond LAST_TIME."""
    ticks = (np.uint64(high) << np.uint64(32)) | np.uint64(low)
    if rule == MULTIPLY:
        if ticks > np.uint64(LAST_TIME) // factor:
            return NO_TIME
        time = np.int64(ticks * factor)
    elif rule == SHIFT:
        # floor(ticks * 10^9 / 2^n) in two 32-bit halves: no product exceeds 64 bits
        billion, mask = np.uint64(SECOND), np.uint64(0xFFFFFFFF)
        top = (ticks >> np.uint64(32)) * billion + (((ticks & mask) * billion) >> np.uint64(32))
        rest = ((ticks & mask) * billion) & mask
        shift = np.int64(factor)
        if shift >= 96:
            time = np.int64(0)
        elif shift >= 32:
            time = np.int64(top >> np.uint64(shift - 32))
        else:
            left = np.uint64(32 - shift)
            if top > (np.uint64(LAST_TIME) >> left):
                return NO_TIME
            time = np.int64((top << left) | (rest >> np.uint64(shift)))
    else:
        quotient = ticks // factor
        if quotient > np.uint64(LAST_TIME):
            return NO_TIME
        time = np.int64(quotient)
    if time + offset > LAST_TIME:
        return NO_TIME
    return time + offset


@lean_kernel
def has_comment(buffer: Array, at: Int, end: Int, big: Flag) -> Flag:
    """Whether an opt_comment (code 1) is among the options in buffer[at:end]."""
    while at + 4 <= end:
        code, length = u2(buffer, at, big), u2(buffer, at + 2, big)
        if code == 1:
            return True
        if code == 0:
            return False
        at += 4 + ((length + 3) & ~3)
    return False


@lean_kernel
def known_type(kind: Int) -> Flag:
    """Whether a search may take `kind` for the type of a block."""
    return (1 <= kind <= ENHANCED) or kind in (JOURNAL, SECRETS, CUSTOM, CUSTOM_LOCAL, SECTION)


@lean_kernel
def section_order(buffer: Array, at: Int) -> Int:
    """Byte order of the section header at `at` (12 bytes readable): 1 big, 0 little, -1 neither."""
    if u4(buffer, at + 8, True) == 0x1A2B3C4D:
        return 1
    if u4(buffer, at + 8, False) == 0x1A2B3C4D:
        return 0
    return -1


@lean_kernel
def block_chain(
    buffer: Array,
    at: Int,
    end: Int,
    at_eof: Flag,
    big: Flag,
    interfaces: Array,
    last_time: Int,
) -> Int:
    """Whether CHAIN sound blocks of known types follow each other from `at` (or fewer, up to the end of the file).

    Enhanced packets must name a declared interface and lie within a day of `last_time`, up to the next section header.
    Returns FOUND, BAD, or MORE when the buffer ends before that is known.
    """
    seen = 0
    checked = True
    while seen < CHAIN:
        if at + 12 > end:
            if not at_eof:
                return MORE
            return FOUND if at == end or seen > 0 else BAD
        kind = u4(buffer, at, big)
        if kind == SECTION:
            order = section_order(buffer, at)
            if order < 0:
                return BAD
            big = order == 1
            checked = False
        total = u4(buffer, at + 4, big)
        if not known_type(kind) or total < 12 or total & 3 or total > MAX_BLOCK:
            return BAD
        if at + total > end:
            if not at_eof:
                return MORE
            return FOUND if seen > 0 else BAD
        if u4(buffer, at + total - 4, big) != total:
            return BAD
        if kind == ENHANCED and checked:
            if total < 32 or u4(buffer, at + 8, big) >= interfaces.size:
                return BAD
            row = interfaces[u4(buffer, at + 8, big)]
            high, low = u4(buffer, at + 12, big), u4(buffer, at + 16, big)
            if not near(last_time, nanoseconds(high, low, row["rule"], row["factor"], row["offset"])):
                return BAD
        at += total
        seen += 1
    return FOUND


@lean_kernel
def find_block(
    buffer: Array,
    position: Int,
    end: Int,
    at_eof: Flag,
    big: Flag,
    interfaces: Array,
    last_time: Int,
) -> tuple[Int, Int]:
    """First place in buffer[position:end] where CHAIN sound blocks start, or fewer that end with the file.

    Returns (place, FOUND), (first byte that could not be judged, MORE), or (end, BAD) when there is none.
    """
    while position + 12 <= end:
        if known_type(u4(buffer, position, big)):
            verdict = block_chain(buffer, position, end, at_eof, big, interfaces, last_time)
            if verdict != BAD:
                return position, verdict
        position += 1
    if at_eof:
        return end, BAD
    return position, MORE


@lean_kernel
def walk_pcapng(
    buffer: Array,
    position: Int,
    end: Int,
    at_eof: Flag,
    trusted: Int,
    big: Flag,
    interfaces: Array,
    capture: Int,
    frame: Int,
    last_time: Int,
    rows: Array,
    used: Int,
    commented: Array,
    n_commented: Int,
    untimed: Int,
) -> tuple[Int, Int, Int, Int, Int, Int, Int]:
    """Write one RECORD row per packet block of buffer[position:end] from rows[used] on, up to the first other block.

    `interfaces` are the INTERFACE rows of this section. Blocks with comments are noted as (frame, position) rows in
    `commented` while there is room; `untimed` is the first frame beyond LAST_TIME (0: none). `trusted` is the
    position of a packet block to take by its first length, rounded up, whatever stands at its end (-1: none). Returns
    (position, frame, last_time, used, n_commented, untimed, why it stopped).
    """
    while True:
        if position + 12 > end:
            why = CUT if at_eof and position < end else MORE
            return position, frame, last_time, used, n_commented, untimed, why
        kind, total = u4(buffer, position, big), u4(buffer, position + 4, big)
        if kind not in (ENHANCED, SIMPLE, OBSOLETE):
            return position, frame, last_time, used, n_commented, untimed, RARE
        fixed = 12 if kind == SIMPLE else 28  # bytes before the packet's own
        if position == trusted:
            total = (total + 3) & ~3
        if total < fixed + 4 or total & 3 or total > MAX_BLOCK:
            return position, frame, last_time, used, n_commented, untimed, SUSPECT
        if position + total > end:
            return position, frame, last_time, used, n_commented, untimed, SUSPECT if at_eof else MORE
        if position != trusted and u4(buffer, position + total - 4, big) != total:
            return position, frame, last_time, used, n_commented, untimed, SUSPECT
        if used >= rows.size:
            return position, frame, last_time, used, n_commented, untimed, FULL
        room = total - fixed - 4
        number = 0
        if kind == SIMPLE:
            wirelen = u4(buffer, position + 8, big)
            caplen = min(wirelen, room)
            if interfaces.size > 0 and interfaces[0]["snaplen"] > 0:
                caplen = min(caplen, np.int64(interfaces[0]["snaplen"]))
        else:
            number = u4(buffer, position + 8, big) if kind == ENHANCED else u2(buffer, position + 8, big)
            caplen, wirelen = u4(buffer, position + 20, big), u4(buffer, position + 24, big)
        if caplen > room:
            return position, frame, last_time, used, n_commented, untimed, BAD
        frame += 1
        time = NO_TIME
        linktype, serial = UNKNOWN_LINKTYPE, 0xFFFFFFFF
        rule, factor, offset = MULTIPLY, np.uint64(1000), np.int64(0)
        if number < interfaces.size:
            row = interfaces[number]
            rule, factor, offset = row["rule"], row["factor"], row["offset"]
            linktype, serial = row["linktype"], row["serial"]
        if kind != SIMPLE:
            time = nanoseconds(u4(buffer, position + 12, big), u4(buffer, position + 16, big), rule, factor, offset)
            if time == NO_TIME:
                untimed = frame if untimed == 0 else untimed
            else:
                last_time = time
            options = position + fixed + ((caplen + 3) & ~3)
            if n_commented < commented.shape[0] and has_comment(buffer, options, position + total - 4, big):
                commented[n_commented, 0] = frame
                commented[n_commented, 1] = position
                n_commented += 1
        rows[used]["ts"] = time
        rows[used]["frame"] = frame
        rows[used]["offset"] = position + fixed
        rows[used]["caplen"] = caplen
        rows[used]["wirelen"] = wirelen
        rows[used]["capture"] = capture
        rows[used]["linktype"] = linktype
        rows[used]["interface"] = serial
        used += 1
        position += total

"""Walk the records of pcap and the packet blocks of pcapng, and find the next sound one behind damage.

Record header of pcap (draft-ietf-opsawg-pcap, section 5): seconds u4, fraction u4, captured length u4, original length
u4, then the bytes. A header is *plausible* when it could stand in a sound file near a known time. A sound file may hold
implausible ones (jumps in time, TSO frames), so before such a record the walk checks the records that follow it.

Block of pcapng (draft-ietf-opsawg-pcapng, section 3.1): type u4, total length u4, body, total length again u4. The two
lengths are the format's own check. Packet blocks become rows here, Python reads all others.
"""

from __future__ import annotations

import cython

if cython.compiled:
    from cython.cimports.netaudit.capture.layouts import (
        BAD,
        CHAIN,
        CUSTOM,
        CUSTOM_LOCAL,
        CUT,
        DAY,
        ENHANCED,
        FOUND,
        FULL,
        JOURNAL,
        LAST_TIME,
        MAX_BLOCK,
        MAX_RECORD,
        MORE,
        MULTIPLY,
        NO_TIME,
        OBSOLETE,
        RARE,
        SECRETS,
        SECTION,
        SHIFT,
        SIMPLE,
        SUSPECT,
        UNKNOWN_LINKTYPE,
        USUAL_RECORD,
        Interface,
        Record,
    )
    from cython.cimports.netaudit.core.octets import u16, u16_little, u32, u32_little
else:
    from netaudit.capture.layouts import (
        BAD,
        CHAIN,
        CUSTOM,
        CUSTOM_LOCAL,
        CUT,
        DAY,
        ENHANCED,
        FOUND,
        FULL,
        JOURNAL,
        LAST_TIME,
        MAX_BLOCK,
        MAX_RECORD,
        MORE,
        MULTIPLY,
        NO_TIME,
        OBSOLETE,
        RARE,
        SECRETS,
        SECTION,
        SHIFT,
        SIMPLE,
        SUSPECT,
        UNKNOWN_LINKTYPE,
        USUAL_RECORD,
    )
    from netaudit.core import uncompiled as cython
    from netaudit.core.octets import u16, u16_little, u32, u32_little


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def u2(buffer: cython.const[cython.uchar][::1], at: cython.longlong, big: cython.bint) -> cython.longlong:
    """Return the 16-bit integer at `at`."""
    return u16(buffer, at) if big else u16_little(buffer, at)


@cython.ccall
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def u4(buffer: cython.const[cython.uchar][::1], at: cython.longlong, big: cython.bint) -> cython.longlong:
    """Return the 32-bit integer at `at`."""
    return u32(buffer, at) if big else u32_little(buffer, at)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def near(a: cython.longlong, b: cython.longlong) -> cython.bint:
    """Return whether two times lie within a day; an unknown time is near any."""
    return NO_TIME in (a, b) or a - DAY <= b <= a + DAY


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def record_time(
    buffer: cython.const[cython.uchar][::1], at: cython.longlong, big: cython.bint, unit: cython.longlong
) -> cython.longlong:
    """Return the time (ns) of the record header at `at`; `unit`: 1000 for microseconds, 1 for nanoseconds."""
    return u4(buffer, at, big) * 1_000_000_000 + u4(buffer, at + 4, big) * unit


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(caplen=cython.longlong)
def is_plausible(
    buffer: cython.const[cython.uchar][::1], at: cython.longlong, big: cython.bint, unit: cython.longlong
) -> cython.bint:
    """Return whether lengths and fraction of the header at `at` are those of an ordinary record."""
    caplen = u4(buffer, at + 8, big)
    if not 0 < caplen <= u4(buffer, at + 12, big) or caplen > USUAL_RECORD:
        return False
    return u4(buffer, at + 4, big) * unit < 1_000_000_000


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(seen=cython.longlong, time=cython.longlong)
def check_records(
    buffer: cython.const[cython.uchar][::1],
    at: cython.longlong,
    end: cython.longlong,
    at_eof: cython.bint,
    big: cython.bint,
    unit: cython.longlong,
    header: cython.longlong,
    few: cython.longlong,
    time_a: cython.longlong,
    time_b: cython.longlong,
) -> cython.longlong:
    """Check whether CHAIN plausible records near one of two times follow each other from `at`.

    Fewer are enough where the file ends exactly behind them, or where it ends inside a record behind at least `few`.
    Returns FOUND, BAD, or MORE when the buffer ends before that is known.
    """
    seen = 0
    while seen < CHAIN:
        if at + header > end:
            if not at_eof:
                return MORE
            return FOUND if at == end or seen >= few else BAD
        if not is_plausible(buffer, at, big, unit):
            return BAD
        time = record_time(buffer, at, big, unit)
        if not near(time_a, time) and not near(time_b, time):
            return BAD
        at += header + u4(buffer, at + 8, big)
        seen += 1
    return FOUND


@cython.ccall
@cython.locals(
    caplen=cython.longlong,
    wirelen=cython.longlong,
    time=cython.longlong,
    following=cython.longlong,
    verdict=cython.longlong,
    why=cython.longlong,
    odd=cython.bint,
)
def walk_pcap(
    buffer: cython.const[cython.uchar][::1],
    position: cython.longlong,
    end: cython.longlong,
    at_eof: cython.bint,
    trusted: cython.longlong,
    big: cython.bint,
    unit: cython.longlong,
    header: cython.longlong,
    linktype: cython.longlong,
    capture: cython.longlong,
    frame: cython.longlong,
    last_time: cython.longlong,
    rows: Record[::1],
    used: cython.longlong,
) -> tuple[cython.longlong, cython.longlong, cython.longlong, cython.longlong, cython.longlong]:
    """Write one RECORD row per record of buffer[position:end] from rows[used] on.

    `trusted` is the position of a record to accept without checks (-1: none); `header` the length of a record header
    (16, or 24 in the modified format); `frame` and `last_time` those of the record before. Returns (position, frame,
    last_time, used, why it stopped).
    """
    row: cython.pointer[Record]
    with cython.nogil:
        while True:
            if position + header > end:
                why = CUT if at_eof and position < end else MORE
                break
            if used >= rows.shape[0]:
                why = FULL
                break
            caplen, wirelen = u4(buffer, position + 8, big), u4(buffer, position + 12, big)
            time = record_time(buffer, position, big, unit)
            # A header of zeros is no record: file systems fill with zeros what was not written at a power cut.
            if caplen > MAX_RECORD or (caplen == 0 and wirelen == 0 and time == 0):
                why = BAD
                break
            following = position + header + caplen
            odd = position != trusted and not (is_plausible(buffer, position, big, unit) and near(last_time, time))
            if following > end:
                why = MORE if not at_eof else SUSPECT if odd else CUT
                break
            if odd:
                verdict = check_records(buffer, following, end, at_eof, big, unit, header, 1, time, last_time)
                if verdict != FOUND:
                    why = MORE if verdict == MORE else SUSPECT
                    break
            frame += 1
            row = cython.address(rows[used])
            row.ts = time
            row.frame = frame
            row.offset = position + header
            row.caplen = caplen
            row.wirelen = wirelen
            row.capture = capture
            row.linktype = linktype
            row.interface = 0
            used += 1
            last_time = time
            position = following
    return position, frame, last_time, used, why


@cython.ccall
@cython.locals(time=cython.longlong, verdict=cython.longlong, found=cython.longlong)
def find_record(
    buffer: cython.const[cython.uchar][::1],
    position: cython.longlong,
    limit: cython.longlong,
    end: cython.longlong,
    at_eof: cython.bint,
    big: cython.bint,
    unit: cython.longlong,
    header: cython.longlong,
    last_time: cython.longlong,
) -> tuple[cython.longlong, cython.longlong]:
    """Return the first place in buffer[position:limit] where CHAIN plausible records start, or fewer up to the end.

    Returns (place, FOUND), (limit or the first byte that could not be judged, MORE), or (limit, BAD) when there is
    none.
    """
    found = BAD
    with cython.nogil:
        while position < limit:
            if position + header > end:
                found = BAD if at_eof else MORE
                break
            if is_plausible(buffer, position, big, unit):
                time = record_time(buffer, position, big, unit)
                if near(last_time, time):
                    verdict = check_records(buffer, position, end, at_eof, big, unit, header, 2, time, time)
                    if verdict != BAD:
                        found = verdict
                        break
            position += 1
    return position, found


@cython.ccall
@cython.locals(
    wire=cython.longlong,
    captured=cython.longlong,
    first=cython.longlong,
    last=cython.longlong,
    i=cython.longlong,
    time=cython.longlong,
)
def summarise(
    rows: cython.const[Record][::1],
) -> tuple[cython.longlong, cython.longlong, cython.longlong, cython.longlong]:
    """Return wire bytes, captured bytes, earliest and latest time of RECORD rows; NO_TIME without any time."""
    wire, captured, first, last = 0, 0, NO_TIME, NO_TIME
    row: cython.pointer[cython.const[Record]]
    with cython.nogil:
        for i in range(rows.shape[0]):
            row = cython.address(rows[i])
            wire += row.wirelen
            captured += row.caplen
            time = row.ts
            if time != NO_TIME:
                if first == NO_TIME or time < first:
                    first = time
                last = max(last, time)
    return wire, captured, first, last


@cython.ccall
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(
    ticks=cython.ulonglong,
    billion=cython.ulonglong,
    mask=cython.ulonglong,
    top=cython.ulonglong,
    rest=cython.ulonglong,
    limit=cython.ulonglong,
    time=cython.longlong,
)
def nanoseconds(
    high: cython.longlong,
    low: cython.longlong,
    rule: cython.longlong,
    factor: cython.ulonglong,
    offset: cython.longlong,
) -> cython.longlong:
    """Return ticks (two 32-bit halves) of an INTERFACE as UTC nanoseconds, rounded down; NO_TIME beyond LAST_TIME."""
    ticks = (cython.cast(cython.ulonglong, high) << 32) | cython.cast(cython.ulonglong, low)
    limit = LAST_TIME
    if rule == MULTIPLY:
        if ticks > limit // factor:
            return NO_TIME
        time = cython.cast(cython.longlong, ticks * factor)
    elif rule == SHIFT:
        # floor(ticks * 10^9 / 2^n) in two 32-bit halves: no product exceeds 64 bits
        billion, mask = 1_000_000_000, 0xFFFFFFFF
        top = (ticks >> 32) * billion + (((ticks & mask) * billion) >> 32)
        rest = ((ticks & mask) * billion) & mask
        if factor >= 96:
            time = 0
        elif factor >= 32:
            time = cython.cast(cython.longlong, top >> (factor - 32))
        else:
            if top > limit >> (32 - factor):
                return NO_TIME
            time = cython.cast(cython.longlong, (top << (32 - factor)) | (rest >> factor))
    else:
        if ticks // factor > limit:
            return NO_TIME
        time = cython.cast(cython.longlong, ticks // factor)
    return NO_TIME if time + offset > LAST_TIME else time + offset


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(code=cython.longlong)
def has_comment(
    buffer: cython.const[cython.uchar][::1], at: cython.longlong, end: cython.longlong, big: cython.bint
) -> cython.bint:
    """Return whether an opt_comment (code 1) is among the options in buffer[at:end]."""
    while at + 4 <= end:
        code = u2(buffer, at, big)
        if code < 2:
            return code == 1
        at += 4 + ((u2(buffer, at + 2, big) + 3) & ~3)
    return False


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def is_known_block(kind: cython.longlong) -> cython.bint:
    """Return whether `kind` is a block type that a search accepts."""
    return 1 <= kind <= ENHANCED or kind in (JOURNAL, SECRETS, CUSTOM, CUSTOM_LOCAL, SECTION)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def section_order(buffer: cython.const[cython.uchar][::1], at: cython.longlong) -> cython.longlong:
    """Return the byte order of the section header at `at` (12 bytes readable): 1 big, 0 little, -1 neither."""
    if u32(buffer, at + 8) == 0x1A2B3C4D:
        return 1
    return 0 if u32_little(buffer, at + 8) == 0x1A2B3C4D else -1


@cython.ccall
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(
    seen=cython.longlong,
    kind=cython.longlong,
    order=cython.longlong,
    total=cython.longlong,
    high=cython.longlong,
    low=cython.longlong,
    number=cython.longlong,
    checked=cython.bint,
)
def check_blocks(
    buffer: cython.const[cython.uchar][::1],
    at: cython.longlong,
    end: cython.longlong,
    at_eof: cython.bint,
    big: cython.bint,
    interfaces: cython.const[Interface][::1],
    last_time: cython.longlong,
) -> cython.longlong:
    """Check whether CHAIN sound blocks of known types follow each other from `at` (fewer up to the end of the file).

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
        if not is_known_block(kind) or total < 12 or total & 3 or total > MAX_BLOCK:
            return BAD
        if at + total > end:
            if not at_eof:
                return MORE
            return FOUND if seen > 0 else BAD
        if u4(buffer, at + total - 4, big) != total:
            return BAD
        if kind == ENHANCED and checked:
            number = u4(buffer, at + 8, big) if total >= 32 else interfaces.shape[0]
            if number >= interfaces.shape[0]:
                return BAD
            row: cython.pointer[cython.const[Interface]] = cython.address(interfaces[number])
            high, low = u4(buffer, at + 12, big), u4(buffer, at + 16, big)
            if not near(last_time, nanoseconds(high, low, row.rule, row.factor, row.offset)):
                return BAD
        at += total
        seen += 1
    return FOUND


@cython.ccall
@cython.locals(verdict=cython.longlong)
def find_block(
    buffer: cython.const[cython.uchar][::1],
    position: cython.longlong,
    end: cython.longlong,
    at_eof: cython.bint,
    big: cython.bint,
    interfaces: cython.const[Interface][::1],
    last_time: cython.longlong,
) -> tuple[cython.longlong, cython.longlong]:
    """Return the first place in buffer[position:end] where CHAIN sound blocks start, or fewer up to the end.

    Returns (place, FOUND), (first byte that could not be judged, MORE), or (end, BAD) when there is none.
    """
    verdict = BAD
    with cython.nogil:
        while position + 12 <= end:
            if is_known_block(u4(buffer, position, big)):
                verdict = check_blocks(buffer, position, end, at_eof, big, interfaces, last_time)
                if verdict != BAD:
                    break
            position += 1
    if verdict != BAD:
        return position, verdict
    return (end, BAD) if at_eof else (position, MORE)


@cython.ccall
@cython.locals(
    kind=cython.longlong,
    total=cython.longlong,
    fixed=cython.longlong,
    room=cython.longlong,
    number=cython.longlong,
    wirelen=cython.longlong,
    caplen=cython.longlong,
    time=cython.longlong,
    linktype=cython.longlong,
    serial=cython.longlong,
    rule=cython.longlong,
    offset=cython.longlong,
    options=cython.longlong,
    why=cython.longlong,
    factor=cython.ulonglong,
)
def walk_pcapng(
    buffer: cython.const[cython.uchar][::1],
    position: cython.longlong,
    end: cython.longlong,
    at_eof: cython.bint,
    trusted: cython.longlong,
    big: cython.bint,
    interfaces: cython.const[Interface][::1],
    capture: cython.longlong,
    frame: cython.longlong,
    last_time: cython.longlong,
    rows: Record[::1],
    used: cython.longlong,
    commented: cython.longlong[:, ::1],
    n_commented: cython.longlong,
    untimed: cython.longlong,
) -> tuple[
    cython.longlong,
    cython.longlong,
    cython.longlong,
    cython.longlong,
    cython.longlong,
    cython.longlong,
    cython.longlong,
]:
    """Write one RECORD row per packet block of buffer[position:end] from rows[used] on, up to the first other block.

    `interfaces` are the INTERFACE rows of this section. Blocks with comments are recorded as (frame, position) rows in
    `commented` while there is room; `untimed` is the first frame beyond LAST_TIME (0: none). `trusted` is the position
    of a packet block to accept with its first length, rounded up, whatever its last four bytes are (-1: none). Returns
    (position, frame, last_time, used, n_commented, untimed, why it stopped).
    """
    row: cython.pointer[Record]
    interface: cython.pointer[cython.const[Interface]]
    with cython.nogil:
        while True:
            if position + 12 > end:
                why = CUT if at_eof and position < end else MORE
                break
            kind, total = u4(buffer, position, big), u4(buffer, position + 4, big)
            if kind not in (ENHANCED, SIMPLE, OBSOLETE):
                why = RARE
                break
            fixed = 12 if kind == SIMPLE else 28  # bytes before the packet's own
            if position == trusted:
                total = (total + 3) & ~3
            if total < fixed + 4 or total & 3 or total > MAX_BLOCK:
                why = SUSPECT
                break
            if position + total > end:
                why = SUSPECT if at_eof else MORE
                break
            if position != trusted and u4(buffer, position + total - 4, big) != total:
                why = SUSPECT
                break
            if used >= rows.shape[0]:
                why = FULL
                break
            room = total - fixed - 4
            number = 0
            if kind == SIMPLE:
                wirelen = u4(buffer, position + 8, big)
                caplen = min(wirelen, room)
                if interfaces.shape[0] > 0:
                    interface = cython.address(interfaces[0])
                    if interface.snaplen > 0:
                        caplen = min(caplen, cython.cast(cython.longlong, interface.snaplen))
            else:
                number = u4(buffer, position + 8, big) if kind == ENHANCED else u2(buffer, position + 8, big)
                caplen, wirelen = u4(buffer, position + 20, big), u4(buffer, position + 24, big)
            if caplen > room:
                why = BAD
                break
            frame += 1
            time = NO_TIME
            linktype, serial = UNKNOWN_LINKTYPE, 0xFFFFFFFF
            rule, factor, offset = MULTIPLY, 1000, 0
            if number < interfaces.shape[0]:
                interface = cython.address(interfaces[number])
                rule, factor, offset = interface.rule, interface.factor, interface.offset
                linktype, serial = interface.linktype, interface.serial
            if kind != SIMPLE:
                time = nanoseconds(u4(buffer, position + 12, big), u4(buffer, position + 16, big), rule, factor, offset)
                if time != NO_TIME:
                    last_time = time
                elif untimed == 0:
                    untimed = frame
                options = position + fixed + ((caplen + 3) & ~3)
                if n_commented < commented.shape[0] and has_comment(buffer, options, position + total - 4, big):
                    commented[n_commented, 0] = frame
                    commented[n_commented, 1] = position
                    n_commented += 1
            row = cython.address(rows[used])
            row.ts = time
            row.frame = frame
            row.offset = position + fixed
            row.caplen = caplen
            row.wirelen = wirelen
            row.capture = capture
            row.linktype = linktype
            row.interface = serial
            used += 1
            position += total
    return position, frame, last_time, used, n_commented, untimed, why

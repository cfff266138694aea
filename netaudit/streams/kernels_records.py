"""Kernels that walk along the records of TLS (RFC 8446, 5.1) and the datagrams of QUIC, and cut what a client sent.

Only heads of records are read: five bytes each, by their place in the emitted rows, before anything is copied together.
A unit is what a client sent until it was answered:

* TLS: application records, until an application record of the server comes whose sender had acknowledged all the client
  sent; or until 1 s of silence after which nothing was left to acknowledge (2 s where no acknowledgement is seen).
* QUIC: datagrams above `SMALL` bytes with a short head, until one of the server above that size was seen and nothing
  came for most of a round trip (a client that still sends was not waiting for it), or until `IDLE` of silence.

What waits behind a hole is emitted only when that is given up, mostly after the answer. So a server's record whose
sender had acknowledged more than was walked along is kept, and looked at again when the client's bytes have come.

A gap within a record loses nothing. Behind any other one, three plausible heads, each where the one before says, bring
the walk back into step, and the unit is marked as lossy. A connection met midway is found the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from netaudit.ground.jit import lean_kernel
from netaudit.streams.kernels_order import byte_at
from netaudit.streams.layouts import COUNTED, LATE, NO_RECORDS, QUIC, SLOT_BITS, TLS, UNDECIDED, Kind

if TYPE_CHECKING:
    from netaudit.streams.layouts import Tables

U1 = npt.NDArray[np.uint8]
Rows = npt.NDArray[Any]

START, IN_STEP, LOST, CANDIDATE = 0, 1, 2, 3  # WALK.mode
HANDSHAKE, APPLICATION = 22, 23
CLIENT_HELLO, SERVER_HELLO = 1, 2
HEAD = 5
LONGEST = (1 << 14) + 2048  # fragment of a record (RFC 5246, 6.2.3)
CHAIN = 3
SEARCHED = 64 << 10  # bytes of a direction in which records are searched for, where none are known
SPANS = 64  # of one unit; the records behind are counted only
SECOND = 1_000_000_000
FOREVER = (1 << 63) - 1
SMALL = 64  # bytes of a datagram that may be a bare acknowledgement
IDLE = SECOND // 4
TRIP = SECOND // 25  # round trip where none was seen
UDP, SYN = 17, 3
GAP = int(Kind.GAP)


@lean_kernel
def plausible(head: Any) -> bool:
    """Whether five bytes, as one number, may be the head of a record."""
    kind, version, length = head >> 32, (head >> 16) & 0xFFFF, head & 0xFFFF
    return 20 <= kind <= 23 and 0x0300 <= version <= 0x0304 and 0 < length <= LONGEST  # type: ignore[no-any-return]


@lean_kernel
def close_span(walk: Any, spans: Rows, walked: Any) -> None:
    """Write the run of equal lengths under way."""
    if walk["span_repeats"] and walk["spans"] < SPANS:
        span = spans[walked["spans"]]
        walked["spans"] += 1
        walk["spans"] += 1
        span["serial"] = walk["serial"]
        span["ordinal"] = walk["ordinal"]
        span["length"] = walk["span_length"]
        span["repeats"] = walk["span_repeats"]
    walk["span_repeats"] = 0


@lean_kernel
def count_record(walk: Any, length: int, row: Any, spans: Rows, walked: Any) -> None:
    """Add a record, or datagram, to the unit under way."""
    if walk["span_repeats"] == 0 or walk["span_length"] != length:
        close_span(walk, spans, walked)
        walk["span_length"] = length
    walk["span_repeats"] += 1
    walk["records"] += 1
    walk["octets"] += length
    touch(walk, row)


@lean_kernel
def touch(walk: Any, row: Any) -> None:
    """Make the packet the last one of the unit; what a gap brings has none."""
    if row["frame"]:
        walk["last_ts"] = row["ts"]
        walk["last_frame"] = row["frame"]
        walk["last_capture"] = row["capture"]


@lean_kernel
def open_unit(walk: Any, row: Any) -> None:
    """Begin a unit with the packet."""
    walk["open"] = 1
    walk["octets"] = walk["records"] = walk["spans"] = walk["span_repeats"] = 0
    walk["answered_ts"] = 0
    walk["first_ts"] = walk["last_ts"] = row["ts"]
    walk["first_frame"] = walk["last_frame"] = row["frame"]
    walk["first_capture"] = walk["last_capture"] = row["capture"]


@lean_kernel
def close_unit(walk: Any, units: Rows, spans: Rows, walked: Any) -> None:
    """Write the unit under way, if it has records."""
    if not walk["open"]:
        return
    walk["open"] = 0
    if walk["records"] == 0:
        return
    close_span(walk, spans, walked)
    unit = units[walked["units"]]
    walked["units"] += 1
    unit["serial"] = walk["serial"]
    unit["ordinal"] = walk["ordinal"]
    unit["first_ts"] = walk["first_ts"]
    unit["last_ts"] = walk["last_ts"]
    unit["answered_ts"] = walk["answered_ts"]
    unit["first_frame"] = walk["first_frame"]
    unit["last_frame"] = walk["last_frame"]
    unit["first_capture"] = walk["first_capture"]
    unit["last_capture"] = walk["last_capture"]
    unit["octets"] = walk["octets"]
    unit["records"] = walk["records"]
    unit["before_octets"] = walk["before_octets"]
    unit["before_records"] = walk["before_records"]
    unit["kind"] = walk["kind"]
    unit["from_start"] = walk["from_start"]
    unit["lossy"] = walk["lossy"]
    walk["lossy"] = 0
    walk["before_octets"] = walk["before_records"] = 0
    walk["ordinal"] += 1


@lean_kernel
def paused(walk: Any, row: Any) -> bool:
    """Whether the client fell silent, with nothing left to acknowledge, before this packet."""
    silent = row["ts"] - walk["last_ts"]
    if row["settled"] <= 0:
        return bool(silent >= 2 * SECOND)
    return bool(silent >= SECOND and row["settled"] >= row["offset"])


@lean_kernel
def between_records(walk: Any) -> bool:
    """Whether the client has no record under way, as far as that is known."""
    client = walk["client"]
    return bool(walk["mode"][client] != IN_STEP or (walk["need"][client] == 0 and walk["got"][client] == 0))


@lean_kernel
def keep_answer(walk: Any, size: int, row: Any) -> None:
    """Keep a record of the server whose sender has more of the client's bytes than were walked along."""
    last = walk["late"] - 1
    if last < 0 or (last < LATE - 1 and walk["late_acked"][last] != row["acked"]):
        last += 1
        walk["late"] = last + 1
        walk["late_ts"][last] = row["ts"]
        walk["late_acked"][last] = row["acked"]
        walk["late_octets"][last] = walk["late_records"][last] = 0
    walk["late_octets"][last] += size
    walk["late_records"][last] += 1


@lean_kernel
def look_again(walk: Any, offset: int, ts: int, units: Rows, spans: Rows, walked: Any) -> None:
    """Let kept answers end the unit, before the client's bytes at `offset`, of time `ts` (0: a gap), are taken.

    Bytes that the answer acknowledged were sent before it whatever their time says: they may have been sent twice.
    """
    taken = 0
    while taken < walk["late"]:
        came, acked = walk["late_ts"][taken], walk["late_acked"][taken]
        between = between_records(walk)
        if offset < acked and not (ts > came and between):
            break
        answers = between and acked >= walk["sent"] and came >= walk["last_ts"] and (ts > came or ts == 0)
        if walk["open"] and answers:
            walk["answered_ts"] = came
            close_unit(walk, units, spans, walked)
        if not walk["open"]:
            walk["before_octets"] += walk["late_octets"][taken]
            walk["before_records"] += walk["late_records"][taken]
        taken += 1
    walk["late"] -= taken
    for k in range(walk["late"]):
        walk["late_ts"][k] = walk["late_ts"][taken + k]
        walk["late_acked"][k] = walk["late_acked"][taken + k]
        walk["late_octets"][k] = walk["late_octets"][taken + k]
        walk["late_records"][k] = walk["late_records"][taken + k]


@lean_kernel
def begin_record(walk: Any, direction: int, row: Any, units: Rows, spans: Rows, walked: Any) -> None:
    """An application record begins: the client's opens a unit, the server's may end it."""
    client = walk["client"]
    if direction == client:
        if walk["open"] and paused(walk, row):
            close_unit(walk, units, spans, walked)
        if not walk["open"]:
            open_unit(walk, row)
        return
    if walk["late"] or row["acked"] > walk["sent"]:
        keep_answer(walk, walk["size"][direction], row)
        return
    if walk["open"] and between_records(walk) and row["acked"] >= walk["sent"]:
        walk["answered_ts"] = row["ts"]
        close_unit(walk, units, spans, walked)
    if not walk["open"]:
        walk["before_octets"] += walk["size"][direction]
        walk["before_records"] += 1


@lean_kernel
def end_record(walk: Any, direction: int, row: Any, spans: Rows, walked: Any) -> None:
    """All bytes of a record were sent."""
    if walk["mode"][direction] == IN_STEP and walk["type"][direction] == APPLICATION and direction == walk["client"]:
        if not walk["open"]:
            open_unit(walk, row)
        count_record(walk, walk["size"][direction], row, spans, walked)


@lean_kernel
def lose_step(walk: Any, direction: int) -> None:
    """Where the next record begins is not known any more."""
    walk["mode"][direction] = LOST
    walk["need"][direction] = walk["got"][direction] = 0
    walk["head"][direction] = 0
    walk["lossy"] = 1


@lean_kernel
def believe(walk: Any, direction: int, row: Any, spans: Rows, walked: Any) -> None:
    """A chain is long enough: its first records count, and the flow is one of TLS."""
    walk["mode"][direction] = IN_STEP
    if walk["kind"] == UNDECIDED:
        walk["kind"] = TLS
    if direction == walk["client"] and walk["type"][direction] == APPLICATION:
        if not walk["open"]:
            open_unit(walk, row)
        for k in range(CHAIN - 1):
            count_record(walk, walk["earlier"][2 * direction + k], row, spans, walked)


@lean_kernel
def take_head(walk: Any, direction: int, row: Any, fresh: bool, units: Rows, spans: Rows, walked: Any) -> None:  # noqa: FBT001
    """Five bytes stand where a record should begin."""
    head = np.int64(walk["head"][direction])
    walk["got"][direction] = 0
    walk["head"][direction] = 0
    mode = walk["mode"][direction]
    begins = head >> 32 == HANDSHAKE or not fresh or mode != START or walk["kind"] == TLS
    if not (plausible(head) and begins):
        if walk["kind"] == UNDECIDED and mode == START and fresh:
            walk["kind"] = NO_RECORDS
        else:
            lose_step(walk, direction)
        return
    walk["type"][direction] = head >> 32
    walk["size"][direction] = walk["need"][direction] = head & 0xFFFF
    if mode == START and head >> 32 == HANDSHAKE:
        walk["mode"][direction] = mode = IN_STEP
        walk["kind"] = TLS
        walk["from_start"] = 1 if walk["lossy"] == 0 else 0
    elif mode == START:
        walk["mode"][direction] = mode = CANDIDATE if walk["kind"] == UNDECIDED else IN_STEP
        walk["chained"][direction] = 0
    if mode == CANDIDATE:
        chained = walk["chained"][direction]
        if chained < CHAIN - 1:
            walk["earlier"][2 * direction + chained] = head & 0xFFFF
            walk["chained"][direction] = chained + 1
            return
        believe(walk, direction, row, spans, walked)
    if head >> 32 == APPLICATION:
        begin_record(walk, direction, row, units, spans, walked)


@lean_kernel
def search(walk: Any, direction: int, row: Any, source: int, at: int, buffer: U1, arena: U1) -> int:
    """Look for a plausible head from byte `at` of the segment on; gives the place behind it, or the segment's end."""
    head: Any = np.int64(walk["head"][direction])
    got = walk["got"][direction]
    begin, length = at, row["length"]
    while at < length:
        head = ((head << 8) | np.int64(byte_at(buffer, arena, source, at))) & 0xFFFFFFFFFF
        at += 1
        if got < HEAD:
            got += 1
        if got == HEAD and plausible(head) and head >> 32 == APPLICATION:
            walk["mode"][direction] = CANDIDATE
            walk["type"][direction] = APPLICATION
            walk["chained"][direction] = 1
            walk["earlier"][2 * direction] = head & 0xFFFF
            walk["size"][direction] = walk["need"][direction] = head & 0xFFFF
            head = got = 0
            break
    walk["head"][direction] = head
    walk["got"][direction] = got
    walk["searched"][direction] += at - begin
    if walk["kind"] == UNDECIDED and walk["searched"][direction] > SEARCHED:
        walk["kind"] = NO_RECORDS
    return int(at)


@lean_kernel
def take_segment(
    walk: Any,
    row: Any,
    fresh: bool,  # noqa: FBT001
    buffer: U1,
    arena: U1,
    units: Rows,
    spans: Rows,
    walked: Any,
) -> None:
    """Walk along the bytes of one segment."""
    direction, length, source, at = row["direction"], row["length"], row["source"], 0
    if direction == walk["client"]:
        if walk["late"]:
            look_again(walk, row["offset"], row["ts"], units, spans, walked)
        walk["sent"] = row["offset"] + length
    while at < length and walk["kind"] != NO_RECORDS:
        if walk["need"][direction]:
            step = min(walk["need"][direction], length - at)
            at += step
            walk["need"][direction] -= step
            if walk["need"][direction] == 0:
                end_record(walk, direction, row, spans, walked)
        elif walk["mode"][direction] == LOST:
            at = search(walk, direction, row, source, at, buffer, arena)
        else:
            head = np.int64(walk["head"][direction])
            walk["head"][direction] = (head << 8) | np.int64(byte_at(buffer, arena, source, at))
            walk["got"][direction] += 1
            at += 1
            if walk["got"][direction] == HEAD:
                first = walk["mode"][direction] == START
                take_head(walk, direction, row, fresh, units, spans, walked)
                if first and not fresh and walk["mode"][direction] == IN_STEP and at < length:
                    said = byte_at(buffer, arena, source, at)
                    if said in (CLIENT_HELLO, SERVER_HELLO):
                        walk["client"] = direction if said == CLIENT_HELLO else 1 - direction


@lean_kernel
def take_gap(walk: Any, row: Any, units: Rows, spans: Rows, walked: Any) -> None:
    """Bytes of a TCP direction were never captured."""
    direction, length = row["direction"], row["length"]
    if direction == walk["client"]:
        if walk["late"]:
            look_again(walk, row["offset"], 0, units, spans, walked)
        walk["sent"] = row["offset"] + length
    if walk["need"][direction] >= length:
        walk["need"][direction] -= length
        if walk["need"][direction] == 0:
            end_record(walk, direction, row, spans, walked)
    else:
        lose_step(walk, direction)


@lean_kernel
def settle_datagram(walk: Any, spans: Rows, walked: Any) -> None:
    """Count the client's datagram under way; its length is known once no gap follows it."""
    client = walk["client"]
    length = walk["need"][client]
    walk["need"][client] = 0
    if length > SMALL:
        if walk["span_repeats"] == 0 or walk["span_length"] != length:
            close_span(walk, spans, walked)
            walk["span_length"] = length
        walk["span_repeats"] += 1
        walk["records"] += 1
        walk["octets"] += length


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
def take_datagram(walk: Any, row: Any, buffer: U1, arena: U1, units: Rows, spans: Rows, walked: Any) -> None:
    """Follow one datagram of QUIC, or see that it is none."""
    direction = row["direction"]
    settle_datagram(walk, spans, walked)
    long_head = is_long_head(row, buffer, arena)
    if walk["kind"] == UNDECIDED:
        if not long_head:
            walk["kind"] = NO_RECORDS
            return
        walk["kind"] = QUIC
        walk["from_start"] = 1
        walk["hello_ts"] = row["ts"]
    client = walk["client"]
    if direction != client:
        if walk["trip"] == 0 and walk["hello_ts"]:
            walk["trip"] = max(row["ts"] - walk["hello_ts"], 1)
        if not long_head and row["length"] > SMALL:
            if walk["open"] and walk["answered_ts"] == 0:
                walk["answered_ts"] = row["ts"]
            walk["before_octets"] += row["length"]
            walk["before_records"] += 1
        return
    if long_head or row["length"] <= SMALL:
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


@lean_kernel
def begin_walk(walk: Any, serial: Any) -> None:
    """Forget the flow that had the slot before."""
    walk["serial"] = serial
    walk["sent"] = walk["octets"] = walk["answered_ts"] = walk["before_octets"] = walk["hello_ts"] = walk["trip"] = 0
    walk["records"] = walk["before_records"] = walk["ordinal"] = walk["spans"] = walk["span_repeats"] = 0
    walk["kind"] = walk["client"] = walk["open"] = walk["lossy"] = walk["from_start"] = walk["late"] = 0
    for direction in range(2):
        walk["head"][direction] = walk["need"][direction] = walk["searched"][direction] = 0
        walk["got"][direction] = walk["mode"][direction] = walk["chained"][direction] = walk["type"][direction] = 0


@lean_kernel
def end_walk(walk: Any, units: Rows, spans: Rows, walked: Any) -> None:
    """Write what is under way at the end of a flow."""
    if walk["kind"] == QUIC:
        settle_datagram(walk, spans, walked)
    elif walk["late"]:
        look_again(walk, FOREVER, FOREVER, units, spans, walked)
    close_unit(walk, units, spans, walked)
    walk["kind"] = NO_RECORDS


@lean_kernel
def walk_row(
    walk: Any,
    row: Any,
    flow: Any,
    buffer: U1,
    arena: U1,
    units: Rows,
    spans: Rows,
    walked: Any,
) -> None:
    """Take one emitted row of a flow that has records, or may have."""
    is_gap = row["kind"] & 1 == GAP
    if flow["proto"] == UDP:
        if not is_gap:
            take_datagram(walk, row, buffer, arena, units, spans, walked)
        elif walk["kind"] == QUIC and row["direction"] == walk["client"] and walk["need"][walk["client"]]:
            walk["need"][walk["client"]] += row["length"]
    elif is_gap:
        take_gap(walk, row, units, spans, walked)
    else:
        take_segment(walk, row, flow["handshake"] & SYN != 0, buffer, arena, units, spans, walked)


@lean_kernel
def walk_records(t: Tables, buffer: U1, arena: U1, units: Rows, spans: Rows, at: Rows) -> bool:
    """Walk along all that a batch emitted, and take out of it what nobody else wants; False: the output is full.

    Args:
        t: tables of the assembler, with all output rows of flows written; `emitted` shrinks to what is kept.
        buffer: bytes of the batch.
        arena: bytes kept from earlier batches.
        units: UNIT rows to fill.
        spans: SPAN rows to fill.
        at: one WALKED row: where to go on, zeroed before the first call.

    """
    walked, cursor = at[0], t.cursor[0]
    used, mask = cursor["emitted"], (1 << SLOT_BITS) - 1
    for position in range(walked["position"], used):
        row = t.emitted[position]
        room = 2 * CHAIN + 4
        if row["kind"] & 1 != GAP:  # which ends one record at most, however long it is
            room += row["length"] // HEAD
        if walked["units"] + room > units.size or walked["spans"] + room > spans.size:
            walked["position"] = position
            return False
        flow = t.rows[row["row"]]
        serial = np.int64(flow["serial"])
        walk = t.walks[serial & mask]
        if walk["serial"] != serial:
            if walk["serial"]:
                end_walk(walk, units, spans, walked)
            begin_walk(walk, serial)
        if walk["kind"] != NO_RECORDS:
            walk_row(walk, row, flow, buffer, arena, units, spans, walked)
        if row["kind"] < COUNTED:
            kept = walked["kept"]
            if kept != position:
                t.emitted[kept] = row
            walked["kept"] = kept + 1
    walked["position"] = used
    for index in range(walked["row"], cursor["rows"]):
        if t.row_slots[index] < 0:
            if walked["units"] + 2 > units.size or walked["spans"] + 2 > spans.size:
                walked["row"] = index
                return False
            walk = t.walks[np.int64(t.rows[index]["serial"]) & mask]
            if walk["serial"] == np.int64(t.rows[index]["serial"]):
                end_walk(walk, units, spans, walked)
    walked["row"] = cursor["rows"]
    cursor["emitted"] = walked["kept"]
    return True

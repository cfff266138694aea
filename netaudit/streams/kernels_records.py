"""Kernels that walk along the records of TLS (RFC 8446, 5.1), and cut what a client sent.

Only heads of records are read: five bytes each, by their place in the emitted rows, before anything is copied together.
A unit is what a client sent until it was answered: application records, until an application record of the server comes
whose sender had acknowledged all the client sent; or until 1 s of silence after which nothing was left to acknowledge
(2 s where no acknowledgement is seen).

What waits behind a hole is emitted only when that is given up, mostly after the answer. So a server's record whose
sender had acknowledged more than was walked along is kept, and looked at again when the client's bytes have come.

A gap within a record loses nothing. Behind any other one, three plausible heads, each where the one before says, bring
the walk back into step, and the unit is marked as lossy. A connection met midway is found the same way.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel
from netaudit.streams.kernels_reassembly import byte_at
from netaudit.streams.kernels_text import note_text
from netaudit.streams.kernels_units import add_length, close_unit, open_unit, touch
from netaudit.streams.layouts import LATE, MIDWAY, NO_RECORDS, PLAIN, SYNS, TLS, UNDECIDED

U1 = npt.NDArray[np.uint8]
Rows = npt.NDArray[Any]

START, IN_STEP, LOST, CANDIDATE = 0, 1, 2, 3  # WALK.mode
HANDSHAKE, APPLICATION = 22, 23
CLIENT_HELLO, SERVER_HELLO = 1, 2
HEAD = 5
LONGEST = (1 << 14) + 2048  # fragment of a record (RFC 5246, 6.2.3)
CHAIN = 3
SEARCHED = 64 << 10  # bytes of a direction in which records are searched for, where none are known
SECOND = 1_000_000_000


@lean_kernel
def plausible(head: Any) -> bool:
    """Whether five bytes, as one number, may be the head of a record."""
    kind, version, length = head >> 32, (head >> 16) & 0xFFFF, head & 0xFFFF
    return 20 <= kind <= 23 and 0x0300 <= version <= 0x0304 and 0 < length <= LONGEST  # type: ignore[no-any-return]


@lean_kernel
def count_record(walk: Any, length: int, row: Any, spans: Rows, walked: Any) -> None:
    """Add a record to the unit under way; the packet is its last one."""
    add_length(walk, length, spans, walked)
    touch(walk, row)


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
def keep_answer(walk: Any, answers: Any, size: int, row: Any) -> None:
    """Keep a record of the server whose sender has more of the client's bytes than were walked along."""
    last = int(walk["late"]) - 1
    if last < 0 or (last < LATE - 1 and answers["acked"][last] != row["acked"]):
        last += 1
        walk["late"] = last + 1
        answers["ts"][last] = row["ts"]
        answers["acked"][last] = row["acked"]
        answers["octets"][last] = answers["records"][last] = 0
    answers["octets"][last] += size
    answers["records"][last] += 1


@lean_kernel
def look_again(walk: Any, answers: Any, offset: int, ts: int, units: Rows, spans: Rows, walked: Any) -> None:
    """Let kept answers end the unit, before the client's bytes at `offset`, of time `ts` (0: a gap), are taken.

    Bytes that the answer acknowledged were sent before it whatever their time says: they may have been sent twice.
    """
    taken = 0
    while taken < walk["late"]:
        came, acked = answers["ts"][taken], answers["acked"][taken]
        between = between_records(walk)
        if offset < acked and not (ts > came and between):
            break
        answered = between and acked >= walk["sent"] and came >= walk["last_ts"] and (ts > came or ts == 0)
        if walk["open"] and answered:
            walk["answered_ts"] = came
            close_unit(walk, units, spans, walked)
        if not walk["open"]:
            walk["before_octets"] += answers["octets"][taken]
            walk["before_records"] += answers["records"][taken]
        taken += 1
    walk["late"] -= taken
    for k in range(walk["late"]):
        answers["ts"][k] = answers["ts"][taken + k]
        answers["acked"][k] = answers["acked"][taken + k]
        answers["octets"][k] = answers["octets"][taken + k]
        answers["records"][k] = answers["records"][taken + k]


@lean_kernel
def begin_record(walk: Any, answers: Any, direction: int, row: Any, units: Rows, spans: Rows, walked: Any) -> None:
    """An application record begins: the client's opens a unit, the server's may end it."""
    client = walk["client"]
    if direction == client:
        if walk["open"] and paused(walk, row):
            close_unit(walk, units, spans, walked)
        if not walk["open"]:
            open_unit(walk, row)
        return
    if walk["late"] or row["acked"] > walk["sent"]:
        keep_answer(walk, answers, walk["size"][direction], row)
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
def parse_head(
    walk: Any,
    answers: Any,
    direction: int,
    row: Any,
    fresh: bool,  # noqa: FBT001
    units: Rows,
    spans: Rows,
    walked: Any,
) -> None:
    """Five bytes stand where a record should begin."""
    head = np.int64(walk["head"][direction])
    walk["got"][direction] = walk["words"][direction] = 0
    walk["head"][direction] = 0
    mode = walk["mode"][direction]
    begins = head >> 32 == HANDSHAKE or not fresh or mode != START or walk["kind"] == TLS
    if not (plausible(head) and begins):
        if walk["kind"] == UNDECIDED and mode == START and fresh:
            walk["kind"] = PLAIN
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
        begin_record(walk, answers, direction, row, units, spans, walked)


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
def walk_segment(
    walk: Any,
    answers: Any,
    row: Any,
    flow: Any,
    buffer: U1,
    arena: U1,
    units: Rows,
    spans: Rows,
    walked: Any,
) -> None:
    """Walk along the bytes of one segment."""
    fresh = flow["handshake"] & SYNS != 0 and flow["handshake"] & MIDWAY == 0
    direction, length, source, at = row["direction"], row["length"], row["source"], 0
    if direction == walk["client"]:
        if walk["late"]:
            look_again(walk, answers, row["offset"], row["ts"], units, spans, walked)
        walk["sent"] = row["offset"] + length
    while at < length and walk["kind"] != NO_RECORDS and walk["kind"] != PLAIN:
        if walk["need"][direction]:
            step = min(walk["need"][direction], length - at)
            if walk["type"][direction] == APPLICATION:
                note_text(walk, flow, row, at, at + step, buffer, arena)
            at += step
            walk["need"][direction] -= step
            if walk["need"][direction] == 0:
                end_record(walk, direction, row, spans, walked)
        elif walk["mode"][direction] == LOST:
            begin, at = at, search(walk, direction, row, source, at, buffer, arena)
            if walk["type"][direction] == APPLICATION:
                note_text(walk, flow, row, begin, at, buffer, arena)
        else:
            head = np.int64(walk["head"][direction])
            walk["head"][direction] = (head << 8) | np.int64(byte_at(buffer, arena, source, at))
            walk["got"][direction] += 1
            at += 1
            if walk["got"][direction] == HEAD:
                first = walk["mode"][direction] == START
                parse_head(walk, answers, direction, row, fresh, units, spans, walked)
                if first and not fresh and walk["mode"][direction] == IN_STEP and at < length:
                    kind = byte_at(buffer, arena, source, at)
                    if kind in (CLIENT_HELLO, SERVER_HELLO):
                        walk["client"] = direction if kind == CLIENT_HELLO else 1 - direction


@lean_kernel
def walk_gap(walk: Any, answers: Any, row: Any, units: Rows, spans: Rows, walked: Any) -> None:
    """Bytes of a TCP direction were never captured."""
    direction, length = row["direction"], row["length"]
    if direction == walk["client"]:
        if walk["late"]:
            look_again(walk, answers, row["offset"], 0, units, spans, walked)
        walk["sent"] = row["offset"] + length
    if walk["need"][direction] >= length:
        walk["need"][direction] -= length
        if walk["need"][direction] == 0:
            end_record(walk, direction, row, spans, walked)
    else:
        lose_step(walk, direction)

"""Kernels that walk along all that a batch emitted, and cut what clients sent encrypted into units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel
from netaudit.streams.kernels_datagrams import encrypted, settle_datagram, walk_datagram
from netaudit.streams.kernels_plain import walk_plain, walk_plain_gap
from netaudit.streams.kernels_records import CHAIN, HEAD, look_again, walk_gap, walk_segment
from netaudit.streams.kernels_text import CLEAR, note_text
from netaudit.streams.kernels_units import close_unit
from netaudit.streams.layouts import COUNTED, NO_RECORDS, PLAIN, QUIC, SLOT_BITS, Kind

if TYPE_CHECKING:
    from netaudit.streams.layouts import Tables

U1 = npt.NDArray[np.uint8]
Rows = npt.NDArray[Any]

FOREVER = (1 << 63) - 1
UDP, ESP = 17, 50
GAP = int(Kind.GAP)


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
        walk["words"][direction] = 0


@lean_kernel
def end_walk(walk: Any, answers: Any, units: Rows, spans: Rows, walked: Any) -> None:
    """Write what is under way at the end of a flow."""
    if walk["kind"] == QUIC or walk["kind"] == PLAIN:
        settle_datagram(walk, spans, walked)
    elif walk["late"]:
        look_again(walk, answers, FOREVER, FOREVER, units, spans, walked)
    close_unit(walk, units, spans, walked)
    walk["kind"] = NO_RECORDS


@lean_kernel
def walk_row(
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
    """Take one emitted row of a flow that has records, or may have."""
    is_gap = row["kind"] & 1 == GAP
    if flow["proto"] in (UDP, ESP):
        if not is_gap:
            walk_datagram(walk, row, buffer, arena, units, spans, walked)
            if encrypted(walk, row, buffer, arena):
                walk["words"][row["direction"]] = 0
                note_text(walk, flow, row, 1, row["length"], buffer, arena)
        elif walk["kind"] >= QUIC and row["direction"] == walk["client"] and walk["need"][walk["client"]]:
            walk["need"][walk["client"]] += row["length"]
    elif walk["kind"] == PLAIN:
        if is_gap:
            walk_plain_gap(walk, row)
        else:
            walk_plain(walk, row, units, spans, walked)
    elif is_gap:
        walk_gap(walk, answers, row, units, spans, walked)
    else:
        walk_segment(walk, answers, row, flow, buffer, arena, units, spans, walked)
        if walk["kind"] == PLAIN:
            walk_plain(walk, row, units, spans, walked)


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
        walk, answers = t.walks[serial & mask], t.answers[serial & mask]
        if walk["serial"] != serial:
            if walk["serial"]:
                end_walk(walk, answers, units, spans, walked)
            begin_walk(walk, serial)
        if walk["kind"] != NO_RECORDS:
            walk_row(walk, answers, row, flow, buffer, arena, units, spans, walked)
            if flow["doubts"] & CLEAR and t.connections[serial & mask]["serial"] == serial:
                t.connections[serial & mask]["doubts"] |= CLEAR
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
            serial = np.int64(t.rows[index]["serial"])
            walk, answers = t.walks[serial & mask], t.answers[serial & mask]
            if walk["serial"] == serial:
                end_walk(walk, answers, units, spans, walked)
    walked["row"] = cursor["rows"]
    cursor["emitted"] = walked["kept"]
    return True

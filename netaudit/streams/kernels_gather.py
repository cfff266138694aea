"""Kernels at the end of a batch: group the output by flow, copy its payload together, keep what outlives the buffer."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel
from netaudit.jit.kernels_bytes import copy
from netaudit.streams.kernels_emit import wide
from netaudit.streams.kernels_reassembly import checksum
from netaudit.streams.layouts import RECENT_SEGMENTS, Kind, Tables

U1 = npt.NDArray[np.uint8]
I8 = npt.NDArray[np.int64]

BYTES = int(Kind.BYTES)


@lean_kernel
def group(emitted: npt.NDArray[Any], used: int, ranks: I8, ends: I8, order: I8) -> int:
    """Sort emitted rows by the rank of their flow, keeping their order within it (counting sort).

    Args:
        emitted: EMITTED rows, the first `used` of which count.
        used: how many.
        ranks: position of each output row among the deliveries.
        ends: zeroed; afterwards the position behind the last emitted row of each rank.
        order: filled with indexes into emitted.

    Returns:
        Sum of the payload bytes.

    """
    total = 0
    for index in range(used):
        ends[ranks[emitted[index]["row"]]] += 1
        if emitted[index]["kind"] == BYTES:
            total += emitted[index]["length"]
    begin = 0
    for rank in range(ends.size):
        size = ends[rank]
        ends[rank] = begin
        begin += size
    for index in range(used):
        rank = ranks[emitted[index]["row"]]
        order[ends[rank]] = index
        ends[rank] += 1
    return total


@lean_kernel
def gather(
    emitted: npt.NDArray[Any],
    order: I8,
    buffer: U1,
    arena: U1,
    payload: U1,
    pieces: npt.NDArray[Any],
    runs: npt.NDArray[Any],
) -> int:
    """Lay the payload of ordered rows out back to back, with PIECE rows, and join them to runs; gives their number."""
    at, piece, last = 0, 0, -1
    for index in order:
        row = emitted[index]
        is_bytes = row["kind"] == BYTES
        joins = False
        if last >= 0:
            run = runs[last]
            joins = (
                run["row"] == row["row"]
                and run["direction"] == row["direction"]
                and run["kind"] == row["kind"]
                and run["offset"] + run["length"] == row["offset"]
            )
        if not joins:
            last += 1
            run = runs[last]
            run["row"] = row["row"]
            run["direction"] = row["direction"]
            run["kind"] = row["kind"]
            run["offset"] = row["offset"]
            run["length"] = 0
            run["bytes_at"] = at
            run["piece_from"] = piece
        run = runs[last]
        run["length"] += row["length"]
        if is_bytes:
            length, source = row["length"], row["source"]
            if source >= 0:
                copy(payload, at, buffer, source, length)
            else:
                copy(payload, at, arena, -1 - source, length)
            target = pieces[piece]
            target["offset"] = row["offset"]
            target["ts"] = row["ts"]
            target["frame"] = row["frame"]
            target["length"] = length
            target["capture"] = row["capture"]
            at += length
            piece += 1
        run["piece_to"] = piece
    return last + 1


@lean_kernel
def settle_recent(t: Tables, buffer: U1, arena: U1) -> None:
    """Replace the places of delivered segments in the rings of touched flows by checksums."""
    for index in range(t.cursor[0]["touched"]):
        first = 2 * RECENT_SEGMENTS * t.touched[index]
        for place in range(first, first + 2 * RECENT_SEGMENTS):
            entry = t.recents[place]
            if entry["fresh"]:
                entry["value"] = checksum(buffer, arena, entry["value"], entry["length"])
                entry["fresh"] = 0


@lean_kernel
def waiting_bytes(waiting: npt.NDArray[Any]) -> tuple[int, int]:
    """Bytes of waiting segments that lie in the batch's buffer, and in the arena."""
    fresh, kept = 0, 0
    for index in range(waiting.size):
        entry = waiting[index]
        if entry["used"]:
            if entry["source"] >= 0:
                fresh += entry["length"]
            else:
                kept += entry["length"]
    return fresh, kept


@lean_kernel
def compact(waiting: npt.NDArray[Any], order: I8, arena: U1) -> int:
    """Move the bytes of waiting segments, in the order in which they lie, to the arena's start; gives their end."""
    at = 0
    for index in order:
        entry = waiting[index]
        begin = -1 - entry["source"]
        for k in range(entry["length"]):  # forwards: source and target may overlap
            arena[at + k] = arena[begin + k]
        entry["source"] = -1 - at
        at += wide(entry["length"])
    return at


@lean_kernel
def keep(waiting: npt.NDArray[Any], buffer: U1, arena: U1, at: int) -> int:
    """Copy the bytes of waiting segments out of the batch's buffer into the arena from `at` on; gives their end."""
    for index in range(waiting.size):
        entry = waiting[index]
        if entry["used"] and entry["source"] >= 0:
            copy(arena, at, buffer, entry["source"], entry["length"])
            entry["source"] = -1 - at
            at += wide(entry["length"])
    return at

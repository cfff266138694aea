"""Kernels that find the messages of connections that hold nothing but whole exchanges (`from_streams.py`)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel
from netaudit.protocols.http1.head import HEAD_LIMIT, REMEMBERED
from netaudit.protocols.trail import MOST_TOLD

U1 = npt.NDArray[np.uint8]
I8 = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[Any]

EXCHANGE = np.dtype(  # a message of a whole exchange; offsets but `start` are of a batch's payload
    [
        ("start", "u8"),  # stream offset of its first byte
        ("at", "i8"),  # its first byte
        ("line", "i8"),  # behind its start line; of an answer its first byte
        ("body", "i8"),  # behind its head
        ("stop", "i8"),  # behind its body
        ("first", "i8"),  # the piece with its first byte
        ("last", "i8"),  # and with its last one
        ("flow", "i4"),
        ("block", "i4"),  # number of its head without the line of a request, the same for the same bytes
        ("direction", "u1"),
    ],
    align=True,
)
PROBES = 16  # places at which a head is looked for
CR, LF = 0x0D, 0x0A


@lean_kernel
def find_exchanges(
    wanted: Flags, closed: Flags, read: I8, runs: Rows, pieces: Rows, payload: U1, seed: int, rows: Rows, blocks: I8,
    table: npt.NDArray[np.int32], used: I8, whole: Flags,
) -> None:  # fmt: skip
    """Find the messages of the wanted flows of a batch that bring exchanges alone, a run for a message, by turns.

    Args:
        wanted: of each flow, whether it is looked at.
        closed: whether nothing follows: a request is not answered any more.
        read: bytes of each before, shape (flows, 2), [UP, DOWN]; of those that are whole, also these.
        runs: RUN rows, grouped by flow.
        pieces: PIECE rows the runs point into.
        payload: bytes the runs point into.
        seed: of hashes.
        rows: room for an EXCHANGE row a run.
        blocks: room for where as many heads lie, shape (runs, 2): first byte, and the one behind the last.
        table: -1 everywhere, a power of two, at least twice as many as runs.
        used: zeros; how many rows and blocks there are.
        whole: of each wanted flow that brings something, whether it is as said.

    """
    first = 0
    while first < runs.size:
        flow = runs[first]["row"]
        last = first
        while last < runs.size and runs[last]["row"] == flow:
            last += 1
        if wanted[flow]:
            begun, ends = used[0], (read[flow, 0], read[flow, 1])
            good = (last - first) & 1 == 0 or closed[flow]
            for index in range(first, last):
                run = runs[index]
                direction = (index - first) & 1
                start, end = run["offset"], run["offset"] + run["length"]
                good = good and run["kind"] == 0 and run["direction"] == direction and start == read[flow, direction]
                last_piece = run["piece_to"] - 1
                held = last_piece - run["piece_from"]
                if held > 0:
                    good = good and held < 2 * MOST_TOLD and np.int64(pieces[last_piece]["offset"]) < end
                good = good and read_message(run, direction, payload, seed, rows, blocks, table, used)
                if not good:
                    break
                rows[used[0] - 1]["flow"] = flow
                read[flow, direction] = end
            whole[flow] = good
            if not good:
                used[0] = begun
                read[flow, 0], read[flow, 1] = ends
        first = last


@lean_kernel
def read_message(
    run: Any, direction: int, payload: U1, seed: int, rows: Rows, blocks: I8, table: npt.NDArray[np.int32], used: I8
) -> bool:
    """Write where the parts of a message lie that a run holds; False where its lines do not all end alike."""
    at = run["bytes_at"]
    stop = at + run["length"]
    line, body = at, at - 1
    for place in range(at, min(stop - 2, at + HEAD_LIMIT - 2)):
        if payload[place] == LF:
            if payload[place + 1] == LF or (line == at and place == at) or payload[place - 1] != CR:
                return False
            if direction == 0 and line == at:
                line = place + 1
            if payload[place + 1] == CR and payload[place + 2] == LF:
                body = place + 3
                break
    if body < line or body - line > REMEMBERED:
        return False
    block = number_of(payload, line, body, seed, blocks, table, used)
    if block < 0:
        return False
    row = rows[used[0]]
    row["start"], row["at"], row["line"], row["body"], row["stop"] = run["offset"], at, line, body, stop
    row["first"], row["last"] = run["piece_from"], run["piece_to"] - 1
    row["block"], row["direction"] = block, direction
    used[0] += 1
    return True


@lean_kernel
def number_of(payload: U1, first: int, last: int, seed: int, blocks: I8, table: npt.NDArray[np.int32], used: I8) -> int:
    """Number of a head among those so far, the same for the same bytes; -1 where it is not soon found."""
    state = np.uint64(seed)
    for at in range(first, last):
        state = (state ^ np.uint64(payload[at])) * np.uint64(0x100000001B3)
    place = np.int64((state ^ (state >> np.uint64(29))) & np.uint64(table.size - 1))
    for _ in range(PROBES):
        known: int = table[place]
        if known < 0:
            number: int = used[1]
            blocks[number, 0], blocks[number, 1] = first, last
            table[place] = number
            used[1] += 1
            return number
        begin = blocks[known, 0]
        if blocks[known, 1] - begin == last - first:
            same = True
            for k in range(last - first):
                if payload[begin + k] != payload[first + k]:
                    same = False
                    break
            if same:
                return known
        place = (place + 1) & (table.size - 1)
    return -1

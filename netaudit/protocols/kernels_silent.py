"""Kernels that find the flows of a batch that say nothing to any reader (`silent.py`)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel
from netaudit.protocols.kernels import FIRST, is_mark
from netaudit.protocols.kernels_numbers import next_number

U1 = npt.NDArray[np.uint8]
I8 = npt.NDArray[np.int64]
Rows = npt.NDArray[Any]

UDP = 17
OTHERS, SILENT, BEGINS, GOES_ON = 0, 1, 2, 3  # of a flow; its one datagram is here; something follows the one held
LONGEST = 2048  # bytes of a datagram that is held
HELD = np.dtype(  # the one datagram of an open flow
    [
        ("serial", "u8"),  # FLOW.serial; 0: none is held
        ("at", "i8"),  # of its first byte where they lie
        ("length", "i8"),
        ("direction", "i8"),
        ("ts", "i8"),  # of its packet, as in PIECE
        ("frame", "u8"),
        ("capture", "u2"),
    ],
    align=True,
)


@lean_kernel
def fits(mark: Any, sets: U1, ports: I8, data: U1, client: Any, server: Any) -> bool:
    """Whether a mark (a MARK row) stands in a datagram between two ports."""
    at, begin = mark["at"], mark["sets_from"]
    count = mark["sets_to"] - begin
    if data.size < mark["least"] or data.size < at + count:
        return False
    for k in range(count):
        if not sets[begin + k, data[at + k]]:
            return False
    if mark["ports_to"] > mark["ports_from"]:
        usual = False
        for k in range(mark["ports_from"], mark["ports_to"]):
            usual = usual or ports[k] == client or ports[k] == server
        if not usual:
            return False
    if mark["held"] < 0:
        return True
    for k in range(mark["held_from"], min(mark["held_to"], data.size)):  # noqa: SIM110 - a kernel has no `any`
        if sets[mark["held"], data[k]]:
            return True
    return False


@lean_kernel
def is_wanted(marks: Rows, sets: U1, ports: I8, data: U1, client: Any, server: Any) -> bool:
    """Whether a reader may know a datagram, an image may begin in it or an identity number stands in it."""
    for index in range(marks.size):
        if fits(marks[index], sets, ports, data, client, server):
            return True
    for at in range(data.size - 3):
        if FIRST[data[at]] and is_mark(data, at):
            return True
    return bool(next_number(data, 0)[0] >= 0)


@lean_kernel
def find_silent(
    flows: Rows, left: npt.NDArray[np.bool_], held: npt.NDArray[np.bool_], runs: Rows, payload: U1, marks: Rows,
    sets: U1, ports: I8, states: U1, first_runs: npt.NDArray[np.int32],
) -> None:  # fmt: skip
    """Say of each flow of a batch whether it is silent.

    Args:
        flows: FLOW rows, in order.
        left: of each flow, whether nobody has taken it.
        held: of each flow, whether its one datagram is held.
        runs: RUN rows, grouped by flow in the same order.
        payload: bytes the runs point into.
        marks: MARK rows of all readers of datagrams.
        sets: which bytes may stand somewhere, as `marks` point into them.
        ports: likewise.
        states: OTHERS, SILENT, BEGINS or GOES_ON of each flow.
        first_runs: where the runs of each flow begin.

    """
    first = 0
    for number in range(flows.size):
        last = first
        while last < runs.size and runs[last]["row"] == number:
            last += 1
        states[number] = OTHERS
        first_runs[number] = first
        flow = flows[number]
        if not left[number]:
            pass
        elif held[number]:
            states[number] = SILENT if last == first else GOES_ON
        elif last == first:
            delivered, missing = flow["delivered"], flow["missing"]
            if delivered[0] == 0 and delivered[1] == 0 and missing[0] == 0 and missing[1] == 0:
                states[number] = SILENT
        elif last == first + 1 and flow["proto"] == UDP:
            run = runs[first]
            size, at = np.int64(run["length"]), np.int64(run["bytes_at"])
            alone = run["kind"] == 0 and run["offset"] == 0 and run["piece_to"] == run["piece_from"] + 1
            if alone and flow["delivered"][run["direction"]] == size and flow["delivered"][1 - run["direction"]] == 0:
                data = payload[at : at + size]
                ends = np.int64(flow["client_port"]), np.int64(flow["server_port"])
                if size <= LONGEST and not is_wanted(marks, sets, ports, data, ends[0], ends[1]):
                    states[number] = BEGINS
        first = last


@lean_kernel
def hold_datagrams(
    held: Rows, slots: I8, serials: npt.NDArray[np.uint64], chosen: I8, first_runs: npt.NDArray[np.int32], runs: Rows,
    pieces: Rows, payload: U1, out: U1, end: int,
) -> int:  # fmt: skip
    """Copy the datagrams of the chosen flows to out[end:] and fill their HELD rows; gives the end behind them."""
    for index in chosen:
        run, row = runs[first_runs[index]], held[slots[index]]
        piece = pieces[run["piece_from"]]
        row["serial"], row["direction"] = serials[index], run["direction"]
        row["at"], row["length"] = end, run["length"]
        row["ts"], row["frame"], row["capture"] = piece["ts"], piece["frame"], piece["capture"]
        at = run["bytes_at"]
        for k in range(run["length"]):
            out[end + k] = payload[at + k]
        end += run["length"]
    return end


@lean_kernel
def close_up(data: U1, places: I8, lengths: I8) -> None:
    """Move pieces of `data`, given in their order, to its beginning, one behind the other."""
    to = 0
    for index in range(places.size):
        at = places[index]
        for k in range(lengths[index]):
            data[to + k] = data[at + k]
        to += lengths[index]

"""Kernels that take plain lookups out of a batch: flows to port 53 in which every question is answered.

Whatever is unusual in a flow leaves the whole flow, as far as this batch brings it, to its reader. The first datagram
of a new flow is a bare question, which no reader of another protocol takes for its own. As all questions are answered
within the batch, nothing has to be remembered of a flow but that it was plain.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel
from netaudit.protocols.dns.kernels_dns import read_datagram
from netaudit.protocols.dns.kernels_names import alike, wide
from netaudit.protocols.dns.layouts import ORDINARY, PLAIN, RESUMED, Room
from netaudit.protocols.kernels_numbers import next_number

U1 = npt.NDArray[np.uint8]
I4 = npt.NDArray[np.int32]
Rows = npt.NDArray[Any]

UDP, PORT = 17, 53
LEAST_CLIENT = 1024  # ports below it belong to other protocols
BACK = 64  # messages of the flow that are looked through for the question to an answer


@lean_kernel
def settle(room: Room, first: int, last: int) -> bool:
    """Bring message `last` together with the question before it of the same id and name; False where it is too far off.

    Of several the latest counts, and an answer takes it: the next one has none.
    """
    messages = room.messages
    row = messages[last]
    lowest = max(first, last - BACK)
    for index in range(last - 1, lowest - 1, -1):
        other = messages[index]
        if other["id"] == row["id"] and alike(room, other["name"], row["name"]):
            if not other["response"]:
                other["settled"] = 1
                if row["response"]:
                    row["request"] = index
            return True
    return lowest == first or not row["response"]


@lean_kernel
def is_lookup(flow: Any) -> bool:
    """Whether a flow goes to the port of DNS and lost nothing."""
    client = flow["client_port"]
    return bool(
        flow["proto"] == UDP
        and flow["server_port"] == PORT
        and (client >= LEAST_CLIENT or client == PORT)
        and flow["missing"][0] == 0
        and flow["missing"][1] == 0
    )


@lean_kernel
def is_new(flow: Any, runs: Rows) -> bool:
    """Whether these runs are all that the flow ever brought."""
    total = np.int64(0)
    for index in range(runs.size):
        total += runs[index]["length"]
    return bool(wide(flow["delivered"][0]) + wide(flow["delivered"][1]) == total)


@lean_kernel
def read_flow(room: Room, number: int, flow: Any, runs: Rows, pieces: Rows, payload: U1, new: bool) -> bool:  # noqa: FBT001
    """Read all datagrams of a flow; False if one is not plain, or a question has no answer yet."""
    messages, used = room.messages, room.used
    begun = used[0]
    for index in range(runs.size):
        run = runs[index]
        if run["kind"]:
            return False
        at = run["bytes_at"]
        for place in range(run["piece_from"], run["piece_to"]):
            piece = pieces[place]
            if next_number(payload[at : at + wide(piece["length"])], 0)[0] >= 0:
                return False  # in a name that is asked for
            opens = new and used[0] == begun
            if not read_datagram(room, flow, piece, payload, at, run["direction"], opens):
                return False
            messages[used[0] - 1]["flow"] = number
            if not settle(room, begun, used[0] - 1):
                return False
            at += wide(piece["length"])
    settled = True
    for index in range(begun, used[0]):
        settled = settled and messages[index]["settled"] != 0
    return settled


@lean_kernel
def read_lookups(
    room: Room, flows: Rows, known: npt.NDArray[np.bool_], runs: Rows, pieces: Rows, payload: U1, states: U1
) -> None:
    """Read the flows of a batch that are plain lookups, and say of each flow what it is.

    Args:
        room: where messages, sayings and names go.
        flows: FLOW rows, in order.
        known: of each flow, whether all that it brought before was plain.
        runs: RUN rows, grouped by flow in the same order.
        pieces: PIECE rows the runs point into.
        payload: bytes the runs point into.
        states: ORDINARY, PLAIN or RESUMED for each flow.

    """
    used = room.used
    first = 0
    for number in range(flows.size):
        last = first
        while last < runs.size and runs[last]["row"] == number:
            last += 1
        states[number] = RESUMED if known[number] else ORDINARY
        flow, own = flows[number], runs[first:last]
        if first == last:
            if known[number]:
                states[number] = PLAIN  # only ends
        elif is_lookup(flow) and (known[number] or is_new(flow, own)):
            messages_before, sayings_before = used[0], used[1]
            if read_flow(room, number, flow, own, pieces, payload, not known[number]):
                states[number] = PLAIN
            else:
                used[0], used[1] = messages_before, sayings_before
        first = last


@lean_kernel
def is_earlier(one: Any, other: Any) -> bool:
    """Whether the packet of one message is the earlier one: by time, frame and capture, as in the ledger."""
    if one["ts"] != other["ts"]:
        return bool(one["ts"] < other["ts"])
    if one["frame"] != other["frame"]:
        return bool(one["frame"] < other["frame"])
    return bool(one["capture"] < other["capture"])

"""Kernels that find which packets carried objects, and write their numbers (`carriers.py`)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel

I8 = npt.NDArray[np.int64]
ZERO, DASH, COMMA = 48, 45, 44


@lean_kernel
def find_spans(offsets: I8, behind: I8, bounds: I8, begins: I8, ends: I8, first: I8, last: I8) -> None:
    """Find which pieces share bytes with stretches of streams; of a stretch that none shares, all are.

    Args:
        offsets: where pieces begin in their stream, in order within each message; shape (p,).
        behind: one past their last bytes.
        bounds: the pieces of the message of each stretch, from one up to another; shape (n, 2).
        begins: where each stretch begins; shape (n,).
        ends: one past its last byte.
        first: takes the first piece of each.
        last: takes one past the last one.

    """
    for k in range(begins.size):
        low, high = bounds[k, 0], bounds[k, 1]
        while low < high:
            middle = (low + high) // 2
            if begins[k] < behind[middle]:
                high = middle
            else:
                low = middle + 1
        first[k] = low
        low, high = bounds[k, 0], bounds[k, 1]
        while low < high:
            middle = (low + high) // 2
            if offsets[middle] < ends[k]:
                low = middle + 1
            else:
                high = middle
        last[k] = low
        if first[k] >= last[k]:
            first[k], last[k] = bounds[k, 0], bounds[k, 1]


@lean_kernel
def count_runs(captures: I8, frames: I8, first: I8, last: I8, runs: I8) -> None:
    """Count the runs of consecutive frames; 0 where packets are of several captures, or out of order.

    Args:
        captures: of packets, shape (p,).
        frames: of packets.
        first: packets from here on are of one object; shape (n,).
        last: up to here.
        runs: takes how many runs they are.

    """
    for k in range(first.size):
        runs[k] = 1
        for at in range(first[k] + 1, last[k]):
            if captures[at] != captures[at - 1] or frames[at] < frames[at - 1]:
                runs[k] = 0
                break
            if frames[at] > frames[at - 1] + 1:
                runs[k] += 1


@lean_kernel
def put_number(number: Any, out: npt.NDArray[np.uint8], at: int) -> int:
    """Write a number that is not negative; gives the place behind it."""
    size, rest = 1, number // 10
    while rest > 0:
        size += 1
        rest //= 10
    for place in range(size):
        out[at + size - 1 - place] = ZERO + number % 10
        number //= 10
    return at + size


@lean_kernel
def put_run(first: Any, last: Any, out: npt.NDArray[np.uint8], at: int) -> int:
    """Write a run of frames; gives the place behind it."""
    at = put_number(first, out, at)
    if last > first:
        out[at] = DASH
        at = put_number(last, out, at + 1)
    return at


@lean_kernel
def write_runs(frames: I8, first: I8, last: I8, out: npt.NDArray[np.uint8], ends: npt.NDArray[np.int32]) -> None:
    """Write the frames of objects as texts (as `frame_numbers` reads them), one behind the other.

    Args:
        frames: of packets, in order within each object.
        first: packets from here on are of one object, one at least; shape (n,).
        last: up to here.
        out: room for two numbers and their signs for each run.
        ends: n + 1 places, of which the first is 0: where each text ends.

    """
    at = 0
    for k in range(first.size):
        begin = end = frames[first[k]]
        for place in range(first[k] + 1, last[k]):
            if frames[place] > end + 1:
                at = put_run(begin, end, out, at)
                out[at] = COMMA
                at += 1
                begin = frames[place]
            end = frames[place]
        at = put_run(begin, end, out, at)
        ends[k + 1] = at

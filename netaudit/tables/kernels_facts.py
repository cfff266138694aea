"""Kernel that makes the facts of a batch distinct (`taker.py`)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel

U8 = npt.NDArray[np.uint64]
I8 = npt.NDArray[np.int64]


@lean_kernel
def same(said: U8, one: int, other: int) -> bool:
    """Whether two rows are the same."""
    for column in range(said.shape[1]):  # noqa: SIM110 - a kernel has no `all`
        if said[one, column] != said[other, column]:
            return False
    return True


@lean_kernel
def number_facts(
    said: U8, ts: I8, frame: U8, capture: U8, secret: U8, table: npt.NDArray[np.int32], facts: I8, numbers: I8
) -> int:
    """Give each different row of `said` a number, in the order in which they come; gives how many there are.

    Args:
        said: facts, shape (n, k).
        ts: time of the packet that says each.
        frame: its frame.
        capture: its capture.
        secret: two numbers that say where in the table a fact lies; the second one is odd.
        table: -1 everywhere; its size a power of two, and more than n.
        facts: for each fact where it is first said, where with the earliest packet, and how often; shape (n, 3).
        numbers: of each row its fact.

    """
    count = 0
    last = np.uint64(table.size - 1)
    for row in range(said.shape[0]):
        hashed = secret[0]
        for column in range(said.shape[1]):
            hashed = (hashed ^ (hashed >> np.uint64(29)) ^ said[row, column]) * secret[1]
        hashed = (hashed ^ (hashed >> np.uint64(32))) * secret[1]  # else high bits of the last column reach no slot
        slot = (hashed ^ (hashed >> np.uint64(29))) & last
        while table[slot] >= 0 and not same(said, row, facts[table[slot], 0]):
            slot = (slot + np.uint64(1)) & last
        number = np.int64(table[slot])
        if number < 0:
            table[slot] = numbers[row] = count
            facts[count, 0], facts[count, 1], facts[count, 2] = row, row, 1
            count += 1
            continue
        numbers[row] = number
        facts[number, 2] += 1
        first = facts[number, 1]
        earlier = ts[row] < ts[first]
        if ts[row] == ts[first]:
            earlier = frame[row] < frame[first] or (frame[row] == frame[first] and capture[row] < capture[first])
        if earlier:
            facts[number, 1] = row
    return count

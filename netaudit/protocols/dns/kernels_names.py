"""Kernels that read the names of DNS messages (RFC 1035, 4.1.4), and number them: equal bytes, equal number."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel
from netaudit.protocols.dns.layouts import Room  # noqa: TC001 - as kernels are compiled

U1 = npt.NDArray[np.uint8]

JUMPS = 8
LONGEST_NAME = 255  # with the lengths of its labels
PROBES = 32  # places of a table that are looked at
LETTERS = np.zeros(256, np.uint8)  # what labels are made of; the value is that of the lower case
for _letter in b"abcdefghijklmnopqrstuvwxyz0123456789-_":
    LETTERS[_letter] = _letter
for _letter in b"ABCDEFGHIJKLMNOPQRSTUVWXYZ":
    LETTERS[_letter] = _letter + 32


@lean_kernel
def wide(value: Any) -> int:
    """A number of any width as one of 64 bits with a sign."""
    return np.int64(value)  # type: ignore[return-value]


@lean_kernel
def short(data: U1, at: int) -> int:
    """Number of two bytes."""
    return wide(data[at]) << 8 | wide(data[at + 1])


@lean_kernel
def long(data: U1, at: int) -> int:
    """Number of four bytes."""
    return short(data, at) << 16 | short(data, at + 2)


@lean_kernel
def spell(data: U1, begin: int, end: int, at: int, text: U1) -> tuple[int, int]:
    """Write the name at data[at] of the message data[begin:end] to `text`; gives the place behind it and its length.

    The place is -1 where the name is not plain. Pointers lead backwards only, so that no loop is possible.
    """
    behind, floor, jumps, total, size = -1, at, 0, 0, 0
    while at < end:
        length = wide(data[at])
        if length >= 0xC0:
            if at + 2 > end or jumps >= JUMPS:
                return -1, 0
            if behind < 0:
                behind = at + 2
            target = begin + ((length & 0x3F) << 8 | wide(data[at + 1]))
            if target >= floor:
                return -1, 0
            at = floor = target
            jumps += 1
            continue
        total += length + 1
        if length >= 0x40 or at + 1 + length > end or total > LONGEST_NAME:
            return -1, 0
        at += 1
        if length == 0:
            return at if behind < 0 else behind, size
        if size:
            text[size] = 46
            size += 1
        for k in range(length):
            letter = data[at + k]
            if LETTERS[letter] == 0:
                return -1, 0
            text[size + k] = letter
        size += length
        at += length
    return -1, 0


@lean_kernel
def mixed(state: Any, value: Any) -> Any:
    """A hash with one more word (the finaliser of MurmurHash3)."""
    state = np.uint64(state) ^ np.uint64(value)
    state = (state ^ (state >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    state = (state ^ (state >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return state ^ (state >> np.uint64(33))


@lean_kernel
def number_of(room: Room, size: int) -> int:
    """Number of the name in room.text, the same for the same bytes; -1 where there is no room for another one."""
    text, names, letters, table, used = room.text, room.names, room.letters, room.table, room.used
    state = mixed(room.seed[0], size)
    for k in range(size):
        state = (state ^ np.uint64(text[k])) * np.uint64(0x100000001B3)
    state = mixed(state, 0)
    place = wide(state & np.uint64(table.size - 1))
    for _ in range(PROBES):
        known = table[place]
        if known < 0:
            begin = used[3]
            if used[2] >= names.size or begin + size > letters.size:
                return -1
            for k in range(size):
                letters[begin + k] = text[k]
            number = used[2]
            row = names[number]
            row["hash"] = state
            row["begin"] = begin
            row["end"] = begin + size
            table[place] = number
            used[2] += 1
            used[3] += size
            return wide(number)
        row = names[known]
        if row["hash"] == state and row["end"] - row["begin"] == size:
            same = True
            for k in range(size):
                same = same and letters[row["begin"] + k] == text[k]
            if same:
                return wide(known)
        place = (place + 1) & (table.size - 1)
    return -1


@lean_kernel
def alike(room: Room, first: int, second: int) -> bool:
    """Whether two names differ in case at most."""
    if first == second:
        return True
    names, letters = room.names, room.letters
    one, other = names[first], names[second]
    size = one["end"] - one["begin"]
    if other["end"] - other["begin"] != size:
        return False
    same = True
    for k in range(size):
        same = same and LETTERS[letters[one["begin"] + k]] == LETTERS[letters[other["begin"] + k]]
    return same

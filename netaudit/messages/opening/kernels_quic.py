"""Kernels that read the frames of opened QUIC packets where these are plain: at most one STREAM frame in each.

Whatever is unusual is left to `quic_frames.py`, which says the same of plain packets; so nothing here has to be
complete.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netaudit.ground.jit import kernel, lean_kernel

U1 = npt.NDArray[np.uint8]
I8 = npt.NDArray[np.int64]
# Columns of a packet: its STREAM frames (0 or 1; -1: another way), of that the stream, the offset in it, where its
# bytes begin in the packets joined, how many, and whether the stream ends with them; the place of these bytes in those
# of all packets; and the packet that does not go on with what this one begins.
STREAMS, STREAM, OFFSET, BEGIN, SIZE, LAST, JOINED, UNTIL = range(8)
NUMBERS = np.full(64, -1, np.int64)  # how many numbers follow the kind, of frames that say nothing here
for _kind, _count in ((0x00, 0), (0x01, 0), (0x05, 2), (0x10, 1), (0x11, 2), (0x12, 1), (0x13, 1), (0x14, 1),
                      (0x15, 2), (0x16, 1), (0x17, 1), (0x19, 1), (0x1E, 0)):  # fmt: skip
    NUMBERS[_kind] = _count


@lean_kernel
def behind(data: U1, at: int, end: int) -> int:
    """Place behind a number of variable length (RFC 9000, 16); -1 where it is cut."""
    if at < 0 or at >= end:
        return -1
    at += 1 << (data[at] >> 6)
    return at if at <= end else -1


@lean_kernel
def number_at(data: U1, at: int) -> int:
    """The number that begins there, of which nothing is cut."""
    value = int(data[at] & 0x3F)
    for place in range(at + 1, at + (1 << (data[at] >> 6))):
        value = value << 8 | int(data[place])
    return value


@lean_kernel
def behind_ack(data: U1, at: int, end: int, counts: int) -> int:
    """Place behind an ACK frame (RFC 9000, 19.3), -1 where it is cut."""
    at = behind(data, behind(data, at, end), end)
    ranges = at
    at = behind(data, at, end)
    if at < 0:
        return -1
    left = 1 + 2 * min(number_at(data, ranges), end) + 3 * counts
    while left > 0 and at >= 0:
        at, left = behind(data, at, end), left - 1
    return at


@lean_kernel
def read_stream(data: U1, at: int, end: int, kind: int, rows: I8, number: int) -> int:
    """Read a STREAM frame; the place behind it, -1 where it is cut."""
    rows[number, STREAM] = 0
    first = at
    at = behind(data, at, end)
    if at < 0:
        return -1
    rows[number, STREAM], rows[number, OFFSET], rows[number, LAST] = number_at(data, first), 0, kind & 1
    if kind & 4:
        first, at = at, behind(data, at, end)
        if at < 0:
            return -1
        rows[number, OFFSET] = number_at(data, first)
    size = end - at
    if kind & 2:
        first, at = at, behind(data, at, end)
        if at < 0:
            return -1
        size = number_at(data, first)
        if size > end - at:
            return -1
    rows[number, BEGIN], rows[number, SIZE], rows[number, STREAMS] = at, size, rows[number, STREAMS] + 1
    return at + size


@lean_kernel
def read_packet(data: U1, at: int, end: int, rows: I8, number: int) -> None:
    """Read the frames of one packet."""
    rows[number, STREAMS] = 0
    while 0 <= at < end:
        kind = data[at]
        at += 1
        if 8 <= kind < 16 and rows[number, STREAMS] == 0:
            at = read_stream(data, at, end, kind, rows, number)
        elif kind in (2, 3):
            at = behind_ack(data, at, end, kind - 2)
        elif kind < 64 and NUMBERS[kind] >= 0:
            for _ in range(NUMBERS[kind]):
                at = behind(data, at, end)
        else:
            at = -1
    if at < 0:
        rows[number, STREAMS] = -1
    if rows[number, STREAMS] != 1:
        rows[number, SIZE], rows[number, LAST] = 0, 0


@kernel
def read_packets(data: U1, ends: I8, rows: I8, joined: U1) -> int:
    """Read packets that are joined; the bytes of their streams go to `joined`, how many is given."""
    at = used = 0
    for number in range(ends.size):
        read_packet(data, at, ends[number], rows, number)
        rows[number, JOINED] = used
        if rows[number, STREAMS] == 1:
            begin, size = rows[number, BEGIN], rows[number, SIZE]
            for k in range(size):  # as slices, numba would compile how it says that their lengths differ: a second
                joined[used + k] = data[begin + k]
            used += size
        at = ends[number]
    later = -1  # the next packet with a stream, up to which nothing is unusual
    for number in range(ends.size - 1, -1, -1):
        if rows[number, STREAMS] == 1:
            after = rows[number, OFFSET] + rows[number, SIZE]
            goes_on = later >= 0 and rows[later, STREAM] == rows[number, STREAM] and rows[later, OFFSET] == after
            rows[number, UNTIL] = rows[later, UNTIL] if goes_on and rows[number, LAST] == 0 else number + 1
            later = number
        elif rows[number, STREAMS] < 0:
            later = -1
            rows[number, UNTIL] = number + 1
        else:
            rows[number, UNTIL] = number + 1
    return used

"""Kernels for QUIC packets under known keys: the heads of short headers, bared many at once, and frames that are plain.

Heads: RFC 9001, 5.3 and 5.4. Frames: STREAM, and those that say nothing; whatever is unusual is left to
`quic_frames.py`, which says the same of plain packets, so nothing here has to be complete.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel
from netaudit.jit.kernels_bytes import copy

U1 = npt.NDArray[np.uint8]
I8 = npt.NDArray[np.int64]
# Columns of a STREAM frame: the stream, the offset in it, where its bytes begin in the packets joined, how many,
# whether the stream ends with them, and their place in those of all frames.
STREAM, OFFSET, BEGIN, SIZE, LAST, JOINED = range(6)
COLUMNS = 6
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
def read_stream(data: U1, at: int, end: int, row: I8) -> int:
    """Read the STREAM frame whose kind stands there; the place behind it, -1 where it is cut."""
    kind = data[at]
    first, at = at + 1, behind(data, at + 1, end)
    if at < 0:
        return -1
    row[STREAM], row[OFFSET], row[LAST] = number_at(data, first), 0, kind & 1
    if kind & 4:
        first, at = at, behind(data, at, end)
        if at < 0:
            return -1
        row[OFFSET] = number_at(data, first)
    size = end - at
    if kind & 2:
        first, at = at, behind(data, at, end)
        if at < 0:
            return -1
        size = number_at(data, first)
        if size > end - at:
            return -1
    row[BEGIN], row[SIZE] = at, size
    return at + size


@lean_kernel
def read_packet(data: U1, at: int, end: int, rows: I8, used: int) -> int:
    """Read the frames of one packet: rows of its STREAM frames from `used` on; how many, -1 where any is unusual."""
    count = 0
    while 0 <= at < end:
        kind = data[at]
        if 8 <= kind < 16:
            at = read_stream(data, at, end, rows[used + count]) if used + count < rows.shape[0] else -1
            count += 1
        elif kind in (2, 3):
            at = behind_ack(data, at + 1, end, kind - 2)
        elif kind < 64 and NUMBERS[kind] >= 0:
            at += 1
            for _ in range(NUMBERS[kind]):
                at = behind(data, at, end)
        else:
            at = -1
    return count if at >= 0 else -1


@lean_kernel
def read_packets(data: U1, ends: I8, places: I8, packets: I8, rows: I8, spans: I8, joined: U1) -> int:
    """Read packets that are joined; how many STREAM frames they have.

    Args:
        data: their frames.
        ends: where those of each end.
        places: where those of each begin in the flow.
        packets: to fill, shape (n,): STREAM frames of each, -1 for one that is unusual.
        rows: to fill, shape (m, COLUMNS): the STREAM frames of all; of packets with more than fit nothing is said.
        spans: to fill, shape (3, m): of each frame the number of its bytes, and their first and last place in the flow.
        joined: to fill with these bytes.

    """
    at = used = count = 0
    for number in range(ends.size):
        packets[number] = read_packet(data, at, ends[number], rows, count)
        for row in rows[count : count + max(packets[number], 0)]:
            copy(joined, used, data, row[BEGIN], row[SIZE])
            row[JOINED] = used
            spans[0, count], spans[1, count] = row[SIZE], places[number] + row[BEGIN] - at
            spans[2, count] = spans[1, count] + row[SIZE]
            used += row[SIZE]
            count += 1
        at = ends[number]
    return count


@lean_kernel
def goes_on(before: I8, row: I8) -> bool:
    """Whether a STREAM frame goes on with the bytes of the one before."""
    same = before[STREAM] == row[STREAM] and before[OFFSET] + before[SIZE] == row[OFFSET]
    return bool(same and before[LAST] == 0)


@lean_kernel
def in_turn(turns: U1, up: tuple[I8, I8], down: tuple[I8, I8], at: I8, parts: I8) -> int:
    """Put packets of both directions in order; how many parts they make.

    Args:
        turns: the direction of each.
        up: the client's packets, and the rows of their frames, as `read_packets` fills them.
        down: the server's.
        at: shape (2, 2): of each direction the first packet and its first frame; to change: those behind the last ones.
        parts: to fill, shape (m, 4): direction, whether it is an unusual packet, first and last frame, which lie in one
            stream one behind the other (of an unusual packet, its number).

    """
    count = 0
    for direction in turns:
        packets, rows = up if direction == 0 else down
        number, first = (
            at[direction, 0],
            at[direction, 1],
        )  # unpacked as one, the path of this file would be compiled in
        frames = packets[number]
        at[direction, 0] += 1
        at[direction, 1] += max(frames, 0)
        if frames < 0:
            parts[count, 0], parts[count, 1], parts[count, 2], parts[count, 3] = direction, 1, number, number
            count += 1
        for frame in range(first, first + frames):
            last = parts[count - 1]
            if count and last[0] == direction and last[1] == 0 and goes_on(rows[last[3]], rows[frame]):
                last[3] = frame
            else:
                parts[count, 0], parts[count, 1], parts[count, 2], parts[count, 3] = direction, 0, frame, frame
                count += 1
    return count


SAMPLE = 16  # bytes of a sample, and of its mask
BEHIND = 4  # bytes behind the beginning of the packet number at which the sample begins
NONCE = 12  # bytes
SHORT_BITS = 0x1F  # of the first byte that are masked
KEY_PHASE = 0x04
FORM, SHORT = 0xC0, 0x40  # bits of the first byte that tell a short header


@lean_kernel
def samples(data: U1, begins: I8, ends: I8, name: U1, out: U1) -> int:
    """Copy samples of datagrams (begin and end in the data) one behind the other, up to one that is other; how many.

    Other ones have a long header or another connection id than `name`, or are too short.
    """
    sampled = 1 + name.size + BEHIND
    for number in range(begins.size):
        begin = begins[number]
        if ends[number] - begin < sampled + SAMPLE or data[begin] & FORM != SHORT:
            return number
        for k in range(name.size):
            if data[begin + 1 + k] != name[k]:
                return number
        copy(out, SAMPLE * number, data, begin + sampled, SAMPLE)
    return int(begins.size)


@lean_kernel
def full(sent: np.int64 | int, bits: int, largest: int) -> int:
    """The packet number nearest to the next expected one that ends in these bits (RFC 9000, A.3)."""
    window = np.int64(1) << bits
    number = (largest + 1) & ~(window - 1) | sent
    if number <= largest + 1 - window // 2 and number < (np.int64(1) << 62) - window:
        return int(number + window)
    if number > largest + 1 + window // 2 and number >= window:
        return int(number - window)
    return int(number)


@lean_kernel
def bare(
    data: U1,
    begins: I8,
    masks: U1,
    id_size: int,
    phase: int,
    largest: int,
    iv: U1,
    heads: U1,
    nonces: U1,
    numbers: I8,
) -> int:
    """Bare the heads of packets, up to one that tells of a key update; how many.

    Args:
        data: datagrams.
        begins: where each begins.
        masks: shape (n, 16), of each.
        id_size: bytes of the connection id.
        phase: the key phase that packets have.
        largest: packet number of those before.
        iv: 12 bytes.
        heads: to fill, shape (n, 1 + id_size + 4): each head, then zero bytes.
        nonces: to fill, shape (n, 12).
        numbers: to fill, shape (n, 2): packet number, and size of each head.

    """
    at = 1 + id_size
    for number in range(masks.shape[0]):
        begin, mask, head = begins[number], masks[number], heads[number]
        first = data[begin] ^ (mask[0] & SHORT_BITS)
        if (first & KEY_PHASE != 0) != (phase != 0):
            return number
        size = (first & 3) + 1
        head[0] = first
        sent = np.int64(0)
        for k in range(1, at):
            head[k] = data[begin + k]
        for k in range(size):
            head[at + k] = data[begin + at + k] ^ mask[1 + k]
            sent = sent << 8 | np.int64(head[at + k])
        found = full(sent, 8 * size, largest)
        largest = max(largest, found)
        numbers[number, 0], numbers[number, 1] = found, at + size
        for k in range(NONCE):
            shift = 8 * (NONCE - 1 - k)
            nonces[number, k] = iv[k] ^ ((found >> shift) & 0xFF if shift < 64 else 0)
    return int(masks.shape[0])

"""Kernels for QUIC packets under known keys: the heads of short headers, bared many at once, and frames that are plain.

Heads: RFC 9001, 5.3 and 5.4. Frames: STREAM, and those that say nothing; whatever is unusual is left to
`quic_frames.py`, which says the same of plain packets, so nothing here has to be complete.
"""

from __future__ import annotations

import cython
import numpy as np
import numpy.typing as npt

if not cython.compiled:
    from netaudit.core import uncompiled as cython

cython.declare(
    STREAM=cython.longlong,
    OFFSET=cython.longlong,
    BEGIN=cython.longlong,
    SIZE=cython.longlong,
    LAST=cython.longlong,
    JOINED=cython.longlong,
    NUMBERS=cython.const[cython.longlong][::1],
    LARGEST_NUMBER=cython.longlong,
    SAMPLE=cython.longlong,
    BEHIND=cython.longlong,
    NONCE=cython.longlong,
    SHORT_BITS=cython.longlong,
    KEY_PHASE=cython.longlong,
    FORM=cython.longlong,
    SHORT=cython.longlong,
)


# Columns of a STREAM frame: the stream, the offset in it, where its bytes begin in the packets joined, how many,
# whether the stream ends with them, and their place in those of all frames.
STREAM, OFFSET, BEGIN, SIZE, LAST, JOINED = range(6)
COLUMNS = 6


def _numbers() -> npt.NDArray[np.int64]:
    """Return how many numbers follow each type of a frame that carries nothing for us, -1 for the others."""
    numbers = np.full(64, -1, np.int64)
    for kind, count in ((0x00, 0), (0x01, 0), (0x05, 2), (0x10, 1), (0x11, 2), (0x12, 1), (0x13, 1), (0x14, 1),
                        (0x15, 2), (0x16, 1), (0x17, 1), (0x19, 1), (0x1E, 0)):  # fmt: skip
        numbers[kind] = count
    return numbers


NUMBERS = _numbers()
LARGEST_NUMBER = 1 << 62  # of a packet (RFC 9000, 12.3)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(k=cython.longlong)
def copy(
    target: cython.uchar[::1],
    at: cython.longlong,
    source: cython.const[cython.uchar][::1],
    begin: cython.longlong,
    length: cython.longlong,
) -> cython.void:
    """Copy bytes between two arrays; the caller has checked their sizes."""
    for k in range(length):
        target[at + k] = source[begin + k]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def behind(data: cython.const[cython.uchar][::1], at: cython.longlong, end: cython.longlong) -> cython.longlong:
    """Place behind a number of variable length (RFC 9000, 16); -1 where it is cut."""
    if at < 0 or at >= end:
        return -1
    at += 1 << (data[at] >> 6)
    return at if at <= end else -1


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(place=cython.longlong, value=cython.longlong)
def number_at(data: cython.const[cython.uchar][::1], at: cython.longlong) -> cython.longlong:
    """The number that begins there, of which nothing is cut."""
    value = cython.cast(cython.longlong, data[at] & 0x3F)
    for place in range(at + 1, at + (1 << (data[at] >> 6))):
        value = value << 8 | cython.cast(cython.longlong, data[place])
    return value


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(left=cython.longlong, ranges=cython.longlong)
def behind_ack(
    data: cython.const[cython.uchar][::1], at: cython.longlong, end: cython.longlong, counts: cython.longlong
) -> cython.longlong:
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


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(first=cython.longlong, kind=cython.longlong, size=cython.longlong)
def read_stream(
    data: cython.const[cython.uchar][::1], at: cython.longlong, end: cython.longlong, row: cython.longlong[::1]
) -> cython.longlong:
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


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(_=cython.longlong, count=cython.longlong, kind=cython.longlong)
def read_packet(
    data: cython.const[cython.uchar][::1],
    at: cython.longlong,
    end: cython.longlong,
    rows: cython.longlong[:, ::1],
    used: cython.longlong,
) -> cython.longlong:
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


@cython.ccall
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(
    _=cython.longlong, at=cython.longlong, count=cython.longlong, number=cython.longlong, used=cython.longlong
)
def read_packets(
    data: cython.const[cython.uchar][::1],
    ends: cython.const[cython.longlong][::1],
    places: cython.const[cython.longlong][::1],
    packets: cython.longlong[::1],
    rows: cython.longlong[:, ::1],
    spans: cython.longlong[:, ::1],
    joined: cython.uchar[::1],
) -> cython.longlong:
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
    row: cython.longlong[::1]
    at = used = count = 0
    for number in range(ends.shape[0]):
        packets[number] = read_packet(data, at, ends[number], rows, count)
        for _ in range(max(packets[number], 0)):
            row = rows[count]
            copy(joined, used, data, row[BEGIN], row[SIZE])
            row[JOINED] = used
            spans[0, count], spans[1, count] = row[SIZE], places[number] + row[BEGIN] - at
            spans[2, count] = spans[1, count] + row[SIZE]
            used += row[SIZE]
            count += 1
        at = ends[number]
    return count


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(same=cython.bint)
def goes_on(before: cython.const[cython.longlong][::1], row: cython.const[cython.longlong][::1]) -> cython.bint:
    """Whether a STREAM frame goes on with the bytes of the one before."""
    same = before[STREAM] == row[STREAM] and before[OFFSET] + before[SIZE] == row[OFFSET]
    return same and before[LAST] == 0


@cython.ccall
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(
    count=cython.longlong,
    direction=cython.longlong,
    first=cython.longlong,
    frame=cython.longlong,
    frames=cython.longlong,
    number=cython.longlong,
    turn=cython.longlong,
)
def in_turn(
    turns: cython.const[cython.uchar][::1],
    up: cython.const[cython.longlong][::1],
    up_rows: cython.const[cython.longlong][:, ::1],
    down: cython.const[cython.longlong][::1],
    down_rows: cython.const[cython.longlong][:, ::1],
    at: cython.longlong[:, ::1],
    parts: cython.longlong[:, ::1],
) -> cython.longlong:
    """Put packets of both directions in order; how many parts they make.

    Args:
        turns: the direction of each.
        up: the client's packets, as `read_packets` fills them.
        up_rows: the rows of their frames.
        down: the server's packets.
        down_rows: the rows of their frames.
        at: shape (2, 2): of each direction the first packet and its first frame; to change: those behind the last ones.
        parts: to fill, shape (m, 4): direction, whether it is an unusual packet, first and last frame, which lie in one
            stream one behind the other (of an unusual packet, its number).

    """
    last: cython.longlong[::1]
    packets: cython.const[cython.longlong][::1]
    rows: cython.const[cython.longlong][:, ::1]
    count = 0
    for turn in range(turns.shape[0]):
        direction = turns[turn]
        if direction == 0:
            packets, rows = up, up_rows
        else:
            packets, rows = down, down_rows
        number, first = at[direction, 0], at[direction, 1]
        frames = packets[number]
        at[direction, 0] += 1
        at[direction, 1] += max(frames, 0)
        if frames < 0:
            parts[count, 0], parts[count, 1], parts[count, 2], parts[count, 3] = direction, 1, number, number
            count += 1
        for frame in range(first, first + frames):
            last = parts[max(count - 1, 0)]
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


@cython.ccall
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(begin=cython.longlong, k=cython.longlong, number=cython.longlong, sampled=cython.longlong)
def samples(
    data: cython.const[cython.uchar][::1],
    begins: cython.const[cython.longlong][::1],
    ends: cython.const[cython.longlong][::1],
    name: cython.const[cython.uchar][::1],
    out: cython.uchar[::1],
) -> cython.longlong:
    """Copy samples of datagrams (begin and end in the data) one behind the other, up to one that is other; how many.

    Other ones have a long header or another connection id than `name`, or are too short.
    """
    sampled = 1 + name.shape[0] + BEHIND
    for number in range(begins.shape[0]):
        begin = begins[number]
        if ends[number] - begin < sampled + SAMPLE or data[begin] & FORM != SHORT:
            return number
        for k in range(name.shape[0]):
            if data[begin + 1 + k] != name[k]:
                return number
        copy(out, SAMPLE * number, data, begin + sampled, SAMPLE)
    return cython.cast(cython.longlong, begins.shape[0])


@cython.ccall
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(number=cython.longlong, window=cython.longlong)
def full(sent: cython.longlong, bits: cython.longlong, largest: cython.longlong) -> cython.longlong:
    """The packet number nearest to the next expected one that ends in these bits (RFC 9000, A.3)."""
    window = cython.cast(cython.longlong, 1) << bits
    number = (largest + 1) & ~(window - 1) | sent
    if number <= largest + 1 - window // 2 and number < LARGEST_NUMBER - window:
        return cython.cast(cython.longlong, number + window)
    if number > largest + 1 + window // 2 and number >= window:
        return cython.cast(cython.longlong, number - window)
    return cython.cast(cython.longlong, number)


@cython.ccall
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(
    at=cython.longlong,
    begin=cython.longlong,
    first=cython.longlong,
    found=cython.longlong,
    k=cython.longlong,
    number=cython.longlong,
    sent=cython.longlong,
    shift=cython.longlong,
    size=cython.longlong,
)
def bare(
    data: cython.const[cython.uchar][::1],
    begins: cython.const[cython.longlong][::1],
    masks: cython.const[cython.uchar][:, ::1],
    id_size: cython.longlong,
    phase: cython.longlong,
    largest: cython.longlong,
    iv: cython.const[cython.uchar][::1],
    heads: cython.uchar[:, ::1],
    nonces: cython.uchar[:, ::1],
    numbers: cython.longlong[:, ::1],
) -> cython.longlong:
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
    head: cython.uchar[::1]
    mask: cython.const[cython.uchar][::1]
    at = 1 + id_size
    for number in range(masks.shape[0]):
        begin, mask, head = begins[number], masks[number], heads[number]
        first = data[begin] ^ (mask[0] & SHORT_BITS)
        if (first & KEY_PHASE != 0) != (phase != 0):
            return number
        size = (first & 3) + 1
        head[0] = first
        sent = cython.cast(cython.longlong, 0)
        for k in range(1, at):
            head[k] = data[begin + k]
        for k in range(size):
            head[at + k] = data[begin + at + k] ^ mask[1 + k]
            sent = sent << 8 | cython.cast(cython.longlong, head[at + k])
        found = full(sent, 8 * size, largest)
        largest = max(largest, found)
        numbers[number, 0], numbers[number, 1] = found, at + size
        for k in range(NONCE):
            shift = 8 * (NONCE - 1 - k)
            nonces[number, k] = iv[k] ^ ((found >> shift) & 0xFF if shift < 64 else 0)
    return cython.cast(cython.longlong, masks.shape[0])


globals().update(
    BEHIND=BEHIND,
    JOINED=JOINED,
    KEY_PHASE=KEY_PHASE,
    LAST=LAST,
    OFFSET=OFFSET,
    SHORT_BITS=SHORT_BITS,
    SIZE=SIZE,
    STREAM=STREAM,
)  # C variables are not attributes of a compiled module

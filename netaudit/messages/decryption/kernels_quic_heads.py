"""Kernels that bare the heads of QUIC packets with short headers, many under the same keys (RFC 9001, 5.3 and 5.4)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel
from netaudit.jit.kernels_bytes import copy

U1 = npt.NDArray[np.uint8]
I8 = npt.NDArray[np.int64]
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

"""Ids of many flows and messages at once: BLAKE2b with 16 bytes of digest over one block (RFC 7693), in hexadecimal.

The bytes that are hashed are those of `from_streams.flow_id` and `from_streams.message_id`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import kernel

U1 = npt.NDArray[np.uint8]
U8 = npt.NDArray[np.uint64]

DIGEST = 16  # bytes
SERIAL = 0x01010000 ^ DIGEST  # parameters: no key, fanout and depth 1 (RFC 7693, 2.8)
ROUNDS = 12
HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
START = np.array(
    [
        0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1,
        0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179,
    ],
    np.uint64,
)  # fmt: skip
ORDER = np.array(  # of the message's words in each round (RFC 7693, 2.7); rounds 10 and 11 are 0 and 1 again
    [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
        [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
        [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
        [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
        [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
        [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
        [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
        [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
        [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
    ],
    np.int64,
)


@kernel
def turned(word: Any, by: int) -> Any:
    """A 64-bit word rotated to the right."""
    return (word >> np.uint64(by)) | (word << np.uint64(64 - by))


@kernel
def mixed(a: Any, b: Any, c: Any, d: Any, first: Any, second: Any) -> tuple[Any, Any, Any, Any]:
    """Four words of the state and two of the message, mixed (RFC 7693, 3.1)."""
    a = a + b + first
    d = turned(d ^ a, 32)
    c = c + d
    b = turned(b ^ c, 24)
    a = a + b + second
    d = turned(d ^ a, 16)
    c = c + d
    return a, turned(b ^ c, 63), c, d


@kernel
def digest(block: U1, length: int, words: U8, out: U1, at: int) -> None:
    """Write the digest of block[:length] to out[at:at + 32] in hexadecimal.

    Args:
        block: 128 bytes, zero from `length` on.
        length: at most 128.
        words: room for 16 words.
        out: where the digits go.
        at: from here on.

    """
    m = words
    for i in range(16):
        word = np.uint64(0)
        for k in range(8):
            word |= np.uint64(block[8 * i + k]) << np.uint64(8 * k)
        m[i] = word
    v0 = v8 = START[0]
    v1 = v9 = START[1]
    v2, v3, v4, v5, v6, v7 = START[2], START[3], START[4], START[5], START[6], START[7]
    v10, v11, v13, v15 = v2, v3, v5, v7
    v0 ^= np.uint64(SERIAL)
    begun, next_begun = v0, v1
    v12 = v4 ^ np.uint64(length)
    v14 = ~v6  # the last block
    for turn in range(ROUNDS):
        o = ORDER[turn % 10]
        v0, v4, v8, v12 = mixed(v0, v4, v8, v12, m[o[0]], m[o[1]])
        v1, v5, v9, v13 = mixed(v1, v5, v9, v13, m[o[2]], m[o[3]])
        v2, v6, v10, v14 = mixed(v2, v6, v10, v14, m[o[4]], m[o[5]])
        v3, v7, v11, v15 = mixed(v3, v7, v11, v15, m[o[6]], m[o[7]])
        v0, v5, v10, v15 = mixed(v0, v5, v10, v15, m[o[8]], m[o[9]])
        v1, v6, v11, v12 = mixed(v1, v6, v11, v12, m[o[10]], m[o[11]])
        v2, v7, v8, v13 = mixed(v2, v7, v8, v13, m[o[12]], m[o[13]])
        v3, v4, v9, v14 = mixed(v3, v4, v9, v14, m[o[14]], m[o[15]])
    put_hex(begun ^ v0 ^ v8, out, at)
    put_hex(next_begun ^ v1 ^ v9, out, at + DIGEST)


@kernel
def put_hex(word: Any, out: U1, at: int) -> None:
    """Write the eight bytes of a word, lowest first, as sixteen digits."""
    for k in range(8):
        byte = np.int64((word >> np.uint64(8 * k)) & np.uint64(255))
        out[at + 2 * k] = HEX[byte >> 4]
        out[at + 2 * k + 1] = HEX[byte & 15]


@kernel
def put(block: U1, at: int, value: Any, size: int) -> int:
    """Write a number big-endian in `size` bytes; gives the place behind it."""
    number = np.uint64(value)
    for k in range(size):
        block[at + k] = (number >> np.uint64(8 * (size - 1 - k))) & np.uint64(255)
    return at + size


@kernel
def put_end(block: U1, at: int, high: Any, low: Any, port: Any) -> int:
    """Write one end of a flow."""
    return put(block, put(block, put(block, at, high, 8), low, 8), port, 2)


@kernel
def flow_ids(flows: npt.NDArray[Any], out: U1) -> None:
    """Write the id of each flow: 32 digits per FLOW row, one behind the other."""
    block, words = np.zeros(128, np.uint8), np.empty(16, np.uint64)
    for index in range(flows.size):
        row = flows[index]
        at = put(block, 0, row["proto"], 1)
        at = put(block, at, row["first_ts"], 8)
        at = put(block, at, row["first_seq"], 4)
        a_hi, a_lo, a_port = row["client_hi"], row["client_lo"], row["client_port"]
        b_hi, b_lo, b_port = row["server_hi"], row["server_lo"], row["server_port"]
        swapped = a_hi > b_hi
        if a_hi == b_hi:
            swapped = a_lo > b_lo or (a_lo == b_lo and a_port > b_port)
        if swapped:
            at = put_end(block, put_end(block, at, b_hi, b_lo, b_port), a_hi, a_lo, a_port)
        else:
            at = put_end(block, put_end(block, at, a_hi, a_lo, a_port), b_hi, b_lo, b_port)
        digest(block, at, words, out, 2 * DIGEST * index)


@kernel
def nibble(digit: Any) -> int:
    """Value of a hexadecimal digit in lower case."""
    value: int = np.int64(digit)  # type: ignore[assignment]
    return value - 48 if value < 58 else value - 87


@kernel
def message_ids(messages: npt.NDArray[Any], flows: U1, protocol: U1, out: U1) -> None:
    """Write the id of each message, the first at its offset.

    Args:
        messages: LOOKUP rows.
        flows: ids of the flows as `flow_ids` writes them, by LOOKUP.flow.
        protocol: its name.
        out: 32 digits per message.

    """
    block, words = np.zeros(128, np.uint8), np.empty(16, np.uint64)
    for index in range(messages.size):
        row = messages[index]
        flow = 2 * DIGEST * np.int64(row["flow"])
        for k in range(DIGEST):
            block[k] = nibble(flows[flow + 2 * k]) << 4 | nibble(flows[flow + 2 * k + 1])
        at = put(block, DIGEST, row["direction"], 1)
        at = put(block, at, row["start"], 8)
        at = put(block, at, 0, 4)
        for k in range(protocol.size):
            block[at + k] = protocol[k]
        digest(block, at + protocol.size, words, out, 2 * DIGEST * index)


@kernel
def ids_within(messages: U1, name: U1, out: U1) -> None:
    """Write the id of what has this name in each message: `unwrapping.from_messages.object_id`.

    Args:
        messages: ids of the messages, 32 digits each.
        name: its way of unwrapping, at most 112 bytes.
        out: 32 digits for each.

    """
    block, words = np.zeros(128, np.uint8), np.empty(32, np.uint64)
    for k in range(name.size):
        block[DIGEST + k] = name[k]
    for at in range(0, messages.size, 2 * DIGEST):
        for k in range(DIGEST):
            block[k] = nibble(messages[at + 2 * k]) << 4 | nibble(messages[at + 2 * k + 1])
        digest(block, DIGEST + name.size, words, out, at)

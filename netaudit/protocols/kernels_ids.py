"""Ids of many flows and messages at once (`ids.py`): BLAKE2b with 16 bytes of digest over one block (RFC 7693).

The bytes that are hashed are those of `flow.flow_id`, `message.message_id` and `unwrapping.from_messages.object_id`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import kernel, lean_kernel

U1 = npt.NDArray[np.uint8]
U8 = npt.NDArray[np.uint64]

DIGEST, BLOCK = 16, 128  # bytes
WORDS, LANES = 16, 32  # of a block; blocks that are hashed side by side, in as many as the processor can at once
SERIAL = 0x01010000 ^ DIGEST  # parameters: no key, fanout and depth 1 (RFC 7693, 2.8)
HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
START = np.array(
    [
        0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1,
        0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179,
    ],
    np.uint64,
)  # fmt: skip
State = tuple[Any, Any, Any, Any, Any, Any, Any, Any, Any, Any, Any, Any, Any, Any, Any, Any]  # words


@lean_kernel
def turned(word: Any, by: int) -> Any:
    """A 64-bit word rotated to the right."""
    return (word >> np.uint64(by)) | (word << np.uint64(64 - by))


@lean_kernel
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


@lean_kernel
def stirred(
    v0: Any, v1: Any, v2: Any, v3: Any, v4: Any, v5: Any, v6: Any, v7: Any,
    v8: Any, v9: Any, v10: Any, v11: Any, v12: Any, v13: Any, v14: Any, v15: Any,
    m0: Any, m1: Any, m2: Any, m3: Any, m4: Any, m5: Any, m6: Any, m7: Any,
    m8: Any, m9: Any, m10: Any, m11: Any, m12: Any, m13: Any, m14: Any, m15: Any,
) -> State:  # fmt: skip
    """The state after a round, with the words of the message in the order of that (RFC 7693, 2.7)."""
    v0, v4, v8, v12 = mixed(v0, v4, v8, v12, m0, m1)
    v1, v5, v9, v13 = mixed(v1, v5, v9, v13, m2, m3)
    v2, v6, v10, v14 = mixed(v2, v6, v10, v14, m4, m5)
    v3, v7, v11, v15 = mixed(v3, v7, v11, v15, m6, m7)
    v0, v5, v10, v15 = mixed(v0, v5, v10, v15, m8, m9)
    v1, v6, v11, v12 = mixed(v1, v6, v11, v12, m10, m11)
    v2, v7, v8, v13 = mixed(v2, v7, v8, v13, m12, m13)
    v3, v4, v9, v14 = mixed(v3, v4, v9, v14, m14, m15)
    return v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15


@lean_kernel
def hash_lanes(m: U8, length: int, first: U8, second: U8) -> None:
    """Hash the messages of all lanes, which is one loop without a branch: so it takes many lanes in one instruction.

    Args:
        m: words of the messages, the first ones of all lanes first.
        length: bytes of each message.
        first: of each lane the first half of the digest.
        second: and the other one.

    """
    begun, next_begun = START[0] ^ np.uint64(SERIAL), START[1]
    counted, last = START[4] ^ np.uint64(length), ~START[6]  # of the only block
    for k in range(LANES):
        m0 = m[k]
        m1 = m[LANES * 1 + k]
        m2 = m[LANES * 2 + k]
        m3 = m[LANES * 3 + k]
        m4 = m[LANES * 4 + k]
        m5 = m[LANES * 5 + k]
        m6 = m[LANES * 6 + k]
        m7 = m[LANES * 7 + k]
        m8 = m[LANES * 8 + k]
        m9 = m[LANES * 9 + k]
        m10 = m[LANES * 10 + k]
        m11 = m[LANES * 11 + k]
        m12 = m[LANES * 12 + k]
        m13 = m[LANES * 13 + k]
        m14 = m[LANES * 14 + k]
        m15 = m[LANES * 15 + k]
        v = (
            begun, next_begun, START[2], START[3], START[4], START[5], START[6], START[7],
            START[0], next_begun, START[2], START[3], counted, START[5], last, START[7],
        )  # fmt: skip
        v = stirred(*v, m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15)
        v = stirred(*v, m14, m10, m4, m8, m9, m15, m13, m6, m1, m12, m0, m2, m11, m7, m5, m3)
        v = stirred(*v, m11, m8, m12, m0, m5, m2, m15, m13, m10, m14, m3, m6, m7, m1, m9, m4)
        v = stirred(*v, m7, m9, m3, m1, m13, m12, m11, m14, m2, m6, m5, m10, m4, m0, m15, m8)
        v = stirred(*v, m9, m0, m5, m7, m2, m4, m10, m15, m14, m1, m11, m12, m6, m8, m3, m13)
        v = stirred(*v, m2, m12, m6, m10, m0, m11, m8, m3, m4, m13, m7, m5, m15, m14, m1, m9)
        v = stirred(*v, m12, m5, m1, m15, m14, m13, m4, m10, m0, m7, m6, m3, m9, m2, m8, m11)
        v = stirred(*v, m13, m11, m7, m14, m12, m1, m3, m9, m5, m0, m15, m4, m8, m6, m2, m10)
        v = stirred(*v, m6, m15, m14, m9, m11, m3, m0, m8, m12, m2, m13, m7, m1, m4, m10, m5)
        v = stirred(*v, m10, m2, m8, m4, m7, m6, m1, m5, m15, m11, m9, m14, m3, m12, m13, m0)
        v = stirred(*v, m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15)
        v = stirred(*v, m14, m10, m4, m8, m9, m15, m13, m6, m1, m12, m0, m2, m11, m7, m5, m3)
        first[k] = begun ^ v[0] ^ v[8]
        second[k] = next_begun ^ v[1] ^ v[9]


@kernel
def digests(blocks: U1, length: int, out: U1) -> None:
    """Write the digests of blocks, one behind the other, in hexadecimal.

    Args:
        blocks: BLOCK bytes each, zero from `length` on.
        length: at most BLOCK.
        out: 32 digits for each.

    """
    m = np.zeros(WORDS * LANES, np.uint64)
    first, second = np.empty(LANES, np.uint64), np.empty(LANES, np.uint64)
    count = blocks.size // BLOCK
    for begin in range(0, count, LANES):
        lanes = min(LANES, count - begin)
        for k in range(lanes):
            at = BLOCK * (begin + k)
            for i in range(WORDS):
                word = np.uint64(0)
                for byte in range(8):
                    word |= np.uint64(blocks[at + 8 * i + byte]) << np.uint64(8 * byte)
                m[LANES * i + k] = word
        hash_lanes(m, length, first, second)
        for k in range(lanes):
            put_hex(first[k], out, 2 * DIGEST * (begin + k))
            put_hex(second[k], out, 2 * DIGEST * (begin + k) + DIGEST)


@lean_kernel
def put_hex(word: Any, out: U1, at: int) -> None:
    """Write the eight bytes of a word, lowest first, as sixteen digits."""
    for k in range(8):
        byte = np.int64((word >> np.uint64(8 * k)) & np.uint64(255))
        out[at + 2 * k] = HEX[byte >> 4]
        out[at + 2 * k + 1] = HEX[byte & 15]


@lean_kernel
def put(block: U1, at: int, value: Any, size: int) -> int:
    """Write a number big-endian in `size` bytes; gives the place behind it."""
    number = np.uint64(value)
    for k in range(size):
        block[at + k] = (number >> np.uint64(8 * (size - 1 - k))) & np.uint64(255)
    return at + size


@lean_kernel
def put_end(block: U1, at: int, high: Any, low: Any, port: Any) -> int:
    """Write one end of a flow."""
    return put(block, put(block, put(block, at, high, 8), low, 8), port, 2)


@lean_kernel
def flow_blocks(flows: npt.NDArray[Any], blocks: U1) -> int:
    """Write what names each FLOW row to a block each; gives the bytes that takes."""
    end = 0
    for index in range(flows.size):
        row = flows[index]
        at = put(blocks, BLOCK * index, row["proto"], 1)
        at = put(blocks, at, row["first_ts"], 8)
        at = put(blocks, at, row["first_seq"], 4)
        a_hi, a_lo, a_port = row["client_hi"], row["client_lo"], row["client_port"]
        b_hi, b_lo, b_port = row["server_hi"], row["server_lo"], row["server_port"]
        swapped = a_hi > b_hi
        if a_hi == b_hi:
            swapped = a_lo > b_lo or (a_lo == b_lo and a_port > b_port)
        if swapped:
            at = put_end(blocks, put_end(blocks, at, b_hi, b_lo, b_port), a_hi, a_lo, a_port)
        else:
            at = put_end(blocks, put_end(blocks, at, a_hi, a_lo, a_port), b_hi, b_lo, b_port)
        end = at - BLOCK * index
    return end


@lean_kernel
def nibble(digit: Any) -> int:
    """Value of a hexadecimal digit in lower case."""
    value: int = np.int64(digit)  # type: ignore[assignment]
    return value - 48 if value < 58 else value - 87


@lean_kernel
def put_id(digits: U1, number: int, block: U1, at: int) -> int:
    """Write the bytes of one of the ids that lie one behind the other, 32 digits each; gives the place behind it."""
    begin = 2 * DIGEST * number
    for k in range(DIGEST):
        block[at + k] = nibble(digits[begin + 2 * k]) << 4 | nibble(digits[begin + 2 * k + 1])
    return at + DIGEST


@lean_kernel
def put_text(text: U1, block: U1, at: int) -> int:
    """Write a text; gives the place behind it."""
    for k in range(text.size):
        block[at + k] = text[k]
    return at + text.size


@lean_kernel
def message_blocks(messages: npt.NDArray[Any], flows: U1, protocol: U1, blocks: U1) -> int:
    """Write what names each message, the first at its offset, to a block each; gives the bytes that takes.

    Args:
        messages: rows with `flow`, `direction` and `start`, as LOOKUP rows.
        flows: ids of the flows, 32 digits each, by `flow`.
        protocol: its name.
        blocks: BLOCK bytes for each.

    """
    for index in range(messages.size):
        row = messages[index]
        at = put_id(flows, row["flow"], blocks, BLOCK * index)
        at = put(blocks, at, row["direction"], 1)
        at = put(blocks, at, row["start"], 8)
        at = put(blocks, at, 0, 4)
        put_text(protocol, blocks, at)
    return DIGEST + 13 + protocol.size


@lean_kernel
def blocks_within(messages: U1, name: U1, blocks: U1) -> int:
    """Write what names the thing of this name in each message to a block each; gives the bytes that takes.

    Args:
        messages: ids of the messages, 32 digits each.
        name: its way of unwrapping, at most 112 bytes.
        blocks: BLOCK bytes for each.

    """
    for index in range(messages.size // (2 * DIGEST)):
        put_text(name, blocks, put_id(messages, index, blocks, BLOCK * index))
    return DIGEST + name.size

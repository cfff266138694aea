"""Kernels that cut records of TLS out of bytes (RFC 8446, 5.1), and put down what AEAD ciphers are to know of each."""

from __future__ import annotations

import cython

if not cython.compiled:
    from netaudit.core import uncompiled as cython

cython.declare(
    HEAD=cython.longlong,
    NUMBERED=cython.longlong,
    NONCE=cython.longlong,
    NUMBER=cython.longlong,
    LONGEST=cython.longlong,
)


HEAD = 5
NUMBERED = 13  # bytes that are authenticated with a record of TLS 1.2: its number, and its head with other length
NONCE, NUMBER = 12, 8  # bytes
LONGEST = (1 << 14) + 2048  # bytes of a fragment


@cython.ccall
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(count=cython.longlong, size=cython.longlong)
def cut_records(
    data: cython.const[cython.uchar][::1], at: cython.longlong, kind: cython.longlong, places: cython.longlong[:, ::1]
) -> cython.longlong:
    """Find the records from a place on, as long as they are whole, sound and of one kind; how many.

    Args:
        data: the bytes.
        at: where the first one begins.
        kind: its first byte.
        places: to fill, shape (2, n): where each begins and ends. No more than fit are told.

    """
    for count in range(places.shape[1]):
        if at + HEAD > data.shape[0] or data[at] != kind or data[at + 1] != 3 or data[at + 2] > 4:
            return count
        size = cython.cast(cython.longlong, data[at + 3]) << 8 | cython.cast(cython.longlong, data[at + 4])
        if size > LONGEST or at + HEAD + size > data.shape[0]:
            return count
        places[0, count], places[1, count] = at, at + HEAD + size
        at = places[1, count]
    return cython.cast(cython.longlong, places.shape[1])


@cython.ccall
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(
    at=cython.longlong,
    begin=cython.longlong,
    brought=cython.longlong,
    content=cython.longlong,
    count=cython.longlong,
    k=cython.longlong,
    number=cython.longlong,
    octet=cython.longlong,
    size=cython.longlong,
)
def describe(
    data: cython.const[cython.uchar][::1],
    begins: cython.const[cython.longlong][::1],
    ends: cython.const[cython.longlong][::1],
    first: cython.longlong,
    own: cython.longlong,
    iv: cython.const[cython.uchar][::1],
    nonces: cython.uchar[:, ::1],
    heads: cython.uchar[:, ::1],
) -> cython.void:
    """Put down nonces of records, and what is authenticated with each.

    Args:
        data: holds them.
        begins: where the head of each begins.
        ends: where each ends.
        first: number of the first one.
        own: bytes of a fragment that are no content; with NUMBERED bytes the first of them may belong to the nonce.
        iv: what the key schedule gives: 4 bytes, where records bring the rest (RFC 5288, 3); 12, where numbers are
            mixed in (RFC 8446, 5.3; RFC 7905, 2).
        nonces: to fill, shape (n, 12).
        heads: to fill, shape (n, HEAD): the heads (RFC 8446, 5.2); or (n, NUMBERED) (RFC 5246, 6.2.3.3).

    """
    brought = NONCE - iv.shape[0]
    for number in range(begins.shape[0]):
        begin, count = begins[number], cython.cast(cython.longlong, first + number)
        size = ends[number] - begin - HEAD
        for k in range(iv.shape[0]):
            nonces[number, k] = iv[k]
        for k in range(NUMBER):
            octet = (count >> (8 * (NUMBER - 1 - k))) & 0xFF
            if brought:
                nonces[number, iv.shape[0] + k] = data[begin + HEAD + k] if k < size else 0
            else:
                nonces[number, NONCE - NUMBER + k] ^= octet
            if heads.shape[1] == NUMBERED:
                heads[number, k] = octet
        at = heads.shape[1] - HEAD
        for k in range(HEAD):
            heads[number, at + k] = data[begin + k]
        if at:
            content = max(size - own, 0)
            heads[number, NUMBERED - 2], heads[number, NUMBERED - 1] = content >> 8, content & 0xFF


globals().update(HEAD=HEAD, LONGEST=LONGEST, NUMBERED=NUMBERED)  # C variables are not attributes of a compiled module

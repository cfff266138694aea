"""Texts of many addresses at once, as `addresses.py` writes them (RFC 5952)."""

from __future__ import annotations

import cython
import numpy as np

if not cython.compiled:
    from netaudit.core import uncompiled as cython

cython.declare(
    OCTETS=cython.longlong,
    MAPPED=cython.ulonglong,
    BYTE=cython.ulonglong,
    WORD=cython.ulonglong,
    HEX=cython.const[cython.uchar][::1],
    ZERO=cython.longlong,
    DOT=cython.longlong,
    COLON=cython.longlong,
)


LONGEST = 39  # characters of an address
OCTETS = 6  # of a link address
MAPPED = np.uint64(0xFFFF)  # upper 32 bits of the low half of an IPv4-mapped address (RFC 4291, 2.5.5.2)
BYTE, WORD = np.uint64(0xFF), np.uint64(0xFFFF)
HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
ZERO, DOT, COLON = 48, 46, 58


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(number=cython.longlong, shift=cython.longlong)
def put_four(low: cython.ulonglong, out: cython.uchar[::1], at: cython.longlong) -> cython.longlong:
    """Write an IPv4 address; gives the place behind it."""
    for shift in range(24, -8, -8):
        number = cython.cast(cython.longlong, (low >> cython.cast(cython.ulonglong, shift)) & BYTE)
        if number >= 100:
            out[at] = ZERO + number // 100
            at += 1
        if number >= 10:
            out[at] = ZERO + number // 10 % 10
            at += 1
        out[at] = ZERO + number % 10
        at += 1
        if shift:
            out[at] = DOT
            at += 1
    return at


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(half=cython.ulonglong)
def part_of(high: cython.ulonglong, low: cython.ulonglong, place: cython.longlong) -> cython.longlong:
    """One of the eight 16-bit groups of an address."""
    half = high if place < 4 else low
    return cython.cast(cython.longlong, (half >> cython.cast(cython.ulonglong, 48 - 16 * (place & 3))) & WORD)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(best=cython.longlong, place=cython.longlong, run=cython.longlong, size=cython.longlong)
def longest_zeros(high: cython.ulonglong, low: cython.ulonglong) -> tuple[cython.longlong, cython.longlong]:
    """Where the first of the longest runs of zero groups begins, and its length; one group alone is none."""
    best, size, run = -1, 1, 0
    for place in range(8):
        run = run + 1 if part_of(high, low, place) == 0 else 0
        if run > size:
            best, size = place - run + 1, run
    return best, size


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(
    begin=cython.longlong,
    digit=cython.longlong,
    group=cython.longlong,
    place=cython.longlong,
    shift=cython.longlong,
    size=cython.longlong,
    written=cython.bint,
)
def put_six(
    high: cython.ulonglong, low: cython.ulonglong, out: cython.uchar[::1], at: cython.longlong
) -> cython.longlong:
    """Write an IPv6 address; gives the place behind it."""
    begin, size = longest_zeros(high, low)
    place = 0
    while place < 8:
        if place == begin:
            out[at] = COLON
            out[at + 1] = COLON
            at += 2
            place += size
            continue
        if place and (begin < 0 or place != begin + size):
            out[at] = COLON
            at += 1
        group = part_of(high, low, place)
        written = False
        for shift in range(12, -4, -4):
            digit = group >> shift & 15
            if digit or written or shift == 0:
                out[at] = HEX[digit]
                at += 1
                written = True
        place += 1
    return at


@cython.ccall
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(at=cython.longlong, index=cython.longlong)
def write_addresses(
    high: cython.const[cython.ulonglong][::1],
    low: cython.const[cython.ulonglong][::1],
    without_none: cython.bint,
    out: cython.uchar[::1],
    ends: cython.int[::1],
) -> cython.void:
    """Write the texts of addresses one behind the other.

    Args:
        high: upper halves, shape (n,).
        low: lower halves.
        without_none: whether the address 0 is the empty text.
        out: LONGEST characters for each.
        ends: n + 1 places, of which the first is 0: where each text ends.

    """
    at = 0
    for index in range(high.shape[0]):
        if high[index] == 0 and low[index] >> cython.cast(cython.ulonglong, 32) == MAPPED:
            at = put_four(low[index], out, at)
        elif not without_none or high[index] != 0 or low[index] != 0:
            at = put_six(high[index], low[index], out, at)
        ends[index + 1] = at


@cython.ccall
@cython.nogil
@cython.exceptval(check=False)
@cython.locals(at=cython.longlong, index=cython.longlong, octet=cython.longlong, place=cython.longlong)
def write_macs(macs: cython.const[cython.ulonglong][::1], out: cython.uchar[::1], ends: cython.int[::1]) -> cython.void:
    """Write the texts of link addresses one behind the other, of 0 the empty one.

    Args:
        macs: shape (n,).
        out: 3 * OCTETS - 1 characters for each.
        ends: n + 1 places, of which the first is 0: where each text ends.

    """
    at = 0
    for index in range(macs.shape[0]):
        for place in range(OCTETS if macs[index] else 0):
            octet = cython.cast(
                cython.longlong, (macs[index] >> cython.cast(cython.ulonglong, 8 * (OCTETS - 1 - place))) & BYTE
            )
            if place:
                out[at] = COLON
                at += 1
            out[at] = HEX[octet >> 4]
            out[at + 1] = HEX[octet & 15]
            at += 2
        ends[index + 1] = at


globals().update(OCTETS=OCTETS)  # C variables are not attributes of a compiled module

"""Texts of many addresses at once, as `addresses.py` writes them (RFC 5952)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel

U1 = npt.NDArray[np.uint8]
U8 = npt.NDArray[np.uint64]

LONGEST = 39  # characters of an address
OCTETS = 6  # of a link address
MAPPED = np.uint64(0xFFFF)  # upper 32 bits of the low half of an IPv4-mapped address (RFC 4291, 2.5.5.2)
BYTE, WORD = np.uint64(0xFF), np.uint64(0xFFFF)
HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
ZERO, DOT, COLON = 48, 46, 58


@lean_kernel
def put_four(low: Any, out: U1, at: int) -> int:
    """Write an IPv4 address; gives the place behind it."""
    for shift in (24, 16, 8, 0):
        number = np.int64((low >> np.uint64(shift)) & BYTE)
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


@lean_kernel
def part_of(high: Any, low: Any, place: int) -> int:
    """One of the eight 16-bit groups of an address."""
    half = high if place < 4 else low
    group: int = np.int64((half >> np.uint64(48 - 16 * (place & 3))) & WORD)  # type: ignore[assignment]
    return group


@lean_kernel
def longest_zeros(high: Any, low: Any) -> tuple[int, int]:
    """Where the first of the longest runs of zero groups begins, and its length; one group alone is none."""
    best, size, run = -1, 1, 0
    for place in range(8):
        run = run + 1 if part_of(high, low, place) == 0 else 0
        if run > size:
            best, size = place - run + 1, run
    return best, size


@lean_kernel
def put_six(high: Any, low: Any, out: U1, at: int) -> int:
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
        for shift in (12, 8, 4, 0):
            digit = group >> shift & 15
            if digit or written or shift == 0:
                out[at] = HEX[digit]
                at += 1
                written = True
        place += 1
    return at


@lean_kernel
def write_addresses(high: U8, low: U8, without_none: bool, out: U1, ends: npt.NDArray[np.int32]) -> None:  # noqa: FBT001
    """Write the texts of addresses one behind the other.

    Args:
        high: upper halves, shape (n,).
        low: lower halves.
        without_none: whether the address 0 is the empty text.
        out: LONGEST characters for each.
        ends: n + 1 places, of which the first is 0: where each text ends.

    """
    at = 0
    for index in range(high.size):
        if high[index] == 0 and low[index] >> np.uint64(32) == MAPPED:
            at = put_four(low[index], out, at)
        elif not without_none or high[index] != 0 or low[index] != 0:
            at = put_six(high[index], low[index], out, at)
        ends[index + 1] = at


@lean_kernel
def write_macs(macs: U8, out: U1, ends: npt.NDArray[np.int32]) -> None:
    """Write the texts of link addresses one behind the other, of 0 the empty one.

    Args:
        macs: shape (n,).
        out: 3 * OCTETS - 1 characters for each.
        ends: n + 1 places, of which the first is 0: where each text ends.

    """
    at = 0
    for index in range(macs.size):
        for place in range(OCTETS if macs[index] else 0):
            octet = np.int64((macs[index] >> np.uint64(8 * (OCTETS - 1 - place))) & BYTE)
            if place:
                out[at] = COLON
                at += 1
            out[at] = HEX[octet >> 4]
            out[at + 1] = HEX[octet & 15]
            at += 2
        ends[index + 1] = at

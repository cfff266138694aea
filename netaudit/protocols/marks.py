"""What any datagram has that a recogniser takes, as data: so that many datagrams are asked about at once.

A mark says less than its recogniser, never more: where no mark of any reader stands, no reader need be asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable

ANY = bytes(range(256))
LETTERS = bytes(range(ord("A"), ord("Z") + 1))
DIGITS = b"0123456789"
WHOLE = 1 << 16  # behind the last byte of any datagram


class Mark(NamedTuple):
    """All of this is true of a first datagram that the recogniser takes."""

    starts: tuple[bytes, ...] = ()  # bytes that may stand at each place from `at` on
    at: int = 0
    least: int = 1  # bytes of the datagram
    ports: tuple[int, ...] = ()  # one end has one of these; empty: any ports
    holds: tuple[bytes, int, int] = (
        b"",
        0,
        0,
    )  # one of these bytes stands in data[from:to]; none: no need


def literal(text: bytes) -> tuple[bytes, ...]:
    """`starts` of exactly these bytes."""
    return tuple(text[place : place + 1] for place in range(len(text)))


ANYTHING = (Mark(),)  # a recogniser that told of no mark is always asked

MARK = np.dtype(
    [
        ("at", "i4"), ("least", "i4"), ("sets_from", "i4"), ("sets_to", "i4"), ("ports_from", "i4"), ("ports_to", "i4"),
        ("held", "i4"), ("held_from", "i4"), ("held_to", "i4"),
    ],
    align=True,
)  # fmt: skip


class Marks(NamedTuple):
    """Marks as kernels take them."""

    rows: npt.NDArray[Any]  # MARK rows; `held`: row of sets, -1 for none
    sets: npt.NDArray[np.uint8]  # shape (n, 256): whether a set holds a byte
    ports: npt.NDArray[np.int64]


def packed(marks: Iterable[Mark]) -> Marks:
    """Marks in columns; each set of bytes once for each place."""
    rows: list[tuple[int, ...]] = []
    sets: list[bytes] = []
    ports: list[int] = []
    for mark in marks:
        begin, listed = len(sets), len(ports)
        sets += mark.starts
        ports += mark.ports
        among, first, last = mark.holds
        end = len(sets)
        sets += [among] if among else []
        rows.append((mark.at, mark.least, begin, end, listed, len(ports), end if among else -1, first, last))
    table = np.zeros((max(len(sets), 1), 256), np.uint8)
    for number, allowed in enumerate(sets):
        table[number, list(allowed)] = 1
    return Marks(np.array(rows, MARK), table, np.array(ports, np.int64))

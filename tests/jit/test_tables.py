"""Tables go to kernels by their address, and bytes are read as words: as Python reads them, whatever they hold."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.jit.decorators import kernel, lean_kernel
from netaudit.jit.words import words_of

ROW = np.dtype([("count", "u4"), ("last", "u1")], align=True)


class Held(NamedTuple):
    """Two tables of different types."""

    rows: npt.NDArray[Any]
    order: npt.NDArray[np.int64]


@lean_kernel
def _note(held: Held, at: int, value: int) -> int:
    row = held.rows[held.order[at]]
    row["count"] += np.uint32(value)
    row["last"] = value
    return int(row["count"])


@lean_kernel
def _note_all(held: Held, values: npt.NDArray[np.uint8]) -> int:
    total = 0
    for at in range(values.size):
        total += _note(held, at % held.order.size, values[at])
    return total


@kernel
def _folded(data: npt.NDArray[np.uint8]) -> np.uint64:
    found = np.uint64(0)
    words = words_of(data)
    for k in range(words.size):
        found ^= words[k]
    return found


@settings(deadline=None)  # compiles
@given(st.binary(max_size=40), st.permutations(range(3)))
def test_kernels_see_and_change_the_tables_that_python_has(data: bytes, order: list[int]) -> None:
    values = np.frombuffer(data, np.uint8)
    here, there = (Held(np.zeros(3, ROW), np.array(order)) for _ in range(2))
    assert _note_all(here, values) == _note_all.py_func(there, values)  # type: ignore[attr-defined]
    assert here.rows.tolist() == there.rows.tolist()


def test_other_tables_of_the_same_types_are_taken_at_their_own_place() -> None:
    """What was compiled holds no address."""
    one, other = (Held(np.zeros(2, ROW), np.arange(2)) for _ in range(2))
    _note_all(one, np.ones(3, np.uint8))
    assert _note_all(other, np.ones(2, np.uint8)) == 2
    assert one.rows["count"].tolist() == [2, 1]


@settings(deadline=None)  # compiles
@given(st.binary(max_size=70), st.integers(0, 9))
def test_words_are_those_of_numpy(data: bytes, begin: int) -> None:
    part = np.frombuffer(data, np.uint8)[begin:]
    expected = np.bitwise_xor.reduce(np.frombuffer(part.tobytes()[: part.size // 8 * 8], np.uint64), initial=0)
    assert _folded(part) == expected
    assert words_of(part).size == part.size // 8

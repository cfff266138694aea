"""What kernels do all the time is said shortly to LLVM, and gives what numba gives; what fails, fails for all callers."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba.np import numpy_support

from netaudit.jit.decorators import kernel, lean_kernel

ROW = np.dtype([("count", "i4"), ("small", "u1"), ("pair", "i2", 2), ("sure", "?")], align=True)
PACKED = np.dtype([("small", "u1"), ("count", "i8")])
WORDS = (3, 80, -1)
I8 = npt.NDArray[np.int64]
WHOLE = st.integers(-(1 << 62), 1 << 62)


@lean_kernel
def _turned(rows: npt.NDArray[Any], packed: npt.NDArray[Any], values: I8, at: int) -> int:
    row, beside = rows[at], packed[-1]
    row["count"] = values[at] & 0xFFFF
    row["small"], beside["small"] = values[-1] & 0xFF, row["small"]
    row["pair"][at] = row["small"]
    row["sure"] = values[at] == row["count"]
    beside["count"] += row["count"] * 3 - values[0]
    values[at - 2] = beside["count"]
    return int(row["pair"][0]) + int(rows["small"][at])


@lean_kernel
def _reckoned(values: I8, small: npt.NDArray[np.uint8], limit: int) -> int:
    total = 0
    for value in values:
        total ^= value % 7 + max(value, limit, 5) - min(value, 9)
    for k in range(small.size - 1, limit, -1):
        total += min(k, small[k]) | int(small[k])
    for k in range(limit, small.size):
        total += int(small[k] in WORDS) - int(k not in WORDS) + small[k] % np.uint8(3)
    for k in range(small.size):
        if small[k] >= limit:
            total -= k
        if small[k] != small[-1]:
            continue
        total += max(small[k], np.uint8(7))
    return total


_turned_by_numba, _reckoned_by_numba = (numba.njit(one.py_func) for one in (_turned, _reckoned))


@kernel
def _share(value: int, by: int) -> int:
    return value // by


@lean_kernel
def _shares(values: I8, by: int) -> int:
    total = 0
    for k in range(values.size):
        total += _share(values[k], by)
    return total


@kernel
def _first_and_shares(values: I8, by: int) -> int:
    return _first(values) + _shares(values, by)


@lean_kernel
def _first(values: I8) -> int:
    return values[0]  # type: ignore[return-value]


@settings(deadline=None)  # compiles
@given(st.lists(WHOLE, min_size=2, max_size=2), st.integers(0, 1))
def test_items_and_fields_are_those_of_numba(values: list[int], at: int) -> None:
    here, there = ((np.zeros(2, ROW), np.zeros(3, PACKED), np.array(values)) for _ in range(2))
    assert _turned(*here, at) == _turned_by_numba(*there, at)
    for one, other in zip(here, there, strict=True):
        assert one.tobytes() == other.tobytes()


@settings(deadline=None)  # compiles
@given(st.lists(WHOLE, max_size=4), st.binary(min_size=1, max_size=6), st.integers(-4, 8))
def test_loops_and_integers_are_those_of_numba(values: list[int], data: bytes, limit: int) -> None:
    given_ = np.array(values, np.int64), np.frombuffer(data, np.uint8), limit
    assert _reckoned(*given_) == _reckoned_by_numba(*given_)


def test_a_failure_comes_through_all_callers() -> None:
    assert _first_and_shares(np.array([7, 9]), 2) == 7 + 3 + 4
    with pytest.raises(ZeroDivisionError):
        _first_and_shares(np.array([7, 9]), 0)


def test_a_record_is_aligned_as_its_dtype_says() -> None:
    """Two that differ in nothing else are equal for numpy."""
    fields = [("a", "u8"), ("b", "u8")]
    aligned, packed = (numpy_support.from_dtype(np.dtype(fields, align=align)) for align in (True, False))
    assert aligned.aligned
    assert not packed.aligned


@lean_kernel
def _counted_down(span: tuple[int, ...]) -> int:
    total = 0
    for k in range(*span):
        total = 10 * total + k
    return total


def test_a_range_of_a_tuple_has_its_step() -> None:
    assert _counted_down((4, 0, -1)) == 4321

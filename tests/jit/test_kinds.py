"""Kinds tell arguments apart as numba's types do, and fingerprints as kinds; what has none is left to numba."""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
import pytest

from netaudit.jit import kinds, numba_parts

ROW = np.dtype([("a", "u8"), ("b", "u8")], align=True)


class Pair(NamedTuple):
    """Two of anything."""

    one: Any
    other: Any


class Couple(NamedTuple):
    """Two of anything, by another name."""

    one: Any
    other: Any


def _shapes(dtype: Any) -> list[Any]:
    data = np.zeros((4, 4), dtype)
    read = data[0].copy()
    read.flags.writeable = False
    return [data[0], read, data[:, 0], data, data.T, data[1:3, 1:3]]


VALUES = [
    1, -1, 1 << 62, True, 1.5, None, b"ab", b"",
    *(np.dtype(name).type(1) for name in ("bool", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8")),
    *(shape for dtype in ("u1", "i8", "f8", ROW, np.dtype(ROW.descr), np.dtype("u4")) for shape in _shapes(dtype)),
    Pair(np.zeros(1, ROW), np.zeros(1)), Pair(np.zeros(1), np.zeros(1, ROW)), Couple(np.zeros(1, ROW), np.zeros(1)),
    (1, 2), (1, 2, 3), (1, 2.0), (np.zeros(1), 1), ((1, 2), 3), np.zeros(2, ROW)[0], np.zeros(2, "u4")[1],
]  # fmt: skip


def test_values_of_one_kind_are_of_one_type_and_the_other_way_round() -> None:
    numba_types = [numba.typeof(value) for value in VALUES]
    named = [kinds.kinds_of((value,)) for value in VALUES]
    assert None not in named
    for one, (kind, numba_type) in enumerate(zip(named, numba_types, strict=True)):
        alike = [other for other, found in enumerate(named) if found == kind]
        aligned = [
            other for other, found in enumerate(numba_types) if found == numba_type and _aligned(other) == _aligned(one)
        ]
        assert alike == aligned


def _aligned(at: int) -> bool:
    """numba gives equal types to records that differ in that only; they are compiled apart."""
    return bool(getattr(getattr(VALUES[at], "dtype", None), "isalignedstruct", False))


def test_values_of_one_fingerprint_are_of_one_kind() -> None:
    fingerprint = numba_parts.fingerprint()
    found: dict[bytes, set[Any]] = {}
    for value in VALUES:
        if getattr(value, "dtype", None) != ROW:  # dtypes that are equal for numpy
            found.setdefault(fingerprint((value,)), set()).add(kinds.kinds_of((value,)))
    assert {len(several) for several in found.values()} == {1}


@pytest.mark.parametrize(
    "value", ["text", [1], {1}, 1j, np.zeros(1, "O"), np.zeros(1, ">u4"), memoryview(b""), (1, "a")]
)
def test_what_kernels_are_not_called_with_has_none(value: Any) -> None:
    assert kinds.kinds_of((1, value)) is None


@pytest.mark.parametrize("number", [1 << 63, -(1 << 63) - 1])
def test_a_number_of_more_than_64_bits_with_a_sign_has_none(number: int) -> None:
    assert kinds.kinds_of((number,)) is None
    assert kinds.kinds_of((number - 1 if number > 0 else number + 1,)) is not None

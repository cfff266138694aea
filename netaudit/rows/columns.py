"""Whole columns of a table as Arrow arrays, for rows of which nobody makes objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

DIGITS = 32  # of an id
Column = Any  # a pyarrow array


def batch_of(columns: dict[str, Any], schema: pa.Schema) -> pa.RecordBatch:
    """Rows of a table by the arrays or lists of its columns; those that are not given are empty texts."""
    n = len(next(iter(columns.values())))
    nothing = pa.repeat("", n)
    arrays = [array_of(columns.get(field.name, nothing), field.type) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def array_of(column: Any, kind: pa.DataType) -> Column:
    """Numbers, texts or an array as an array of this type; rows of numbers as lists of as many."""
    if isinstance(column, pa.Array):
        return column
    if isinstance(column, np.ndarray):
        if column.ndim > 1:  # as many values in each row
            starts = np.arange(0, column.size + 1, column.shape[1], dtype=np.int32)
            return pa.ListArray.from_arrays(pa.array(starts), array_of(column.reshape(-1), kind.value_type))
        numbers = pa.array(np.ascontiguousarray(column))
        return numbers if numbers.type == kind else numbers.cast(kind)
    return pa.array(column, kind)


def ids_of(digits: npt.NDArray[np.uint8]) -> Column:
    """Texts of 32 digits that lie one behind the other."""
    ends = np.arange(0, len(digits) + 1, DIGITS, dtype=np.int32)
    return pa.StringArray.from_buffers(len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(digits))


def texts_of(numbers: npt.NDArray[Any], text_of: Callable[[Any], str]) -> Column:
    """Texts of numbers of which there are few different ones."""
    different, places = np.unique(numbers, return_inverse=True)
    return pa.array([text_of(number) for number in different.tolist()], pa.string()).take(pa.array(places))


def empty_lists(n: int) -> Column:
    """A list without texts for each row."""
    return pa.ListArray.from_arrays(pa.array(np.zeros(n + 1, np.int32)), pa.array([], pa.string()))

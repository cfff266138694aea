"""Columns of tables made of numbers, without an object for each row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from netaudit.core.storage.table_streams import whole
from netaudit.core.text.kernels_addresses import LONGEST, OCTETS, write_addresses, write_macs

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    import numpy.typing as npt

    from netaudit.core.schema import Table

Column = Any  # a pyarrow array
DIGITS = 32  # of an id
WAYS = pa.array(["up", "down"])  # by direction


def batch_of(columns: Mapping[str, Any], schema: pa.Schema) -> pa.RecordBatch:
    """Rows of a table, of columns by name: arrays of either kind, or lists. Raises KeyError where some are missing."""
    if missing := [name for name in schema.names if name not in columns]:
        table = (schema.metadata or {}).get(b"table", b"a table").decode()
        raise KeyError(f"rows of {table} without {', '.join(missing)}")
    arrays = [array(columns[field.name], field.type) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def columns_of(drafts: Sequence[tuple[Any, ...]], table: Table) -> dict[str, Sequence[Any]]:
    """Columns by name of tuples that have a value for each column of a table, in order."""
    return dict(zip(table.names, zip(*drafts, strict=True), strict=True))


def like(rows: pa.RecordBatch, which: Any, own: dict[str, Any], alike: Collection[str]) -> pa.RecordBatch:
    """Rows of a table: in the columns `alike` each like that one of `rows` whose number is in `which`, beside `own`.

    Raises KeyError where a column is in neither.
    """
    places = pa.array(which)
    return batch_of({name: rows[name].take(places) for name in alike} | own, rows.schema)


def each(made: Callable[[str], str], texts: Sequence[str]) -> list[str]:
    """What is made of texts, of each different one once."""
    known = {one: made(one) for one in set(texts)}
    return [known[one] for one in texts]


def array(column: Any, kind: pa.DataType) -> Column:
    """A column of that type; rows of a two-dimensional array are lists."""
    if isinstance(column, pa.Array):
        return column
    if isinstance(column, np.ndarray):
        if column.ndim > 1:  # as many values in each row
            starts = np.arange(0, column.size + 1, column.shape[1], dtype=np.int32)
            return pa.ListArray.from_arrays(pa.array(starts), array(column.reshape(-1), kind.value_type))
        numbers = pa.array(np.ascontiguousarray(column))
        return numbers if numbers.type == kind else numbers.cast(kind)
    try:
        return pa.array(column, kind)
    except UnicodeEncodeError:
        return pa.array([whole(value) for value in column], kind)


def ids(digits: npt.NDArray[np.uint8]) -> Column:
    """Texts of 32 digits that lie one behind the other."""
    ends = np.arange(0, len(digits) + 1, DIGITS, dtype=np.int32)
    return pa.StringArray.from_buffers(len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(digits))


def ids_of_some(digits: npt.NDArray[np.uint8], numbers: npt.NDArray[Any]) -> Column:
    """Those ids that have these numbers, empty for -1."""
    ends = np.zeros(len(numbers) + 1, np.int32)
    np.cumsum(np.where(numbers >= 0, DIGITS, 0), out=ends[1:])
    chosen = digits.reshape(-1, DIGITS)[numbers[numbers >= 0]].reshape(-1)
    return pa.StringArray.from_buffers(len(numbers), pa.py_buffer(ends), pa.py_buffer(chosen))


def few(numbers: npt.NDArray[Any], said_of: Callable[[Any], Any], kind: pa.DataType | None = None) -> Column:
    """What is said (texts, if not told otherwise) of numbers of which there are few different ones."""
    if numbers.size and (numbers == numbers[0]).all():
        return pa.repeat(pa.scalar(said_of(numbers[0].item()), kind or pa.string()), numbers.size)
    different, places = np.unique(numbers, return_inverse=True)
    return pa.array(list(map(said_of, different.tolist())), kind or pa.string()).take(pa.array(places))


def addresses(high: npt.NDArray[np.uint64], low: npt.NDArray[np.uint64], *, none: bool = True) -> Column:
    """Texts of addresses given as halves; where there is `none`, 0 is the empty text."""
    letters, ends = np.empty(LONGEST * len(high), np.uint8), np.zeros(len(high) + 1, np.int32)
    write_addresses(np.array(high), np.array(low), none, letters, ends)  # copies: one type for the kernel
    return texts(letters, ends)


def link_addresses(numbers: npt.NDArray[np.uint64]) -> Column:
    """Texts of 48-bit link addresses, empty for none."""
    letters, ends = np.empty(3 * OCTETS * len(numbers), np.uint8), np.zeros(len(numbers) + 1, np.int32)
    write_macs(np.array(numbers), letters, ends)
    return texts(letters, ends)


def texts(letters: npt.NDArray[np.uint8], ends: npt.NDArray[np.int32]) -> Column:
    """Texts that lie one behind the other, without the room behind them."""
    own = letters[: ends[-1]].copy()
    return pa.StringArray.from_buffers(len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(own))


def empty_lists(n: int) -> Column:
    """Lists of texts, all empty."""
    return pa.ListArray.from_arrays(pa.array(np.zeros(n + 1, np.int32)), pa.array([], pa.string()))

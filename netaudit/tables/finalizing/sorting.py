"""Brings the rows of a table into the order of its key, and keeps them where the last step can look at them.

    streams (mapped) → groups of rows in order → tables/<table>.parquet, and tables/<table>.arrow while the audit lasts

Parquet has to be decoded into memory; the Arrow file is only mapped, so that the last step and the report may look at
columns of tables of any size. Memory: three numbers a row, and the rows of some groups.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.lib.stride_tricks import sliding_window_view

from netaudit.core.schema import TABLES, Table
from netaudit.core.storage.files import fresh, remove

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

GROUP_ROWS = 16_384  # rows of a Parquet row group: the same rows give the same bytes
PART_ROWS = 8_192  # rows looked at as one piece
AT_ONCE = 8  # groups that are brought together in one go, as it costs a look at each piece in which their rows lie
ROOM = 16 << 20  # bytes that these take, on the average; and of one column of those pieces, put together
PREFIX = 8  # bytes of a text by which most rows are in order already


def write_table(
    folder: Path,
    table: Table,
    rows: pa.Table,
    *,
    place: str = "tables",
    capture_ids: list[str] | None = None,
    keep: int = 0,
) -> pa.Table | None:
    """Sort `rows` by the table's key and write them as Parquet; the file appears when it is whole.

    `capture_ids`, by running index, take the place of the stand-ins that rows have while an audit runs (`rows.py`).
    Gives them in order where they take no more than `keep` bytes.
    """
    kept: list[pa.Table] | None = [] if rows.nbytes <= keep else None
    with _parquet(folder / place / f"{table.name}.parquet", table, rows.schema) as parquet:
        for group in _groups(table, rows, capture_ids):
            parquet.write_table(group, row_group_size=GROUP_ROWS)
            if kept is not None:
                kept.append(group)
    if kept is None:
        return None
    return pa.concat_tables(kept) if kept else rows


def settle(folder: Path, table: Table, rows: pa.Table, capture_ids: list[str]) -> pa.Table:
    """Write `rows` like `write_table`, and give them back in order and mapped from a file.

    Both files appear when they are whole: an audit may be killed at any moment, and its case is read nevertheless.
    """
    path = folder / "tables" / f"{table.name}.arrow"
    with (
        _parquet(path.with_suffix(".parquet"), table, rows.schema) as parquet,
        fresh(path) as temporary,
        pa.OSFile(str(temporary), "wb") as sink,  # ours to close: a writer that opens it holds it until it is collected
        pa.ipc.new_file(sink, rows.schema) as mapped,
    ):
        for group in _groups(table, rows, capture_ids):
            parquet.write_table(group, row_group_size=GROUP_ROWS)
            mapped.write_table(group, max_chunksize=PART_ROWS)
    return settled(folder, table.name)


def settled(folder: Path, name: str) -> pa.Table:
    """The rows of a table that `settle` has put in order, as long as `unsettle` has not taken them away."""
    with pa.memory_map(str(folder / "tables" / f"{name}.arrow")) as source:
        return pa.ipc.open_file(source).read_all()


def unsettle(folder: Path) -> None:
    """Remove the mapped files once nobody looks at them any more; the Parquet files have it all.

    Windows refuses while anybody does: then no case is sealed with a leftover in it, and OSError says why.
    """
    for table in TABLES:
        remove(folder / "tables" / f"{table.name}.arrow")


@contextlib.contextmanager
def _parquet(path: Path, table: Table, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    repeated = [one.name for one in schema if one.type == pa.string() and not one.name.endswith("_id")]
    numbers = [one.name for one in schema if pa.types.is_primitive(one.type)]  # least and greatest texts find nothing
    with (
        fresh(path) as temporary,
        pq.ParquetWriter(
            temporary, schema, compression="zstd", use_dictionary=repeated,
            write_statistics=sorted({*numbers, *table.key}),
        ) as writer,
    ):  # fmt: skip
        yield writer  # a dictionary of ids and numbers is the larger and the slower


def _groups(table: Table, rows: pa.Table, capture_ids: list[str] | None) -> Iterator[pa.Table]:
    """Rows in order, GROUP_ROWS at a time."""
    order = _order(table, rows, capture_ids)
    batches = rows.to_batches(max_chunksize=PART_ROWS)
    begins = np.cumsum([0, *(batch.num_rows for batch in batches)])
    at_once = GROUP_ROWS * max(1, min(AT_ONCE, ROOM * len(order) // (1 + GROUP_ROWS * rows.nbytes)))
    for start in range(0, len(order), at_once):
        some = _gathered(batches, begins, order[start : start + at_once])
        some = some if capture_ids is None else name_captures(some, capture_ids)
        for first in range(0, some.num_rows, GROUP_ROWS):
            yield some.slice(first, GROUP_ROWS)


def _gathered(batches: list[pa.RecordBatch], begins: npt.NDArray[np.int64], wanted: npt.NDArray[np.int64]) -> pa.Table:
    """The rows with these numbers, in this order; `begins`: number of the first row of each batch.

    `take` puts together whole pieces, a column at a time; where that would be much, each gives its rows before.
    """
    touched, which = np.unique(np.searchsorted(begins, wanted, "right") - 1, return_inverse=True)
    places = wanted - begins[touched][which]  # in their batches
    some = [batches[number] for number in touched]
    pieces = pa.Table.from_batches(some)
    if max(column.nbytes for column in pieces.columns) <= ROOM:
        ends = np.cumsum([0, *(batch.num_rows for batch in some)])
        return pieces.take(pa.array(places + ends[which]))
    by_batch = np.argsort(which, kind="stable")
    cuts = np.split(places[by_batch], np.flatnonzero(np.diff(which[by_batch])) + 1)
    some = [batch.take(pa.array(chosen)) for batch, chosen in zip(some, cuts, strict=True)]
    places[by_batch] = np.arange(len(places))
    return pa.Table.from_batches(some).take(pa.array(places))


def _order(table: Table, rows: pa.Table, capture_ids: list[str] | None) -> npt.NDArray[np.int64]:
    """Numbers of the rows in the order of the table's key; those with the same key as they come.

    By a number from the first column of the key; only rows in which that is the same are compared whole.
    """
    keys = rows.select(list(table.key))
    if capture_ids is not None and "capture_id" in table.key:  # by the ids that are to come, for which ranks will do
        ranks = np.argsort(np.argsort(np.array(capture_ids))) if capture_ids else np.empty(0, np.int64)
        named = _by_index(keys["capture_id"], pa.array(ranks, pa.int32()))
        keys = keys.set_column(keys.column_names.index("capture_id"), "capture_id", named)
    if (numbers := _numbers(keys.column(0))) is None:
        return _compared(keys)
    order = np.argsort(numbers, kind="stable")
    alike = np.flatnonzero(np.diff(numbers[order]) == 0)
    if alike.size:
        places = np.union1d(alike, alike + 1)
        tied = np.sort(order[places])
        among = np.zeros(len(order), bool)
        among[tied] = (
            True  # filtered piece by piece: `take` would bring whole columns together, and texts over 2 GiB fail
        )
        order[places] = tied[_compared(keys.filter(pa.array(among)))]
    return order


def _compared(keys: pa.Table) -> npt.NDArray[np.int64]:
    by = [(column, "ascending") for column in keys.column_names]
    return pc.sort_indices(keys, by).to_numpy().astype(np.int64)  # type: ignore[no-any-return]


def _numbers(column: pa.ChunkedArray) -> npt.NDArray[Any] | None:
    """A number of each value that is never the larger one of the smaller value; None where that would tell little."""
    if column.null_count or not len(column):
        return None
    if pa.types.is_timestamp(column.type):
        return np.concatenate([chunk.cast(pa.int64()).to_numpy() for chunk in column.chunks])
    if column.type == pa.string() and pc.min(pc.binary_length(column)).as_py() >= PREFIX:
        return np.concatenate([_prefixes(chunk) for chunk in column.chunks if len(chunk)])
    return None


def _prefixes(texts: pa.StringArray) -> npt.NDArray[np.uint64]:
    """The first PREFIX bytes of texts that are no shorter, as numbers."""
    _, ends, letters = texts.buffers()
    begins = np.frombuffer(ends, np.int32, len(texts), offset=4 * texts.offset)
    return sliding_window_view(np.frombuffer(letters, np.uint8), PREFIX)[begins].view(">u8").ravel().astype(np.uint64)


def _by_index(stand_ins: pa.ChunkedArray, values: pa.Array) -> pa.ChunkedArray:
    """What stands for each stand-in '#<index>': there are few distinct ones."""
    chunks = []
    for some in stand_ins.chunks:
        held = some.dictionary_encode()
        index = pc.cast(pc.utf8_slice_codeunits(held.dictionary, 1), pa.int32())
        chunks.append(values.take(index).take(held.indices))
    return pa.chunked_array(chunks, values.type)


def name_captures(rows: pa.Table, ids: list[str]) -> pa.Table:
    """Put capture ids in the place of the running stand-ins '#<index>'."""
    for place, field in enumerate(rows.schema):
        if field.name == "capture_id":
            rows = rows.set_column(place, field, _by_index(rows.column(place), pa.array(ids, pa.string())))
    return rows

"""Streams of tables: Arrow files that grow while an audit runs, and of which every whole batch survives a crash."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from netaudit.core.schema import BY_NAME, TABLES, Table
from netaudit.core.storage.files import remove

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    Columns = Callable[[list[Any]], pa.RecordBatch]

BATCH_ROWS = 8192


class TableWriter:
    """Collects the rows of one table into an Arrow stream file; every whole batch survives a crash."""

    def __init__(
        self, folder: Path, table: Table, part: str, *, place: str = "tables", columns: Columns | None = None
    ) -> None:
        """`columns` makes rows of what is appended, where that is no row of the table's type (`Table.row`)."""
        self._table, self._schema, self._columns = table, table.schema(), columns
        self._path = folder / place / f"{table.name}.{part}.arrows"
        self._rows: list[Any] = []
        self._stream: _Stream | None = None
        self._written = 0  # rows in the stream
        self._tail: _Stream | None = None
        self._saved = 0  # of the rows collected, those in the tail
        self.append = self._rows.append  # a row, or what becomes one

    def flush(self, *, least: int = 1) -> None:
        """Write what was collected, when it is at least `least` rows."""
        if len(self._rows) < least or not self._rows:
            return
        for batch in self._batches(self._rows):
            self._write(batch)
        self._rows.clear()
        self._drop_tail()

    def extend(self, rows: pa.RecordBatch) -> None:
        """Write rows that come as columns, at once; a tail before them would hold no more."""
        if self._saved:
            self.flush()
        self._write(rows)

    def add(self, columns: dict[str, list[Any]]) -> None:
        """Write rows that come as columns by name, at once.

        KeyError: a column too few or too many.
        """
        for batch in table_of_columns(columns, self._table).to_batches():
            self.extend(batch)

    def _batches(self, rows: list[Any]) -> list[pa.RecordBatch]:
        return table_of(rows, self._table).to_batches() if self._columns is None else [self._columns(rows)]

    def _write(self, batch: pa.RecordBatch) -> None:
        if self._stream is None:
            self._stream = _Stream(self._path, self._schema)
        self._stream.write(batch)
        self._written += batch.num_rows

    def checkpoint(self) -> None:
        """Put what was collected since the last checkpoint into the tail, which replaces no flush: batches stay large.

        A tail is named after the rows of the stream that it goes on from, and holds only while there are no more.
        """
        if self._saved == len(self._rows):
            return
        if self._tail is None:
            self._tail = _Stream(self._tail_path(), self._schema)
        for batch in self._batches(self._rows[self._saved :]):
            self._tail.write(batch)
        self._saved = len(self._rows)

    def _tail_path(self) -> Path:
        return self._path.with_suffix(f".{self._written}.tail")

    def _drop_tail(self) -> None:
        if self._tail is not None:
            self._tail.close()
            self._tail = None
            for path in self._path.parent.glob(f"{self._path.stem}.*.tail"):
                remove(path)
        self._saved = 0

    def close(self) -> None:
        """Write what is left and end the stream."""
        self.flush()
        if self._stream is not None:
            self._stream.close()
            self._stream = None


class _Stream:
    """A stream in a file that is closed when we say so: Arrow's own holds it until it is collected."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._file = pa.OSFile(str(path), "wb")
        self._writer = pa.ipc.new_stream(self._file, schema)
        self.write = self._writer.write_batch

    def close(self) -> None:
        """End it, and let go of the file."""
        self._writer.close()
        self._file.close()


class RowWriter(dict[str, TableWriter]):
    """The table writers of one worker, by the names of the tables."""

    def __init__(self, folder: Path, part: str, columns: Mapping[str, Columns] | None = None) -> None:
        """`columns`: of some tables what makes their rows (`TableWriter`)."""
        makers = columns or {}
        super().__init__({one.name: TableWriter(folder, one, part, columns=makers.get(one.name)) for one in TABLES})

    def flush(self, *, least: int = BATCH_ROWS) -> None:
        """Write the tables that have collected at least `least` rows."""
        for writer in self.values():
            writer.flush(least=least)

    def checkpoint(self) -> None:
        """Put what was collected into the tails of the tables."""
        for writer in self.values():
            writer.checkpoint()

    def close(self) -> None:
        """End all streams."""
        for writer in self.values():
            writer.close()


def table_of(rows: list[Any], table: Table) -> pa.Table:
    """Rows of a table's type (`Table.row`), or mappings by column name, as a table: each has every column.

    TypeError: a row of another kind; KeyError: a mapping with a column too few or too many.
    """
    schema, kind = table.schema(), table.row
    if rows and isinstance(rows[0], dict):
        names = set(table.names)
        if wrong := next((row.keys() ^ names for row in rows if row.keys() != names), None):
            raise KeyError(f"columns of {table.name}: {sorted(wrong)}")
        arrays = [_column([row[field.name] for row in rows], field) for field in schema]
        return pa.Table.from_arrays(arrays, schema=schema)
    if strange := next((row for row in rows if row.__class__ is not kind), None):
        raise TypeError(f"not a row of {table.name}: {strange.__class__.__name__}")
    columns = zip(*rows, strict=True) if rows else [()] * len(schema)
    return pa.Table.from_arrays([_column(*one) for one in zip(columns, schema, strict=True)], schema=schema)


def table_of_columns(columns: dict[str, list[Any]], table: Table) -> pa.Table:
    """Columns by name as a table. KeyError: a column too few or too many."""
    if wrong := columns.keys() ^ set(table.names):
        raise KeyError(f"columns of {table.name}: {sorted(wrong)}")
    schema = table.schema()
    return pa.Table.from_arrays([_column(columns[field.name], field) for field in schema], schema=schema)


def _column(values: Sequence[Any], field: pa.Field) -> pa.Array:
    """A column. Halves of characters, which senders may write and tables may not hold, are replaced."""
    try:
        return pa.array(values, field.type)
    except UnicodeEncodeError:
        return pa.array([whole(value) for value in values], field.type)


def whole(value: Any) -> Any:
    """A text, or texts, as tables may hold it."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return [whole(one) for one in value] if isinstance(value, list | tuple) else value


def stream_parts(folder: Path, table: str, place: str = "tables") -> list[Path]:
    """Arrow stream files of a table, in a fixed order."""
    return sorted((folder / place).glob(f"{table}.*.arrows"))


def read_streams(folder: Path, table: str) -> pa.Table:
    """All whole batches that the streams of a table hold, also of a run that was cut off."""
    paths = stream_parts(folder, table)
    for tail in sorted((folder / "tables").glob(f"{table}.*.tail")):
        stream, written = tail.with_suffix("").with_suffix(".arrows"), tail.suffixes[-2][1:]
        if written == str(read_parts([stream], BY_NAME[table].schema()).num_rows):
            paths.append(tail)
    return read_parts(paths, BY_NAME[table].schema())


def read_parts(paths: list[Path], schema: pa.Schema) -> pa.Table:
    """All whole batches of some streams, mapped."""
    batches: list[pa.RecordBatch] = []
    for path in paths:
        with contextlib.suppress(pa.ArrowInvalid, OSError), pa.memory_map(str(path)) as source:
            reader = pa.ipc.open_stream(source)
            while True:
                try:
                    batches.append(reader.read_next_batch())
                except StopIteration:
                    break
    return pa.Table.from_batches(batches, schema=schema)


def drop_streams(folder: Path) -> None:
    """Remove the streams once the Parquet files are whole."""
    for table in TABLES:
        for path in (*stream_parts(folder, table.name), *(folder / "tables").glob(f"{table.name}.*.tail")):
            remove(path)

"""Reads the tables of a case without pandas: plain rows of chosen columns, and joins by key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import pyarrow as pa

    from netaudit.evidence.case.decisions import Decision
    from netaudit.findings.summary import Summary

Row = dict[str, Any]


class Tables(Protocol):
    """What has the tables of a case."""

    def table(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Table of that name by `netaudit.core.schema`, perhaps empty; all columns or some."""


class CaseLike(Tables, Protocol):
    """What the report needs of a case."""

    manifest: dict[str, Any]

    @property
    def summary(self) -> Summary:
        """What the case shows, as data."""

    @property
    def zone(self) -> str:
        """The zone that times are shown in; empty for UTC."""

    @property
    def folder(self) -> Path | None:
        """Where what was signed lies; None for a case that lies nowhere."""

    def object_path(self, sha256: str) -> Path | None:
        """Where an object's bytes lie."""

    def thumbnail(self, sha256: str) -> bytes | None:
        """Pixelated JPEG of an image."""

    def clear_picture(self, sha256: str, side: int) -> bytes | None:
        """JPEG of an image in clear, at most `side` pixels long."""

    def clear_table(self) -> pa.Table:
        """Identity data in clear."""

    def decided(self, lines: int | None = None) -> dict[str, Decision]:
        """What analysts decided about devices, by device; CaseError when that was tampered with."""

    def log_unmasking(self, what: str) -> None:
        """Note that clear data was shown."""


def rows(table: pa.Table, *columns: str) -> list[Row]:
    """Rows of `columns` as dictionaries; times as UTC nanoseconds, nulls as None."""
    import pyarrow as pa

    values = []
    for name in columns:
        column = table.column(name)
        if pa.types.is_timestamp(column.type):  # as_py would go through pandas, or fail below a microsecond
            column = column.cast(pa.int64())
        values.append(column.to_pylist())
    return [dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True)]


def having(table: pa.Table, column: str, wanted: Iterable[str]) -> pa.Table:
    """Rows whose `column` is one of `wanted`."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return table.filter(pc.is_in(table.column(column), value_set=pa.array(sorted(set(wanted)), pa.string())))


def exploded(table: pa.Table, column: str) -> tuple[pa.Array, pa.Array]:
    """A list column flat: the row number of each value, and the values."""
    import pyarrow as pa
    import pyarrow.compute as pc

    lists = table.column(column).combine_chunks()
    if isinstance(lists, pa.ChunkedArray):  # combining no chunks gives a chunked array in some versions
        lists = lists.chunk(0) if lists.num_chunks else pa.array([], lists.type)
    return pc.list_parent_indices(lists), pc.list_flatten(lists)


def looked_up(keys: pa.Array, table: pa.Table, key: str, columns: Sequence[str]) -> list[pa.Array]:
    """For each of `keys` the values of `columns` in the row of `table` with that `key`; null where there is none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    table = table.filter(pc.is_in(table.column(key), value_set=pc.unique(keys)))  # cheaper to index than all of it
    where = pc.index_in(keys, value_set=table.column(key).combine_chunks())
    found = []
    for name in columns:
        column = table.column(name)
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.int64())
        found.append(column.combine_chunks().take(where) if table.num_rows else pa.nulls(len(keys), column.type))
    return found

"""Access to the tables of a case for the summary: rows as dictionaries, times as UTC nanoseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.schema import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Row = dict[str, Any]


class Source(Protocol):
    """Anything with the tables and the manifest of a case."""

    manifest: dict[str, Any]

    def table(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Return a table, whole or some columns of it."""


class Unfinished:
    """The tables that exist while an audit runs; all others are empty."""

    def __init__(self, tables: Mapping[str, pa.Table], manifest: dict[str, Any] | None = None) -> None:
        self._tables = tables
        self.manifest = manifest or {}

    def table(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Return a table, whole or some columns of it."""
        table = self._tables.get(name)
        whole = BY_NAME[name].schema().empty_table() if table is None else table
        return whole if columns is None else whole.select(columns)


def rows(table: pa.Table) -> list[Row]:
    """Return the rows of a table."""
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(pa.int64()))
    found: list[Row] = table.to_pylist()
    return found


def having(table: pa.Table, column: str, wanted: Iterable[str]) -> pa.Table:
    """Return the rows whose `column` is one of `wanted`."""
    return table.filter(pc.is_in(table[column], value_set=pa.array(sorted(set(wanted)), pa.string())))


def total(table: pa.Table, column: str) -> int:
    """Return the sum of a column."""
    return int(pc.sum(table[column]).as_py() or 0)

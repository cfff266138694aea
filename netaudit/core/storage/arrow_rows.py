"""Rows of Arrow tables as plain values, without pandas (which Arrow asks for nanoseconds)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa


def plain(rows: pa.Table) -> Iterator[dict[str, Any]]:
    """Rows as plain values: times as ISO 8601 UTC texts with all nine digits.

    They are made of Arrow's own texts: its `strftime` asks for a list of time zones, which older Windows lacks.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    for place, field in enumerate(rows.schema):
        if pa.types.is_timestamp(field.type):
            text = rows.column(place).cast(pa.timestamp("ns")).cast(pa.string())
            text = pc.utf8_replace_slice(text, start=10, stop=11, replacement="T")
            rows = rows.set_column(place, field.name, pc.binary_join_element_wise(text, "Z", ""))
    for batch in rows.to_batches(max_chunksize=4096):
        yield from batch.to_pylist()


def rows_with_nanoseconds(table: pa.Table) -> list[dict[str, Any]]:
    """Return the rows as dictionaries; timestamps become UTC nanoseconds since 1970."""
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(pa.int64()))
    found: list[dict[str, Any]] = table.to_pylist()
    return found


def integer_times(rows: pa.Table) -> pa.Table:
    """Cast timestamp columns to int64 (their unit is kept), so that `to_pylist` needs no pandas for nanoseconds."""
    import pyarrow as pa

    for place, field in enumerate(rows.schema):
        if pa.types.is_timestamp(field.type):
            rows = rows.set_column(place, field.name, rows.column(place).cast(pa.int64()))
    return rows

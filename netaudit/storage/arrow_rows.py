"""Rows of Arrow tables as plain values, without pandas (which Arrow asks for nanoseconds)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa


def plain(rows: pa.Table) -> Iterator[dict[str, Any]]:
    """Rows as plain values: times as ISO 8601 UTC texts with all nine digits."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for place, field in enumerate(rows.schema):
        if pa.types.is_timestamp(field.type):
            text = pc.strftime(rows.column(place).cast(pa.timestamp("ns")), format="%Y-%m-%dT%H:%M:%SZ")
            rows = rows.set_column(place, field.name, text)
    for batch in rows.to_batches(max_chunksize=4096):
        yield from batch.to_pylist()

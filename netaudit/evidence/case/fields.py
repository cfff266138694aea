"""Values of the fields of a route over time, masked, out of private/fields.parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from netaudit.core.masking.examples import shown
from netaudit.core.masking.mask import mask_words, visible
from netaudit.core.schema import FIELDS_CLEAR

if TYPE_CHECKING:
    from pathlib import Path

LONGEST = 128  # characters of a path or a value


class Told(NamedTuple):
    """A value: masked, in how many messages it stands, and when it was first and last sent (ns)."""

    value: str
    messages: int
    first_ts: int
    last_ts: int


def values_of(folder: Path, field: dict[str, Any]) -> list[Told]:
    """Values of a row of `fields` in the order of their time; nothing where private files were taken away."""
    path = folder / "private" / f"{FIELDS_CLEAR.name}.parquet"
    if not path.is_file():
        return []
    rows = pq.read_table(path, filters=[("route_id", "=", field["route_id"])])
    times = [rows[name].cast(pa.int64()).to_pylist() for name in ("first_ts", "last_ts")]
    columns = [rows[name].to_pylist() for name in ("path", "value_clear", "messages")]
    found = [
        Told(visible(shown(value, field["meaning"], field["form"]), LONGEST), messages, first, last)
        for name, value, messages, first, last in zip(*columns, *times, strict=True)
        if masked_path(name) == field["path"]
    ]
    return sorted(found, key=lambda one: (one.first_ts, one.value))


def masked_path(path: str) -> str:
    """A path as the table `fields` has it."""
    return visible(mask_words(path), LONGEST)

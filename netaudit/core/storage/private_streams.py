"""Streams that an audit writes for itself: they lie in private/ and go once they have told what they can."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from netaudit.core.schema import PRIVATE
from netaudit.core.storage.files import remove
from netaudit.core.storage.table_streams import read_parts, stream_parts

if TYPE_CHECKING:
    from pathlib import Path


def paths(folder: Path, table: str) -> list[Path]:
    """The files of a table."""
    return stream_parts(folder, table, "private")


def rows(folder: Path, table: str) -> pa.Table:
    """All rows, mapped."""
    return read_parts(paths(folder, table), PRIVATE[table].schema())


def drop(folder: Path, table: str) -> None:
    """Remove the files."""
    for path in paths(folder, table):
        remove(path)


def drain(folder: Path, table: str) -> pa.Table:
    """All rows, out of the files, which go with that."""
    mapped = rows(folder, table)
    held = mapped.take(pa.array(range(mapped.num_rows), pa.int64()))
    del mapped
    drop(folder, table)
    return held

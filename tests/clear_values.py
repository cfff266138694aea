"""Whether a case has identity values in clear outside `private/`: its files as they are, and its tables as they are read.

A table is packed, so that its bytes say nothing of its values: each is read, and its texts are searched like any file's.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from netaudit.evidence.case.reading import Case

KINDS = {"id_number", "phone", "name", "address", "birthday"}
SHORTEST = 8  # bytes of a value that is not there by chance
ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be", "base64", "hex", "percent")


def spelled(value: str) -> Iterator[bytes]:
    """A value in every encoding; in base64 at each of its three alignments, without what its neighbours change."""
    plain = value.encode()
    yield from (plain, value.encode("gb18030"), value.encode("utf-16-le"), value.encode("utf-16-be"))
    yield from (plain.hex().encode(), plain.hex().upper().encode())
    yield from ("".join(f"%{byte:02X}" for byte in plain).encode(), quote(value, safe="").encode())
    for shift in range(3):
        text = base64.b64encode(bytes(shift) + plain)
        yield text[(0, 2, 3)[shift] : len(text) - (0 if (shift + len(plain)) % 3 == 0 else 4)]


def needles(values: Iterable[str]) -> dict[bytes, str]:
    """What is searched for, with the value it stands for."""
    return {one: value for value in values for one in spelled(value) if len(one) >= SHORTEST}


def clear_values(case: Case) -> set[str]:
    """Values of persons in clear, as `private/` has them."""
    persons = case.clear_table().to_pylist()
    found = {row["value_clear"] for row in persons if row["kind"] in KINDS}
    events = case.clear_events().to_dict("records")
    return found | {row["value_clear"] for row in events if row["field"].removeprefix("person.") in KINDS}


def texts(path: Path) -> bytes:
    """What a file says: the texts of a table, or its bytes."""
    if path.suffix != ".parquet":
        return path.read_bytes()
    columns = []
    for column in pq.read_table(path).columns:
        while pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
            column = pc.list_flatten(column)
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            columns += [text for text in pc.unique(column).to_pylist() if text]
    return "\n".join(columns).encode("utf-8", "surrogatepass")


def leaks(folder: Path, values: Iterable[str]) -> list[tuple[str, str]]:
    """File and value of everything that stands in clear outside `private/`."""
    sought = needles(values)
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "private" not in path.relative_to(folder).parts:
            said = texts(path)
            found += [(path.name, value) for needle, value in sought.items() if needle in said]
    return sorted(set(found))

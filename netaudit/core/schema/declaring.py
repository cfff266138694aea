"""What a table is: columns with type, unit and meaning, the key that sorts it, and rows made by column name.

`tables.csv` has every table, `columns.csv` their columns in order; a table `x_clear` holds values of the table `x` in
clear, under its name. Raise `TABLES_VERSION` when a column changes its meaning.
"""

from __future__ import annotations

import collections
import functools
import keyword
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from netaudit.core.text.csv_text import csv_of

if TYPE_CHECKING:
    import pyarrow as pa

TABLES_VERSION = 4
LEAST_UNIT = 1024  # bytes of plaintext from which on a row of encrypted_uploads is compared with images
Row = Any  # a row of a table: a named tuple that `Table.row` made


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `kind` is an Arrow type by name; `list<string>` and `list<int64>` are allowed."""

    name: str
    kind: str
    meaning: str
    unit: str = ""
    reasons: bool = False  # its texts are reasons (`core/contracts/reasons.py`): codes, whose words are the report's


@dataclass(frozen=True, slots=True)
class Table:
    """One table. Rows are sorted by `key`, which also tells them apart."""

    name: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    first: tuple[str, ...] = ()  # what matters of it, in 80 cells of a terminal; what else fits comes after
    names: tuple[str, ...] = field(init=False, repr=False)  # of its columns, in order
    _schema: list[pa.Schema] = field(default_factory=list, init=False, repr=False, compare=False)  # once it was asked

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(column.name for column in self.columns))  # rows ask for them

    def schema(self) -> pa.Schema:
        """Arrow schema with the meanings as field metadata."""
        if not self._schema:
            import pyarrow as pa

            kinds = [(c.name, _arrow(c.kind), {"meaning": c.meaning, "unit": c.unit}) for c in self.columns]
            metadata = {"table": self.name, "tables_version": str(TABLES_VERSION)}
            self._schema.append(pa.schema([pa.field(*one[:2], metadata=one[2]) for one in kinds], metadata=metadata))
        return self._schema[0]

    @property
    def row(self) -> type[Any]:
        """The type of its rows: named tuples that are made by column names (`class_` for `class`), all of them."""
        return _row_type(self.name, self.names)


@functools.cache
def _row_type(name: str, names: tuple[str, ...]) -> type[Any]:
    def reduced(row: Any) -> tuple[Any, ...]:
        return _row_of, (name, names, tuple(row))

    fields = [f"{one}_" if keyword.iskeyword(one) else one for one in names]
    plain = collections.namedtuple(name, fields)  # type: ignore[misc]  # noqa: PYI024
    return type(name, (plain,), {"__slots__": (), "__reduce__": reduced})


def _row_of(name: str, names: tuple[str, ...], values: tuple[Any, ...]) -> Row:
    """A row that went to another process."""
    return _row_type(name, names)(*values)


def _arrow(kind: str) -> pa.DataType:
    import pyarrow as pa

    if kind.startswith("list<"):
        return pa.list_(_arrow(kind[5:-1]))
    if kind == "time":
        return pa.timestamp("ns", tz="UTC")
    return getattr(pa, kind if kind != "bool" else "bool_")()


def declared(kept: str) -> tuple[Table, ...]:
    """The tables of the files beside this module that a case keeps under `kept`, in their order."""
    columns = collections.defaultdict(list)
    for table, name, kind, unit, reasons, meaning in csv_of(__package__, "columns.csv"):
        columns[table].append(Column(name, kind, meaning, unit, bool(reasons)))
    return tuple(
        Table(table.removesuffix("_clear"), meaning, tuple(key.split()), tuple(columns[table]), tuple(first.split()))
        for table, where, key, first, meaning in csv_of(__package__, "tables.csv")
        if where == kept
    )

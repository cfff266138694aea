"""The facts of an audit in the order of time, column by column: there are many, about few hosts, of few kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    Codes = npt.NDArray[np.int64]

KEY = ("ts", "kind", "mac", "ip", "field", "value")


class Observed:
    """Rows of `observations` by number. Times are UTC nanoseconds, 0 where none is known."""

    def __init__(self, observations: pa.Table) -> None:
        ts = pc.fill_null(observations["ts"].cast(pa.int64()), 0)
        rows = observations.set_column(observations.column_names.index("ts"), "ts", ts).combine_chunks()
        self.table = rows.take(pa.array(_order(rows)))
        self.ts: Codes = self.table["ts"].to_numpy()
        self.ends, self.end = _distinct(self.table, "mac", "ip")
        self.names, self.name = _distinct(self.table, "kind", "field")
        self.values: list[str] = self.table["value"].to_pylist()
        self._captures: list[str] = self.table["capture_id"].to_pylist()
        self._frames: list[int] = self.table["frame"].to_pylist()

    def __len__(self) -> int:
        """How many there are."""
        return len(self.values)

    def __getitem__(self, row: int) -> dict[str, Any]:
        """A row by the names of its columns; for few."""
        found: dict[str, Any] = self.table.slice(row, 1).to_pylist()[0]
        return found

    def frame(self, row: int) -> int:
        """The first packet that says so."""
        return self._frames[row]

    def place(self, row: int) -> str:
        """That packet with its capture."""
        return f"{self._captures[row]}:{self._frames[row]}"

    def chosen(self, wanted: list[bool]) -> Iterator[tuple[int, int, int, int, str]]:
        """Of rows whose kind and field are wanted, by their numbers in `names`: (number, end, name, ts, value)."""
        places = np.flatnonzero(np.array(wanted, np.bool_)[self.name]) if len(self) else np.empty(0, np.int64)
        numbers = places.tolist()
        values = map(self.values.__getitem__, numbers)
        return zip(numbers, *(one[places].tolist() for one in (self.end, self.name, self.ts)), values, strict=True)


def _order(rows: pa.Table) -> Codes:
    """Numbers of the rows in the order of KEY; most are in that of time already, and few share one."""
    ts = rows["ts"].to_numpy()
    order = np.argsort(ts, kind="stable")
    alike = np.flatnonzero(np.diff(ts[order]) == 0)
    if alike.size:
        places = np.zeros(len(order), np.bool_)
        places[alike] = places[alike + 1] = True
        tied = np.sort(order[places])
        keys = rows.select(list(KEY)).take(pa.array(tied))
        order[places] = tied[pc.sort_indices(keys, [(name, "ascending") for name in KEY]).to_numpy()]
    return order


def _distinct(rows: pa.Table, one: str, other: str) -> tuple[list[tuple[str, str]], Codes]:
    """The distinct pairs of two columns, and which of them each row has."""
    first, second = (rows[name].combine_chunks().dictionary_encode() for name in (one, other))
    whole = first.indices.to_numpy().astype(np.int64) * max(1, len(second.dictionary)) + second.indices.to_numpy()
    codes, which = np.unique(whole, return_inverse=True)
    names, others = first.dictionary.to_pylist(), second.dictionary.to_pylist()
    pairs = [(names[code // len(others)], others[code % len(others)]) for code in codes.tolist()]
    return pairs, which.reshape(-1)

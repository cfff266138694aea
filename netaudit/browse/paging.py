"""A page of a table: its rows are found by the few columns that say so, and only the row groups with them are read."""

from __future__ import annotations

import functools
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from netaudit.core.schema import BY_NAME
from netaudit.core.storage.arrow_rows import rows_with_nanoseconds
from netaudit.findings.ledgers import LEDGERS
from netaudit.report.cells import REASONED, has_words, in_words
from netaudit.report.texts import LANGS, Texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netaudit.evidence.case.reading import Case

Row = dict[str, Any]
ROWS = 50  # of a page
LONG = 50_000  # rows of a table of which only the first are sorted
TOP = 2000  # of them
KEPT = 12  # selections remembered: 8 bytes a row each
SECONDS = 0.35  # a search goes on to the next row group before these have passed


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows of a table, in which order: filters by column and text, sorted by a column, or as the table is."""

    table: str
    filters: tuple[tuple[str, str], ...] = ()
    sort: str = ""
    down: bool = False


class Tables:
    """The tables of one case, for many threads; whatever is read is held against the seal of the case first."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self._selected: OrderedDict[tuple[Wanted, object], np.ndarray[Any, np.dtype[np.int64]]] = OrderedDict()
        self._tops: OrderedDict[tuple[Wanted, object], tuple[np.ndarray[Any, np.dtype[np.int64]], int]] = OrderedDict()
        self._lock = threading.Lock()

    def rows(self, name: str) -> int:
        """How many rows a table has."""
        parquet = self._parquet(name)
        return int(parquet.metadata.num_rows if parquet is not None else self._whole(name).num_rows)

    def columns(self, name: str, columns: Sequence[str]) -> pa.Table:
        """Some columns of all rows."""
        if self._parquet(name) is None:
            return self._whole(name).select(list(columns))
        return self.case.table(name, list(columns))

    def page(self, wanted: Wanted, first: int, count: int = ROWS, columns: Sequence[str] = ()) -> tuple[list[Row], int]:
        """`count` rows from the one numbered `first` on, and how many there are in all."""
        if (top := self._first_ones(wanted, first + count)) is not None:
            places, total = top
            return self.at(wanted.table, places[first : first + count], columns), total
        chosen = self._chosen(wanted)
        if chosen is None:  # never as long as the table
            total = self.rows(wanted.table)
            places = np.arange(min(first, total), min(first + count, total), dtype=np.int64)
        else:
            total, places = len(chosen), chosen[first : first + count]
        return self.at(wanted.table, places, columns), total

    def places(self, wanted: Wanted) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Numbers of all rows wanted, in their order."""
        chosen = self._chosen(wanted)
        return np.arange(self.rows(wanted.table), dtype=np.int64) if chosen is None else chosen

    def at(self, name: str, places: np.ndarray[Any, np.dtype[np.int64]], columns: Sequence[str] = ()) -> list[Row]:
        """The rows with these numbers, in this order; `row` is the number of each, times are UTC nanoseconds."""
        if not len(places):
            return []
        order = np.argsort(places, kind="stable")
        pieces = [
            table.take(pa.array(places[order][inside] - start))
            for start, table in self._groups(name, columns, places)
            if (inside := (places[order] >= start) & (places[order] < start + table.num_rows)).any()
        ]
        back = np.empty(len(places), np.int64)
        back[order] = np.arange(len(places))
        found = rows_with_nanoseconds(pa.concat_tables(pieces).take(pa.array(back)))
        return [{**row, "row": int(place)} for row, place in zip(found, places, strict=True)]

    def search(self, name: str, text: str, start: int, most: int, until: float) -> tuple[list[int], int | None]:
        """Numbers of rows from `start` on with `text` in any column of text; where to go on, None at the end."""
        columns = [column.name for column in BY_NAME[name].columns if column.kind in ("string", "list<string>")]
        found: list[int] = []
        for begin, group in self._groups(name, columns, None, start):
            rest = group.slice(max(0, start - begin))
            places = np.flatnonzero(_mentions(name, rest, text)) + max(begin, start)
            found += places[: most - len(found)].tolist()
            if len(found) >= most:
                return found, found[-1] + 1
            if time.monotonic() > until and begin + group.num_rows < self.rows(name):
                return found, begin + group.num_rows
        return found, None

    def _chosen(self, wanted: Wanted) -> np.ndarray[Any, np.dtype[np.int64]] | None:
        """Numbers of the rows wanted, in their order; None for all as they are."""
        if not wanted.filters and not wanted.sort:
            return None
        key = (wanted, self._stamp(wanted.table))
        with self._lock:
            if key in self._selected:
                self._selected.move_to_end(key)
                return self._selected[key]
        places = self._select(wanted)
        with self._lock:
            self._selected[key] = places
            while len(self._selected) > KEPT:
                self._selected.popitem(last=False)
        return places

    def _first_ones(self, wanted: Wanted, most: int) -> tuple[np.ndarray[Any, np.dtype[np.int64]], int] | None:
        """The first rows of a long table that is sorted, and how many there are; None where that saves nothing.

        Only TOP of them are put in order, in a fifth of the time; pages behind them need the whole order.
        """
        if not wanted.sort or most > TOP or self.rows(wanted.table) < LONG:
            return None
        key = (wanted, self._stamp(wanted.table))
        with self._lock:
            if key in self._tops:
                self._tops.move_to_end(key)
                return self._tops[key]
        found = self._top(wanted)
        with self._lock:
            self._tops[key] = found
            while len(self._tops) > KEPT:
                self._tops.popitem(last=False)
        return found

    def _top(self, wanted: Wanted) -> tuple[np.ndarray[Any, np.dtype[np.int64]], int]:
        mask = self._mask(wanted)
        values = self.columns(wanted.table, [wanted.sort])[wanted.sort]
        if pa.types.is_list(values.type):
            values = pc.list_value_length(values)
        places = np.arange(len(values), dtype=np.int64) if mask is None else np.flatnonzero(mask).astype(np.int64)
        if mask is not None:
            values = values.take(pa.array(places))
        known = pc.is_valid(values).to_numpy(zero_copy_only=False)
        way = "descending" if wanted.down else "ascending"
        rows = pa.table({"value": values, "row": places}).filter(pa.array(known))
        top = pc.select_k_unstable(rows, min(TOP, rows.num_rows), [("value", way), ("row", "ascending")])
        order = rows["row"].take(top).to_numpy()
        empty = places[~known][: TOP - len(order)]  # as in the whole order, last
        return np.concatenate([order, empty]), len(places)

    def _mask(self, wanted: Wanted) -> np.ndarray[Any, np.dtype[np.bool_]] | None:
        """Rows that the filters let through; None where there are none."""
        mask: np.ndarray[Any, np.dtype[np.bool_]] | None = None
        for column, text in wanted.filters:
            found = _holds(wanted.table, self.columns(wanted.table, [column]), column, text)
            mask = found if mask is None else mask & found
        return mask

    def _select(self, wanted: Wanted) -> np.ndarray[Any, np.dtype[np.int64]]:
        mask = self._mask(wanted)
        total = self.rows(wanted.table)
        places = np.arange(total, dtype=np.int64) if mask is None else np.flatnonzero(mask).astype(np.int64)
        if wanted.sort and len(places):
            values = self.columns(wanted.table, [wanted.sort])[wanted.sort].take(pa.array(places))
            if pa.types.is_list(values.type):
                values = pc.list_value_length(values)
            order = pc.sort_indices(pa.table({"v": values}), [("v", "descending" if wanted.down else "ascending")])
            places = places[order.to_numpy()]
        return places

    def _groups(
        self,
        name: str,
        columns: Sequence[str],
        places: np.ndarray[Any, np.dtype[np.int64]] | None,
        start: int = 0,
    ) -> Iterator[tuple[int, pa.Table]]:
        """Row groups with any of `places` (or that reach beyond `start`), each with the number of its first row."""
        parquet = self._parquet(name)
        if parquet is None:
            yield 0, self._whole(name).select(list(columns) or BY_NAME[name].names)
            return
        wanted = [column for column in (columns or BY_NAME[name].names) if column in parquet.schema_arrow.names]
        begin = 0
        for number in range(parquet.num_row_groups):
            size = parquet.metadata.row_group(number).num_rows
            here = ((places >= begin) & (places < begin + size)).any() if places is not None else begin + size > start
            if here:
                yield begin, parquet.read_row_group(number, columns=wanted)
            begin += size

    def _parquet(self, name: str) -> pq.ParquetFile | None:
        path = self.case.folder / "tables" / f"{BY_NAME[name].name}.parquet"
        self.case.sound(f"tables/{name}.parquet")
        return pq.ParquetFile(path) if path.is_file() else None

    def _whole(self, name: str) -> pa.Table:
        """A table that is no file: of an audit that was cut off."""
        return self._unfinished(name)

    @functools.cached_property
    def _unfinished(self) -> Any:
        return functools.lru_cache(maxsize=64)(self.case.table)

    def _stamp(self, name: str) -> object:
        path = self.case.folder / "tables" / f"{name}.parquet"
        if not path.is_file():
            return None
        status = path.stat()
        return status.st_size, status.st_mtime_ns


def _holds(name: str, rows: pa.Table, column: str, text: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Rows of a table that hold a text in a column, or have it in the words of a language."""
    found = _has(rows[column], text)
    reasons = (name, column) in REASONED
    if text.startswith("=") or not (reasons or has_words(name, column)) or "string" not in str(rows[column].type):
        return found
    cells = rows[column].combine_chunks()
    listed = pa.types.is_list(cells.type)
    flat = pc.list_flatten(cells) if listed else cells
    wanted = text.casefold()
    worded = [
        one for one in pc.unique(flat).to_pylist() if one and wanted in _worded(name, column, one, reasons=reasons)
    ]
    hits = _bools(pc.is_in(flat, pa.array(worded, pa.string()))) if worded else np.zeros(len(flat), bool)
    found[pc.list_parent_indices(cells).to_numpy()[hits] if listed else hits] = True
    return found


@functools.lru_cache(maxsize=1 << 16)
def _worded(name: str, column: str, value: str, *, reasons: bool) -> str:
    """A value in the words of each language, in small letters."""
    if name == "ledgers" and column == "reason":
        said = [words for one in LEDGERS for words in one.reasons.get(value, {}).values()]
    else:
        texts = [Texts(lang) for lang in LANGS]
        said = [one.phrase(value, str) if reasons else in_words(name, column, value, one) for one in texts]
    return "\n".join(said).casefold()


def _has(column: pa.ChunkedArray, text: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Rows of a column that hold a text (a part of it, whatever its case); of figures and flags those equal to it."""
    if pa.types.is_list(column.type):
        return _lists(column, text)
    if pa.types.is_timestamp(column.type):
        low, _, high = text.partition("..")
        return _between(column, low, high) if high else np.zeros(len(column), bool)
    if not pa.types.is_string(column.type):
        column = column.cast(pa.string())
        return _bools(pc.equal(column, text))
    if text.startswith("="):
        return _bools(pc.equal(column, text[1:]))
    return _bools(pc.match_substring(column, text, ignore_case=not text.isdigit()))


def _between(column: pa.ChunkedArray, low: str, high: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Times (ns) from `low` to before `high`."""
    try:
        ends = int(low), int(high)
    except ValueError:
        return np.zeros(len(column), bool)
    if max(map(abs, ends)) >= 1 << 63:
        return np.zeros(len(column), bool)
    values = column.cast(pa.int64())
    return _bools(pc.and_(pc.greater_equal(values, ends[0]), pc.less(values, ends[1])))


def _bools(values: Any) -> np.ndarray[Any, np.dtype[np.bool_]]:
    found: np.ndarray[Any, np.dtype[np.bool_]] = pc.fill_null(values, False).to_numpy(zero_copy_only=False)
    return found


def _lists(column: pa.ChunkedArray, text: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    found = np.zeros(len(column), bool)
    flat, parents = pc.list_flatten(column), pc.list_parent_indices(column)
    if len(flat):
        found[parents.to_numpy()[_has(flat if pa.types.is_string(flat.type) else flat.cast(pa.string()), text)]] = True
    return found


def _mentions(name: str, rows: pa.Table, text: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    found = np.zeros(rows.num_rows, bool)
    for column in rows.column_names:
        found |= _holds(name, rows, column, text)
    return found

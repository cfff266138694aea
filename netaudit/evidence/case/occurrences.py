"""What a value of a case is, and where else it occurs: every table, every column of text, the whole value only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.schema import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Columns = Callable[[str, Sequence[str]], pa.Table]

IDS = (  # kind of thing, its table, the column that names it
    ("finding", "findings", "finding_id"),
    ("device", "devices", "device_id"),
    ("event", "events", "event_id"),
    ("journey", "journeys", "journey_id"),
    ("message", "messages", "message_id"),
    ("object", "objects", "object_id"),
    ("image", "objects", "sha256"),
    ("flow", "flows", "flow_id"),
    ("moment", "moments", "moment_id"),
)
LEAST = 4  # characters of an id that is not given whole
MOST = 6  # ids that a beginning may mean, as they are listed
TIMES = ("first_ts", "ts", "sent_ts")  # when a row was, by the first of these columns that its table has


@dataclass(frozen=True, slots=True)
class Occurrence:
    """How many rows of a table have a value in a column; when the first and the last of them were, UTC nanoseconds."""

    table: str
    column: str
    rows: int
    first_ts: int | None
    last_ts: int | None


def named(columns: Columns, what: str) -> list[tuple[str, str]]:
    """Things whose id is `what`, else those whose id begins so: kind and id, at most MOST."""
    begun: list[tuple[str, str]] = []
    for kind, table, column in IDS if len(what) >= LEAST else ():
        ids = columns(table, [column])[column]
        found = pc.unique(ids.filter(pc.fill_null(pc.starts_with(ids, what), False))).to_pylist()
        if what in found:
            return [(kind, what)]
        begun += [(kind, one) for one in found[:MOST]]
    return begun[:MOST]


def occurrences(columns: Columns, value: str) -> list[Occurrence]:
    """Where `value` stands, as a whole, or as one of a list; those with most rows first."""
    found = []
    for table in BY_NAME.values():
        texts = [column.name for column in table.columns if column.kind in ("string", "list<string>")]
        when = next((name for name in TIMES if name in table.names), None)
        for name in texts:  # a column at a time: all of them may be more than there is memory for
            places = _places(columns(table.name, [name])[name], value)
            if len(places):
                ends = _span(columns(table.name, [when])[when], places) if when else (None, None)
                found.append(Occurrence(table.name, name, len(places), *ends))
    return sorted(found, key=lambda one: (-one.rows, one.table, one.column))


def spellings(columns: Columns, value: str) -> list[str]:
    """Other spellings of a value among names and addresses: another case, a final dot, brackets or a port about it."""
    plain = _plain(value)
    names = set()
    for table, column in (("endpoints", "names"), ("flows", "server_name"), ("messages", "host"), ("tls_hellos", "sni"),
                          ("devices", "macs"), ("devices", "name")):  # fmt: skip
        read = columns(table, [column])[column]
        flat = pc.list_flatten(read) if pa.types.is_list(read.type) else read
        names |= {one for one in pc.unique(flat).to_pylist() if one and one != value and _plain(one) == plain}
    return sorted(names)


def _plain(text: str) -> str:
    bare = text.strip().casefold().rstrip(".")
    head, _, port = bare.rpartition(":")
    if head and port.isdigit() and (":" not in head or head.endswith("]")):
        bare = head
    return bare.strip("[]").replace("-", ":") if bare.count("-") == 5 else bare.strip("[]")


def _places(column: pa.ChunkedArray, value: str) -> pa.Array:
    """Numbers of the rows that have it."""
    if not pa.types.is_list(column.type):
        return pc.indices_nonzero(pc.fill_null(pc.equal(column, value), False))
    flat, parents = pc.list_flatten(column), pc.list_parent_indices(column)
    return pc.unique(parents.filter(pc.fill_null(pc.equal(flat, value), False)))


def _span(times: pa.ChunkedArray, places: pa.Array) -> tuple[int | None, int | None]:
    ends = pc.min_max(times.take(places).cast(pa.int64())).as_py()
    return ends["min"], ends["max"]

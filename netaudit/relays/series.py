"""What is compared: images that a host received in clear, and units that it sent encrypted, as columns by time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

I8 = npt.NDArray[np.int64]
I4 = npt.NDArray[np.int32]
F8 = npt.NDArray[np.float64]

LEAST_IMAGE = 1024  # bytes; smaller ones are no photographs, and fit everything
LEAST_UNIT = 1024  # bytes of plaintext
CONTROL = 26  # bytes of plaintext in a record that only steers HTTP/2: two WINDOW_UPDATE frames
JOINED_WITHIN = 1_000_000_000  # ns between two units of which the second goes on with the first
ENDS = ("flow_id", "client_ip", "server_ip", "server_name", "payload_up", "payload_down")
HEADS = {"aead13": 17, "aead12": 24, "chacha12": 16}


@dataclass(slots=True)
class Names:
    """What images are called, for all that a host received: each a text."""

    sha256: pa.StringArray
    object_ids: pa.StringArray
    message_ids: pa.StringArray


@dataclass(slots=True)
class Images:
    """Images received by one host in one recording, by the time of their last byte."""

    names: Names
    row: I8  # place in the names
    size: I8  # bytes
    first: I8  # ns
    last: I8

    def __len__(self) -> int:
        return len(self.row)

    def chosen(self, places: npt.NDArray[Any]) -> Images:
        """Some of them, by index or mask."""
        return Images(self.names, self.row[places], self.size[places], self.first[places], self.last[places])


@dataclass(slots=True)
class Units:
    """Units sent by one host to one endpoint, by their beginning. A unit may be joined of several rows of the table."""

    row: I4  # of encrypted_uploads: of the first one
    rows: I4  # how many rows of its flow it is joined of
    flow: I4  # running number of its flow
    first: I8  # ns
    last: I8
    low: I8  # bytes of plaintext
    high: I8
    records: I8
    quic: npt.NDArray[np.bool_]
    opens: npt.NDArray[np.bool_]  # whether it is the first of its connection, which may begin with a preface

    def __len__(self) -> int:
        return len(self.row)

    def columns(self) -> tuple[npt.NDArray[Any], ...]:
        """All columns in order."""
        return (
            self.row, self.rows, self.flow, self.first, self.last, self.low, self.high, self.records, self.quic,
            self.opens,
        )  # fmt: skip

    def chosen(self, places: npt.NDArray[Any]) -> Units:
        """Some of them, by index or mask."""
        return Units(*(column[places] for column in self.columns()))

    def take(self, places: npt.NDArray[Any]) -> None:
        """Become some of them, column by column, so that there are never two of all."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name)[places])

    def between(self, first: int, last: int) -> Units:
        """Those from one to another, without a copy."""
        return Units(*(column[first:last] for column in self.columns()))

    def together(self, other: Units) -> Units:
        """These and others."""
        return Units(*(np.concatenate(pair) for pair in zip(self.columns(), other.columns(), strict=True)))


def images_by_host(rows: Iterable[Any], recording_of: Mapping[str, str]) -> dict[tuple[str, str], Images]:
    """Whole images by (host that received them, recording), from rows of `transfers`; an image of a message once."""
    found: dict[tuple[str, str], _Received] = defaultdict(_Received)
    for row in rows:
        if row.complete and row.size >= LEAST_IMAGE:
            found[row.receiver, recording_of.get(row.capture_id, row.capture_id)].add(row)
    return {key: found.pop(key).images() for key in sorted(found)}


class _Received:
    """What one host received in one recording: texts as Arrow has them, a third of what Python's take."""

    COLUMNS = ("sha256", "message_id", "object_id", "first_ts", "last_ts", "size")
    AT_ONCE = 1024  # rows

    def __init__(self) -> None:
        self._rows: list[tuple[Any, ...]] = []
        self._batches: list[pa.RecordBatch] = []

    def add(self, row: Any) -> None:
        """One row of `transfers`."""
        self._rows.append(tuple(getattr(row, name) for name in self.COLUMNS))
        if len(self._rows) == self.AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        columns = zip(*self._rows, strict=True)
        self._batches.append(pa.record_batch([pa.array(column) for column in columns], names=list(self.COLUMNS)))
        self._rows.clear()

    def images(self) -> Images:
        """All of them, an image of a message once."""
        if self._rows:
            self._flush()
        table = pa.Table.from_batches(self._batches).combine_chunks()
        ids = [numbered(table[name])[0].astype(np.int64) for name in ("sha256", "message_id")]
        once = np.sort(np.unique(ids[0] * table.num_rows + ids[1], return_index=True)[1])
        table = table.take(pa.array(once))
        order = pc.sort_indices(table, [("last_ts", "ascending"), ("sha256", "ascending")])
        table = table.take(order).combine_chunks()
        names = Names(*(table[name].combine_chunks() for name in ("sha256", "object_id", "message_id")))
        size, first, last = (table[name].to_numpy().astype(np.int64) for name in ("size", "first_ts", "last_ts"))
        return Images(names, np.arange(table.num_rows), size, first, last)


def units_by_way(
    uploads: pa.Table, flows: pa.Table, recording_of: Mapping[str, str]
) -> dict[tuple[str, str, str], Units]:
    """Units by (host that sent them, endpoint, recording), joined where one goes on with another."""
    if not uploads.num_rows:
        return {}
    units, ends = joined_units(uploads, flows)
    capture, captures = numbered(uploads["capture_id"])
    capture = capture[units.row]
    names = [recording_of.get(name, name) for name in captures.to_pylist()]
    ways: dict[tuple[str, str, str], int] = {}
    flow = units.flow  # in order
    starts = np.flatnonzero(np.r_[True, (flow[1:] != flow[:-1]) | (capture[1:] != capture[:-1])])
    way_of = np.empty(starts.size, np.int32)
    for k, (end, name) in enumerate(zip(flow[starts].tolist(), capture[starts].tolist(), strict=True)):
        of = ends[end]
        way_of[k] = ways.setdefault((of["client_ip"], of["server_ip"], names[name]) if of else ("", "", ""), len(ways))
    way = np.repeat(way_of, np.diff(np.r_[starts, flow.size]))
    order = np.lexsort((units.first, way))
    order = order[units.high[order] >= LEAST_UNIT]
    units.take(order)
    bounds = np.searchsorted(way[order], np.arange(len(ways) + 1))
    found = {name: units.between(bounds[k], bounds[k + 1]) for name, k in sorted(ways.items()) if name[0]}
    return {name: sent for name, sent in found.items() if len(sent)}


def joined_units(uploads: pa.Table, flows: pa.Table) -> tuple[Units, list[dict[str, Any] | None]]:
    """All units, joined where one goes on with another, and the ends of each flow by its running number."""
    number, ids = numbered(uploads["flow_id"])
    wanted = flows.select([*ENDS, "tls_alpn"]).filter(pc.is_in(flows["flow_id"], value_set=ids))
    by_id = {row["flow_id"]: row for row in wanted.to_pylist()}
    ends = [by_id.get(flow) for flow in ids.to_pylist()]
    plain_http = np.array([end is not None and end["tls_alpn"] == "http/1.1" for end in ends], bool)
    return _joined(uploads, number, plain_http), ends


def numbered(column: pa.ChunkedArray) -> tuple[I4, pa.Array]:
    """Running number of each value, and the values; nothing is copied but the numbers."""
    chunks = column.dictionary_encode().chunks
    if not chunks:
        return np.empty(0, np.int32), pa.array([], column.type)
    return np.concatenate([chunk.indices.to_numpy() for chunk in chunks]), chunks[-1].dictionary


def _steered(head: I8, records: I8, octets: I8) -> npt.NDArray[np.bool_]:
    """Whether all that came from the server before a unit only steers."""
    octets -= head * records
    return (head > 0) & (records > 0) & (octets <= CONTROL * records)


def _head(rule: str) -> int:
    return HEADS.get(rule, 0)


def _is_quic(rule: str) -> bool:
    return rule == "quic"


def _joined(uploads: pa.Table, flow: I4, plain_http: npt.NDArray[np.bool_]) -> Units:
    """Units, of which those that HTTP/2 only interrupted (by WINDOW_UPDATE and the like) are one."""
    order = np.lexsort((uploads["ordinal"].to_numpy(), flow)).astype(np.int32)

    def column(name: str) -> I8:
        values = uploads[name]
        in_order: I8 = (values.cast(pa.int64()) if name.endswith("_ts") else values).to_numpy()[order]
        return in_order

    numbers, names = numbered(uploads["rule"])
    head, quic = (np.array([of(name) for name in names.to_pylist()]) for of in (_head, _is_quic))
    rule, of = numbers[order], flow[order]
    ordinal, first, last = (column(name) for name in ("ordinal", "first_ts", "last_ts"))
    goes_on = np.zeros(order.size, bool)
    goes_on[1:] = (of[1:] == of[:-1]) & (ordinal[1:] == ordinal[:-1] + 1) & ~plain_http[of[1:]]
    goes_on[1:] &= first[1:] - last[:-1] < JOINED_WITHIN
    goes_on &= _steered(head[rule], column("before_records"), column("before_octets"))
    starts = np.flatnonzero(~goes_on)
    ends = np.r_[starts[1:], order.size] - 1
    opens = ordinal[starts] == 0
    del ordinal  # there may be millions
    first, last = first[starts], last[ends]
    low, high, records = (
        np.add.reduceat(column(name), starts) for name in ("plaintext_low", "plaintext_high", "records")
    )
    rows = (ends - starts + 1).astype(np.int32)
    return Units(order[starts], rows, of[starts], first, last, low, high, records, quic[rule[starts]], opens)

"""What is compared: images that a host received in clear, and units that it sent encrypted, as columns by time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.schema import LEAST_UNIT
from netaudit.findings.correlation.opaque_units import BODY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


I8 = npt.NDArray[np.int64]
I4 = npt.NDArray[np.int32]
F8 = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Way = tuple[str, str, str]  # sender, endpoint, first capture of the recording

LEAST_IMAGE = 1024  # bytes; smaller ones are no photographs, and fit everything
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
    digest: bytes = b""  # once it was asked for

    def __len__(self) -> int:
        return len(self.row)

    def fingerprint(self) -> bytes:
        """Hash of which images they are and when they came; made once, as it is asked for by each endpoint."""
        if not self.digest:
            _, ends, texts = self.names.sha256.buffers()
            length = int(np.frombuffer(ends, np.int32)[len(self.names.sha256)])
            digest = blake2b(memoryview(texts)[:length], digest_size=16)
            digest.update(np.ascontiguousarray(self.last).data)
            self.digest = digest.digest()
        return self.digest

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
    framed: npt.NDArray[np.bool_]  # whether it may be in frames of HTTP/2
    tunnel: npt.NDArray[np.bool_]  # whether its datagrams are a tunnel's: packets in packets (`quic` as well)

    def __len__(self) -> int:
        return len(self.row)

    def columns(self) -> tuple[npt.NDArray[Any], ...]:
        """All columns in order."""
        return (
            self.row, self.rows, self.flow, self.first, self.last, self.low, self.high, self.records, self.quic,
            self.opens, self.framed, self.tunnel,
        )  # fmt: skip

    def chosen(self, places: npt.NDArray[Any]) -> Units:
        """Some of them, by index or mask."""
        return Units(*(column[places] for column in self.columns()))

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
        table = pa.Table.from_batches(self._batches)
        self._batches.clear()
        ids = [numbered(table[name])[0].astype(np.int64) for name in ("sha256", "message_id")]
        once = np.zeros(table.num_rows, bool)
        once[np.unique(ids[0] * table.num_rows + ids[1], return_index=True)[1]] = True
        del ids  # there may be hundreds of thousands
        order = pc.sort_indices(table, [("last_ts", "ascending"), ("sha256", "ascending")]).to_numpy()
        order = pa.array(order[once[order]])

        def in_order(name: str) -> pa.Array:  # and gone from the table: no two of all
            nonlocal table
            column = table[name]
            table = table.drop_columns(name)
            return column.take(order).combine_chunks()

        size, first, last = (in_order(name).to_numpy().astype(np.int64) for name in ("size", "first_ts", "last_ts"))
        names = Names(*(in_order(name) for name in ("sha256", "object_id", "message_id")))
        return Images(names, np.arange(len(order)), size, first, last)


@dataclass(slots=True)
class Rows:
    """Rows of `encrypted_uploads`, and what has to be known of each to join them to units."""

    table: pa.Table
    flow: I4  # running number of its flow
    plain_http: Mask  # whether its flow interrupts nothing
    head: npt.NDArray[np.int8]  # bytes that a record has beside, 0: not known
    quic: Mask
    tunnel: Mask

    def in_order(self) -> I4:
        """All rows, by flow and as they were sent in it."""
        return np.lexsort((self.table["ordinal"].to_numpy(), self.flow)).astype(np.int32)

    def joined(self, order: I4) -> Units:
        """Units of some rows in that order, of which those that HTTP/2 only interrupted are one."""

        def column(name: str) -> I8:
            return picked(self.table[name], order)

        of, head = self.flow[order], self.head[order]
        goes_on = _steered(head, column("before_records"), column("before_octets"))
        ordinal = column("ordinal")
        goes_on[1:] &= (of[1:] == of[:-1]) & (ordinal[1:] == ordinal[:-1] + 1) & ~self.plain_http[order[1:]]
        opening = ordinal == 0
        del ordinal, head  # there may be millions, so nothing is kept longer than it is needed
        first, last = column("first_ts"), column("last_ts")
        goes_on[1:] &= first[1:] - last[:-1] < JOINED_WITHIN
        goes_on[:1] = False
        starts = np.flatnonzero(~goes_on).astype(np.int32)
        del goes_on
        rows = np.diff(starts, append=np.int32(order.size))
        first, last = first[starts], last[starts + rows - 1]
        low, high, records = (
            np.add.reduceat(column(name), starts) for name in ("plaintext_low", "plaintext_high", "records")
        )
        row = order[starts]
        framed, tunnel = ~(self.plain_http | self.quic)[row], self.tunnel[row]
        return Units(
            row, rows, of[starts], first, last, low, high, records, self.quic[row], opening[starts], framed, tunnel
        )


@dataclass(slots=True)
class Ways:
    """Rows by (host that sent them, endpoint, recording); units of one way are made when it is looked at."""

    rows: Rows
    places: dict[Way, I4]  # of the rows, by flow and as they were sent in it

    def units(self, way: Way) -> Units:
        """Its units by time, without small ones."""
        units = self.rows.joined(self.places[way])
        order = np.argsort(units.first, kind="stable")
        return units.chosen(order[units.high[order] >= LEAST_UNIT])

    def extents(self) -> dict[Way, tuple[int, int, int]]:
        """Number of units, beginning of the first one and end of the last one, where there are any."""
        of = ((way, self.units(way)) for way in self.places)
        return {way: (len(sent), int(sent.first.min()), int(sent.last.max())) for way, sent in of if len(sent)}


def units_by_way(uploads: pa.Table, flows: pa.Table, recording_of: Mapping[str, str]) -> Ways:
    """Units by (host that sent them, endpoint, recording), joined where one goes on with another."""
    rows, ends = _rows(uploads, flows)
    capture, captures = numbered(uploads["capture_id"])
    names = [recording_of.get(name, name) for name in captures.to_pylist()]
    order = rows.in_order()
    flow, capture = rows.flow[order], capture[order]
    starts = np.flatnonzero(np.r_[True, (flow[1:] != flow[:-1]) | (capture[1:] != capture[:-1])][: order.size])
    runs: defaultdict[Way, list[I4]] = defaultdict(list)
    of_flows = zip(flow[starts].tolist(), capture[starts].tolist(), np.split(order, starts[1:]), strict=True)
    for end, name, run in of_flows if order.size else ():
        of = ends[end]
        if of and of["client_ip"]:
            runs[of["client_ip"], of["server_ip"], names[name]].append(run)
    return Ways(rows, {way: np.concatenate(runs[way]) for way in sorted(runs)})


def joined_units(uploads: pa.Table, flows: pa.Table) -> tuple[Units, list[dict[str, Any] | None]]:
    """All units, joined where one goes on with another, and the ends of each flow by its running number."""
    rows, ends = _rows(uploads, flows)
    return rows.joined(rows.in_order()), ends


def _rows(uploads: pa.Table, flows: pa.Table) -> tuple[Rows, list[dict[str, Any] | None]]:
    number, ids = numbered(uploads["flow_id"])
    wanted = flows.select([*ENDS, "tls_alpn"]).filter(pc.is_in(flows["flow_id"], value_set=ids))
    by_id = {row["flow_id"]: row for row in wanted.to_pylist()}
    ends = [by_id.get(flow) for flow in ids.to_pylist()]
    plain_http = np.array([end is not None and end["tls_alpn"] == "http/1.1" for end in ends], bool)
    rule, rules = numbered(uploads["rule"])
    names = rules.to_pylist()
    head, quic = (
        np.array([HEADS.get(name, 0) for name in names], np.int8),
        np.array([name in {"quic", "udp"} for name in names]),
    )
    whole = np.array([name in {BODY, "tcp"} for name in names], bool)  # nothing goes on with another
    tunnel = np.array([name == "udp" for name in names], bool)
    return Rows(uploads, number, plain_http[number] | whole[rule], head[rule], quic[rule], tunnel[rule]), ends


def picked(column: pa.ChunkedArray, rows: I4) -> I8:
    """Values of some rows, of which only the chunks they are in are looked at."""
    chunks = [(chunk.cast(pa.int64()) if pa.types.is_timestamp(chunk.type) else chunk) for chunk in column.chunks]
    if len(chunks) == 1:
        values: I8 = chunks[0].to_numpy(zero_copy_only=False)[rows]
        return values
    ends = np.cumsum([len(chunk) for chunk in chunks])
    chunk_of, values = np.searchsorted(ends, rows, "right"), np.empty(rows.size, np.int64)
    for k in np.unique(chunk_of).tolist():
        here = chunk_of == k
        values[here] = chunks[k].to_numpy(zero_copy_only=False)[rows[here] - (ends[k] - len(chunks[k]))]
    return values


def numbered(column: pa.ChunkedArray) -> tuple[I4, pa.Array]:
    """Running number of each value, and the values; nothing is copied but the numbers."""
    chunks = column.dictionary_encode().chunks
    if not chunks:
        return np.empty(0, np.int32), pa.array([], column.type)
    return np.concatenate([chunk.indices.to_numpy() for chunk in chunks]), chunks[-1].dictionary


def _steered(head: npt.NDArray[np.int8], records: I8, octets: I8) -> npt.NDArray[np.bool_]:
    """Whether all that came from the server before a unit only steers."""
    octets -= head * records
    return (head > 0) & (records > 0) & (octets <= CONTROL * records)

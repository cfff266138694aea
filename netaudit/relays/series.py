"""What is compared: images that a host received in clear, and units that it sent encrypted, as columns by time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from netaudit.relays.sizes import FINISHED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

I8 = npt.NDArray[np.int64]
F8 = npt.NDArray[np.float64]

LEAST_IMAGE = 1024  # bytes; smaller ones are no photographs, and fit everything
LEAST_UNIT = 1024  # bytes of plaintext
CONTROL = 26  # bytes of plaintext in a record that only steers HTTP/2: two WINDOW_UPDATE frames
JOINED_WITHIN = 1_000_000_000  # ns between two units of which the second goes on with the first
HEADS = {"aead13": 17, "aead12": 24, "chacha12": 16}


@dataclass(slots=True)
class Images:
    """Images received by one host in one recording, by the time of their last byte."""

    sha256: list[str]
    object_ids: list[str]
    message_ids: list[str]
    size: I8  # bytes
    first: I8  # ns
    last: I8

    def __len__(self) -> int:
        return len(self.sha256)

    def chosen(self, places: npt.NDArray[Any]) -> Images:
        """Some of them, by index or mask."""
        at = np.flatnonzero(places) if places.dtype == bool else places
        sha256, objects, messages = (
            [column[k] for k in at.tolist()] for column in (self.sha256, self.object_ids, self.message_ids)
        )
        return Images(sha256, objects, messages, self.size[at], self.first[at], self.last[at])


@dataclass(slots=True)
class Units:
    """Units sent by one host to one endpoint, by their beginning. A unit may be joined of several rows of the table."""

    row: I8  # of encrypted_uploads: of the first one
    rows: I8  # how many rows of its flow it is joined of
    flow: I8  # running number of its flow
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

    def together(self, other: Units) -> Units:
        """These and others."""
        return Units(*(np.concatenate(pair) for pair in zip(self.columns(), other.columns(), strict=True)))


def images_by_host(rows: Iterable[Any], recording_of: Mapping[str, str]) -> dict[tuple[str, str], Images]:
    """Whole images by (host that received them, recording), from rows of `transfers`; an image of a message once."""
    found: dict[tuple[str, str], dict[tuple[str, str], Any]] = defaultdict(dict)
    for row in rows:
        if row.complete and row.size >= LEAST_IMAGE:
            recording = recording_of.get(row.capture_id, row.capture_id)
            found[row.receiver, recording].setdefault((row.message_id, row.sha256), row)
    return {key: _images(list(some.values())) for key, some in sorted(found.items())}


def _images(rows: list[Any]) -> Images:
    rows.sort(key=lambda row: (row.last_ts, row.sha256))
    size, first, last = (
        np.array([getattr(row, name) for row in rows], np.int64) for name in ("size", "first_ts", "last_ts")
    )
    return Images(
        [row.sha256 for row in rows],
        [row.object_id for row in rows],
        [row.message_id for row in rows],
        size,
        first,
        last,
    )


def units_by_way(
    uploads: pa.Table, flows: pa.Table, recording_of: Mapping[str, str]
) -> dict[tuple[str, str, str], Units]:
    """Units by (host that sent them, endpoint, recording), joined where one goes on with another."""
    if not uploads.num_rows:
        return {}
    ids = pc.dictionary_encode(uploads["flow_id"].combine_chunks())
    number = ids.indices.to_numpy().astype(np.int64)
    wanted = flows.select(["flow_id", "client_ip", "server_ip", "tls_alpn"]).filter(
        pc.is_in(flows["flow_id"], value_set=ids.dictionary)
    )
    ends = {row["flow_id"]: row for row in wanted.to_pylist()}
    known = [ends.get(flow) for flow in ids.dictionary.to_pylist()]
    units = _joined(uploads, number, np.array([end is not None and end["tls_alpn"] == "http/1.1" for end in known]))
    units = units.chosen(units.high >= LEAST_UNIT)
    captures = pc.dictionary_encode(uploads["capture_id"].combine_chunks())
    capture = captures.indices.to_numpy().astype(np.int64)[units.row]
    names = [recording_of.get(name, name) for name in captures.dictionary.to_pylist()]
    ways: dict[tuple[str, str, str], int] = {}
    way_of_flow: dict[tuple[int, int], int] = {}
    way = np.empty(len(units), np.int64)
    for k, key in enumerate(zip(units.flow.tolist(), capture.tolist(), strict=True)):
        if key not in way_of_flow:
            end = known[key[0]]
            name = (end["client_ip"], end["server_ip"], names[key[1]]) if end else ("", "", "")
            way_of_flow[key] = ways.setdefault(name, len(ways))
        way[k] = way_of_flow[key]
    order = np.lexsort((units.first, way))
    units, way = units.chosen(order), way[order]
    bounds = np.searchsorted(way, np.arange(len(ways) + 1))
    return {name: units.chosen(np.arange(bounds[k], bounds[k + 1])) for name, k in sorted(ways.items()) if name[0]}


def _joined(uploads: pa.Table, flow: I8, plain_http: npt.NDArray[np.bool_]) -> Units:
    """Units, of which those that HTTP/2 only interrupted (by WINDOW_UPDATE and the like) are one."""
    first, last = (uploads[name].cast(pa.int64()).to_numpy() for name in ("first_ts", "last_ts"))
    ordinal, low, high, records = (
        uploads[name].to_numpy() for name in ("ordinal", "plaintext_low", "plaintext_high", "records")
    )
    before, heads = uploads["before_octets"].to_numpy(), uploads["before_records"].to_numpy()
    rule = pc.dictionary_encode(uploads["rule"].combine_chunks())
    head = np.array([HEADS.get(name, 0) for name in rule.dictionary.to_pylist()])[rule.indices.to_numpy()]
    quic = np.array([name == "quic" for name in rule.dictionary.to_pylist()])[rule.indices.to_numpy()]
    order = np.lexsort((ordinal, flow))
    first, last, ordinal, low, high, records, before, heads, head, quic, of = (
        column[order] for column in (first, last, ordinal, low, high, records, before, heads, head, quic, flow)
    )
    goes_on = np.zeros(order.size, bool)
    goes_on[1:] = (
        (of[1:] == of[:-1])
        & (ordinal[1:] == ordinal[:-1] + 1)
        & (head[1:] > 0)
        & (heads[1:] > 0)
        & (before[1:] - head[1:] * heads[1:] <= CONTROL * heads[1:])
        & (first[1:] - last[:-1] < JOINED_WITHIN)
        & ~plain_http[of[1:]]
    )
    starts = np.flatnonzero(~goes_on)
    ends = np.r_[starts[1:], order.size] - 1
    return Units(
        order[starts], ends - starts + 1, of[starts], first[starts], last[ends],
        np.add.reduceat(low, starts), np.add.reduceat(high, starts), np.add.reduceat(records, starts),
        np.asarray(quic[starts], np.bool_), np.asarray(ordinal[starts] == 0, np.bool_),
    )  # fmt: skip


STEERS = 96  # bytes of a record up to which it ends no image: steering frames stand between streams
SHORT_ENDS = 12  # records of a unit that may end an image


def stretches(units: Units, uploads: pa.Table) -> tuple[Units, I8]:
    """Parts of units that may be one stream of HTTP/2 each: from one short record to the next, or a later one.

    A stream's bytes come in full records and end in a short one where the sender writes stream by stream. A stretch has
    the row of its unit, whose index is given too; only units whose records are all listed are looked at.
    """
    found: list[tuple[int, int, int, int]] = []  # place of the unit, plaintext, records, whether it opens the unit
    lists = _record_lists(units, uploads)
    for place, (lengths, head) in enumerate(lists):
        full = max(lengths, default=0)
        ends = [k + 1 for k, length in enumerate(lengths) if STEERS < length < full or k + 1 == len(lengths)]
        if not 2 <= len(ends) <= SHORT_ENDS or not head:
            continue
        sums = np.r_[0, np.cumsum([length - head for length in lengths])]
        for a, begin in enumerate([0, *ends[:-1]]):
            for end in ends[a:]:
                size = int(sums[end] - sums[begin])
                if size >= LEAST_UNIT and (begin, end) != (0, len(lengths)):
                    found.append((place, size, end - begin, begin == 0))
    at = np.array([row[0] for row in found], np.int64)
    some = units.chosen(at)
    some.low = np.array([row[1] for row in found], np.int64)
    some.high = some.low.copy()
    some.records = np.array([row[2] for row in found], np.int64)
    some.opens = some.opens & np.array([row[3] for row in found], bool)
    return some, at


def _record_lists(units: Units, uploads: pa.Table) -> list[tuple[list[int], int]]:
    """Lengths of all records of each unit in order, and what each has beside its data; empty if not all are known."""
    index: dict[tuple[str, int], int] = {}
    rows = units.row.tolist()
    flows = pc.take(uploads["flow_id"], pa.array(rows)).to_pylist()
    mask = pc.is_in(uploads["flow_id"], value_set=pa.array(sorted(set(flows)), pa.string()))
    places = np.flatnonzero(mask.to_numpy())
    some = uploads.filter(mask).select(["flow_id", "ordinal", "lengths", "repeats", "records", "rule", "from_start"])
    told = some.to_pylist()
    for k, row in enumerate(told):
        index[row["flow_id"], row["ordinal"]] = k
    by_place = {int(place): k for k, place in enumerate(places)}
    found = []
    for row, many in zip(rows, units.rows.tolist(), strict=True):
        first = told[by_place[row]]
        lengths: list[int] = []
        for more in range(many):
            of = told[index[first["flow_id"], first["ordinal"] + more]]
            lengths += [
                length for length, repeats in zip(of["lengths"], of["repeats"], strict=True) for _ in range(repeats)
            ]
            if sum(of["repeats"]) != of["records"]:
                lengths = []
                break
        head = HEADS.get(first["rule"], 0)
        if lengths and first["ordinal"] == 0 and first["from_start"] and head == 17 and lengths[0] in FINISHED:
            lengths = lengths[1:]
        found.append((lengths, head))
    return found

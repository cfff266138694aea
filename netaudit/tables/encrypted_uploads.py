"""Rows of `encrypted_uploads`: units of what clients sent encrypted, with the lengths they consist of."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from netaudit.core.schema import ENCRYPTED_UPLOADS, LEAST_UNIT, Row
from netaudit.core.text.frame_ranges import capture_name
from netaudit.protocols.flow import flow_id
from netaudit.streams.layouts import PLAIN, QUIC, SPAN, TLS, UNIT
from netaudit.tables.columns import batch_of, few

if TYPE_CHECKING:
    import numpy.typing as npt

    from netaudit.core.storage.table_streams import TableWriter
    from netaudit.streams.records import Records

DATAGRAMS = (17, 50)  # UDP, ESP
RULES = {PLAIN: "tcp", QUIC: "quic", TLS: "tls"}  # until the flow's version and cipher suite are known
UDP = 255  # beside the numbers of RULES: of PLAIN, what comes in datagrams
_TIME = ENCRYPTED_UPLOADS.schema().field("first_ts").type

Draft = tuple[bytes, bytes, bytes, int]  # a UNIT row, the id of its flow, its SPAN rows, the flow's protocol


class UploadRows:
    """Takes the units of batches; lengths of units still under way wait for them."""

    def __init__(self, rows: TableWriter) -> None:
        """`rows` makes them of drafts (`uploads_of_drafts`)."""
        self._rows = rows
        self._waiting: npt.NDArray[Any] = np.empty(0, SPAN)

    def feed(self, records: Records) -> list[Draft]:
        """Take the units that ended in a batch; gives those that are encrypted for certain."""
        certain = []
        whole = (records.units["kind"] != PLAIN) | (records.units["octets"] >= LEAST_UNIT)
        spans = np.concatenate([self._waiting, records.spans])
        order = np.lexsort((spans["ordinal"], spans["serial"]))  # stable: in order within a unit
        spans = spans[order]
        ids: dict[int, bytes] = {}
        have, asked = _keys(spans, records.units)
        begins, ends = (np.searchsorted(have, asked, side).tolist() for side in ("left", "right"))
        kinds, serials = records.units["kind"].tolist(), records.units["serial"].tolist()
        for number in np.flatnonzero(whole).tolist():  # smaller ones of what may be any protocol are left out
            unit, flow, serial = records.units[number], records.flows[number], serials[number]
            if serial not in ids:
                ids[serial] = flow_id(flow)
            own = spans[begins[number] : ends[number]].tobytes()
            draft = unit.tobytes(), ids[serial], own, int(flow["proto"])
            self._rows.append(draft)
            if kinds[number] != PLAIN:
                certain.append(draft)
        self._waiting = spans[~np.isin(have, asked)]
        return certain


def _keys(spans: npt.NDArray[Any], units: npt.NDArray[Any]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Numbers of the units of spans, which are in order, and of units: equal and ordered as these are."""
    _, serials = np.unique(np.concatenate([spans["serial"], units["serial"]]), return_inverse=True)
    keys = serials.astype(np.int64) << 32 | np.concatenate([spans["ordinal"], units["ordinal"]])
    return keys[: spans.size], keys[spans.size :]


def uploads_of_drafts(drafts: list[Draft]) -> pa.RecordBatch:
    """Rows of `encrypted_uploads`."""
    rows, flows, held, protocols = zip(*drafts, strict=True)
    units, spans = np.frombuffer(b"".join(rows), UNIT), np.frombuffer(b"".join(held), SPAN)
    ends = np.cumsum([0, *map(len, held)]) // SPAN.itemsize
    kinds = np.where((units["kind"] == PLAIN) & np.isin(protocols, DATAGRAMS), UDP, units["kind"])
    named = zip(flows, units["ordinal"].tolist(), strict=True)
    none = pa.nulls(len(units), pa.int64())
    answered = units["answered_ts"]
    times = {name: pa.array(units[name]).cast(_TIME) for name in ("first_ts", "last_ts")}
    numbers = ("first_frame", "last_frame", "ordinal", "records", "octets", "before_records", "before_octets")
    columns = {
        "unit_id": [blake2b(flow + at.to_bytes(8), digest_size=16).hexdigest() for flow, at in named],
        "flow_id": [flow.hex() for flow in flows],
        "capture_id": few(units["first_capture"], capture_name),
        "answered_ts": pa.array(answered, mask=answered == 0).cast(_TIME),
        "lengths": _lists(spans["length"], ends),
        "repeats": _lists(spans["repeats"], ends),
        "rule": few(kinds, lambda kind: "udp" if kind == UDP else RULES[kind]),
        "plaintext_low": none,
        "plaintext_high": none,
        "padded": np.zeros(len(units), np.int64),
    }
    columns |= times | {name: units[name].astype(np.int64) for name in numbers}
    columns |= {name: units[name].astype(bool) for name in ("from_start", "lossy")}
    return batch_of(columns, ENCRYPTED_UPLOADS.schema())


def _lists(numbers: npt.NDArray[np.uint32], ends: npt.NDArray[np.int64]) -> pa.ListArray:
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.array(numbers.astype(np.int64)))


def upload_rows(drafts: list[Draft]) -> list[Row]:
    """The same, row by row."""
    if not drafts:
        return []
    batch = uploads_of_drafts(drafts)
    columns = [column.cast(pa.int64()) if column.type == _TIME else column for column in batch.columns]
    return [ENCRYPTED_UPLOADS.row(*values) for values in zip(*(one.to_pylist() for one in columns), strict=True)]

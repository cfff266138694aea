"""Rows of `encrypted_uploads`: units of what clients sent encrypted, with the lengths they consist of."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

from netaudit.messages.flow import flow_id
from netaudit.streams.layouts import PLAIN, QUIC, SPAN, TLS
from netaudit.tables import ENCRYPTED_UPLOADS, LEAST_UNIT, Row
from netaudit.text.frame_ranges import capture_name

if TYPE_CHECKING:
    import numpy.typing as npt

    from netaudit.storage.table_streams import TableWriter
    from netaudit.streams.records import Records

DATAGRAMS = frozenset({17, 50})  # UDP, ESP
RULES = {PLAIN: "tcp", QUIC: "quic", TLS: "tls"}  # until the flow's version and cipher suite are known


_UPLOAD = ENCRYPTED_UPLOADS.row


class UploadRows:
    """Takes the units of batches; lengths of units still under way wait for them."""

    def __init__(self, rows: TableWriter) -> None:
        self._rows = rows
        self._waiting: npt.NDArray[Any] = np.empty(0, SPAN)

    def feed(self, records: Records) -> list[Row]:
        """Write the units that ended in a batch; gives the rows of those that are encrypted for certain."""
        rows = []
        whole = (records.units["kind"] != PLAIN) | (records.units["octets"] >= LEAST_UNIT)
        spans = np.concatenate([self._waiting, records.spans])
        order = np.lexsort((spans["ordinal"], spans["serial"]))  # stable: in order within a unit
        spans = spans[order]
        ids: dict[int, bytes] = {}
        have, asked = _keys(spans, records.units)
        begins, ends = np.searchsorted(have, asked, "left"), np.searchsorted(have, asked, "right")
        for number in np.flatnonzero(whole).tolist():  # smaller ones of what may be any protocol are left out
            unit, flow = records.units[number], records.flows[number]
            serial = int(unit["serial"])
            if serial not in ids:
                ids[serial] = flow_id(flow)
            own = spans[begins[number] : ends[number]]
            self._rows.append(row := _row(unit, ids[serial], own, int(flow["proto"])))
            if unit["kind"] != PLAIN:
                rows.append(row)
        self._waiting = spans[~np.isin(have, asked)]
        return rows


def _keys(spans: npt.NDArray[Any], units: npt.NDArray[Any]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Numbers of the units of spans, which are in order, and of units: equal and ordered as these are."""
    _, serials = np.unique(np.concatenate([spans["serial"], units["serial"]]), return_inverse=True)
    keys = serials.astype(np.int64) << 32 | np.concatenate([spans["ordinal"], units["ordinal"]])
    return keys[: spans.size], keys[spans.size :]


def _row(unit: np.void, flow: bytes, spans: npt.NDArray[Any], proto: int) -> Row:
    ordinal, answered = int(unit["ordinal"]), int(unit["answered_ts"])
    return _UPLOAD(
        unit_id=blake2b(flow + ordinal.to_bytes(8), digest_size=16).hexdigest(),
        flow_id=flow.hex(),
        capture_id=capture_name(int(unit["first_capture"])),
        first_frame=int(unit["first_frame"]),
        last_frame=int(unit["last_frame"]),
        first_ts=int(unit["first_ts"]),
        last_ts=int(unit["last_ts"]),
        answered_ts=answered or None,
        ordinal=ordinal,
        records=int(unit["records"]),
        octets=int(unit["octets"]),
        lengths=spans["length"].tolist(),
        repeats=spans["repeats"].tolist(),
        before_records=int(unit["before_records"]),
        before_octets=int(unit["before_octets"]),
        from_start=bool(unit["from_start"]),
        lossy=bool(unit["lossy"]),
        rule="udp" if unit["kind"] == PLAIN and proto in DATAGRAMS else RULES[int(unit["kind"])],
        plaintext_low=None,
        plaintext_high=None,
        padded=0,
    )

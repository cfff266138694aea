"""The timeline of the summary: when images and identity data left, and when encrypted uploads were made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.findings.summary.model import ENCRYPTED, IDENTITY, IMAGES, Lane
from netaudit.findings.summary.reading import having

if TYPE_CHECKING:
    from netaudit.findings.summary.model import Period, Transfer
    from netaudit.findings.summary.reading import Source

SLICES = 40


def lanes(case: Source, period: Period, sent: list[Transfer], encrypted: list[Transfer]) -> tuple[Lane, ...]:
    """Return three lanes: face images, identity data, encrypted uploads; none without a period."""
    if period.first_ts is None or period.last_ts is None:
        return ()
    findings = case.table("findings", ["finding_id", "object_ids", "document_ids", "flow_ids"])
    of_sent = having(findings, "finding_id", (one for row in sent for one in row.findings))
    of_hidden = having(findings, "finding_id", (one for row in encrypted for one in row.findings))
    times = {
        IMAGES: _object_times(case, of_sent["object_ids"]),
        IDENTITY: _object_times(case, of_sent["document_ids"]),
        ENCRYPTED: _upload_times(case, of_hidden["flow_ids"]),
    }
    first, length = period.first_ts, max(1, period.last_ts - period.first_ts)
    return tuple(Lane(content, _sliced(found, first, length)) for content, found in times.items())


def _flat(lists: pa.ChunkedArray) -> pa.Array:
    return pa.array(sorted({one for ids in lists.to_pylist() for one in ids or ()}), pa.string())


def _object_times(case: Source, ids: pa.ChunkedArray) -> list[int]:
    objects = case.table("objects", ["object_id", "message_id"])
    mine = objects.filter(pc.is_in(objects["object_id"], value_set=_flat(ids)))["message_id"]
    messages = case.table("messages", ["message_id", "first_ts"])
    found = pc.index_in(mine, value_set=messages["message_id"].combine_chunks()).drop_null()
    return [one for one in messages["first_ts"].take(found).cast(pa.int64()).to_pylist() if one is not None]


def _upload_times(case: Source, flows: pa.ChunkedArray) -> list[int]:
    uploads = case.table("encrypted_uploads", ["flow_id", "first_ts"])
    mine = uploads.filter(pc.is_in(uploads["flow_id"], value_set=_flat(flows)))
    return [one for one in mine["first_ts"].cast(pa.int64()).to_pylist() if one is not None]


def _sliced(times: list[int], first: int, length: int) -> tuple[int, ...]:
    counts = [0] * SLICES
    for ts in times:
        counts[min(SLICES - 1, max(0, (ts - first) * SLICES // length))] += 1
    return tuple(counts)

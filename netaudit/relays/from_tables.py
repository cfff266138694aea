"""Door from tables: what left encrypted, and which images seen in clear inside it fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.ground.table_streams import table_of
from netaudit.relays.recordings import recordings
from netaudit.relays.sizes import with_sizes
from netaudit.tables import RELAY_TESTS, RELAYED_IMAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from netaudit.relays.judging import Result

__all__ = ["find_relays", "with_sizes"]

LEAST = 4  # images, and units, without which nothing is tested


def find_relays(
    tables: dict[str, pa.Table], transfers: Iterable[Any], scope: Callable[[str], str]
) -> tuple[pa.Table, pa.Table]:
    """Tables `relayed_images` and `relay_tests`: every host and endpoint tested, also where nothing was found."""
    uploads = tables.get("encrypted_uploads")
    empty = RELAYED_IMAGES.schema().empty_table(), RELAY_TESTS.schema().empty_table()
    if uploads is None or uploads.num_rows < LEAST or tables["images"].num_rows < LEAST:
        return empty
    from netaudit.relays.judging import judge_pair, pairs_of, test_row  # with its kernels, only where there is work
    from netaudit.relays.series import images_by_host, units_by_way

    recording_of = recordings(tables.get("captures"))
    images = images_by_host(transfers, recording_of)
    pairs = list(pairs_of(images, units_by_way(uploads, tables["flows"], recording_of), scope))
    told: list[dict[str, Any]] = []
    tests: list[dict[str, Any]] = []
    for pair in pairs:
        result = judge_pair(pair, uploads, len(pairs))
        tests += [test_row(result, test, len(pairs)) for test in result.tests]
        told += _rows(result, uploads, tables["messages"])
    return (
        table_of(told, RELAYED_IMAGES),
        table_of(tests, RELAY_TESTS),
    )


def _rows(result: Result, uploads: pa.Table, messages: pa.Table) -> list[dict[str, Any]]:
    """Rows of `relayed_images`."""
    if not result.matches:
        return []
    pair = result.pair
    places = [int(pair.units.row[match.unit]) for match in result.matches]
    told = ["unit_id", "flow_id", "capture_id", "first_frame", "last_frame"]
    units = uploads.select(told).take(pa.array(places)).to_pylist()
    ids = pa.array(sorted({pair.images.message_ids[match.image] for match in result.matches}))
    chosen = messages.filter(pc.is_in(messages["message_id"], value_set=ids))
    seen = {
        row["message_id"]: row
        for row in chosen.select(["message_id", "capture_id", "first_frame", "last_frame"]).to_pylist()
    }
    rows = []
    for match, unit in zip(result.matches, units, strict=True):
        message = seen[pair.images.message_ids[match.image]]
        received, sent = int(pair.images.last[match.image]), int(pair.units.first[match.unit])
        offset = result.offset.seconds if result.offset else 0.0
        rows.append(
            {
                "sha256": pair.images.sha256[match.image],
                "object_id": pair.images.object_ids[match.image],
                "message_id": pair.images.message_ids[match.image],
                "unit_id": unit["unit_id"],
                "flow_id": unit["flow_id"],
                "holder": pair.host,
                "sender": pair.way[0],
                "receiver": pair.way[1],
                "received_ts": received,
                "sent_ts": sent,
                "delay_s": (sent - received) / 1e9 - offset,
                "size": int(pair.images.size[match.image]),
                "plaintext_low": int(pair.units.low[match.unit]),
                "plaintext_high": int(pair.units.high[match.unit]),
                "overhead": match.overhead,
                "together": match.together,
                "mode": match.mode,
                "base64": match.base64,
                "probability": match.probability,
                "image_capture_id": message["capture_id"],
                "image_first_frame": message["first_frame"],
                "image_last_frame": message["last_frame"],
                "capture_id": unit["capture_id"],
                "first_frame": unit["first_frame"],
                "last_frame": unit["last_frame"],
            }
        )
    return rows

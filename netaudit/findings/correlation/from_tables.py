"""Door from tables: what left encrypted; how many uploads, after which moments, and which images seen in clear fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.schema import MOMENT_TESTS, RELAY_TESTS, RELAYED_IMAGES, UPLOAD_COUNTS
from netaudit.core.storage.table_streams import table_of
from netaudit.findings.correlation.opaque_units import with_bodies
from netaudit.findings.correlation.passes import CLAIMED
from netaudit.findings.correlation.plaintext_sizes import with_sizes
from netaudit.findings.correlation.recordings import recordings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from netaudit.findings.correlation.counting import Sent, Way
    from netaudit.findings.correlation.judging import Result
    from netaudit.findings.correlation.matching_one_to_one import Match

FOUND, ABSENT, UNKNOWN = "found", "absent", ""


def found_in(relayed: pa.Table, tables: dict[str, pa.Table]) -> pa.Array:
    """For each row of `relayed_images`: found or absent among what was opened of its connection; empty: not opened."""
    flows, messages, objects = tables["flows"], tables["messages"], tables.get("objects")
    if objects is None or "opened" not in messages.column_names or "keys" not in flows.column_names:
        return pa.array([UNKNOWN] * relayed.num_rows, pa.string())
    ids = pc.unique(relayed["flow_id"])
    opened = set(flows.filter(_both(flows, "flow_id", ids, "keys", "opened"))["flow_id"].to_pylist())
    some = messages.filter(pc.and_(pc.is_in(messages["flow_id"], ids), pc.not_equal(messages["opened"], "")))
    flow_of = dict(zip(some["message_id"].to_pylist(), some["flow_id"].to_pylist(), strict=True))
    carried = objects.filter(pc.is_in(objects["message_id"], pa.array(flow_of, pa.string())))
    pairs = zip(carried["message_id"].to_pylist(), carried["sha256"].to_pylist(), strict=True)
    seen = {(flow_of[message], sha256) for message, sha256 in pairs}
    rows = zip(relayed["flow_id"].to_pylist(), relayed["sha256"].to_pylist(), strict=True)
    return pa.array([FOUND if row in seen else ABSENT if row[0] in opened else UNKNOWN for row in rows], pa.string())


def _both(table: pa.Table, name: str, values: pa.Array, other: str, value: str) -> pa.ChunkedArray:
    return pc.and_(pc.is_in(table[name], values), pc.equal(table[other], value))


__all__ = ["CLAIMED", "count_uploads", "find_relays", "tie_moments", "with_sizes"]

AT_ONCE = 1024  # rows made as Python values
LEAST = 4  # images, and units, without which nothing is tested


def find_relays(
    tables: dict[str, pa.Table], transfers: Iterable[Any], scope: Callable[[str], str]
) -> tuple[pa.Table, pa.Table]:
    """Tables `relayed_images` and `relay_tests`: every host and endpoint tested, also where nothing was found."""
    uploads = tables.get("encrypted_uploads")
    empty = RELAYED_IMAGES.schema().empty_table(), RELAY_TESTS.schema().empty_table()
    if uploads is None or tables["images"].num_rows < LEAST:
        return empty
    uploads = with_bodies(uploads, tables["messages"])
    if uploads.num_rows < LEAST:
        return empty
    # with its kernels, only where there is work
    from netaudit.findings.correlation.judging import judge_pair, pair_of, pairs_of, test_row
    from netaudit.findings.correlation.series import images_by_host, units_by_way

    recording_of = recordings(tables.get("captures"))
    images = images_by_host(transfers, recording_of)
    ways = units_by_way(uploads, tables["flows"], recording_of)
    pairs = pairs_of(images, ways, scope)
    pieces: list[pa.Table] = []
    tests: list[dict[str, Any]] = []
    for planned in pairs:
        result = judge_pair(pair_of(planned, images, ways), len(pairs))
        tests += [test_row(result, test, len(pairs)) for test in result.tests]
        pieces += _tables(result, uploads, tables["messages"])
    relayed = pa.concat_tables(pieces) if pieces else empty[0]
    place = relayed.schema.get_field_index("opened")
    relayed = relayed.set_column(place, relayed.schema.field(place), found_in(relayed, tables))
    return relayed, table_of(tests, RELAY_TESTS)


def count_uploads(
    tables: dict[str, pa.Table],
    scope: Callable[[str], str],
    role: Callable[[str, str], str],
    nameless: Callable[[Way, Sent, str], bool],
) -> pa.Table:
    """Table `upload_counts`; `role` of a sender by its address and a flow; `nameless` as `count_rows` asks for it."""
    uploads = tables.get("encrypted_uploads")
    if uploads is None or not uploads.num_rows:
        return UPLOAD_COUNTS.schema().empty_table()
    from netaudit.findings.correlation.counting import answers_of, by_way, count_rows, outward
    from netaudit.findings.correlation.series import joined_units, picked
    from netaudit.findings.correlation.video import Lengths

    units, ends = joined_units(uploads, tables["flows"])
    answers = answers_of(units, picked(uploads["before_octets"], units.row), ends)
    units, answers, ends = outward(units, answers, ends, scope)
    ways, own = by_way(units, ends, scope, role)
    return table_of(list(count_rows(ways, own, units, answers, nameless, Lengths(uploads).are_video)), UPLOAD_COUNTS)


def tie_moments(tables: dict[str, pa.Table], scope: Callable[[str], str], role: Callable[[str, str], str]) -> pa.Table:
    """Table `moment_tests`: whether encrypted uploads follow the rows of `moments` more than by chance."""
    uploads, moments = tables.get("encrypted_uploads"), tables["moments"]
    if uploads is None or not uploads.num_rows or not moments.num_rows:
        return MOMENT_TESTS.schema().empty_table()
    from netaudit.findings.correlation.counting import by_way
    from netaudit.findings.correlation.moment_tests import test_rows
    from netaudit.findings.correlation.series import joined_units

    units, ends = joined_units(uploads, tables["flows"])
    ways, _ = by_way(units, ends, scope, role)
    rows = list(test_rows(ways, units, uploads, moments, tables["captures"]))
    return table_of(rows, MOMENT_TESTS)


def _tables(result: Result, uploads: pa.Table, messages: pa.Table) -> Iterator[pa.Table]:
    """`relayed_images` of one pair, so many rows at once."""
    for begin in range(0, len(result.matches), AT_ONCE):
        rows = _rows(result, result.matches[begin : begin + AT_ONCE], uploads, messages)
        yield table_of(rows, RELAYED_IMAGES)


def _rows(result: Result, matches: list[Match], uploads: pa.Table, messages: pa.Table) -> list[dict[str, Any]]:
    pair = result.pair
    places = [int(pair.units.row[match.unit]) for match in matches]
    columns = ["unit_id", "flow_id", "capture_id", "first_frame", "last_frame"]
    units = uploads.select(columns).take(pa.array(places)).to_pylist()
    named = pa.array([match.image for match in matches])
    names = pair.images.names
    hashes, objects, ids = (
        column.take(named).to_pylist() for column in (names.sha256, names.object_ids, names.message_ids)
    )
    chosen = messages.filter(pc.is_in(messages["message_id"], value_set=pa.array(sorted(set(ids)))))
    seen = {
        row["message_id"]: row
        for row in chosen.select(["message_id", "capture_id", "first_frame", "last_frame"]).to_pylist()
    }
    rows = []
    for place, (match, unit) in enumerate(zip(matches, units, strict=True)):
        message = seen[ids[place]]
        received, sent = int(pair.images.last[match.image]), int(pair.units.first[match.unit])
        offset = result.offset.seconds if result.offset else 0.0
        rows.append(
            {
                "sha256": hashes[place],
                "object_id": objects[place],
                "message_id": ids[place],
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
                "framed": match.framed,
                "probability": match.probability,
                "opened": "",
                "image_capture_id": message["capture_id"],
                "image_first_frame": message["first_frame"],
                "image_last_frame": message["last_frame"],
                "capture_id": unit["capture_id"],
                "first_frame": unit["first_frame"],
                "last_frame": unit["last_frame"],
            }
        )
    return rows

"""The last step: from the streams of a finished (or interrupted) run to a whole case. Works on tables only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.case import Case
from netaudit.case_writer import (
    ObjectStore,
    RowWriter,
    drop_streams,
    read_parts,
    read_streams,
    stream_parts,
    table_of,
    write_json,
)
from netaudit.devices.from_observations import Link, inventory
from netaudit.devices.from_tables import with_chain
from netaudit.endpoints.from_tables import endpoints, vantage_of
from netaudit.findings.from_tables import WINDOW_S, judge, judge_moments
from netaudit.frames import frame_numbers, frame_ranges
from netaudit.image_table import JUDGED_KINDS, image_table
from netaudit.journeys.from_tables import join_journeys, with_ends
from netaudit.manifest import manifest
from netaudit.media import tie
from netaudit.moments import moment_table, stored
from netaudit.objects.from_tables import StoredPart, join_uploads
from netaudit.objects.images import confirm_end
from netaudit.observations.from_tables import with_flow_facts
from netaudit.ordered import name_captures, settle, write_table
from netaudit.rows import image_row, object_row
from netaudit.signatures import load as load_signatures
from netaudit.tables import BY_NAME, EVENTS_CLEAR, PERSONS_CLEAR, SKIPPED, TARGETS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from netaudit.endpoints.vantage import Vantage
    from netaudit.signatures import SignatureSet

STREAMED = (
    "flows", "messages", "objects", "evidence", "parts", "observations", "persons", "tls_hellos", "events", "media",
)  # fmt: skip


@dataclass(slots=True)
class Outcome:
    """What the run itself knows beyond the streams."""

    captures: pa.Table  # `captures` rows
    skipped: dict[tuple[str, str], int]  # (capture id, reason) → packets
    capture_ids: list[str]  # by running index
    rejected: list[dict[str, str]]
    options: dict[str, Any]  # those that change the result
    inside: list[str]
    faces: bool = True
    partial: bool = False
    failures: list[str] = field(default_factory=list)
    signatures: Path | None = None  # a folder added to netaudit's own
    judged: dict[tuple[str, bool], tuple[Any, Any]] = field(default_factory=dict)
    """What the image helper has said already, by SHA-256 and whether it looked at turned pictures too."""
    moment_window_s: float = WINDOW_S  # how long after a marked moment what is sent is told with it


def conclude(folder: Path, outcome: Outcome, progress: Callable[[str, int, int], None]) -> Case:
    """Write all tables and the manifest. `progress(stage, done, total)` is told of images judged."""
    settled = _settled(folder, outcome.capture_ids)
    tables = dict(settled)
    tables["captures"] = outcome.captures
    tables["skipped"] = pa.Table.from_pylist(
        [
            {"capture_id": capture, "reason": reason, "packets": count}
            for (capture, reason), count in outcome.skipped.items()
        ],
        schema=SKIPPED.schema(),
    )
    judged = outcome.judged if outcome.faces else None
    tables["images"] = settled["images"] = image_table(folder, tables, judged, progress, outcome.capture_ids)
    signatures = load_signatures(outcome.signatures)
    tables["media"] = tie(tables["media"], tables["flows"])
    vantage = derive(tables, outcome.inside, signatures)
    events = with_ends(tables["events"], tables["messages"], tables["flows"], vantage.scope)
    tables["events"], tables["journeys"] = join_journeys(
        events, tables["objects"], tables["images"], tables["messages"], tables["flows"], _taken_targets(folder)
    )
    tables["moments"] = moment_table(stored(folder))
    tables["after_moments"] = judge_moments(tables, vantage.scope, frozenset(vantage.uplink), outcome.moment_window_s)
    for name, rows in tables.items():
        if rows is not settled.get(name):
            write_table(folder, BY_NAME[name], rows)
    write_json(folder / "case.json", manifest(tables, outcome, vantage) | {"signatures": signatures.manifest()})
    drop_streams(folder)
    _keep_clear(folder)
    return Case(folder)


def derive(tables: dict[str, pa.Table], inside: Iterable[str], signatures: SignatureSet) -> Vantage:
    """Add what follows from the tables of what was seen: endpoints, devices, claims, findings."""
    tables["observations"] = with_flow_facts(tables["observations"], tables["flows"])
    vantage = vantage_of(tables["flows"], tables["observations"], inside)
    tables["endpoints"] = endpoints(tables["flows"], tables["observations"], vantage, signatures.services)
    link = Link(vantage.link_hosts, vantage.gateways, frozenset(vantage.uplink))
    found = inventory(tables["observations"], tables["flows"], link, vantage.scope, signatures)
    tables["devices"], tables["claims"] = with_chain(found.devices, found.claims, tables)
    tables["findings"] = judge(tables, vantage.scope, frozenset(vantage.uplink))
    return vantage


def _settled(folder: Path, capture_ids: list[str]) -> dict[str, pa.Table]:
    """What was streamed while reading, in order; all but facts and events lie in files and are only mapped."""
    streamed = {name: read_streams(folder, name) for name in STREAMED}
    _join_uploads(folder, streamed)
    facts = name_captures(merge_facts(streamed.pop("observations")), capture_ids)
    events = name_captures(streamed.pop("events"), capture_ids)
    tables = {name: settle(folder, BY_NAME[name], rows, capture_ids) for name, rows in streamed.items()}
    pa.default_memory_pool().release_unused()
    return tables | {"observations": facts, "events": events}


def _taken_targets(folder: Path) -> pa.Table:
    """Paths under which images went, out of their streams, which go with that."""
    parts = stream_parts(folder, TARGETS.name, "private")
    rows = read_parts(parts, TARGETS.schema())
    held = rows.take(pa.array(range(rows.num_rows), pa.int64()))  # no longer in the files
    del rows
    for path in parts:
        path.unlink()
    return held


def _keep_clear(folder: Path) -> None:
    """Make the streams of clear values private/persons.parquet and private/events.parquet."""
    for table in (PERSONS_CLEAR, EVENTS_CLEAR):
        parts = stream_parts(folder, table.name, "private")
        write_table(folder, table, read_parts(parts, table.schema()), place="private")
        (folder / "private" / f"{table.name}.parquet").chmod(0o600)
        for path in parts:
            path.unlink()


def _join_uploads(folder: Path, tables: dict[str, pa.Table]) -> None:
    """Put uploads in parts together, and add what is in them to objects and evidence."""
    parts = tables["parts"]
    if not parts.num_rows:
        return
    parts = parts.set_column(parts.column_names.index("ts"), "ts", parts["ts"].cast(pa.int64()))
    store = ObjectStore(folder)
    objects, images = [], []
    sources: dict[str, list[str]] = {}
    for joined in join_uploads([StoredPart(**row) for row in parts.to_pylist()], store.load_part):
        leaf = joined.leaf
        if leaf.kind in JUDGED_KINDS:
            confirm_end(leaf)
        sha256 = hashlib.sha256(leaf.part.data).hexdigest()
        stored = leaf.kind in JUDGED_KINDS
        if stored and store.put(sha256, leaf.kind, leaf.part.data):
            images.append(image_row(sha256, leaf))
        objects.append(object_row(joined.object_id, joined.message_id, sha256, leaf, stored=stored))
        sources[joined.object_id] = joined.part_ids
    writer = RowWriter(folder, "joined")
    for row in images:
        writer["images"].append(row)
    writer.close()
    schema = tables["objects"].schema
    tables["objects"] = pa.concat_tables([tables["objects"], table_of(objects, schema)])
    tables["evidence"] = pa.concat_tables([tables["evidence"], _evidence_of_parts(tables["evidence"], sources)])


def _evidence_of_parts(evidence: pa.Table, sources: dict[str, list[str]]) -> pa.Table:
    wanted = pa.array(sorted({part for parts in sources.values() for part in parts}), pa.string())
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in evidence.filter(pc.is_in(evidence["object_id"], wanted)).to_pylist():
        rows.setdefault(row["object_id"], []).append(row)
    out = []
    for identity, parts in sources.items():
        frames: dict[str, set[int]] = {}
        for row in (row for part in parts for row in rows.get(part, ())):
            frames.setdefault(row["capture_id"], set()).update(frame_numbers(row["frames"]))
        for capture, numbers in sorted(frames.items()):
            out.append((identity, capture, min(numbers), max(numbers), frame_ranges(numbers)))
    return table_of(out, evidence.schema)


def merge_facts(rows: pa.Table) -> pa.Table:
    """The same fact from several workers becomes one row: its first place, and the sum of its counts."""
    ordered = rows.sort_by([("ts", "ascending"), ("frame", "ascending"), ("capture_id", "ascending")])
    keys = ["kind", "mac", "ip", "field", "value"]
    merged = ordered.group_by(keys, use_threads=False).aggregate(
        [("capture_id", "first"), ("frame", "first"), ("ts", "first"), ("count", "sum")]
    )
    names = {"capture_id_first": "capture_id", "frame_first": "frame", "ts_first": "ts", "count_sum": "count"}
    merged = merged.rename_columns([names.get(name, name) for name in merged.column_names])
    return merged.select(rows.column_names).cast(rows.schema)

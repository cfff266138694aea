"""Files in parts, put together when all parts are known: what is in them joins the tables of objects and evidence."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from itertools import chain, groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netaudit.content.budget import Patience
from netaudit.content.image_residue import confirm_end
from netaudit.content.sniff import IMAGE_KINDS
from netaudit.core.contracts.unwrapping_steps import SEPARATOR
from netaudit.core.schema import EVIDENCE, OBJECTS
from netaudit.core.storage.object_store import ObjectStore
from netaudit.core.text.frame_ranges import frame_numbers
from netaudit.tables.carriers import evidence_of
from netaudit.tables.finalizing.joined_parts import join_upload
from netaudit.tables.finalizing.stored import Joined, StoredPart
from netaudit.tables.objects import image_draft, object_batch, object_draft
from netaudit.tables.pieces import CHUNK, MADE
from netaudit.tables.writers import row_writer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AT_ONCE = 4096  # rows of parts that are objects at a time


def join_parts(folder: Path, tables: dict[str, pa.Table]) -> None:
    """Put uploads in parts together, and add what is in them to objects and evidence."""
    parts = tables["parts"]
    if not parts.num_rows:
        return
    store = ObjectStore(folder)
    objects, images = [], []
    sources: dict[str, list[str]] = {}
    shreds, patience = Shreds(), Patience()
    for joined in chain.from_iterable(join_upload(rows, store.load_part, patience) for rows in _uploads(parts)):
        leaf = joined.leaf
        if leaf.kind in IMAGE_KINDS:
            confirm_end(leaf)
        sha256 = hashlib.sha256(leaf.part.data).hexdigest()
        stored = leaf.kind in IMAGE_KINDS
        if stored and store.put(sha256, leaf.kind, leaf.part.data):
            images.append(image_draft(sha256, leaf))
        objects.append(object_draft(joined.object_id, joined.message_id, sha256, leaf, stored=stored))
        sources[joined.object_id] = joined.part_ids
        shreds.add(joined)
    writer = row_writer(folder, "joined")
    for row in images:
        writer["images"].append(row)
    writer.close()
    before = _called_parts(tables["objects"], shreds, store) if shreds.messages else tables["objects"]
    made = [object_batch(objects)] if objects else []
    tables["objects"] = pa.concat_tables([before, pa.Table.from_batches(made, OBJECTS.schema())])
    tables["evidence"] = pa.concat_tables([tables["evidence"], _evidence_of_parts(tables["evidence"], sources)])


def _uploads(parts: pa.Table) -> Iterator[Iterator[StoredPart]]:
    """Parts of each upload in the order in which they were sent; uploads by their first parts.

    What an upload is called is keyed, so that an order by it would mean nothing. Few rows are objects at a time.
    """
    parts = _where_begun(parts)
    sent = pc.sort_indices(parts, [("ts", "ascending"), ("message_id", "ascending"), ("role", "ascending")])
    uploads = parts["upload"].take(sent).combine_chunks().dictionary_encode().indices.to_numpy()
    together = sent.take(pa.array(np.argsort(uploads, kind="stable")))
    parts = parts.set_column(parts.column_names.index("ts"), "ts", parts["ts"].cast(pa.int64()))
    rows = (
        StoredPart(**row)
        for first in range(0, parts.num_rows, AT_ONCE)
        for row in parts.take(together[first : first + AT_ONCE]).to_pylist()
    )
    return (upload for _, upload in groupby(rows, key=attrgetter("upload")))


def _where_begun(parts: pa.Table) -> pa.Table:
    """Parts of which only a reply says to which upload they belong, under its name."""
    made = parts.filter(pc.and_(pc.equal(parts["role"], MADE), pc.greater(pc.list_value_length(parts["links"]), 0)))
    if not made.num_rows:
        return parts
    names = dict(zip(made["object_id"].to_pylist(), (links[0] for links in made["links"].to_pylist()), strict=True))
    begun = pc.and_(pc.is_in(parts["object_id"], pa.array(list(names))), pc.equal(parts["role"], CHUNK))
    named = pa.array([names.get(one) for one in parts["object_id"].to_pylist()], pa.string())
    uploads = pc.if_else(begun, named, parts["upload"])
    kept = parts.set_column(parts.column_names.index("upload"), "upload", uploads)
    return kept.filter(pc.not_equal(parts["role"], MADE))


@dataclass(slots=True)
class Shreds:
    """Messages that carry nothing but pieces of files that were put together."""

    messages: set[str] = field(default_factory=set)
    pictured: set[str] = field(default_factory=set)  # those of pictures
    deep: set[str] = field(default_factory=set)  # those of which what lies within is a part, too

    def add(self, joined: Joined) -> None:
        """Take down what a joined object was made of."""
        self.messages.update(joined.shreds)
        if joined.deep:
            self.deep.update(joined.shreds)
        if joined.leaf.kind in IMAGE_KINDS:
            self.pictured.update(joined.shreds)


def _called_parts(objects: pa.Table, shreds: Shreds, store: ObjectStore) -> pa.Table:
    """What messages gave of files that were put together since: parts, so that no picture is told twice.

    A picture in a piece stays where the whole gave none. Batch by batch, since the table is mapped and only a few rows
    of it change.
    """
    wanted, pictured = (pa.array(sorted(which), pa.string()) for which in (shreds.messages, shreds.pictured))
    image_kinds, deep = pa.array(sorted(IMAGE_KINDS)), pa.array(sorted(shreds.deep), pa.string())
    batches: list[pa.RecordBatch] = []
    torn: set[tuple[str, str]] = set()
    for batch in objects.to_batches():
        steps = pc.count_substring(batch["unwrap_path"], SEPARATOR)
        within = pc.greater(steps, 1)
        whole = pc.and_not(within, pc.is_in(batch["message_id"], deep))  # what lies deeper is something of its own
        here = pc.and_not(pc.and_not(pc.is_in(batch["message_id"], wanted), whole), batch["complete"])
        only = pc.and_not(pc.is_in(batch["kind"], image_kinds), pc.is_in(batch["message_id"], pictured))
        here = pc.and_not(here, only)
        if not pc.any(here).as_py():
            batches.append(batch)
            continue
        pieces = batch.filter(here)
        torn.update(zip(pieces["sha256"].to_pylist(), pieces["kind"].to_pylist(), strict=True))
        columns = dict(zip(batch.schema.names, batch.columns, strict=True))
        columns["kind"] = pc.if_else(here, "part", batch["kind"])
        columns["stored"] = pc.if_else(here, False, batch["stored"])
        batches.append(pa.RecordBatch.from_arrays(list(columns.values()), schema=batch.schema))
    called = pa.Table.from_batches(batches, objects.schema)
    _forget({one for one in torn if one[1] in IMAGE_KINDS}, called, store)
    return called


def _forget(torn: set[tuple[str, str]], objects: pa.Table, store: ObjectStore) -> None:
    """Bytes of pictures that no object is made of any more."""
    same = objects.filter(pc.is_in(objects["sha256"], pa.array(sorted(sha256 for sha256, _ in torn), pa.string())))
    kept = set(zip(same["sha256"].to_pylist(), same["kind"].to_pylist(), strict=True))
    for sha256, kind in torn - kept:
        store.forget(sha256, kind)


def _evidence_of_parts(evidence: pa.Table, sources: dict[str, list[str]]) -> pa.Table:
    wanted = pa.array(sorted({part for parts in sources.values() for part in parts}), pa.string())
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in evidence.filter(pc.is_in(evidence["object_id"], wanted)).to_pylist():
        rows.setdefault(row["object_id"], []).append(row)
    batches: list[pa.RecordBatch] = []
    for identity, parts in sources.items():
        found = [(row["capture_id"], frame_numbers(row["frames"])) for part in parts for row in rows.get(part, ())]
        if found:
            captures, which = np.unique([capture for capture, _ in found], return_inverse=True)
            frames = np.concatenate([numbers for _, numbers in found])
            of = np.repeat(which, [len(numbers) for _, numbers in found])
            span = np.zeros(1, np.int64), np.array([frames.size])
            batches.append(evidence_of([identity], of, frames, *span, captures.tolist().__getitem__))
    return pa.Table.from_batches(batches, EVIDENCE.schema()).combine_chunks()

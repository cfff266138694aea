"""From a leaf of unwrapping to its rows of `objects` and `images`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from netaudit.core.masking.mask import MARGIN, mask_name, mask_words, shortened
from netaudit.core.schema import IMAGES, OBJECTS, Row
from netaudit.images.images import header_size
from netaudit.tables.columns import batch_of, columns_of, each
from netaudit.tables.messages import LONG, Draft, ranges_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netaudit.content.part import Leaf

GUESSABLE = 2048  # bytes; the hash of so small a text, a field that is an ID number say, tells what it was


def object_draft(object_id: str, message_id: str, sha256: str, leaf: Leaf, *, stored: bool) -> Draft:
    """What the row of an object is made of: texts are masked many at a time, and cut before."""
    part = leaf.part
    size = len(part.data)
    return (
        object_id, message_id, sha256 if stored or size > GUESSABLE else "", size, leaf.kind, part.complete,
        ranges_text(part.missing, part.unknown_from), part.path, part.name[: LONG + MARGIN], stored, leaf.notes,
    )  # fmt: skip


def object_columns(drafts: Sequence[Draft]) -> dict[str, Sequence[Any]]:
    """Columns of `objects` by name: the one maker of its rows."""
    columns = columns_of(drafts, OBJECTS)
    columns["unwrap_path"] = each(mask_words, columns["unwrap_path"])
    columns["name"] = each(partial(shortened, mask_name, limit=LONG), columns["name"])
    return columns


def object_row(draft: Draft) -> Row:
    """Row of `objects` of one that is told before the others."""
    return OBJECTS.row(*[one for (one,) in object_columns([draft]).values()])


def object_batch(drafts: Sequence[Draft]) -> pa.RecordBatch:
    """Rows of `objects`."""
    return batch_of(object_columns(drafts), OBJECTS.schema())


def image_draft(sha256: str, leaf: Leaf) -> Draft:
    """What is known of an image when it is first met; the rest comes at the end of the audit."""
    width, height = header_size(leaf.part.data, leaf.kind) or (None, None)
    return sha256, leaf.kind, len(leaf.part.data), width, height


def image_batch(drafts: Sequence[Draft]) -> pa.RecordBatch:
    """Rows of `images`, as far as they are known."""
    schema = IMAGES.schema()
    known: dict[str, Any] = dict(zip(schema.names, zip(*drafts, strict=True), strict=False))  # the first columns
    unknown = {one.name: pa.nulls(len(drafts), one.type) for one in schema if one.name not in known}
    return batch_of(known | unknown, schema)

"""From a leaf of unwrapping to its rows of `objects` and `images`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netaudit.ground.masking import mask_name, mask_words
from netaudit.images.images import header_size
from netaudit.rows.messages import ranges_text
from netaudit.tables import IMAGES

if TYPE_CHECKING:
    from netaudit.unwrapping.part import Leaf

GUESSABLE = 2048  # bytes; the hash of so small a text, a field that is an ID number say, tells what it was


def object_row(object_id: str, message_id: str, sha256: str, leaf: Leaf, *, stored: bool) -> tuple[Any, ...]:
    """Row of `objects`."""
    part = leaf.part
    missing = ranges_text(part.missing, part.unknown_from)
    path, name = mask_words(part.path), mask_name(part.name[:256])
    return (
        object_id,
        message_id,
        sha256 if stored or len(part.data) > GUESSABLE else "",
        len(part.data),
        leaf.kind,
        part.complete,
        missing,
        path,
        name,
        stored,
        leaf.notes,
    )


def document_row(object_id: str, message_id: str, size: int, path: str, name: str, sha256: str) -> tuple[Any, ...]:
    """The same for a whole JSON document of at most `GUESSABLE` bytes that has no leaf; stored where it has a hash."""
    return (
        object_id,
        message_id,
        sha256,
        size,
        "json",
        True,
        [],
        mask_words(path),
        mask_name(name[:256]),
        bool(sha256),
        [],
    )


def image_row(sha256: str, leaf: Leaf) -> tuple[Any, ...]:
    """Row of `images` as known when an image is first met; the rest comes at the end of the audit."""
    width, height = header_size(leaf.part.data, leaf.kind) or (None, None)
    return sha256, leaf.kind, len(leaf.part.data), width, height, *(None,) * (len(IMAGES.columns) - 5)

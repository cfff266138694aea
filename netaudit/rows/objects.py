"""From a leaf of unwrapping to its rows of `objects` and `images`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.images.images import header_size
from netaudit.masking.mask import mask_name, mask_words, shortened
from netaudit.rows.messages import ranges_text
from netaudit.tables import IMAGES, OBJECTS, Row

if TYPE_CHECKING:
    from netaudit.unwrapping.part import Leaf

_OBJECT, _IMAGE = OBJECTS.row, IMAGES.row
_UNKNOWN = (None,) * (len(IMAGES.names) - 5)
GUESSABLE = 2048  # bytes; the hash of so small a text, a field that is an ID number say, tells what it was


def object_row(object_id: str, message_id: str, sha256: str, leaf: Leaf, *, stored: bool) -> Row:
    """Row of `objects`."""
    part = leaf.part
    missing = ranges_text(part.missing, part.unknown_from)
    path, name = mask_words(part.path), shortened(mask_name, part.name, 256)
    return _OBJECT(
        object_id=object_id,
        message_id=message_id,
        sha256=sha256 if stored or len(part.data) > GUESSABLE else "",
        size=len(part.data),
        kind=leaf.kind,
        complete=part.complete,
        missing=missing,
        unwrap_path=path,
        name=name,
        stored=stored,
        notes=leaf.notes,
    )


def image_row(sha256: str, leaf: Leaf) -> Row:
    """Row of `images` as known when an image is first met; the rest comes at the end of the audit."""
    width, height = header_size(leaf.part.data, leaf.kind) or (None, None)
    return _IMAGE(sha256, leaf.kind, len(leaf.part.data), width, height, *_UNKNOWN)

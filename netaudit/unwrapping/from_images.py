"""The door from images: where an image ends, what its bytes say it is, stills of key frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.images.extents import PNG_SIGNATURE, extent, sniff
from netaudit.images.stills import Patience, Stills

if TYPE_CHECKING:
    from netaudit.unwrapping.part import Leaf

__all__ = ["PNG_SIGNATURE", "Patience", "Stills", "confirm_end", "extent", "sniff"]


def confirm_end(leaf: Leaf) -> None:
    """Hold an image that came whole against its own format: without its end it is not whole, whatever carried it."""
    part = leaf.part
    if not part.complete:
        return
    found = extent(part.data, leaf.kind)
    leaf.scan = found.scan
    if not found.whole:
        part.unknown_from = len(part.data)
        leaf.notes.append(f"the image is not whole: {found.problem}")
    elif found.end < len(part.data):
        leaf.behind = len(part.data) - found.end
        leaf.notes.append(f"{leaf.behind} bytes behind the image's end")

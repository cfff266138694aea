"""The door from images: where an image ends, what its bytes say it is, stills of key frames."""

from __future__ import annotations

from netaudit.images.extents import PNG_SIGNATURE, extent, sniff
from netaudit.images.stills import Patience, Stills

__all__ = ["PNG_SIGNATURE", "Patience", "Stills", "extent", "sniff"]

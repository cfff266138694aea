"""The door from images: where an image ends, what its bytes say it is, stills of key frames."""

from __future__ import annotations

from netaudit.images.extents import PNG_SIGNATURE, extent, sniff
from netaudit.images.kernels_segments import APP0, APP15, APPLICATIONS, segments_beside
from netaudit.images.stills import Patience, Stills

__all__ = ["APP0", "APP15", "APPLICATIONS", "PNG_SIGNATURE", "Patience", "Stills", "extent", "segments_beside", "sniff"]

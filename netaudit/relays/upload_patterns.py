"""What encrypted uploads of one sender to one endpoint look like, as far as their number, sizes and times tell.

A shape is no proof of a purpose: it says which of the ordinary reasons for sending fits, and which do not. Rules stand
in the order in which they are asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from netaudit.relays.series import I8, Units

FEW, BROWSING, BULK, REGULAR, EVENTS, UNCLEAR = "few", "browsing", "bulk", "regular", "events", "unclear"
SECOND = 1_000_000_000
VIDEO = "video"  # by `video.py`, asked before all others
LEAST, LEAST_GOES = 5, 3  # uploads, and goes, that make a pattern
TOGETHER = 3 * SECOND // 2  # ns of silence up to which uploads are of one go
BULK_SHARE, BULK_UPLOADS, BULK_BYTES = 0.6, 12, 2 << 20  # of all bytes in goes that are as large as these
EVEN = 0.2  # spread of the intervals between goes, over their middle, below which they are a clock's
ALIKE = 1.5  # doublings between the quartiles of size within which uploads are alike


def shape_of(uploads: Units, up: int, down: int) -> str:
    """Shape of uploads (by time) in connections that carried `up` and `down` bytes of payload."""
    if down > up:
        return BROWSING  # more came than went
    size = (uploads.low + uploads.high) // 2
    starts = goes(uploads)
    if not len(size):
        return FEW
    bytes_of = np.add.reduceat(size, starts)
    count_of = np.diff(np.r_[starts, len(size)])
    large = (count_of >= BULK_UPLOADS) | (bytes_of >= BULK_BYTES)
    if bytes_of[large].sum() >= BULK_SHARE * size.sum():
        return BULK
    if len(size) < LEAST:
        return FEW
    if len(starts) > LEAST and _even(uploads.first[starts]):
        return REGULAR
    low, high = np.quantile(np.log2(np.maximum(size, 1)), (0.25, 0.75))
    return EVENTS if len(starts) >= LEAST_GOES and high - low <= ALIKE else UNCLEAR


def goes(uploads: Units) -> I8:
    """Index of the first upload of each go: those that follow each other without much silence are one."""
    if not len(uploads):
        return np.empty(0, np.int64)
    until = np.maximum.accumulate(uploads.last)
    return np.flatnonzero(np.r_[True, uploads.first[1:] - until[:-1] > TOGETHER])


def _even(times: I8) -> bool:
    """Whether goes come at even intervals: the middle half of the intervals is narrow."""
    low, middle, high = np.quantile(np.diff(times), (0.25, 0.5, 0.75))
    return bool(high - low <= EVEN * middle)

"""Encrypted video told as video: it never pauses, comes in frames, and some frames (whole pictures) are far larger.

A coder sends each frame when it was taken: records, or datagrams, as full as they can be, and a shorter one that ends
the frame. Files that are uploaded have one such end, pieces of a fixed size have none, and messages that a program
sends are not led by a whole picture every few seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

    from netaudit.findings.correlation.series import I8, Units

SECOND = 1_000_000_000
LONGEST_ASKED = 8  # units
LASTS = 10 * SECOND  # ns without a pause, at least
MOSTLY = 0.6  # of all bytes in such units
LEAST_RATE = 4_000  # bytes/s, of a small second stream; less is sound, or telemetry
FRAMES_A_SECOND = (4.0, 70.0)
LEAST_FRAMES = 12
WHOLE = 3.0  # times the middle frame that a whole picture has at least
RARE = 0.2  # of the frames that are as large


@dataclass(frozen=True, slots=True)
class Lengths:
    """What units consist of, as `encrypted_uploads` has it."""

    uploads: pa.Table

    def are_video(self, units: Units) -> bool:
        """Whether most of what some units carried is video."""
        long = np.flatnonzero(units.last - units.first >= LASTS)
        if units.high[long].sum() < MOSTLY * max(units.high.sum(), 1):
            return False
        largest = long[np.argsort(-units.high[long], kind="stable")][:LONGEST_ASKED]
        shown = [self._is_video(units, int(place)) for place in largest]
        return bool(shown) and sum(shown) > len(shown) / 2

    def _is_video(self, units: Units, place: int) -> bool:
        row = int(units.row[place])
        lengths, repeats = (np.array(self.uploads[name][row].as_py(), np.int64) for name in ("lengths", "repeats"))
        frames = frames_of(lengths, repeats)
        seconds, size = (units.last[place] - units.first[place]) / SECOND, float(units.high[place])
        if frames.size < LEAST_FRAMES or size < LEAST_RATE * seconds:
            return False
        rate = int(units.records[place]) / seconds * frames.size / int(repeats.sum())  # of all, as of those listed
        large = (frames >= WHOLE * np.median(frames)).mean()
        return bool(FRAMES_A_SECOND[0] <= rate <= FRAMES_A_SECOND[1] and 0 < large <= RARE)


def frames_of(lengths: I8, repeats: I8) -> I8:
    """Bytes of each frame in runs of lengths: full ones, up to and with a shorter one; what is cut off is none."""
    if not lengths.size:
        return np.empty(0, np.int64)
    full, frames, under_way = int(lengths.max()), list[int](), 0
    for length, count in zip(lengths.tolist(), repeats.tolist(), strict=True):
        if length == full:
            under_way += length * count
            continue
        frames += [under_way + length, *[length] * (count - 1)]
        under_way = 0
    return np.array(frames, np.int64)

"""Which captures are one recording: files that a recorder cut, which follow each other in time.

An audit reads such files as one. So must what is compared here: an image may be in one file and the unit that it went
on in in the next, and the figures may not depend on where a recorder began a new file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Mapping

OVERLAP = 100_000_000  # ns by which a file may begin before the one before ends: records are not always in order
PAUSE = 300_000_000_000  # ns of silence between two files; the widest window in which an image is looked for


def recordings(captures: pa.Table | None) -> Mapping[str, str]:
    """For each capture the first capture of its recording, both by capture id.

    A file goes on with another one of the same link types and interfaces which ends where it begins. Captures that
    overlap were taken at two places, by clocks of their own.
    """
    if captures is None:
        return {}
    rows = [row for row in _with_times(captures) if row["first_ts"] is not None and row["last_ts"] is not None]
    rows.sort(key=lambda row: (row["first_ts"], row["last_ts"], row["capture_id"]))
    found: dict[str, str] = {}
    ends: dict[str, tuple[Any, int]] = {}  # of each recording: where it was taken, last time
    for row in rows:
        place, first, last = (row["link_types"], row["interfaces"]), row["first_ts"], row["last_ts"]
        fits = [one for one, (where, end) in ends.items() if where == place and -OVERLAP <= first - end <= PAUSE]
        recording = max(fits, key=lambda one: ends[one][1], default=row["capture_id"])
        found[row["capture_id"]] = recording
        ends[recording] = (place, max(last, ends[recording][1]) if fits else last)
    return found


def _with_times(captures: pa.Table) -> list[dict[str, Any]]:
    """Rows of `captures` with times in nanoseconds."""
    rows: list[dict[str, Any]] = captures.select(["capture_id", "link_types", "interfaces"]).to_pylist()
    for name in ("first_ts", "last_ts"):
        for row, time in zip(rows, captures[name].cast(pa.int64()).to_pylist(), strict=True):
            row[name] = time
    return rows

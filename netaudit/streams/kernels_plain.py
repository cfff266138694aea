"""Kernels that cut what a client sent over a connection without records into units: own encryption over TCP, SSH.

A unit is what a client sent until the server, having acknowledged all of it, sent bytes, or until a pause. Whether
anybody understood these bytes is known later: units of connections that were read are let go then.
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel
from netaudit.streams.kernels_records import paused
from netaudit.streams.kernels_units import add_length, close_unit, open_unit, touch

Rows = npt.NDArray[Any]


@lean_kernel
def walk_plain(walk: Any, row: Any, units: Rows, spans: Rows, walked: Any) -> None:
    """Take one segment."""
    length = row["length"]
    if row["direction"] != walk["client"]:
        if walk["open"] and row["acked"] >= walk["sent"]:
            walk["answered_ts"] = row["ts"]
            close_unit(walk, units, spans, walked)
        if not walk["open"]:
            walk["before_octets"] += length
            walk["before_records"] += 1
        return
    if walk["open"] and paused(walk, row):
        close_unit(walk, units, spans, walked)
    if not walk["open"]:
        open_unit(walk, row)
    add_length(walk, length, spans, walked)
    touch(walk, row)
    walk["sent"] = row["offset"] + length


@lean_kernel
def walk_plain_gap(walk: Any, row: Any) -> None:
    """Bytes that were never captured were sent all the same."""
    if row["direction"] == walk["client"]:
        walk["sent"] = row["offset"] + row["length"]
        if walk["open"]:
            walk["octets"] += row["length"]
            walk["lossy"] = 1

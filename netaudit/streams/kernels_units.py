"""Kernels that write the units of what a client sent: their lengths, times and packets."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from netaudit.jit.decorators import lean_kernel

Rows = npt.NDArray[Any]

SPANS = 64  # of one unit; the records behind are counted only


@lean_kernel
def close_span(walk: Any, spans: Rows, walked: Any) -> None:
    """Write the run of equal lengths under way."""
    if walk["span_repeats"] and walk["spans"] < SPANS:
        span = spans[walked["spans"]]
        walked["spans"] += 1
        walk["spans"] += 1
        span["serial"] = walk["serial"]
        span["ordinal"] = walk["ordinal"]
        span["length"] = walk["span_length"]
        span["repeats"] = walk["span_repeats"]
    walk["span_repeats"] = 0


@lean_kernel
def add_length(walk: Any, length: int, spans: Rows, walked: Any) -> None:
    """Add the length of a record, or datagram, to the unit under way."""
    if walk["span_repeats"] == 0 or walk["span_length"] != length:
        close_span(walk, spans, walked)
        walk["span_length"] = length
    walk["span_repeats"] += 1
    walk["records"] += 1
    walk["octets"] += length


@lean_kernel
def touch(walk: Any, row: Any) -> None:
    """Make the packet the last one of the unit; what a gap brings has none."""
    if row["frame"]:
        walk["last_ts"] = row["ts"]
        walk["last_frame"] = row["frame"]
        walk["last_capture"] = row["capture"]


@lean_kernel
def open_unit(walk: Any, row: Any) -> None:
    """Begin a unit with the packet."""
    walk["open"] = 1
    walk["octets"] = walk["records"] = walk["spans"] = walk["span_repeats"] = 0
    walk["answered_ts"] = 0
    walk["first_ts"] = walk["last_ts"] = row["ts"]
    walk["first_frame"] = walk["last_frame"] = row["frame"]
    walk["first_capture"] = walk["last_capture"] = row["capture"]


@lean_kernel
def close_unit(walk: Any, units: Rows, spans: Rows, walked: Any) -> None:
    """Write the unit under way, if it has records."""
    if not walk["open"]:
        return
    walk["open"] = 0
    if walk["records"] == 0:
        return
    close_span(walk, spans, walked)
    unit = units[walked["units"]]
    walked["units"] += 1
    unit["serial"] = walk["serial"]
    unit["ordinal"] = walk["ordinal"]
    unit["first_ts"] = walk["first_ts"]
    unit["last_ts"] = walk["last_ts"]
    unit["answered_ts"] = walk["answered_ts"]
    unit["first_frame"] = walk["first_frame"]
    unit["last_frame"] = walk["last_frame"]
    unit["first_capture"] = walk["first_capture"]
    unit["last_capture"] = walk["last_capture"]
    unit["octets"] = walk["octets"]
    unit["records"] = walk["records"]
    unit["before_octets"] = walk["before_octets"]
    unit["before_records"] = walk["before_records"]
    unit["kind"] = walk["kind"]
    unit["from_start"] = walk["from_start"]
    unit["lossy"] = walk["lossy"]
    walk["lossy"] = 0
    walk["before_octets"] = walk["before_records"] = 0
    walk["ordinal"] += 1

"""Ranges of bytes: half-open, sorted, disjoint; what is missing of a body, what was written of a file."""

from __future__ import annotations

Ranges = list[tuple[int, int]]


def merged(ranges: Ranges) -> Ranges:
    """Ranges in any order, with those put together that touch or share bytes."""
    out: Ranges = []
    for first, last in sorted(ranges):
        if out and out[-1][1] >= first:
            out[-1] = (out[-1][0], max(last, out[-1][1]))
        else:
            out.append((first, last))
    return out


def cut_off(ranges: Ranges, end: int) -> Ranges:
    """Ranges before `end`."""
    return [(first, min(last, end)) for first, last in ranges if first < end]

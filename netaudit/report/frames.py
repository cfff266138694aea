"""Frame numbers as ranges: reading, joining and shortening texts such as '17-19,23'."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SPAN = re.compile(r"(\d{1,18})(?:-(\d{1,18}))?")
Ranges = list[tuple[int, int]]  # both ends included


def parse(text: str) -> Ranges:
    """Ranges of a text as in `evidence.frames`; what is no range is passed over."""
    found = []
    for match in SPAN.finditer(text):
        first = int(match[1])
        found.append((first, max(first, int(match[2] or first))))
    return found


def merge(spans: Iterable[tuple[int, int]]) -> Ranges:
    """The same frames in as few ranges as possible, in order."""
    merged: Ranges = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def count(ranges: Ranges) -> int:
    """How many frames `ranges` hold."""
    return sum(last - first + 1 for first, last in ranges)


def pieces(ranges: Ranges, most: int) -> tuple[list[str], int]:
    """Texts of the first `most` ranges, and how many more there are."""
    return [str(first) if first == last else f"{first}–{last}" for first, last in ranges[:most]], max(
        0, len(ranges) - most
    )


def show(ranges: Ranges, most: int) -> tuple[str, int]:
    """Text of the first `most` ranges, and how many more there are."""
    shown, more = pieces(ranges, most)
    return ", ".join(shown), more

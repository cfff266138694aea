"""Frame numbers as texts, '17-19,23', and the name of a capture while an audit runs."""

from __future__ import annotations

import functools
from collections.abc import Iterable

MOST = 1 << 22  # frames of one text: evidence has at most 262,144 of an object


def frame_numbers(ranges: str) -> list[int]:
    """Numbers of a text such as '17-19,23'. Raises ValueError for one that stands for more than any case holds."""
    numbers: list[int] = []
    for piece in filter(None, ranges.split(",")):
        first, _, last = piece.partition("-")
        more = range(int(first), int(last or first) + 1)
        if len(numbers) + len(more) > MOST:
            raise ValueError(f"{ranges[:40]}: more than {MOST:,} frames")
        numbers.extend(more)
    return numbers


def frame_ranges(numbers: Iterable[int]) -> str:
    """Text of frame numbers, the inverse of `frame_numbers`."""
    return ranges_of_ordered(sorted(set(numbers)))


def ranges_of_ordered(ordered: list[int]) -> str:
    """The same of numbers that are in order already, each once."""
    if not ordered:
        return ""
    if ordered[-1] - ordered[0] == len(ordered) - 1:
        return _run(ordered[0], ordered[-1])
    runs = []
    first = last = ordered[0]
    for number in ordered:
        if number > last + 1:  # as `_run` writes it: packets of both directions lie between each other
            runs.append(f"{first}-{last}" if first < last else str(first))
            first = number
        last = number
    runs.append(_run(first, last))
    return ",".join(runs)


def _run(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


@functools.lru_cache(maxsize=1024)
def capture_name(index: int) -> str:
    """Stand-in for the capture id while the audit runs."""
    return f"#{index}"

"""Frame numbers as texts, '17-19,23', and the name of a capture while an audit runs."""

from __future__ import annotations

import functools

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


@functools.lru_cache(maxsize=1024)
def capture_name(index: int) -> str:
    """Stand-in for the capture id while the audit runs."""
    return f"#{index}"

"""Frame numbers as texts: '17-19,23'."""

from __future__ import annotations

from collections.abc import Iterable


def frame_numbers(ranges: str) -> list[int]:
    """Numbers of a text such as '17-19,23'."""
    numbers: list[int] = []
    for piece in filter(None, ranges.split(",")):
        first, _, last = piece.partition("-")
        numbers.extend(range(int(first), int(last or first) + 1))
    return numbers


def frame_ranges(numbers: Iterable[int]) -> str:
    """Text of frame numbers, the inverse of `frame_numbers`."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)

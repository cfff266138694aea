"""Which packets carried an object: by the place of its bytes in the stream where known, else all of the message."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING

from netaudit.text.frame_ranges import ranges_of_ordered
from netaudit.unwrapping.part import Part

if TYPE_CHECKING:
    from netaudit.messages.message import Message


class Carriers:
    """The packets of one message, asked for each of its objects: kept as lists, since most messages have few."""

    __slots__ = ("_captures", "_ends", "_frames", "_message", "_offsets", "_one_capture")

    def __init__(self, message: Message) -> None:
        self._message = message
        pieces = message.pieces
        self._frames: list[int] = []
        self._captures: list[int] = []
        if pieces is None:
            return
        if len(pieces) == 1:
            _, _, frame, _, capture = pieces.item(0)
            self._frames.append(frame)
            self._captures.append(capture)
            return
        self._frames += pieces["frame"].tolist()
        self._captures += pieces["capture"].tolist()
        self._one_capture = len(set(self._captures)) == 1
        self._offsets: list[int] = pieces["offset"].tolist()
        self._ends: list[int] = (pieces["offset"] + pieces["length"]).tolist()

    def of(self, part: Part) -> list[tuple[int, int, int, str]]:
        """Per capture: (capture, first frame, last frame, all as ranges, e.g. "17-19,23")."""
        frames, captures = self._frames, self._captures
        if not frames:
            return []
        if len(frames) == 1:
            return [(captures[0], frames[0], frames[0], str(frames[0]))]
        start, end = _stream_range(self._message, part)
        first, last = bisect_right(self._ends, start), bisect_left(self._offsets, end)
        if first < last:  # else none overlaps: all of them
            frames, captures = frames[first:last], captures[first:last]
        if self._one_capture or len(set(captures)) == 1:
            return [_spelled(captures[0], frames)]
        by_capture: dict[int, list[int]] = defaultdict(list)
        for capture, frame in zip(captures, frames, strict=True):
            by_capture[capture].append(frame)
        return [_spelled(capture, numbers) for capture, numbers in sorted(by_capture.items())]


def carriers_of_body(message: Message) -> list[tuple[int, int, int, str]]:
    """The same for the body as it was sent."""
    return Carriers(message).of(Part(message.body, body_range=(0, len(message.body))))


def _spelled(capture: int, frames: list[int]) -> tuple[int, int, int, str]:
    ordered = sorted(set(frames))
    return capture, ordered[0], ordered[-1], ranges_of_ordered(ordered)


def _stream_range(message: Message, part: Part) -> tuple[int, int]:
    if message.body_start < 0:
        return message.start, message.end
    if part.body_range is None:
        return message.body_start, max(message.end, message.body_start + 1)
    return message.body_start + part.body_range[0], message.body_start + part.body_range[1]

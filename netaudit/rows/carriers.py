"""Rows of `evidence`: which packets carried an object.

By the place of its bytes in the stream where known, else all of the message.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from netaudit.rows.columns import batch_of, few
from netaudit.tables import EVIDENCE, Row
from netaudit.text.frame_ranges import capture_name, ranges_of_ordered

if TYPE_CHECKING:
    from collections.abc import Collection

    from netaudit.messages.message import Message
    from netaudit.unwrapping.part import Part

_EVIDENCE = EVIDENCE.row


def evidence_row(object_id: str, capture_id: str, frames: Collection[int]) -> Row:
    """Row of `evidence`: packets of one capture."""
    ordered = sorted(set(frames))
    return _EVIDENCE(object_id, capture_id, ordered[0], ordered[-1], ranges_of_ordered(ordered))


def evidence_alone(object_ids: Any, pieces: Any) -> pa.RecordBatch:
    """Rows of objects that one packet each carried: a column of ids, `frame` and `capture` of the packets."""
    frames = pa.array(pieces["frame"].astype(np.int64))
    columns = {"object_id": object_ids, "capture_id": few(pieces["capture"], capture_name)}
    columns |= {"first_frame": frames, "last_frame": frames, "frames": frames.cast(pa.string())}
    return batch_of(columns, EVIDENCE.schema())


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

    def rows(self, object_id: str, part: Part) -> list[Row]:
        """Rows of `evidence` of an object that is this part, one per capture."""
        frames, captures = self._frames, self._captures
        if not frames:
            return []
        if len(frames) == 1:
            return [evidence_row(object_id, capture_name(captures[0]), frames)]
        start, end = _stream_range(self._message, part)
        first, last = bisect_right(self._ends, start), bisect_left(self._offsets, end)
        if first < last:  # else none overlaps: all of them
            frames, captures = frames[first:last], captures[first:last]
        if self._one_capture or len(set(captures)) == 1:
            return [evidence_row(object_id, capture_name(captures[0]), frames)]
        by_capture: dict[int, list[int]] = defaultdict(list)
        for capture, frame in zip(captures, frames, strict=True):
            by_capture[capture].append(frame)
        return [evidence_row(object_id, capture_name(one), numbers) for one, numbers in sorted(by_capture.items())]


def _stream_range(message: Message, part: Part) -> tuple[int, int]:
    if message.body_start < 0:
        return message.start, message.end
    if part.body_range is None:
        return message.body_start, max(message.end, message.body_start + 1)
    return message.body_start + part.body_range[0], message.body_start + part.body_range[1]

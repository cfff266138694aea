"""Rows of `evidence`: which packets carried an object.

By the place of its bytes in the stream where known, else all of the message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from netaudit.core.schema import EVIDENCE
from netaudit.core.text.frame_ranges import capture_name
from netaudit.streams.layouts import PIECE
from netaudit.tables.columns import batch_of, few, texts
from netaudit.tables.kernels_frames import count_runs, find_spans, write_runs

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from netaudit.content.part import Part
    from netaudit.core.storage.table_streams import TableWriter
    from netaudit.protocols.message import Message

    I8 = npt.NDArray[np.int64]

Draft = tuple[str, bytes, int, int]  # id of an object, pieces of its message, its place in the stream
MOST_HELD = 4 << 20  # bytes of pieces that wait, those of each object counted: its frames become a text
MANY = 1024  # pieces of a message, from which on each object takes only its own


class EvidenceRows:
    """Notes which packets carried the objects of messages; rows are made of many."""

    def __init__(self, rows: TableWriter) -> None:
        """`rows` makes them of drafts (`evidence_of_drafts`)."""
        self._rows = rows
        self._message: Message | None = None
        self._pieces: bytes | None = None  # of the message, once an object of it was found
        self._bounds: tuple[I8, I8] | None = None  # where each begins and ends, where they are many
        self._held = 0

    def of(self, message: Message) -> None:
        """What is appended next lies in this message."""
        self._message, self._pieces = message, None

    def append(self, object_id: str, part: Part) -> None:
        """Take an object that is this part."""
        message = self._message
        assert message is not None
        if self._pieces is None:
            self._begin(message)
        if self._pieces:
            stretch = _stream_range(message, part)
            pieces = self._own(message, *stretch)
            self._rows.append((object_id, pieces, *stretch))
            self._held += len(pieces)
            if self._held >= MOST_HELD:
                self._rows.flush()
                self._held = 0

    def _begin(self, message: Message) -> None:
        self._pieces, self._bounds = b"" if message.pieces is None else message.pieces.tobytes(), None
        if message.pieces is not None and len(message.pieces) >= MANY:
            begins = message.pieces["offset"].astype(np.int64)
            self._bounds = begins, begins + message.pieces["length"]

    def _own(self, message: Message, begin: int, end: int) -> bytes:
        """Pieces that share bytes with a stretch, where not all are handed on: these were looked through for each."""
        if self._bounds is None or message.pieces is None:
            return self._pieces or b""
        begins, ends = self._bounds
        first, last = int(np.searchsorted(ends, begin, "right")), int(np.searchsorted(begins, end))
        whole = first >= last or last - first == len(begins)
        return self._pieces or b"" if whole else message.pieces[first:last].tobytes()


def _stream_range(message: Message, part: Part) -> tuple[int, int]:
    if message.body_start < 0:
        return message.start, message.end
    if part.body_range is None:
        return message.body_start, max(message.end, message.body_start + 1)
    return message.body_start + part.body_range[0], message.body_start + part.body_range[1]


def evidence_of_drafts(drafts: list[Draft]) -> pa.RecordBatch:
    """Rows of `evidence`, one for each capture, of objects of which the pieces of their messages are known."""
    ids, held, begins, ends = zip(*drafts, strict=True)
    different = [one for place, one in enumerate(held) if not place or one is not held[place - 1]]
    fresh = np.array([not place or one is not held[place - 1] for place, one in enumerate(held)])
    sizes = np.array([len(one) // PIECE.itemsize for one in different])
    number, behind = np.cumsum(fresh) - 1, np.cumsum(sizes)
    bounds = np.stack([(behind - sizes)[number], behind[number]], axis=1)
    pieces = np.frombuffer(b"".join(different), PIECE)
    offsets = pieces["offset"].astype(np.int64)
    first, last = np.empty((2, len(ids)), np.int64)
    stretches = np.array(begins, np.int64), np.array(ends, np.int64)
    find_spans(offsets, offsets + pieces["length"], bounds, *stretches, first, last)
    return evidence_of(ids, pieces["capture"].astype(np.int64), pieces["frame"].astype(np.int64), first, last)


def evidence_of(
    object_ids: Any, captures: I8, frames: I8, first: I8, last: I8, named: Callable[[int], str] = capture_name
) -> pa.RecordBatch:
    """Rows of `evidence`, one for each capture: packets `first[k]` up to `last[k]`, one at least, carried object `k`.

    `captures`, `frames`: of the packets, in any order and more than once each; `named` says what a capture is called.
    """
    runs = np.empty(len(first), np.int64)
    count_runs(captures, frames, first, last, runs)
    if not runs.all():
        which, captures, frames, first, last = _in_order(captures, frames, first, last, runs)
        several = pa.array(object_ids, pa.string()).take(pa.array(which))
        return evidence_of(several, captures, frames, first, last, named)
    digits = len(str(frames.max(initial=0)))
    letters, ends = np.empty(int(runs.sum()) * 2 * (digits + 1), np.uint8), np.zeros(len(first) + 1, np.int32)
    write_runs(frames, first, last, letters, ends)
    columns = {
        "object_id": object_ids,
        "capture_id": few(captures[first], named),
        "first_frame": frames[first],
        "last_frame": frames[last - 1],
        "frames": texts(letters, ends),
    }
    return batch_of(columns, EVIDENCE.schema())


def _in_order(captures: I8, frames: I8, first: I8, last: I8, runs: I8) -> tuple[I8, I8, I8, I8, I8]:
    """Which objects, and what `evidence_of` takes, with packets of those without runs put in order, by capture."""
    some, odd, sizes = np.flatnonzero(runs), np.flatnonzero(runs == 0), last - first
    number = np.repeat(odd, sizes[odd])
    begins = np.cumsum(sizes[odd]) - sizes[odd]
    place = np.arange(number.size) + np.repeat(first[odd] - begins, sizes[odd])
    order = np.lexsort((frames[place], captures[place], number))
    number, place = number[order], place[order]
    changes = (np.diff(number, prepend=-1) != 0) | (np.diff(captures[place], prepend=-1) != 0)
    begins = np.flatnonzero(changes)
    ends = np.append(begins[1:], number.size)
    return (
        np.concatenate([some, number[begins]]),
        np.concatenate([captures, captures[place]]),
        np.concatenate([frames, frames[place]]),
        np.concatenate([first[some], captures.size + begins]),
        np.concatenate([last[some], captures.size + ends]),
    )

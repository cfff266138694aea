"""Files put together from pieces at offsets, whole only where every byte of the size that was told is there."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from netaudit.contracts.unwrapping_steps import Way
from netaudit.finalizing.stored import Joined, Load, StoredPart, open_joined
from netaudit.rows.uploads import END, NEXT, PIECE, RANGE, SENT
from netaudit.unwrapping.part import Part, Ranges

if TYPE_CHECKING:
    from netaudit.unwrapping.budget import Patience

MOST_CONTENTS = 64  # that are told apart under one name
SPARSE = 4  # times that a file may be larger than what is there of it …
FREE = 1 << 20  # … and bytes more
PATIENCE = 60 * 10**9  # ns between two ranges that a client sends of one content


class _Content:
    """One content of a file, as far as its pieces tell."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.there: Ranges = []
        self.rows: list[StoredPart] = []
        self.size = -1  # as told with its pieces, -1 unknown

    def contradicts(self, offset: int, piece: bytes) -> bool:
        """Whether a byte is there already and is another one."""
        end = offset + len(piece)
        for first, last in self.there[bisect_right(self.there, offset, key=lambda span: span[1]) :]:
            if first >= end:
                return False
            low, high = max(first, offset), min(last, end)
            if self.data[low:high] != piece[low - offset : high - offset]:
                return True
        return False

    def add(self, row: StoredPart, piece: bytes) -> None:
        """Put a piece in its place."""
        end = row.offset + len(piece)
        if end > len(self.data):
            self.data += bytes(end - len(self.data))
        self.data[row.offset : end] = piece
        self.rows.append(row)
        first = bisect_left(self.there, row.offset, key=lambda span: span[1])
        last = bisect_right(self.there, end, key=lambda span: span[0])
        low = min([row.offset, *(span[0] for span in self.there[first : first + 1] if first < last)])
        high = max([end, *(span[1] for span in self.there[last - 1 : last] if first < last)])
        self.there[first:last] = [(low, high)]

    def may_hold(self, offset: int, piece: bytes, size: int) -> bool:
        """Whether a piece may belong here: it brings bytes that are wanted still, and contradicts none."""
        end = offset + len(piece)
        at = bisect_right(self.there, offset, key=lambda span: span[0]) - 1
        known = at >= 0 and self.there[at][1] >= end
        return not known and end <= size and not self.contradicts(offset, piece)

    def root(self, size: int, limit: int) -> Part:
        """The file with its holes; `size` as told, -1 where it was not."""
        end = len(self.data)
        part = Part(b"", Way.of("pieces"), name=next((row.name for row in reversed(self.rows) if row.name), ""))
        if end <= size <= limit:
            self.data += bytes(size - end)
        part.missing = _holes(self.there, len(self.data))
        part.data = bytes(self.data)
        untold = size < 0 and self.rows[0].role == SENT and not part.missing  # the file's own end tells
        if size != len(part.data) and not untold:
            part.unknown_from = end
        return part


def _holes(there: Ranges, end: int) -> Ranges:
    at, holes = 0, []
    for first, last in [*there, (end, end)]:
        if first > at:
            holes.append((at, first))
        at = last
    return holes


def join_pieces(rows: list[StoredPart], load: Load, most: int, patience: Patience) -> Iterator[Joined]:
    """Contents of one file from its pieces, in the order in which they were sent.

    One message alone is no news, unless it brings several pieces, one behind the other.
    Ranges of HTTP are of one content: one that contradicts what is there begins another, and so does one that is sent
    long after the one before, since a place may take one picture after the other of the same size. A piece that may as
    well be of the content before, which is not whole yet, ends the joining: two senders may take turns. Writes of SMB
    may replace each other, and which came last cannot be told between connections: such a file is left in pieces.
    """
    sizes = {row.message_id: row.size for row in rows if row.role == END and row.size >= 0}
    pieces = [row for row in rows if row.role in (RANGE, SENT, PIECE) and row.complete]
    others = sizes.keys() - {row.message_id for row in pieces}
    declared = next((sizes[one] for one in reversed(sizes) if one in others), -1)  # by a message without a piece
    limit = min(most, SPARSE * sum(row.size for row in pieces) + FREE)
    content, count = _Content(), 0
    before: _Content | None = None  # that this one was told from
    for row in pieces:
        if row.offset == NEXT:
            row = replace(row, offset=content.there[-1][1] if content.there else 0)  # noqa: PLW2901
        piece = load(row.sha256)
        if piece is None or row.offset < 0 or row.offset + len(piece) > limit:
            continue
        size = sizes.get(row.message_id, declared)
        other = content.contradicts(row.offset, piece) or (size >= 0 and content.size not in (-1, size))
        late = row.role == SENT and bool(content.rows) and row.ts - content.rows[-1].ts > PATIENCE
        if other and row.role == PIECE:
            return
        if late or other:
            yield from _told(content, count, limit, patience)
            before, content, count = content, _Content(), count + 1
            if count >= MOST_CONTENTS:
                return
        elif before is not None and _recent(before, row) and before.may_hold(row.offset, piece, before.size):
            return
        content.add(row, piece)
        content.size = max(content.size, size)
    yield from _told(content, count, limit, patience)


def _recent(content: _Content, row: StoredPart) -> bool:
    """Whether a piece may still be of a content: what is sent comes at once, what is fetched may come at any time."""
    return row.role != SENT or row.ts - content.rows[-1].ts <= PATIENCE


def _told(content: _Content, count: int, limit: int, patience: Patience) -> Iterator[Joined]:
    messages = sorted({row.message_id for row in content.rows})
    if len(messages) > 1 or (len(content.rows) > 1 and len(content.there) == 1):
        identity = f"{content.rows[0].message_id}\0pieces\0{count}"  # what the file is called is keyed
        for joined in open_joined(identity, content.root(content.size, limit), content.rows, patience):
            joined.shreds, joined.deep = messages, content.rows[0].role == SENT
            yield joined

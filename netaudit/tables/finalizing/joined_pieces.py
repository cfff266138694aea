"""Files put together from pieces at offsets, whole only where every byte of the size that was told is there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from netaudit.content.part import Part
from netaudit.content.slices import cut
from netaudit.core.contracts.unwrapping_steps import Way
from netaudit.protocols.file_transfer.filebytes import FileBytes
from netaudit.tables.finalizing.stored import Joined, Load, StoredPart, open_joined
from netaudit.tables.pieces import END, NEXT, PIECE, RANGE, SENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.content.budget import Patience

MOST_CONTENTS = 64  # that are told apart under one name
SPARSE = 4  # times that a file may be larger than what is there of it …
FREE = 1 << 20  # … and bytes more
PATIENCE = 60 * 10**9  # ns between two ranges that a client sends of one content


class _Content:
    """One content of a file, as far as its pieces tell."""

    def __init__(self, limit: int) -> None:
        self.bytes = FileBytes(limit, limit)
        self.rows: list[StoredPart] = []
        self.size = -1  # as told with its pieces, -1 unknown

    def contradicts(self, offset: int, piece: bytes) -> bool:
        """Whether a byte is there already and is another one."""
        there, data = cut(self.bytes.ranges, offset, offset + len(piece)), self.bytes.data
        return any(data[offset + first : offset + last] != piece[first:last] for first, last in there)

    def may_hold(self, offset: int, piece: bytes, size: int) -> bool:
        """Whether a piece may belong here: it brings bytes that are wanted still, and contradicts none."""
        end = offset + len(piece)
        return not self.bytes.has(offset, end) and end <= size and not self.contradicts(offset, piece)

    def root(self, size: int, limit: int) -> Part:
        """The file with its holes; `size` as told, -1 where it was not."""
        end = len(self.bytes.data)
        length = size if end <= size <= limit else end
        name = next((row.name for row in reversed(self.rows) if row.name), "")
        self.bytes.data += bytes(length - end)
        part = Part(bytes(self.bytes.data), Way.of("pieces"), name=name, missing=self.bytes.holes(length))
        untold = size < 0 and self.rows[0].role == SENT and not part.missing  # the file's own end tells
        if size != length and not untold:
            part.unknown_from = end
        return part


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
    content, count = _Content(limit), 0
    before: _Content | None = None  # that this one was told from
    for came in pieces:
        row = came if came.offset != NEXT else replace(came, offset=len(content.bytes.data))
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
            before, content, count = content, _Content(limit), count + 1
            if count >= MOST_CONTENTS:
                return
        elif before is not None and _recent(before, row) and before.may_hold(row.offset, piece, before.size):
            return
        content.bytes.write(row.offset, piece)
        content.rows.append(row)
        content.size = max(content.size, size)
    yield from _told(content, count, limit, patience)


def _recent(content: _Content, row: StoredPart) -> bool:
    """Whether a piece may still be of a content: what is sent comes at once, what is fetched may come at any time."""
    return row.role != SENT or row.ts - content.rows[-1].ts <= PATIENCE


def _told(content: _Content, count: int, limit: int, patience: Patience) -> Iterator[Joined]:
    messages = sorted({row.message_id for row in content.rows})
    if len(messages) > 1 or (len(content.rows) > 1 and len(content.bytes.ranges) == 1):
        identity = f"{content.rows[0].message_id}\0pieces\0{count}"  # what the file is called is keyed
        for joined in open_joined(identity, content.root(content.size, limit), content.rows, patience):
            joined.shreds, joined.deep = messages, content.rows[0].role == SENT
            yield joined

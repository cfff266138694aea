"""Rows of `parts`: what messages carry of larger files, and what they say of how these go together."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from netaudit.content.from_messages import object_id, root, upload_body
from netaudit.core.masking.mask import mask_name, shortened
from netaudit.core.schema import PARTS
from netaudit.tables.chunks import FILES, begun_at, chunk_of, may_concern_parts
from netaudit.tables.pieces import MADE, REPLY, Piece
from netaudit.tables.ranges import pieces_of
from netaudit.tables.stores import block_reply, list_of, upload_part

if TYPE_CHECKING:
    from pathlib import Path

    from netaudit.content.part import Part
    from netaudit.core.storage.table_streams import TableWriter
    from netaudit.protocols.message import Message

_PART = PARTS.row
Store = Callable[["Message", "Part"], tuple[str, str]]  # keeps a part as an object: its id and SHA-256


class PartRows:
    """Rows of `parts` of one worker."""

    def __init__(self, folder: Path, rows: TableWriter) -> None:
        self._key = (folder / "private" / "key").read_bytes()
        self._rows = rows

    def append(self, message: Message, client: str, store: Store) -> bool:
        """Look at a message of a client at this address; whether it is nothing but a part of something."""
        if not may_concern_parts(message):
            return False
        alone = False
        for piece in _said(message, client):
            self._append(message, piece, store)
            alone = alone or piece.alone
        return alone

    def _append(self, message: Message, piece: Piece, store: Store) -> None:
        """Bytes are kept as they are; what they are part of comes out when all are known."""
        identity, sha256, size, complete = "", "", piece.size, message.complete
        if piece.part is not None:
            identity, sha256 = store(message, piece.part)
            size, complete = len(piece.part.data), piece.part.complete
        elif piece.role in (REPLY, MADE) and message.request is not None:  # it speaks of what that has sent
            identity = object_id(message.request, root(message.request).path).hex()
        first = int(message.pieces["ts"][0]) if message.pieces is not None and len(message.pieces) else 0
        self._rows.append(
            _PART(
                upload=self._hashed(piece.file),
                number=piece.number,
                name=shortened(mask_name, piece.name, 256),
                message_id=message.message_id.hex(),
                object_id=identity,
                sha256=sha256,
                size=size,
                complete=complete,
                ts=first,
                role=piece.role,
                offset=piece.offset,
                links=[self._hashed(link) for link in ((piece.file,) if piece.role == MADE else piece.links)],
            )
        )

    def _hashed(self, text: str) -> str:
        """A path as a key: paths may hold a phone number, which an unkeyed hash would give away."""
        return hmac.digest(self._key, b"upload\0" + text.encode("utf-8", "replace"), "sha256").hex()[:32]


def _said(message: Message, client: str) -> Iterator[Piece]:
    """What a message says of files that come in several."""
    if not message.direction and (part := upload_part(message.method, message.host, message.path)) is not None:
        yield part._replace(part=upload_body(message), alone=True)
        return
    sends = not message.direction or message.protocol in FILES  # who waits for a connection sends by it, too
    if sends and (chunk := chunk_of(message, client)) is not None:
        yield chunk
        return
    said = None if message.direction else list_of(message, client)
    if message.direction and message.request is not None:
        said = block_reply(message.request, message) or begun_at(message, client)
    if said is not None:
        yield said
    yield from pieces_of(message, client)

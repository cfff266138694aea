"""Rows of `parts`: what messages carry of larger files, and what they say of how these go together."""

from __future__ import annotations

import dataclasses
import hmac
from collections.abc import Callable
from typing import TYPE_CHECKING

from netaudit.masking.mask import mask_name, shortened
from netaudit.rows.chunks import FILES, begun_at, block_list, chunk_of, may_concern_parts
from netaudit.rows.pieces import pieces_of
from netaudit.rows.segments import segment_list
from netaudit.rows.uploads import END, MADE, UploadPart, upload_end, upload_part, upload_reply
from netaudit.tables import PARTS
from netaudit.unwrapping.from_messages import object_id, root, upload_body

if TYPE_CHECKING:
    from pathlib import Path

    from netaudit.messages.message import Message
    from netaudit.storage.table_streams import TableWriter
    from netaudit.unwrapping.part import Part

_PART = PARTS.row
Store = Callable[["Message", "Part"], tuple[str, str]]  # keeps a part as an object: its id and SHA-256


class PartRows:
    """Rows of `parts` of one worker."""

    def __init__(self, folder: Path, rows: TableWriter) -> None:
        self._key = (folder / "private" / "key").read_bytes()
        self._rows = rows

    def take(self, message: Message, client: str, store: Store) -> bool:
        """Look at a message of a client at this address; whether it is nothing but a part of something."""
        if not may_concern_parts(message):
            return False
        if not message.direction:
            part = upload_part(message.method, message.host, message.path)
            if part is not None:
                self._part(message, part, store)
                return True
        if not message.direction or message.protocol in FILES:  # who waits for a connection sends by it, too
            chunk = chunk_of(message, client)
            if chunk is not None:
                certain = _certain(chunk.part)
                identity, sha256 = store(message, certain)
                self._row(message, chunk.upload, identity, sha256, len(certain.data), complete=certain.complete)
                return not chunk.beside
        self._links(message, client)
        self._pieces(message, client, store)
        return False

    def answer(self, message: Message, client: str) -> None:
        """Look at a reply that has no body: it may name the upload that its request has begun."""
        if message.request is not None and (upload := begun_at(message, client)) is not None:
            identity = object_id(message.request, root(message.request).path).hex()
            self._row(message, upload, identity, "", -1, complete=message.complete)

    def _part(self, message: Message, upload: UploadPart, store: Store) -> None:
        """A part of an upload is kept as it is; what it is part of comes out when all are known."""
        part = upload_body(message)
        identity, sha256 = store(message, part)
        self._row(message, upload, identity, sha256, len(part.data), complete=part.complete)

    def _pieces(self, message: Message, client: str, store: Store) -> None:
        """Bytes of a file that other messages may carry, too; they are joined when all are known."""
        pieces = pieces_of(message, client)
        if pieces is None:
            return
        for offset, part in pieces.runs:
            identity, sha256 = store(message, part)
            upload = UploadPart(pieces.file, 0, part.name, pieces.role, offset)
            self._row(message, upload, identity, sha256, len(part.data), complete=True)
        end = UploadPart(pieces.file, 0, role=END, size=pieces.size)
        self._row(message, end, "", "", pieces.size, complete=message.complete)

    def _links(self, message: Message, client: str) -> None:
        """Messages that say which blocks make an object: replies to blocks, and the request that ends an upload."""
        request = message.request
        if not message.direction:
            upload = upload_end(message.method, message.path, message.body) or block_list(message, client)
            upload = upload or segment_list(message, client)
            identity = ""
        elif request is not None:
            upload = upload_reply(request.method, request.path, message) or begun_at(message, client)
            identity = object_id(request, root(request).path).hex() if upload else ""
        else:
            return
        if upload is not None:
            self._row(message, upload, identity, "", upload.size, complete=message.complete)

    def _row(
        self, message: Message, upload: UploadPart, identity: str, sha256: str, size: int, *, complete: bool
    ) -> None:
        first = int(message.pieces["ts"][0]) if message.pieces is not None and len(message.pieces) else 0
        self._rows.append(
            _PART(
                upload=self._hashed(upload.upload),
                number=upload.number,
                name=shortened(mask_name, upload.name, 256),
                message_id=message.message_id.hex(),
                object_id=identity,
                sha256=sha256,
                size=size,
                complete=complete,
                ts=first,
                role=upload.role,
                offset=upload.offset,
                links=[self._hashed(link) for link in ((upload.upload,) if upload.role == MADE else upload.links)],
            )
        )

    def _hashed(self, text: str) -> str:
        """A path as a key: paths may hold a phone number, which an unkeyed hash would give away."""
        return hmac.digest(self._key, b"upload\0" + text.encode("utf-8", "replace"), "sha256").hex()[:32]


def _certain(part: Part) -> Part:
    """A part as far as its first hole: a request that broke off is gone on with from there."""
    ends = [first for first, _ in part.missing[:1]] + ([part.unknown_from] if part.unknown_from is not None else [])
    if not ends or (end := min(ends)) >= len(part.data):
        return part
    return dataclasses.replace(part, data=part.data[:end], missing=[], unknown_from=end, body_range=None)

"""A stream of an HTTP/2 connection: its request, its response, and the bodies between losses (RFC 9113, 8.1)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from netaudit.protocols.http1.body import LIMIT, settle_missing
from netaudit.protocols.http2.headers import UNDECODABLE, declared
from netaudit.protocols.pieces import Pieces

if TYPE_CHECKING:
    from netaudit.protocols.message import Message

SLIM = 64 << 10  # a larger body is not kept with its request until the answer comes


class Half:
    """One direction of a stream: one message, after any informational ones."""

    def __init__(self, message: Message, *, headed: bool) -> None:
        self.message = message
        self.headed = headed  # its header fields are known
        self.pieces = Pieces()
        self.size = 0  # bytes of the body so far, lost ones of known number too
        self.kept = 0
        self.losses: list[int] = []  # places in the body at which frames may have been lost
        self.frames = 0  # DATA frames with bytes
        self.last_frame = -1

    def add(self, data: bytes, at: int, frame: int) -> None:
        """Take bytes at stream offset `at`, from the DATA frame that begins at `frame`."""
        self._place(at, frame)
        if self.size < LIMIT:
            data = data[: LIMIT - self.size] if len(data) > LIMIT - self.size else data
            self.pieces.append(data)
            self.kept += len(data)
        self.size += len(data)

    def lose(self, length: int, at: int, frame: int) -> None:
        """Leave a gap of known length, zero bytes in the body."""
        self._place(at, frame)
        kept = max(0, min(length, LIMIT - self.size))
        if kept:
            self.pieces.zeros(kept)
            self.kept += kept
        self.message.missing.append((self.size, self.size + length))
        self.size += length

    def _place(self, at: int, frame: int) -> None:
        if frame != self.last_frame:
            self.frames, self.last_frame = self.frames + 1, frame
            self.message.body_start = at if self.frames == 1 else -1

    def lost_way(self) -> None:
        """Frames of this stream may be missing here."""
        if not self.losses or self.losses[-1] != self.size:
            self.losses.append(self.size)

    def close(self, end: int, *, known: bool, bodiless: bool = False, note: str = "") -> Message:
        """Put the message together; `known` tells whether END_STREAM was seen, `bodiless` that no body was due."""
        message = self.message
        message.end = max(message.end, end)
        cut, body = self.pieces.full, self.pieces.flush()
        length = -1 if bodiless else declared(message)
        lacking = length - self.size
        if length >= 0 and lacking == 0:
            known = True  # all that was declared is there, whatever else was lost
        elif lacking > 0 and length >= 0 and (len(self.losses) == 1 or (not known and not self.losses)):
            body = self._insert(body, self.losses[0] if self.losses else self.size, lacking)
            known = True
        elif self.losses or (length >= 0 and lacking):
            known = False
            message.unknown_from = self.losses[0] if self.losses else min(self.size, length)
            if not self.losses:
                message.notes.append(f"{length} bytes declared, {self.size} sent")
        if not known and message.unknown_from is None:
            message.unknown_from = self.size
        message.body, message.body_size = body, max(self.size, length)
        settle_missing(message, self.size, self.size, cut=cut)
        message.complete = message.unknown_from is None and not message.missing
        if not self.headed:
            message.notes.append(UNDECODABLE)
        if note:
            message.notes.append(note)
        return message

    def _insert(self, body: bytes, place: int, length: int) -> bytes:
        """The declared length tells how much was lost at the one place where anything can have been."""
        self.message.missing = [(a, b) if b <= place else (a + length, b + length) for a, b in self.message.missing] + [
            (place, place + length)
        ]
        self.message.body_start = -1
        self.size += length
        if place == len(body) or place >= LIMIT:
            return body
        return (body[:place] + bytes(min(length, LIMIT - place)) + body[place:])[:LIMIT]


class Exchange:
    """One stream."""

    def __init__(self) -> None:
        self.halves: list[Half | None] = [None, None]
        self.done = [False, False]
        self.request: Message | None = None

    def slim(self, message: Message) -> None:
        """Let the body of a request go that waits for its answer."""
        if message is self.request and message.body_size > SLIM:
            self.request = replace(message, body=b"")

    def pair(self, message: Message) -> None:
        """Tell a response its request."""
        request = self.request
        if request is not None and request is not message and message.request is None:
            message.request = request
            message.method, message.host, message.path = request.method, request.host, request.path

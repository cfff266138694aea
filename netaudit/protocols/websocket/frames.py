"""Frames of one direction of a WebSocket connection (RFC 6455, 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from netaudit.protocols.carve import Carver
from netaudit.protocols.http1.body import LIMIT, settle_missing
from netaudit.protocols.pieces import Pieces

if TYPE_CHECKING:
    from netaudit.core.contracts.ranges import Ranges
    from netaudit.protocols.message import Message
    from netaudit.protocols.websocket.deflate import Inflate

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
REFUSING = frozenset({1002, 1003, 1007, 1008, 1009, 1011, 1013})  # codes of CLOSE (RFC 6455, 7.4.1)
TYPES = {TEXT: "text/plain; charset=utf-8", BINARY: "application/octet-stream"}


class Owner(Protocol):
    """What a side tells its reader."""

    out: list[Message]

    def message(self, direction: int, start: int) -> Message:
        """A fresh message."""

    def refuse(self, direction: int, start: int, end: int, code: int) -> None:
        """A direction closed with a code that says of an error."""


class WebSocketSide:
    """Frames of one direction."""

    def __init__(self, direction: int, owner: Owner) -> None:
        self.direction = direction
        self.owner = owner
        self.reason = b""  # of a CLOSE: its code, and words
        self.inflate: Inflate | None = None
        self.held = b""
        self.at = -1  # stream offset behind held
        self.carver: Carver | None = None  # once the way is lost
        self.opcode = self.start = self.left = self.done = 0  # of the frame under way; done: payload bytes so far
        self.inside = self.final = False
        self.key = b""
        self.message: Message | None = None
        self.pieces = Pieces()
        self.size = self.frames = 0
        self.packed = self.in_place = False
        self.missing: Ranges = []

    def needed_from(self) -> int:
        """Beginning of the message or frame under way."""
        if self.carver is not None:
            return self.carver.needed_from(max(self.at, 0))
        if self.message is not None:
            return self.message.start
        return self.start if self.inside else max(self.at, 0) - len(self.held)

    def feed(self, offset: int, data: bytes) -> None:
        """Take the next bytes."""
        self.at = offset + len(data)
        if self.carver is not None:
            self.owner.out += self.carver.feed(offset, data)
            return
        base = offset - len(self.held)
        data, self.held = self.held + data, b""
        pos = 0
        while pos < len(data) or self.inside:
            if self.inside:
                end = min(pos + self.left, len(data))
                self._payload(data[pos:end], base + pos)
                pos = end
                if self.inside:
                    break
                continue
            used = self._header(data, pos, base)
            if self.carver is not None:
                self.owner.out += self.carver.feed(base + pos, data[pos:])
                return
            if not used:
                break
            pos += used
        self.held = data[pos:]

    def _header(self, data: bytes, pos: int, base: int) -> int:
        """Read a frame header (RFC 6455, 5.2); 0 while bytes are missing."""
        if len(data) - pos < 2:
            return 0
        first, second = data[pos], data[pos + 1]
        opcode, length, size = first & 15, second & 127, 2
        if opcode >= CLOSE:
            sound = opcode <= PONG and length <= 125 and first & 0xF0 == 0x80
        else:
            packed = first & 0x40 == 0 or (self.inflate is not None and opcode != CONTINUATION)
            sound = (
                opcode <= BINARY
                and packed
                and not first & 0x30
                and (opcode == CONTINUATION) == (self.message is not None)
            )
        if not sound:
            self._lose_way(base + pos, "no frame header where one must be: carved from there on")
            return 0
        if length > 125:
            size += 2 if length == 126 else 8
            if len(data) - pos < size:
                return 0
            length = int.from_bytes(data[pos + 2 : pos + size], "big")
            if length >> 63:  # must be zero
                self._lose_way(base + pos, "a frame longer than any can be: carved from there on")
                return 0
        masked = 4 if second & 128 else 0
        if len(data) - pos < size + masked:
            return 0
        self.key = data[pos + size : pos + size + masked]
        self.opcode, self.final, self.start, self.left, self.done = opcode, first >= 128, base + pos, length, 0
        self.reason = b""
        if opcode in TYPES:
            self._begin(base + pos, packed=bool(first & 0x40))
        self.inside = True
        return size + masked

    def _begin(self, start: int, *, packed: bool) -> None:
        self.message = self.owner.message(self.direction, start)
        self.message.content_type = TYPES[self.opcode]
        self.packed, self.pieces, self.size, self.frames, self.missing = packed, Pieces(), 0, 0, []
        self.in_place = not packed and not self.key

    def _payload(self, data: bytes, at: int) -> None:
        if self.opcode == CLOSE:
            self.reason += _unmask(data, self.key, self.done)
        if data and self.opcode < CLOSE:
            self._place(at)
            if self.size < LIMIT:
                self.pieces.append(_unmask(data[: LIMIT - self.size], self.key, self.done))
            self.size += len(data)
        self._advance(len(data), at + len(data))

    def _place(self, at: int) -> None:
        assert self.message is not None
        if not self.done:
            self.frames += 1
        if self.in_place:
            self.message.body_start = at if not self.size else self.message.body_start if self.frames == 1 else -1

    def _advance(self, count: int, end: int) -> None:
        self.done += count
        self.left -= count
        if self.left:
            return
        self.inside = False
        if self.opcode == CLOSE and (code := int.from_bytes(self.reason[:2], "big")) in REFUSING:
            self.owner.refuse(self.direction, self.start, end, code)
        if self.opcode < CLOSE and self.message is not None:
            self.message.end = end
            if self.final:
                self._close(known=True)

    def _close(self, *, known: bool, note: str = "") -> None:
        message, self.message = self.message, None
        assert message is not None
        cut, body = self.pieces.full, self.pieces.flush()
        message.body, message.body_size, message.missing = body, self.size, self.missing
        message.notes += [note] if note else []
        settle_missing(message, self.size, self.size, cut=cut)
        if self.packed:
            known = self._inflate(message) and known
        message.unknown_from = None if known else len(message.body)
        message.complete = known and not message.missing
        self.owner.out.append(message)

    def _inflate(self, message: Message) -> bool:
        """Replace the body by what it was compressed from; whether that is all of it."""
        inflate = self.inflate
        assert inflate is not None
        data, cut = message.body, bool(message.missing)
        if cut:
            data = data[: message.missing[0][0]]
        message.body_start, message.missing = -1, []
        if inflate.broken:
            message.body, message.body_size = b"", 0
            message.notes.append("compressed against messages that were not captured whole")
            return False
        message.body, whole, problem = inflate.inflate(data)
        message.body_size = len(message.body)
        if problem:
            message.notes.append(problem)
        if cut:
            inflate.lost()
        return whole and not cut

    # -- loss ---------------------------------------------------------------------------------------------------------

    def gap(self, offset: int, length: int) -> None:
        """Bytes from `offset` were never captured: exact within a frame, the end of reading beyond it."""
        self.at = offset + length
        if self.carver is not None:
            self.owner.out += self.carver.gap(offset, length)
            return
        inside = min(length, self.left) if self.inside else 0
        if inside:
            if self.opcode < CLOSE:
                self._place(offset)
                self.missing.append((self.size, self.size + inside))
                if self.size < LIMIT:
                    self.pieces.zeros(min(inside, LIMIT - self.size))
                self.size += inside
            self._advance(inside, offset + inside)
        if inside < length:
            self._lose_way(offset + inside, "frame header not captured: carved from there on")
            assert self.carver is not None
            self.owner.out += self.carver.gap(offset + inside, length - inside)

    def _lose_way(self, at: int, note: str) -> None:
        """Nothing in the bytes tells where the next frame begins."""
        if self.message is not None:
            self.message.end = max(self.message.end, at)
            self._close(known=False, note=note)
        self.inside, self.held = False, b""
        self.carver = Carver(self.direction)

    def finish(self) -> None:
        """The flow has ended."""
        if self.carver is not None:
            self.owner.out += self.carver.finish()
        elif self.message is not None:
            if self.inside and self.opcode < CLOSE and self.left and self.final:  # its length is known
                self.missing.append((self.size, self.size + self.left))
                self.size += self.left
            self.message.end = max(self.message.end, self.at - len(self.held))
            self._close(known=bool(self.inside and self.final and self.opcode < CLOSE))


def _unmask(data: bytes, key: bytes, done: int) -> bytes:
    """Take the masking off (RFC 6455, 5.3); `done` payload bytes came before."""
    if not key or not any(key):
        return data
    turned = key[done % 4 :] + key[: done % 4]
    mask = np.frombuffer(turned * (len(data) // 4 + 1), np.uint8, len(data))
    return (np.frombuffer(data, np.uint8) ^ mask).tobytes()

"""Where the body of an HTTP/1.x message goes: one message, or many, for a stream of parts that runs for hours.

A sink takes bytes and gaps in order, after the transfer coding. It says where each body byte lies in the stream.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from netaudit.core.contracts.details import NOTHING
from netaudit.core.contracts.ranges import cut_off, merged
from netaudit.protocols.http1.head import BLANK_LINE, parse_fields
from netaudit.protocols.message import Message
from netaudit.protocols.pieces import HOLE_NOTE, Pieces

LIMIT = 64 << 20  # bytes of one body that are kept
LIMIT_NOTE = "body over 64 MiB: only the first part kept"
PART_HEAD = 64 << 10  # bytes of the head of one part
BOUNDARY = re.compile(r'boundary\s*=\s*"?([^";\r\n]{1,200})', re.IGNORECASE)

Emit = Callable[[Message], None]


class Sink(Protocol):
    """Takes the body of one message."""

    message: Message

    def add(self, data: bytes, at: int) -> None:
        """Take body bytes that lie at stream offset `at`."""

    def lose(self, length: int, at: int) -> None:
        """Take note that the next `length` body bytes were never captured."""

    def close(self, end: int, *, known: bool, note: str = "") -> None:
        """The body ends at stream offset `end`; `known` tells whether this is its true end."""

    def needed_from(self) -> int:
        """Stream offset of the first byte of the message under way."""


class Whole:
    """Gathers one body."""

    __slots__ = ("declared", "emit", "in_place", "message", "owed", "pieces", "size")

    def __init__(self, message: Message, emit: Emit, *, in_place: bool) -> None:
        self.message = message
        self.emit = emit
        self.in_place = in_place  # body bytes lie in the stream one to one
        self.pieces = Pieces()
        self.size = 0  # bytes of the body so far, lost ones too
        self.owed = 0  # lost bytes that are not yet filled with zeros
        self.declared = -1

    def add(self, data: bytes, at: int) -> None:
        """Take body bytes."""
        if self.in_place and self.message.body_start < 0:
            self.message.body_start = at
        if self.size < LIMIT:
            if self.owed:
                self.pieces.zeros(self.owed)
                self.owed = 0
            room = LIMIT - self.size
            self.pieces.append(data if len(data) <= room else data[:room])
        self.size += len(data)

    def lose(self, length: int, at: int) -> None:
        """Leave a gap, filled with zeros once bytes follow."""
        if self.in_place and self.message.body_start < 0:
            self.message.body_start = at
        if self.size < LIMIT:
            self.message.missing.append((self.size, min(self.size + length, LIMIT)))
            self.owed += min(length, LIMIT - self.size)
        self.size += length

    def close(self, end: int, *, known: bool, note: str = "") -> None:
        """Put the body together and give the message."""
        message = self.message
        message.end = end
        cut = self.pieces.full
        message.body = self.pieces.flush()
        message.body_size = size = max(self.size, self.declared)
        settle_missing(message, self.size, size, cut=cut)
        if not known:
            message.unknown_from = self.size
        message.complete = known and not message.missing
        if note:
            message.notes.append(note)
        self.emit(message)

    def needed_from(self) -> int:
        """Beginning of the message."""
        return self.message.start


def settle_missing(message: Message, came: int, size: int, *, cut: bool) -> None:
    """What is not kept of a body of `size` bytes, of which `came` were sent, is missing; `cut` by a hole too long."""
    if came > LIMIT:
        message.notes.append(LIMIT_NOTE)
    if cut:
        message.notes.append(HOLE_NOTE)
    kept = len(message.body) if cut else min(came, LIMIT)
    message.missing = merged([*cut_off(message.missing, kept), (kept, size)] if size > kept else message.missing)


class Parts:
    """A multipart/x-mixed-replace response: each part becomes a message as soon as it is whole (RFC 2046, 5.1)."""

    def __init__(self, message: Message, emit: Emit) -> None:
        self.message = message
        self.emit = emit
        self.count = 0
        self.held = bytearray()
        self.map: list[tuple[int, int]] = []  # (index in held, stream offset) where bytes stop being consecutive
        self.at = message.end  # stream offset behind the last byte taken
        self.sink: Whole | None = None  # of the part under way
        self.left = -1  # bytes of it to come, -1 when only the boundary ends it
        self.scanned = 0
        found = BOUNDARY.search(message.content_type)
        name = found[1].strip() if found else ""
        self.boundary = b"--" + name.removeprefix("--").encode("latin-1", "replace") if name else b""
        message.notes.append("its parts are messages of their own")
        emit(message)

    def add(self, data: bytes, at: int) -> None:
        """Take bytes of the stream of parts."""
        if self.left > 0 and not self.held and self.sink is not None and len(data) < self.left:
            self.sink.add(data, at)
            self.left -= len(data)
            self.at = at + len(data)
            self.map = []
            return
        if not self.map or at != self.at:
            self.map.append((len(self.held), at))
        self.held += data
        self.at = at + len(data)
        while self._step():
            pass

    def _offset(self, index: int) -> int:
        """Stream offset of held[index]."""
        for first, offset in reversed(self.map):
            if first <= index:
                return offset + index - first
        return self.at - len(self.held) + index

    def _drop(self, count: int) -> None:
        here = self._offset(count) if count < len(self.held) else self.at
        self.map = [(0, here)] + [(first - count, offset) for first, offset in self.map if first > count]
        del self.held[:count]
        self.scanned = 0

    def _step(self) -> bool:
        """Do one thing with what is held; False when that takes more bytes."""
        if self.sink is None:
            return self._between()
        return self._by_length(self.sink) if self.left >= 0 else self._by_boundary(self.sink)

    def _between(self) -> bool:
        """Look for the next boundary line and the head behind it."""
        if not self.boundary:
            return self._learn()
        at = self.held.find(self.boundary)
        if at < 0:
            self._drop(max(len(self.held) - len(self.boundary), 0))
            return False
        if at:
            self._drop(at)
        line = self.held.find(b"\n", len(self.boundary))
        blank = BLANK_LINE.search(self.held, max(self.scanned - 3, 0)) if line >= 0 else None
        if blank is None:
            self.scanned = len(self.held)
            if len(self.held) > PART_HEAD:
                self._drop(len(self.boundary))
                return True
            return False
        self._begin(line + 1, blank.end())
        return True

    def _learn(self) -> bool:
        """No boundary was declared: the first line that begins with two dashes is it."""
        at = self.held.find(b"--")
        end = self.held.find(b"\n", at) if at >= 0 else -1
        if end < 0:
            if len(self.held) > PART_HEAD:
                self._drop(len(self.held) - 1)
            return False
        self.boundary = bytes(self.held[at:end]).rstrip()[:200]
        return True

    def _begin(self, first: int, end: int) -> None:
        headers, _ = parse_fields(bytes(self.held[first:end]))
        own = {name for name, _ in headers}
        merged = headers + [(name, value) for name, value in self.message.headers if name not in own]
        part = replace(self.message, start=self._offset(0), end=self._offset(0), headers=merged, notes=[], missing=[])
        part.flow_id = part.message_id = b""
        part.pieces = None
        part.content_type = next((value for name, value in headers if name == "content-type"), "")
        part.details, part.file_range, part.part = NOTHING, None, self.count
        self.count += 1
        length = next((value for name, value in headers if name == "content-length"), "")
        self.left = int(length) if length.isdecimal() and len(length) < 12 else -1
        self.sink = Whole(part, self.emit, in_place=False)
        self._drop(end)
        self.map = self.map[:1]
        part.body_start = self._offset(0)

    def _consume(self, sink: Whole, count: int) -> None:
        if len(self.map) > 1 and self.map[1][0] < count:
            sink.message.body_start = -1
        sink.add(bytes(self.held[:count]), self._offset(0))
        self._drop(count)

    def _by_length(self, sink: Whole) -> bool:
        count = min(self.left, len(self.held))
        self.left -= count
        if count:
            self._consume(sink, count)
        if self.left:
            return False
        self._end(sink, known=True)
        return True

    def _by_boundary(self, sink: Whole) -> bool:
        at = self.held.find(b"\n" + self.boundary)
        if at < 0:
            keep = len(self.boundary) + 2
            if len(self.held) > keep:
                self._consume(sink, len(self.held) - keep)
            return False
        self._consume(sink, at - 1 if at and self.held[at - 1] == 0x0D else at)
        self._end(sink, known=True)
        return True

    def _end(self, sink: Whole, *, known: bool, note: str = "") -> None:
        self.sink = None
        sink.close(self._offset(0) if self.held else self.at, known=known, note=note)

    def lose(self, length: int, at: int) -> None:
        """A gap: within a part of declared length its place is known, else the part ends unfinished."""
        sink = self.sink
        if sink is not None and self.left >= length:
            sink.lose(length, at)
            self.left -= length
            self.at = at + length
            self.map = []
            if not self.left:
                self._end(sink, known=True)
            return
        self._cut()
        self.held.clear()
        self.map = []
        self.at = at + length

    def _cut(self, note: str = "") -> None:
        if self.sink is not None:
            if self.held:
                eol = 0
                if self.left < 0:  # the line end before the boundary that would have come
                    eol = 2 if self.held.endswith(b"\r\n") else int(self.held.endswith(b"\n"))
                self._consume(self.sink, len(self.held) - eol)
            self._end(self.sink, known=False, note=note)

    def close(self, end: int, *, known: bool, note: str = "") -> None:  # noqa: ARG002
        """The response ends; a part under way stays unfinished."""
        self._cut(note)
        self.at = end

    def needed_from(self) -> int:
        """Beginning of the part under way."""
        if self.sink is not None:
            return self.sink.message.start
        return self._offset(0) if self.held else self.at

"""Frames of one direction of an HTTP/2 connection (RFC 9113, 4 and 6), and finding the way again after a loss."""

from __future__ import annotations

import re
from typing import NamedTuple

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, END_HEADERS, PADDED, PRIORITIZED = 0x1, 0x4, 0x8, 0x20
HEAD = 9  # bytes of a frame header
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"  # RFC 9113, 3.4
BLOCK_LIMIT = 256 << 10  # bytes of a header block with its continuations
FIRST_LIMIT = 1 << 14  # frame length that no setting is needed for
SEEK_LIMIT = 0xFFFF  # longest frame by whose header the way is found again
_MAX_FRAME_SIZE = 5  # a setting

_FLAGS = {0: 0x09, 1: 0x2D, 2: 0, 3: 0, 4: 0x01, 5: 0x0C, 6: 0x01, 7: 0, 8: 0, 9: 0x04}
_WANTED = (HEADERS, RST_STREAM, SETTINGS, PUSH_PROMISE, CONTINUATION)
_LENGTHS = {PRIORITY: 5, RST_STREAM: 4, PING: 8, WINDOW_UPDATE: 4}
_CANDIDATE = re.compile(
    rb"\x00..(?:\x00[\x00\x01\x08\x09]|\x01[\x00-\x2d]|[\x02\x03\x07\x08]\x00|[\x04\x06][\x00\x01]|\x05[\x00-\x0c]|\x09[\x00\x04])[\x00-\x7f]",
    re.DOTALL,
)


def plausible(data: bytes, at: int, limit: int = FIRST_LIMIT, highest: int = 1 << 24, *, strict: bool = True) -> bool:
    """Whether the nine bytes at `at` obey the rules for a frame header; `highest` bounds the stream number.

    Not `strict`: unknown kinds and undefined flags are let pass, as they must be ignored (RFC 9113, 4.1).
    """
    length = int.from_bytes(data[at : at + 3], "big")
    kind, flags = data[at + 3], data[at + 4]
    stream = int.from_bytes(data[at + 5 : at + 9], "big")
    if kind > CONTINUATION:
        return not strict
    if length > limit or stream > highest or (strict and flags & ~_FLAGS[kind]):
        return False
    if kind in _LENGTHS and length != _LENGTHS[kind]:
        return False
    if kind in (SETTINGS, PING, GOAWAY):
        return stream == 0 and (kind != SETTINGS or (length % 6 == 0 and not (flags & 1 and length)))
    return stream > 0 or kind == WINDOW_UPDATE


class Fields(NamedTuple):
    """A header block is complete, or lost (None). `start` and `end` are stream offsets, here as below."""

    stream: int
    block: bytes | None
    start: int
    end: int
    last: bool


class Promise(NamedTuple):
    """A request that the server makes for its client."""

    promised: int
    block: bytes | None
    start: int
    end: int


class Data(NamedTuple):
    """Bytes of a body from stream offset `at` on, of a frame that begins at `start`."""

    stream: int
    data: bytes
    at: int
    start: int


class DataLost(NamedTuple):
    """Bytes of a body that were not captured."""

    stream: int
    length: int
    at: int
    start: int


class DataEnd(NamedTuple):
    """A DATA frame has ended."""

    stream: int
    start: int
    end: int
    last: bool


class Reset(NamedTuple):
    """A stream was broken off."""

    stream: int
    code: int = 0  # RFC 9113, section 7; 0 where nothing was wrong
    start: int = 0
    end: int = 0


class LostWay(NamedTuple):
    """Frames of any stream may have been missed."""


Event = Fields | Promise | Data | DataLost | DataEnd | Reset | LostWay


class _Block:
    """A header block under way."""

    def __init__(self, kind: int, stream: int, start: int, *, last: bool) -> None:
        self.kind, self.stream, self.start, self.last = kind, stream, start, last
        self.promised = 0
        self.bytes: bytearray | None = bytearray()

    def add(self, fragment: bytes | None) -> None:
        """Take a fragment; one that is lost, or too much, spoils the block."""
        if self.bytes is not None and fragment is not None and len(self.bytes) + len(fragment) <= BLOCK_LIMIT:
            self.bytes += fragment
        else:
            self.bytes = None


class FrameSide:
    """One direction: what it is fed, it answers with what happened, in order."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self.held = b""
        self.at = 0  # stream offset behind held
        self.limit = FIRST_LIMIT
        self.highest = 0  # stream number seen
        self.seeking = False
        self.kind = -1  # of the frame under way, -1 between frames
        self.flags = self.stream = self.start = 0
        self.left = 0  # payload bytes to come
        self.pad = 0  # of which padding
        self.spoiled = False  # bytes of its payload are missing
        self.payload: list[bytes] | None = None  # None: not wanted
        self.block: _Block | None = None

    def begin_between(self) -> list[Event]:
        """The capture may begin within a frame."""
        self._lose_way(0)
        return self._told()

    def _told(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def needed_from(self) -> int:
        """Stream offset of the frame or block under way."""
        here = self.at - len(self.held) if self.kind < 0 else self.start
        return min(here, self.block.start) if self.block else here

    # -- bytes --------------------------------------------------------------------------------------------------------

    def feed(self, offset: int, data: bytes, *, final: bool = False) -> list[Event]:
        """Take the next bytes."""
        base = offset - len(self.held)
        self.at = offset + len(data)
        if self.held:
            data, self.held = self.held + data, b""
        pos = 0
        while True:
            if self.kind >= 0:
                pos = self._payload(data, pos, base)
                if self.kind >= 0:
                    break
            elif self.seeking:
                at = self._seek(data, pos, final=final)
                pos = abs(at)
                if self.seeking:
                    break
            elif used := self._header(data, pos, base):
                pos += used
            elif not self.seeking:
                break
        self.held = data[pos:]
        return self._told()

    def _header(self, data: bytes, pos: int, base: int) -> int:
        """Read a frame header, or pass the preface; bytes used, 0 when they do not suffice or make no sense."""
        have = len(data) - pos
        if data[pos : pos + 4] == PREFACE[:4]:
            return len(PREFACE) if have >= len(PREFACE) else 0
        if have < HEAD:
            return 0
        if not plausible(data, pos, (1 << 24) - 1, (1 << 32) - 1, strict=False):
            self._lose_way(base + pos)
            return 0
        self.left, self.kind, self.flags = int.from_bytes(data[pos : pos + 3], "big"), data[pos + 3], data[pos + 4]
        self.stream, self.start = int.from_bytes(data[pos + 5 : pos + 9], "big") & 0x7FFF_FFFF, base + pos
        self.highest = max(self.highest, self.stream)
        self.pad = -1 if self.kind == DATA and self.flags & PADDED and self.left else 0  # its length comes first
        self.payload = [] if self.kind in _WANTED and self.left <= BLOCK_LIMIT else None
        self.spoiled = self.payload is None
        if not self.left:
            self._ended(base + pos + HEAD)
        return HEAD

    def _payload(self, data: bytes, pos: int, base: int) -> int:
        """Take what there is of the frame's payload."""
        end = min(pos + self.left, len(data))
        if self.pad < 0 and end > pos:
            self.pad = min(data[pos], self.left - 1)
            pos, self.left = pos + 1, self.left - 1
        if self.kind == DATA:
            body_end = min(end, pos + self.left - max(self.pad, 0))
            if body_end > pos:
                self._events.append(Data(self.stream, data[pos:body_end], base + pos, self.start))
        elif self.payload is not None and end > pos:
            self.payload.append(data[pos:end])
        self.left -= end - pos
        if not self.left:
            self._ended(base + end)
        return end

    # -- whole frames -------------------------------------------------------------------------------------------------

    def _ended(self, end: int) -> None:
        kind, self.kind = self.kind, -1
        payload, self.payload = self.payload, None
        if kind == DATA:
            self._events.append(DataEnd(self.stream, self.start, end, bool(self.flags & END_STREAM)))
            return
        if self.block is not None and (kind != CONTINUATION or self.stream != self.block.stream):
            self.block.add(None)
            self._close_block(end)
        whole = b"".join(payload) if payload is not None and not self.spoiled else None
        if kind in (HEADERS, PUSH_PROMISE):
            self._open_block(kind, whole, end)
        elif kind == CONTINUATION and self.block is not None:
            self.block.add(whole)
            if self.flags & END_HEADERS:
                self._close_block(end)
        elif kind == CONTINUATION:
            self._events.append(Fields(self.stream, None, self.start, end, last=False))
        elif kind == RST_STREAM:
            self._events.append(Reset(self.stream, int.from_bytes(whole or b"", "big"), self.start, end))
        elif kind == SETTINGS and whole:
            self._settings(whole)

    def _open_block(self, kind: int, whole: bytes | None, end: int) -> None:
        block = self.block = _Block(
            kind, self.stream, self.start, last=kind == HEADERS and bool(self.flags & END_STREAM)
        )
        if whole is not None:
            pad = whole[0] if self.flags & PADDED and whole else 0
            at = (1 if self.flags & PADDED else 0) + (5 if kind == HEADERS and self.flags & PRIORITIZED else 0)
            if kind == PUSH_PROMISE:
                block.promised = int.from_bytes(whole[at : at + 4], "big") & 0x7FFF_FFFF
                at += 4
            whole = whole[at : len(whole) - pad] if at + pad <= len(whole) else None
        block.add(whole)
        if self.flags & END_HEADERS:
            self._close_block(end)

    def _close_block(self, end: int) -> None:
        block, self.block = self.block, None
        assert block is not None
        data = None if block.bytes is None else bytes(block.bytes)
        if block.kind == PUSH_PROMISE:
            self._events.append(Promise(block.promised, data, block.start, end))
        else:
            self._events.append(Fields(block.stream, data, block.start, end, block.last))

    def _settings(self, whole: bytes) -> None:
        """What this side says it accepts bounds the other one; both are given the larger limit."""
        for at in range(0, len(whole) - 5, 6):
            if int.from_bytes(whole[at : at + 2], "big") == _MAX_FRAME_SIZE:
                self.limit = min(max(self.limit, int.from_bytes(whole[at + 2 : at + 6], "big")), SEEK_LIMIT)

    # -- loss ---------------------------------------------------------------------------------------------------------

    def gap(self, offset: int, length: int) -> list[Event]:
        """Bytes from `offset` were never captured: harmless within a frame, as its length is known."""
        self.at = offset + length
        self._gap(offset, length)
        return self._told()

    def _gap(self, offset: int, length: int) -> None:
        if self.kind < 0:
            self.held = b""
            self._lose_way(offset)
            return
        inside = min(length, self.left)
        if self.kind == DATA and self.pad < 0:  # how much of the frame is padding was lost: none of it can be placed
            self._events.append(LostWay())
            self.pad = self.left
        elif self.kind == DATA and self.left > self.pad:
            self._events.append(DataLost(self.stream, min(inside, self.left - self.pad), offset, self.start))
        self.spoiled = True
        self.left -= inside
        if not self.left:
            self._ended(offset + inside)
            if inside < length:
                self._lose_way(offset + inside)

    def _lose_way(self, at: int) -> None:
        if self.block is not None:
            self.block.add(None)
            self._close_block(at)
        self.kind, self.seeking = -1, True
        self._events.append(LostWay())

    def _seek(self, data: bytes, pos: int, *, final: bool) -> int:
        """Find two chained frame headers; where to go on, negative while they are not found."""
        while (found := _CANDIDATE.search(data, pos)) is not None:
            pos = found.start()
            verdict = self._chained(data, pos, final=final)
            if verdict is None:
                return -pos
            if verdict:
                self.seeking = False
                return pos
            pos += 1
        return -max(pos, len(data) - HEAD + 1)

    def _chained(self, data: bytes, at: int, *, final: bool) -> bool | None:
        """Whether a header and the next one are plausible; None when that takes more bytes."""
        for seen in range(2):
            if len(data) - at < HEAD:
                return bool(seen) and at == len(data) if final else None
            if not plausible(data, at, self.limit, self.highest + 4096 if self.highest else 1 << 24):
                return False
            at += HEAD + int.from_bytes(data[at : at + 3], "big")
        return True

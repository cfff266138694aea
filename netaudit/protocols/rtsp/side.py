"""One direction of RTSP: messages and interleaved frames are cut out of the stream, and found again after a loss."""

from __future__ import annotations

import re
from typing import Protocol

from netaudit.protocols.http1.head import BLANK_LINE, parse_fields
from netaudit.protocols.message import Message
from netaudit.protocols.rtsp.opening import METHODS

HEAD_LIMIT = 64 << 10  # bytes of a head
BODY_LIMIT = 1 << 20  # bytes of a body
_START = re.compile(r"(?:RTSP/\d\.\d +(\d{3})(?!\d).*|([A-Z][A-Z_]{2,30}) +(\S+) +RTSP/\d\.\d)[ \t]*\r?\Z")
_FOUND = re.compile(rb"\$[\x00-\x1f]..[\x80-\xbf]|RTSP/\d\.\d +\d{3}|(?:%s) +rtsp://" % METHODS.encode(), re.DOTALL)
_KEEP = 24  # bytes in which a match may begin that is not whole yet


class Owner(Protocol):
    """What a side tells its reader."""

    def knows(self, direction: int, channel: int) -> bool:
        """Whether media flows in a channel."""

    def frame(self, direction: int, channel: int, data: bytes, start: int, end: int) -> None:
        """Take an interleaved frame."""

    def feed_message(self, message: Message) -> None:
        """Take a message."""


class RtspSide:
    """One direction."""

    def __init__(self, direction: int, owner: Owner) -> None:
        self.direction, self.owner = direction, owner
        self.held = b""
        self.at = 0
        self.seeking = False
        self.lost = 0  # payload bytes of a broken interleaved frame to be passed over

    def feed(self, offset: int, data: bytes, *, final: bool = False) -> None:
        """Take the next bytes."""
        base = offset - len(self.held)
        self.at = offset + len(data)
        data, self.held = self.held + data, b""
        pos = min(self.lost, len(data))
        self.lost -= pos
        while pos < len(data):
            used = self._seek(data, pos) if self.seeking else self._one(data, pos, base)
            if used < 0:
                self.seeking = True
            elif not used:
                break
            else:
                pos += used
        self.held = b"" if final else data[pos:]

    def _one(self, data: bytes, pos: int, base: int) -> int:
        """Read one frame or message: bytes used, 0 while some are missing, -1 when it is neither."""
        if data[pos] == 0x24:
            if len(data) - pos < 4:
                return 0
            size = 4 + (data[pos + 2] << 8 | data[pos + 3])
            if len(data) - pos < size:
                return 0
            self.owner.frame(self.direction, data[pos + 1], data[pos + 4 : pos + size], base + pos, base + pos + size)
            return size
        if data[pos] in b"\r\n":
            return 1
        end = BLANK_LINE.search(data, pos, pos + HEAD_LIMIT)
        if end is None:
            line = data.find(b"\n", pos)
            begun = line < 0 or _START.match(data[pos:line].decode("latin-1"))
            return 0 if begun and len(data) - pos < HEAD_LIMIT and data[pos : pos + 1].isupper() else -1
        head = data[pos : end.end()]
        first, _, rest = head.partition(b"\n")
        found = _START.match(first.decode("latin-1"))
        if found is None:
            return -1
        headers, _ = parse_fields(rest)
        lengths = [value for name, value in headers if name == "content-length"]
        length = (
            int(lengths[0]) if lengths and lengths[0].isascii() and lengths[0].isdigit() and len(lengths[0]) < 9 else 0
        )
        size = len(head) + length
        if length > BODY_LIMIT:
            return -1
        if len(data) - pos < size:
            return 0
        message = Message("rtsp", self.direction, base + pos, base + pos + size, headers=headers)
        message.status, message.method, message.path = int(found[1] or 0), found[2] or "", found[3] or ""
        message.body, message.body_size = data[pos + len(head) : pos + size], length
        message.body_start = base + pos + len(head) if length else -1
        message.content_type = message.header("content-type")
        self.owner.feed_message(message)
        return size

    def _seek(self, data: bytes, pos: int) -> int:
        """Pass over what is neither up to a frame of a known channel that holds RTP, or a start line."""
        found = _FOUND.search(data, pos)
        while (
            found is not None
            and data[found.start()] == 0x24
            and not self.owner.knows(self.direction, data[found.start() + 1])
        ):
            found = _FOUND.search(data, found.start() + 1)
        if found is None:
            return max(len(data) - _KEEP - pos, 0)
        at = found.start()
        if data[at] == 0x24:
            following = at + 4 + (data[at + 2] << 8 | data[at + 3])
            if following >= len(data):
                return at - pos  # the next beginning is not here yet
            if data[following] != 0x24 and not data[following : following + 1].isupper():
                return at - pos + 1
        self.seeking = False
        if at > pos:
            return at - pos
        used = self._one(data, at, self.at - len(data))  # nothing was passed over: read on at once
        self.seeking = used < 0
        return max(used, 1) if used else 0

    def gap(self, offset: int, length: int) -> None:
        """A loss within an interleaved frame costs that frame; any other, the way."""
        held, self.held = self.held, b""
        self.at = offset + length
        if self.lost > length:
            self.lost -= length
            return
        if held[:1] == b"$" and len(held) >= 4 and not self.seeking:
            left = 4 + (held[2] << 8 | held[3]) - len(held)
            if left >= length:
                self.lost = left - length
                return
        if held[:1].isupper() and not self.seeking:
            self._cut(held, offset)
        self.lost, self.seeking = 0, True

    def _cut(self, held: bytes, end: int) -> None:
        """A message whose rest is missing: what its first lines say."""
        blank, start = BLANK_LINE.search(held, 0, HEAD_LIMIT), end - len(held)
        head = held[: blank.end()] if blank is not None else held  # what follows is searched
        first, _, rest = head.partition(b"\n")
        found = _START.match(first.decode("latin-1"))
        if found is None:
            return
        headers, _ = parse_fields(rest[: rest.rfind(b"\n") + 1])
        message = Message("rtsp", self.direction, start, start + len(head), complete=False, unknown_from=0)
        message.headers = headers
        message.status, message.method, message.path = int(found[1] or 0), found[2] or "", found[3] or ""
        message.notes.append("cut off")
        self.owner.feed_message(message)

    def finish(self) -> None:
        """The flow has ended."""
        if self.held[:1].isupper() and not self.seeking:
            self._cut(self.held, self.at)
        self.held = b""

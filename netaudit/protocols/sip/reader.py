"""SIP (RFC 3261) over UDP and TCP, as GB/T 28181 uses it: one message from each datagram, or out of a stream."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netaudit.protocols.marks import LETTERS, WHOLE, Mark, literal
from netaudit.protocols.message import DOWN, UP, Message
from netaudit.protocols.reader import BaseReader, DatagramReader, Opening, Verdict
from netaudit.protocols.sip.head import HEAD_LIMIT, START, Dialogue, declared, head_of, message_of

if TYPE_CHECKING:
    from collections.abc import Callable

PORT = 5060
BODY_LIMIT = 4 << 20  # bytes of a body over TCP
_VERSION = r"S(?:I(?:P(?:/(?:2(?:\.(?:0(?: [^\n]{0,300})?)?)?)?)?)?)?"
_REQUEST = r"[A-Z]{1,16}(?: +(?:s|si|sips?|sips?:[^\n]{0,520})?)?"
_PARTIAL = re.compile(rf"(?:{_VERSION}|{_REQUEST})\Z".encode())
_FOUND = re.compile(rb"SIP/2\.0 +\d{3}|[A-Z]{3,16} +sips?:[^\s]{1,500} +SIP/2\.0")
_KEEP = 600  # bytes in which a start line may begin that is not whole


def recognise(opening: Opening) -> Verdict:
    """The start line of either side; midway on the usual port one anywhere."""
    verdict = _recognise(opening)
    if verdict is Verdict.NO and opening.midstream and PORT in (opening.client_port, opening.server_port):
        seen = any(_FOUND.search(data) for data in (opening.up, opening.down))
        return Verdict.YES if seen else Verdict.MORE
    return verdict


def _recognise(opening: Opening) -> Verdict:
    for data in (opening.up, opening.down):
        start = data.lstrip(b"\r\n\x00")
        if not start:
            continue
        if START.match(start):
            return Verdict.YES
        return Verdict.MORE if _PARTIAL.match(start) else Verdict.NO
    return Verdict.MORE


_BLANK = b"\r\n\0"
MARKS = (
    Mark((LETTERS,) * 3, holds=(b" ", 3, 17)),
    Mark(literal(b"SIP/2.0 ")),
    Mark((_BLANK,), holds=(b"S", 0, WHOLE)),  # a start line behind blank ones
    Mark((_BLANK,), ports=(PORT,)),
)


def recognise_udp(opening: Opening) -> Verdict:
    """A first datagram with a whole start line, or the blank one that keeps an address translation alive (RFC 5626)."""
    data = (opening.up or opening.down).lstrip(b"\r\n\x00")
    blank = not data and PORT in (opening.client_port, opening.server_port)
    return Verdict.YES if blank or START.match(data) else Verdict.NO


class SipDatagrams(DatagramReader):
    """Reads one message from each datagram (RFC 3261, 18.3)."""

    def __init__(self) -> None:
        super().__init__()
        self.dialogue = Dialogue()

    def parse(self, data: bytes) -> Message | None:
        """Read a datagram; its body ends with it."""
        skipped = len(data) - len(data.lstrip(b"\r\n\x00"))
        found = head_of(data[skipped:])
        if found is None:
            return self._headless(data[skipped:], skipped)
        message, size = found
        length = declared(message)
        body = data[skipped + size :]
        message.body = body[:length] if length >= 0 else body
        message.body_size = max(length, len(message.body))
        if length > len(body):
            message.complete, message.unknown_from = False, len(body)
        message.body_start = skipped + size
        return message

    def _headless(self, data: bytes, skipped: int) -> Message | None:
        """A datagram with a start line whose head never ends: what its lines say, never whole."""
        start = START.match(data)
        if start is None:
            return None
        message = message_of(start, data[start.end() : start.end() + HEAD_LIMIT])
        message.complete, message.unknown_from = False, 0
        message.notes.append("a head without an end")
        message.body_start = skipped + len(data)
        return message

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take a datagram."""
        out = super().feed(direction, offset, data)
        for message in out:
            message.body_start = offset + message.body_start if message.body else -1
            self.dialogue.pair(message)
        return out


class _Side:
    """One direction of a TCP connection."""

    def __init__(self, direction: int, take: Callable[[Message], Message]) -> None:
        self.direction, self.take = direction, take
        self.held = b""
        self.at = 0
        self.need = 0
        self.out: list[Message] = []

    def feed(self, offset: int, data: bytes) -> None:
        """Take the next bytes."""
        base = offset - len(self.held)
        self.at = offset + len(data)
        self.held += data
        if len(self.held) < self.need:
            return
        data, pos, self.need = self.held, 0, 0
        while pos < len(data):
            if data[pos] in b"\r\n\x00":
                pos += 1
                continue
            used = self._one(data, pos, base)
            if used < 0:
                pos = _next(data, pos + 1)
            elif not used:
                break
            else:
                pos += used
        self.held = data[pos:]
        self.need = max(self.need - pos, 0)

    def _one(self, data: bytes, pos: int, base: int) -> int:
        """Read one message: bytes used, 0 while some are missing, -1 when none begins here."""
        if START.match(data, pos) is None:
            return 0 if len(data) - pos < _KEEP and _PARTIAL.match(data[pos:]) else -1
        found = head_of(data[pos : pos + HEAD_LIMIT + 1])
        if found is None:
            return 0 if len(data) - pos <= HEAD_LIMIT else -1
        message, size = found
        length = max(declared(message), 0)
        if length > BODY_LIMIT:
            return -1
        if len(data) - pos < size + length:
            self.need = pos + size + length
            return 0
        self._give(message, data[pos + size : pos + size + length], base + pos, size, length)
        return size + length

    def _give(self, message: Message, body: bytes, start: int, size: int, length: int) -> None:
        message.direction, message.start, message.end = self.direction, start, start + size + len(body)
        message.body, message.body_size = body, length
        message.body_start = start + size if body else -1
        if len(body) < length:
            message.complete, message.unknown_from = False, len(body)
        self.out.append(self.take(message))

    def cut(self) -> None:
        """The rest of what is held was lost: a message whose head is whole is given as it is."""
        held, self.held, self.need = self.held, b"", 0
        found = head_of(held)
        if found is not None:
            message, size = found
            self._give(message, held[size:], self.at - len(held), size, max(declared(message), 0))


def _next(data: bytes, pos: int) -> int:
    """Where the next start line begins, or may begin at the end; never byte by byte, which junk would make slow."""
    found = _FOUND.search(data, pos) or _PARTIAL.search(data, max(pos, len(data) - _KEEP))
    return found.start() if found else len(data)


class SipReader(BaseReader):
    """Reads one TCP connection."""

    def __init__(self) -> None:
        self.dialogue = Dialogue()
        self.sides = (_Side(UP, self.dialogue.pair), _Side(DOWN, self.dialogue.pair))

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take bytes."""
        self.sides[direction].feed(offset, data)
        return self._given(direction)

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """What was under way ends here; the next start line is looked for."""
        side = self.sides[direction]
        side.cut()
        side.at = offset + length
        return self._given(direction)

    def finish(self) -> list[Message]:
        """Give what never ended."""
        for side in self.sides:
            side.cut()
        return self._given(UP) + self._given(DOWN)

    def _given(self, direction: int) -> list[Message]:
        out, self.sides[direction].out = self.sides[direction].out, []
        return out

    def needed_from(self, direction: int) -> int:
        """Beginning of the message under way."""
        side = self.sides[direction]
        return side.at - len(side.held)

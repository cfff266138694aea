"""IMAP4rev1 and 4rev2 (RFC 3501, 9051): mails and parts of mails, fetched or appended, which literals carry.

Names and passwords sent as literals are dropped like all that is neither FETCH nor APPEND.
"""

from __future__ import annotations

import re

from netaudit.messages.http1.body import Whole
from netaudit.messages.lines import Lines
from netaudit.messages.message import DOWN, UP, Message
from netaudit.messages.reader import BaseReader, HandOver, Opening, Verdict
from netaudit.text.charset import decoded

NAME = "imap"
PORT = 143
MAIL = "message/rfc822"
CONTEXT = 8192  # bytes of a command or reply, without its literals, that are looked at
_LITERAL = re.compile(rb"\{(\d{1,10})\+?\}\Z")
_FETCH = re.compile(rb"\* \d+ FETCH ", re.IGNORECASE)
_SECTION = re.compile(rb"(?:BODY|BINARY)\[([^\]]{0,64})\](?:<(\d{1,10})>)? ?\Z|RFC822(?:\.TEXT)? ?\Z", re.IGNORECASE)
_APPEND = re.compile(rb"\S{1,64} APPEND (\"(?:[^\"\\]|\\.)*\"|\S+)", re.IGNORECASE)
_COMMAND = re.compile(
    rb"[A-Za-z0-9._-]{1,32} (?:CAPABILITY|LOGIN|AUTHENTICATE|STARTTLS|ID|SELECT|EXAMINE|LIST|NOOP|LOGOUT|ENABLE|UID"
    rb"|FETCH|APPEND|STATUS|COMPRESS)\b",
    re.IGNORECASE,
)
_PREFIX = re.compile(rb"[A-Za-z0-9._-]{1,32}(?: [A-Za-z]{0,12})?\Z")
_START = re.compile(rb"(\S{1,64}) (STARTTLS|COMPRESS)\b", re.IGNORECASE)


def recognise(opening: Opening) -> Verdict:
    """A greeting of "* OK" and a tagged command."""
    verdict = _judge(opening.up, opening.down, usual=opening.server_port == PORT)
    if verdict is not Verdict.NO:
        return verdict
    verdict = _judge(opening.down, opening.up, usual=opening.client_port == PORT)
    return Verdict.SWAPPED if verdict is Verdict.YES else verdict


def _judge(client: bytes, server: bytes, *, usual: bool) -> Verdict:
    if not any(server[:9].upper().startswith(word[: len(server)]) for word in (b"* OK ", b"* PREAUTH")):
        return Verdict.NO
    if not client or _PREFIX.match(client):
        return Verdict.MORE if len(client) < 64 else Verdict.NO
    if not _COMMAND.match(client):
        return Verdict.NO
    return Verdict.YES if len(server) >= 5 or usual else Verdict.MORE


class _Side:
    def __init__(self) -> None:
        self.lines = Lines()
        self.context = b""  # the command or reply under way
        self.sink: Whole | None = None
        self.left = 0  # bytes of the literal to come


class ImapReader(BaseReader):
    """Reads one connection."""

    def __init__(self) -> None:
        self.sides = (_Side(), _Side())
        self.out: list[Message] = []
        self.greeted = False
        self.switch = b""  # tag of STARTTLS or COMPRESS
        self.switch_to = ""
        self.turned = UP

    def begin(self, opening: Opening) -> None:
        """A conversation met midway has no greeting."""
        self.greeted = opening.midstream

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take bytes."""
        side = self.sides[direction]
        side.lines.add(offset, data)
        self.turned = direction
        while side.lines.held and self.hand_over is None:
            if side.left:
                self._literal(side)
                continue
            line = side.lines.line()
            if line is None:
                break
            self._line(direction, side, *line)
        return self._given()

    def _emit(self, message: Message) -> None:
        self.out.append(message)

    def _given(self) -> list[Message]:
        out, self.out = self.out, []
        return out

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """Within a literal a gap is a hole; elsewhere it loses a line."""
        side = self.sides[direction]
        hole = min(side.left, length)
        if hole:
            side.left -= hole
            side.lines.at = offset + length
            if side.sink is not None:
                side.sink.lose(hole, offset)
                self._close(side, offset + hole)
        if hole < length:
            side.lines.lose(offset + hole, length - hole)
            side.context = b""
        return self._given()

    def finish(self) -> list[Message]:
        """Give literals that never ended."""
        for side in self.sides:
            if side.sink is not None:
                side.sink.declared = side.sink.size + side.left
                side.sink.close(side.lines.at, known=True)
                side.sink = None
        return self._given()

    def needed_from(self, direction: int) -> int:
        """Beginning of the literal or line under way."""
        side = self.sides[direction]
        return side.sink.message.start if side.sink is not None else side.lines.start

    def _line(self, direction: int, side: _Side, start: int, end: int, raw: bytes) -> None:
        side.context = (side.context + raw)[:CONTEXT]
        literal = _LITERAL.search(raw)
        if literal is not None:
            side.left = int(literal[1])
            message = self._carried(direction, side.context[: -len(literal[0])], start)
            if message is not None and side.left:
                side.sink = Whole(message, self._emit, in_place=True)
            return
        whole, side.context = side.context, b""
        if direction == UP:
            if found := _START.match(whole):
                self.switch, self.switch_to = found[1], found[2].decode().upper()
            return
        if not self.greeted:
            self.greeted = True
            message = Message(NAME, DOWN, start, end, method="greeting", headers=[("server", decoded(raw[2:]).strip())])
            self.out.append(message)
        elif self.switch and whole[: len(self.switch) + 1] == self.switch + b" ":
            self._switched(whole, start, end)

    @staticmethod
    def _carried(direction: int, context: bytes, start: int) -> Message | None:
        """The message that a literal is the body of, or None when it carries nothing of interest."""
        message = Message(NAME, direction, start, start)
        if direction == UP:
            found = _APPEND.match(context)
            if found is None:
                return None
            message.method, message.path, message.content_type = "APPEND", decoded(found[1].strip(b'"')), MAIL
            return message
        section = _SECTION.search(context) if _FETCH.match(context) else None
        if section is None:
            return None
        message.method, message.path = "FETCH", decoded(section[0].strip())
        if not section[1] and not section[0].upper().startswith(b"RFC822.TEXT"):
            message.content_type = MAIL
        if section[2]:
            message.file_range = section[2].decode("ascii")  # with its end once that is known
        return message

    def _literal(self, side: _Side) -> None:
        at = side.lines.start
        data = side.lines.cut(side.left)
        side.left -= len(data)
        if side.sink is not None:
            side.sink.add(data, at)
            self._close(side, at + len(data))

    def _close(self, side: _Side, end: int) -> None:
        if side.left or side.sink is None:
            return
        sink, side.sink = side.sink, None
        if sink.message.file_range is not None:
            first = int(sink.message.file_range)
            sink.message.file_range = f"{first}-{first + max(sink.size, 1) - 1}/*"
        sink.close(end, known=True)

    def _switched(self, reply: bytes, start: int, end: int) -> None:
        """The server has agreed to TLS, or to compression, which is not read."""
        if reply[len(self.switch) + 1 :][:2].upper() != b"OK":
            self.switch = b""
            return
        message = Message(NAME, DOWN, start, end, method=self.switch_to)
        self.out.append(message)
        if self.switch_to == "COMPRESS":
            message.complete, message.unknown_from = False, 0
            message.notes.append("what follows is compressed and is not read")
            self.wants_bytes = False
            return
        up, down = (side.lines for side in self.sides)
        self.hand_over = HandOver(
            (up.start, down.start), (bytes(up.held), bytes(down.held)), 1 - self.turned, "tls", message
        )

"""SMTP and LMTP (RFC 5321, 2920, 3030, 3207): one message per mail, with the mail as it was sent (message/rfc822).

Commands are matched with their replies, so that a refused DATA does not swallow the dialogue. AUTH is never kept.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import replace

from netaudit.core.text.charset import decoded
from netaudit.protocols.http1.body import Whole
from netaudit.protocols.lines import DotText, Lines, judge
from netaudit.protocols.message import DOWN, UP, Message
from netaudit.protocols.reader import BaseReader, HandOver, Opening, Verdict

NAME = "smtp"
PORT = 25
MAIL = "message/rfc822"
UNANSWERED = 256
_END_OF_MAIL = "."
RECIPIENTS = 32  # named in the path of a mail
WORDS = frozenset(b"EHLO HELO LHLO MAIL RCPT DATA BDAT RSET NOOP QUIT AUTH STARTTLS VRFY XCLIENT".split())
STRONG = frozenset(b"EHLO HELO LHLO BDAT".split())
_REPLY = re.compile(rb"(\d{3})([ -]|\Z)")
_ERROR = 400  # code of a reply that takes nothing, for now or for good (RFC 5321, 4.2.1)
_COMMAND = re.compile(rb"(?i:EHLO|HELO|LHLO|MAIL FROM:|RCPT TO:|DATA|RSET|NOOP|QUIT|STARTTLS|AUTH|BDAT)\b")
_ADDRESS = re.compile(r":\s*<?([^>\s]*)>?")


def recognise(opening: Opening) -> Verdict:
    """A greeting of 220 and a command of SMTP; without a greeting where TLS was begun before (RFC 3207, 4.2)."""
    verdict = judge(opening, WORDS, b"220", PORT, STRONG)
    return judge(opening, STRONG, b"250", PORT, STRONG) if verdict is Verdict.NO else verdict


class SmtpReader(BaseReader):
    """Reads one connection."""

    def __init__(self) -> None:
        self.lines = (Lines(), Lines())
        self.waiting: deque[str] = deque()
        self.sure = True
        self.greeted = self.greeting = False
        self.answered = True  # the last DATA
        self.mail: DotText | None = None
        self.sent: Message | None = None  # the last mail that was sent whole
        self.chunk: Whole | None = None  # of the mail that BDAT sends
        self.left = 0  # bytes of the chunk to come
        self.last = False  # it is the last chunk
        self.to: list[str] = []
        self.helo = ""
        self.secret = False  # what the client says next belongs to AUTH
        self.begun = 0  # stream offset of the command that opened the mail
        self.turned = UP
        self.out: list[Message] = []

    def begin(self, opening: Opening) -> None:
        """A conversation met midway, or behind STARTTLS, has no greeting."""
        self.greeted = opening.midstream or any(part.startswith(b"250") for part in (opening.up, opening.down))
        self.sure = not opening.midstream

    # -- the reader's contract ----------------------------------------------------------------------------------------

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take bytes."""
        self.turned = direction
        self.lines[direction].add(offset, data)
        if direction == DOWN:
            while self.hand_over is None and (line := self.lines[DOWN].line()) is not None:
                self._reply(*line)
        if self.hand_over is None:
            self._client()
        return self._given()

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """A gap within a mail is a hole in it; elsewhere it loses a line and the order of replies."""
        lines = self.lines[direction]
        if direction == UP:
            self._client()
            rest = length
            if self.mail is not None and not lines.held:
                self.mail.lose(length)
                lines.at, rest = offset + length, 0
            elif self.left and self.chunk is not None:
                rest = length - min(self.left, length)
                self.chunk.lose(length - rest, offset)
                self.left -= length - rest
                lines.at = offset + length
                self._chunk_ends(offset + length - rest)
            if not rest:
                return self._given()
        lines.lose(offset, length)
        self.sure = False
        self.waiting.clear()
        return self._given()

    def finish(self) -> list[Message]:
        """Give a mail that never ended."""
        self.answered = True
        self._client()
        if self.mail is not None:
            self._mail_ends(ended=False)
        if self.chunk is not None:
            self.chunk.close(self.lines[UP].at, known=False)
        return self._given()

    def needed_from(self, direction: int) -> int:
        """Beginning of the mail or the line under way."""
        if direction == UP and (self.mail is not None or self.chunk is not None):
            return self.begun
        return self.lines[direction].start

    def _emit(self, message: Message) -> None:
        self.out.append(message)

    def _given(self) -> list[Message]:
        out, self.out = self.out, []
        return out

    # -- the client ---------------------------------------------------------------------------------------------------

    def _client(self) -> None:
        """Read on in what the client said."""
        lines = self.lines[UP]
        while lines.held and self.hand_over is None:
            if self.left:
                self._chunk()
            elif self.mail is not None and not self.mail.size and not self.answered and not self._decide(lines):
                return
            elif self.mail is not None:
                self._text(self.mail, lines)
            else:
                line = lines.line()
                if line is None:
                    return
                self._command(*line)

    def _decide(self, lines: Lines) -> bool:
        """Whether it can be said what follows DATA where no reply was seen: a command means that it was refused."""
        end = lines.held.find(b"\n")
        if end < 0 and len(lines.held) < 512:
            return False
        self.answered = True
        if _COMMAND.match(lines.held):
            self.mail = None
        return True

    def _text(self, mail: DotText, lines: Lines) -> None:
        held = lines.cut(len(lines.held))
        used = mail.feed(held)
        if used < len(held):
            lines.held += held[used:]
        if mail.done:
            self._mail_ends(ended=True)

    def _command(self, start: int, end: int, raw: bytes) -> None:
        if self.secret and not _COMMAND.match(raw):  # an answer to AUTH
            return
        verb, _, rest = raw.partition(b" ")
        name = verb.decode("latin-1").upper()
        if self.sure:
            self.waiting.append(name)
            if len(self.waiting) > UNANSWERED:
                self.sure = False
        if name in ("EHLO", "HELO", "LHLO"):
            self.helo = decoded(rest.strip())
        elif name == "MAIL":
            self.to = []
        elif name == "RCPT" and len(self.to) < RECIPIENTS:
            self.to.append(_address(rest))
        elif name == "DATA":
            self.mail, self.begun = DotText(end), start
            self.answered = False
        elif name == "BDAT":
            self._begin_chunk(start, end, rest.split())
        elif name == "AUTH":
            self.secret = True

    def _message(self, method: str, start: int) -> Message:
        message = Message(NAME, UP, start, start, method=method, host=self.helo, content_type=MAIL)
        message.path = ", ".join(self.to)
        return message

    def _begin_chunk(self, start: int, end: int, words: list[bytes]) -> None:
        size = int(words[0]) if words and words[0].isdigit() and len(words[0]) < 12 else 0
        self.last = len(words) > 1 and words[1].upper() == b"LAST"
        if self.chunk is None:
            self.chunk = Whole(self._message("BDAT", start), self._emit, in_place=True)
            self.begun = start
        else:
            self.chunk.in_place = False  # a command line lies between the chunks
            self.chunk.message.body_start = -1
        self.left = size
        self._chunk_ends(end)

    def _chunk(self) -> None:
        lines = self.lines[UP]
        at = lines.start
        data = lines.cut(self.left)
        self.left -= len(data)
        if self.chunk is not None:
            self.chunk.add(data, at)
            self._chunk_ends(at + len(data))

    def _chunk_ends(self, end: int) -> None:
        if self.chunk is not None and not self.left and self.last:
            if not self.chunk.in_place:
                self.chunk.message.body_start = -1
            self.chunk.close(end, known=True)
            self.chunk = None

    def _mail_ends(self, *, ended: bool) -> None:
        mail, self.mail = self.mail, None
        if mail is None or not mail.size:
            return
        message = self._message("DATA", self.begun)
        message.end = self.lines[UP].start
        mail.fill(message, ended=ended)
        self.out.append(message)
        self.sent = replace(message, body=b"")

    # -- the server ---------------------------------------------------------------------------------------------------

    def _reply(self, start: int, end: int, raw: bytes) -> None:
        match = _REPLY.match(raw)
        if match is None:
            return
        code, final = int(match[1]), match[2] != b"-"
        if not self.greeted:
            if not self.greeting:
                message = Message(NAME, DOWN, start, end, method="greeting", status=code)
                message.headers = [("server", decoded(raw[4:]).strip())]
                self.out.append(message)
            self.greeting, self.greeted = True, final
        elif final:
            self._answer(self.waiting.popleft() if self.waiting else "", code, start, end)

    def _answer(self, name: str, code: int, start: int, end: int) -> None:
        """The reply to the oldest unanswered command; no name: it is not known which."""
        if name == "AUTH" and code == 334:
            self.waiting.appendleft(name)
            return
        self.secret = False
        if name == "STARTTLS" and code == 220:
            self._encrypt(Message(NAME, DOWN, start, end, method=name, status=code))
        elif name in ("DATA", "") and code == 354:
            self.answered = True
            self.waiting.appendleft(_END_OF_MAIL)
        elif name in ("DATA", "") and self.mail is not None and not self.mail.size:
            self.mail = None  # refused
        elif name in (_END_OF_MAIL, ""):
            if self.mail is not None and self.mail.missing:
                self._mail_ends(ended=False)  # its end lay in a gap
            if name and code >= _ERROR and self.sent is not None:
                self.out.append(Message(NAME, DOWN, start, end, method="DATA", status=code, request=self.sent))
            self.sent = None

    def _encrypt(self, message: Message) -> None:
        self.out.append(message)
        up, down = self.lines
        rests = (bytes(up.held), bytes(down.held))
        self.hand_over = HandOver((up.start, down.start), rests, 1 - self.turned, "tls", message)


def _address(rest: bytes) -> str:
    """Address of MAIL FROM and RCPT TO."""
    match = _ADDRESS.search(decoded(rest[:512]))
    return match[1] if match else ""

"""POP3 (RFC 1939, 2449, 2595): one message per mail retrieved; passwords are never kept."""

from __future__ import annotations

from collections import deque

from netaudit.messages.lines import DotText, Lines, judge
from netaudit.messages.message import DOWN, UP, Message
from netaudit.messages.reader import BaseReader, HandOver, Opening, Verdict
from netaudit.text.charset import decoded

NAME = "pop3"
PORT = 110
MAIL = "message/rfc822"
UNANSWERED = 256
WORDS = frozenset(b"USER PASS APOP AUTH CAPA STLS STAT LIST RETR TOP UIDL DELE NOOP QUIT RSET".split())
STRONG = frozenset(b"APOP CAPA STLS UIDL DELE".split())
ALWAYS_LONG = frozenset({"RETR", "TOP", "CAPA"})  # replies of several lines; LIST and UIDL only without argument


def recognise(opening: Opening) -> Verdict:
    """A greeting of +OK and a command of POP3."""
    return judge(opening, WORDS, b"+OK", PORT, STRONG)


class Pop3Reader(BaseReader):
    """Reads one connection."""

    def __init__(self) -> None:
        self.lines = (Lines(), Lines())
        self.waiting: deque[tuple[str, str]] = deque()  # commands without reply: verb, argument
        self.sure = True
        self.turn = False  # the server has spoken since the last command
        self.greeted = False
        self.text: DotText | None = None  # the reply under way
        self.message: Message | None = None  # of the mail in it
        self.turned = UP
        self.out: list[Message] = []

    def begin(self, opening: Opening) -> None:
        """A conversation met midway has no greeting."""
        self.greeted = opening.midstream
        self.sure = not opening.midstream

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take bytes."""
        lines = self.lines[direction]
        lines.add(offset, data)
        self.turned = direction
        while lines.held and self.hand_over is None:
            if direction == DOWN and self.text is not None:
                self._text(self.text, lines)
                continue
            line = lines.line()
            if line is None:
                break
            if direction == UP:
                self._command(line[2])
            else:
                self._reply(*line)
        return self._given()

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """Within a mail a gap is a hole; elsewhere it loses the order of replies."""
        lines = self.lines[direction]
        self.turn = direction == DOWN
        if direction == DOWN and self.text is not None:
            self.text.lose(length)
            lines.at = offset + length
            return []
        lines.lose(offset, length)
        self.sure = False
        self.waiting.clear()
        return []

    def finish(self) -> list[Message]:
        """Give a mail that never ended."""
        self._ends()
        return self._given()

    def needed_from(self, direction: int) -> int:
        """Beginning of the mail or the line under way."""
        if direction == DOWN and self.message is not None:
            return self.message.start
        return self.lines[direction].start

    def _given(self) -> list[Message]:
        out, self.out = self.out, []
        return out

    def _command(self, raw: bytes) -> None:
        verb, _, rest = raw.partition(b" ")
        if self.text is not None and self.text.missing:  # its end lay in the gap: nobody asks before it
            self._ends()
        command = (verb.decode("latin-1").upper()[:16], decoded(rest[:64].strip()))
        if self.sure:
            self.waiting.append(command)
            self.sure = len(self.waiting) <= UNANSWERED
        else:  # a lone command is answered next; of several it is not known which
            self.waiting = deque([command] if self.turn else [])
        self.turn = False

    def _reply(self, start: int, end: int, raw: bytes) -> None:
        good = raw.startswith(b"+OK")
        self.turn = True
        if not self.greeted:
            self.greeted = True
            message = Message(NAME, DOWN, start, end, method="greeting")
            message.headers = [("server", decoded(raw[4:]).strip())]
            self.out.append(message)
            return
        if not (good or raw.startswith((b"-ERR", b"+ "))):
            return
        verb, argument = self.waiting.popleft() if self.waiting else ("", "")
        if verb == "STLS" and good:
            message = Message(NAME, DOWN, start, end, method=verb)
            self.out.append(message)
            up, down = self.lines
            self.hand_over = HandOver(
                (up.start, down.start), (bytes(up.held), bytes(down.held)), 1 - self.turned, "tls", message
            )
        elif good and (verb in ALWAYS_LONG or (verb in ("LIST", "UIDL") and not argument)):
            self.text = DotText(end)
            if verb in ("RETR", "TOP"):
                self.message = Message(NAME, DOWN, start, end, method=verb, path=argument, content_type=MAIL)

    def _text(self, whole: DotText, lines: Lines) -> None:
        held = lines.cut(len(lines.held))
        used = whole.feed(held)
        if used < len(held):
            lines.held += held[used:]
        if whole.done:
            self._ends()

    def _ends(self) -> None:
        whole, self.text = self.text, None
        message, self.message = self.message, None
        if whole is not None and whole.missing:
            self.sure, self.turn = False, True
            self.waiting.clear()
        if whole is None or message is None:
            return
        message.end = self.lines[DOWN].start
        whole.fill(message, ended=False)
        if message.method == "TOP":
            message.complete, message.unknown_from = False, len(message.body)
            message.notes.append("only the first lines were asked for")
        if message.body:
            self.out.append(message)

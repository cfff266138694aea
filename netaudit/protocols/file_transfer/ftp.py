"""FTP (RFC 959, 2389, 2428): the control connection, and the files on the data connections it announces.

The control reader gives a message for the greeting, the user name, each announcement of a data connection and each
command that moves a file; passwords are never kept. The data reader gives one message with the whole file.
"""

from __future__ import annotations

import re
from collections import deque

from netaudit.core.contracts.details import ControlDetails
from netaudit.core.text.charset import decoded
from netaudit.protocols.expected import Announcement, Said, Transfer
from netaudit.protocols.http1.body import Whole
from netaudit.protocols.lines import Lines, judge
from netaudit.protocols.message import DOWN, UP, Message
from netaudit.protocols.reader import BaseReader, HandOver, Opening, Verdict

DATA = "ftp-data"
PORT = 21
LISTINGS = frozenset({"LIST", "NLST", "MLSD"})
TRANSFERS = frozenset({"STOR", "RETR", "APPE", "STOU"}) | LISTINGS
UNANSWERED = 64
WORDS = frozenset(
    b"USER PASS ACCT AUTH FEAT SYST OPTS TYPE PASV EPSV PORT EPRT STOR RETR APPE LIST NLST MLSD CWD PWD QUIT NOOP REST "
    b"CLNT HOST MODE STRU SIZE MDTM ADAT PBSZ PROT".split()
)
STRONG = frozenset(b"PASV EPSV EPRT STOR APPE CLNT".split())
_SIX = re.compile(r"(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})")
_EXTENDED = re.compile(r"\((.)\1\1(\d{1,5})\1\)")
_REPLY = re.compile(rb"(\d{3})([ -]|\Z)")


def recognise(opening: Opening) -> Verdict:
    """A greeting of 220 and a command of FTP."""
    return judge(opening, WORDS, b"220", PORT, STRONG)


class FtpReader(BaseReader):
    """Reads a control connection."""

    def __init__(self) -> None:
        self.lines = (Lines(), Lines())
        self.waiting: deque[str] = deque()  # commands without final reply
        self.sure = True  # replies come in the order of commands
        self.greeted = False
        self.inside = b""  # code of the multi-line reply under way
        self.start = 0
        self.coding = ""
        self.ascii = True  # RFC 959, 5.1: the default type
        self.turned = UP

    def begin(self, opening: Opening) -> None:
        """A conversation met midway has no greeting, and replies may answer what was not seen."""
        self.sure = not opening.midstream
        self.greeted = opening.midstream
        self.ascii = not opening.midstream

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take bytes."""
        lines = self.lines[direction]
        lines.add(offset, data)
        self.turned = direction
        out: list[Message] = []
        while self.hand_over is None and (line := lines.line()) is not None:
            message = self._command(*line) if direction == UP else self._reply(*line)
            if message is not None:
                out.append(message)
        return out

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """A line is lost, and with it the order of replies."""
        self.lines[direction].lose(offset, length)
        self.sure, self.inside = False, b""
        self.waiting.clear()
        return []

    def needed_from(self, direction: int) -> int:
        """Beginning of the line under way."""
        return self.lines[direction].start

    def _command(self, start: int, end: int, raw: bytes) -> Message | None:
        word, _, rest = raw.lstrip(b"\xff\xf2\xf4").partition(b" ")
        verb, argument = word.decode("latin-1").upper(), decoded(rest.strip(b" "))
        if not verb.isalpha() or len(verb) > 10:
            return None
        if self.sure:
            self.waiting.append(verb)
            if len(self.waiting) > UNANSWERED:
                self.sure = False
        message = Message("ftp", UP, start, end, method=verb)
        if verb == "USER":
            message.details = ControlDetails(user=argument)
        elif verb in ("PORT", "EPRT"):
            port = _announced(verb, argument)
            if not port:
                return None
            message.details = ControlDetails(Said(DATA, UP, port))
        elif verb in TRANSFERS:
            message.path = argument
            message.details = ControlDetails(Said(transfer=self._transfer(verb, argument)))
        else:
            self._setting(verb, argument)
            return None
        return message

    def _setting(self, verb: str, argument: str) -> None:
        if verb == "REST":
            self.start = int(argument) if argument.isdecimal() and len(argument) < 19 else 0
        elif verb == "TYPE":
            self.ascii = argument[:1].upper() == "A"
        elif verb == "MODE":
            self.coding = "deflate" if argument[:1].upper() == "Z" else ""

    def _transfer(self, verb: str, name: str) -> Transfer:
        notes = []
        if self.ascii and verb not in LISTINGS:
            notes.append("sent as text: line ends may have been changed")
        if verb == "APPE":
            notes.append("appended to what the file held before")
        start, self.start = self.start, 0
        return Transfer(verb, name, start, self.coding, tuple(notes))

    def _reply(self, start: int, end: int, raw: bytes) -> Message | None:
        match = _REPLY.match(raw)
        if match is None or (self.inside and (match[1] != self.inside or match[2] == b"-")):
            return None
        first = not self.inside
        if match[2] == b"-":
            self.inside = match[1]
        else:
            self.inside = b""
        code = int(match[1])
        message = Message("ftp", DOWN, start, end, status=code)
        if not self.greeted:
            self.greeted = not self.inside
            if not first:
                return None
            message.method = "greeting"
            message.headers = [("server", decoded(raw[4:]).strip())]
            return message
        if self.inside:
            return None
        return self._answer(message, code, decoded(raw))

    def _answer(self, message: Message, code: int, line: str) -> Message | None:
        verb = ""
        if self.sure and self.waiting:
            verb = self.waiting[0] if code < 200 else self.waiting.popleft()
        message.method = verb
        if code in (227, 229):
            port = _announced(str(code), line)
            if not port:
                return None
            message.details = ControlDetails(Said(DATA, DOWN, port))
            return message
        if code >= 400 and verb in TRANSFERS:
            message.details = ControlDetails(Said(refused=True))
            return message
        if code == 234 or (verb == "AUTH" and code == 334):
            self._encrypt(message)
            return message
        return None

    def _encrypt(self, message: Message) -> None:
        rests = (bytes(self.lines[UP].held), bytes(self.lines[DOWN].held))
        offsets = (self.lines[UP].start, self.lines[DOWN].start)
        self.hand_over = HandOver(offsets, rests, 1 - self.turned, "tls", message)


def _announced(verb: str, argument: str) -> int:
    """Port of an announcement, 0 for none. Addresses are not used: behind a translator they are not the true ones."""
    if verb in ("PORT", "227"):
        match = _SIX.search(argument)
        numbers = [int(number) for number in match.groups()] if match else []
        return numbers[4] << 8 | numbers[5] if numbers and max(numbers) < 256 else 0
    if verb == "EPRT":
        fields = argument[1:].split(argument[:1]) if argument else []
        port = fields[2] if len(fields) > 2 else ""
    else:
        extended = _EXTENDED.search(argument)
        port = extended[2] if extended else ""
    return int(port) if port.isdecimal() and len(port) < 6 and int(port) < 65536 else 0


# what begins no file that anybody sends by FTP, but another protocol: requests that carry a body, a ClientHello
_OTHER = re.compile(rb"(?:GET|POST|PUT|HEAD|DELETE|OPTIONS|PATCH) /|PRI \* H|\x16\x03[\x00-\x04]..\x01", re.DOTALL)
TELLING = 9  # bytes that tell


class FtpDataReader(BaseReader):
    """Reads a data connection: one message with the file, when it ends."""

    def __init__(self) -> None:
        self.out: list[Message] = []
        self.sinks: list[Whole | None] = [None, None]
        self.at = [0, 0]
        self.opening = [b"", b""]  # of a direction, until it tells whether a file begins

    def _sink(self, direction: int, offset: int) -> Whole:
        sink = self.sinks[direction]
        if sink is None:
            message = Message(DATA, direction, offset, offset)
            sink = self.sinks[direction] = Whole(message, self.out.append, in_place=True)
        return sink

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take bytes of the file; where another protocol speaks instead, the announcement was for show."""
        begun, self.opening[direction] = self.opening[direction], b""
        self.at[direction] = offset + len(data)
        if self.sinks[direction] is None and offset == len(begun):
            data, offset = begun + data, 0
            if len(data) < TELLING and _OTHER.match(data.ljust(TELLING)) is None:
                self.opening[direction] = data
                return []
            if _OTHER.match(data) and self.sinks == [None, None]:
                rest = [*self.opening]
                rest[direction] = data
                first = 1 - direction if rest[1 - direction] else direction
                self.hand_over = HandOver((0, 0), (rest[0], rest[1]), first)
                return []
        self._sink(direction, offset).add(data, offset)
        return []

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """Bytes of the file are missing."""
        self._opened(direction)
        self._sink(direction, offset).lose(length, offset)
        self.at[direction] = offset + length
        return []

    def finish(self) -> list[Message]:
        """The file."""
        self._opened(0)
        self._opened(1)
        transfer = self.announced.transfer(*self.span) if isinstance(self.announced, Announcement) else None
        for direction, sink in enumerate(self.sinks):
            if sink is not None:
                if transfer is not None:
                    _describe(sink.message, transfer)
                sink.close(self.at[direction], known=self.ended[direction])
        for message in self.out:
            if message.method in LISTINGS:
                message.body = b""
            elif transfer is not None and transfer.start:
                last = transfer.start + max(message.body_size, 1) - 1
                message.file_range = f"{transfer.start}-{last}/*"
        out, self.out, self.sinks = self.out, [], [None, None]
        return out

    def _opened(self, direction: int) -> None:
        """Nothing more will come of a beginning: it is what there is of the file."""
        if data := self.opening[direction]:
            self.opening[direction] = b""
            self._sink(direction, 0).add(data, 0)

    def needed_from(self, direction: int) -> int:
        """Beginning of the file."""
        if self.opening[direction]:
            return 0
        sink = self.sinks[direction]
        return sink.message.start if sink else self.at[direction]


def _describe(message: Message, transfer: Transfer) -> None:
    message.method, message.path = transfer.method, transfer.name
    message.file_name = transfer.name.replace("\\", "/").rpartition("/")[2]
    message.notes += transfer.notes
    if transfer.coding:
        message.headers.append(("content-encoding", transfer.coding))

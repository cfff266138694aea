"""MSRP (RFC 4975): messages and files beside calls, in chunks that say which bytes of which message they are."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from netaudit.messages.files.filebytes import FileBytes
from netaudit.messages.message import DOWN, UP, Message
from netaudit.messages.reader import BaseReader, Opening, Verdict

_START = re.compile(rb"MSRP ([A-Za-z0-9.+%=-]{3,32}) ([A-Z]{3,16}|[0-9]{3})[ \r]")
_BEGUN = re.compile(rb"M(?:S(?:R(?:P(?: [A-Za-z0-9.+%=-]{0,32}(?: [A-Z0-9]{0,16})?)?)?)?)?\Z")
_FIELD = re.compile(rb"(?m)^([A-Za-z-]{1,40}):[ \t]*([^\r\n]{0,512})")
_RANGE = re.compile(r"([0-9]{1,10})-([0-9]{1,10}|\*)/([0-9]{1,10}|\*)")
_HOST = re.compile(r"msrps?://(?:[^@/;]{1,64}@)?(\[[0-9A-Fa-f:.]{2,45}\]|[^:/;\s]{1,255})")
DASHES, LONGEST = b"-------", 64  # before the end of a chunk; bytes of that line
MOST_BYTES, MOST_MESSAGES = 32 << 20, 64  # held of a direction


def recognise(opening: Opening) -> Verdict:
    """A start line of a request or an answer."""
    data = opening.up or opening.down
    if _START.match(data):
        return Verdict.YES
    return Verdict.MORE if _BEGUN.match(data) else Verdict.NO


@dataclass(slots=True)
class _Sent:
    """A message of which chunks came."""

    fields: list[tuple[str, str]]
    start: int
    end: int
    bytes: FileBytes = field(default_factory=FileBytes)
    total: int = -1
    ended: bool = False

    @property
    def whole(self) -> bool:
        """Whether no byte is missing."""
        size = self.bytes.size
        return self.ended and self.total in {-1, size} and (not size or self.bytes.has(0, size))


class _Side:
    """One direction."""

    def __init__(self, direction: int) -> None:
        self.direction = direction
        self.held = bytearray()
        self.at = self.sought = self.size = 0
        self.sent: dict[str, _Sent] = {}
        self.out: list[Message] = []

    @property
    def base(self) -> int:
        """Stream offset of the first byte that is held."""
        return self.at - len(self.held)

    def feed(self, offset: int, data: bytes) -> None:
        """Take the next bytes."""
        self.held += data
        self.at = offset + len(data)
        while self._chunk():
            pass

    def _chunk(self) -> bool:
        """Read one chunk; False while it is not there to its end."""
        found = _START.search(self.held)
        if found is None:
            del self.held[: max(0, len(self.held) - LONGEST)]
            return False
        mark = DASHES + found[1]
        stop = self.held.find(mark, max(found.end(), self.sought))
        if stop < 0 or len(self.held) <= stop + len(mark):
            self.sought = max(0, len(self.held) - LONGEST)
            if len(self.held) > MOST_BYTES:
                self.cut()
            return False
        head, gap, body = bytes(self.held[found.end() : stop]).partition(b"\r\n\r\n")
        flag = self.held[stop + len(mark)]
        if found[2].isalpha() and gap:
            begin = self.base + found.start()
            self._append(head, body.removesuffix(b"\r\n"), flag, begin, self.base + stop + len(mark) + 1)
        del self.held[: stop + len(mark) + 1]
        self.sought = 0
        return True

    def _append(self, head: bytes, body: bytes, flag: int, start: int, end: int) -> None:
        """Put a chunk in its place; `flag` is $ for the last one, + where others follow, # where it is given up."""
        fields = [(name.decode().lower(), value.decode("utf-8", "replace")) for name, value in _FIELD.findall(head)]
        headers = dict(fields)
        place = _RANGE.match(headers.get("byte-range", ""))
        name = headers.get("message-id", "")
        sent = self.sent.setdefault(name, _Sent(fields, start, end))
        before = len(sent.bytes.data)
        sent.bytes.write(max(0, int(place[1]) - 1) if place else 0, body)
        sent.end, sent.ended = end, sent.ended or flag == ord("$")
        sent.total = int(place[3]) if place and place[3] != "*" else sent.total
        self.size += len(sent.bytes.data) - before
        if sent.whole or flag == ord("#"):
            self._give(name)
        while self.size > MOST_BYTES or len(self.sent) > MOST_MESSAGES:
            self._give(next(iter(self.sent)))

    def _give(self, name: str) -> None:
        sent = self.sent.pop(name)
        self.size -= len(sent.bytes.data)
        message = Message("msrp", self.direction, sent.start, sent.end, method="SEND", headers=sent.fields)
        sent.bytes.fill(message, max(sent.total, 0), known=sent.ended or sent.total >= 0)
        if 0 <= sent.total < sent.bytes.size:
            message.complete, message.unknown_from = False, 0
        headers = dict(sent.fields)
        host = _HOST.search(headers.get("to-path", ""))
        message.host = host[1] if host else ""
        message.content_type = headers.get("content-type", "")
        self.out.append(message)

    def cut(self) -> None:
        """What is held was broken by a loss: the next start line is looked for."""
        self.held.clear()
        self.sought = 0

    def finish(self) -> None:
        """Give what never became whole."""
        for name in list(self.sent):
            self._give(name)


class MsrpReader(BaseReader):
    """Reads one TCP connection."""

    def __init__(self) -> None:
        self.sides = (_Side(UP), _Side(DOWN))

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take bytes."""
        self.sides[direction].feed(offset, data)
        return self._given(direction)

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """The chunk under way is lost."""
        side = self.sides[direction]
        side.cut()
        side.at = offset + length
        return self._given(direction)

    def finish(self) -> list[Message]:
        """Give what never became whole."""
        for side in self.sides:
            side.finish()
        return self._given(UP) + self._given(DOWN)

    def _given(self, direction: int) -> list[Message]:
        side = self.sides[direction]
        out, side.out = side.out, []
        return out

    def needed_from(self, direction: int) -> int:
        """Beginning of the oldest message of which chunks are held."""
        side = self.sides[direction]
        return min((sent.start for sent in side.sent.values()), default=side.base)

"""OPC UA over TCP (IEC 62541-6, 7): messages of services, put together of their chunks, and services that failed.

What is in a message is read as unknown bytes are; under a policy that encrypts nobody reads it.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from netaudit.contracts.answers import IN_FIELD
from netaudit.messages.cutting import Layout
from netaudit.messages.makers.framed_reader import FramedReader
from netaudit.messages.message import DOWN, UP, Message
from netaudit.messages.reader import Opening, Verdict, remember
from netaudit.text.charset import decoded

if TYPE_CHECKING:
    from netaudit.messages.cutting import Frame

NAME = "opcua"
HEAD, SECURED = 8, 24  # bytes of a head; with the numbers of a secured message
WRAPPED = 1024  # a number of sequence that begins anew is below it (IEC 62541-6, 6.7.2)
MOST, MOST_BODY = 1 << 20, 16 << 20  # bytes of a chunk, and of a message
MOST_UNDER_WAY, MOST_ASKED = 64, 1024
MORE, LAST, GIVEN_UP = b"C", b"F", b"A"
BAD = 0x80000000  # of a status
WRITTEN, FAULT = 676, 397
SERVICES = {397: "fault", 631: "read", 634: "read answer", 673: "write", 676: "write answer", 826: "publish",
            829: "publish answer", 712: "call", 715: "call answer"}  # fmt: skip
_KIND = rb"(?:HEL|ACK|ERR|RHE|OPN|MSG|CLO)[FCA]"
_HEAD = re.compile(_KIND)


def _size(head: bytes) -> int:
    size = int.from_bytes(head[4:8], "little")
    return size if _HEAD.match(head) and HEAD <= size <= MOST else 0


LAYOUT = Layout(HEAD, _size, re.compile(_KIND), 4)


def recognise(opening: Opening) -> Verdict:
    """What each side says first: a hello, its answer, or that the server calls back."""
    for data, words in ((opening.up, (b"HELF", b"RHEF")), (opening.down, (b"ACKF", b"ERRF"))):
        if data:
            if len(data) < HEAD and any(word.startswith(data[:4]) for word in words):
                return Verdict.MORE
            return Verdict.YES if data[:4] in words and _size(data[:HEAD]) else Verdict.NO
    return Verdict.MORE


@dataclass(slots=True)
class _Chunks:
    """A message of which chunks came."""

    message: Message
    pieces: list[bytes] = field(default_factory=list)
    size: int = 0


class OpcUaReader(FramedReader):
    """Reads one connection."""

    name = NAME
    layout = LAYOUT

    def __init__(self) -> None:
        super().__init__()
        self.under_way: tuple[dict[int, _Chunks], dict[int, _Chunks]] = ({}, {})  # by number of the request
        self.asked: dict[int, Message] = {}
        self.url = ""
        self.doubted = [False, False]  # whether the next message of a direction may lack its beginning
        self.last: list[int | None] = [None, None]  # number of the last chunk of a direction

    def astray(self, direction: int) -> list[Message]:
        """What follows may be of other messages, or the end of one."""
        self.doubted[direction], self.last[direction] = True, None
        return [one for request in list(self.under_way[direction]) for one in self._give(direction, request, cut=True)]

    def frame(self, direction: int, frame: Frame) -> list[Message]:
        """A chunk, or what opens and closes a channel."""
        kind = frame.data[:3]
        if kind == b"HEL" and frame.intact(0, frame.size):
            size = int.from_bytes(frame.data[28:32], "little", signed=True)
            self.url = decoded(frame.data[32 : 32 + size])[:256] if 0 < size <= 4096 else ""
        if kind != b"MSG" or frame.size < SECURED or not frame.intact(0, SECURED):
            out = self.astray(direction) if kind == b"MSG" else []
            self.last[direction] = None  # it may have a number of its own
            return out if frame.size < 4096 else out + self.carve(direction, frame, HEAD)
        number, request = (int.from_bytes(frame.data[at : at + 4], "little") for at in (16, 20))
        under_way, last = self.under_way[direction], self.last[direction]
        out = []
        if request in under_way and last is not None and number != last + 1 and not number < WRAPPED <= last:
            out = self.astray(direction)
        self.last[direction] = number
        chunks = under_way.get(request)
        if chunks is None:
            message = Message(NAME, direction, frame.start, frame.end)
            message.body_start = frame.start + SECURED
            if self.doubted[direction] and _service(frame.data[SECURED:]) not in SERVICES:
                message.unknown_from = 0  # perhaps the end of a message of which no beginning was seen
            self.doubted[direction] = False
            chunks = under_way[request] = _Chunks(message)
        else:
            chunks.message.body_start = -1
        return out + self._append(direction, request, chunks, frame)

    def _append(self, direction: int, request: int, chunks: _Chunks, frame: Frame) -> list[Message]:
        message, size = chunks.message, frame.size - SECURED
        message.missing += [(a + chunks.size, b + chunks.size) for a, b in frame.holes(SECURED, frame.size)]
        piece = frame.data[SECURED:]
        if len(piece) < size and message.unknown_from is None:
            message.unknown_from = chunks.size + len(piece)
        chunks.pieces.append(piece)
        chunks.size += size
        message.end = frame.end
        if frame.data[3:4] == GIVEN_UP and message.unknown_from is None:
            message.unknown_from = chunks.size
        if frame.data[3:4] != MORE:
            return self._give(direction, request)
        if chunks.size > MOST_BODY:
            return self._bounded(direction, request, "limit: size of a body")
        if len(self.under_way[direction]) > MOST_UNDER_WAY:
            return self._bounded(direction, next(iter(self.under_way[direction])), "limit: messages under way")
        return []

    def _bounded(self, direction: int, request: int, why: str) -> list[Message]:
        """End a message before its end; what follows of it is none with a beginning."""
        self.doubted[direction] = True
        self.under_way[direction][request].message.notes.append(why)
        return self._give(direction, request, cut=True)

    def _give(self, direction: int, request: int, *, cut: bool = False) -> list[Message]:
        chunks = self.under_way[direction].pop(request)
        message, body = chunks.message, b"".join(chunks.pieces)
        message.body, message.body_size = body, chunks.size
        if cut and message.unknown_from is None:
            message.unknown_from = len(body)
        message.complete = not message.missing and message.unknown_from is None
        service = _service(body)
        message.method = SERVICES.get(service, f"service {service}" if service else "message")
        if direction == UP:
            message.path = self.url
            remember(self.asked, request, replace(message, body=b""), MOST_ASKED)
        elif (asked := self.asked.pop(request, None)) is not None:
            message.request = asked
            if _failed(body, service):
                message.notes.append(IN_FIELD)
        return [message]

    def finish(self) -> list[Message]:
        """Give messages that never ended, too."""
        out = super().finish()
        for direction in (UP, DOWN):
            for request in list(self.under_way[direction]):
                out += self._give(direction, request, cut=True)
        return out

    def needed_from(self, direction: int) -> int:
        """Beginning of the oldest message under way."""
        begins = [one.message.start for one in self.under_way[direction].values()]
        return min([super().needed_from(direction), *begins])


def _service(body: bytes) -> int:
    """Number of the structure that a body holds (four-byte node id of namespace 0); 0 where it is none."""
    return int.from_bytes(body[2:4], "little") if body[:2] == b"\1\0" and len(body) >= 4 else 0


def _failed(body: bytes, service: int) -> bool:
    """Whether an answer says that its service failed, or that nothing was written."""
    if service not in SERVICES or len(body) < 20:
        return False
    if int.from_bytes(body[16:20], "little") & BAD:
        return True
    if service != WRITTEN or body[20:28] != b"\0\xff\xff\xff\xff\0\0\0":
        return service == FAULT
    count = int.from_bytes(body[28:32], "little", signed=True)
    codes = body[32 : 32 + 4 * max(count, 0)]
    return len(codes) == 4 * count > 0 and all(code & BAD for (code,) in struct.iter_unpack("<I", codes))

"""MongoDB wire protocol: OP_MSG, OP_COMPRESSED and the older OP_QUERY, OP_REPLY, OP_INSERT, OP_UPDATE.

A message's body is its documents one behind the other (application/bson); its path is database.collection.
"""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

from netaudit.core.contracts.answers import IN_FIELD
from netaudit.core.text.charset import decoded
from netaudit.protocols.cutting import Frame, Layout
from netaudit.protocols.message import DOWN, UP, Message
from netaudit.protocols.reader import Opening, Verdict, remember
from netaudit.protocols.vendors.framed_reader import FramedReader

if TYPE_CHECKING:
    from netaudit.core.contracts.ranges import Ranges

NAME = "mongodb"
PORT = 27017
_REFUSED = re.compile(rb"\x01ok\0\0{8}|\x10ok\0\0{4}|\x08ok\0\0")  # "ok" of an answer: 0 of a double, an integer; false
_TAKEN = re.compile(rb"\x01ok\0\0{6}\xf0\x3f|\x10ok\0\x01\0{3}|\x08ok\0\x01")  # beside which a stored one says nothing
HEADER = struct.Struct("<iiii")  # length, request id, response to, operation
MOST = 48_000_000 + 1024  # maxMessageSizeBytes, and a little
BSON = "application/bson"
REPLY, UPDATE, INSERT, QUERY, GET_MORE, DELETE, KILL, COMPRESSED, MSG = (
    1,
    2001,
    2002,
    2004,
    2005,
    2006,
    2007,
    2012,
    2013,
)
OPERATIONS = frozenset({REPLY, UPDATE, INSERT, QUERY, GET_MORE, DELETE, KILL, COMPRESSED, MSG})
UNANSWERED = 1024
_REPLY = REPLY.to_bytes(4, "little")
SECTIONS = 1024
_CHECKSUM = 1


def _size(head: bytes) -> int:
    length, _, _, operation = HEADER.unpack(head)
    return length if 16 < length <= MOST and operation in OPERATIONS else 0


def _plausible(head: bytes) -> bool:
    if not _size(head[:16]):
        return False
    operation = int.from_bytes(head[12:16], "little")
    if operation == MSG:
        return int.from_bytes(head[16:20], "little") & ~0x10003 == 0 and head[20] in (0, 1)
    return operation in (COMPRESSED, QUERY, INSERT) or head[:4] != head[4:8]


# a header and a beginning behind it; without the operations whose numbers are everywhere
MARK = re.compile(
    rb"[\s\S]{12}(?:\xdd\x07\x00\x00[\x00-\x03]\x00[\x00\x01]\x00[\x00\x01]|(?:\xdc|\xd4|\xd2)\x07\x00\x00[\s\S]{5})"
)
LAYOUT = Layout(HEADER.size, _size, MARK, 21)


def recognise(opening: Opening) -> Verdict:
    """A header with a known operation and a plausible beginning behind it; midway anything on the usual port."""
    if opening.midstream and not opening.upgrade and PORT in (opening.client_port, opening.server_port):
        return _turned(opening)
    if not opening.up and opening.down[12:16] == _REPLY:  # MySQL's greeting to its first client looks so
        return Verdict.NO
    found = [_begins(data) for data in (opening.up, opening.down) if data]
    if not found or Verdict.NO in found:
        return Verdict.NO if found else Verdict.MORE
    return _turned(opening) if Verdict.YES in found else Verdict.MORE


def _turned(opening: Opening) -> Verdict:
    return Verdict.SWAPPED if opening.client_port == PORT and opening.server_port != PORT else Verdict.YES


def _begins(data: bytes) -> Verdict:
    if len(data) >= 21:
        return Verdict.YES if _plausible(data[:21]) else Verdict.NO
    wrong = (len(data) >= 16 and not _size(data[:16])) or (len(data) > 3 and data[3] > 2)
    return Verdict.NO if wrong else Verdict.MORE


class MongoReader(FramedReader):
    """Reads one connection."""

    name = NAME
    layout = LAYOUT

    def __init__(self) -> None:
        super().__init__()
        self.asked: dict[int, Message] = {}

    def frame(self, direction: int, frame: Frame) -> list[Message]:
        """A message."""
        return [self._message(direction, frame)]

    def _message(self, direction: int, frame: Frame) -> Message:
        message = Message(NAME, direction, frame.start, frame.end, content_type=BSON)
        _, ident, answered, operation = HEADER.unpack_from(frame.data)
        data, at, in_place = frame.data, HEADER.size, True
        missing = list(frame.missing)
        if frame.size > len(data):
            missing.append((len(data), frame.size))
        if operation == COMPRESSED:
            operation, unpacked = _decompress(data, missing, message)
            if unpacked is None:
                message.body_size, message.complete, message.unknown_from = frame.size - HEADER.size, False, 0
                return message
            data, at, missing, in_place = unpacked, 0, [], False
        _parse_reply(message, data, at, operation, missing)
        if in_place and message.body_start >= 0:
            message.body_start += frame.start
        else:
            message.body_start = -1
        self._pair(message, ident, answered)
        return message

    def _pair(self, message: Message, ident: int, answered: int) -> None:
        if message.direction == UP:
            remember(self.asked, ident, replace(message, body=b""), UNANSWERED)
        elif (request := self.asked.pop(answered, None)) is not None and message.direction == DOWN:
            message.request = request
            message.method, message.path = request.method, message.path or request.path
            if _REFUSED.search(message.body) and not _TAKEN.search(message.body):
                message.notes.append(IN_FIELD)


def _decompress(data: bytes, missing: Ranges, message: Message) -> tuple[int, bytes | None]:
    """Original operation and bytes of OP_COMPRESSED; None with a note when they cannot be had."""
    if len(data) < 25:
        return 0, None
    operation, size, method = struct.unpack_from("<iiB", data, 16)
    packed = data[25:]
    if missing:
        message.notes.append("compressed, with bytes missing")
    elif not 0 <= size <= MOST:
        message.notes.append("limit: size of a compressed message")
    elif method == 0:
        return operation, packed
    elif method in (2, 3):
        unpacked = _zlib(packed, size) if method == 2 else _zstd(packed, size)
        if unpacked is not None and len(unpacked) == size:
            return operation, unpacked
        message.notes.append("damaged compression")
    else:
        message.notes.append("snappy is not decoded" if method == 1 else "unknown compression")
    return operation, None


def _zlib(packed: bytes, size: int) -> bytes | None:
    try:
        return zlib.decompressobj().decompress(packed, size + 1)
    except zlib.error:
        return None


def _zstd(packed: bytes, size: int) -> bytes | None:
    import io

    import zstandard

    try:
        with zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(io.BytesIO(packed)) as reader:
            return reader.read(size + 1)
    except (zstandard.ZstdError, MemoryError):
        return None


def _parse_reply(message: Message, data: bytes, at: int, operation: int, missing: Ranges) -> None:
    """Find the documents of a message."""
    end = len(data)
    if operation == MSG and end >= at + 5:
        flags = int.from_bytes(data[at : at + 4], "little")
        pieces = _sections(data, at + 4, end - (4 if flags & _CHECKSUM and not missing else 0))
    elif operation == REPLY:
        message.method = "reply"
        pieces = [(at + 20, end)]
    elif operation in (QUERY, INSERT, UPDATE, DELETE, GET_MORE):
        stop = data.find(b"\0", at + 4)
        stop = end if stop < 0 else stop
        message.path = decoded(data[at + 4 : stop])[:256]
        message.method = {QUERY: "query", INSERT: "insert", UPDATE: "update"}.get(operation, "")
        pieces = [(stop + 1 + {QUERY: 8, INSERT: 0, UPDATE: 4}.get(operation, 4), end)]
        if operation == GET_MORE:
            pieces = []
    else:
        pieces = []
    _put(message, data, [(a, b) for a, b in pieces if a < b], missing)
    if operation in (MSG, QUERY):
        _name(message)


def _sections(data: bytes, at: int, end: int) -> list[tuple[int, int]]:
    """Where the documents of OP_MSG lie: section kinds 0 and 1."""
    pieces: list[tuple[int, int]] = []
    while at + 5 <= end and len(pieces) < SECTIONS:
        kind = data[at]
        size = int.from_bytes(data[at + 1 : at + 5], "little")
        stop = at + 1 + size
        if kind == 0:
            pieces.append((at + 1, min(stop, end)))
        elif kind == 1:
            name = data.find(b"\0", at + 5, min(stop, end))
            if name >= 0:
                pieces.append((name + 1, min(stop, end)))
        else:
            break
        if size < 5:
            break
        at = stop
    return pieces


def _put(message: Message, data: bytes, pieces: list[tuple[int, int]], missing: Ranges) -> None:
    body: list[bytes] = []
    at = 0
    for first, last in pieces:
        body.append(data[first:last])
        message.missing += [
            (max(a, first) - first + at, min(b, last) - first + at) for a, b in missing if a < last and first < b
        ]
        at += last - first
    message.body = b"".join(body)
    message.body_size = len(message.body)
    message.body_start = pieces[0][0] if len(pieces) == 1 else -1
    if missing and (missing[-1][1] > len(data) or not message.missing):
        message.unknown_from = len(message.body) if message.missing else 0
    message.complete = not missing


def _name(message: Message) -> None:
    """Command and collection: the first element of the first document, and its $db."""
    data = message.body[:4096]
    if len(data) < 8:
        return
    stop = data.find(b"\0", 5)
    if stop < 0:
        return
    command = decoded(data[5:stop])[:64]
    message.method = command if message.direction == UP and command.isidentifier() else message.method
    value = _string(data, stop + 1) if data[4] == 2 else ""
    at = data.find(b"\x02$db\0")
    base = _string(data, at + 5) if at >= 0 else ""
    if message.direction == UP and (base or value):
        message.path = f"{base}.{value}" if base and value else base or value
    at = data.find(b"\x02ns\0", 0, 256)
    if message.direction == DOWN and at >= 0:
        message.path = _string(data, at + 4)


def _string(data: bytes, at: int) -> str:
    size = int.from_bytes(data[at : at + 4], "little")
    return decoded(data[at + 4 : at + 3 + size]) if 0 < size <= 256 else ""

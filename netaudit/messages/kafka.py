"""Kafka: the records of Produce requests, each a message of its own, and the errors that answer them.

Protocol guide of Apache Kafka, Produce in versions 0 to 12; record batches of magic 2, and messages of magic 0 and 1.
What other requests and their answers carry is searched for pictures.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from netaudit.contracts.answers import IN_FIELD
from netaudit.messages.cutting import Frame, Layout
from netaudit.messages.makers.framed_reader import FramedReader
from netaudit.messages.message import DOWN, UP, Message
from netaudit.messages.reader import Opening, Verdict
from netaudit.text.charset import decoded

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "kafka"
PORT = 9092
HEAD = 8  # size, and of a request its key and version
MOST = 16 << 20  # bytes of a request; producers send 1 MiB at most unless they are told otherwise
MOST_KEY, MOST_VERSION, NEWEST = 92, 20, 12  # of requests; of Produce the newest version that is read
PRODUCE, FETCH = 0, 1
MOST_ASKED = 1024  # requests that wait for their answers
MOST_NAMES = 10_000  # topics, partitions, records, heads of one request
COMPACT = 9  # version of Produce from which on lengths are varints, and tags follow
MOST_UNPACKED = 64 << 20
TYPES = frozenset({"content-type", "contenttype", "mime-type"})


class WrongError(ValueError):
    """The bytes are not what they should be."""


class Fields:
    """Fields one behind the other."""

    def __init__(self, data: bytes, at: int = 0, *, compact: bool = False) -> None:
        self.data, self.at, self.compact = data, at, compact

    def take(self, size: int) -> bytes:
        """So many bytes. Raises WrongError where there are fewer."""
        if size < 0 or self.at + size > len(self.data):
            raise WrongError
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size: int) -> int:
        """A signed number."""
        return int.from_bytes(self.take(size), "big", signed=True)

    def varint(self) -> int:
        """An unsigned number, seven bits a byte."""
        value = shift = 0
        while shift < 35:
            one = self.take(1)[0]
            value |= (one & 127) << shift
            if one < 128:
                return value
            shift += 7
        raise WrongError

    def zigzag(self) -> int:
        """A signed number, seven bits a byte (32 bits)."""
        value = self.varint()
        return value >> 1 ^ -(value & 1)

    def long(self) -> None:
        """Pass over a number of at most ten bytes, seven bits each."""
        for _ in range(10):
            if self.take(1)[0] < 128:
                return
        raise WrongError

    def length(self, size: int) -> int:
        """Of a text, bytes or an array, by its form; below zero for null."""
        return self.varint() - 1 if self.compact else self.number(size)

    def text(self) -> str:
        """A text; empty for null."""
        size = self.length(2)
        return decoded(self.take(size)) if size > 0 else ""

    def count(self) -> int:
        """Elements of an array. Raises WrongError for more than anybody sends."""
        found = self.length(4)
        if found > MOST_NAMES:
            raise WrongError
        return max(found, 0)

    def tags(self) -> None:
        """Pass over tagged fields, where the form has them."""
        if not self.compact:
            return
        for _ in range(self.varint()):
            self.varint()
            self.take(self.varint())


class Record(NamedTuple):
    """One record: where its value begins in its batch, -1 where that was compressed."""

    value: bytes
    at: int
    heads: list[tuple[str, str]]
    key: str


class Asked(NamedTuple):
    """A request that waits for its answer: its version, and the messages made of it, by topic and partition."""

    version: int
    sent: dict[tuple[str, int], list[Message]]


def _size(head: bytes) -> int:
    size = int.from_bytes(head[:4], "big")
    return 4 + size if 4 <= size <= MOST else 0


# where the way was lost, a Produce request of a version that is read may begin
LAYOUT = Layout(HEAD, _size, re.compile(rb"\x00[\x00-\x7f]..\x00\x00\x00[\x00-\x0c]", re.DOTALL), HEAD)


def recognise(opening: Opening) -> Verdict:
    """A request with a key, a version, a number and the name of its client: any on the usual port, or a Produce."""
    data = opening.up or opening.down
    if len(data) < 14:
        return Verdict.MORE if not data or data[:1] == b"\0" else Verdict.NO
    size, key, version = int.from_bytes(data[:4], "big"), *(int.from_bytes(data[at : at + 2], "big") for at in (4, 6))
    named = int.from_bytes(data[12:14], "big", signed=True)
    if not 10 <= size <= MOST or key > MOST_KEY or version > MOST_VERSION or not -1 <= named <= min(size - 10, 255):
        return Verdict.NO
    if len(data) < 14 + max(named, 0):
        return Verdict.MORE
    name = data[14 : 14 + max(named, 0)]
    if not name.isascii() or not all(32 < one < 127 for one in name):
        return Verdict.NO
    answered = Verdict.YES if opening.up else Verdict.SWAPPED
    if PORT in (opening.client_port, opening.server_port):
        return answered
    return answered if named > 0 and _opens_with(key, version, data[14 + named :]) else Verdict.NO


def _opens_with(key: int, version: int, rest: bytes) -> bool:
    """Whether what a client says first on another port is surely one: ApiVersions or Metadata as they are written."""
    if key == 18:  # ApiVersions
        return version <= 4 and len(rest) <= 128
    return key == 3 and version <= MOST_VERSION and len(rest) >= 4 and rest[:2] in {b"\0\0", b"\xff\xff"}


class KafkaReader(FramedReader):
    """Reads one connection."""

    name = NAME
    layout = LAYOUT

    def __init__(self) -> None:
        super().__init__()
        self.asked: dict[int, Asked] = {}  # by the number of the request

    def frame(self, direction: int, frame: Frame) -> list[Message]:
        """A request, or an answer."""
        if not frame.intact(0, frame.size):
            return self.carve(direction, frame, HEAD)
        if direction == DOWN:
            asked = self.asked.pop(int.from_bytes(frame.data[4:8], "big"), None)
            return self.carve(direction, frame, HEAD) if asked is None else self._answer(frame, asked)
        key, version = (int.from_bytes(frame.data[at : at + 2], "big") for at in (4, 6))
        if key != PRODUCE or version > NEWEST or len(frame.data) < 14:
            return self.carve(direction, frame, HEAD)
        try:
            return self._produce(frame, version)
        except WrongError:
            return self.carve(direction, frame, HEAD)

    def _produce(self, frame: Frame, version: int) -> list[Message]:
        fields = Fields(frame.data, 8)
        number = fields.number(4) & 0xFFFFFFFF
        fields.text()  # of the client
        fields.compact = version >= COMPACT
        fields.tags()
        if version >= 3:
            fields.text()  # of the transaction
        fields.take(6)  # how many shall acknowledge, and until when
        sent: dict[tuple[str, int], list[Message]] = {}
        out: list[Message] = []
        for _ in range(fields.count()):
            topic = fields.text()
            for _ in range(fields.count()):
                partition, size = fields.number(4), fields.length(4)
                begin = fields.at
                made = self._messages(
                    frame, out[-1].end if out else frame.start, topic, begin, fields.take(max(size, 0))
                )
                sent.setdefault((topic, partition), []).extend(replace(one, body=b"") for one in made)
                out += made
                fields.tags()
            fields.tags()
        if out:
            out[-1].end = frame.end
        self.asked[number] = Asked(version, sent)
        if len(self.asked) > MOST_ASKED:
            del self.asked[next(iter(self.asked))]
        return out

    def _messages(self, frame: Frame, first: int, topic: str, begin: int, batches: bytes) -> list[Message]:
        """One message for each record: each begins behind the one before, and the last ends with the request."""
        notes: list[str] = []
        out: list[Message] = []
        for record in records(batches, notes):
            start = min(out[-1].end if out else first, frame.end)
            end = frame.start + begin + record.at + len(record.value) if record.at >= 0 else start + 1
            message = Message(NAME, UP, start, end, method="produce", path=topic, headers=record.heads)
            message.body, message.body_size = record.value, len(record.value)
            message.body_start = frame.start + begin + record.at if record.at >= 0 and record.value else -1
            message.content_type = next((value for name, value in record.heads if name in TYPES), "")
            message.file_name = record.key
            out.append(message)
        if notes or not out:
            start = out[-1].end if out else first
            message = Message(NAME, UP, start, frame.end, method="produce", path=topic, body=batches)
            message.body_size, message.body_start, message.notes = len(batches), frame.start + begin, notes
            out += [message] if batches else []
        return out

    def _answer(self, frame: Frame, asked: Asked) -> list[Message]:
        try:
            refused = list(_errors(frame.data, asked.version))
        except WrongError:
            return self.carve(DOWN, frame, HEAD)
        return [
            Message(NAME, DOWN, frame.start, frame.end, method=f"error {error}", notes=[IN_FIELD], request=one)
            for topic, partition, error in refused
            for one in asked.sent.get((topic, partition), ())
        ]


def _errors(data: bytes, version: int) -> Iterator[tuple[str, int, int]]:
    """Topic, partition and error of what was not taken."""
    fields = Fields(data, 8, compact=version >= COMPACT)
    fields.tags()
    for _ in range(fields.count()):
        topic = fields.text()
        for _ in range(fields.count()):
            partition, error = fields.number(4), fields.number(2)
            fields.take(8 + 8 * (version >= 2) + 8 * (version >= 5))
            if version >= 8:
                for _ in range(fields.count()):
                    fields.number(4)
                    fields.text()
                    fields.tags()
                fields.text()
            fields.tags()
            if error:
                yield topic, partition, error
        fields.tags()


def records(data: bytes, notes: list[str]) -> Iterator[Record]:
    """Records of batches one behind the other; what cannot be read is noted."""
    at = 0
    while at + 17 <= len(data):
        size = int.from_bytes(data[at + 8 : at + 12], "big")
        end = at + 12 + size
        magic = data[at + 16]
        if end > len(data) or size < 10 or magic > 2:
            break
        try:
            yield from _of_batch(data, at, end, notes) if magic == 2 else _old(data, at, end, notes)
        except (WrongError, zlib.error):
            notes.append("damaged records")
            return
        at = end
    if at < len(data):
        notes.append("damaged records")


def _of_batch(data: bytes, at: int, end: int, notes: list[str]) -> Iterator[Record]:
    head = Fields(data[at:end], 21)
    packed = head.number(2) & 7
    head.take(34)
    count = head.number(4)
    if not 0 <= count <= MOST_NAMES:
        raise WrongError
    inner = _unpacked(head.data[head.at :], packed)
    if inner is None:
        notes.append("unknown compression")
        return
    fields, base = Fields(inner), at + head.at if not packed else None
    for _ in range(count):
        until = fields.zigzag()
        until += fields.at
        fields.take(1)
        fields.long()
        fields.long()
        key = fields.take(max(fields.zigzag(), 0))
        size = max(fields.zigzag(), 0)
        begin = fields.at
        value = fields.take(size)
        heads = []
        for _ in range(min(max(fields.zigzag(), 0), MOST_NAMES)):
            name = decoded(fields.take(fields.zigzag())).lower()
            heads.append((name, decoded(fields.take(max(fields.zigzag(), 0)))))
        if fields.at != until:
            raise WrongError
        yield Record(value, base + begin if base is not None else -1, heads, decoded(key[:256]))


def _old(data: bytes, at: int, end: int, notes: list[str]) -> Iterator[Record]:
    """A message of magic 0 or 1; compressed ones hold others."""
    fields = Fields(data[:end], at + 17)
    packed = fields.number(1) & 7
    if data[at + 16]:
        fields.take(8)
    key = fields.take(max(fields.number(4), 0))
    size = max(fields.number(4), 0)
    begin = fields.at
    value = fields.take(size)
    if not packed:
        yield Record(value, begin, [], decoded(key[:256]))
        return
    inner = _unpacked(value, packed)
    if inner is None:
        notes.append("unknown compression")
        return
    for one in records(inner, notes) if len(inner) < MOST_UNPACKED else ():
        yield one._replace(at=-1)


def _unpacked(data: bytes, method: int) -> bytes | None:
    """Bytes by a method of compression; None for one that is not read."""
    if not method:
        return data
    if method == 1:
        return zlib.decompressobj(31).decompress(data, MOST_UNPACKED)
    if method == 4:
        import io

        import zstandard

        try:
            with zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(io.BytesIO(data)) as reader:
                return reader.read(MOST_UNPACKED)
        except zstandard.ZstdError as error:
            raise WrongError from error
    return None

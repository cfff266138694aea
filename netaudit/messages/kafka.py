"""Kafka: the records of Produce requests, each a message of its own, and the errors that answer them.

Protocol guide of Apache Kafka, Produce in versions 0 to 12; record batches of magic 2, and messages of magic 0 and 1.
What other requests and their answers carry is searched for pictures.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from netaudit.contracts.answers import IN_FIELD
from netaudit.messages.cutting import Frame, Layout
from netaudit.messages.kafka_records import DAMAGED, TOO_MANY, Budget, Fields, Record, WrongError, records
from netaudit.messages.makers.framed_reader import FramedReader
from netaudit.messages.message import DOWN, UP, Message
from netaudit.messages.reader import Opening, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "kafka"
PORT = 9092
HEAD = 8  # size, and of a request its key and version
MOST = 16 << 20  # bytes of a request; producers send 1 MiB at most unless they are told otherwise
MOST_KEY, MOST_VERSION, NEWEST = 92, 20, 12  # of requests; of Produce the newest version that is read
PRODUCE, FETCH = 0, 1
MOST_ASKED = 1024  # requests that wait for their answers
MOST_KEPT = 10_000  # records of them, where one has not more alone
COMPACT = 9  # version of Produce from which on lengths are varints, and tags follow
# unknown, timed out, too few copies once it was written, written before, disk: it may have been taken for all that
UNSURE = frozenset({-1, 7, 20, 46, 56})
TYPES = frozenset({"content-type", "contenttype", "mime-type"})


class Asked(NamedTuple):
    """A request that waits for its answer: its version, and the messages made of it, by topic and partition."""

    version: int
    sent: dict[tuple[str, int], list[Message]]

    @property
    def size(self) -> int:
        """Messages that are kept."""
        return sum(map(len, self.sent.values()))


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
        self.kept = 0  # messages in them

    def frame(self, direction: int, frame: Frame) -> list[Message]:
        """A request, or an answer."""
        if not frame.intact(0, frame.size):
            return self.carve(direction, frame, HEAD)
        if direction == DOWN:
            asked = self._known(int.from_bytes(frame.data[4:8], "big"))
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
        awaited = fields.number(2) != 0  # how many shall acknowledge; for none no answer comes
        fields.read(4)
        sent: dict[tuple[str, int], list[Message]] = {}
        out: list[Message] = []
        for topic, partition, begin, record in _records(fields):
            made = _message(frame, out[-1].end if out else frame.start, topic, begin, record)
            out.append(made)
            if awaited and not record.note:
                sent.setdefault((topic, partition), []).append(replace(made, body=b"", headers=[]))
        if out:
            out[-1].end = frame.end
        if awaited:
            self._awaits(number, Asked(version, sent))
        return out

    def _awaits(self, number: int, asked: Asked) -> None:
        self._known(number)
        self.asked[number] = asked
        self.kept += asked.size
        while len(self.asked) > MOST_ASKED or (self.kept > MOST_KEPT and len(self.asked) > 1):
            self._known(next(iter(self.asked)))

    def _known(self, number: int) -> Asked | None:
        """Take the request of a number out of those that wait."""
        asked = self.asked.pop(number, None)
        self.kept -= asked.size if asked else 0
        return asked

    def _answer(self, frame: Frame, asked: Asked) -> list[Message]:
        try:
            refused = list(_errors(frame.data, asked.version))
        except WrongError:
            return self.carve(DOWN, frame, HEAD)
        return [
            Message(NAME, DOWN, frame.start, frame.end, method=f"error {error}", notes=[IN_FIELD], request=one)
            for topic, partition, error in refused
            if error not in UNSURE
            for one in asked.sent.pop((topic, partition), ())
        ]


def _records(fields: Fields) -> Iterator[tuple[str, int, int, Record]]:
    """Topic, partition, place of the batches and a record; the rest of the request where it cannot be read on."""
    budget, good, topic, partition = Budget(), 0, "", 0
    try:
        for _ in range(fields.count()):
            topic = fields.text()
            for _ in range(fields.count()):
                if not budget.records:
                    yield topic, partition, 0, Record(fields.data[good:], good, [], "", TOO_MANY)
                    return
                partition, size = fields.number(4), fields.length(4)
                begin = fields.at
                batches = fields.read(max(size, 0))
                budget.records -= 1  # a partition counts as one, too
                for record in records(batches, budget):
                    yield topic, partition, begin, record
                good = fields.at
                fields.tags()
            fields.tags()
    except WrongError:
        if not good:
            raise
        yield topic, partition, 0, Record(fields.data[good:], good, [], "", DAMAGED)


def _message(frame: Frame, first: int, topic: str, begin: int, record: Record) -> Message:
    """The message of a record, behind that of the one before it."""
    start = min(first, frame.end)
    end = frame.start + begin + record.at + len(record.value) if record.at >= 0 else start + 1
    message = Message(NAME, UP, start, max(end, start), method="produce", path=topic, headers=record.heads)
    message.body, message.body_size = record.value, len(record.value)
    message.body_start = frame.start + begin + record.at if record.at >= 0 and record.value else -1
    message.content_type = next((value for name, value in record.heads if name in TYPES), "")
    message.file_name = record.key
    message.notes = [record.note] if record.note else []
    return message


def _errors(data: bytes, version: int) -> Iterator[tuple[str, int, int]]:
    """Topic, partition and error of what was not taken."""
    fields = Fields(data, 8, compact=version >= COMPACT)
    fields.tags()
    for _ in range(fields.count()):
        topic = fields.text()
        for _ in range(fields.count()):
            partition, error = fields.number(4), fields.number(2)
            fields.read(8 + 8 * (version >= 2) + 8 * (version >= 5))
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

"""RTPS, by which DDS speaks (OMG DDSI-RTPS 2.5): samples that writers send, put together of their fragments.

The bytes of a sample are those behind its encapsulation; what they mean is the topic's, which this does not know.
"""

from __future__ import annotations

from collections import OrderedDict
from hashlib import blake2b
from typing import NamedTuple

from netaudit.messages.files.filebytes import FileBytes
from netaudit.messages.marks import Mark, literal
from netaudit.messages.message import Message, carved_from_here
from netaudit.messages.reader import BaseReader, Opening, Verdict, carve_from

NAME = "rtps"
MAGIC = b"RTPS"
HEAD, SUBHEAD, ENCAPSULATION = 20, 4, 4  # bytes
DATA, DATA_FRAG = 0x15, 0x16
WITHOUT_LENGTH = frozenset({0x01, 0x09})  # whose length of 0 is one (PAD, INFO_TS); of all others it means: to the end
LITTLE, QOS, PRESENT = 1, 2, 4  # flags
SENTINEL = 1
FILLING = 4  # bytes that writers fill the last fragment up to
LEAST = 18  # bytes of a sample that is told: an identity number
MOST_SAMPLES = 32  # of a direction under way
MOST_WHOLE, MOST_COME = 256, 4096  # samples that became whole and fragments that came, remembered of a direction
MOST_SUBMESSAGES = 64  # of a datagram
MARKS = (Mark(literal(MAGIC + b"\x02"), least=HEAD),)

Key = tuple[bytes, bytes, bytes]  # participant, writer, number of the sample


class Fragment(NamedTuple):
    """Bytes of a sample: where they lie in it, and in the datagram."""

    key: Key
    place: int
    size: int  # of the sample
    first: int
    last: int


def recognise(opening: Opening) -> Verdict:
    """The head of a message of version 2."""
    data = opening.up or opening.down
    return Verdict.YES if is_message(data) else Verdict.NO


def is_message(data: bytes) -> bool:
    """Whether bytes begin as a message does."""
    return len(data) >= HEAD and data.startswith(MAGIC) and data[4] == 2


def fragments(data: bytes) -> list[Fragment]:
    """What a message carries of samples; damaged submessages carry nothing."""
    out: list[Fragment] = []
    at = HEAD
    for _ in range(MOST_SUBMESSAGES):
        if at + SUBHEAD > len(data):
            break
        kind, flags = data[at], data[at + 1]
        size = _number(data, at + 2, 2, flags)
        begin = at + SUBHEAD
        end = begin + size if size or kind in WITHOUT_LENGTH else len(data)
        if end > len(data):
            break
        if kind in {DATA, DATA_FRAG} and (one := _fragment(data, kind, flags, begin, end)) is not None:
            out.append(one)
        at = end
    return out


def _number(data: bytes, at: int, size: int, flags: int) -> int:
    return int.from_bytes(data[at : at + size], "little" if flags & LITTLE else "big")


def _fragment(data: bytes, kind: int, flags: int, begin: int, end: int) -> Fragment | None:
    first = begin + 4 + _number(data, begin + 2, 2, flags)  # of the inline QoS, or of the payload
    if first > end or end - begin < 20 or (kind == DATA and not flags & PRESENT):
        return None
    if flags & QOS:
        while True:
            if first + 4 > end:
                return None
            parameter, length = _number(data, first, 2, flags), _number(data, first + 2, 2, flags)
            first += 4 + (0 if parameter == SENTINEL else length)
            if parameter == SENTINEL:
                break
    key = data[8:HEAD], data[begin + 8 : begin + 12], data[begin + 12 : begin + 20]
    if kind == DATA:
        return Fragment(key, 0, end - first, first, end)
    if end - begin < 32:
        return None
    number, fragment, whole = (_number(data, begin + at, size, flags) for at, size in ((20, 4), (26, 2), (28, 4)))
    place = (number - 1) * fragment
    last = min(end, first + whole - place)  # the last one may be filled up
    if not number or not fragment or last <= first or end - last >= FILLING:
        return None
    return Fragment(key, place, whole, first, last)


class _Sample:
    """A sample of which fragments came."""

    def __init__(self, message: Message, size: int) -> None:
        self.message, self.bytes, self.size = message, FileBytes(), size

    @property
    def whole(self) -> bool:
        return self.bytes.has(0, self.size)

    def give(self) -> Message:
        self.bytes.fill(self.message, self.size, known=True)
        message = self.message
        if len(message.body) > ENCAPSULATION:
            message.body = message.body[ENCAPSULATION:]
            message.body_size -= ENCAPSULATION
            message.missing = [
                (max(0, a - ENCAPSULATION), b - ENCAPSULATION) for a, b in message.missing if b > ENCAPSULATION
            ]
            if message.unknown_from is not None:
                message.unknown_from = max(0, message.unknown_from - ENCAPSULATION)
        return message


class _Repeats:
    """What came in a direction: reliable writers send it again, also when its sample is whole."""

    def __init__(self) -> None:
        self.whole: OrderedDict[object, None] = OrderedDict()
        self.come: OrderedDict[object, None] = OrderedDict()

    def has(self, one: Fragment, data: bytes) -> bool:
        """Whether a fragment with the same bytes came before and its sample became whole; it is remembered."""
        head = b"".join(one.key) + one.place.to_bytes(8, "little") + one.size.to_bytes(4, "little")
        digest = blake2b(head + data[one.first : one.last], digest_size=16).digest()
        known = one.key in self.whole and digest in self.come
        _remember(self.come, digest, MOST_COME)
        return known


def _remember(place: OrderedDict[object, None], what: object, most: int) -> None:
    place[what] = None
    place.move_to_end(what)
    if len(place) > most:
        place.popitem(last=False)


class RtpsReader(BaseReader):
    """Reads both directions; from the first datagram on that is none, the flow is searched for images."""

    apart = True

    def __init__(self) -> None:
        self.at = [0, 0]
        self.consumed: list[tuple[int, int, int]] = []
        self.samples: tuple[dict[Key, _Sample], dict[Key, _Sample]] = ({}, {})
        self.repeats = (_Repeats(), _Repeats())

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take one datagram."""
        self.at[direction] = offset + len(data)
        if not is_message(data):
            self.hand_over = carve_from(direction, offset, data)
            return [*self.finish(), carved_from_here(NAME, direction, offset, "a datagram that is no RTPS")]
        out: list[Message] = []
        for one in fragments(data):
            self.consumed.append((direction, offset + one.first, offset + one.last))
            if not self.repeats[direction].has(one, data) or one.key in self.samples[direction]:
                out += self._append(direction, offset, data, one)
        return out

    def _append(self, direction: int, offset: int, data: bytes, one: Fragment) -> list[Message]:
        samples = self.samples[direction]
        sample = samples.get(one.key)
        out: list[Message] = []
        if sample is None or sample.size != one.size:
            out = [samples.pop(one.key).give()] if sample is not None else []
            message = Message(NAME, direction, offset, offset, method="data", path=one.key[1].hex())
            sample = samples[one.key] = _Sample(message, one.size)
        message = sample.message
        message.start, message.end = min(message.start, offset), max(message.end, offset + len(data))
        sample.bytes.write(one.place, memoryview(data)[one.first : one.last])
        if sample.whole:
            del samples[one.key]
            _remember(self.repeats[direction].whole, one.key, MOST_WHOLE)
            out += [sample.give()] if one.size >= LEAST else []
        elif len(samples) > MOST_SAMPLES:
            out.append(samples.pop(next(iter(samples))).give())
        return out

    def finish(self) -> list[Message]:
        """Give samples that never became whole."""
        out = [sample.give() for samples in self.samples for sample in samples.values()]
        self.samples = ({}, {})
        return out

    def needed_from(self, direction: int) -> int:
        """Beginning of the oldest sample under way."""
        begins = (sample.message.start for sample in self.samples[direction].values())
        return min(begins, default=self.at[direction])

    def read_upto(self, direction: int) -> int:
        """No datagram waits."""
        return self.at[direction]

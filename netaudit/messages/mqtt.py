"""MQTT 3.1, 3.1.1 and 5.0: one message per PUBLISH and CONNECT; passwords are never kept.

A gap inside a payload leaves a hole there. Behind a lost header, or in a connection met midway, reading starts again at
what can only be the head of a PUBLISH.
"""

from __future__ import annotations

import re

from netaudit.charset import decoded
from netaudit.messages.http1_body import LIMIT, Whole
from netaudit.messages.message import Message
from netaudit.messages.reader import BaseReader, Opening, Verdict

NAME = "mqtt"
PORTS = frozenset({1883})
CONNECT, PUBLISH = 1, 3
MOST_OTHER = 1 << 20  # bytes of a packet that is no PUBLISH
ALIASES = 4096  # topics remembered for their aliases, per direction
_TOPIC = re.compile(rb"[\w$/.: @=,\-\x80-\xff]{4,256}\Z")
_START = re.compile(rb"[\x10\x30-\x35\x3a-\x3d]")
_HEADS = {b"\x00\x04MQTT", b"\x00\x06MQIsdp"}
# sizes of the properties of MQTT 5 by identifier (section 2.2.2.2): bytes, or 0 variable integer, -1 text, -2 two texts
_PROPERTIES = {
    0x01: 1, 0x02: 4, 0x03: -1, 0x08: -1, 0x09: -1, 0x0B: 0, 0x11: 4, 0x12: -1, 0x13: 2, 0x15: -1, 0x16: -1, 0x17: 1,
    0x18: 4, 0x19: 1, 0x1A: -1, 0x1C: -1, 0x1F: -1, 0x21: 2, 0x22: 2, 0x23: 2, 0x24: 1, 0x25: 1, 0x26: -2, 0x27: 4,
    0x28: 1, 0x29: 1, 0x2A: 1,
}  # fmt: skip
_OF_PUBLISH = frozenset({0x01, 0x02, 0x03, 0x08, 0x09, 0x0B, 0x23, 0x26})
CONTENT_TYPE, ALIAS = 0x03, 0x23


class MoreError(Exception):
    """The packet goes on behind the bytes that are there."""


class WrongError(Exception):
    """The bytes are no MQTT."""


def varint(data: bytes | bytearray, at: int) -> tuple[int, int]:
    """Variable byte integer (section 1.5.5) and the offset behind it."""
    if at < len(data) and data[at] < 0x80:  # as nearly all are
        return data[at], at + 1
    value = 0
    for place in range(4):
        if at + place >= len(data):
            raise MoreError
        byte = data[at + place]
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, at + place + 1
    raise WrongError


def _block(data: bytes | bytearray, at: int) -> tuple[bytes, int]:
    """Bytes with a length of 16 bits in front."""
    if at + 2 > len(data):
        raise MoreError
    end = at + 2 + (data[at] << 8 | data[at + 1])
    if end > len(data):
        raise MoreError
    return bytes(data[at + 2 : end]), end


def properties(data: bytes | bytearray, at: int) -> tuple[dict[int, bytes], int]:
    """Properties of MQTT 5 by identifier (raw values; the last of several), and the offset behind them."""
    length, at = varint(data, at)
    end = at + length
    if end > len(data):
        raise MoreError
    found: dict[int, bytes] = {}
    inside = bytes(data[:end])
    try:
        while at < end:
            kind = inside[at]
            size = _PROPERTIES.get(kind)
            if size is None:
                raise WrongError
            if size == 0:
                _, stop = varint(inside, at + 1)
            elif size > 0:
                stop = at + 1 + size
            else:
                _, stop = _block(inside, at + 1)
                if size == -2:
                    _, stop = _block(inside, stop)
            if stop > end:
                raise WrongError
            found[kind] = inside[at + 1 : stop]
            at = stop
    except MoreError:
        raise WrongError from None
    return found, end


def recognise(opening: Opening) -> Verdict:
    """A CONNECT; midway a PUBLISH, or anything on the usual port."""
    for data, verdict in ((opening.up, Verdict.YES), (opening.down, Verdict.SWAPPED)):
        if data[:1] == b"\x10":
            return _connects(data, verdict)
    if opening.midstream and not opening.upgrade:
        if opening.server_port in PORTS:
            return Verdict.YES
        if opening.client_port in PORTS:
            return Verdict.SWAPPED
    return Verdict.NO if opening.up or not opening.down else Verdict.MORE if opening.down[0] == 0x20 else Verdict.NO


def _connects(data: bytes, verdict: Verdict) -> Verdict:
    try:
        length, at = varint(data, 1)
    except MoreError:
        return Verdict.MORE
    except WrongError:
        return Verdict.NO
    name = data[at : at + 8]
    if length >= 10 and any(name.startswith(head) for head in _HEADS):
        return verdict
    return Verdict.MORE if any(head.startswith(name) for head in _HEADS) else Verdict.NO


class _Side:
    def __init__(self) -> None:
        self.held = bytearray()
        self.at = 0
        self.lost = False
        self.sink: Whole | None = None
        self.left = 0  # bytes of the payload, or of a packet to be skipped, still to come
        self.aliases: dict[int, str] = {}


class MqttReader(BaseReader):
    """Reads both directions.

    A reader of WebSocket frames feeds their payloads to one made with `in_place=False`: offsets then need not follow on
    each other, and bodies do not lie in the stream one to one.
    """

    def __init__(self, *, in_place: bool = True) -> None:
        self.in_place = in_place
        self.sides = (_Side(), _Side())
        self.version = 0  # protocol level: 3, 4, 5; 0 unknown
        self.out: list[Message] = []

    def begin(self, opening: Opening) -> None:
        """Midway the first bytes may lie within a packet."""
        if opening.midstream:
            for side in self.sides:
                side.lost = True

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take bytes."""
        side = self.sides[direction]
        if side.left and not side.held:
            used = self._payload(side, data, offset)
            data, offset = data[used:], offset + used
        side.held += data
        side.at = offset + len(data)
        while side.held and self._step(direction, side):
            pass
        return self._given()

    def _emit(self, message: Message) -> None:
        self.out.append(message)

    def _given(self) -> list[Message]:
        out, self.out = self.out, []
        return out

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """Within a payload a gap is a hole; anywhere else the way is lost."""
        side = self.sides[direction]
        side.at = offset + length
        hole = min(side.left, length)
        if hole:
            side.left -= hole
            if side.sink is not None:
                side.sink.lose(hole, offset)
                self._close(side, offset + hole)
        if hole < length or side.held:
            side.held.clear()
            side.lost = True
        return self._given()

    def _payload(self, side: _Side, data: bytes, offset: int) -> int:
        used = min(side.left, len(data))
        side.left -= used
        if side.sink is not None:
            side.sink.add(data[:used], offset)
            self._close(side, offset + used)
        return used

    def _close(self, side: _Side, end: int) -> None:
        if not side.left and side.sink is not None:
            side.sink.close(end, known=True)
            side.sink = None

    def _step(self, direction: int, side: _Side) -> bool:
        """Do one thing with what is held; False when that takes more bytes."""
        if side.left:
            used = self._payload(side, bytes(side.held[: side.left]), side.at - len(side.held))
            del side.held[:used]
            return True
        if side.lost and not self._search(side):
            return False
        try:
            return self._packet(direction, side)
        except MoreError:
            return False
        except WrongError:
            side.lost = True
            del side.held[:1]
            return True

    def _search(self, side: _Side) -> bool:
        """Drop bytes up to the next head of a PUBLISH, or to where one may begin."""
        at = 0
        while (match := _START.search(side.held, at)) is not None:
            at = match.start()
            try:
                _head(side.held, at)
            except WrongError:
                at += 1
                continue
            except MoreError:
                del side.held[:at]
                return False
            del side.held[:at]
            side.lost = False
            return True
        side.held.clear()
        return False

    def _packet(self, direction: int, side: _Side) -> bool:
        held = side.held
        kind = held[0] >> 4
        length, at = varint(held, 1)
        if kind == PUBLISH:
            self._publish(direction, side, length, at)
            return True
        if not kind or (length > MOST_OTHER and kind != CONNECT):
            raise WrongError
        if kind == CONNECT and length > 8 * MOST_OTHER:
            raise WrongError
        if len(held) < at + length:
            return False
        start = side.at - len(held)
        if kind == CONNECT:
            self._connect(direction, bytes(held[at : at + length]), start, start + at + length)
        del held[: at + length]
        return True

    def _publish(self, direction: int, side: _Side, length: int, at: int) -> None:
        held, flags = side.held, side.held[0] & 15
        if flags & 6 == 6:
            raise WrongError
        stop = at + length
        topic, at = _block(held, at)
        at += 2 if flags & 6 else 0
        found: dict[int, bytes] = {}
        if at > stop:
            raise WrongError
        if self.version == 5 or (not self.version and _has_properties(held, at, stop)):
            found, at = properties(held, at)
        if at > stop:
            raise WrongError
        if len(held) < at:
            raise MoreError
        start = side.at - len(held)
        message = Message(NAME, direction, start, start + at, method="PUBLISH")
        message.path = self._topic(side, decoded(topic), found)
        if CONTENT_TYPE in found:
            message.content_type = decoded(found[CONTENT_TYPE][2:])
        message.fields["qos"] = flags >> 1 & 3
        if flags & 8:
            message.notes.append("sent again (DUP)")
        if stop <= len(held) and stop - at <= LIMIT:  # as most are, all of it is there
            self._whole(message, bytes(held[at:stop]), start + at)
            del held[:stop]
            return
        side.sink = Whole(message, self._emit, in_place=self.in_place)
        side.left = stop - at
        del held[:at]
        self._close(side, start + at)

    def _whole(self, message: Message, body: bytes, at: int) -> None:
        """Give a message whose payload lies at stream offset `at` in one piece."""
        message.body, message.body_size, message.end = body, len(body), at + len(body)
        if body and self.in_place:
            message.body_start = at
        self.out.append(message)

    @staticmethod
    def _topic(side: _Side, topic: str, found: dict[int, bytes]) -> str:
        alias = int.from_bytes(found.get(ALIAS, b""), "big")
        if alias and topic and len(side.aliases) < ALIASES:
            side.aliases[alias] = topic
        return topic or side.aliases.get(alias, "")

    def _connect(self, direction: int, data: bytes, start: int, end: int) -> None:
        message = Message(NAME, direction, start, end, method="CONNECT")
        try:
            _, at = _block(data, 0)
            level, flags, *_ = data[at : at + 4].ljust(4, b"\0")
            self.version, at = level & 0x7F, at + 4
            if self.version == 5:
                _, at = properties(data, at)
            client, at = _block(data, at)
            message.fields["client_id"] = decoded(client)
            if flags & 4:  # the will
                if self.version == 5:
                    _, at = properties(data, at)
                topic, at = _block(data, at)
                message.path = decoded(topic)
                message.body, at = _block(data, at)
                message.body_size = len(message.body)
                message.fields["will"] = True
            if flags & 0x80:
                message.fields["user"] = decoded(_block(data, at)[0])
        except (MoreError, WrongError):
            message.notes.append("damaged CONNECT")
        message.fields["version"] = self.version
        self.out.append(message)

    def finish(self) -> list[Message]:
        """Give payloads that never ended."""
        for side in self.sides:
            if side.sink is not None:
                side.sink.declared = side.sink.size + side.left
                side.sink.close(side.at, known=True)
                side.sink = None
        return self._given()

    def needed_from(self, direction: int) -> int:
        """Beginning of the packet under way."""
        side = self.sides[direction]
        return side.sink.message.start if side.sink is not None else side.at - len(side.held)


def _head(data: bytearray, at: int) -> None:
    """Raise unless data[at:] is the head of a PUBLISH, or a CONNECT."""
    if data[at] == 0x10:
        verdict = _connects(bytes(data[at : at + 16]), Verdict.YES)
        if verdict is Verdict.MORE:
            raise MoreError
        if verdict is Verdict.NO:
            raise WrongError
        return
    flags = data[at] & 15
    length, place = varint(data, at + 1)
    if place + 2 > len(data):
        raise MoreError
    size = data[place] << 8 | data[place + 1]
    if flags & 6 == 6 or (flags & 8 and not flags & 6) or not 4 <= size <= 256 or size + 2 > length:
        raise WrongError
    topic = bytes(data[place + 2 : place + 2 + size])
    if topic and not _TOPIC.match(topic.ljust(4, b"a")):
        raise WrongError
    if len(topic) < size:
        raise MoreError


def _has_properties(data: bytearray, at: int, stop: int) -> bool:
    """Whether a PUBLISH of unknown version has properties, as those of version 5 have: JSON, JPEG, text look else."""
    try:
        length, after = varint(data, at) if at < stop else (0, stop + 1)
        if after + length > stop:
            return False
        found, _ = properties(data, at)
    except WrongError:
        return False
    return set(found) <= _OF_PUBLISH

"""MQTT 3.1, 3.1.1 and 5.0: one message per PUBLISH and CONNECT; passwords are never kept.

A gap inside a payload leaves a hole there. Behind a lost header, or in a connection met midway, reading starts again at
what can only be the head of a PUBLISH.
"""

from __future__ import annotations

import re
from dataclasses import replace

from netaudit.core.contracts.answers import IN_FIELD, UNACKNOWLEDGED
from netaudit.core.contracts.details import MqttDetails
from netaudit.core.text.charset import decoded
from netaudit.protocols.http1.body import LIMIT, Whole
from netaudit.protocols.message import DOWN, UP, Message
from netaudit.protocols.mqtt.fields import (
    USER,
    MoreError,
    WrongError,
    block,
    check_head,
    connects,
    has_properties,
    properties,
    user_properties,
    varint,
)
from netaudit.protocols.mqtt.publications import LEAST, NAME, SHORTEST, publications
from netaudit.protocols.reader import BaseReader, Opening, Verdict, remember

PORTS = frozenset({1883})
CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PINGREQ, PINGRESP, AUTH = 1, 2, 3, 4, 5, 12, 13, 15
FIRST = frozenset({CONNACK, AUTH})  # what a broker says before it took a client (MQTT 5.0, 3.2, 3.15)
ASKING = frozenset({6, 8, 10})  # PUBREL, SUBSCRIBE, UNSUBSCRIBE, whose flags are 2; those of others are 0 (2.2.2)
ANSWERS = frozenset({4, 5, 6, 7, 11})  # PUBACK to PUBCOMP, UNSUBACK: a number, and only from version 5 on more
FAILED = 0x80  # reasons from here on say so (MQTT 5.0, 2.4)
MOST_EARLY = 16  # publications that are remembered, without their payloads, until the broker takes the client
MOST_UNACKNOWLEDGED = 1024  # those that wait to be acknowledged, likewise
MOST_OTHER = 1 << 20  # bytes of a packet that is no PUBLISH
ALIASES = 4096  # topics remembered for their aliases, per direction
_START = re.compile(rb"[\x10\x30-\x35\x3a-\x3d]")
CONTENT_TYPE, ALIAS = 0x03, 0x23


def recognise(opening: Opening) -> Verdict:
    """A CONNECT; midway a PUBLISH, or anything on the usual port."""
    for data, verdict in ((opening.up, Verdict.YES), (opening.down, Verdict.SWAPPED)):
        if data[:1] == b"\x10":
            return connects(data, verdict)
    if opening.midstream and not opening.upgrade:
        if opening.server_port in PORTS:
            return Verdict.YES
        if opening.client_port in PORTS:
            return Verdict.SWAPPED
    return Verdict.NO if opening.up or not opening.down else Verdict.MORE if opening.down[0] == 0x20 else Verdict.NO


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
        self.early: list[Message] | None = []  # published before the broker said whether it takes anything
        # publications of the client that ask to be acknowledged, by their number, each with its place among them
        self.waiting: dict[int, tuple[int, Message]] = {}
        self.asked = 0  # how many they were so far
        self.pinged = 0  # how many before the last PINGREQ
        self.answered = 0  # how many the broker surely passed over or acknowledged
        self.heard = True  # whether all that the broker said was captured, and read

    def begin(self, opening: Opening) -> None:
        """Midway the first bytes may lie within a packet."""
        self.heard = not opening.midstream
        if opening.midstream:
            for side in self.sides:
                side.lost = True

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take bytes."""
        side = self.sides[direction]
        if side.left and not side.held:
            used = self._payload(side, data, offset)
            data, offset = data[used:], offset + used
        if not (side.held or side.lost) and (used := self._small_ones(direction, data, offset)):
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
        if self.early is not None and len(self.early) < MOST_EARLY:
            new = [one for one in out if type(one) is Message and one.direction == UP and one.method == "PUBLISH"]
            self.early += [replace(one, body=b"") for one in new[: MOST_EARLY - len(self.early)]]
        return out

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """Within a payload a gap is a hole; anywhere else the way is lost."""
        side = self.sides[direction]
        self.heard = self.heard and direction == UP
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

    def _small_ones(self, direction: int, data: bytes, offset: int) -> int:
        """Give the publications that `data` begins with, as far as they are as most are; the bytes that these take.

        `_step` reads them alike, at three times the cost.
        """
        at = 0
        while self.version != 5 and len(data) >= at + SHORTEST and data[at] | 1 == PUBLISH << 4 | 1:
            found = publications(direction, data, offset + at, sure=self.version > 0, at=at)
            if found is None:
                break
            at += len(found.data)
            self._said(direction, PUBLISH)
            if self.together and len(found.rows) >= LEAST:
                self.out.append(found)
                continue
            for message in found.messages():
                message.body_start = message.body_start if self.in_place else -1
                self.out.append(message)
        return at

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
        if side.lost and not _search(side):
            return False
        try:
            return self._packet(direction, side)
        except MoreError:
            return False
        except WrongError:
            self.heard = self.heard and direction == UP
            side.lost = True
            del side.held[:1]
            return True

    def _packet(self, direction: int, side: _Side) -> bool:
        held = side.held
        kind = held[0] >> 4
        length, at = varint(held, 1)
        if kind == PUBLISH:
            self._publish(direction, side, length, at)
            self._said(direction, kind)
            return True
        if held[0] & 15 != (2 if kind in ASKING else 0) or (kind in ANSWERS and length != 2 and self.version in {3, 4}):
            raise WrongError
        if not kind or (length > MOST_OTHER and kind != CONNECT):
            raise WrongError
        if kind == CONNECT and length > 8 * MOST_OTHER:
            raise WrongError
        if len(held) < at + length:
            return False
        start = side.at - len(held)
        if kind == CONNECT:
            self._connect(direction, bytes(held[at : at + length]), start, start + at + length)
        elif kind == CONNACK and length > 1 and direction == DOWN:
            self._answered(direction, held[at + 1], start, start + at + length)
        elif kind in {PUBACK, PUBREC} and length > 1 and direction == DOWN:
            self._acknowledged(bytes(held[at : at + length]), start, start + at + length)
        elif kind == PINGREQ and direction == UP:
            self.pinged = self.asked
        elif kind == PINGRESP and direction == DOWN:
            self.answered = max(self.answered, self.pinged)
        del held[: at + length]
        self._said(direction, kind)
        return True

    def _said(self, direction: int, kind: int) -> None:
        """A broker that says anything else first took the client before this connection was met."""
        if direction == DOWN and kind not in FIRST:
            self.early = None

    def _answered(self, direction: int, code: int, start: int, end: int) -> None:
        """The broker says whether it takes the client; of one it refuses nothing was taken (MQTT 3.1.1, 3.2.2.3)."""
        if code:
            self.waiting.clear()  # of nothing that it refuses an acknowledgement is missed
        for request in (self.early or ()) if code else ():
            self.out.append(Message(NAME, direction, start, end, method="CONNACK", notes=[IN_FIELD], request=request))
        self.early = None

    def _acknowledged(self, content: bytes, start: int, end: int) -> None:
        place, request = self.waiting.pop(content[0] << 8 | content[1], (0, None))
        self.answered = max(self.answered, place)
        if request is not None and content[2:3] >= bytes([FAILED]):
            self.out.append(Message(NAME, DOWN, start, end, method="PUBACK", notes=[IN_FIELD], request=request))

    def _awaits(self, number: int, message: Message) -> None:
        """Remember a publication of QoS 1 or 2; of one under a number that is still waited for, nothing is said."""
        self.asked += 1
        waiting = self.asked, replace(message)  # without the payload, which comes yet
        remember(self.waiting, number, waiting, MOST_UNACKNOWLEDGED)

    def _publish(self, direction: int, side: _Side, length: int, at: int) -> None:
        held, flags = side.held, side.held[0] & 15
        if flags & 6 == 6:
            raise WrongError
        stop = at + length
        topic, at = block(held, at)
        numbered = at if flags & 6 else 0
        at += 2 if numbered else 0
        found: dict[int, bytes] = {}
        begun = at
        if at > stop:
            raise WrongError
        if self.version == 5 or (not self.version and has_properties(held, at, stop)):
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
        if USER in found:
            message.headers = user_properties(bytes(held[begun:at]), 0)
        if numbered and direction == UP:
            self._awaits(held[numbered] << 8 | held[numbered + 1], message)
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
        client_id = user = ""
        try:
            _, at = block(data, 0)
            level, flags, *_ = data[at : at + 4].ljust(4, b"\0")
            self.version, at = level & 0x7F, at + 4
            if self.version == 5:
                _, at = properties(data, at)
            client, at = block(data, at)
            client_id = decoded(client)
            if flags & 4:  # the will
                if self.version == 5:
                    _, at = properties(data, at)
                topic, at = block(data, at)
                message.path = decoded(topic)
                message.body, at = block(data, at)
                message.body_size, message.body_start = len(message.body), end - len(data) + at - len(message.body)
            if flags & 0x80:
                user = decoded(block(data, at)[0])
        except (MoreError, WrongError):
            message.notes.append("damaged CONNECT")
        message.details = MqttDetails(client_id, user, self.version)
        self.out.append(message)

    def finish(self) -> list[Message]:
        """Give payloads that never ended."""
        for side in self.sides:
            if side.sink is not None:
                side.sink.declared = side.sink.size + side.left
                side.sink.close(side.at, known=True)
                side.sink = None
        out = self._given()
        if self.heard and self.early is None:  # it took the client, and nothing that it said was missed
            end = self.sides[DOWN].at
            passed = [one for place, one in self.waiting.values() if place <= self.answered]  # others: it may come yet
            out += [Message(NAME, DOWN, end, end, notes=[UNACKNOWLEDGED], request=one) for one in passed]
        return out

    def needed_from(self, direction: int) -> int:
        """Beginning of the packet under way."""
        side = self.sides[direction]
        if side.sink is not None:
            return side.sink.message.start
        return side.at - len(side.held)


def _search(side: _Side) -> bool:
    """Pass over bytes up to the next head of a PUBLISH, or to where one may begin."""
    at = 0
    while (match := _START.search(side.held, at)) is not None:
        at = match.start()
        try:
            check_head(side.held, at)
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

"""AMQP 0-9-1: publications and deliveries with their content, and what a broker says of those it does not take.

A body comes in frames behind its head. Of publications under confirms (confirm.select) the broker tells by their
number on the channel which it refuses (basic.nack); others it sends back (basic.return), or it closes the channel.
A refusal is told of a publication only where nothing was lost that could make it speak of another.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field, replace

from netaudit.contracts.answers import IN_FIELD
from netaudit.messages.cutting import Frame, Layout
from netaudit.messages.makers.framed_reader import FramedReader
from netaudit.messages.message import DOWN, UP, Message
from netaudit.messages.reader import Opening, Verdict, remember
from netaudit.text.charset import decoded

NAME = "amqp"
GREETING = b"AMQP\x00\x00\x09\x01"
METHOD, HEADER, BODY, HEARTBEAT = 1, 2, 3, 8
END = 0xCE
HEAD, EDGES = 7, 8  # bytes before the payload of a frame; those and the one behind it
MOST = 1 << 20  # bytes of a frame; brokers ask for 128 KiB
MOST_BODY = 16 << 20
MOST_UNDER_WAY, MOST_WAITING = 64, 1024  # contents of a direction; publications of a channel that are not confirmed
MOST_CHANNELS = 64  # of which publications wait; of a connection with more no refusal is told
CONNECTION_CLOSE, CHANNEL_OPEN, CHANNEL_CLOSE, SELECT = (10, 50), (20, 10), (20, 40), (85, 10)
PUBLISH, RETURN, DELIVER, GET_OK, ACK, NACK = (60, 40), (60, 50), (60, 60), (60, 71), (60, 80), (60, 120)
CARRY = {PUBLISH: "publish", RETURN: "return", DELIVER: "deliver", GET_OK: "get"}
TYPED = 0x8000  # flag of a head of content: its first property, the type, is there


def _size(head: bytes) -> int:
    if head == GREETING[:HEAD]:
        return EDGES
    kind, size = head[0], int.from_bytes(head[3:7], "big")
    least = {METHOD: 4, HEADER: 14, BODY: 1, HEARTBEAT: 0}.get(kind)
    return EDGES + size if least is not None and least <= size <= (0 if kind == HEARTBEAT else MOST) else 0


LAYOUT = Layout(HEAD, _size, re.compile(rb"[\x01-\x03]\x00[\x00-\x0f]\x00[\x00-\x7f]", re.DOTALL), 5)


def recognise(opening: Opening) -> Verdict:
    """The greeting of a client."""
    for data, verdict in ((opening.up, Verdict.YES), (opening.down, Verdict.SWAPPED)):
        if data.startswith(GREETING):
            return verdict
        if data and GREETING.startswith(data):
            return Verdict.MORE
    return Verdict.NO


@dataclass(slots=True)
class _Content:
    """What a method carries, under way."""

    message: Message
    size: int = -1  # of the body; -1 until its head came
    got: int = 0
    pieces: list[bytes] = field(default_factory=list)


@dataclass(slots=True)
class _Channel:
    """Publications of a channel that wait for a word of the broker, by their number, without their bodies."""

    confirms: bool = False
    count: int = 0
    waiting: dict[int, Message] = field(default_factory=dict)


class AmqpReader(FramedReader):
    """Reads one connection."""

    name = NAME
    layout = LAYOUT

    def __init__(self) -> None:
        super().__init__()
        self.under_way: tuple[dict[int, _Content], dict[int, _Content]] = ({}, {})
        self.channels: dict[int, _Channel] = {}
        self.sure = True  # whether all that went up was seen; channels that were opened before a loss are not known

    def begin(self, opening: Opening) -> None:
        """Midway nobody knows how many publications came before."""
        super().begin(opening)
        self.sure = not opening.midstream

    def astray(self, direction: int) -> list[Message]:
        """What follows may be of other contents, and publications or words of the broker may be missing."""
        self._unheard(direction)
        return [one for channel in list(self.under_way[direction]) for one in self._give(direction, channel)]

    def _unheard(self, direction: int) -> None:
        if direction == UP:
            self.channels, self.sure = {}, False
        for known in self.channels.values():
            known.waiting.clear()  # some may have been confirmed

    def frame(self, direction: int, frame: Frame) -> list[Message]:
        """A method, a head of content, or a piece of it."""
        if frame.data.startswith(GREETING[:HEAD]):
            return []
        if not frame.intact(0, HEAD) or (frame.intact(frame.size - 1, frame.size) and frame.data[-1] != END):
            return self.astray(direction) + self.carve(direction, frame, 0)
        kind, channel = frame.data[0], int.from_bytes(frame.data[1:3], "big")
        if kind == METHOD:
            return self._method(direction, channel, frame)
        content = self.under_way[direction].get(channel)
        if content is None:
            return self.carve(direction, frame, HEAD) if kind == BODY else []
        if kind == HEADER:
            if content.size >= 0:  # that of a content of which no method was seen
                return self._give(direction, channel)
            return self._header(direction, channel, content, frame)
        return self._body(direction, channel, content, frame) if kind == BODY else []

    def _method(self, direction: int, channel: int, frame: Frame) -> list[Message]:
        out = self._give(direction, channel)  # what was under way there came to no end
        if not frame.intact(HEAD, frame.size - 1):
            self._unheard(direction)
            return out
        payload = frame.data[HEAD:-1]
        which = struct.unpack(">HH", payload[:4])
        if which in CARRY:
            message = Message(NAME, direction, frame.start, frame.end, method=CARRY[which], path=_path(which, payload))
            under_way = self.under_way[direction]
            under_way[channel] = _Content(message)
            if len(under_way) > MOST_UNDER_WAY:
                out += self._give(direction, next(iter(under_way)))
            if which == PUBLISH and direction == UP:
                self._awaits(channel, message)
            if which == RETURN and direction == DOWN:
                out += _refused(frame, self._sent_back(channel, message.path))
        elif which in {CHANNEL_OPEN, SELECT, CHANNEL_CLOSE} and direction == UP:
            self._begins(channel, which)
        elif which in {ACK, NACK} and direction == DOWN and len(payload) >= 13:
            out += self._confirmed(
                frame, channel, which, int.from_bytes(payload[4:12], "big"), several=bool(payload[12] & 1)
            )
        elif which in {CONNECTION_CLOSE, CHANNEL_CLOSE} and direction == DOWN:
            out += self._closed(frame, None if which == CONNECTION_CLOSE else channel, payload)
        return out

    def _channel(self, channel: int) -> _Channel | None:
        """A channel of which all publications are known."""
        return self.channels.setdefault(channel, _Channel()) if self.sure else self.channels.get(channel)

    def _begins(self, channel: int, which: tuple[int, int]) -> None:
        if which != SELECT:
            self.channels[channel] = _Channel()
        elif (known := self._channel(channel)) is not None and not known.confirms:  # it counts from here
            self.channels[channel] = _Channel(confirms=True)

    def _awaits(self, channel: int, message: Message) -> None:
        known = self._channel(channel)
        if len(self.channels) > MOST_CHANNELS:
            self._unheard(UP)
        elif known is not None:
            self._wait(known, message)

    @staticmethod
    def _wait(known: _Channel, message: Message) -> None:
        known.count += 1
        if not known.confirms:
            known.waiting.clear()  # of the last one only an error may speak
        remember(known.waiting, known.count, replace(message), MOST_WAITING)  # without the body, which comes yet

    def _confirmed(
        self, frame: Frame, channel: int, which: tuple[int, int], number: int, *, several: bool
    ) -> list[Message]:
        known = self.channels.get(channel)
        if known is None or not known.confirms:
            return []
        if several:  # all so far; number 0: all that there are
            done = [one for one in known.waiting if one <= number or not number]
        else:
            done = [number] if number in known.waiting else []
        some = [known.waiting.pop(one) for one in done]
        return _refused(frame, some) if which == NACK else []

    def _sent_back(self, channel: int, path: str) -> list[Message]:
        """The one publication of this way that waits; of several nobody knows which it is."""
        known = self.channels.get(channel)
        if known is None or not (known.confirms or known.count == 1) or len(known.waiting) == MOST_WAITING:
            return []
        found = [one for one in known.waiting.values() if one.path == path]
        return found if len(found) == 1 else []

    def _closed(self, frame: Frame, channel: int | None, payload: bytes) -> list[Message]:
        """An error that a publication made: it and what came behind it on its channel were not taken.

        Which one it was is not said: the last one is among them, those before it may have been taken.
        """
        some = list(self.channels.values()) if channel is None else [self.channels.get(channel)]
        used = [one for one in some if one is not None and one.count]
        if channel is None:
            self.channels = {}
        else:
            self.channels.pop(channel, None)
        text = 7 + (payload[6] if len(payload) > 6 else 0)
        alone = len(used) == 1 and (channel is not None or self.sure)  # other channels may have had the error
        if struct.pack(">HH", *PUBLISH) != payload[text : text + 4] or not alone:
            return []
        last = used[0].waiting.get(used[0].count)
        return _refused(frame, [last]) if last is not None else []

    def _header(self, direction: int, channel: int, content: _Content, frame: Frame) -> list[Message]:
        message = content.message
        message.end = frame.end
        if not frame.intact(HEAD, frame.size - 1):
            message.complete, message.unknown_from = False, 0
            return self._give(direction, channel)
        payload = frame.data[HEAD:-1]
        content.size, flags = int.from_bytes(payload[4:12], "big"), int.from_bytes(payload[12:14], "big")
        if flags & TYPED and len(payload) > 14:
            message.content_type = decoded(payload[15 : 15 + payload[14]])
        if content.size > MOST_BODY:
            message.notes.append("limit: size of a body")
            message.complete, message.unknown_from = False, 0
            return self._give(direction, channel)
        return self._give(direction, channel) if not content.size else []

    def _body(self, direction: int, channel: int, content: _Content, frame: Frame) -> list[Message]:
        if content.size < 0:
            return self.carve(direction, frame, HEAD)
        message, size = content.message, frame.size - EDGES
        message.missing += [(first + content.got, last + content.got) for first, last in frame.holes(HEAD, HEAD + size)]
        piece = frame.data[HEAD : HEAD + size]
        if len(piece) < size and message.unknown_from is None:
            message.unknown_from = content.got + len(piece)
        message.body_start = frame.start + HEAD if not content.pieces else -1
        content.pieces.append(piece)
        content.got += size
        message.end = frame.end
        return self._give(direction, channel) if content.got >= content.size else []

    def _give(self, direction: int, channel: int) -> list[Message]:
        content = self.under_way[direction].pop(channel, None)
        if content is None:
            return []
        message = content.message
        message.body, message.body_size = b"".join(content.pieces), max(content.size, content.got)
        if content.got != content.size and message.unknown_from is None:
            message.unknown_from = max(min(content.got, content.size), 0)
        message.complete = message.complete and not message.missing and message.unknown_from is None
        if not message.body:
            message.body_start = -1
        return [message]

    def finish(self) -> list[Message]:
        """Give contents that never ended, too."""
        out = super().finish()
        for direction in (UP, DOWN):
            for channel in list(self.under_way[direction]):
                out += self._give(direction, channel)
        return out

    def needed_from(self, direction: int) -> int:
        """Beginning of the oldest content under way."""
        begins = [one.message.start for one in self.under_way[direction].values()]
        return min([super().needed_from(direction), *begins])


def _refused(frame: Frame, some: list[Message]) -> list[Message]:
    return [
        Message(NAME, DOWN, frame.start, frame.end, method="refusal", notes=[IN_FIELD], request=one) for one in some
    ]


def _path(which: tuple[int, int], payload: bytes) -> str:
    """Exchange and routing key."""
    at = 6 if which in {PUBLISH, RETURN} else 4
    if which == RETURN:
        at += 1 + (payload[at] if at < len(payload) else 0)
    elif which == DELIVER:
        at += 1 + (payload[at] if at < len(payload) else 0) + 9
    elif which == GET_OK:
        at += 9
    names = []
    for _ in range(2):
        size = payload[at] if at < len(payload) else 0
        names.append(decoded(payload[at + 1 : at + 1 + size]))
        at += 1 + size
    return "/".join(names)

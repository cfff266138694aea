"""MQTT within WebSocket messages (MQTT 3.1.1 and 5.0, section 6): packets may begin and end anywhere in them."""

from __future__ import annotations

from netaudit.protocols.message import UP, Message
from netaudit.protocols.mqtt.publications import NAME
from netaudit.protocols.mqtt.reader import MqttReader, recognise
from netaudit.protocols.reader import Opening, Verdict

# types of packets that the client and the server may begin with (MQTT 5.0, 2.1.2, 3.1, 4.12), or none yet
_FIRST = ((b"", b"\x10"), (b"", b"\x20", b"\xf0"))


def is_mqtt(subprotocol: str, message: Message) -> bool:
    """Whether the first message is a CONNECT; where MQTT was agreed on (`mqtt`, `mqttv3.1` …), it may begin one."""
    if subprotocol:
        may = not message.complete or message.body[:1] in _FIRST[message.direction]
        return may and subprotocol.lower().startswith(NAME)
    opening = Opening(message.body[:64], b"", 0, 0, midstream=False)
    return message.direction == UP and recognise(opening) is Verdict.YES


class MqttInside:
    """Turns the WebSocket messages of a connection into MQTT messages, which span the frames that carried them."""

    def __init__(self, host: str) -> None:
        self._reader = MqttReader(in_place=False)
        self._host = host
        self._begun: list[int | None] = [None, None]  # where the packet under way began, in the stream

    def feed_message(self, frame: Message) -> list[Message]:
        """Read one WebSocket message."""
        direction, body = frame.direction, frame.body
        out, at = [], 0
        for start, end in frame.missing:
            out += self._reader.feed(direction, frame.start, body[at:start])
            out += self._reader.gap(direction, frame.start, end - start)
            at = end
        out += self._reader.feed(direction, frame.start, body[at:])
        side = self._reader.sides[direction]
        if frame.unknown_from is not None:
            out += self._reader.gap(direction, frame.start, side.left + 1)
        self._place(frame, out)
        idle = not side.held and not side.left
        self._begun[direction] = None if idle else frame.start if out else self._first(direction, frame.start)
        return out

    def is_astray(self, direction: int) -> bool:
        """Whether what came last was none of its packets."""
        return self._reader.sides[direction].lost

    def _first(self, direction: int, start: int) -> int:
        begun = self._begun[direction]
        return start if begun is None else begun

    def _place(self, frame: Message, out: list[Message]) -> None:
        """Only the first packet that ends in a frame can have begun before it."""
        start = self._first(frame.direction, frame.start)
        for message in out:
            message.start, message.end, start = start, frame.end, frame.start
            message.host = message.host or self._host
            message.notes += [note for note in frame.notes if note not in message.notes]

    def finish(self) -> list[Message]:
        """Give payloads that never ended."""
        out = self._reader.finish()
        for message in out:
            message.start = message.end = self._first(message.direction, message.start)
        return out

    def needed_from(self, direction: int) -> int | None:
        """Where the packet under way began; None when there is none."""
        return self._begun[direction]

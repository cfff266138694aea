"""WebSocket (RFC 6455) with permessage-deflate (RFC 7692), handed over from the HTTP answer that switched to it.

Messages of a WebSocket that continue each other: an image that begins in one and ends in a later one.

RFC 6455 has fragments for that; who sends pieces as messages of their own is read all the same. Messages are held while
an image that began in them has not ended, and given as one once it has; else each by itself, as they came.
"""

from __future__ import annotations

from dataclasses import replace

from netaudit.protocols.carve import Carver
from netaudit.protocols.http1.body import LIMIT
from netaudit.protocols.message import DOWN, UP, Message
from netaudit.protocols.mqtt.publications import NAME
from netaudit.protocols.reader import BaseReader, Opening, Verdict
from netaudit.protocols.websocket.deflate import Inflate
from netaudit.protocols.websocket.frames import WebSocketSide
from netaudit.protocols.websocket.mqtt import MqttInside, is_mqtt
from netaudit.protocols.websocket.rtsp import NAME as RTSP
from netaudit.protocols.websocket.rtsp import RtspInside, is_rtsp

MOST = 4096  # messages held
NOTE = "messages that continue each other, joined: {}"


class Continued:
    """One direction."""

    def __init__(self, direction: int) -> None:
        self.carver = Carver(direction)
        self.direction = direction
        self.at = 0  # bytes of bodies so far
        self.held: list[Message] = []
        self.kept = 0

    def needed_from(self, first: int) -> int:
        """Beginning of the first message that is held."""
        return min(first, self.held[0].start) if self.held else first

    def feed_message(self, message: Message) -> list[Message]:
        """Take a message; those that are complete by now."""
        if not message.complete or self.kept + len(message.body) > LIMIT or len(self.held) >= MOST:
            return [*self.release(), message]
        images = self.carver.feed(self.at, message.body)
        self.at += len(message.body)
        self.held.append(message)
        self.kept += len(message.body)
        if not all(image.complete for image in images):
            return self.release()
        if self.carver.walker is not None:
            return []
        return [self._joined()] if images and len(self.held) > 1 else self._all()

    def release(self) -> list[Message]:
        """Wait no longer: messages as they came."""
        self.carver, self.at = Carver(self.direction), 0
        return self._all()

    def _all(self) -> list[Message]:
        held, self.held, self.kept = self.held, [], 0
        return held

    def _joined(self) -> Message:
        held = self._all()
        first = held[0]
        whole = Message("websocket", self.direction, first.start, held[-1].end, host=first.host, path=first.path)
        whole.content_type = "application/octet-stream"
        whole.body = b"".join(one.body for one in held)
        whole.body_size = len(whole.body)
        whole.notes = [*dict.fromkeys(note for one in held for note in one.notes), NOTE.format(len(held))]
        return whole


def recognise(opening: Opening) -> Verdict:
    """Only what an HTTP answer switched to it: its frames have no mark of their own."""
    return Verdict.YES if opening.upgrade.partition(",")[0].strip() == "websocket" else Verdict.NO


class WebSocketReader(BaseReader):
    """Reads one connection; a message per data message."""

    def __init__(self) -> None:
        self.out: list[Message] = []
        self.sides = (WebSocketSide(UP, self), WebSocketSide(DOWN, self))
        self.host = self.path = ""
        self.inside_protocol = ""
        self.inner: MqttInside | RtspInside | None = None
        self.via: Message | None = None  # the answer that agreed to it
        self.asked = False  # whether it was asked what the messages are
        self.continued = (Continued(UP), Continued(DOWN))
        self.last: list[Message | None] = [None, None]  # what each side said last, without its body

    def begin(self, opening: Opening) -> None:
        """Host, path and compression as the HTTP exchange has settled them."""
        answer = opening.via
        if answer is None:
            return
        self.host, self.path, self.via = answer.host, answer.path, answer
        self.inside_protocol = answer.header("sec-websocket-protocol").strip()[:64]
        extensions = ",".join(value for name, value in answer.headers if name == "sec-websocket-extensions").lower()
        for extension in extensions.split(","):
            if extension.strip().startswith("permessage-deflate"):
                self.sides[UP].inflate = Inflate(extension, "client")
                self.sides[DOWN].inflate = Inflate(extension, "server")
                break

    def message(self, direction: int, start: int) -> Message:
        """A fresh message."""
        return Message("websocket", direction, start, start, host=self.host, path=self.path)

    def refuse(self, direction: int, start: int, end: int, code: int) -> None:
        """One side closed for an error: what the other one had said last, and it did not answer, was not taken."""
        self._note_said()
        if (asked := self.last[1 - direction]) is not None:
            self.out.append(Message("websocket", direction, start, end, method="CLOSE", status=code, request=asked))

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take the next bytes of a direction."""
        self.sides[direction].feed(offset, data)
        return self._given()

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """Take note of missing bytes."""
        self.sides[direction].gap(offset, length)
        return self._given()

    def finish(self) -> list[Message]:
        """Give what is left."""
        for side in self.sides:
            side.finish()
        out = self._given()
        for one in self.continued:
            out += one.release()
        return out + (self.inner.finish() if self.inner is not None else [])

    def let_go(self) -> None:
        """Cut off the sides, which refer back."""
        for side in self.sides:
            vars(side).clear()
        if isinstance(self.inner, RtspInside):
            self.inner.let_go()

    def needed_from(self, direction: int) -> int:
        """Beginning of the message under way."""
        own = self.continued[direction].needed_from(self.sides[direction].needed_from())
        inner = self.inner.needed_from(direction) if self.inner is not None else None
        return own if inner is None else min(own, inner)

    def _given(self) -> list[Message]:
        self._note_said()
        out, self.out = self.out, []
        if not self.asked and (first := next((one for one in out if one.protocol == "websocket"), None)):
            self.asked = True
            if is_mqtt(self.inside_protocol, first):
                self.inner, self.protocol = MqttInside(self.host), NAME
            elif is_rtsp(self.inside_protocol, first):
                self.inner, self.protocol = RtspInside(self.via), RTSP
        if self.inner is None:
            return [given for one in out for given in self._continued(one)]
        return [
            given for one in out for given in (self._inside(one, self.inner) if one.protocol == "websocket" else [one])
        ]

    @staticmethod
    def _inside(message: Message, inner: MqttInside | RtspInside) -> list[Message]:
        """What a message carries; itself, too, where not all of it was understood."""
        found = inner.feed_message(message)
        return [*found, message] if inner.is_astray(message.direction) else found

    def _note_said(self) -> None:
        """Note what each side said last; what was said before something whole from the other one is answered."""
        for one in self.out:
            if one.protocol == "websocket" and not one.method:
                self.last[one.direction] = replace(one, body=b"")
                if one.complete:
                    self.last[1 - one.direction] = None

    def _continued(self, message: Message) -> list[Message]:
        """A message, or those that it goes on and ends."""
        return self.continued[message.direction].feed_message(message) if message.protocol == "websocket" else [message]

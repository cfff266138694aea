"""RTSP within WebSocket messages, as browsers fetch it from cameras (ONVIF Streaming Specification).

What the messages carry is one stream in each direction; where messages begin and end says nothing.
"""

from __future__ import annotations

from netaudit.protocols.message import UP, Message
from netaudit.protocols.places import Places
from netaudit.protocols.reader import Opening, Verdict
from netaudit.protocols.rtsp.opening import TUNNELLED, recognise
from netaudit.protocols.rtsp.reader import RtspReader

NAME = "rtsp"
UNKNOWN = 1 << 17  # bytes: more than any interleaved frame has, so that the way is lost


def is_rtsp(subprotocol: str, message: Message) -> bool:
    """Whether the first message begins with RTSP; where that was agreed on (`rtsp.onvif.org`), may begin with it."""
    begun = message.body[:2300]
    sides = (begun, b"") if message.direction == UP else (b"", begun)
    verdict = recognise(Opening(*sides, 0, 0, midstream=False))
    if not subprotocol:
        return verdict is Verdict.YES
    may = verdict is not Verdict.NO or not message.complete or begun.startswith((b"$", b"RTSP/"))
    return may and subprotocol.lower().startswith(NAME)


class RtspInside:
    """Turns the WebSocket messages of a connection into RTSP messages and media."""

    def __init__(self, via: Message | None) -> None:
        self._reader = RtspReader()
        self._reader.begin(Opening(b"", b"", 0, 0, midstream=False, upgrade=TUNNELLED, via=via))
        self._places = (Places(), Places())

    def feed_message(self, frame: Message) -> list[Message]:
        """Read one WebSocket message."""
        direction, body = frame.direction, frame.body
        places = self._places[direction]
        start, end = frame.start, frame.end
        if frame.body_start >= 0:
            start, end = frame.body_start, frame.body_start + len(body)
        first = places.add(len(body), start, end)
        out: list[Message] = []
        at = 0
        for hole, behind in frame.missing:
            out += self._reader.feed(direction, first + at, body[at:hole]) if hole > at else []
            stop = min(behind, len(body))
            out += self._reader.gap(direction, first + hole, stop - hole) if stop > hole else []
            at = max(at, stop)
        if at < len(body):
            out += self._reader.feed(direction, first + at, body[at:])
        if frame.unknown_from is not None or frame.body_size > len(body):
            out += self._reader.gap(direction, places.add(UNKNOWN, end, end), UNKNOWN)
        self._told(out)
        places.forget(self._reader.needed_from(direction))
        return out

    def is_astray(self, direction: int) -> bool:
        """Whether what came last was none of its messages."""
        return self._reader.sides[direction].seeking

    def finish(self) -> list[Message]:
        """Give what is left."""
        return self._told(self._reader.finish())

    def let_go(self) -> None:
        """The reader inside has sides that refer back."""
        self._reader.let_go()

    def _told(self, found: list[Message]) -> list[Message]:
        for message in found:
            self._places[message.direction].tell(message)
        return found

    def needed_from(self, direction: int) -> int | None:
        """Where the message or picture under way began; None when there is none."""
        inner, places = self._reader.needed_from(direction), self._places[direction]
        return places.outer(inner) if inner < places.end else None

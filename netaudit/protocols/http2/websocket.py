"""WebSocket within one stream of an HTTP/2 connection (RFC 8441): an extended CONNECT, then DATA both ways."""

from __future__ import annotations

from netaudit.core.contracts.details import HttpDetails
from netaudit.protocols.message import UP, Message
from netaudit.protocols.places import Places
from netaudit.protocols.reader import Opening
from netaudit.protocols.websocket.reader import WebSocketReader

MOST = 64  # such streams of a connection at a time; the bodies of others are read as bodies
HOLD = 64 << 10  # client's bytes kept until the answer says how they are compressed
HOLD_EVENTS = 256  # and pieces of them


def asks(message: Message) -> bool:
    """Whether a request wants a WebSocket (RFC 8441, 4)."""
    return message.method == "CONNECT" and message.details == HttpDetails("websocket")


class Tunnel:
    """What is spoken inside one stream."""

    def __init__(self) -> None:
        self.places = (Places(), Places())
        self.reader: WebSocketReader | None = None  # once the answer is known
        self.held = 0
        self.waiting: list[tuple[int, bytes, int]] = []  # inner offset, bytes, length: a gap without bytes; 0: unknown
        self.out: list[Message] = []

    def answered(self, answer: Message | None) -> None:
        """The server has agreed; None: its answer was not captured."""
        if self.reader is not None:
            return
        self.reader = WebSocketReader()
        self.reader.begin(Opening(b"", b"", 0, 0, midstream=False, upgrade="websocket", via=answer))
        waiting, self.waiting = self.waiting, []
        for at, data, length in waiting:
            self._give(UP, at, data, length)
        self.places[UP].forget(self.reader.needed_from(UP))

    def data(self, direction: int, data: bytes, at: int) -> None:
        """Bytes of the stream that lie at `at` of the connection."""
        self._give(direction, self.places[direction].add(len(data), at, at + len(data)), data, len(data))

    def data_lost(self, direction: int, length: int, at: int) -> None:
        """Bytes of the stream were not captured."""
        self._give(direction, self.places[direction].add(length, at, at + length), b"", length)

    def _give(self, direction: int, at: int, data: bytes, length: int) -> None:
        if self.reader is None and direction == UP:
            self._wait(at, data, length)
            if self.held > HOLD or len(self.waiting) > HOLD_EVENTS:
                self.answered(None)
            return
        self.answered(None)
        reader = self.reader
        assert reader is not None
        if data:
            self._feed_inner(reader.feed(direction, at, data))
        elif length:
            self._feed_inner(reader.gap(direction, at, length))
        else:
            self._feed_inner(reader.lose_way(direction, at))
        self.places[direction].forget(reader.needed_from(direction))

    def _wait(self, at: int, data: bytes, length: int) -> None:
        """Keep what the client sends; the same list, however its bytes were cut."""
        self.held += len(data)
        if self.waiting and length and self.waiting[-1][2] and bool(self.waiting[-1][1]) == bool(data):
            before, earlier, count = self.waiting.pop()
            at, data, length = before, earlier + data, count + length
        self.waiting.append((at, data, length))

    def lost_way(self, direction: int) -> None:
        """Frames of this stream may have been missed, nobody knows how many bytes."""
        at = self.places[direction].end
        if self.reader is not None:
            self._feed_inner(self.reader.lose_way(direction, at))
        elif direction == UP and (not self.waiting or self.waiting[-1][2]):
            self.waiting.append((at, b"", 0))

    def finish(self) -> None:
        """The stream has ended."""
        if self.reader is None and self.waiting:
            self.answered(None)
        if self.reader is not None:
            self._feed_inner(self.reader.finish())

    def let_go(self) -> None:
        """Nothing more is asked."""
        if self.reader is not None:
            self.reader.let_go()

    def _feed_inner(self, found: list[Message]) -> None:
        for message in found:
            self.places[message.direction].tell(message)
            message.notes.append("within a stream of HTTP/2")
            self.out.append(message)

    @property
    def kept(self) -> int:
        """Bytes held."""
        return self.reader.kept if self.reader is not None else self.held

    def needed_from(self, direction: int, after: int) -> int:
        """Offset in the connection of the first byte that a later message may begin with."""
        places = self.places[direction]
        if self.reader is None:
            inner = self.waiting[0][0] if direction == UP and self.waiting else places.end
        else:
            inner = self.reader.needed_from(direction)
        return min(after, places.outer(inner)) if inner < places.end else after

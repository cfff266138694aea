"""Messages of a WebSocket that continue each other: an image that begins in one and ends in a later one.

RFC 6455 has fragments for that; who sends pieces as messages of their own is read all the same. Messages are held while
an image that began in them has not ended, and given as one once it has; else each by itself, as they came.
"""

from __future__ import annotations

from netaudit.messages.carve import Carver
from netaudit.messages.http1.body import LIMIT
from netaudit.messages.message import Message

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

    def take(self, message: Message) -> list[Message]:
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

"""STUN (RFC 8489): what calls and cameras begin with to get through routers; media or DTLS follow on the same ports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.core.contracts.details import GreetingDetails
from netaudit.protocols.carve import CarveReader
from netaudit.protocols.marks import ANY, Mark, literal
from netaudit.protocols.message import DOWN, UP, Message
from netaudit.protocols.reader import BaseReader, HandOver, Opening, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "stun"
HEAD = 20
COOKIE = b"\x21\x12\xa4\x42"
SOFTWARE = 0x8022  # attribute
ORDINARY = 64  # bytes of its value


def is_stun(data: bytes) -> bool:
    """Whether a datagram is a STUN message: by its cookie and its length (RFC 8489, 5)."""
    return len(data) >= HEAD and data[0] < 0x40 and data[4:8] == COOKIE and _size(data) == len(data)


def _size(data: bytes) -> int:
    return HEAD + int.from_bytes(data[2:4], "big")


def attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Kinds and values of the attributes of a message (RFC 8489, 14)."""
    at = HEAD
    while at + 4 <= len(data):
        kind, size = int.from_bytes(data[at : at + 2], "big"), int.from_bytes(data[at + 2 : at + 4], "big")
        yield kind, data[at + 4 : at + 4 + size]
        at += 4 + (size + 3 & ~3)


def software(data: bytes) -> str:
    """What the sender calls its program (RFC 8489, 14.14), empty for none."""
    return next((value for kind, value in attributes(data) if kind == SOFTWARE), b"").decode("utf-8", "replace")


MARKS = (Mark((bytes(range(0x40)), *(ANY,) * 3, *literal(COOKIE)), least=HEAD),)


def recognise(opening: Opening) -> Verdict:
    """A first datagram that is a STUN message."""
    data = opening.up or opening.down
    if not data:
        return Verdict.MORE
    return Verdict.YES if is_stun(data) else Verdict.NO


class StunReader(BaseReader):
    """Notes the programs of both sides, until something else comes: that is recognised afresh.

    Relayed data (RFC 8656, 11) may be anything: until then all is searched for images.
    """

    def __init__(self) -> None:
        self.inner = CarveReader()
        self.at = [0, 0]
        self.names = ["", ""]

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take a datagram."""
        if not is_stun(data):
            places = (offset, self.at[DOWN]) if direction == UP else (self.at[UP], offset)
            rests = (data, b"") if direction == UP else (b"", data)
            self.hand_over = HandOver(places, rests, direction)
            return self.inner.finish()
        end = self.at[direction] = offset + len(data)
        out = self.inner.feed(direction, offset, data)
        name = software(data)
        message = Message(NAME, direction, offset, end)
        message.head = b"\n".join(value for _, value in attributes(data) if len(value) > ORDINARY)
        if name not in ("", self.names[direction]):
            self.names[direction] = name
            message.method, message.details = "software", GreetingDetails([name])
        return [*out, message] if message.method or message.head else out

    def finish(self) -> list[Message]:
        """Give images that never ended."""
        return self.inner.finish()

    def needed_from(self, direction: int) -> int:
        """Beginning of the image under way."""
        return self.inner.needed_from(direction)

"""A program stream in a TCP connection of its own, as recorders that dial a platform send it (facts 0.1: 4, 18).

It may have a header of the maker in front, which is passed over. A pack ends where the next one begins.
"""

from __future__ import annotations

from netaudit.core.contracts.details import RtpDetails
from netaudit.protocols.message import DOWN, UP, Message
from netaudit.protocols.reader import BaseReader, Opening, Verdict
from netaudit.protocols.rtp.mpeg_ps import PACK, KeyFrames, key_frame_begins
from netaudit.protocols.rtp.reader import decodes_video
from netaudit.protocols.rtp.video import LIMIT

NAME = "ps"
MARKS = (PACK, b"IMKH", b"HKMI")


def recognise(opening: Opening) -> Verdict:
    """A pack header of MPEG-2, or the maker's mark with one behind it."""
    data = opening.up or opening.down
    if len(data) < 4:
        return Verdict.MORE if any(mark.startswith(data) for mark in MARKS) else Verdict.NO
    if not data.startswith(MARKS):
        return Verdict.NO
    at = data.find(PACK)
    if at < 0 or len(data) <= at + 4:
        return Verdict.MORE
    return Verdict.YES if data[at + 4] >> 6 == 1 else Verdict.NO


def clock(pack: bytes) -> int:
    """Lower 32 bits of a pack's system clock reference, in ticks of 90 kHz (ISO/IEC 13818-1, 2.5.3.3)."""
    bits = int.from_bytes(pack[4:10].ljust(6, b"\0"), "big")
    return ((bits >> 43 & 7) << 30 | (bits >> 27 & 0x7FFF) << 15 | bits >> 11 & 0x7FFF) & 0xFFFF_FFFF


class _Side:
    """One direction."""

    def __init__(self) -> None:
        self.held = bytearray()
        self.at = 0
        self.seen = 0  # bytes of what is held in which no further pack begins
        self.inside = False  # a pack begins what is held
        self.frames = KeyFrames(NAME)

    def feed(self, offset: int, data: bytes) -> list[Message]:
        """Take bytes; the key frames that became whole."""
        self.held += data
        self.at = offset + len(data)
        out: list[Message] = []
        while (found := self.held.find(PACK, self.seen)) >= 0:
            if self.inside:
                out += self._unit(bytes(self.held[:found]))
            del self.held[:found]
            self.inside, self.seen = True, len(PACK)
        self.seen = max(self.seen, len(self.held) - len(PACK) + 1)
        if not self.inside or len(self.held) > LIMIT:
            del self.held[: self.seen]
            self.inside, self.seen = False, 0
        return out

    def _unit(self, unit: bytes) -> list[Message]:
        start, stamp = self.at - len(self.held), clock(unit)
        if self.frames.early(stamp) or not key_frame_begins(unit):
            return []
        return self.frames.message(unit, stamp, start, start + len(unit))

    def lose(self, after: int) -> None:
        """Bytes are missing: the pack under way is lost."""
        self.held.clear()
        self.at, self.seen, self.inside = after, 0, False


class PsReader(BaseReader):
    """Reads one connection. The last pack of a direction is not used: nobody knows whether it is whole."""

    def __init__(self) -> None:
        self.sides = (_Side(), _Side())
        self.named = False

    def begin(self, opening: Opening) -> None:  # noqa: ARG002
        """Without a decoder only the first bytes are of interest."""
        self.looks = decodes_video()

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take bytes."""
        out: list[Message] = []
        if not self.named:
            self.named = True
            message = Message(NAME, direction, offset, offset + 1, method="stream", details=RtpDetails(codec="PS"))
            if not self.looks:
                message.notes.append("video not looked at: PyAV is not installed")
                self.wants_bytes = False
            out.append(message)
        for message in self.sides[direction].feed(offset, data) if self.looks else ():
            message.direction = direction
            out.append(message)
        return out

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """A pack with a hole is not used."""
        self.sides[direction].lose(offset + length)
        return []

    def finish(self) -> list[Message]:
        """Nothing is given that did not end."""
        for way in (UP, DOWN):
            self.sides[way].lose(self.sides[way].at)
        return []

    def needed_from(self, direction: int) -> int:
        """Beginning of the pack under way."""
        side = self.sides[direction]
        return side.at - len(side.held)

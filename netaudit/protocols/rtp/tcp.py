"""RTP in a TCP connection of its own, each packet behind two bytes of length (RFC 4571), as GB/T 28181 sends media."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netaudit.protocols.cutting import Layout
from netaudit.protocols.message import DOWN, UP, Message
from netaudit.protocols.reader import Opening, Verdict
from netaudit.protocols.rtp.mpeg_ps import PACK
from netaudit.protocols.rtp.reader import Sources, payload
from netaudit.protocols.vendors.framed_reader import FramedReader

if TYPE_CHECKING:
    from netaudit.protocols.cutting import Frame

NAME = "rtp"
HEAD = 14  # length and fixed header
CHAIN = 3  # packets that agree, before a stream without a program stream's mark is believed
_MARK = re.compile(rb"..[\x80-\xbf][\x00-\xff]", re.DOTALL)


def size(head: bytes) -> int:
    """Length of what begins with these 14 bytes; 0 when it is no RTP."""
    length = int.from_bytes(head[:2], "big")
    return 2 + length if length >= 12 and head[2] >> 6 == 2 and head[3] & 127 not in range(72, 80) else 0


LAYOUT = Layout(HEAD, size, _MARK, 4)


def layout_of(source: bytes) -> Layout:
    """The layout of packets of one source (its number as four bytes): by it the way is found again after a loss."""
    mark = re.compile(rb"..[\x80-\xbf].{7}" + re.escape(source), re.DOTALL)
    return Layout(HEAD, lambda head: size(head) if head[10:14] == source else 0, mark, HEAD)


def recognise(opening: Opening) -> Verdict:
    """A first packet with a pack header in it, or several that agree on source and type."""
    data = opening.up or opening.down
    if not data:
        return Verdict.MORE
    at, seen = 0, []
    for _ in range(CHAIN):
        head = data[at : at + HEAD]
        if len(head) < HEAD:
            sane = len(head) < 3 or head[2] >> 6 == 2
            return Verdict.MORE if sane else Verdict.NO
        length = size(head)
        if not length:
            return Verdict.NO
        place = payload(data[at + 2 : at + length])
        if place is not None and data[at + 2 + place[0] :].startswith(PACK):
            return Verdict.YES
        seen.append((head[3] & 127, head[10:14], int.from_bytes(head[4:6], "big")))
        if seen[-1][:2] != seen[0][:2] or (seen[-1][2] - seen[0][2]) & 0xFFFF != len(seen) - 1:
            return Verdict.NO
        at += length
    return Verdict.YES


class RtpTcpReader(FramedReader):
    """Reads one connection of media."""

    name = NAME
    layout = LAYOUT

    def __init__(self) -> None:
        super().__init__()
        self.sources = (Sources(), Sources())

    def begin(self, opening: Opening) -> None:
        """Recognition has seen that it begins with a packet, whose source is that of the connection."""
        for cutter, data in zip(self.cutters, (opening.up, opening.down), strict=True):
            if len(data) >= HEAD:
                cutter.layout = layout_of(data[10:14])

    def frame(self, direction: int, frame: Frame) -> list[Message]:
        """One packet; one with a hole counts as lost."""
        if frame.missing or frame.size > len(frame.data):
            return []
        return self._told(direction, self.sources[direction].packet(frame.data[2:], frame.start, frame.end))

    def _told(self, direction: int, found: list[Message]) -> list[Message]:
        for message in found:
            message.direction = direction
        return found

    def finish(self) -> list[Message]:
        """Give what is left."""
        out = super().finish()
        return out + [m for way in (UP, DOWN) for m in self._told(way, self.sources[way].finish())]

    def needed_from(self, direction: int) -> int:
        """Beginning of the packet or key frame under way."""
        return self.sources[direction].needed_from(super().needed_from(direction))

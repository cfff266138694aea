"""Readers of ID cards behind a serial line over TCP (facts 5.12): each read-out of a card as one message."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netaudit.core.contracts.details import StatedDetails
from netaudit.protocols.cutting import Layout
from netaudit.protocols.reader import Opening, Verdict
from netaudit.protocols.vendors.framed_reader import FramedReader

if TYPE_CHECKING:
    from netaudit.protocols.cutting import Frame
    from netaudit.protocols.message import Message

NAME = "idcard"
MARK = b"\xaa\xaa\xaa\x96\x69"
HEAD = 7  # mark, and the length of what follows
MOST = 16 << 10  # bytes of a frame
CARD = b"\x00\x00\x90\x01\x00"  # status of a card that was read, and 256 bytes of text to come
_MARK = re.compile(re.escape(MARK))


def size(head: bytes) -> int:
    """Length of the frame that begins with these 7 bytes; 0 when none does."""
    length = int.from_bytes(head[5:7], "big")
    return HEAD + length if head.startswith(MARK) and 0 < length <= MOST else 0


LAYOUT = Layout(HEAD, size, _MARK, 5)


def recognise(opening: Opening) -> Verdict:
    """The mark and a length."""
    for data in (opening.up, opening.down):
        if data:
            if len(data) < HEAD:
                return Verdict.MORE if MARK.startswith(data[:5]) else Verdict.NO
            return Verdict.YES if size(data[:HEAD]) else Verdict.NO
    return Verdict.MORE


class IdCardReader(FramedReader):
    """Reads one connection: cards have bodies, commands and short answers have none."""

    name = NAME
    layout = LAYOUT

    def frame(self, direction: int, frame: Frame) -> list[Message]:
        """A command, an answer, or a card."""
        card = frame.data[HEAD : HEAD + 5] == CARD
        message = self.message(direction, frame, "card" if card else "frame")
        if card:
            message.body, message.body_start, message.body_size = frame.data, frame.start, frame.size
            message.missing = list(frame.missing)
            if frame.size > len(frame.data):
                message.unknown_from = len(frame.data)
            message.details = StatedDetails(NAME, [("gives", "card read-outs")])
        return [message]

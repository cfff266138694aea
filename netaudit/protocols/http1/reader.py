"""HTTP/1.x (RFC 9110, 9112), sans I/O, for whatever embedded devices make of it.

Both directions may carry requests and responses: a device may open the connection and be asked over it. Each tells
events, in order (`side.py`); the reader passes on what concerns the other one, and `pairing.py` knows what was asked.
"""

from __future__ import annotations

import re

from netaudit.protocols.http1.head import could_begin, obvious
from netaudit.protocols.http1.pairing import Pairing
from netaudit.protocols.http1.side import ANSWERED, LOST, Side
from netaudit.protocols.message import DOWN, UP, Message
from netaudit.protocols.reader import BaseReader, HandOver, Opening, Verdict
from netaudit.protocols.rtsp.http import tunnel_in

_WORD = re.compile(rb"[A-Za-z_-]{1,32}|HTTP/?", re.IGNORECASE)


def recognise(opening: Opening) -> Verdict:
    """HTTP by its first line, in either direction."""
    up = _kind(opening.up)
    down = _kind(opening.down)
    if Verdict.NO in (up, down):
        return Verdict.NO
    if up is Verdict.YES or down is Verdict.SWAPPED:
        return Verdict.YES
    return Verdict.SWAPPED if up is Verdict.SWAPPED or down is Verdict.YES else Verdict.MORE


def _kind(data: bytes) -> Verdict:
    """YES for a request, SWAPPED for a response."""
    data = data.lstrip(b"\r\n")
    if not data:
        return Verdict.MORE
    if data[:5].upper() == b"HTTP/":
        return Verdict.SWAPPED
    if obvious(data):
        return Verdict.YES
    end = data.find(b"\n")
    word = data[: end if end >= 0 else None].partition(b" ")[0]
    if not _WORD.fullmatch(word) or not could_begin(data):
        return Verdict.NO
    return Verdict.YES if end >= 0 else Verdict.MORE


class HttpReader(BaseReader):
    """Reads one flow. With `seeking` it begins by searching, and carves images from what it skips."""

    searches = True

    def __init__(self, *, seeking: bool = False) -> None:
        self.out: list[Message] = []
        self.pairing = Pairing(sure=not seeking)
        self.sides = (Side(UP, self.pairing), Side(DOWN, self.pairing))
        self.spoke = UP  # direction fed last
        if seeking:
            for side in self.sides:
                side.lose_way()

    def begin(self, opening: Opening) -> None:
        """A flow whose beginning is missing may start within a message, or with an answer to an unseen request."""
        if opening.midstream:
            self.pairing.sure = False
            for side in self.sides:
                side.lose_way()

    def stand_at(self, offsets: tuple[int, int]) -> None:
        """Everything before these offsets was read by somebody else, and all that was asked is answered."""
        for side, offset in zip(self.sides, offsets, strict=True):
            side.at = offset

    # -- the reader's contract ----------------------------------------------------------------------------------------

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take the next bytes of a direction."""
        self._turn(direction)
        self.sides[direction].feed(offset, data, self._heed)
        return self._given()

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """Take note of missing bytes."""
        self._turn(direction)
        self.sides[direction].gap(offset, length, self._heed)
        self._heed(self.sides[direction])
        return self._given()

    def _turn(self, direction: int) -> None:
        """Note when the other side begins to speak."""
        if direction != self.spoke:
            self.sides[direction].turned()
        self.spoke = direction

    def finish(self) -> list[Message]:
        """Give what is left."""
        for side in self.sides:
            side.finish(self._heed, ended=self.ended[side.direction])
            self._heed(side)
        self._release()
        return self._given()

    def needed_from(self, direction: int) -> int:
        """Beginning of the message under way, or held back."""
        first, held = self.sides[direction].needed_from(), self.pairing.held_from(direction)
        return first if held is None else min(first, held)

    def _given(self) -> list[Message]:
        if self.pairing.switching and self.hand_over is None:
            self._switch()
        if not self.out:
            return []
        out, self.out = self.out, []
        return out

    def _switch(self) -> None:
        self._release()
        rests = [side.rest() for side in self.sides]
        offsets = [side.at - len(rest) for side, rest in zip(self.sides, rests, strict=True)]
        for side in self.sides:
            side.held.clear()
            side.abandon()
            self._heed(side)
        by = self.pairing.switched_by
        upgrade = "connect"
        if by is not None and by.status == 101:
            upgrade = by.header("upgrade").lower().strip()
        elif by is not None and (tunnel := tunnel_in(by)):
            upgrade = tunnel
        self.hand_over = HandOver((offsets[0], offsets[1]), (rests[0], rests[1]), 1 - self.spoke, upgrade, by)

    # -- what the sides tell ------------------------------------------------------------------------------------------

    def _heed(self, side: Side) -> None:
        """See to what happened in one direction, in order; what follows from it in the other one comes in between."""
        while side.events:
            event = side.events.pop(0)
            if event is ANSWERED:
                other = self.sides[1 - side.direction]
                other.answered()
                self._heed(other)
            elif event is LOST:
                self.pairing.doubt()
                self._release()
                self.pairing.forget()
            elif isinstance(event, Message):
                self._finished(event)

    def _finished(self, message: Message) -> None:
        """A message is finished."""
        if self.pairing.holds(message):
            return
        self.out.append(message)
        if message.status:
            self._after_response(message)
        if message.content_type and tunnel_in(message):
            self.pairing.switch(message)

    def _after_response(self, message: Message) -> None:
        other = self.sides[1 - message.direction]
        if message.status == 101:
            self.pairing.switch(message)
        elif message.status >= 200 and other.paused:
            if message.method == "CONNECT" and message.status < 300:
                self.pairing.switch(message)
            else:
                other.refused(self._heed)

    def _release(self) -> None:
        """Give the response that was held back."""
        released = self.pairing.release()
        if released is not None:
            self._finished(released)

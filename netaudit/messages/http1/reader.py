"""HTTP/1.x (RFC 9110, 9112), sans I/O, for whatever embedded devices make of it.

Both directions may carry requests and responses: a device may open the connection and be asked over it. Requests and
responses are paired in order; where a loss makes the order doubtful, a response stays without request rather than
getting a wrong one.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import replace

from netaudit.messages.http1.head import BODY_METHODS, Head, content_length, could_begin, is_chunked, obvious
from netaudit.messages.http1.side import Framing, Side
from netaudit.messages.message import DOWN, UP, Message
from netaudit.messages.reader import BaseReader, HandOver, Opening, Verdict
from netaudit.messages.rtsp.http import tunnel_in

UNANSWERED = 64  # requests that wait for an answer
SLIM = 64 << 10  # a larger body is not kept with its request until the answer comes
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,15}://([^/?#]*)(.*)\Z", re.DOTALL)
_WORD = re.compile(rb"[A-Za-z_-]{1,32}|HTTP/?", re.IGNORECASE)
_RANGE = re.compile(r"bytes\s+(\S.*)", re.IGNORECASE)


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

    def __init__(self, *, seeking: bool = False) -> None:
        self.out: list[Message] = []
        self.sides = (Side(UP, self), Side(DOWN, self))
        self.pending: tuple[deque[Message], deque[Message]] = (
            deque(),
            deque(),
        )  # unanswered requests of each direction
        self.orphan: Message | None = None  # a response captured before its request
        self.orphan_done = False
        self.sure = not seeking  # nothing was lost so far: answers come in the order of requests
        self.grace = True  # one doubtful moment is forgiven since the last loss
        self.skip = False  # the next response belongs to one of several requests
        self.muted = False  # a pipelining client after a loss: no pairing any more
        self.switching = False
        self.switched_by: Message | None = None
        self.turned = UP  # direction fed last
        if seeking:
            for side in self.sides:
                side.lose_way()

    def begin(self, opening: Opening) -> None:
        """A flow whose beginning is missing may start within a message, or with an answer to an unseen request."""
        if opening.midstream:
            self.sure = False
            for side in self.sides:
                side.lose_way()

    # -- the reader's contract ----------------------------------------------------------------------------------------

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take the next bytes of a direction."""
        self._heed(direction)
        self.sides[direction].feed(offset, data)
        return self._given()

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """Take note of missing bytes."""
        self._heed(direction)
        self.sides[direction].gap(offset, length)
        return self._given()

    def _heed(self, direction: int) -> None:
        """Note when the other side begins to speak."""
        if direction != self.turned:
            self.sides[direction].turned()
        self.turned = direction

    def finish(self) -> list[Message]:
        """Give what is left."""
        for side in self.sides:
            side.finish(ended=self.ended[side.direction])
        self._release()
        return self._given()

    def let_go(self) -> None:
        """Cut off the sides, which refer back."""
        for side in self.sides:
            vars(side).clear()

    def needed_from(self, direction: int) -> int:
        """Beginning of the message under way, or held back."""
        first = self.sides[direction].needed_from()
        if self.orphan is not None and self.orphan.direction == direction:
            first = min(first, self.orphan.start)
        return first

    def _given(self) -> list[Message]:
        if self.switching and self.hand_over is None:
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
        by = self.switched_by
        upgrade = "connect"
        if by is not None and by.status == 101:
            upgrade = by.header("upgrade").lower().strip()
        elif by is not None and (tunnel := tunnel_in(by)):
            upgrade = tunnel
        self.hand_over = HandOver((offsets[0], offsets[1]), (rests[0], rests[1]), 1 - self.turned, upgrade, by)

    # -- what the sides ask -------------------------------------------------------------------------------------------

    def emit(self, message: Message) -> None:
        """A message is finished; a response that came before its request is held back."""
        if message is self.orphan:
            self.orphan_done = True
            return
        if message.body_size > SLIM and not message.status:
            self._slim(message)
        self.out.append(message)
        if message.status:
            self._after_response(message)
        if message.content_type and tunnel_in(message):
            self.switching, self.switched_by = True, message

    def _slim(self, message: Message) -> None:
        """Let the body of an unanswered request go."""
        waiting = self.pending[message.direction]
        for i, request in enumerate(waiting):
            if request is message:
                waiting[i] = replace(message, body=b"")

    def _after_response(self, message: Message) -> None:
        other = self.sides[1 - message.direction]
        if message.status == 101:
            self.switching, self.switched_by = True, message
        elif message.status >= 200 and other.paused:
            if message.method == "CONNECT" and message.status < 300:
                self.switching, self.switched_by = True, message
            else:
                other.refused()

    def lost_way(self) -> None:
        """From now on the order of messages proves less."""
        self.sure, self.grace, self.skip = False, True, False
        self._release()
        for waiting in self.pending:
            waiting.clear()

    def _release(self) -> None:
        """Give the held response; one still under way is given when it is whole."""
        orphan, self.orphan = self.orphan, None
        if orphan is not None and self.orphan_done:
            self.emit(orphan)
        self.orphan_done = False

    def expects_head_answer(self, side: Side) -> bool | None:
        """Whether the next response answers HEAD; None when its request is unknown."""
        waiting = self.pending[1 - side.direction]
        return waiting[0].method == "HEAD" if waiting and not self.skip else None

    def bodiless(self, head: Head) -> bool:
        """Whether a response has no body, whatever was asked."""
        return (
            head.status < 200 or head.status in (204, 304) or not (is_chunked(head) or (content_length(head)[0] or 0))
        )

    def headless_answer(self, side: Side, start: int) -> Message | None:
        """An answer without head (HTTP/0.9): the first bytes of a side whose peer has asked, where nothing was lost."""
        waiting = self.pending[1 - side.direction]
        if not self.sure or start or not waiting:
            return None
        message = Message("http", side.direction, start, start, status=200)
        message.notes.append("no status line: taken as an HTTP/0.9 answer")
        _pair(message, waiting.popleft())
        return message

    def began(self, side: Side, head: Head, start: int, end: int) -> tuple[Message, Framing]:
        """A head was read."""
        message = Message("http", side.direction, start, end, headers=head.headers)
        if head.sloppy:
            message.notes.append("header lines without a colon")
        if head.status:
            self._response(side, head, message)
            framing = self._response_framing(head, message)
        else:
            self._request(head, message)
            framing = self._request_framing(head, message)
        if framing.kind == Framing.CHUNKED and "," in head.get("transfer-encoding"):
            message.fields["transfer_coding"] = head.get("transfer-encoding")
        return message, framing

    # -- requests -----------------------------------------------------------------------------------------------------

    def _request(self, head: Head, message: Message) -> None:
        message.method, message.path = head.method, head.target
        for name, value in head.headers:
            if name == "host":
                message.host = message.host or value
            elif name == "content-type":
                message.content_type = message.content_type or value
            elif name == "content-range":
                _note_range(message, value)
        if head.method == "CONNECT":
            message.host = head.target
        elif absolute := _ABSOLUTE.match(head.target):
            message.host, message.path = absolute[1].rpartition("@")[2], absolute[2] or "/"
        self._await_answer(message)

    def _await_answer(self, message: Message) -> None:
        waiting = self.pending[message.direction]
        if self.sure:
            if self.orphan is not None and self.orphan.direction != message.direction:
                _pair(self.orphan, message)
                self._release()
                return
            waiting.append(message)
            if len(waiting) > UNANSWERED:
                self.sure = False
                waiting.clear()
        elif self.muted:
            return
        elif self.skip or (waiting and not self.grace):
            self.muted = True
            waiting.clear()
        elif waiting:
            self.grace, self.skip = False, True
            waiting.clear()
        else:
            waiting.append(message)

    @staticmethod
    def _request_framing(head: Head, message: Message) -> Framing:
        pause = head.method == "CONNECT" or bool(head.get("upgrade"))
        if tunnel_in(message):
            return Framing(Framing.NONE)
        if is_chunked(head):
            return Framing(Framing.CHUNKED, pause=pause, declared=content_length(head)[0])
        length, note = content_length(head)
        if note:
            message.notes.append(note)
        if length is not None:
            return Framing(Framing.LENGTH, length, pause=pause)
        if head.method in BODY_METHODS and not pause:
            return Framing(Framing.OPEN)
        return Framing(Framing.NONE, pause=pause)

    # -- responses ----------------------------------------------------------------------------------------------------

    def _response(self, side: Side, head: Head, message: Message) -> None:
        message.status = head.status
        for name, value in head.headers:
            if name == "content-type":
                message.content_type = message.content_type or value
            elif name == "content-range":
                _note_range(message, value)
        waiting = self.pending[1 - side.direction]
        if side.unasked and not self.sure:
            pass  # a request that came later is not its own
        elif self.skip and head.status >= 200:
            self.skip = False
        elif waiting and not self.skip:
            final = head.status >= 200 or head.status == 101
            _pair(message, waiting.popleft() if final else waiting[0])
        elif self.sure and head.status >= 200 and not waiting:
            if self.orphan is not None:  # a second one: the requests are not in this capture
                self.sure = False
                self._release()
            else:
                self.orphan, self.orphan_done = message, False
        if head.status >= 200:
            self.sides[1 - side.direction].answered()
        if head.status == 206 and message.content_type.lower().startswith("multipart/byteranges"):
            message.fields["range"] = "multipart"

    @staticmethod
    def _response_framing(head: Head, message: Message) -> Framing:
        if head.status < 200 or head.status in (204, 304) or message.method == "HEAD":
            return Framing(Framing.NONE)
        if (message.method == "CONNECT" and head.status < 300) or tunnel_in(message):
            return Framing(Framing.NONE)
        if is_chunked(head):
            return Framing(Framing.CHUNKED, declared=content_length(head)[0])
        length, note = content_length(head)
        if note:
            message.notes.append(note)
        return Framing(Framing.CLOSE) if length is None else Framing(Framing.LENGTH, length)


def _pair(response: Message, request: Message) -> None:
    response.request = request
    response.method, response.host, response.path = request.method, request.host, request.path


def _note_range(message: Message, value: str) -> None:
    found = _RANGE.match(value)
    message.fields["range"] = found[1] if found else value
    message.notes.append("part of a larger object")

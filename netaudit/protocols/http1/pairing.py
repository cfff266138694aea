"""Which response answers which request of an HTTP/1.x flow. Both directions ask it; it knows neither.

Requests and responses are paired in order; where a loss makes the order doubtful, a response stays without request
rather than getting a wrong one.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from netaudit.core.contracts.answers import PROXIED
from netaudit.protocols.http1.head import BODY_METHODS, Head, chunks_follow, content_length, is_chunked
from netaudit.protocols.message import Message
from netaudit.protocols.rtsp.http import tunnel_in

if TYPE_CHECKING:
    from netaudit.core.contracts.heads import Fields

UNANSWERED = 64  # requests that wait for an answer
SLIM = 64 << 10  # a larger body is not kept with its request until the answer comes
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,15}://([^/?#]*)(.*)\Z", re.DOTALL)
_RANGE = re.compile(r"bytes\s+(\S.*)", re.IGNORECASE)


class Said(NamedTuple):
    """What fields of a head say that pairing and framing ask for."""

    host: str
    content_type: str
    ranges: tuple[str, ...]  # values of Content-Range
    upgrade: bool
    chunked: bool


def said_by(fields: Fields) -> Said:
    """What fields of a head say."""

    def first(name: str) -> str:
        return next((value for key, value in fields if key == name and value), "")

    upgrade = next((value for key, value in fields if key == "upgrade"), "")
    ranges = tuple(value for key, value in fields if key == "content-range")
    return Said(first("host"), first("content-type"), ranges, bool(upgrade), chunks_follow(fields))


class Framing:
    """How the body of a message ends."""

    __slots__ = ("declared", "kind", "length", "pause")

    NONE, LENGTH, CHUNKED, CLOSE, OPEN = range(5)  # OPEN: a request body without any length

    def __init__(self, kind: int, length: int = 0, *, pause: bool = False, declared: int | None = None) -> None:
        self.kind = kind
        self.declared = declared  # Content-Length beside chunks, should there be no chunks
        self.length = length
        self.pause = pause  # what follows may be another protocol: wait for the answer


class Pairing:
    """What was asked and not answered yet, in both directions, and how sure the order is."""

    __slots__ = (
        "_grace", "_muted", "_orphan", "_orphan_done", "_pending", "_skip", "sure", "switched_by", "switching",
    )  # fmt: skip

    def __init__(self, *, sure: bool) -> None:
        """`sure`: nothing was lost so far, so answers come in the order of requests."""
        self.sure = sure
        self.switching = False  # the flow changes to another protocol …
        self.switched_by: Message | None = None  # … by this message
        self._pending: tuple[list[Message], list[Message]] = ([], [])  # requests of each direction
        self._orphan: Message | None = None  # a response captured before its request
        self._orphan_done = False
        self._grace = True  # one doubtful moment is forgiven since the last loss
        self._skip = False  # the next response belongs to one of several requests
        self._muted = False  # a pipelining client after a loss: no pairing any more

    # -- what the directions ask --------------------------------------------------------------------------------------

    def expects_head_answer(self, direction: int) -> bool | None:
        """Whether the next response of a direction answers HEAD; None when its request is unknown."""
        waiting = self._pending[1 - direction]
        return waiting[0].method == "HEAD" if waiting and not self._skip else None

    def headless_answer(self, direction: int, start: int) -> Message | None:
        """An answer without head (HTTP/0.9): the first bytes of a side whose peer has asked, where nothing was lost."""
        waiting = self._pending[1 - direction]
        if not self.sure or start or not waiting:
            return None
        message = Message("http", direction, start, start, status=200)
        message.notes.append("no status line: taken as an HTTP/0.9 answer")
        _pair(message, waiting.pop(0))
        return message

    def began(
        self, direction: int, head: Head, start: int, end: int, *, unasked: bool
    ) -> tuple[Message, Framing, Message | None]:
        """A head was read: its message, how its body ends, and a response that was held back until now.

        `unasked`: a response that began before any request that waits now.
        """
        message = Message("http", direction, start, end, headers=head.headers, head=head.raw)
        if head.form is not None:
            message.has_form(head.form)
        if head.sloppy:
            message.notes.append("header lines without a colon")
        if head.status:
            released = self._response(head, message, unasked=unasked)
            return message, _response_framing(head, message), released
        released = self._request(head, message)
        return message, _request_framing(head, message), released

    def _request(self, head: Head, message: Message) -> Message | None:
        message.method, message.path = head.method, head.target
        facts = message.form.read(said_by)
        message.host, message.content_type = facts.host, facts.content_type
        for value in facts.ranges:
            _note_range(message, value)
        if head.method == "CONNECT":
            message.host = head.target
        elif absolute := _ABSOLUTE.match(head.target):
            message.host, message.path = absolute[1].rpartition("@")[2], absolute[2] or "/"
            message.notes.append(PROXIED)
        return self._await_answer(message)

    def _await_answer(self, message: Message) -> Message | None:
        waiting = self._pending[message.direction]
        if self.sure:
            if self._orphan is not None and self._orphan.direction != message.direction:
                _pair(self._orphan, message)
                return self.release()
            waiting.append(message)
            if len(waiting) > UNANSWERED:
                self.sure = False
                waiting.clear()
        elif self._muted:
            pass
        elif self._skip or (waiting and not self._grace):
            self._muted = True
            waiting.clear()
        elif waiting:
            self._grace, self._skip = False, True
            waiting.clear()
        else:
            waiting.append(message)
        return None

    def _response(self, head: Head, message: Message, *, unasked: bool) -> Message | None:
        message.status = head.status
        facts = message.form.read(said_by)
        message.content_type = facts.content_type
        for value in facts.ranges:
            _note_range(message, value)
        waiting, released = self._pending[1 - message.direction], None
        if unasked and not self.sure:
            pass  # a request that came later is not its own
        elif self._skip and head.status >= 200:
            self._skip = False
        elif waiting and not self._skip:
            final = head.status >= 200 or head.status == 101
            _pair(message, waiting.pop(0) if final else waiting[0])
        elif self.sure and head.status >= 200 and not waiting:
            if self._orphan is not None:  # a second one: the requests are not in this capture
                self.sure = False
                released = self.release()
            else:
                self._orphan, self._orphan_done = message, False
        if head.status == 206 and message.content_type.lower().startswith("multipart/byteranges"):
            message.file_range = "multipart"
        return released

    # -- what becomes of messages -------------------------------------------------------------------------------------

    def holds(self, message: Message) -> bool:
        """Whether a finished message is held back: a response that came before its request."""
        if message is self._orphan:
            self._orphan_done = True
            return True
        if message.body_size > SLIM and not message.status:
            self._slim(message)
        return False

    def _slim(self, message: Message) -> None:
        """Let the body of an unanswered request go."""
        waiting = self._pending[message.direction]
        for i, request in enumerate(waiting):
            if request is message:
                waiting[i] = replace(message, body=b"")

    def release(self) -> Message | None:
        """The held response; one still under way is given when it is whole."""
        orphan, done = self._orphan, self._orphan_done
        self._orphan, self._orphan_done = None, False
        return orphan if done else None

    def held_from(self, direction: int) -> int | None:
        """Where the response begins that is held back, if one of this direction is."""
        return self._orphan.start if self._orphan is not None and self._orphan.direction == direction else None

    def doubt(self) -> None:
        """From now on the order of messages proves less."""
        self.sure, self._grace, self._skip = False, True, False

    def forget(self) -> None:
        """No request waits any more."""
        for waiting in self._pending:
            waiting.clear()

    def switch(self, by: Message) -> None:
        """The flow changes to another protocol."""
        self.switching, self.switched_by = True, by


def bodiless(head: Head) -> bool:
    """Whether a response has no body, whatever was asked."""
    return head.status < 200 or head.status in (204, 304) or not (is_chunked(head) or (content_length(head)[0] or 0))


def _request_framing(head: Head, message: Message) -> Framing:
    facts = message.form.read(said_by)
    pause = head.method == "CONNECT" or facts.upgrade
    if tunnel_in(message):
        return Framing(Framing.NONE)
    if facts.chunked:
        return Framing(Framing.CHUNKED, pause=pause, declared=content_length(head)[0])
    length, note = content_length(head)
    if note:
        message.notes.append(note)
    if length is not None:
        return Framing(Framing.LENGTH, length, pause=pause)
    if head.method in BODY_METHODS and not pause:
        return Framing(Framing.OPEN)
    return Framing(Framing.NONE, pause=pause)


def _response_framing(head: Head, message: Message) -> Framing:
    if head.status < 200 or head.status in (204, 304) or message.method == "HEAD":
        return Framing(Framing.NONE)
    if (message.method == "CONNECT" and head.status < 300) or tunnel_in(message):
        return Framing(Framing.NONE)
    if message.form.read(said_by).chunked:
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
    message.file_range = found[1] if found else value
    message.notes.append("part of a larger object")

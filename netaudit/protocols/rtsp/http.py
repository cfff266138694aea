"""RTSP tunnelled in HTTP, as cameras offer it for firewalls (QuickTime; ONVIF Streaming Specification, 5.1.1.2).

Two connections: a GET whose answer never ends and carries the server's side as it is, media too, and a POST whose body
is the client's side in base64. Both name the same `x-sessioncookie`. Each is read by itself: the answers and the media
are whole without the questions.
"""

from __future__ import annotations

import base64
import re
from itertools import islice
from typing import TYPE_CHECKING

from netaudit.protocols.carve import Carver
from netaudit.protocols.message import DOWN, UP, Message
from netaudit.protocols.places import Places
from netaudit.protocols.reader import BaseReader, Opening, Verdict
from netaudit.protocols.rtsp.opening import TUNNELLED, begins_with_request
from netaudit.protocols.rtsp.reader import RtspReader

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTENT_TYPE = "application/x-rtsp-tunnelled"
POSTED = "rtsp posted"  # what a flow is switched to behind the head of the POST
RUNS_AT_ONCE = 1024  # of base64 between other bytes: a reader copies what it waits for at each feeding
_GROUP = re.compile(rb"(?:[A-Za-z0-9+/]{4})+|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==")
_OPENING = 20  # letters, more than those of the longest method
_LETTERS_ALONE = re.compile(rb"[A-Za-z0-9+/]*")
_LETTERS = re.compile(rb"[A-Za-z0-9+/]{0,3}=?\Z")


def tunnel_in(message: Message) -> str:
    """What follows the head of an HTTP message: the server's side, the client's side, or HTTP as ever (empty)."""
    declared = message.content_type
    if len(declared) < len(CONTENT_TYPE) or not declared.lower().startswith(CONTENT_TYPE):
        return ""
    if message.status:
        return TUNNELLED if message.status == 200 and message.method in ("GET", "") else ""
    return POSTED if message.method == "POST" and message.header("x-sessioncookie") else ""


def recognise(opening: Opening) -> Verdict:
    """Only behind the head of such a POST, and where a request is what the base64 stands for."""
    if opening.upgrade != POSTED:
        return Verdict.NO
    letters = opening.up.lstrip(b"\r\n")[:_OPENING]
    if opening.midstream or (len(letters) == _OPENING and _GROUP.fullmatch(letters)):
        known = opening.midstream or begins_with_request(base64.b64decode(letters))
        return Verdict.YES if known else Verdict.NO
    return Verdict.MORE if len(letters) < _OPENING and _LETTERS_ALONE.fullmatch(letters) else Verdict.NO


class PostReader(BaseReader):
    """Reads the client's side out of its base64. Each request is encoded by itself, so there may be `=` anywhere."""

    protocol = "rtsp"

    def __init__(self) -> None:
        self.reader = RtspReader()
        self.places = Places()
        self.held = b""  # letters of a group under way
        self.at = 0
        self.skip = 0  # letters of a group that was broken by a loss
        self.carver = Carver(DOWN)
        self.down = 0

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take the next bytes of a direction; the server has nothing to say here."""
        if direction == DOWN:
            self.down = offset + len(data)
            return self.carver.feed(offset, data)
        self.at = offset + len(data)
        skipped = min(self.skip, len(data))
        self.skip -= skipped
        out: list[Message] = []
        decoded = self._decoded(offset + skipped, data[skipped:])
        while runs := list(islice(decoded, RUNS_AT_ONCE)):
            first = self.places.end
            for plain, start, end in runs:
                self.places.add(len(plain), start, end)
            out += self._told(self.reader.feed(UP, first, b"".join([plain for plain, _, _ in runs])))
            self.places.forget(self.reader.needed_from(UP))
        return out

    def _decoded(self, offset: int, data: bytes) -> Iterator[tuple[bytes, int, int]]:
        """Bytes that whole groups stand for, and where these lie; anything between groups is passed over."""
        base = offset - len(self.held)
        data, self.held = self.held + data, b""
        at = 0
        while at < len(data):
            found = _GROUP.match(data, at)
            if found is not None:
                yield base64.b64decode(found[0]), base + at, base + found.end()
                at = found.end()
            elif _LETTERS.match(data, at):
                self.held = data[at:]
                return
            else:
                at += 1

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """Groups have four letters, with padding too: the next whole one is known after any loss."""
        if direction == DOWN:
            self.down = offset + length
            return self.carver.gap(offset, length)
        self.at = offset + length
        if self.skip >= length:
            self.skip -= length
            return []
        lost = len(self.held) + length - self.skip
        groups = -(-lost // 4)
        self.skip, self.held = 4 * groups - lost, b""
        first = self.places.add(3 * groups, offset, offset + length)
        return self._told(self.reader.gap(UP, first, 3 * groups))

    def finish(self) -> list[Message]:
        """Give what is left."""
        return self._told(self.reader.finish()) + self.carver.finish()

    def let_go(self) -> None:
        """The reader inside has sides that refer back."""
        self.reader.let_go()

    def needed_from(self, direction: int) -> int:
        """Beginning of the request under way."""
        if direction == DOWN:
            return self.carver.needed_from(self.down)
        inner = self.reader.needed_from(UP)
        return self.places.outer(inner) if inner < self.places.end else self.at - len(self.held)

    def _told(self, found: list[Message]) -> list[Message]:
        for message in found:
            self.places.tell(message)
            message.body_start = -1
        return found

"""TCP flows that nobody recognised: images and HTTP in them, and TLS that begins behind an unknown prelude.

Databases, directories and remote desktops talk a little before they turn to TLS. A hello inside a flow is only
believed when the other direction answers with one; until then all bytes go on being searched for images.
"""

from __future__ import annotations

import re

from netaudit.protocols.http1.reader import HttpReader
from netaudit.protocols.message import DOWN, UP, Message
from netaudit.protocols.reader import BaseReader, HandOver
from netaudit.protocols.tls.hello import CLIENT_HELLO

PRELUDE = 16 << 10  # bytes of a direction in which a hello is looked for
HELD_BACK = 64 << 10  # bytes behind a hello after which its answer is not waited for
# a record with a hello of 38 to 65,535 bytes in it: type, version, length, type, length, version (RFC 8446, 5.1)
_HELLO = re.compile(rb"\x16\x03[\x00-\x04][\x00-\x48].([\x01\x02])\x00..\x03[\x00-\x04]", re.DOTALL)
_LENGTH = 11
_BEGUN = (rb"\x16", rb"\x03", rb"[\x00-\x04]", rb"[\x00-\x48]", rb".", rb"[\x01\x02]", rb"\x00", rb".", rb".", rb"\x03")
# the longest end of a text with which a hello may begin
_BEGINNING = re.compile(b"|".join(b"".join(_BEGUN[:n]) + rb"\Z" for n in range(len(_BEGUN), 0, -1)), re.DOTALL)


class _Seeker:
    """Looks for the first hello of one direction."""

    def __init__(self) -> None:
        self.pending = b""  # taken, but not passed on
        self.end = 0  # stream offset behind it
        self.prelude = -1  # stream offset up to which a hello is looked for
        self.found = -1  # stream offset of the hello
        self.kind = 0
        self.kept = b""  # from the hello on

    @property
    def begin(self) -> int:
        """Stream offset of the first byte that was not passed on."""
        return self.end - len(self.pending)

    def feed(self, offset: int, data: bytes) -> None:
        """Take the next bytes."""
        self.end = offset + len(data)
        self.prelude = offset + PRELUDE if self.prelude < 0 else self.prelude
        self.pending += data
        if self.found >= 0:
            self.kept += data
        elif match := _HELLO.search(self.pending, 0, max(0, self.prelude + _LENGTH - 1 - self.begin)):
            self.found, self.kind, self.kept = self.begin + match.start(), match[1][0], self.pending[match.start() :]

    @property
    def settled(self) -> int:
        """Stream offset up to which all is known: behind it a hello may be beginning."""
        if self.found < 0 and self.begin < self.prelude:
            cut = _BEGINNING.search(self.pending, max(0, len(self.pending) - _LENGTH + 1))
            if cut is not None and self.begin + cut.start() < self.prelude:
                return self.begin + cut.start()
        return self.end

    def passed(self, upto: int) -> bytes:
        """Bytes up to a stream offset that were not passed on yet."""
        size = max(0, upto - self.begin)
        given, self.pending = self.pending[:size], self.pending[size:]
        return given


class UnknownReader(BaseReader):
    """Reads one flow, or what is left of one."""

    searches = True

    def __init__(self) -> None:
        self.inner = HttpReader(seeking=True)
        self.seekers = (_Seeker(), _Seeker())
        self.seeking = True

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take the next bytes of a direction."""
        if not self.seeking:
            return self._heard(self.inner.feed(direction, offset, data))
        own, other = self.seekers[direction], self.seekers[1 - direction]
        own.feed(offset, data)
        if own.found >= 0 and other.found >= 0 and own.kind != other.kind:
            return self._turn(direction)
        out = self._pass(direction, own.settled)
        if len(own.kept) > HELD_BACK or (own.found < 0 and own.begin >= own.prelude):
            out += self._stop()
        return out

    def _stop(self) -> list[Message]:
        """Seek no more: pass on what was held for it."""
        out: list[Message] = []
        self.seeking = False
        for direction, seeker in enumerate(self.seekers):
            if self.hand_over is None:
                out += self._pass(direction, seeker.end)
            seeker.kept = b""
        return out

    def _pass(self, direction: int, upto: int) -> list[Message]:
        """Give the inner reader the bytes of a direction up to a stream offset."""
        seeker = self.seekers[direction]
        start = seeker.begin
        data = seeker.passed(upto)
        return self._heard(self.inner.feed(direction, start, data)) if data else []

    def _heard(self, messages: list[Message]) -> list[Message]:
        """What the inner reader gave; when it hands over, bytes it did not get go along."""
        wish = self.inner.hand_over
        if wish is not None:
            up, down = (rest + seeker.passed(seeker.end) for rest, seeker in zip(wish.rest, self.seekers, strict=True))
            self.hand_over = HandOver(wish.offsets, (up, down), wish.first, wish.upgrade, wish.via)
        return messages

    def _turn(self, direction: int) -> list[Message]:
        """Both directions have said hello: from there on it is TLS."""
        out = self._pass(direction, self.seekers[direction].found)
        up, down = self.seekers
        first = UP if up.kind == CLIENT_HELLO else DOWN
        if self.hand_over is None:
            out += self.inner.finish()
            self.hand_over = HandOver((up.found, down.found), (up.kept, down.kept), first, "tls")
        return out

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """Take note of missing bytes; behind a hello they leave nothing to turn to."""
        out: list[Message] = []
        if self.seeking:
            seeker = self.seekers[direction]
            out = self._pass(direction, seeker.end) if seeker.found < 0 else self._stop()
        if self.hand_over is None:
            out += self._heard(self.inner.gap(direction, offset, length))
        return out

    def finish(self) -> list[Message]:
        """Give what is left."""
        out = self._stop()
        if self.hand_over is None:
            self.inner.ended = self.ended
            out += self._heard(self.inner.finish())
        return out

    def let_go(self) -> None:
        """Be asked nothing more."""
        self.inner.let_go()

    def needed_from(self, direction: int) -> int:
        """Beginning of the message under way, or of a hello that waits for its answer."""
        seeker = self.seekers[direction]
        first = self.inner.needed_from(direction)
        if not self.seeking:
            return first
        return min(first, seeker.begin, seeker.found) if seeker.found >= 0 else min(first, seeker.begin)

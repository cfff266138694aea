"""TLS: what the hellos say in clear (RFC 8446, 4.1; RFC 6066, 3; RFC 7301), and certificate names up to TLS 1.2.

Behind the handshake nothing is readable without keys: once it is over the reader wants no more bytes. But anybody can
write a hello: where clear HTTP follows instead of records it is read as that, and where it stands in records, as what
they carry. Where keys were given, an opener (`decryption/tls.py`) gets the same bytes beside it, and its plaintext is
carried on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netaudit.protocols.decryption.carried import Carried
from netaudit.protocols.message import DOWN, UP, Message
from netaudit.protocols.reader import CARVE, BaseReader, HandOver, Opening, Verdict
from netaudit.protocols.tls.handshake import LARGEST, Handshake
from netaudit.protocols.tls.hello import CLIENT_HELLO, SERVER_HELLO
from netaudit.protocols.tls.hello_details import OLD_HEAD, old_size

if TYPE_CHECKING:
    from netaudit.protocols.decryption.carried import Outcome
    from netaudit.protocols.decryption.tls import TlsOpener

HANDSHAKE, APPLICATION = 22, 23
RECORD_LIMIT = (1 << 14) + 2048  # bytes of a record's fragment (RFC 5246, 6.2.3)
CLEAR = re.compile(rb"(?:GET|POST|PUT|HEAD|PATCH|DELETE|OPTIONS) [/*h]|HTTP/1\.[01] |\xff\xd8\xff|\x89PNG\r\n")
TOLD, TOLD_LOST = 9, 64  # bytes that tell clear words, and a text that begins anywhere
WORDS = re.compile(rb"[\x80-\xbf]{0,3}(?:[\t\r\n -~]|[\xc2-\xf4][\x80-\xbf]{1,3}){16}")
LONGEST = 1 << 19  # bytes of one direction in which a handshake must end
PATIENCE = 64 << 10  # bytes of one direction after which the other is not waited for


def recognise(opening: Opening) -> Verdict:
    """TLS by its first record in either direction, also where the capture begins between two records."""
    verdicts = [_record(opening.up), _record(opening.down)]
    if Verdict.NO in verdicts:
        return _recognise_old(opening)
    for direction, data in enumerate((opening.up, opening.down)):
        if verdicts[direction] is Verdict.YES:
            if data[0] == HANDSHAKE and data[5] in (CLIENT_HELLO, SERVER_HELLO):
                return Verdict.YES if (data[5] == CLIENT_HELLO) == (direction == UP) else Verdict.SWAPPED
            return Verdict.YES
    return Verdict.MORE


def _recognise_old(opening: Opening) -> Verdict:
    """A hello in the form of SSL 2.0 on one side, and nothing but TLS on the other."""
    for data, other, verdict in ((opening.up, opening.down, Verdict.YES), (opening.down, opening.up, Verdict.SWAPPED)):
        size = old_size(data) if data else 0
        if size and _record(other) is not Verdict.NO:
            return verdict if size > 0 else Verdict.MORE
    return Verdict.NO


def _record(data: bytes) -> Verdict:
    """Whether bytes begin with a record header; a handshake record must begin with a known message."""
    if not data:
        return Verdict.MORE
    if not 20 <= data[0] <= 23 or (len(data) > 1 and data[1] != 3) or (len(data) > 2 and data[2] > 4):
        return Verdict.NO
    if len(data) < 6:
        return Verdict.MORE
    length = data[3] << 8 | data[4]
    if not 0 < length <= RECORD_LIMIT:
        return Verdict.NO
    return Verdict.YES


class _Side:
    """One direction: records are taken apart, handshake messages put together."""

    def __init__(self) -> None:
        self.held = bytearray()  # of the record under way
        self.first = -1  # stream offset at which reading began
        self.at = 0  # stream offset behind held
        self.skip = 0  # bytes of an uninteresting record to come
        self.handshake = bytearray()
        self.start = -1  # stream offset of the record in which handshake[0] lies
        self.done = False
        self.judged = False  # what follows the handshake was looked at
        self.lost = False  # it begins behind a loss


class TlsReader(BaseReader):
    """Reads the hellos of one flow."""

    searches = True

    def __init__(self) -> None:
        self.sides = (_Side(), _Side())
        self.handshake = Handshake("tls", "tcp")
        self.opener: TlsOpener | None = None
        self.plain = False  # what records of application data carry is not encrypted

    def begin(self, opening: Opening) -> None:  # noqa: ARG002
        """Where keys were given, open with them."""
        if self.keys is not None:
            from netaudit.protocols.decryption.tls import TlsOpener

            self.opener = TlsOpener(self.keys)
            self.carried = self.opener.carried

    @property
    def outcome(self) -> Outcome | None:
        """What became of the connection, where keys were given."""
        return self.opener.outcome if self.opener is not None else None

    def enough(self) -> None:
        """Open no more."""
        if self.opener is not None:
            self.opener.alive = False
        self._consider(self.sides[UP])

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take the next bytes."""
        side, out, fed = self.sides[direction], [], data
        side.at = offset + len(data)
        side.first = offset if side.first < 0 else side.first
        if not side.judged:
            if side.skip:
                cut = min(side.skip, len(data))
                side.skip -= cut
                data = data[cut:]
            side.held += data
            out = self._begin(direction, side)
        if self.opener is not None and self.opener.alive:
            self.opener.feed(direction, offset, fed)
        self._consider(side)
        return out

    def _begin(self, direction: int, side: _Side) -> list[Message]:
        """Records, in front of which a hello in the form of SSL 2.0 may stand."""
        size = old_size(bytes(side.held[:OLD_HEAD])) if side.at - len(side.held) == side.first else 0
        if not size:
            return self._records(direction, side)
        if not 0 < size <= len(side.held):
            return []
        message = self.handshake.parse_old(direction, bytes(side.held[:size]))
        message.start, message.end = side.first, side.first + size
        del side.held[:size]
        return [message, *self._records(direction, side)]

    def _records(self, direction: int, side: _Side) -> list[Message]:
        out: list[Message] = []
        while len(side.held) >= 6 and not side.done:
            length = side.held[3] << 8 | side.held[4]
            start = side.at - len(side.held)
            if (
                _record(bytes(side.held[:6])) is Verdict.NO
                or (side.held[0] == APPLICATION and not self._is_plain(side))
                or (not self.plain and start - side.first > LONGEST)
            ):
                side.done = True
            elif side.held[0] == APPLICATION:
                if len(side.held) < 5 + length:
                    break
                data = bytes(side.held[5 : 5 + length])
                self.carried = self.carried if self.carried is not None else []
                self.carried.append(Carried(direction, data, length, ([length], [start + 5], [start + 5 + length])))
                del side.held[: 5 + length]
            elif side.held[0] != HANDSHAKE:
                cut = min(5 + length, len(side.held))
                side.skip = 5 + length - cut
                del side.held[:cut]
                if side.skip:
                    break
            elif len(side.held) < 5 + length:
                break
            else:
                if not side.handshake:
                    side.start = start
                side.handshake += side.held[5 : 5 + length]
                del side.held[: 5 + length]
                out += self._messages(direction, side, start + 5 + length)
        if side.done and len(side.held) >= (TOLD_LOST if side.lost else TOLD):
            self._consider_stray(direction, side)
            side.judged = True
            side.held.clear()
            side.handshake.clear()
        return out

    def _is_plain(self, side: _Side) -> bool:
        """Whether records of application data are none: the first of one direction says it, of both."""
        self.plain = self.plain or (self.opener is None and CLEAR.match(side.held, 5) is not None)
        return self.plain

    def _consider_stray(self, direction: int, side: _Side) -> None:
        """Anybody can write a hello: where no record follows and nobody answered, the rest is searched for images.

        Clear HTTP is read as that, whoever answered and however little of a hello stood in front.
        """
        other = self.sides[1 - direction]
        clear = CLEAR.match(side.held) is not None or (side.lost and WORDS.match(side.held) is not None)
        answered = self.handshake.given[1 - direction] or other.held
        if self.opener is not None or _record(bytes(side.held[:6])) is not Verdict.NO:
            return
        if not clear and (answered or not self.handshake.given[direction]):
            return
        rests, places = [b"", b""], [self.sides[UP].at, self.sides[DOWN].at]
        rests[direction] = bytes(side.held)
        places[direction] = side.at - len(side.held)
        self.hand_over = HandOver(
            (places[UP], places[DOWN]), (rests[UP], rests[DOWN]), direction, "" if clear else CARVE
        )

    def _messages(self, direction: int, side: _Side, end: int) -> list[Message]:
        """Handshake messages that are whole; `end` is the end of the last record."""
        out: list[Message] = []
        while len(side.handshake) >= 4 and not side.done:
            size = int.from_bytes(side.handshake[1:4], "big")
            if size > LARGEST:
                side.done = True  # encrypted, or no handshake
                break
            if len(side.handshake) < 4 + size:
                break
            raw = bytes(side.handshake[: 4 + size])
            del side.handshake[: 4 + size]
            message = self.handshake.parse(direction, raw)
            side.done = self.handshake.done[direction]
            if message is not None:
                message.start, message.end = side.start, end
                out.append(message)
        return out

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """A gap loses the place of the records."""
        side = self.sides[direction]
        side.at = offset + length
        side.done, side.lost = True, not side.judged
        side.held.clear()
        side.handshake.clear()
        if self.opener is not None:
            self.opener.gap(direction, offset, length)
        self._consider(side)
        return []

    def finish(self) -> list[Message]:
        """The opener says what became of the connection."""
        if self.opener is not None:
            self.opener.finish()
        return []

    def _consider(self, side: _Side) -> None:
        if (self.opener is not None and self.opener.alive) or self.hand_over is not None:
            return
        up, down = self.sides
        if (up.judged and down.judged) or (side.judged and side.at > PATIENCE):
            self.wants_bytes = False

    def needed_from(self, direction: int) -> int:
        """Beginning of the handshake message under way."""
        side = self.sides[direction]
        first = side.at
        if not side.done:
            first = side.start if side.handshake else side.at - len(side.held)
        return first if self.opener is None else min(first, self.opener.needed_from(direction))

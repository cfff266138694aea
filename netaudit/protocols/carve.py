"""Images in bytes that nobody understands: found by magic number, walked to their end, given with exact ranges."""

from __future__ import annotations

import base64
import binascii
import re

import numpy as np

from netaudit.protocols.extents import CAP, NEED, REJECT, Base64, Buffer, Walker, classify
from netaudit.protocols.identities import Surroundings
from netaudit.protocols.kernels import next_image_mark
from netaudit.protocols.message import DOWN, UP, Message
from netaudit.protocols.pieces import Pieces
from netaudit.protocols.reader import BaseReader

MARK = 4  # bytes a magic number needs to be noticed
DEAD = 1 << 16  # remembered offsets
PASSED = 64 << 10  # bytes that are put aside at once
LOOK_BACK = 4  # bytes before its place that a walker looks at
_DIGITS = re.compile(rb"(?<!\d)\d{2,8}(?!\d)")
NOTHING = Pieces()  # stays empty; most directions carry no image
LEAD = 16  # bytes before an image in which its length may stand
FRAMING_NOTE = "nothing says how its carrier frames it: bytes of the carrier may stand in it"
CAP_NOTE = "image over 32 MiB: only the first part kept"


class Carver:
    """One direction. Holds at most one image under way.

    `framed`: these are the bytes that a protocol carries, without its own heads; else nobody knows whose they are.
    """

    __slots__ = ("base", "dead", "direction", "framed", "front", "lead", "missing", "out", "tail", "walker", "work")

    def __init__(self, direction: int, *, framed: bool = True) -> None:
        self.direction = direction
        self.framed = framed
        self.front = NOTHING  # bytes of the image under way that its walker has passed
        self.work: Buffer = b""  # what is kept: the rest of it, or the few bytes in which one may begin
        self.base = 0  # stream offset of work[0]
        self.walker: Walker | None = None  # of the image at work[0]
        self.tail = b""  # the last bytes before work[0]
        self.lead = b""  # those before the image under way
        self.missing: list[tuple[int, int]] = []
        self.dead: set[int] | None = None  # offsets that lead nowhere
        self.out: list[Message] = []

    def feed(self, offset: int, data: bytes, *, alone: bool = False) -> list[Message]:
        """Take the next bytes of this direction; `alone`: look for no other image than that under way."""
        start = 0
        if self.walker is not None:
            if not isinstance(self.work, bytearray):
                self.work = bytearray(self.work)
            self.work += data
            start = self._walk(0)
        elif self.work:
            self.work = bytes(self.work) + data
        else:
            self.work, self.base = data, offset
        if alone and start >= 0:
            self._keep(len(self.work))
        while start >= 0 and not alone:
            start = self._search(start)
        return self._given()

    def _given(self) -> list[Message]:
        out, self.out = self.out, []
        return out

    def _walk(self, start: int) -> int:
        """Let the walker go on; where to search next, -1 when it waits for bytes."""
        walker = self.walker
        assert walker is not None
        passed = self.front.size
        self.dead = self.dead or set()
        end = walker.step(self.work, start - passed, self.base, self.dead)
        if end == NEED and passed + len(self.work) - start <= CAP:
            self._keep(start)
            self._pass(walker)
            return -1
        if end == NEED or end > CAP:  # the same whether or not the rest is here already
            end, walker.broken = CAP, True
            self._emit(walker, start, end, [CAP_NOTE])
        elif end > 0:
            self._emit(walker, start, end, [])
        self.walker = None
        self.missing = []
        return start + (end - passed if end > 0 else 1)

    def _pass(self, walker: Walker) -> None:
        """Put aside what the walker has passed and will never look at again."""
        count = min(walker.pos - LOOK_BACK - self.front.size, len(self.work) - LOOK_BACK)
        if count >= PASSED and walker.sure:
            self._put_aside(bytes(self.work[:count]))
            self.work = bytearray(self.work[count:])
            self.base += count

    def _put_aside(self, data: bytes) -> None:
        self.front = Pieces() if self.front is NOTHING else self.front
        self.front.append(data)

    def _search(self, start: int) -> int:
        """Find the next image from work[start]; where to go on, -1 when all is seen."""
        if not isinstance(self.work, bytes):
            self.work = bytes(self.work)
        at = next_image_mark(np.frombuffer(self.work, np.uint8), start) if len(self.work) - start >= MARK else -1
        if at < 0:
            self._keep(max(start, len(self.work) - MARK + 1))
            return -1
        chosen = classify(self.work, at)
        if isinstance(chosen, Walker):
            self.walker = chosen
            self.lead = (self.tail + bytes(self.work[max(0, at - LEAD) : at]))[-LEAD:]
            return self._walk(at)
        if chosen == NEED:
            self._keep(at)
            return -1
        return at + 1

    def _keep(self, start: int) -> None:
        if start:
            self.tail = (self.tail + bytes(self.work[max(0, start - LEAD) : start]))[-LEAD:]
            self.work = self.work[start:]
        self.base += start
        if self.dead and len(self.dead) > DEAD:
            self.dead = {at for at in self.dead if at >= self.base}

    def gap(self, offset: int, length: int) -> list[Message]:
        """Bytes of this direction are missing: bridge them, or end the image under way as incomplete."""
        walker, have = self.walker, self.front.size + len(self.work)
        near = have + length <= CAP and not self.front.too_long(length, len(self.work))
        if walker is not None and near and walker.bridges(have, length):
            if walker.sure and walker.pos > have + length:
                self._put_aside(bytes(self.work))
                self.front.zeros(length)
                self.base += len(self.work) + length
                self.work = bytearray()
            else:
                self.work = bytearray(self.work) + bytes(length)
            if self.missing and self.missing[-1][1] == have:
                have = self.missing.pop()[0]
            self.missing.append((have, self.front.size + len(self.work)))
            start = self._walk(0)
            while start >= 0:
                start = self._search(start)
            return self._given()
        return [*self.finish(), *self._given()] if offset >= 0 else []

    def finish(self) -> list[Message]:
        """End the image under way as incomplete."""
        if self.walker is not None:
            self._close(self.walker)
        self.work, self.walker, self.missing = b"", None, []
        self.front, self.dead = NOTHING, None
        return self._given()

    def _close(self, walker: Walker) -> None:
        size = self.front.size + len(self.work)
        text_ends = isinstance(walker, Base64) and size >= 256
        if text_ends or not isinstance(walker, Base64):
            walker.broken = True
            self._emit(walker, 0, size, [])

    def _emit(self, walker: Walker, start: int, end: int, notes: list[str]) -> None:
        first = self.base + start - self.front.size
        body = self.front.flush() if self.front.size else b""
        body = body[:end] + bytes(self.work[start : start + end - len(body)]) if len(body) < end else body[:end]
        missing = [(a, min(b, end)) for a, b in self.missing if a < end]
        message = Message("carved", self.direction, first, first + end, content_type=walker.content_type, notes=notes)
        message.body, message.body_start, message.body_size, message.missing = body, first, end, missing
        message.unknown_from = end if walker.broken else None
        if isinstance(walker, Base64):
            _decode(message)
        elif message.unknown_from is None and first and not self.framed and not is_framed(self.lead, end):
            message.unknown_from = end
            message.notes.append(FRAMING_NOTE)
        message.complete = message.unknown_from is None and not missing
        self.out.append(message)

    def needed_from(self, after: int) -> int:
        """Stream offset from which bytes are still needed; `after` is where the last feed ended."""
        return self.base - self.front.size if self.work or self.front.size else after


def is_framed(lead: bytes, size: int) -> bool:
    """Whether a length before an image is its own: from its first byte, or from behind the field, or with the field.

    `lead` are the bytes before it, `size` its own. An image that stands elsewhere among bytes of a protocol that nobody
    knows may have been cut into packets, pages or records, whose heads then lie within it.
    """
    for width in (2, 3, 4):
        for at in range(len(lead) - width + 1):
            between = len(lead) - at - width
            counted = {size, size + between, size + between + width}
            field = lead[at : at + width]
            if int.from_bytes(field) in counted or int.from_bytes(field, "little") in counted:
                return True
    return any(int(digits) == size for digits in _DIGITS.findall(lead))


def _decode(message: Message) -> None:
    """Replace a carved base64 text by the image in it, cut to the image's own length."""
    text = message.body.replace(b"\\/", b"/").replace(b"\\r", b"").replace(b"\\n", b"")
    text = b"".join(text.split()).rstrip(b"=\\")
    text = text[: len(text) - 1] if len(text) % 4 == 1 else text
    try:
        body = base64.b64decode(text + b"=" * (-len(text) % 4))
    except binascii.Error:  # cannot come from a run of base64 characters; kept as text if it does
        return
    message.body, message.body_start, message.body_size = body, -1, len(body)
    walker = classify(body, 0)
    end = walker.step(body, 0, 0, set()) if isinstance(walker, Walker) else REJECT
    if end > 0 and isinstance(walker, Walker):
        message.body, message.body_size = body[:end], end
        message.unknown_from = end if walker.broken else None
    else:
        message.unknown_from = len(body)


class Search:
    """Looks in one direction for images, and for identity numbers with what stands around them."""

    __slots__ = ("carver", "numbers")

    def __init__(self, direction: int) -> None:
        self.carver = Carver(direction, framed=False)
        self.numbers = Surroundings(direction)

    def feed(self, offset: int, data: bytes) -> list[Message]:
        """Take the next bytes of this direction."""
        out = self.carver.feed(offset, data)
        if found := self.numbers.feed(offset, data):
            out += found
        return out

    def gap(self, offset: int, length: int) -> list[Message]:
        """Bytes of this direction are missing."""
        return self.carver.gap(offset, length) + self.numbers.gap()

    def finish(self, *, ended: bool) -> list[Message]:
        """Nothing follows."""
        return self.carver.finish() + self.numbers.finish(ended=ended)

    def needed_from(self, after: int) -> int:
        """Stream offset from which bytes are still needed; `after` is where the last feed ended."""
        return min(self.carver.needed_from(after), self.numbers.needed_from(after))


class CarveReader(BaseReader):
    """Searches both directions of a flow whose protocol nobody knows."""

    joins_datagrams = True

    searches = True

    def __init__(self) -> None:
        self.sides = (Search(UP), Search(DOWN))
        self.at = [0, 0]

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take bytes; an image may reach over several datagrams of a UDP flow."""
        self.at[direction] = offset + len(data)
        return self.sides[direction].feed(offset, data)

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """Take note of missing bytes."""
        self.at[direction] = offset + length
        return self.sides[direction].gap(offset, length)

    def finish(self) -> list[Message]:
        """Give images that never ended, as incomplete."""
        return self.sides[UP].finish(ended=True) + self.sides[DOWN].finish(ended=True)

    def needed_from(self, direction: int) -> int:
        """Beginning of the image under way."""
        return self.sides[direction].needed_from(self.at[direction])

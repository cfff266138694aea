"""Documents in connections of protocols that nobody knows: found by where they begin, cut out by where they end.

Terminals and gates wrap their documents in heads, lengths and check bytes of their own. JSON and XML end by themselves,
whatever stands around them. Binary documents and pictures behind lines of text are cut by a length in front of them,
where frames of that length follow each other without a gap, or one is all there is. What is no document is searched as
all unknown bytes are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from netaudit.messages.carve import LEAD as LONGEST_LEAD
from netaudit.messages.carve import CarveReader, Search
from netaudit.messages.marks import Mark
from netaudit.messages.message import DOWN, UP, Message
from netaudit.messages.reader import BaseReader, Opening, Verdict

LEAD = 32  # bytes in which a document begins behind the end of the one before
MOST = 4 << 20  # bytes of a document; from there on all is searched
MOST_DOCUMENTS = 50_000  # of a direction; what follows is searched as all unknown bytes are
CHECK = 8  # bytes behind the document of a datagram
LEAST_DATAGRAM = 24  # bytes of one with a document that is worth reading
MARKS = (Mark(least=LEAST_DATAGRAM, holds=(b"{[", 0, LEAD + 1)),)
MARKER = 10  # first bytes of a document by which the next one is found
_TEXT = re.compile(
    rb'\{\s{0,8}"[^"\x00-\x1f]{1,64}"\s?:|\[\s{0,4}\{\s{0,4}"[^"\x00-\x1f]{1,64}"\s?:'
    rb"|<\?xml\s|<[A-Za-z][\w:.-]{2,40}(?:\s[^<>\x00]{0,200})?>"
)
# MessagePack and CBOR: a map whose first key is a short word
_BINARY = re.compile(
    rb"(?:[\x81-\x8f]|\xde\x00[\x01-\x40])[\xa1-\xb4][A-Za-z_][\w.-]{0,19}"
    rb"|(?:[\xa1-\xb7\xbf]|\xb8[\x18-\x40])[\x61-\x74][A-Za-z_][\w.-]{0,19}"
)
# possessive: each line is read in one way only, so that lines without an end cost no more than they are long
_LINES = re.compile(rb"[^\x00-\x1f]{1,64}+\r?\n(?:[^\x00-\x1f:=]{1,48}+[:=][^\x00-\x1f]{0,301}+\r?\n){2,48}+\r?\n")
_SIZE = re.compile(rb"[:=] ?(\d{2,8})\r?\n")
_MARKS = re.compile(rb'["{}\[\]]')
_ROOT = re.compile(rb"<([A-Za-z][\w:.-]{0,80})")


@dataclass(slots=True)
class Frame:
    """A document in what is held, or lines of text with what follows them."""

    begin: int
    end: int  # of the document
    upto: int  # what follows it up to here is of the frame: bytes that the lines announce


class _Json:
    """Where a JSON text ends; asked again when more came."""

    def __init__(self, begin: int) -> None:
        self.at, self.depth, self.quoted = begin, 0, False

    def end(self, data: bytes) -> int:
        while self.at < len(data):
            if self.quoted:
                close = data.find(b'"', self.at)
                if close < 0:
                    self.at = max(self.at, len(data.rstrip(b"\\")))
                    return 0
                slashes = close - len(data[self.at : close].rstrip(b"\\")) - self.at
                self.at, self.quoted = close + 1, slashes % 2 == 1
                continue
            mark = _MARKS.search(data, self.at)
            if mark is None:
                self.at = len(data)
                return 0
            self.at = mark.end()
            self.quoted = mark[0] == b'"'
            self.depth += (mark[0] in b"{[") - (mark[0] in b"}]")
            if not self.depth and not self.quoted:
                return self.at
        return 0


class _Xml:
    """Where an XML document ends: behind the first closing tag of its root."""

    def __init__(self, begin: int) -> None:
        self.at, self.close = begin, b""

    def end(self, data: bytes) -> int:
        if not self.close:
            root = _ROOT.search(data, self.at)
            if root is None or root.end() == len(data):
                return 0
            self.close, self.at = b"</" + root[1] + b">", root.end()
        found = data.find(self.close, self.at)
        self.at = max(self.at, len(data) - len(self.close))
        return found + len(self.close) if found >= 0 else 0


@dataclass(frozen=True, slots=True)
class Length:
    """Where frames say how long they are: `at`, `width`, `order`; `more` bytes are not counted."""

    at: int
    width: int
    order: str
    more: int
    head: int  # bytes before the document

    def of(self, data: bytes, begin: int) -> int:
        """Bytes of the frame that begins there; 0 where it is none."""
        field = data[begin + self.at : begin + self.at + self.width]
        size = int.from_bytes(field, "big" if self.order == "big" else "little") + self.more
        return size if self.head < size <= MOST else 0


def lengths(data: bytes) -> Iterator[Length]:
    """Ways in which the first frame may say its length: of all, of what follows the field, of the document alone."""
    for head in range(2, 17):
        if _BINARY.match(data, head):
            for width in (4, 2):
                for at in range(head - width + 1):
                    for order in ("big", "little"):
                        for more in dict.fromkeys((0, at + width, head, head + 1, head + 2, head + 4)):
                            one = Length(at, width, order, more, head)
                            if one.of(data, 0):
                                yield one


def begins(data: bytes) -> bool:
    """Whether a document, or lines with a length, stand at the beginning of a direction."""
    if _TEXT.search(data, 0, LEAD + 256) is not None and _begin(data) >= 0:
        return True
    if (lines := _LINES.match(data)) is not None:
        return _SIZE.search(lines[0]) is not None
    return next(lengths(data), None) is not None


def _begin(data: bytes, at: int = 0) -> int:
    """Where a text begins within the lead, -1 for nowhere."""
    found = _TEXT.search(data, at, at + LEAD + 256)
    return found.start() if found is not None and found.start() <= at + LEAD else -1


def recognise(opening: Opening) -> Verdict:
    """A document, or a length and one, at the beginning of a direction."""
    if opening.midstream or opening.upgrade:
        return Verdict.NO
    if begins(opening.up) or begins(opening.down):
        return Verdict.YES
    settled = len(opening.up) >= LEAD + 256 and len(opening.down) >= LEAD + 256
    return Verdict.NO if settled else Verdict.MORE


def recognise_datagram(opening: Opening) -> Verdict:
    """A whole JSON text behind a short head, and at most a few check bytes behind it."""
    data = opening.up or opening.down
    return Verdict.YES if not opening.upgrade and _body_span(data) is not None else Verdict.NO


def _body_span(data: bytes) -> tuple[int, int] | None:
    """Where the JSON text of a datagram begins and ends."""
    begin = _begin(data) if len(data) >= LEAST_DATAGRAM else -1
    if begin < 0 or data[begin : begin + 1] not in {b"{", b"["}:
        return None
    end = _Json(begin).end(data)
    return (begin, end) if end and len(data) - end <= CHECK else None


class FramedDatagrams(CarveReader):
    """Reads a document from each datagram that is one; the others are searched as all unknown bytes are."""

    joins_datagrams = False

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take a datagram."""
        if (span := _body_span(data)) is None:
            return super().feed(direction, offset, data)
        self.at[direction] = offset + len(data)
        out = self.sides[direction].finish(ended=False)
        message = Message("carved", direction, offset, offset + len(data), method="frame")
        message.body, message.body_start, message.body_size = data[slice(*span)], offset + span[0], span[1] - span[0]
        return [*out, message]


class Side:
    """One direction: what is held of a frame that is not whole, and the search for all else."""

    def __init__(self, direction: int) -> None:
        self.direction = direction
        self.search = Search(direction)
        self.held = b""
        self.base = 0  # stream offset of held[0]
        self.marker = b""
        self.length: Length | None = None
        self.under_way: tuple[int, Callable[[bytes], int]] | None = None  # where a text begins, and what tells its end
        self.given_up = False
        self.documents = 0

    def feed(self, offset: int, data: bytes) -> list[Message]:
        """Take the next bytes."""
        if self.given_up:
            return self.search.feed(offset, data)
        if not self.held:
            self.base = offset
        self.held += data
        return self._cut(final=False)

    def _cut(self, *, final: bool) -> list[Message]:
        out: list[Message] = []
        while self.held:
            frame = self._next(final=final)
            if frame is None:
                if len(self.held) > MOST:
                    out += self._give_up()
                break
            out += self._loose(frame.begin)
            out += self._document(frame.end - frame.begin)
            if self.documents >= MOST_DOCUMENTS:
                return out + self._give_up()
            if frame.upto > frame.end:
                out += self._loose(frame.upto - frame.end)
        return out

    def _next(self, *, final: bool) -> Frame | None:
        """The next frame that is whole."""
        if self.under_way is None:
            if (frame := self._sized(final=final)) is not None:
                return frame
            if self.length is not None:
                return None
            begin = _begin(self.held)
            if begin < 0 and self.marker:
                begin = self.held.find(self.marker)
            if begin < 0:
                return None
            is_json = self.held[begin : begin + 1] in {b"{", b"["}
            self.under_way = begin, _Json(begin).end if is_json else _Xml(begin).end
        begin, tells = self.under_way
        end = tells(self.held)
        if not end:
            return None
        self.under_way = None
        self.marker = self.held[begin : begin + MARKER]
        return Frame(begin, end, end)

    def _sized(self, *, final: bool) -> Frame | None:
        """A frame that says its length, where what follows it proves it, or it is all there is."""
        held = self.held
        if self.length is not None:
            size = self.length.of(held, 0) if len(held) >= self.length.head else 0
            return Frame(self.length.head, size, size) if size and len(held) >= size else None
        if (lines := _LINES.match(held)) is not None:
            for length in _SIZE.findall(lines[0]):
                size = lines.end() + int(length)
                first = held.partition(b"\n")[0][:MARKER]
                if (len(held) > size + len(first) and held.startswith(first, size)) or (final and len(held) == size):
                    return Frame(0, lines.end(), size)
            return None
        if self.marker:
            return None
        for one in lengths(held):
            size = one.of(held, 0)
            follows = len(held) > size + one.head + 2 and _BINARY.match(held, size + one.head) is not None
            if (follows and held.startswith(held[: one.at], size)) or (final and len(held) == size):
                self.length = one
                return Frame(one.head, size, size)
        return None

    def _loose(self, count: int) -> list[Message]:
        """Give the first bytes of what is held to the search."""
        data, self.held = self.held[:count], self.held[count:]
        out = self.search.feed(self.base, data) if data else []
        self.base += count
        return out

    def _document(self, count: int, *, cut: bool = False) -> list[Message]:
        """A message of the first bytes of what is held; what was searched before it ends there."""
        out = self.search.finish(ended=False)
        body, self.held = self.held[:count], self.held[count:]
        message = Message("carved", self.direction, self.base, self.base + count, method="frame")
        message.body, message.body_start, message.body_size = body, self.base, count
        if cut:
            message.complete, message.unknown_from = False, count
        self.base += count
        self.documents += 1
        self.search.carver.tail = body[-LONGEST_LEAD:]
        return [*out, message]

    def _give_up(self) -> list[Message]:
        self.given_up = True
        return self._loose(len(self.held))

    def gap(self, offset: int, length: int) -> list[Message]:
        """Bytes are missing: the document under way ends there, and the next one is found by how they begin."""
        out = self._ended(final=False)
        return out + self.search.gap(offset, length)

    def finish(self, *, ended: bool) -> list[Message]:
        """Nothing follows."""
        out = self._cut(final=True) if self.held else []
        return out + self._ended(final=True) + self.search.finish(ended=ended)

    def _ended(self, *, final: bool) -> list[Message]:
        out: list[Message] = []
        if self.under_way is not None and len(self.held) - self.under_way[0] > MARKER:
            out += self._loose(self.under_way[0])
            out += self._document(len(self.held), cut=True)
        self.under_way = None
        if self.held:
            out += self._loose(len(self.held))
        self.given_up = self.given_up or (not final and not self.marker)
        return out

    def needed_from(self, after: int) -> int:
        """Stream offset from which bytes are still needed."""
        needed = self.search.needed_from(self.base if self.held else after)
        return min(needed, self.base) if self.held else needed


class FramedDocuments(BaseReader):
    """Reads one connection."""

    def __init__(self) -> None:
        self.sides = (Side(UP), Side(DOWN))
        self.at = [0, 0]

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take bytes."""
        self.at[direction] = offset + len(data)
        return self.sides[direction].feed(offset, data)

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """Take note of missing bytes."""
        self.at[direction] = offset + length
        return self.sides[direction].gap(offset, length)

    def finish(self) -> list[Message]:
        """Give what was cut by the end."""
        return self.sides[UP].finish(ended=True) + self.sides[DOWN].finish(ended=True)

    def needed_from(self, direction: int) -> int:
        """Beginning of the document or image under way."""
        return self.sides[direction].needed_from(self.at[direction])

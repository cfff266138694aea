"""Find documents in connections and datagrams of unknown protocols.

JSON and XML end by themselves, whatever frames, lengths and check bytes stand around them. An image behind lines of
text is cut by the length in these lines if the next frame begins there or the connection ends there. All other bytes
go to the generic search.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from netaudit.protocols.carve import CarveReader
from netaudit.protocols.marks import Mark
from netaudit.protocols.message import DOWN, UP, Message
from netaudit.protocols.protocol_starts import LONGEST, find_http_or_tls
from netaudit.protocols.reader import CARVE, BaseReader, HandOver, Opening, Verdict

LEAD = 32  # bytes in which a document begins behind the end of the one before, or behind …
LEAD_LINES = 1024  # … lines of text, as brokers of messages have them, of so many bytes
MOST = 4 << 20  # bytes of a document; from there on all is searched
MOST_DOCUMENTS = 50_000  # of a direction; what follows is searched as all unknown bytes are
CHECK = 8  # bytes behind the document of a datagram
LEAST_DATAGRAM = 24  # bytes of one with a document that is worth reading
MARKS = (Mark(least=LEAST_DATAGRAM, holds=(b"{[<=", 0, LEAD + 1)),)
TOO_LONG = "limit: document size"
SPARE = 64  # bytes behind a frame that prove it
MARKER = 10  # first bytes of a document by which the next one is found
_TEXTS = (
    re.compile(rb'\{\s{0,8}"[^"\x00-\x1f]{1,64}"\s?:|\[\s{0,4}\{\s{0,4}"[^"\x00-\x1f]{1,64}"\s?:'),
    re.compile(rb"<\?xml\s|<[A-Za-z][\w:.-]{2,40}(?:\s[^<>\x00]{0,200})?>"),
)
# possessive: each line is read in one way only, so that lines without an end cost no more than they are long
_LINES = re.compile(rb"[^\x00-\x1f]{1,64}+\r?\n(?:[^\x00-\x1f:=]{1,48}+[:=][^\x00-\x1f]{0,301}+\r?\n){2,48}+\r?\n")
_HEAD = re.compile(rb"(?:\x00{0,4}[\t\x20-\x7e\x80-\xff]{0,512}+\r?\n){1,32}+")
# a datagram that is a line of pairs, with marks about it
_PAIRED = re.compile(
    rb"[^\w\s\x00-\x1f]?(?:\w{1,16}[;|&,]){0,2}\w{1,40}=[^=\x00-\x1f;|&,]{0,200}"
    rb"(?:[;|&,\r\n\t] ?\w{1,40}=[^=\x00-\x1f;|&,]{0,200}){2,64}[;|&,#*!\r\n]{0,4}"
)
_SIZE = re.compile(rb"[:=] ?(\d{2,8})\r?\n")
_MARKS = re.compile(rb'["{}\[\]]')
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # in no XML (1.0, 2.2)
_ROOT = re.compile(rb"<([A-Za-z][\w:.-]{0,80})")


@dataclass(slots=True)
class Frame:
    """A document in what is held, or lines of text with what follows them."""

    begin: int
    end: int  # of the document
    upto: int  # what follows it up to here is of the frame: bytes that the lines announce
    proof: int = 0  # up to where bytes were needed to know that


class _Json:
    """Where a JSON text ends; asked again when more came."""

    broken = -1  # careless senders write anything between quotes

    def __init__(self, begin: int) -> None:
        self.at, self.depth, self.quoted = begin, 0, False

    def end(self, data: bytes | bytearray) -> int:
        while self.at < len(data):
            if self.quoted:
                close = data.find(b'"', self.at)
                if close < 0:
                    self.at += len(data[self.at :].rstrip(b"\\"))
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
    """Where an XML document ends: behind its root; `broken` where bytes stand that are none of it."""

    def __init__(self, begin: int) -> None:
        self.at, self.close, self.broken = begin, b"", -1

    def end(self, data: bytes | bytearray) -> int:
        begun, end = self.at, self._end(data)
        if (control := _CONTROL.search(data, begun, end or len(data))) is not None:
            self.broken = control.start()
        return end if self.broken < 0 else 0

    def _end(self, data: bytes | bytearray) -> int:
        if not self.close:
            root = _ROOT.search(data, self.at)
            if root is None or root.end() == len(data):
                return 0
            self.close, self.at = b"</" + root[1] + b">", root.end()
        found = data.find(self.close, self.at)
        self.at = max(self.at, len(data) - len(self.close))
        return found + len(self.close) if found >= 0 else 0


@functools.lru_cache(maxsize=64)  # asked again of one direction as bytes of the other come
def begins(data: bytes) -> bool:
    """Whether a document, or lines with a length, stand at the beginning of a direction."""
    if _begin(data)[0] >= 0:
        return True
    lines = _LINES.match(data)
    return lines is not None and _SIZE.search(lines[0]) is not None


def _begin(data: bytes | bytearray, at: int = 0) -> tuple[int, int]:
    """Where a text begins within the lead, and where that is known: of two the first to be known; -1 for nowhere."""
    last = at + _lead(data, at)
    found = [one for text in _TEXTS if (one := text.search(data, at, last + 256)) and one.start() <= last]
    known, begin = min(((one.end(), one.start()) for one in found), default=(-1, -1))
    return begin, known


def _lead(data: bytes | bytearray, at: int = 0) -> int:
    """Bytes in which a document may begin: a few behind whole lines of text."""
    lines = _HEAD.match(data, at, at + LEAD_LINES)
    return LEAD + (lines.end() - at if lines else 0)


def recognise(opening: Opening) -> Verdict:
    """A document, or a length and one, at the beginning of a direction."""
    if opening.midstream or opening.upgrade:
        return Verdict.NO
    if begins(opening.up) or begins(opening.down):
        return Verdict.YES
    settled = all(len(one) >= _lead(one) + 256 for one in (opening.up, opening.down))
    return Verdict.NO if settled else Verdict.MORE


def recognise_datagram(opening: Opening) -> Verdict:
    """A whole JSON or XML text behind a short head, and at most a few check bytes behind it; or a line of pairs."""
    data = opening.up or opening.down
    return Verdict.YES if not opening.upgrade and _body_span(data) is not None else Verdict.NO


def _body_span(data: bytes) -> tuple[int, int] | None:
    """Where the text of a datagram begins and ends."""
    if len(data) < LEAST_DATAGRAM:
        return None
    if _PAIRED.fullmatch(data):
        return 0, len(data)
    begin = _begin(data)[0]
    if not 0 <= begin <= LEAD:
        return None
    end = (_Json if data[begin : begin + 1] in {b"{", b"["} else _Xml)(begin).end(data)
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
    """One direction: what is held of a frame that is not whole.

    Of a document, of HTTP and of TLS that which takes fewer bytes to be known is believed, however they come.
    """

    def __init__(self, direction: int) -> None:
        self.direction = direction
        self.held = bytearray()
        self.pos = 0  # of what is held, what was given already
        self.base = 0  # stream offset of held[pos]
        self.looked = 0  # up to where HTTP and TLS were looked for
        self.sought = 0  # up to where the marker was
        self.marker = b""
        self.under_way: tuple[int, _Json | _Xml] | None = None  # where a text begins, and what tells its end
        self.given_up = self.turned = False  # where what is held begins it is HTTP or TLS
        self.documents = 0

    def feed(self, offset: int, data: bytes) -> list[Message]:
        """Take the next bytes."""
        if self.given_up:
            return []
        if not self.held:
            self.base = offset
        self.held += data
        out = self._cut(final=False)
        self._trim()
        return out

    def _trim(self) -> None:
        """Forget what was given, once for all documents of a run."""
        if self.under_way is not None:
            begin, tells = self.under_way
            tells.at -= self.pos
            self.under_way = begin - self.pos, tells
        del self.held[: self.pos]
        self.looked, self.sought = max(0, self.looked - self.pos), max(0, self.sought - self.pos)
        self.pos = 0

    @property
    def left(self) -> int:
        """Bytes that are held."""
        return len(self.held) - self.pos

    def _cut(self, *, final: bool) -> list[Message]:
        out: list[Message] = []
        while self.left and not self.given_up:
            frame = self._next(final=final)
            if self.turned:
                return out
            if self.under_way is not None and self.under_way[1].broken >= 0:  # a stream of XMPP that turns to TLS
                self._pass(self.under_way[0] - self.pos)
                out.append(self._document(self.under_way[1].broken - self.under_way[0], cut=True))
                self.given_up = True
                break
            if self._is_too_long(frame):
                over = Message("carved", self.direction, self.base, self.base, complete=False, unknown_from=0)
                over.notes.append(TOO_LONG)
                out.append(over)
                self.given_up = True
            elif frame is None and (self.under_way is not None or self.left <= MOST + SPARE):
                break
            elif frame is None:
                self.given_up = True
            else:
                self._pass(frame.begin - self.pos)
                out.append(self._document(frame.end - frame.begin))
                if frame.upto > frame.end:
                    out.append(self._document(frame.upto - frame.end, "body"))
                self.given_up = self.documents >= MOST_DOCUMENTS
        if self.given_up:
            self._pass(self.left)
            self.under_way = None
        return out

    def _next(self, *, final: bool) -> Frame | None:
        """The next frame that is whole, where neither HTTP nor TLS begins first."""
        if self.under_way is None:
            frame = self._sized(final=final)
            begin, proof = (-1, frame.proof) if frame is not None else self._text()
            if (at := self._turns(proof)) >= 0:
                self._pass(at - self.pos)
                return None
            if begin - self.pos > MOST:
                self.given_up = True
                return None
            if frame is not None or begin < 0:
                return frame
            is_json = bytes(self.held[begin : begin + 1]) in {b"{", b"["}
            self.under_way = begin, _Json(begin) if is_json else _Xml(begin)
        begin, tells = self.under_way
        end = tells.end(self.held)
        if not end:
            return None
        self.under_way = None
        self.marker = bytes(self.held[begin : begin + MARKER])
        self.looked = self.sought = end
        return Frame(begin, end, end)

    def _text(self) -> tuple[int, int]:
        """Where the next text begins, and where that is known; -1 and the end of what is held where there is none."""
        begin, known = _begin(self.held, self.pos)
        upto = known if begin >= 0 else len(self.held)
        if not self.marker:
            return begin, upto
        like = self.held.find(self.marker, max(self.pos, self.sought), upto)
        if like >= 0:
            return like, like + len(self.marker)
        self.sought = upto - MARKER
        return begin, upto

    def _turns(self, upto: int) -> int:
        """Where HTTP or TLS begins before that, up to which all would be known; -1 for nowhere."""
        at = find_http_or_tls(self.held, max(self.looked, self.pos), self.pos, upto)
        self.looked = max(self.looked, upto - LONGEST)
        if at >= 0:
            self.turned = True
        return at

    def _sized(self, *, final: bool) -> Frame | None:
        """A frame that says its length, where what follows it proves it, or it is all there is."""
        held, pos = self.held, self.pos
        if (lines := _LINES.match(held, pos)) is not None:
            for length in _SIZE.findall(lines[0]):
                if (size := lines.end() + int(length)) - pos > MOST:
                    continue
                first = lines[0].partition(b"\n")[0][:MARKER]
                if (len(held) > size + len(first) and held.startswith(first, size)) or (final and len(held) == size):
                    return Frame(pos, lines.end(), size, min(size + len(first) + 1, len(held)))
            return None
        return None

    def _is_too_long(self, frame: Frame | None) -> bool:
        """Whether a document is over the bound, however much of it is there."""
        if frame is not None:
            return frame.end - frame.begin > MOST
        return self.under_way is not None and len(self.held) - self.under_way[0] > MOST

    def _pass(self, count: int) -> None:
        """Pass over the next bytes of what is held."""
        self.pos += count
        self.base += count

    def _document(self, count: int, method: str = "frame", *, cut: bool = False) -> Message:
        """A message of the next bytes of what is held."""
        body = bytes(self.held[self.pos : self.pos + count])
        message = Message("carved", self.direction, self.base, self.base + count, method=method)
        message.body, message.body_start, message.body_size = body, self.base, count
        if cut:
            message.complete, message.unknown_from = False, count
        self._pass(count)
        self.documents += 1
        return message

    def finish(self) -> list[Message]:
        """Nothing follows."""
        out = self._cut(final=True)
        return out if self.turned else out + self.gap(final=True)

    def gap(self, *, final: bool = False) -> list[Message]:
        """Bytes are missing: the document under way ends there, and the next one is found by how they begin."""
        out: list[Message] = []
        if self.under_way is not None and len(self.held) - self.under_way[0] > MARKER:
            self._pass(self.under_way[0] - self.pos)
            out.append(self._document(self.left, cut=True))
        self.under_way = None
        self.held.clear()
        self.pos = self.looked = self.sought = 0
        self.given_up = self.given_up or (not final and not self.marker)
        return out

    def needed_from(self, after: int) -> int:
        """Stream offset from which bytes are still needed."""
        return self.base if self.left else after


class FramedDocuments(BaseReader):
    """Reads one connection."""

    def __init__(self) -> None:
        self.sides = (Side(UP), Side(DOWN))
        self.at = [0, 0]

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take bytes."""
        self.at[direction] = offset + len(data)
        return self._heed(direction, self.sides[direction].feed(offset, data))

    def _heed(self, direction: int, found: list[Message]) -> list[Message]:
        """Where HTTP or TLS begins in a direction, both are read by another reader from there on."""
        if self.sides[direction].turned and self.hand_over is None:
            up, down = (side.needed_from(at) for side, at in zip(self.sides, self.at, strict=True))
            rest_up, rest_down = (bytes(side.held[side.pos :]) for side in self.sides)
            self.hand_over = HandOver((up, down), (rest_up, rest_down), direction, CARVE)
        return found

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """Take note of missing bytes."""
        self.at[direction] = offset + length
        return self.sides[direction].gap()

    def finish(self) -> list[Message]:
        """Give what was cut by the end."""
        out = self._heed(UP, self.sides[UP].finish())
        if self.hand_over is None:
            out += self._heed(DOWN, self.sides[DOWN].finish())
        return out

    def needed_from(self, direction: int) -> int:
        """Beginning of the document or image under way."""
        return self.sides[direction].needed_from(self.at[direction])

"""What is called JSON and is none: read to its end all the same, and how much of it was not understood is told.

Comments, single quotes, bare keys and values, commas too many or missing, `=` and `=>` for a colon, values of Python,
JavaScript and MongoDB, calls around a document (JSONP), texts before, between and behind documents, ends that were cut.
Every byte is in a token; a token is structure, a key, a value, or told as not understood. Nothing recurses.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field

from netaudit.core.contracts.ranges import Ranges, merged
from netaudit.core.text.charset import charset_of, is_utf8
from netaudit.core.text.json_text import put

DEEPEST = 64  # containers in each other; what is deeper is not understood
MOST = 200_000  # tokens of a text; what follows is not understood
_NESTED = 4096  # opened brackets that are remembered
_LONGEST_WORD = 4096  # bytes of a bare word
# what a quotation mark that ends a string stands before: a mark of the notation, another string, the end of the line
_CLOSE = rb"(?=\s{0,64}(?:[,:;}\])\"=]|\Z|/[/*])|[ \t]{0,64}[\r\n])"
_TOKEN = re.compile(
    rb"(?P<space>(?:[\s\x00\x1e]++|\xef\xbb\xbf|//[^\r\n]*+|/\*.*?(?:\*/|\Z)|(?<![^\r\n])\#[^\r\n]*+)++)"
    rb"|(?P<string>[bBrRuU]{0,2}(?:"
    rb'"(?P<double>(?:[^"\\]++|\\.|"(?!' + _CLOSE + rb'))*+)"'
    rb"|'(?P<single>(?:[^'\\]++|\\.|'(?!" + _CLOSE + rb"))*+)'))"
    rb"|(?P<open>[{\[(])|(?P<shut>[}\])])|(?P<comma>[,;])|(?P<colon>:|=>?)"
    rb"|(?P<cut>[\"'])"
    rb"|(?P<bare>[^\s\x00\x1e{}\[\](),:;=\"']++)",
    re.DOTALL,
)
# the rest of a bare value: a time, an address, words; within a call up to its end
_VALUE = re.compile(rb"[^,{}\[\]\"'\r\n\x00]++")
_ARGUMENT = re.compile(rb"[^,{}\[\]()\"'\r\n\x00]++")
_REMARK = re.compile(rb"(?<!\s)\s++/[/*].*", re.DOTALL)
_NOTHING_MORE = re.compile(rb"[\0 \t\r\n]*+\Z")
_DOUBLE = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]")
_NUMBER = re.compile(rb"[+-]?(?:0|[1-9]\d{0,39})\Z")
_DECIMAL = re.compile(rb"[+-]?(?:\d{1,40}\.\d{0,40}|\.\d{1,40}|\d{1,40}(?=[eE]))(?:[eE][+-]?\d{1,3})?\Z")
_WORDS = {
    b"true": True, b"false": False, b"null": None, b"none": None, b"nil": None, b"undefined": None, b"nan": None,
}  # fmt: skip
_PAIRS = {b"{": b"}", b"[": b"]", b"(": b")"}
_ESCAPES = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_LENIENT = json.JSONDecoder(strict=False)


@dataclass(slots=True)
class Tolerant:
    """What was read: values, and of the bytes those that are in none."""

    values: list[object] = field(default_factory=list)
    strings: list[tuple[int, int, bool]] = field(default_factory=list)  # long ones: start, end, whether closed
    unread: Ranges = field(default_factory=list)
    pairs: int = 0  # of a key and what it says
    whole: bool = True  # every bracket was closed

    @property
    def size(self) -> int:
        """Bytes that were not understood."""
        return sum(end - start for start, end in self.unread)


@dataclass(slots=True)
class _Frame:
    """A container under way. Without one its content is passed over."""

    shut: bytes
    holder: dict[str, object] | list[object] | None
    key: str | None = None  # waits for its value
    last: tuple[object, int, int] | None = None  # a text that may be a key, and where it stands
    above: dict[str, object] | list[object] | None = None  # of a call or tuple: what holds it …
    place: str = ""  # … and under which key


def read(data: bytes, content_type: str = "", least: int = 1 << 62) -> Tolerant:
    """Read a text; strings of more than `least` bytes are left out: a NUL and their place in `strings` stand there."""
    return _Reader(data, content_type, least).read()


class _Reader:
    """One pass over the tokens of a text."""

    def __init__(self, data: bytes, content_type: str, least: int) -> None:
        self._data, self._least = data, least
        utf8 = is_utf8(data)
        self._charset = "utf-8" if utf8 else charset_of(content_type) or "gb18030"
        # of two bytes of a character the second may look like a mark
        self._text = data if utf8 or data.isascii() else _DOUBLE.sub(b"??", data)
        self.found = Tolerant()
        self._stack = [_Frame(b"", self.found.values)]
        self._open_frames = Counter[bytes]()  # by the mark that ends them: of none that waits none is looked for
        self._named: tuple[int, int] | None = None  # a word that may be what a document is given to

    def read(self) -> Tolerant:
        at, left = 0, MOST
        text, size = self._text, len(self._text)
        while at < size:
            token = _TOKEN.match(text, at)
            assert token is not None
            assert token.lastgroup is not None
            left -= 1
            if not left or len(self._stack) > _NESTED:
                self._not_understood(at, size)
                break
            kind = token.lastgroup
            kind = "string" if kind in ("double", "single") else kind
            at = token.end()
            if kind != "space":
                at = getattr(self, f"_{kind}")(token) or at
        while self._stack:
            self._was_cut(self._stack[-1])
            self._shut_frame(self._stack.pop())
        self._name_is_no_value()
        self.found.unread = merged(self.found.unread)
        return self.found

    def _not_understood(self, start: int, end: int) -> None:
        self.found.unread.append((start, end))

    def _name_is_no_value(self) -> None:
        if self._named is not None:
            self._not_understood(*self._named)
            self._named = None

    # ------------------------------------------------------------ tokens

    def _string(self, token: re.Match[bytes]) -> None:
        group = "double" if token["double"] is not None else "single"
        self._text_at(token.start(), *token.span(group), token.end(), closed=True)

    def _cut(self, token: re.Match[bytes]) -> int:
        """A string that is not closed takes all that follows."""
        self._text_at(token.start(), token.end(), len(self._data), len(self._data), closed=False)
        return len(self._data)

    def _text_at(self, begin: int, start: int, end: int, stop: int, *, closed: bool) -> None:
        frame = self._stack[-1]
        if not closed and end - start <= self._least:
            self._value_was_cut(begin)
        elif end - start > self._least and (frame.key is not None or not isinstance(frame.holder, dict)):
            self.found.strings.append((start, end, closed))
            self._value(f"\0{len(self.found.strings) - 1}", begin, stop)
        else:
            self._value(content(self._data[start:end], self._charset), begin, stop, may_be_key=True)

    def _was_cut(self, frame: _Frame) -> None:
        """Of what was to come nobody knows what it says; a text may have been a key."""
        frame.key = None
        if frame.last is not None:
            self._not_understood(*frame.last[1:])
            frame.last = None
        self.found.whole = self.found.whole and frame.shut == b""

    def _value_was_cut(self, begin: int) -> None:
        """The text ends in it, so nobody knows what it says: under its key a lone NUL."""
        frame = self._stack[-1]
        if isinstance(frame.holder, dict) and frame.key is not None:
            put(frame.holder, frame.key, "\0")
        frame.key = None
        self._not_understood(begin, len(self._data))

    def _bare(self, token: re.Match[bytes]) -> int | None:
        """A word: a key, a value, or what a document is given to (`cb(…)`, `var x = …`)."""
        frame, start = self._stack[-1], token.start()
        if len(self._stack) == 1:
            self._name_is_no_value()
            self._named = token.span()
            return None
        wanted = frame.key is not None or not isinstance(frame.holder, dict)
        behind = _TOKEN.match(self._text, token.end())
        if wanted and behind is not None and behind["open"] == b"(":
            return None  # a call as a value: what is in it is the value
        end = token.end()
        value = _ARGUMENT if frame.shut == b")" else _VALUE
        if wanted and (rest := value.match(self._text, start, min(len(self._text), start + _LONGEST_WORD))):
            end = start + len(_REMARK.sub(b"", rest[0]).rstrip())
        if _NOTHING_MORE.match(self._text, end):
            frame.key = None  # it may go on
            self._not_understood(start, end)
            return end
        self._value(_scalar(self._data[start:end], self._charset), start, end, may_be_key=True)
        return end

    def _open(self, token: re.Match[bytes]) -> None:
        mark, start = token[0], token.start()
        self._open_frames[_PAIRS[mark]] += 1
        self._named = None  # what it is given to is understood
        frame = self._stack[-1]
        if len(self._stack) > DEEPEST or frame.holder is None:
            self._not_understood(*token.span())
            self._stack.append(_Frame(_PAIRS[mark], None))
            return
        if mark == b"(" and len(self._stack) == 1:  # of a call what is in it
            self._stack.append(_Frame(b")", frame.holder))
            return
        holder: dict[str, object] | list[object] = {} if mark == b"{" else []
        inner = _Frame(_PAIRS[mark], holder, above=frame.holder if mark == b"(" else None, place=frame.key or "")
        self._value(holder, start, start)
        self._stack.append(inner)

    def _shut(self, token: re.Match[bytes]) -> None:
        if not self._open_frames[token[0]]:
            self._not_understood(*token.span())
            return
        shut = b""
        while shut != token[0]:
            frame = self._stack.pop()
            shut = frame.shut
            self._open_frames[shut] -= 1
            self._shut_frame(frame)
            if frame.holder is None:
                self._not_understood(*token.span())

    def _comma(self, _: re.Match[bytes]) -> None:
        self._name_is_no_value()
        self._end(self._stack[-1])

    def _colon(self, token: re.Match[bytes]) -> None:
        frame = self._stack[-1]
        if frame.last is not None:
            key, _, _ = frame.last
            frame.key, frame.last = str(key), None
        elif len(self._stack) > 1 or self._named is None:
            self._not_understood(*token.span())

    # ------------------------------------------------------------ what they say

    def _value(self, value: object, start: int, end: int, *, may_be_key: bool = False) -> None:
        frame = self._stack[-1]
        if frame.holder is None:
            self._not_understood(start, end)
        elif isinstance(frame.holder, list):
            frame.holder.append(value)
        elif frame.key is not None:
            put(frame.holder, frame.key, value)
            self.found.pairs += 1
            frame.key = None
        elif may_be_key:
            self._loose(frame)
            frame.last = value, start, end
        else:
            self._loose(frame)
            put(frame.holder, "", value)

    def _loose(self, frame: _Frame) -> None:
        """A text in an object that names nothing is a value without a key."""
        if frame.last is not None and isinstance(frame.holder, dict):
            put(frame.holder, "", frame.last[0])
        frame.last = None

    def _end(self, frame: _Frame) -> None:
        """What waits for more gets none: behind a comma, or at the end of its container."""
        if frame.key is not None and isinstance(frame.holder, dict):
            put(frame.holder, frame.key, None)
        frame.key = None
        self._loose(frame)

    def _shut_frame(self, frame: _Frame) -> None:
        """End a container; brackets around one value are none."""
        self._end(frame)
        above, inner = frame.above, frame.holder
        if isinstance(inner, list) and len(inner) == 1:
            if isinstance(above, dict) and above.get(frame.place) is inner:
                above[frame.place] = inner[0]
            elif isinstance(above, list) and above[-1] is inner:
                above[-1] = inner[0]


def _scalar(word: bytes, charset: str) -> object:
    """What a bare word says. Digits with zeros before are an id or a code, and stay a text."""
    low = word.lower()
    if low in _WORDS:
        return _WORDS[low]
    if _NUMBER.match(word):
        return int(word)
    if _DECIMAL.match(word):
        return float(word)
    return _text(word, charset)


def content(raw: bytes, charset: str) -> str:
    """What a string says, its escapes taken off as JSON and Python have them; a NUL is none of its own."""
    if b"\\" not in raw:
        return _text(raw, charset)
    text = raw.decode(charset, "replace")
    try:
        if '"' not in text:
            return str(_LENIENT.decode(f'"{text}"')).replace("\0", "\1")
    except ValueError:
        pass
    plain = _ESCAPES.sub(_unescaped, text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\1")


def _unescaped(found: re.Match[str]) -> str:
    if code := found[1] or found[2]:
        return chr(int(code, 16))
    # what no notation escapes keeps its backslash: D:\gate
    return _ESCAPED.get(found[3]) or (found[3] if not found[3].isalnum() else found[0])


def _text(raw: bytes, charset: str) -> str:
    return raw.decode(charset, "replace").replace("\0", "\1")

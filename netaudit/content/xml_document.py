"""An XML text that is parsed once: what stands in it in order, and the elements in which its long runs are.

The long runs are taken out before (`xml_text.py`) and put back when somebody reads the events. Entity declarations are
refused: nothing here needs them, and they are the way of XML bombs. What is not well-formed is read by
`xml_tolerant.py`.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat

from netaudit.content import xml_text, xml_tolerant
from netaudit.core.text.json_document import LONGEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.core.contracts.ranges import Ranges

LARGEST = 8 << 20  # bytes without long runs
DEEPEST = 256  # elements in elements
_MOST = 200_000  # events that are kept
_CUT = frozenset({3, 5, 6, 20})  # codes of expat: no element, an unclosed token, half a character, an open section
_PIECE = 4 * LONGEST  # characters; longer text is several events
_TOO_LONG = "\0" * (LONGEST + 1)  # stands for a run that is no word, so that it is not decoded

Event = tuple[str, dict[str, str]] | str | None  # an element's beginning with its attributes, text, an element's end


class RefusedError(Exception):
    """The text goes beyond what is parsed."""


@dataclass(slots=True)
class Place:
    """An element's text or an attribute's value that contains long runs, as numbers between marks."""

    path: str
    name: str
    text: str
    closed: bool = True  # the end of the element was seen


@dataclass(slots=True)
class _Element:
    label: str
    path: str
    text: list[str] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)
    marked: bool = False


class XmlDocument:
    """One text; it is parsed when something is first asked for."""

    __slots__ = (
        "_careless", "_charset", "_data", "_found", "_gap", "_handler", "_mark", "_missing", "_rest", "_runs", "_whole",
        "problem",
    )  # fmt: skip

    def __init__(self, data: bytes, missing: Ranges | None = None) -> None:
        """`missing` are ranges of `data` that hold zero bytes."""
        self.problem = ""  # the limit that was reached, when it was parsed
        self._data, self._missing = data, missing or []
        self._runs: list[tuple[int, int]] | None = None
        self._handler: _Handler | None = None
        self._gap: int | None = None  # events before the first byte that is missing
        self._mark, self._charset = "", "utf-8"
        self._whole = False  # whether the events have the long runs in them
        self._found = re.compile("(?!)")
        self._careless = False
        self._rest = b""

    @property
    def careless(self) -> bool:
        """Whether it is not well-formed."""
        self._parse()
        return self._careless

    @property
    def rest(self) -> bytes:
        """What is in no element."""
        self._parse()
        return self._rest

    @property
    def unread(self) -> int:
        """How many of its bytes were not understood."""
        return len(self.rest)

    @property
    def runs(self) -> list[tuple[int, int]]:
        """Long runs of text, without white space around them."""
        if self._runs is None:
            self._runs = xml_text.long_runs(self._data)
        return self._runs

    @property
    def marks(self) -> re.Pattern[str]:
        """Finds the marks in the text of a place; the number of the run is its group."""
        self._parse()
        return self._found

    @property
    def places(self) -> list[Place]:
        """Where the long runs are, in the order in which elements end."""
        return self._parse().places

    @property
    def events(self) -> Iterator[Event]:
        """What the text says, in order, up to the first byte that is missing."""
        handler = self._parse()
        for event in handler.events if self._gap is None else handler.events[: self._gap]:
            if event is None or self._whole:
                yield event
            elif isinstance(event, str):
                yield self._filled(event)
            elif any(self._mark in value for value in event[1].values()):
                yield event[0], {key: self._filled(value, " ") for key, value in event[1].items()}
            else:
                yield event

    def _filled(self, text: str, newline: str = "\n") -> str:
        """The text with its long runs; line ends as XML 1.0 section 2.11 has them, or section 3.3.3 in an attribute."""
        if self._mark not in text:
            return text
        return self._found.sub(lambda match: self._run(int(match[1]), newline), text)

    def _run(self, number: int, newline: str) -> str:
        start, end = self.runs[number]
        if end - start > 4 * LONGEST:
            return _TOO_LONG
        text = self._data[start:end].decode(self._charset, "replace")
        text = text.replace("\r\n", newline).replace("\r", newline)
        return text.replace("\n", newline).replace("\t", newline) if newline == " " else text

    def _parse(self) -> _Handler:
        if self._handler is None:
            text, self._mark = xml_text.marked(self._data, self.runs)
            self._found = re.compile(re.escape(self._mark) + r"(\d+);")
            self._handler = _Handler(self._mark)
            if len(text) > LARGEST:
                self.problem = "xml size"
            elif not self._read(text, self._handler) and self._gap is None:
                self._read_on(text)
            self._handler.finish()
        return self._handler

    def _read(self, text: bytes, handler: _Handler) -> bool:
        """Parse; whether it was well-formed to its end, as far as it goes."""
        self._charset = xml_text.charset_of(self._data)
        parser = _parser(handler)
        size = 0
        try:
            if self._missing:
                at = self._gap_in_text()
                parser.Parse(self._utf8(text[:at]), False)
                cut = bool(handler.events) and isinstance(handler.events[-1], str)
                self._gap = len(handler.events) - cut
                text = text[at:].replace(b"\x00", b" ")
            text = self._utf8(text)
            size = len(text)
            parser.Parse(text, True)
        except expat.ExpatError:  # what comes before a fault is seen
            cut = parser.ErrorByteIndex >= size or parser.ErrorCode in _CUT
            return cut and b"=" not in text[text.rfind(b"<") + 1 :]
        except RefusedError as refused:
            self.problem = str(refused)
        return True

    def _read_on(self, text: bytes) -> None:
        """Read what is not well-formed; where a long run stood within a tag, the text may be so with it."""
        if self.runs:
            handler = _Handler(self._mark)
            with suppress(expat.ExpatError, RefusedError):
                _parser(handler).Parse(self._utf8(self._data), True)
                if self._handler is not None:
                    self._handler.events, self._whole = handler.events, True
                return
        self._careless = True
        handler = self._handler = _Handler(self._mark)
        try:
            rest = "\n".join(xml_tolerant.feed(text.decode(self._charset, "replace"), handler))
        except RefusedError as refused:
            self.problem = str(refused)
            return
        self._rest = self._found.sub(lambda match: self._run(int(match[1]), "\n"), rest).encode("utf-8", "replace")

    def _gap_in_text(self) -> int:
        """Where the first missing byte is when long runs are out; the beginning of the run that it is in."""
        at = self._missing[0][0]
        length = at
        for number, (start, end) in enumerate(self.runs):
            if end <= at:
                length += len(self._mark) + len(str(number)) + 1 - (end - start)
            elif start <= at:
                length -= at - start
        return length

    def _utf8(self, text: bytes) -> bytes:
        return text.decode(self._charset, "replace").encode()


class _Handler:
    """Keeps what expat tells, and the places of marks."""

    def __init__(self, mark: str) -> None:
        self.mark = mark
        self.stack = [_Element("", "")]
        self.places: list[Place] = []
        self.events: list[Event] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.stack) > DEEPEST:
            raise RefusedError("xml depth")
        parent = self.stack[-1]
        count = parent.names[name] = parent.names.get(name, 0) + 1
        label = name if count == 1 else f"{name}[{count}]"
        path = f"{parent.path}/{label}" if len(parent.path) < 512 else parent.path
        self.stack.append(_Element(name, path))
        for key, value in attributes.items():
            if self.mark in value:
                self.places.append(Place(f"{path}/@{key}", key, value))
        self._keep((name, attributes))

    def end(self, _: str) -> None:
        self._give(self.stack.pop(), closed=True)
        self._keep(None)

    def text(self, text: str) -> None:
        element = self.stack[-1]
        element.text.append(text)
        element.marked = element.marked or self.mark in text
        last = self.events[-1] if self.events else None
        if isinstance(last, str) and len(last) < _PIECE:  # a mark is whole but in what is too long for a field
            self.events[-1] = last + text
        else:
            self._keep(text)

    def _keep(self, event: Event) -> None:
        if len(self.events) < _MOST:
            self.events.append(event)

    def _give(self, element: _Element, *, closed: bool) -> None:
        if element.marked:
            self.places.append(Place(element.path, element.label, "".join(element.text), closed))

    def finish(self) -> None:
        while self.stack:
            self._give(self.stack.pop(), closed=False)


def _parser(handler: _Handler) -> expat.XMLParserType:
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = handler.start, handler.end
    parser.CharacterDataHandler = handler.text
    parser.EntityDeclHandler = _refuse
    return parser


def _refuse(*_: object) -> None:
    """Stop at the first declaration of an entity."""
    raise RefusedError("xml entity declarations")

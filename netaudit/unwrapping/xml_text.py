"""Long runs of an XML text, found in place, and the elements they stand in.

As for JSON: runs of text between markup are located and taken out, and the short skeleton goes through expat, which
tells the path. Entity declarations are refused: nothing here needs them, and they are the way of XML bombs.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from xml.parsers import expat

import numpy as np

from netaudit.unwrapping.text import LONG

_SKELETON = 8 << 20
_CHUNK = 1 << 20
_MARKUP = np.zeros(256, np.bool_)
_MARKUP[list(b"<>\"'&")] = True
_TAG = re.compile(rb"<([A-Za-z_\x80-\xff][^\s<>/]{0,80})[^<>]{0,200}>(?:<!\[CDATA\[)?\s*\Z")
_DECLARED = re.compile(rb"<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w.-]{2,40})")
_DECLARATION = re.compile(rb"\A\s*<\?xml[^>]{0,200}\?>")
_CDATA = b"![CDATA["


class RefusedError(Exception):
    """The text goes beyond what is parsed."""


@dataclass(slots=True)
class Place:
    """An element's text or an attribute's value that contains long runs, as numbers between `mark` characters."""

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


def long_runs(data: bytes) -> list[tuple[int, int]]:
    """Runs of at least `LONG` bytes without markup, quotation marks or entities, white space around them left out."""
    runs = []
    for first, last in _between_markup(data):
        start, end = first, last
        before = data[first - 1 : first]
        if data.startswith(_CDATA, first):
            start += len(_CDATA)
        elif before == b"<":
            continue  # inside a tag
        elif before == b"&":
            start = data.find(b";", first, last) + 1 or last  # the rest of an entity or character reference
        if data.endswith(b"]]", start, end):
            end -= 2
        chunk = data[start:end]
        run = start + len(chunk) - len(chunk.lstrip()), end - len(chunk) + len(chunk.rstrip())
        if run[1] - run[0] >= LONG:
            runs.append(run)
    return runs


def _between_markup(data: bytes) -> list[tuple[int, int]]:
    """Stretches of at least `LONG` bytes between two of < > " ' &, or the ends of the data."""
    found = []
    last = np.array([-1], np.int64)
    for base in range(0, len(data), _CHUNK):
        chunk = np.frombuffer(data, np.uint8, min(_CHUNK, len(data) - base), base)
        at = np.concatenate([last, np.flatnonzero(_MARKUP[chunk]) + base])
        found += [(int(at[i]) + 1, int(at[i + 1])) for i in np.flatnonzero(np.diff(at) > LONG)]
        last = at[-1:]
    if len(data) - int(last[0]) > LONG:
        found.append((int(last[0]) + 1, len(data)))
    return found


def marked(data: bytes, runs: list[tuple[int, int]]) -> tuple[bytes, str]:
    """The text with each run replaced by its number between marks that occur nowhere else, and that mark."""
    pieces = []
    last = 0
    for start, end in runs:
        pieces.append(data[last:start])
        last = end
    pieces.append(data[last:])
    salt = 0
    while any(b"~na%d~" % salt in piece for piece in pieces):
        salt += 1
    mark = b"~na%d~" % salt
    out = [pieces[0]]
    for number, piece in enumerate(pieces[1:]):
        out += [mark, b"%d;" % number, piece]
    return b"".join(out), mark.decode()


class _Handler:
    """Collects the places of marks while expat walks the skeleton."""

    def __init__(self, mark: str, depth: int) -> None:
        self.mark, self.depth = mark, depth
        self.stack = [_Element("", "")]
        self.places: list[Place] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.stack) > self.depth:
            raise RefusedError("xml depth")
        parent = self.stack[-1]
        count = parent.names[name] = parent.names.get(name, 0) + 1
        label = name if count == 1 else f"{name}[{count}]"
        path = f"{parent.path}/{label}" if len(parent.path) < 512 else parent.path
        self.stack.append(_Element(name, path))
        for key, value in attributes.items():
            if self.mark in value:
                self.places.append(Place(f"{path}/@{key}", key, value))

    def end(self, _: str) -> None:
        self._give(self.stack.pop(), closed=True)

    def text(self, text: str) -> None:
        element = self.stack[-1]
        element.text.append(text)
        element.marked = element.marked or self.mark in text

    def _give(self, element: _Element, *, closed: bool) -> None:
        if element.marked:
            self.places.append(Place(element.path, element.label, "".join(element.text), closed))

    def finish(self) -> list[Place]:
        while self.stack:
            self._give(self.stack.pop(), closed=False)
        return self.places


def refuse(*_: object) -> None:
    """Stop at the first declaration of an entity."""
    raise RefusedError("xml entity declarations")


def parse(text: bytes, mark: str, depth: int) -> tuple[list[Place], str]:
    """Places of the marks, as far as the text is well-formed, and the limit that was reached (or nothing)."""
    if len(text) > _SKELETON:
        return [], "xml size"
    handler = _Handler(mark, depth)
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = handler.start, handler.end
    parser.CharacterDataHandler = handler.text
    parser.EntityDeclHandler = refuse
    problem = ""
    try:
        with suppress(expat.ExpatError):  # what comes before a fault is seen
            parser.Parse(to_utf8(text), True)
    except RefusedError as refused:
        problem = str(refused)
    return handler.finish(), problem


def to_utf8(text: bytes) -> bytes:
    """The text in UTF-8: as declared, else UTF-8, else GB 18030."""
    match = _DECLARED.match(text.lstrip()[:200])
    declared = match[1].decode("ascii", "replace").lower() if match else ""
    for charset in ("utf-8", {"gbk": "gb18030", "gb2312": "gb18030"}.get(declared, declared), "gb18030"):
        if not charset:
            continue
        try:
            return text.decode(charset).encode()
        except (UnicodeError, LookupError, ValueError):
            continue
    return text.decode("utf-8", "replace").encode()


def tag_before(data: bytes, start: int) -> str:
    """Name of the element whose text begins at `start`, where the text around could not be parsed."""
    match = _TAG.search(data, max(0, start - 300), start)
    return match[1].decode("utf-8", "replace") if match else ""

"""A JSON text that is parsed once, whoever asks: readers for its words, unwrapping for its pictures, others for fields.

Its long strings are taken out before (`json_text.py`), and put back as values when it was parsed, but for those that
are no words. What strict readers refuse is read by `json_tolerant.py`; `unread` are the bytes that nobody understood.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeGuard

from netaudit.core.text import json_text, json_tolerant

if TYPE_CHECKING:
    from collections.abc import Callable

    from netaudit.core.contracts.ranges import Ranges
    from netaudit.core.text.json_text import LongString

LONGEST = 4096  # bytes; longer strings are images or other data: of their value a NUL is left, and a number
_PLACE = re.compile("\x00(\\d+)\\Z")
_HOLDERS = frozenset({dict, list, json_text.Again})
_NOWHERE: dict[int, tuple[str, str]] = {}

_Link = tuple["_Link", str] | None  # labels from the inside out


def is_word(value: object) -> TypeGuard[str]:
    """Whether a value of a document is a text that is not empty, and no long string of which a number is left."""
    return isinstance(value, str) and value[:1] not in ("", "\0")


class JsonDocument:
    """One text; everything is made when it is first asked for. What was given must not be changed."""

    __slots__ = (
        "_bare", "_careless", "_content_type", "_missing", "_places", "_single", "_strings", "_unread", "_values",
        "data",
    )  # fmt: skip

    def __init__(self, data: bytes, missing: Ranges | None = None, content_type: str = "") -> None:
        """`missing` are ranges of `data` that hold zero bytes; the content type may name a charset."""
        self.data = data
        self._single = self._careless = False
        self._unread: Ranges = []
        self._missing, self._content_type = missing or [], content_type
        self._strings: list[LongString] | None = None
        self._bare: bytes | None = None
        self._values: list[object] | None = None
        self._places = _NOWHERE

    @property
    def strings(self) -> list[LongString]:
        """Strings of at least `json_text.LONG` bytes, in order."""
        self._parse()
        return self._strings or []

    @property
    def careless(self) -> bool:
        """Whether strict readers refuse it."""
        self._parse()
        return self._careless

    @property
    def unread(self) -> int:
        """How many of its bytes were not understood."""
        self._parse()
        return sum(end - start for start, end in self._unread)

    @property
    def rest(self) -> bytes:
        """Those bytes, apart from each other by lines."""
        self._parse()
        return b"\n".join([self.data[start:end] for start, end in self._unread])

    @property
    def bare(self) -> bytes:
        """The text, with a NUL and a number for each string of at least `LONGEST` bytes."""
        if self._bare is None:
            longest = self._longest() if len(self.data) > LONGEST or self._missing else []
            self._bare = json_text.skeleton(self.data, [self.strings[n] for n in longest], self._missing)
        return self._bare

    @property
    def places(self) -> dict[int, tuple[str, str]]:
        """JSONPath (RFC 9535) and last key of the long strings that are values, by their number in `strings`."""
        self._parse()
        return self._places

    @property
    def values(self) -> list[object]:
        """What the text says: one value, several in a row, or those before what is no JSON."""
        self._parse()
        return self._values or []

    @property
    def value(self) -> object:
        """What the text says, when it is one value and nothing else; else None."""
        values = self.values
        return values[0] if self._single and values else None

    @property
    def mapping(self) -> dict[str, Any] | None:
        """The object that the text is, when it is one and nothing else."""
        value = self.value
        return value if isinstance(value, dict) else None

    def left_out(self, number: int) -> bytes:
        """The string for which a NUL and this number stand in `values`, as it was written; empty where none does."""
        longest = self._longest()
        if number >= len(longest):
            return b""
        string = self.strings[longest[number]]
        return self.data[string.start : string.end]

    def _longest(self) -> list[int]:
        return [n for n, string in enumerate(self.strings) if string.end - string.start >= LONGEST]

    def _parse(self) -> None:
        if self._values is not None:
            return
        self._strings = json_text.long_strings(self.data, self._missing)
        text = json_text.skeleton(self.data, self._strings, self._missing)
        self._values, self._single, whole = json_text.load(text, self._content_type)
        if not whole:
            self._read_on(text)
        if self._strings:
            strings = self._strings
            longest = {n: place for place, n in enumerate(self._longest())}
            left = sum(strings[n].end - strings[n].start for n in longest)
            self._places = filled(self._values, len(strings), lambda n: self._content(n, longest))
            if len(self.data) - left > json_text.LARGEST:  # of its words too many would be held
                self._values, self._unread = [], [(0, len(self.data))]

    def _read_on(self, text: bytes) -> None:
        """Read what strict readers refuse. Behind gaps the long strings stay as they were found."""
        if len(text) > json_text.LARGEST:
            self._values, self._unread = [], [(0, len(self.data))]
            return
        self._careless = True
        if self._missing:
            found = json_tolerant.read(text, self._content_type)
        else:
            found = json_tolerant.read(self.data, self._content_type, json_text.LONG)
            self._strings = [json_text.LongString(*string) for string in found.strings]
        if found.pairs or not self._values:
            self._values = found.values
            self._single = len(found.values) == 1 and found.whole and not found.unread
        # a list without a key may be the beginning of a line of words
        document = found.pairs or any(isinstance(value, dict) for value in found.values)
        self._unread = found.unread if document and not self._missing else []

    def _content(self, number: int, longest: dict[int, int]) -> str:
        if number in longest:
            return f"\0{longest[number]}"
        return json_text.content(self.data, self.strings[number], self._content_type, damaged=bool(self._missing))


def filled(values: list[object], wanted: int, content: Callable[[int], str]) -> dict[int, tuple[str, str]]:
    """Put strings back where a NUL and their number stands, in `values`; gives path and last key of each."""
    found: dict[int, tuple[str, str]] = {}
    stack: list[tuple[Any, _Link]] = [(values, None)]
    while stack:
        node, link = stack.pop()
        keyed = isinstance(node, dict)
        if keyed:
            _with_keys(node, wanted, content)
        for key, inner in list(node.items()) if keyed else enumerate(node):
            kind = inner.__class__
            if kind not in _HOLDERS and (kind is not str or inner[:1] != "\0"):
                continue
            below = None if node is values and len(values) == 1 else (link, f".{key}" if keyed else f"[{key}]")
            if kind is not str:
                stack.append((inner, below))
            elif (match := _PLACE.match(inner)) and (number := int(match[1])) < wanted:
                found.setdefault(number, (_path(below), below[1].lstrip(".") if below else ""))
                node[key] = content(number)
    return found


def _with_keys(node: dict[str, object], wanted: int, content: Callable[[int], str]) -> None:
    """Put long keys back, in their order."""
    if any(key[:1] == "\0" for key in node):
        items = list(node.items())
        node.clear()
        for key, inner in items:
            match = _PLACE.match(key)
            node[content(int(match[1])) if match and int(match[1]) < wanted else key] = inner


def _path(link: _Link) -> str:
    labels: list[str] = []
    while link is not None:
        link, label = link
        labels.append(label if len(label) < 100 else label[:99] + "…")
    return "$" + "".join(reversed(labels[:64]))

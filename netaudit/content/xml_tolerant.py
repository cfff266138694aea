"""XML that is not well-formed: elements that are not closed, crossed or cut, attributes without quotes, bare marks.

Tells a handler the same events as expat does. An element with a text of its own ends where another one begins, since
who leaves out the ends of elements does not write elements among words.
"""

from __future__ import annotations

import re
from collections import Counter
from html import unescape
from typing import Protocol

_NAME = r"[^\s<>/!?=\"'&]+"
_TOKEN = re.compile(
    rf"<!--.*?(?:-->|\Z)|<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)|<\?.*?(?:\?>|\Z)|<![A-Za-z][^<>]*>?"
    rf"|</\s*(?P<end>{_NAME})[^<>]*>?"
    rf"|<(?P<name>{_NAME})(?P<said>(?:[^<>\"'/]++|/(?!>)|\"[^\"<]*+\"|'[^'<]*+'|[\"'])*+)(?P<shut>/?)(?:>|\Z|(?=<))"
    rf"|(?P<text>[^<]++)|(?P<stray><)",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"(?<![^\s=<>\"'/])([^\s=<>\"'/]++)\s*+=\s*+(?:\"([^\"]*)\"?|'([^']*)'?|([^\s\"'<>]+))")
MOST = 200_000  # tokens


class Handler(Protocol):
    """Takes what is told."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """It ends."""

    def text(self, text: str) -> None:
        """Words in it."""


def feed(text: str, handler: Handler) -> list[str]:
    """Tell the handler all that stands in a text; gives what is in no element. What is open at its end was cut."""
    opened: list[str] = []
    worded: list[bool] = []  # of each: whether it has a text and nothing else so far
    waiting = Counter[str]()  # how often each name is open: of one that is not, none is looked for
    rest: list[str] = []
    for count, token in enumerate(_TOKEN.finditer(text)):
        if count >= MOST:
            rest.append(text[token.start() :])
            break
        if name := token["name"]:
            if worded and worded[-1]:
                _end(opened, worded, waiting, handler, opened[-1])
            handler.start(name, _attributes(token["said"]))
            opened.append(name)
            waiting[name] += 1
            worded.append(False)
            if token["shut"]:
                _end(opened, worded, waiting, handler, name)
        elif name := token["end"]:
            _end(opened, worded, waiting, handler, name)
        elif (character_data := token["cdata"]) is not None or (character_data := token["text"]) is not None:
            if not opened:
                rest += [character_data] if character_data.strip("\0\ufeff \t\r\n") else []
                continue
            worded[-1] = worded[-1] or bool(character_data.strip())
            handler.text(character_data if token["cdata"] is not None else unescape(character_data))
        elif token["stray"]:
            rest.append("<")
    return rest


def _end(opened: list[str], worded: list[bool], waiting: Counter[str], handler: Handler, name: str) -> None:
    """End the innermost element of that name and those in it; where there is none, the innermost that has a text."""
    place = len(opened) - 1 if worded and worded[-1] else len(opened)
    if waiting[name]:
        place = next(at for at in range(len(opened) - 1, -1, -1) if opened[at] == name)
    while len(opened) > place:
        handler.end(opened[-1])
        waiting[opened.pop()] -= 1
        worded.pop()


def _attributes(text: str) -> dict[str, str]:
    return {
        one[1]: unescape(one[2] if one[2] is not None else one[3] if one[3] is not None else one[4])
        for one in _ATTRIBUTE.finditer(text)
    }

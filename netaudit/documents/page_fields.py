"""Names and values that a web page shows beside each other: definition lists, rows of two cells, labels, lines."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST = 64 << 10  # bytes of a page that is looked at
MOST = 200  # fields
_SCRIPT, _SCRIPT_ENDS = (re.compile(mark, re.IGNORECASE) for mark in (r"<script\b[^>]{0,400}+>", "</script"))
_HIDDEN = (
    (re.compile("<script", re.IGNORECASE), _SCRIPT_ENDS),
    (re.compile("<style", re.IGNORECASE), re.compile("</style", re.IGNORECASE)),
    (re.compile("<!--"), re.compile("-->")),
)
_LITERAL = re.compile(  # a field of an object that a script names
    r"[{,]\s{0,40}[\"']?([A-Za-z_]\w{1,40})[\"']?\s{0,4}:\s{0,4}[\"']([^\"'<>{}\\]{1,120})[\"']"
)
_INPUT = re.compile(r"<input\b[^>]{0,1000}+>", re.IGNORECASE)
_SHOWN = re.compile(r"\bvalue\s{0,4}=\s{0,4}[\"']?([^\"'>]{0,200}+)", re.IGNORECASE)
_ROW = re.compile(r"</?(?:tr|dl|li|p|div|ul|ol|table|h[1-6]|br|section|fieldset)\b[^>]{0,400}+>", re.IGNORECASE)
_NAME_ENDS = re.compile(r"</(?:dt|th|label|td)\s?>", re.IGNORECASE)
_VALUE_ENDS = re.compile(r"</dd\s?>", re.IGNORECASE)
_NAMED = re.compile(r"[:：]\s|\0")  # a line that has its own name
_TAG = re.compile(r"<[^>]{0,1000}+>")
_LINE = re.compile(r"(?P<name>[^\W\d][^:：\0]{0,60}+)(?:[:：]\s?)?+(?:\0|(?<=[:： ]))(?P<value>[^\0]{1,200})")


def page_fields(page: bytes) -> dict[str, str]:
    """Fields of a page, in its order; of several of one name the first. Bytes that are not UTF-8 are replaced."""
    text = " ".join(page[:LARGEST].decode("utf-8", "replace").replace("\0", " ").split())
    literals = [
        found.groups() for script in _between(text, _SCRIPT, _SCRIPT_ENDS) for found in _LITERAL.finditer(script)
    ]
    for begin, end in _HIDDEN:
        text = _without(text, begin, end)
    text = _INPUT.sub(_shown, text)
    text = _VALUE_ENDS.sub("\n", _NAME_ENDS.sub("\0", text))
    text = unescape(_TAG.sub("", _ROW.sub("\n", text)))
    found: dict[str, str] = {}
    for line in _joined(text.split("\n")):
        cells = [cell.strip() for cell in line.split("\0") if cell.strip()]
        match = _LINE.fullmatch("\0".join(cells)) if len(cells) <= 2 else None
        if match and match["value"].strip() and len(found) < MOST:
            found.setdefault(match["name"].strip(), match["value"].strip())
    for name, value in literals[: MOST - len(found)]:
        found.setdefault(name, value.strip())
    return found


def _joined(lines: list[str]) -> Iterator[str]:
    """Lines; one that ends with a colon is the name of what stands in the next one."""
    name = ""
    for line in lines:
        if not (shown := line.strip(" \0")):
            continue
        if shown[-1] in ":：" and "\0" not in shown:
            name = shown
            continue
        yield f"{name}\0{shown}" if name and not _NAMED.search(shown) else line
        name = ""


def _shown(field: re.Match[str]) -> str:
    value = _SHOWN.search(field[0])
    return value[1] if value else ""


def _between(text: str, begin: re.Pattern[str], end: re.Pattern[str]) -> Iterator[str]:
    """What stands between two marks, in order; once no end follows, none follows a later beginning either."""
    opened = begin.search(text)
    while opened is not None and (closed := end.search(text, opened.end())) is not None:
        yield text[opened.end() : closed.start()]
        opened = begin.search(text, closed.end())


def _without(text: str, begin: re.Pattern[str], end: re.Pattern[str]) -> str:
    """A text without what stands between two marks; what is not ended goes to the end."""
    kept, at = [], 0
    while (opened := begin.search(text, at)) is not None:
        kept.append(text[at : opened.start()])
        closed = end.search(text, opened.start())  # a mark may end what it begins: <!-->
        if closed is None:
            return " ".join(kept)
        at = closed.end()
    return " ".join([*kept, text[at:]])

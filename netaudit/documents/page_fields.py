"""Names and values that a web page shows beside each other: definition lists, rows of two cells, labels, lines."""

from __future__ import annotations

import re
from html import unescape

LARGEST = 64 << 10  # bytes of a page that is looked at
MOST = 200  # fields
_HIDDEN = (("<script", "</script"), ("<style", "</style"), ("<!--", "-->"))
_INPUT = re.compile(r"<input\b[^>]{0,1000}+>", re.IGNORECASE)
_SHOWN = re.compile(r"\bvalue\s{0,4}=\s{0,4}[\"']?([^\"'>]{0,200}+)", re.IGNORECASE)
_ROW = re.compile(r"</?(?:tr|dl|li|p|div|ul|ol|table|h[1-6]|br|section|fieldset)\b[^>]{0,400}+>", re.IGNORECASE)
_NAME_ENDS = re.compile(r"</(?:dt|th|label|td)\s?>", re.IGNORECASE)
_VALUE_ENDS = re.compile(r"</dd\s?>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]{0,1000}+>")
_LINE = re.compile(r"(?P<name>[^\W\d][^:：\0]{0,60}+)(?:[:：]\s?)?+(?:\0|(?<=[:： ]))(?P<value>[^\0]{1,200})")


def page_fields(page: bytes) -> dict[str, str]:
    """Fields of a page, in its order; of several of one name the first. Bytes that are not UTF-8 are replaced."""
    text = " ".join(page[:LARGEST].decode("utf-8", "replace").replace("\0", " ").split())
    for begin, end in _HIDDEN:
        text = _without(text, begin, end)
    text = _INPUT.sub(_shown, text)
    text = _VALUE_ENDS.sub("\n", _NAME_ENDS.sub("\0", text))
    text = unescape(_TAG.sub("", _ROW.sub("\n", text)))
    found: dict[str, str] = {}
    for line in text.split("\n"):
        cells = [cell.strip() for cell in line.split("\0") if cell.strip()]
        match = _LINE.fullmatch("\0".join(cells)) if len(cells) <= 2 else None
        if match and match["value"].strip() and len(found) < MOST:
            found.setdefault(match["name"].strip(), match["value"].strip())
    return found


def _shown(field: re.Match[str]) -> str:
    value = _SHOWN.search(field[0])
    return value[1] if value else ""


def _without(text: str, begin: str, end: str) -> str:
    """A text without what stands between two marks; what is not ended goes to the end."""
    kept, at, low = [], 0, text.lower()
    while (start := low.find(begin, at)) >= 0:
        kept.append(text[at:start])
        stop = low.find(end, start)
        if stop < 0:
            return " ".join(kept)
        at = stop + len(end)
    return " ".join([*kept, text[at:]])

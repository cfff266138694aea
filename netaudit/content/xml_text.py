"""Long runs of an XML text, found in place, and the elements they stand in.

As for JSON: runs of text between markup are located and taken out, and the short skeleton is parsed
(`xml_document.py`).
"""

from __future__ import annotations

import re

import numpy as np

from netaudit.content.kernels_markup import between_markup
from netaudit.core.text.charset import in_order
from netaudit.core.text.json_text import LONG

_TAG = re.compile(rb"<([A-Za-z_\x80-\xff][^\s<>/]{0,80})[^<>]{0,200}>(?:<!\[CDATA\[)?\s*\Z")
_DECLARED = re.compile(rb"<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w.-]{2,40})")
_DECLARATION = re.compile(rb"\A\s*<\?xml[^>]{0,200}\?>")
_CDATA = b"![CDATA["


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
        elif data.endswith(b"-->", start, last + 1):
            end -= 2  # of a comment that has markup in it
        chunk = data[start:end]
        run = start + len(chunk) - len(chunk.lstrip()), end - len(chunk) + len(chunk.rstrip())
        if run[1] - run[0] >= LONG:
            runs.append(run)
    return runs


def _between_markup(data: bytes) -> list[tuple[int, int]]:
    """Stretches of at least `LONG` bytes between two of < > " ' &, or the ends of the data."""
    spans = np.empty((len(data) // LONG + 1, 2), np.int64)
    found = between_markup(np.frombuffer(data, np.uint8), LONG, spans)
    return [(first, last) for first, last in spans[:found].tolist()]


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


def charset_of(text: bytes) -> str:
    """Charset of the text: the likeliest that decodes."""
    if text.isascii():
        return "utf-8"
    match = _DECLARED.match(text.lstrip()[:200])
    declared = match[1].decode("ascii", "replace").lower() if match else ""
    for charset in in_order(text, declared):
        try:
            text.decode(charset).encode()
        except (UnicodeError, LookupError, ValueError):
            continue
        return charset
    return "utf-8"


def tag_before(data: bytes, start: int) -> str:
    """Name of the element whose text begins at `start`, where the text around could not be parsed."""
    match = _TAG.search(data, max(0, start - 300), start)
    return match[1].decode("utf-8", "replace") if match else ""

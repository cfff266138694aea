"""BSON documents (bsonspec.org 1.1) as values: scalars as they are, binary values and long strings as a lone NUL."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from netaudit.content.codecs.bson import DEPTH, span
from netaudit.content.text import to_text
from netaudit.core.text.json_document import LONGEST

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 20_000  # values of all documents
_DOCUMENT, _ARRAY = 3, 4
_NUMBERS = {0x01: "<d", 0x09: "<q", 0x10: "<i", 0x12: "<q"}


def bson_values(data: bytes) -> Iterator[object]:
    """Every document that stands in `data`, one behind the other. What is cut or damaged ends where it can be read."""
    at, left = 0, MOST
    while at + 5 <= len(data) and left > 0:
        size = int.from_bytes(data[at : at + 4], "little")
        if size < 5:
            return
        value, used = _read(data, at, min(at + size, len(data)), left)
        left -= used
        if used:
            yield value
        at += size


def _read(data: bytes, at: int, stop: int, left: int) -> tuple[dict[str, object], int]:
    """The document data[at:stop], and how many values were taken; walked without recursion."""
    root: dict[str, object] = {}
    stack: list[tuple[dict[str, object] | list[object], int]] = [(root, stop)]
    at += 4
    used = 0
    while stack and used < left:
        holder, end = stack[-1]
        kind = data[at] if at < end else 0
        if not kind:
            stack.pop()
            at = end
            continue
        name_end = data.find(b"\0", at + 1, min(end, at + 1024))
        if name_end < 0:
            break
        name = to_text(data[at + 1 : name_end])
        at = name_end + 1
        first, last = span(data, at, end, kind)
        if last < 0:
            break
        used += 1
        if kind in (_DOCUMENT, _ARRAY):
            inner: dict[str, object] | list[object] = [] if kind == _ARRAY else {}
            _put(holder, name, inner)
            if len(stack) < DEPTH:
                stack.append((inner, last))
                at += 4
                continue
        else:
            _put(holder, name, _scalar(data, kind, first, last))
        at = last
    return root, used


def _put(holder: dict[str, object] | list[object], name: str, value: object) -> None:
    if isinstance(holder, list):
        holder.append(value)
    else:
        holder.setdefault(name, value)


def _scalar(data: bytes, kind: int, first: int, last: int) -> object:
    if form := _NUMBERS.get(kind):
        return struct.unpack_from(form, data, first)[0]
    if kind in (0x02, 0x0D, 0x0E):
        return to_text(data[first : last - 1]) if last - first <= LONGEST else "\0"
    if kind == 0x07:
        return data[first:last].hex()
    if kind == 0x08:
        return data[first] != 0
    return "\0" if kind == 0x05 else None

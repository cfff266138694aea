"""BSON documents (bsonspec.org 1.1), one behind the other: binary values and long strings become parts.

Walked without recursion. An embedded document that is not as long as it says ends the walk; what was found stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.content import text
from netaudit.content.slices import Numbering, narrow
from netaudit.core.contracts.unwrapping_steps import step
from netaudit.core.text.json_text import LONG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.content.budget import Budget
    from netaudit.content.part import Part

DEPTH = 128  # documents in documents; the servers allow 100
# sizes of values by type: bytes, or -1 string, -2 document, -3 binary, -4 nothing, -5 regular expression, -6 pointer,
# -7 code with scope
_SIZES = {
    0x01: 8, 0x02: -1, 0x03: -2, 0x04: -2, 0x05: -3, 0x06: -4, 0x07: 12, 0x08: 1, 0x09: 8, 0x0A: -4, 0x0B: -5, 0x0C: -6,
    0x0D: -1, 0x0E: -1, 0x0F: -7, 0x10: 4, 0x11: 8, 0x12: 8, 0x13: 16, 0x7F: -4, 0xFF: -4,
}  # fmt: skip
_LONGEST_NAME = 1024
_VALUE = 16  # shorter binary values are identifiers and digests


def is_bson(part: Part) -> bool:
    """Declared as BSON, or one document that fills the part exactly."""
    if part.content_type[:16] == "application/bson":
        return True
    data = part.data
    if data[-1:] != b"\0":
        return False
    size = int.from_bytes(data[:4], "little")
    return 12 < size == len(data) and data[4] in _SIZES and data[5:6].isalpha()


def open_bson(part: Part, budget: Budget) -> Iterator[Part]:
    """Binary values and long strings of all documents."""
    data = part.data
    at, number = 0, 0
    numbering = Numbering()
    while at + 5 <= len(data):
        size = int.from_bytes(data[at : at + 4], "little")
        stop = min(at + size, len(data))
        if size < 5 or data[at:stop].count(0) == stop - at:
            return
        root = f"$[{number}]" if number or stop < len(data) else "$"
        for path, first, last in _values(data, at, stop, root, budget):
            child = narrow(part, first, last, numbering(step("bson", path)))
            child.name = path.rpartition(".")[2]
            yield child
        at, number = at + size, number + 1


def _values(data: bytes, at: int, stop: int, root: str, budget: Budget) -> Iterator[tuple[str, int, int]]:
    """(path, start, end) of every value of interest in the document data[at:stop]."""
    stack = [(root, stop, False)]
    at += 4
    while stack:
        path, end, listed = stack[-1]
        kind = data[at] if at < end else 0
        if not kind:
            stack.pop()
            at = end
            continue
        name_end = data.find(b"\0", at + 1, min(end, at + _LONGEST_NAME))
        if name_end < 0 or not budget.part():
            return
        name = text.to_text(data[at + 1 : name_end])
        here = f"{path}[{name}]" if listed else f"{path}.{name}"
        at = name_end + 1
        first, last = span(data, at, end, kind)
        if last < 0:
            return
        if _SIZES[kind] == -2:
            if len(stack) >= DEPTH:
                budget.limit("bson depth")
                at = last
                continue
            stack.append((here[:512], last, kind == 4))
            at += 4
            continue
        if (kind == 5 and last - first >= _VALUE) or (kind in (2, 13) and _long(data, first, last)):
            yield here, first, last - (kind != 5)
        at = last


def _long(data: bytes, first: int, last: int) -> bool:
    return last - first > LONG and text.promising(data[first : first + 256])


def span(data: bytes, at: int, end: int, kind: int) -> tuple[int, int]:
    """Where a value's bytes begin, and where the value ends; (-1, -1) when it is longer than its document."""
    size = _SIZES.get(kind, -9)
    first = at
    length = int.from_bytes(data[at : at + 4], "little") if at + 4 <= end else 1 << 32
    if size >= 0:
        last = at + size
    elif size in (-1, -3):
        first = at + (4 if size == -1 else 5)
        last = first + length
        if kind == 5 and data[at + 4 : at + 5] == b"\x02":  # the old generic form has a second length
            first += 4
    elif size in (-2, -7):
        last = at + length if length >= 5 else end + 1
    elif size == -4:
        last = at
    elif size == -5:
        middle = data.find(b"\0", at, end)
        last = data.find(b"\0", middle + 1, end) + 1 if middle >= 0 else 0
        last = last or end + 1
    elif size == -6:
        last = at + 4 + length + 12
    else:
        last = end + 1
    return (first, last) if last <= end else (-1, -1)

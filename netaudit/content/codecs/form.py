"""Forms (application/x-www-form-urlencoded, WHATWG URL section 5) and key=value texts like them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.content import text
from netaudit.content.codecs.binary_to_text import unescaped
from netaudit.content.slices import Numbering, narrow, readable
from netaudit.content.sniff import text_kind
from netaudit.core.contracts.unwrapping_steps import step
from netaudit.core.text.charset import unquote
from netaudit.core.text.json_text import LONG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.content.budget import Budget
    from netaudit.content.part import Part

# who escapes these also escapes plus signs, so that a bare one is a space; base64 sent as it is keeps its plus signs
_RESERVED = (b"%2F", b"%2f", b"%2B", b"%2b", b"%22")


def is_form(part: Part) -> bool:
    """Declared as a form, or pairs joined by ampersands and nothing else."""
    return text_kind(readable(part), part.content_type) == "form"


def pairs(data: bytes, budget: Budget | None = None) -> Iterator[tuple[int, int, int]]:
    """(start of key, start of value, end of value) of every pair; a piece without a mark is a key without a value."""
    at = 0
    while at < len(data):
        end = data.find(b"&", at)
        end = len(data) if end < 0 else end
        equal = data.find(b"=", at, end)
        if end > at:
            yield at, equal + 1 if equal >= 0 else end, end
        if budget is not None and not budget.part():
            return
        at = end + 1


def open_form(part: Part, budget: Budget) -> Iterator[Part]:
    """Long values, percent escapes taken off."""
    data = part.data
    numbering = Numbering()
    for start, value, end in pairs(data, budget):
        first = start if value == end and data[end - 1] != 0x3D else value  # it may have no key
        if end - first < LONG or not text.promising(data[first : min(first + 256, end)]):
            continue
        key = text.to_text(unquote(data[start:first][:-1][:200])) or "*"
        child = narrow(part, first, end, numbering(step("form", key)), closed=end < len(data))
        child.name = key
        if b"+" in child.data and any(escape in child.data for escape in _RESERVED):
            child.data = child.data.replace(b"+", b" ")
        if b"%" in child.data:
            child, depth = unescaped(child, None), child.depth
            child.depth = depth
        yield child

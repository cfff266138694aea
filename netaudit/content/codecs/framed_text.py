"""Texts behind a binary head: JSON or XML that follows a length or a frame header."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netaudit.content.slices import narrow
from netaudit.content.sniff import SAMPLE, is_text, text_kind
from netaudit.core.contracts.unwrapping_steps import Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.content.budget import Budget
    from netaudit.content.part import Part

LONGEST_HEAD = 64  # bytes of a frame before a text
LEAST = 16  # bytes of a text that is worth it
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_BEGINS = re.compile(rb"\{\s*[\"'A-Za-z_}]|\[\s*[{\[\"]|<\?xml|<[A-Za-z_]")
_DOCUMENTS = frozenset({"json", "xml"})


def is_framed(part: Part) -> bool:
    """A JSON or XML text behind a few bytes that are no text: a length, the head of a frame."""
    return _text_in(part) is not None


def open_framed(part: Part, budget: Budget) -> Iterator[Part]:
    """The text, up to the next byte that is in no text."""
    found = _text_in(part)
    if found is not None and budget.part():
        yield narrow(part, *found, Step("framed", f"@{found[0]}"))


def _text_in(part: Part) -> tuple[int, int] | None:
    data = part.data
    if part.missing or len(data) < LEAST or not _CONTROL.search(data[:LONGEST_HEAD]):
        return None
    for found in _BEGINS.finditer(data, 1, LONGEST_HEAD):
        start = found.start()
        stop = _CONTROL.search(data, start)
        end = stop.start() if stop else len(data)
        if end - start >= LEAST and is_text(data[start : min(end, start + SAMPLE)]):
            return (start, end) if text_kind(data[start:end]) in _DOCUMENTS else None
    return None

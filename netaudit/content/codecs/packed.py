"""Binary notations that nobody declared, and texts behind a binary head: what is in them that may hold something."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netaudit.content import text
from netaudit.content.document import packed_of
from netaudit.content.slices import Numbering, derive, narrow
from netaudit.content.sniff import SAMPLE, is_text, text_kind
from netaudit.core.contracts.unwrapping_steps import Step, step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.content.budget import Budget
    from netaudit.content.part import Part

LONGEST_HEAD = 64  # bytes of a frame before a text
LEAST = 16  # bytes of a text that is worth it
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_BEGINS = re.compile(rb"\{\s*[\"'A-Za-z_}]|\[\s*[{\[\"]|<\?xml|<[A-Za-z_]")
_DOCUMENTS = frozenset({"json", "xml"})


def is_packed(part: Part) -> bool:
    """A whole document in MessagePack or CBOR."""
    document = packed_of(part)
    return document is not None and document.notation != "protobuf"


def open_packed(part: Part, budget: Budget) -> Iterator[Part]:
    """Binary values and long texts that may hold something."""
    document = packed_of(part)
    assert document is not None
    numbering = Numbering()
    for number, (start, end, is_words) in enumerate(document.strings):
        if is_words and not text.promising(document.left_out(number)[:256]):
            continue
        if not budget.part():
            return
        place, key = document.places.get(number, ("$", ""))
        here = numbering(step(document.notation, place))
        pieces = document.joined.get(number)
        child = narrow(part, start, end, here) if pieces is None else derive(part, pieces, here)
        child.name = key
        yield child


def is_unsaid_protobuf(part: Part) -> bool:
    """Protocol buffers that nobody declared, by their fields."""
    document = packed_of(part)
    return document is not None and document.notation == "protobuf"


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

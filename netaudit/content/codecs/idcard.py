"""What a reader of 2nd-generation ID cards gives out (facts 5.12): text in UTF-16, a portrait, perhaps fingerprints.

The portrait is in the closed "wlt" coding: it is named, and cannot be looked at here. The text becomes a document of
fields; it is decoded, so that its bytes are not on the wire as they are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import orjson

from netaudit.content.slices import cut, derive, known, narrow
from netaudit.content.sniff import WLT
from netaudit.core.contracts.unwrapping_steps import Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.content.budget import Budget
    from netaudit.content.part import Part

PRELUDE = 7  # bytes of mark and length
BEGIN = b"\xaa\xaa\xaa\x96\x69"
STATUS = b"\x00\x00\x90"
TEXT = 256  # bytes of text
MOST = 64  # blocks of one part
DECODED = "fields decoded from an ID card's text"
_MARK = re.compile(rb"\xaa\xaa\xaa\x96\x69(?=[\x05-\x0f].\x00\x00\x90\x01\x00)", re.DOTALL)
_FIELDS = (  # offsets in the text
    ("name", 0, 30), ("gender", 30, 32), ("nation", 32, 36), ("birthday", 36, 52), ("address", 52, 122),
    ("idNumber", 122, 158), ("issuingAuthority", 158, 188), ("validFrom", 188, 204), ("validTo", 204, 220),
)  # fmt: skip
_PERMANENT = (  # the same of a foreigner's permanent residence card, whose type letter is I
    ("name", 0, 120), ("gender", 120, 122), ("idNumber", 122, 152), ("nationality", 152, 158),
    ("chineseName", 158, 188), ("validFrom", 188, 204), ("validTo", 204, 220), ("birthday", 220, 236),
)  # fmt: skip
_TYPE_AT, _FOREIGNER = 248, b"I\0"  # the letter that says whose card it is
_GENDERS = {"1": "male", "2": "female"}


def is_card(part: Part) -> bool:
    """A block of a card's read-out anywhere among the bytes."""
    data = part.data  # most parts are texts, and what is none is searched far faster for fixed bytes
    return not data.isascii() and BEGIN in data and _MARK.search(data) is not None


def open_card(part: Part, budget: Budget) -> Iterator[Part]:
    """Fields, portrait, fingerprints of every block whose lengths agree."""
    for match, _ in zip(_MARK.finditer(part.data), range(MOST), strict=False):
        found = _sizes(part.data, match.start())
        if found is None or not budget.part():
            continue
        text, portrait, prints = found
        yield from _text(part, text, budget)
        for (first, last), what, kind, name in (
            (portrait, "id card portrait", WLT, "portrait.wlt"),
            (prints, "id card fingerprints", "application/octet-stream", "fingerprints"),
        ):
            if first < min(last, len(part.data)):
                child = narrow(part, first, last, Step(what), closed=last < len(part.data) or part.unknown_from is None)
                child.content_type, child.name = kind, name
                if last > len(part.data) and child.unknown_from is None:
                    child.unknown_from = len(child.data)
                yield child


Span = tuple[int, int]


def _sizes(data: bytes, at: int) -> tuple[Span, Span, Span] | None:
    """Where text, portrait and fingerprints lie; None where the lengths do not add up to that of the block.

    A block has two lengths behind its status, newer ones a third for fingerprints; a check byte ends it.
    """
    head = data[at : at + 16]
    if len(head) < 16:
        return None
    whole, text, portrait, prints = (int.from_bytes(head[i : i + 2], "big") for i in (5, 10, 12, 14))
    fixed = len(STATUS) + 1
    if text != TEXT:
        return None
    if whole == fixed + 4 + text + portrait:
        first, prints = at + 14, 0
    elif whole == fixed + 6 + text + portrait + prints:
        first = at + 16
    else:
        return None
    middle = first + text
    end = middle + portrait
    return (first, middle), (middle, end), (end, end + prints)


def _text(part: Part, span: Span, budget: Budget) -> Iterator[Part]:
    """The fields that are there whole, as a JSON document."""
    stop = known(part)
    values: dict[str, str] = {}
    whole = True
    letter = part.data[span[0] + _TYPE_AT : span[0] + _TYPE_AT + len(_FOREIGNER)]
    for name, first, last in _PERMANENT if letter == _FOREIGNER else _FIELDS:
        a, b = span[0] + first, span[0] + last
        if b > len(part.data) or (b > stop and cut(part.missing, a, b)) or (part.unknown_from or b) < b:
            whole = False
            continue
        value = part.data[a:b].decode("utf-16-le", "replace").strip(" \x00")
        values[name] = _GENDERS.get(value, value) if name == "gender" else value
    values = {name: value for name, value in values.items() if value}
    if not values or not budget.spend(1024):
        return
    budget.note(DECODED)
    data = orjson.dumps(values)
    child = derive(part, data, Step("id card text"), None, None if whole else len(data))
    child.content_type, child.name = "application/json", "idcard.json"
    if (
        child.body_range is not None
        and part.body_range is not None
        and len(part.data) == part.body_range[1] - part.body_range[0]
    ):
        child.body_range = (part.body_range[0] + span[0], part.body_range[0] + min(span[1], len(part.data)))
    yield child

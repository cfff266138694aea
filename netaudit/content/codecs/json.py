"""JSON bodies: the long strings in them that may hold something, each with its JSONPath."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

import orjson

from netaudit.content import text
from netaudit.content.document import json_of
from netaudit.content.slices import Numbering, derive, known, narrow, readable
from netaudit.content.sniff import is_utf16, text_kind
from netaudit.core.contracts.unwrapping_steps import Step, step
from netaudit.core.text import json_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.content.budget import Budget
    from netaudit.content.part import Part

_QUOTED = re.compile(rb'\s*"\s*[{\[]\s*(?:\\"|[{\[\d\]}])')


def is_json(part: Part) -> bool:
    """Begins as an object or array of JSON does."""
    return text_kind(readable(part), part.content_type) == "json"


def open_json(part: Part, budget: Budget) -> Iterator[Part]:
    """Strings worth a closer look, in the order of the text."""
    if len(part.data) > budget.document:
        budget.limit("document size")
        return
    data, document = part.data, json_of(part, budget.documents)
    strings = document.strings
    wanted = [n for n, s in enumerate(strings) if text.promising(data[s.start : min(s.start + 256, s.end)])]
    if not wanted:
        return
    places = document.places
    numbering = Numbering()
    for n in wanted:
        if not budget.part():
            return
        place, key = places.get(n) or _by_key(data, strings[n].start)
        yield _value(part, strings[n], numbering(step("json", place)), key)


def _by_key(data: bytes, start: int) -> tuple[str, str]:
    key = json_text.key_before(data, start)
    return (f"$..{key}" if key else "$..*"), key


def _value(part: Part, string: json_text.LongString, step: Step, key: str) -> Part:
    """The string as a part. Escapes change lengths, so behind a gap only a string without them goes on."""
    child = narrow(part, string.start, string.end, step, closed=string.closed)
    child.name = key
    if not string.closed and child.unknown_from is None:
        child.unknown_from = len(child.data)
    return plain(child, json_text.unescape)


def plain(child: Part, unescape: text.Unescape) -> Part:
    """The part with its escapes taken off; where gaps are among escapes, only what comes before the first gap."""
    if child.complete:
        data = unescape(child.data)
        unknown = None
    else:
        end = known(child)
        data = unescape(child.data[:end].rstrip(b"\\"))
        unknown = len(data)
        if unescape(child.data) == child.data:
            return child
    if data == child.data:
        return child
    inner = derive(child, data, None, None, unknown)
    inner.depth = child.depth
    return inner


def is_wide(part: Part) -> bool:
    """UTF-16 text."""
    return len(part.data) >= 4 and is_utf16(part.data)


def open_wide(part: Part, budget: Budget) -> Iterator[Part]:
    """The text as UTF-8; a gap among two-byte characters ends it."""
    end = known(part)
    if not budget.spend(2 * end):
        return
    wide = part.data[: end & ~1].decode(text.utf16_name(part.data), "replace" if part.complete else "ignore")
    data = wide.removeprefix("\ufeff").encode("utf-8", "replace")
    child = derive(part, data, Step("utf-16"), None, None if part.complete else len(data))
    child.content_type = part.content_type
    if part.complete and not len(part.data) % 2:
        part.as_utf8 = child
    yield child


def is_quoted(part: Part) -> bool:
    """A whole document as one JSON text, as senders give it that write JSON twice."""
    return part.complete and not part.encoding and _QUOTED.match(part.data[:64]) is not None


def open_quoted(part: Part, budget: Budget) -> Iterator[Part]:
    """The document inside the quotes."""
    if len(part.data) > budget.document or not budget.spend(len(part.data)):
        return
    with suppress(orjson.JSONDecodeError):
        inner = orjson.loads(part.data)
        yield derive(part, inner.encode("utf-8", "replace"), Step("json text"))

"""Numbers in bytes that the reader of their document did not give: beyond its bounds, or in one more coding.

Whatever a document is, what stands in its bytes left the site. So they are searched as they are, and once more with
codings off (`recoded.py`); of a number that nobody gave it is read what names it and the name that stands beside it.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import islice, product
from typing import TYPE_CHECKING

from netaudit.events.identity.classifying import classified
from netaudit.events.identity.lines import Field, said_in
from netaudit.events.identity.recoded import TEXT, readings
from netaudit.events.identity.strings import may_hold_number, numbers_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from netaudit.events.identity.values import Personal

LARGEST = 8 << 20  # bytes
MOST = 200  # numbers of a document
_BEFORE, _BEHIND = 96, 48  # bytes around a number that may say whose it is
_CUT = 3  # bytes of a character in UTF-8 that a cut may leave


def overlooked(
    data: bytes,
    known: list[Personal],
    read: Callable[[bytes], list[Personal]],
    spent: Callable[[], object] | None = None,
) -> list[Personal]:
    """Persons of numbers that are not among the `known`; `read` reads bytes as a document of their own.

    `spent` is called where there are more codings upon codings than are taken off (`readings`).
    """
    if not data or len(data) > LARGEST:
        return []
    values = _numbers(known)
    out = _beside(data, values) if may_hold_number(data) else []
    for place, (coding, text) in enumerate(readings(data, spent)):
        found = read(text)
        found += _beside(text, _numbers(found))
        if new := _numbers(found) - values:
            said = f"({coding} {place + 1})" if place else f"({coding})"  # each is a field of its own
            out += [one._replace(path=f"{said}{one.path}", around=f"({coding}){place}") for one in found]
            values |= new
    return out


def is_overlooked(one: Personal) -> bool:
    """Whether it was found in bytes, and not by the reader of their document."""
    return bool(one.around)


def _numbers(found: list[Personal]) -> set[str]:
    return {one.value.upper() for one in found if one.kind == "id_number"}


def _beside(data: bytes, known: set[str]) -> list[Personal]:
    """Numbers that stand in bytes, but those that are known, each with what names it and the name beside it."""
    fields: list[Field] = []
    for place, (start, number) in enumerate(islice(numbers_in(data), MOST)):
        if number.upper() in known:
            continue
        known.add(number.upper())
        end = start + len(number)
        binary = bool(data[max(0, start - _BEFORE) : end + _BEHIND].translate(None, TEXT))
        before, behind = _before(data, start, binary=binary), _behind(data, end, binary=binary)
        around = f"{before}{number}{behind}".replace(">", "=")  # what an element is called names what it holds
        spoken = said_in(around, f"bytes[{place}]")
        row = next((one.path.partition("]")[2].partition("]")[0] for one in spoken if one.value == number), "")
        fields += [one for one in spoken if one.path.partition("]")[2].startswith(f"{row}]")]
    return [one._replace(around=f"{one.path.partition(']')[0]}]") for one in classified(fields)] if fields else []


def _before(data: bytes, start: int, *, binary: bool) -> str:
    """The text before a number; in bytes a letter that touches it is of another field."""
    text = _decoded(data, range(max(0, start - _BEFORE), max(0, start - _BEFORE + _CUT) + 1), range(start, start + 1))
    return f"{text} " if binary and text[-1:].isalnum() else text


def _behind(data: bytes, end: int, *, binary: bool) -> str:
    """The text behind a number, as `_before`."""
    last = min(len(data), end + _BEHIND)
    text = _decoded(data, range(end, end + 1), range(last, max(end, last - _CUT) - 1, -1))
    return f" {text}" if binary and text[:1].isalnum() else text


def _decoded(data: bytes, begins: range, ends: range) -> str:
    """Bytes as text, without the pieces of characters at either end."""
    for begin, end in product(begins, ends):
        with suppress(UnicodeDecodeError):
            return data[begin:end].decode()
    return data[begins[0] : ends[0]].decode("gb18030", "replace")

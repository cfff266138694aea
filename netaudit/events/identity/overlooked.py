"""Find identity numbers in the bytes of a document that its reader did not return.

For each number the field name before it and the name beside it are read too.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import islice, product
from typing import TYPE_CHECKING

from netaudit.events.identity.classifying import classified
from netaudit.events.identity.lines import Field, said_in
from netaudit.events.identity.strings import may_hold_number, numbers_in

if TYPE_CHECKING:
    from netaudit.events.identity.values import Personal

LARGEST = 8 << 20  # bytes
_TEXT = bytes([*b"\t\r\n", *range(0x20, 0x7F), *range(0x80, 0x100)])  # bytes of text in any charset
MOST = 200  # numbers of a document
_BEFORE, _BEHIND = 96, 48  # bytes around a number that may say whose it is
_CUT = 3  # bytes of a character in UTF-8 that a cut may leave


def overlooked(data: bytes, known: list[Personal]) -> list[Personal]:
    """Return persons of identity numbers in `data` that are not among the `known` ones."""
    if not data or len(data) > LARGEST or not may_hold_number(data):
        return []
    return _beside(data, {one.value.upper() for one in known if one.kind == "id_number"})


def is_overlooked(one: Personal) -> bool:
    """Whether it was found in bytes, and not by the reader of their document."""
    return bool(one.around)


def _beside(data: bytes, known: set[str]) -> list[Personal]:
    """Numbers that stand in bytes, but those that are known, each with what names it and the name beside it."""
    fields: list[Field] = []
    for place, (start, number) in enumerate(islice(numbers_in(data), MOST)):
        if number.upper() in known:
            continue
        known.add(number.upper())
        end = start + len(number)
        binary = bool(data[max(0, start - _BEFORE) : end + _BEHIND].translate(None, _TEXT))
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

"""Bytes of elements that are a tag, a length and so many bytes each: known by lengths that add up to the last byte.

Nobody declares such a notation, and makers choose how many bytes tag and length have. That lengths lead through to the
end by chance is told by what the elements say: texts and pictures, mostly.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Literal, NamedTuple

import numpy as np

TAGS, LENGTHS = (1, 2, 4), (1, 2, 3, 4)  # bytes
LEAST, MOST = 3, 2000  # elements
FIRST = 6  # of which one says something
LEAST_TEXTS = 3
SHARE = 0.6  # of values that are texts or pictures
LARGEST = 4 << 20  # bytes
_CONTROL = frozenset(range(0x20)) - {9, 10, 13}
_NO_CONTROL = bytes(set(range(256)) - _CONTROL)
BEGINNING = 16  # bytes of a value by which texts are told at first
SAMPLE = 256  # bytes of a value that are looked at
_TWO = re.compile(rb"[\t\r\n\x20-\x7e\x80-\xff]{2}")
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"BM")
_PRINTABLE = bytes([*range(0x20, 0x7F), 9, 10, 13])


class Element(NamedTuple):
    """One element: its tag, and where its value stands."""

    tag: bytes
    start: int
    end: int


def elements(data: bytes | bytearray, start: int = 0, end: int | None = None) -> list[Element]:
    """The elements that bytes are; nothing where they are none to the last byte.

    Of several layouts that with most texts, then that with the fewest elements.
    """
    end = len(data) if end is None else end
    best: list[Element] = []
    most = (LEAST_TEXTS, -MOST - 1)
    if not 2 * LEAST <= end - start <= LARGEST or data.startswith(_PICTURES, start):
        return best
    control = (np.frombuffer(data, np.uint8, end - start, start) < 0x20).any()  # four times as fast for most texts
    if not control or not data[start:end].translate(None, _NO_CONTROL):
        return best  # tags and lengths of a text are none, and most that is asked of is one
    for tag in TAGS:
        for length in LENGTHS:
            for order in _orders(length):
                found = _walk(data, start, end, tag, length, order)
                if len(found) >= LEAST and (worth := (_texts(data, found), -len(found))) > most:
                    best, most = found, worth
    return best


def may_end(data: bytes | bytearray, start: int) -> set[int]:
    """Places at which elements that begin at `start` may end, in any layout: what is asked before `elements` is."""
    found: set[int] = set()
    for tag in TAGS:
        for length in LENGTHS:
            for order in _orders(length):
                at, head, there = start, tag + length, len(data)
                for count in range(1, MOST + 1):
                    if there - at < head or (count == FIRST and not _speaks(data, start, at)):
                        break
                    at += head + int.from_bytes(data[at + tag : at + head], order)
                    if at > there:
                        break
                    if count >= LEAST:
                        found.add(at)
    return found


def may_speak(data: bytes | bytearray, start: int) -> bool:
    """Whether there may be as many texts as elements have: there are none among numbers alone."""
    return len(list(islice(_TWO.finditer(data, start), LEAST_TEXTS))) == LEAST_TEXTS


def _orders(length: int) -> tuple[Literal["big", "little"], ...]:
    return ("big", "little") if length > 1 else ("big",)


def _speaks(data: bytes | bytearray, start: int, end: int) -> bool:
    """Whether two printable bytes stand beside each other there."""
    return _TWO.search(data, start, end) is not None


def _walk(
    data: bytes | bytearray, at: int, end: int, tag: int, length: int, order: Literal["big", "little"]
) -> list[Element]:
    head, binary = tag + length, 0
    out: list[Element] = []
    while at < end:
        if end - at < head or len(out) >= MOST:
            return []
        size = int.from_bytes(data[at + tag : at + head], order)
        if size > end - at - head:
            return []
        if len(out) == FIRST and (2 * binary < FIRST or not any(_says(data, one) for one in out)):
            return []
        binary += not _CONTROL.isdisjoint(data[at : at + head])
        out.append(Element(bytes(data[at : at + tag]), at + head, at + head + size))
        at += head + size
    return out if 2 * binary > len(out) else []  # tags and lengths of a text are none


def _says(data: bytes | bytearray, one: Element) -> bool:
    return is_words(bytes(data[one.start : min(one.end, one.start + BEGINNING)]))


def _texts(data: bytes | bytearray, found: list[Element]) -> int:
    """How many values are texts, where most are, or pictures, and where tags tell them apart; else 0."""
    said = [bytes(data[one.start : min(one.end, one.start + SAMPLE)]) for one in found if one.end > one.start]
    pictures = sum(value.startswith(_PICTURES) for value in said)
    texts = sum(is_words(value) for value in said)
    apart = len({one.tag for one in found}) >= LEAST
    return texts if apart and texts + pictures >= SHARE * len(said) else 0


def is_words(value: bytes) -> bool:
    """Whether the beginning of a value is a text, in UTF-8 or GB 18030, of two bytes at least."""
    if len(value) < 2 or value.translate(None, _PRINTABLE).translate(None, bytes(range(0x80, 0x100))):
        return False
    for charset in ("utf-8", "gb18030"):
        for cut in range(4):  # a character may be cut
            try:
                value[: len(value) - cut].decode(charset)
            except UnicodeDecodeError:
                if len(value) < BEGINNING:
                    break
            else:
                return True
    return False

"""Images in bytes that nothing else opened: as binary by magic number, in texts as data URIs or bare base64.

Lines of key=value, a NUL, then a picture: bodies in which terminals upload photos (ZKTeco push; facts 5.7 S46).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from netaudit.content.from_images import PNG_SIGNATURE, extent, sniff
from netaudit.content.kernels import JPEG, PNG, WEBP, image_marks
from netaudit.content.slices import cut, narrow, readable
from netaudit.content.sniff import is_text
from netaudit.core.contracts.unwrapping_steps import Step
from netaudit.core.text.charset import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.content.budget import Budget
    from netaudit.content.part import Part

LONGEST = 1024  # bytes of the lines
_LINE = rb"[A-Za-z]{1,16}=[^\x00-\x1f]{0,200}"
_LINES = re.compile(rb"(?:" + _LINE + rb"\r?\n){1,11}" + _LINE + rb"(?:\r?\n)?\x00")


def lines_before(part: Part) -> Part | None:
    """The lines in front of a picture: two at least and a NUL behind them, nothing of it missing; else None."""
    match = _LINES.match(part.data[:LONGEST]) if b"=" in part.data[:17] else None
    if match is None or any(start < match.end() for start, _ in part.missing):
        return None
    return narrow(part, 0, match.end() - 1, Step("lines"))


# what images begin with: the bit of `image_marks`, bytes that are searched fast, and what they must look like
_MARKS = (
    (JPEG, b"\xff\xd8\xff", re.compile(rb"\xff\xd8\xff[\xc0-\xfe]")),
    (PNG, PNG_SIGNATURE, re.compile(re.escape(PNG_SIGNATURE))),
    (WEBP, b"RIFF", re.compile(rb"RIFF....WEBP", re.DOTALL)),
)
# base64 of JPEG, PNG, WebP and GIF as it begins (facts 0.2), with the slash as it may be escaped
_ENCODED = re.compile(
    rb"(?:/|\\/|%2[Ff]|\\u002[Ff])9j(?:/|\\/|%2[Ff]|\\u002[Ff])|iVBORw0KGgo|UklGR[A-Za-z0-9+/]{3}|R0lGOD[dl]h"
)
_HINTS = (b"9j", b"iVBORw0KGgo", b"UklGR", b"R0lGOD")
_RUN = re.compile(
    rb"(?:[A-Za-z0-9+/_=-]++|\\/|%2[FfBb]|%3[Dd]|\\u002[FfBb]|\\[rn]"
    rb"|[\r\n \t]++(?=[A-Za-z0-9+/_-]{16}|[A-Za-z0-9+/_-]{0,15}=))++"
)
_LAST_LINE, _FOLDS = re.compile(rb"\r?\n[ \t]*([A-Za-z0-9+/_-]{1,15})(?=\s|\Z)"), re.compile(rb"\s+")
SMALLEST = 64
_MOST = 1000
# what looks like an image inside is none
_PACKED = (b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"Rar!", b"7z\xbc\xaf", b"\xfd7zXZ")
_WORK = 8  # bytes walked per byte of the part, at most


def is_binary(part: Part) -> bool:
    """Not an image itself, but with the magic number of one inside."""
    data = part.data
    marks = image_marks(np.frombuffer(data, np.uint8)) if len(data) > SMALLEST else 0
    return bool(marks) and _next_image(data, 1, _nowhere(marks)) >= 0


def _nowhere(marks: int) -> list[int]:
    """Places of marks before the search: those that do not stand anywhere (`kernels.image_marks`) are not searched."""
    return [0 if marks & mark else -1 for mark, *_ in _MARKS]


def _next_image(data: bytes, at: int, places: list[int], scan: tuple[int, int] = (0, 0)) -> int:
    """Where the next image may begin, at or behind `at`, which only grows; -1 when nowhere.

    `places` remembers where each mark was found, -1 for no more: so every byte is searched once for each. In the coded
    data of a JPEG, where its `scan` is known, no other one begins: its first two bytes would end them.
    """
    for number, (_, mark, pattern) in enumerate(_MARKS):
        if 0 <= places[number] < at:
            first = data.find(mark, at, scan[0] + 2) if scan[1] and not number else -1
            first = data.find(mark, max(at, 0 if number else scan[1])) if first < 0 else first
            match = pattern.search(data, first) if first >= 0 else None
            places[number] = match.start() if match else -1
    return min((place for place in places if place >= 0), default=-1)


def open_binary(part: Part, budget: Budget) -> Iterator[Part]:
    """Images by magic number, each to its own end; one whose end is not found is not whole. Lines in front as well."""
    if (lines := lines_before(part)) is not None and budget.part():
        yield lines
    yield from images_from(part, budget, image_marks(np.frombuffer(part.data, np.uint8)))


def images_from(
    part: Part, budget: Budget, marks: int, *, broken: bool = True, scan: tuple[int, int] = (0, 0)
) -> Iterator[Part]:
    """Images by magic number that begin in data[1:] and were not given before; `broken`: without an end, too.

    `marks` are those that stand in the data (`kernels.image_marks`); for `scan` see `_next_image`.
    """
    data, places, at = part.data, _nowhere(marks), 1
    work = _WORK * len(data) + (1 << 20)
    broken = broken and not data.startswith(_PACKED)  # what begins like an image in it and has no end is none
    for _ in range(_MOST):
        start = _next_image(data, at, places, scan)
        if start < 0:
            return
        at = start + (budget.gave(data, start) or 3)  # which was searched by itself
        if at > start + 3:
            continue
        candidate = data[start:]
        work -= len(candidate)
        if work < 0 or not budget.part():
            budget.limit("carving")
            return
        found = extent(candidate, sniff(candidate) or "")
        end = start + found.end
        if found.whole or (broken and found.end > 1024 and _plausible(candidate)):
            child = narrow(part, start, end, Step("carved", f"@{start}"), closed=found.whole)
            if not found.whole and child.unknown_from is None:
                child.unknown_from = len(child.data)
            yield child
            at = end
    budget.limit("images in one part")


def _plausible(data: bytes) -> bool:
    """Whether a JPEG without end begins like one: a segment that declares a length within reach, then a marker."""
    if data[:3] != b"\xff\xd8\xff":
        return True
    at = 4 + int.from_bytes(data[4:6], "big")
    return 2 < at < len(data) and data[at] == 0xFF


def is_encoded(part: Part) -> bool:
    """A text with the beginning of a base64 image in it."""
    data = part.data
    return (
        len(data) > SMALLEST
        and is_text(readable(part))
        and any(hint in data for hint in _HINTS)
        and _ENCODED.search(data) is not None
    )


def open_encoded(part: Part, budget: Budget) -> Iterator[Part]:
    """Runs of base64 that begin like an image, in texts that are no documents, or damaged ones."""
    data = part.data
    at = 0
    while (match := _ENCODED.search(data, at)) is not None and budget.part():
        start = match.start()
        end = _end(part, start)
        at = max(end, match.end())
        if end - start < SMALLEST:
            continue
        closed = end < len(data) and not cut(part.missing, end, end + 1)
        child = narrow(part, start, end, Step("text", f"@{start}"), closed=closed)
        if not closed and not part.complete and child.complete:
            child.unknown_from = len(child.data)
        child.data, child.missing, child.unknown_from = _plain(child)
        yield child


def _end(part: Part, start: int) -> int:
    """End of the run; a gap inside it is taken for more of the same."""
    gaps = [(a, b) for a, b in part.missing if b > start]
    at = start
    while True:
        match = _RUN.match(part.data, at)
        at = match.end() if match else at
        gap = next(((a, b) for a, b in gaps if a <= at < b), None)
        if gap is None:
            return _with_last_line(part.data, start, at)
        at = gap[1]


def _with_last_line(data: bytes, start: int, end: int) -> int:
    """End of a folded run with a short last line, which fills up a group of four as all lines before it do."""
    last = _LAST_LINE.match(data, end)
    if last is None or b"\n" not in data[start:end]:
        return end
    count = len(_FOLDS.sub(b"", data[start:end]))
    return last.end() if not count % 4 and not len(last[1]) % 4 else end


def _plain(child: Part) -> tuple[bytes, list[tuple[int, int]], int | None]:
    """Escapes taken off; where there are any, only what comes before the first gap stays."""
    data, missing, unknown = child.data, child.missing, child.unknown_from
    if b"%" not in data and b"\\" not in data:
        return data, missing, unknown
    stop = min([len(data) if unknown is None else unknown, *(a for a, _ in missing)])
    plain = data[:stop]
    for escape, char in (
        (b"\\/", b"/"),
        (b"\\r", b""),
        (b"\\n", b""),
        (b"\\u002F", b"/"),
        (b"\\u002f", b"/"),
        (b"\\u002B", b"+"),
        (b"\\u002b", b"+"),
    ):
        plain = plain.replace(escape, char)
    plain = unquote(plain)
    return plain, [], None if child.complete else len(plain)

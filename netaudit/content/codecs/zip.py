"""Members of zip archives (PKWARE APPNOTE 4.3), walked from the front: a cut archive still gives what of it is there.

Names of members are names, never paths to write to.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from netaudit.content.slices import Numbering, derive, narrow
from netaudit.content.text import to_text
from netaudit.core.contracts.unwrapping_steps import Step, step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.content.budget import Budget
    from netaudit.content.part import Part

_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_MAGIC = b"PK\x03\x04"
_ENCRYPTED, _DESCRIPTOR = 1, 8


def is_zip(part: Part) -> bool:
    """Begins with the header of a member."""
    return part.data[:4] == _MAGIC


def open_zip(part: Part, budget: Budget) -> Iterator[Part]:
    """The members that are stored or deflated, also those behind a gap: the next header there is looked for."""
    data = part.data
    at = 0
    numbering = Numbering()
    while at >= 0 and budget.part():
        end, behind = _stretch(part, at)
        if data[at : at + 4] != _MAGIC or at + _LOCAL.size > end:
            if behind is None:
                return
            at = data.find(_MAGIC, behind)
            continue
        _, _, flags, method, _, _, _, packed, size, name_size, extra_size = _LOCAL.unpack_from(data, at)
        name = to_text(data[at + _LOCAL.size : at + _LOCAL.size + name_size])
        start = at + _LOCAL.size + name_size + extra_size
        if start > end:
            at = -1 if behind is None else data.find(_MAGIC, behind)
            continue
        if packed == 0xFFFFFFFF:
            packed = _zip64(data[start - extra_size : start], size == 0xFFFFFFFF)
        if flags & _DESCRIPTOR and not packed:
            stop = _end_by_content(data, start, end, method, budget)
        else:
            stop = start + packed
        if flags & _ENCRYPTED:
            budget.note("zip: encrypted member")
        elif start < min(stop, end) and not name.endswith("/"):
            member = _member(part, (start, stop, end), method, numbering(step("zip", name)), budget)
            if member is not None:
                member.name = name
                yield member
        # a data descriptor may come between
        at = data.find(_MAGIC, stop, stop + 64) if flags & _DESCRIPTOR and stop < end else stop


def _stretch(part: Part, at: int) -> tuple[int, int | None]:
    """Where the first gap at or behind a place begins, and where it ends; the end of what is known where none does."""
    limit = len(part.data) if part.unknown_from is None else min(part.unknown_from, len(part.data))
    for first, last in part.missing:
        if last > at and first < limit:
            return first, last
    return limit, None


def _zip64(extra: bytes, both: bool) -> int:  # noqa: FBT001
    """Packed size from the extended information (APPNOTE 4.5.3)."""
    at = 0
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<HH", extra, at)
        if tag == 1:
            at += 4 + (8 if both else 0)
            return int.from_bytes(extra[at : at + 8], "little")
        at += 4 + length
    return 0


def _end_by_content(data: bytes, start: int, end: int, method: int, budget: Budget) -> int:
    """End of a member whose size is only declared behind it."""
    if method == 8:
        decoder = zlib.decompressobj(-15)
        room = budget.room(end - start)
        try:
            feed = memoryview(data)[start:end]
            while not decoder.eof and room > 0 and len(feed):
                made = len(decoder.decompress(feed, 1 << 20))
                room -= max(made, 1)
                feed = memoryview(decoder.unconsumed_tail)
        except zlib.error:
            return end
        return end - len(decoder.unused_data) if decoder.eof else end
    found = data.find(b"PK\x07\x08", start, end)
    found = found if found >= 0 else data.find(b"PK", start, end)
    return found if found >= 0 else end


def _member(part: Part, place: tuple[int, int, int], method: int, one: Step, budget: Budget) -> Part | None:
    start, stop, end = place
    whole = stop <= end
    if method == 0:
        child = narrow(part, start, min(stop, end), one)
        if not whole:
            child.unknown_from = min(stop, end) - start
        return child
    if method != 8:
        budget.note("zip: unknown compression")
        return None
    decoder = zlib.decompressobj(-15)
    room = budget.room(min(stop, end) - start)
    try:
        data = decoder.decompress(memoryview(part.data)[start : min(stop, end)], room + 1)
    except zlib.error:
        budget.note("zip: damaged member")
        return None
    if len(data) > room:
        budget.limit("zip ratio or expansion")
        data = data[:room]
    budget.spend(len(data))
    return derive(part, data, one, None, None if decoder.eof else len(data))

"""Times in whatever way a dialect writes them; of two readings the one nearer to the packet's clock."""

from __future__ import annotations

import re
from contextlib import suppress
from email.utils import parsedate_to_datetime

from netaudit.documents.times import Said, read_time
from netaudit.text.patterns import later

_DAY_FIRST = later(r"(\d{1,2})[./-](\d{1,2})[./-](20\d\d)[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)
_WORDS = later(r"(20\d\d)年(\d{1,2})月(\d{1,2})日\s?(\d{1,2})[时點点:](\d{1,2})[分:](\d{1,2})秒?", re.ASCII)


def when(text: str, ns: int) -> Said | None:
    """The time that a text says; `ns` is when it was sent."""
    text = text.strip()
    if said := read_time(text):
        return said
    if found := _WORDS.fullmatch(text):
        year, month, day, *clock = map(int, found.groups())
        return _written(year, month, day, clock)
    if found := _DAY_FIRST.fullmatch(text):
        first, second, year = int(found[1]), int(found[2]), int(found[3])
        clock = [int(part or 0) for part in found.groups()[3:]]
        both = [said for one in ((second, first), (first, second)) if (said := _written(year, *one, clock))]
        return min(both, key=lambda said: abs(said.ns - ns), default=None)
    if text[3:4] == ",":
        with suppress(ValueError, TypeError):
            return read_time(parsedate_to_datetime(text).isoformat(timespec="seconds"))
    return None


def _written(year: int, month: int, day: int, clock: list[int]) -> Said | None:
    return read_time(f"{year}-{month:02}-{day:02} " + ":".join(f"{part:02}" for part in clock))

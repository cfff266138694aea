"""Times in whatever way a dialect writes them; of two readings the one nearer to the packet's clock."""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import suppress
from email.utils import parsedate_to_datetime

from netaudit.core.text.patterns import later
from netaudit.events.rules.times import ZonedTime, read_time

_BEFORE_NOON = ["am", "a.m.", "上午", "午前", "오전", "凌晨", "早上", "sa", "öö"]
_AFTER_NOON = ["pm", "p.m.", "下午", "午後", "오후", "晚上", "ch", "ös"]
_HALF = "|".join(map(re.escape, [*_BEFORE_NOON, *_AFTER_NOON]))
WRITTEN = later(
    r"(?:(?P<year>(?:19|20)\d\d)\s?[-/.:年년]\s?(?P<month>\d{1,2})\s?[-/.:月월]\s?(?P<day>\d{1,2})[日일]?"
    r"|(?P<one>\d{1,2})[-/.](?P<other>\d{1,2})[-/.](?P<last>20\d\d)|(?P<whole>(?:19|20)\d{6}))"
    rf"[T,_\s]{{0,3}}(?:(?!(?:{_HALF})\b)[^\W\d_]{{1,3}}\s)?(?P<before>{_HALF})?\s?"
    r"(?:(?P<hour>\d{1,2})\s?[:.h时時點点시]\s?(?P<minute>\d{1,2})(?:\s?[:.m分분]\s?(?P<second>\d{1,2})(?:[.,]\d{1,9})?)?"
    r"|(?P<clock>\d{6})(?:[.,]?\d{1,9})?)\s?[ms分秒분초]?"
    rf"\s?(?P<after>{_HALF})?\s?(?:Uhr|h)?\s?(?P<zone>Z|UTC|GMT|(?:UTC|GMT)?[+-]\d\d:?\d\d)?",
    re.IGNORECASE,
)
_BETWEEN = r"[^\d\n:]{1,16}"
SPELLED = later(  # with words of any language between the numbers: 2026 оны 10 сарын 25, 14:05
    rf"(?:(?P<year>20\d\d){_BETWEEN}(?P<month>\d{{1,2}}){_BETWEEN}(?P<day>\d{{1,2}})"
    rf"|(?P<one>\d{{1,2}}){_BETWEEN}(?P<other>\d{{1,2}}){_BETWEEN}(?P<last>20\d\d)){_BETWEEN}"
    r"(?P<hour>\d{1,2})[^\d\n]{1,8}(?P<minute>\d{2})(?:[^\d\n]{1,8}(?P<second>\d{2}))?[^\w\n]{0,4}"
)
DATED = later(r"/?Date\((?P<ms>1\d{12})(?:[+-]\d{4})?\)/?")  # of .NET
FRACTION = later(r"(?P<s>1\d{9})\.(?P<part>\d{1,9})", re.ASCII)  # seconds since 1970
TURNED = later(
    r"(?P<clock>\d{1,2}[:.h]\d{2}(?:[:.]\d{2})?)[,\s-]{1,3}(?P<date>\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4})", re.ASCII
)
MAIL = later(r"[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} 20\d\d \d{2}:\d{2}:\d{2} (?:GMT|UTC|[+-]\d{4})")


def when(text: str, ns: int) -> ZonedTime | None:
    """The time that a text says; `ns` is when it was sent."""
    text = text.strip()
    if moment := read_time(text):
        return moment
    if found := DATED.fullmatch(text):
        return read_time(found["ms"])
    if (found := FRACTION.fullmatch(text)) and (moment := read_time(found["s"])):
        return ZonedTime(moment.ns + int(found["part"].ljust(9, "0")), moment.zone)
    if text[3:4] == ",":
        with suppress(ValueError, TypeError):
            return read_time(parsedate_to_datetime(text).isoformat(timespec="seconds"))
    if turned := TURNED.fullmatch(text):
        text = f"{turned['date']} {turned['clock']}"
    found = (WRITTEN.fullmatch(text) or SPELLED.fullmatch(text)) if len(text) <= 64 else None
    return _written(defaultdict(str, found.groupdict("")), ns) if found else None


def _written(found: defaultdict[str, str], ns: int) -> ZonedTime | None:
    if clock := found["clock"]:
        hour, minute, second = int(clock[:2]), int(clock[2:4]), int(clock[4:])
    else:
        hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    half = (found["before"] or found["after"]).lower()
    if half and hour <= 12:
        hour = hour % 12 + 12 * (half in _AFTER_NOON)
    if found["last"]:
        one, other = int(found["one"]), int(found["other"])
        dates = [(int(found["last"]), other, one), (int(found["last"]), one, other)]
    elif whole := found["whole"]:
        dates = [(int(whole[:4]), int(whole[4:6]), int(whole[6:]))]
    else:
        dates = [(int(found["year"]), int(found["month"]), int(found["day"]))]
    zone = found["zone"].upper()
    texts = [f"{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{zone}" for year, month, day in dates]
    return min(filter(None, map(read_time, texts)), key=lambda moment: abs(moment.ns - ns), default=None)

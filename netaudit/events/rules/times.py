"""Times as devices write them, in UTC nanoseconds, with a word on the zone.

Devices of a site mostly write local time without saying so. Such a time is read in the zone of the entry, else in
China's (UTC+8 everywhere, without daylight saving since 1991), and the note says that this was assumed.
"""

from __future__ import annotations

import datetime
import re
from contextlib import suppress
from typing import NamedTuple

CHINA = datetime.timezone(datetime.timedelta(hours=8))
EARLIEST, LATEST = 946_684_800, 4_102_444_800  # 2000 to 2100, seconds
_DIGITS = re.compile(r"\d+(?:\.0+)?", re.ASCII)
_ISO = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})[T ]{1,2}(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9})\d*)?)?"
    r"\s?(Z|UTC|GMT|(?:UTC|GMT)?[+-]\d{2}(?::?\d{2})?)?(?:\[[\w/+-]+\])?",
    re.ASCII | re.IGNORECASE,
)
_ZONE = re.compile(r"(?:UTC|GMT)?([+-])(\d{2}):?(\d{2})?", re.ASCII | re.IGNORECASE)


class ZonedTime(NamedTuple):
    """A time and what its zone rests on: `said`, `epoch seconds`, `epoch milliseconds`, or `assumed +08:00`."""

    ns: int
    zone: str


def read_time(text: str, zone: str = "", form: str = "") -> ZonedTime | None:
    """The time that `text` says, or None. `zone` is "UTC" or an offset; `form` a strptime format of the entry."""
    text = text.strip()[:64]
    if form:
        with suppress(ValueError):
            moment = datetime.datetime.strptime(text, form)  # noqa: DTZ007  (placed in its zone below)
            return _placed(moment, moment.microsecond * 1000, zone, _zone_of(moment))
        return None
    if _DIGITS.fullmatch(text):
        return _number(text.partition(".")[0], zone)
    match = _ISO.fullmatch(text)  # what stands behind a time may be its zone: nothing is read past
    if match is None:
        return None
    with suppress(ValueError):
        moment = datetime.datetime(*(int(part or 0) for part in match.groups()[:6]))  # type: ignore[arg-type]  # noqa: DTZ001
        return _placed(moment, int((match[7] or "0").ljust(9, "0")), zone, match[8] or "")
    return None


def ns_of(text: str) -> int | None:
    """The same as UTC nanoseconds alone."""
    moment = read_time(text) if text else None
    return moment.ns if moment else None


def _zone_of(moment: datetime.datetime) -> str:
    """The zone that the format of an entry read."""
    return moment.strftime("%z")[:5]


def _number(digits: str, zone: str) -> ZonedTime | None:
    """Epoch seconds or milliseconds, or yyyyMMddHHmmss with or without milliseconds."""
    if len(digits) in (14, 17):
        with suppress(ValueError):
            parts = (digits[:4], digits[4:6], digits[6:8], digits[8:10], digits[10:12], digits[12:14])
            moment = datetime.datetime(*map(int, parts))  # type: ignore[arg-type]  # noqa: DTZ001
            return _placed(moment, int(digits[14:] or 0) * 1_000_000, zone)
        return None
    if len(digits) == 10 and EARLIEST <= int(digits) < LATEST:
        return ZonedTime(int(digits) * 10**9, "epoch seconds")
    if len(digits) == 13 and EARLIEST <= int(digits) // 1000 < LATEST:
        return ZonedTime(int(digits) * 10**6, "epoch milliseconds")
    return None


def _placed(moment: datetime.datetime, nanoseconds: int, zone: str, own_zone: str = "") -> ZonedTime | None:
    if not 2000 <= moment.year < 2100:
        return None
    offset = _offset(own_zone or zone)
    if own_zone and offset is None:  # a zone that there is not: to assume another would be wrong by hours
        return None
    seconds = int(moment.replace(tzinfo=datetime.timezone(offset) if offset is not None else CHINA).timestamp())
    note = "said" if own_zone else f"assumed {zone}" if offset is not None else "assumed +08:00"
    return ZonedTime(seconds * 10**9 + nanoseconds, note)


def _offset(text: str) -> datetime.timedelta | None:
    if text.upper() in ("Z", "UTC", "GMT"):
        return datetime.timedelta(0)
    match = _ZONE.fullmatch(text)
    if match is None or int(match[2]) > 14 or int(match[3] or 0) > 59:
        return None
    minutes = int(match[2]) * 60 + int(match[3] or 0)
    return datetime.timedelta(minutes=-minutes if match[1] == "-" else minutes)

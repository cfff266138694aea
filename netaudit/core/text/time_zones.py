"""Time zones by name, and times that people write."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from netaudit.errors import UsageError

if TYPE_CHECKING:
    import datetime


def named_zone(name: str) -> datetime.tzinfo:
    """A zone by its name, as Asia/Shanghai. Raises UsageError for an unknown one, or a path."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise UsageError("{}: no such time zone; say a name such as Asia/Shanghai", name) from None


def nanoseconds(moment: datetime.datetime, zone: str | None = None) -> int:
    """UTC nanoseconds of a time; one that does not say its zone is in `zone`. Raises UsageError where none is known."""
    if moment.tzinfo is None:
        if zone is None:
            raise UsageError("{}: say the time zone (e.g. +08:00)", moment.isoformat())
        moment = moment.replace(tzinfo=named_zone(zone))
    whole = moment.replace(microsecond=0)
    return int(whole.timestamp()) * 1_000_000_000 + moment.microsecond * 1000

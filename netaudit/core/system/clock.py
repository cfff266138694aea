"""The time that is written into cases and reports."""

from __future__ import annotations

import datetime
import os

from netaudit.errors import UsageError

VARIABLE = "SOURCE_DATE_EPOCH"  # reproducible-builds.org: the same bytes again


def now() -> str:
    """Time in UTC, or the one that SOURCE_DATE_EPOCH says. Raises UsageError where that is no time."""
    epoch = os.environ.get(VARIABLE)
    if not epoch:
        return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    try:
        fixed = datetime.datetime.fromtimestamp(int(epoch), datetime.UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError("{} is no time in seconds since 1970: {}", VARIABLE, epoch[:40]) from error
    return fixed.isoformat(timespec="seconds")

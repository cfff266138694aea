"""A period in the words of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netaudit.report.wording import Wording


def span(first: int | None, last: int | None, w: Wording) -> str:
    """Return a period to the minute with its zone; the day once where it is one day."""
    begin, end = w.when(first).local[:16], w.when(last).local[:16]
    if begin == end:
        return w.t("lead_once", at=begin, zone=w.zone_name())
    return w.t("lead_span", first=begin, last=end[11:] if end[:10] == begin[:10] else end, zone=w.zone_name())

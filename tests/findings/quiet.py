"""When a summary leaves nothing open that could be a face or a person."""

from __future__ import annotations

from netaudit.findings.summary.model import NOT_SEEN, Summary

HARMLESS = frozenset({"encrypted", "unreadable", "begun_before"})  # limits that say of no image that it was missed


def is_quiet(summary: Summary) -> bool:
    """Return whether nothing was seen, and no limit speaks of something that was not judged."""
    open_ends = {one.kind for one in summary.limits} - HARMLESS
    return summary.state == NOT_SEEN and not (open_ends or summary.apart or summary.personal.devices)

"""Lines of key=value, a NUL, then a picture: bodies in which terminals upload photos (ZKTeco push; facts 5.7 S46)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netaudit.contracts.unwrapping_steps import Step
from netaudit.unwrapping.slices import narrow

if TYPE_CHECKING:
    from netaudit.unwrapping.part import Part

LONGEST = 1024  # bytes of the lines
_LINE = rb"[A-Za-z]{1,16}=[^\x00-\x1f]{0,200}"
_LINES = re.compile(rb"(?:" + _LINE + rb"\r?\n){1,11}" + _LINE + rb"(?:\r?\n)?\x00")


def lines_before(part: Part) -> Part | None:
    """The lines in front of a picture: two at least and a NUL behind them, nothing of it missing; else None."""
    match = _LINES.match(part.data[:LONGEST]) if b"=" in part.data[:17] else None
    if match is None or any(start < match.end() for start, _ in part.missing):
        return None
    return narrow(part, 0, match.end() - 1, Step("lines"))

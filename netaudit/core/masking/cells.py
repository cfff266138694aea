"""Values as cells of a table for others' programs."""

from __future__ import annotations

from typing import Any

from netaudit.core.masking.mask import visible

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a cell that begins so is a formula to spreadsheets (OWASP: CSV injection)
LONGEST = 2000  # characters of a cell


def cell(value: Any) -> str:
    """A value as text that no spreadsheet runs and no terminal obeys."""
    if value is None:
        return ""
    text = visible("; ".join(map(str, value)) if isinstance(value, list) else str(value), LONGEST)
    return "'" + text if text.startswith(FORMULA) and not isinstance(value, (int, float)) else text

"""Rows of spreadsheets (Office Open XML, ECMA-376 part 1, 18.3 and 18.4) as lines with tabs, as lists are sent.

A sheet holds numbers of texts that stand in another part of the same archive, so both are kept until the message ends.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_CELLS = 10_000  # of a sheet
MOST_COLUMNS = 64
_ROW = re.compile(r"/sheetData/row(?:\[\d+\])?/c(?:\[\d+\])?(?=/)")
_TEXT = re.compile(r"/sst/si(?:\[\d+\])?(?=/)")
_PLACE = re.compile(r"([A-Z]{1,3})(\d{1,7})\Z")


class Scalar(NamedTuple):
    """A field of an XML part, as `unwrapping.scalars` gives it."""

    path: str
    key: str
    value: str


def is_sheet(name: str) -> bool:
    """Whether a part of an archive is a sheet of a workbook."""
    return "worksheets/" in name and name.endswith(".xml")


def is_shared(name: str) -> bool:
    """Whether a part of an archive has the texts of a workbook."""
    return name.endswith("sharedStrings.xml")


def shared_texts(found: Iterable[Scalar]) -> list[str]:
    """Texts by their number; one that is written in several ways is put together."""
    texts: dict[str, str] = {}
    for field in found:
        if field.key == "t" and (item := _TEXT.search(field.path)):
            place = field.path[: item.end()]
            texts[place] = texts.get(place, "") + field.value
    return list(texts.values())


def rows_of(found: Iterable[Scalar], texts: list[str]) -> str:
    """A sheet as lines with tabs between its cells, each in its column."""
    rows: dict[int, dict[int, str]] = {}
    where = kind = ""
    for count, field in enumerate(found):
        if count >= 4 * MOST_CELLS:
            break
        if not _ROW.search(field.path):
            continue
        if field.path.endswith("/@r"):
            where, kind = field.value, ""
        elif field.path.endswith("/@t"):
            kind = field.value
        elif field.key in {"v", "t"} and (place := _PLACE.match(where)):
            text = field.value
            if kind == "s":
                text = texts[int(text)] if text.isdecimal() and len(text) < 8 and int(text) < len(texts) else ""
            row = rows.setdefault(int(place[2]), {})
            column = _column(place[1])
            if column < MOST_COLUMNS:
                row[column] = " ".join(text.split())
    return "\n".join("\t".join(row.get(at, "") for at in range(max(row) + 1)) for _, row in sorted(rows.items()) if row)


def _column(letters: str) -> int:
    """0 of A, 26 of AA."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1

"""Files written by uuencode (IEEE Std 1003.1, uuencode), as old mail and devices' scripts send them."""

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING

from netaudit.content.slices import Numbering, derive
from netaudit.content.text import to_text
from netaudit.core.contracts.unwrapping_steps import step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.content.budget import Budget
    from netaudit.content.part import Part

_BEGIN = re.compile(rb"(?:\A|\n)begin [0-7]{3,4} ([^\r\n]{1,255})\r?\n")
_SEARCHED = 4096  # bytes of a text in which the first file begins


def is_uu(part: Part) -> bool:
    """A text in which a file begins."""
    return (
        not part.missing and part.data.find(b"begin ", 0, _SEARCHED) >= 0 and bool(_BEGIN.search(part.data[:_SEARCHED]))
    )


def open_uu(part: Part, budget: Budget) -> Iterator[Part]:
    """The files, each up to its end or to the first line that is none."""
    numbering, at = Numbering(), 0
    while (found := _BEGIN.search(part.data, at)) and budget.part():
        data, at, ended = _lines(part.data, found.end())
        if not data or not budget.spend(len(data)):
            return
        name = to_text(found[1])
        file = derive(part, data, numbering(step("uuencode", name)))
        file.name = name
        if not ended:
            file.unknown_from = len(data)
        yield file


def _lines(text: bytes, at: int) -> tuple[bytes, int, bool]:
    """Decoded lines from `at` on, where they end, and whether the file says that it does."""
    out: list[bytes] = []
    while at < len(text):
        end = text.find(b"\n", at)
        line = text[at : end if end >= 0 else len(text)].rstrip(b"\r")
        if line in (b"end", b"`", b" ", b""):
            return b"".join(out), end + 1 if end >= 0 else len(text), True
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            break
        at = end + 1 if end >= 0 else len(text)
    return b"".join(out), at, False

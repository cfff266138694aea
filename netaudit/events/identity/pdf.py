"""The text that the pages of a PDF show (ISO 32000-1, 9.4.3), in glyphs of a font, too, that says what they are."""

from __future__ import annotations

import re
import zlib
from itertools import islice
from typing import TYPE_CHECKING

from netaudit.core.text.patterns import later

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST = 1 << 20  # bytes of all streams that are unpacked
MOST_STREAMS = 256
_SHOWN = later(  # strings that a page shows (ISO 32000-1, 9.4.3), and what ends a line of them
    rb"<([0-9A-Fa-f\s]{2,4096})>|\(((?:\\.|[^()\\]){0,4096})\)|(\bTj\b|\bTJ\b|['\"]|\bT[*dDm]\b)", re.DOTALL
)
_ONE = later(rb"<([0-9A-Fa-f]{4})>\s{0,9}<([0-9A-Fa-f]{4})>")
_RANGE = later(
    rb"<([0-9A-Fa-f]{4})>\s{0,9}<([0-9A-Fa-f]{4})>\s{0,9}(?:<([0-9A-Fa-f]{4})>|\[([<>0-9A-Fa-f\s]{0,4096})\])"
)
_TEXT = later(rb"<([0-9A-Fa-f]{4})>")
MOST_FONTS, MOST_RANGES = 16, 1024  # of a PDF, and of a font
MOST_SHOWN = 4 << 20  # bytes of pages that are walked, once for each font
_ESCAPED = later(rb"\\(?:([0-7]{1,3})|(.))", re.DOTALL)


def text_of_pdf(data: bytes) -> bytes:
    """What its pages show, line by line: as it is, then by each font that maps digits."""
    pages, left = [], LARGEST
    for stream in islice(_between(data, b"stream", b"endstream"), MOST_STREAMS):
        begin = stream.lstrip(b"\r\n")
        try:
            page = zlib.decompressobj().decompress(begin, left)
        except zlib.error:
            page = begin
        left -= len(page)
        pages.append(page)
        if left <= 0:
            break
    fonts = {page: _glyphs(page) for page in pages if b"begincmap" in page}
    said, room = [], MOST_SHOWN
    for glyphs in ({}, *islice(filter(_has_digits, fonts.values()), MOST_FONTS)):
        shown = [page for page in pages if page not in fonts and (room := room - len(page)) > 0]
        said += [b"".join(_string(one, glyphs) for one in _SHOWN.finditer(page)) for page in shown]
    return b"\n".join(said)


def _between(data: bytes, begin: bytes, end: bytes) -> Iterator[bytes]:
    """What stands between two words, from the first on; nothing behind a beginning without an end."""
    at = data.find(begin)
    while at >= 0 and (stop := data.find(end, at + len(begin))) >= 0:
        yield data[at + len(begin) : stop]
        at = data.find(begin, stop + len(end))


def _has_digits(glyphs: dict[bytes, bytes]) -> bool:
    return any(text.isdigit() for text in glyphs.values())


def _glyphs(font: bytes) -> dict[bytes, bytes]:
    """Characters in UTF-8 by the two bytes of a glyph (ISO 32000-1, 9.10.3)."""
    found: dict[int, int] = {}
    ranges = 0
    for mapped in _between(font, b"beginbf", b"endbf"):
        if mapped.startswith(b"char"):
            found |= {int(glyph, 16): int(text, 16) for glyph, text in _ONE.findall(mapped)}
            continue
        for first, last, text, texts in _RANGE.findall(mapped)[: MOST_RANGES - ranges]:
            begin, count = int(first, 16), min(int(last, 16) - int(first, 16) + 1, 256)  # of one first byte
            start = int(text or b"0", 16)
            said = [int(one, 16) for one in _TEXT.findall(texts)] or range(start, start + count)
            found |= dict(zip(range(begin, begin + count), said, strict=False))
            ranges += 1
    return {
        glyph.to_bytes(2, "big"): chr(text).encode("utf-8", "replace")
        for glyph, text in found.items()
        if glyph < 1 << 16
    }


def _string(found: re.Match[bytes], glyphs: dict[bytes, bytes]) -> bytes:
    hexadecimal, literal, _ = found.groups()
    if hexadecimal:
        digits = bytes(hexadecimal).translate(None, b" \t\r\n\x0c\0")
        said = bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())
    elif literal is None:
        return b"\n"
    else:
        said = _ESCAPED.sub(lambda one: bytes([int(one[1], 8) & 255]) if one[1] else one[2], literal)
    return b"".join(glyphs.get(said[at : at + 2], b"") for at in range(0, len(said), 2)) if glyphs else said

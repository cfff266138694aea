"""Text of protocols that leave the character set open: names, descriptions, greetings."""

from __future__ import annotations


def decoded(raw: bytes) -> str:
    """UTF-8, else the GB18030 of older Chinese systems, else byte by byte; any bytes give a text."""
    for charset in ("utf-8", "gb18030"):
        try:
            return raw.decode(charset)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")

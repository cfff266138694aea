"""Text from bytes of unknown charset, percent escapes, and which strings are worth a closer look."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

from netaudit.content.sniff import is_utf16
from netaudit.core.text.charset import charset_of, in_order

Unescape = Callable[[bytes], bytes]
_ESCAPE = re.compile(rb"%[0-9A-Fa-f]{2}")
_ENCODED = re.compile(rb"[A-Za-z0-9+/_=\-\s\\%]{48}")
_NESTED = re.compile(rb"\s*(?:data:|\\?[{\[<]|&(?:lt|quot);|\\u003[cC]|[\w.-]{1,64}=)", re.IGNORECASE)


def utf16_name(data: bytes) -> str:
    """Codec of UTF-16 text: by byte order mark, else by where the zero bytes are."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    return "utf-16-le" if data[1:2] == b"\x00" else "utf-16-be"


def to_text(data: bytes, content_type: str = "") -> str:
    """Text of unknown charset: byte order mark, else the likeliest that decodes; what does not decode is replaced."""
    if is_utf16(data):
        return data.decode(utf16_name(data), "replace")
    data = data.removeprefix(codecs.BOM_UTF8)
    for charset in in_order(data, charset_of(content_type)):
        try:
            return data.decode(charset)
        except (UnicodeError, LookupError, ValueError):
            continue
    return data.decode("utf-8", "replace")


def has_escapes(data: bytes) -> bool:
    """Whether there is a percent escape among the first 4 KiB."""
    return _ESCAPE.search(data, 0, 4096) is not None


def promising(head: bytes) -> bool:
    """Whether a long string may hold something: base64, hexadecimal, data URI, nested JSON, XML or form.

    `head` is the beginning of the string, 256 bytes are enough.
    """
    return _ENCODED.match(head) is not None or _NESTED.match(head) is not None

"""Text of protocols that leave the character set open: names, descriptions, greetings.

The alphabet of base64 that is safe in addresses and names of files, made the common one (RFC 4648, 4 and 5).

Percent escapes in bytes.
"""

from __future__ import annotations

import codecs
import re

import numpy as np

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)
_HAN = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")  # Chinese characters and punctuation


def charset_of(content_type: str) -> str:
    """Charset named in a content type, as a codec Python knows; the empty string otherwise."""
    match = _CHARSET.search(content_type)
    if not match:
        return ""
    try:
        name = codecs.lookup(match[1]).name
    except LookupError:
        return ""
    return "gb18030" if name in {"gb2312", "gbk"} else name


def in_order(raw: bytes, declared: str) -> tuple[str, ...]:
    """Charsets to be tried for a text, the likeliest first: UTF-8, the declared one, GB18030.

    A few Chinese characters in GB2312 are sound UTF-8 as well, of Latin or Greek letters (女 reads as U+016E). So a
    declared GB charset is tried first, unless UTF-8 gives Chinese characters: then the declaration is wrong.
    """
    if declared in {"gb2312", "gbk", "gb18030"}:
        if is_utf8(raw) and _HAN.search(raw.decode()) is None:
            return "gb18030", "utf-8"
        return "utf-8", "gb18030"
    return tuple(one for one in ("utf-8", declared, "gb18030") if one)


def is_utf8(raw: bytes) -> bool:
    """Whether bytes are a text in UTF-8."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def decoded(raw: bytes) -> str:
    """UTF-8, else the GB18030 of older Chinese systems, else byte by byte; any bytes give a text."""
    for charset in ("utf-8", "gb18030"):
        try:
            return raw.decode(charset)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


STANDARD = bytes.maketrans(b"-_", b"+/")  # for `bytes.translate`
STANDARD_TEXT = str.maketrans("-_", "+/")  # for `str.translate`


def unquote(data: bytes) -> bytes:
    """Take percent escapes off (RFC 3986, 2.1); a percent sign that starts no escape stays."""
    if b"%" not in data:
        return data
    from netaudit.core.text.kernels_escapes import write_plain  # numba, which an audit loads in its own way first

    out = np.empty(len(data), np.uint8)
    return out[: write_plain(np.frombuffer(data, np.uint8), out)].tobytes()

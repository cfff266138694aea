"""Addresses of pictures that a document names, whatever it is: URLs, and paths or keys that end as pictures do."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from netaudit.core.text.patterns import occurrence

MOST = 32  # addresses of one message
LARGEST = 256 << 10  # bytes looked through
_PAGE = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)  # names what a browser fetches next
_URL = rb"https?://[^\s\"'<>,;|\\)\]}\x00]{4,400}"
_KEY = rb"(?<![\w./:-])/?(?:[\w%.@-]{1,80}/){1,10}[\w%.@=-]{1,120}\.(?:jpe?g|png|bmp|webp|heic)(?![\w/])"
_ADDRESS = re.compile(_URL + rb"|" + _KEY, re.IGNORECASE)
_may_name = occurrence(rb"(?i)https?://|\.(?:jpe?g|png|bmp|webp|heic)")  # far faster, of most texts the answer
_FILE = re.compile(rb"/[^/?#\s]{4,}")


def picture_urls(text: bytes) -> list[str]:
    """Addresses in the text of a document, in order; none of a page."""
    text = text[:LARGEST]
    if b"/" not in text or _PAGE.search(text[:1024]):
        return []
    text = text.replace(b"\\/", b"/")
    found: dict[str, None] = {}
    for match in _ADDRESS.finditer(text) if _may_name(text) else ():
        if _FILE.search(match[0], 8 if match[0][:4].lower() == b"http" else 0):
            found[match[0].decode("utf-8", "replace")] = None
            if len(found) >= MOST:
                break
    return list(found)


def host_of(address: str) -> str:
    """Host of a URL in small letters, empty for what has none."""
    try:
        return (urlsplit(address[:512]).hostname or "").lower() if "://" in address[:8] else ""
    except ValueError:
        return ""

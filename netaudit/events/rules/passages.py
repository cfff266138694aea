"""Which way somebody passed a door, in whatever word a maker or a language has for it."""

from __future__ import annotations

import re
import unicodedata

from netaudit.core.text.yaml_text import yaml_of

IN, OUT = "in", "out"
_PARTS = re.compile(r"[^\W\d_A-Z]+|[A-Z]+[^\W\d_A-Z]*")
_CODE = re.compile(r"\d{1,3}", re.ASCII)


def _folded(text: str) -> str:
    """A text in small letters without marks and separators."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in bare if not unicodedata.combining(char)).replace("ı", "i").replace("đ", "d")
    return unicodedata.normalize("NFC", bare)


_SAID = yaml_of(__package__, "words.yaml")
_ALLOWED = frozenset(_SAID["beside_way"].split())
_WAYS = {_folded(word): way for way in (IN, OUT) for word in _SAID[way].split()}


def way_of(text: str) -> str:
    """`in` or `out` where a value says so, in a word or with what may stand beside it; else the empty string.

    Any other word may turn it round: entry denied, not in, out of order.
    """
    if not text or len(text) > 32:
        return ""
    words = [_folded(word) for word in _PARTS.findall(text)]
    if known := _WAYS.get("".join(words)):
        return known
    found = {_WAYS[word] for word in words if word in _WAYS}
    return found.pop() if len(found) == 1 and all(word in _WAYS or word in _ALLOWED for word in words) else ""


def may_be_way(text: str) -> bool:
    """Whether a value may say a direction where its field is called one: a word for it, or a short code."""
    return bool(way_of(text)) or _CODE.fullmatch(text) is not None

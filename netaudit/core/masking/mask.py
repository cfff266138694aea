"""Masking of what identifies a person, and making visible what steers a terminal or hides text.

Every string from a capture that goes into a table or a report passes `mask`; where a capture names freely, `mask_name`
(files, objects), `mask_path` (targets of requests), `mask_words` (fields, programs) or `mask_host`, which take more.
What is kept is enough to compare by eye (three digits in front, two at the end, the family name), never enough to
identify. `tests/outputs` holds every output against a case in which a person stands everywhere.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from netaudit.core.masking.chinese import HAN, mask_chinese, mask_escaped_chinese, read_gbk
from netaudit.core.masking.escapes import SHORTEST, mask_encoded, without_escapes
from netaudit.core.masking.keys import mask_values
from netaudit.core.masking.numbers import (
    mask_documents,
    mask_escaped_numbers,
    mask_escaped_plates,
    mask_numbers,
    mask_plates,
)
from netaudit.core.masking.words import ASCII_WORDS, PINYIN, PINYIN_NAME
from netaudit.core.text.patterns import later

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

_SHORT_TEXT = 96  # characters
SHORTEST_IN_HOSTS = 6  # letters of a name written in Latin ones
MARGIN = 128  # characters behind a cut that masking has to see, so that no number is cut into harmless halves
_CACHED = 512  # characters; longer texts are not remembered

# C0, C1, bidirectional controls (UAX 9), zero-width and other invisible characters, line separators, surrogates, tags
_HIDDEN = later(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}

_SUSPECT = later(r"[@=:%\u3400-\u9fff]|\d[\d ._/()+-]{9}|\\[ux]|&#|&amp;|[A-Za-z0-9+_-]{" + f"{SHORTEST}}}")
_USER = r"[^\s@/:;,<>\"'()=&?*\[\]\\%]"
_MAIL = later(rf"(?<!{_USER})(?:{_USER}|%(?!40))++(?=(?:@|%40)[\w-]+\.\w)")
_LETTERS = later(r"(?<!\\)[A-Za-z]+")
_VALUE = later(r"(?<==)[^&#=]+")
_COUNTED = later(r"(?<==)[0-9]{1,10}(?=&|\Z)")  # a parameter that is a number too small to be anybody's
_SPOKEN = later(rf"[^\W\d_{HAN}]+")
_WORDED = rf"[^\W\d_{HAN}](?:[^\W\d_{HAN}]|['.-])*"
_SEVERAL = later(rf"{_WORDED}(?:(?:\+|%20| ){_WORDED}){{1,5}}")
_FOREIGN = later(rf"[^\W\d_A-Za-z{HAN}]+")
_WORD = later("[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_HASH = later(r"(?<![A-Za-z0-9])(?=[A-Fa-f]*\d)[0-9A-Fa-f]{8,}(?![A-Za-z0-9])")


def mask(text: str) -> str:
    """The text without what identifies a person, control and bidirectional characters as visible escapes.

    Masked are numbers of eleven digits and more (resident ID, phone, bank card), ID and phone numbers in groups, the
    local part of e-mail addresses, values of identity keys (name=, idcard=, 姓名= …), number plates, Chinese personal
    names, also where they are escaped. Masking twice changes nothing more.
    """
    if len(text) <= _SHORT_TEXT:  # hosts, methods, types and paths that come again and again
        return _remembered(text) if text else text
    if text.isprintable() and _SUSPECT.search(text) is None:
        return text
    return _remembered(text) if len(text) <= _CACHED else _seen(text)


def mask_name(text: str) -> str:
    """The same for a freely chosen name, a file's or an object's: only known words, numbers and hashes stay."""
    return _remembered_name(text) if text else text


def mask_path(text: str) -> str:
    """The same for the target of a request: a file in it is masked as a name, the rest loses names of persons.

    Where all stays as it is, which of two small numbers a parameter is changes nothing: such targets are masked once.
    """
    form = _COUNTED.sub("0", text) if "=" in text and text.isascii() else text
    return text if form and _remembered_path(form) == form else _remembered_path(text)


def mask_words(text: str) -> str:
    """The same for what a program calls its fields and itself: words stay, names of persons and their papers go."""
    return _remembered_words(text) if text else text


def mask_host(text: str) -> str:
    """The same for the name of a host: the domain stays as it is, what stands before it loses names of persons."""
    return _remembered_host(text) if text else text


def shortened(masked: Callable[[str], str], text: str, limit: int) -> str:
    """At most `limit` characters of a masked text, masked with what follows: no number is cut into harmless halves."""
    return masked(text if len(text) <= limit else text[: limit + MARGIN])[:limit]


def visible(text: str, limit: int) -> str:
    """The text with control and bidirectional characters as visible escapes, at most `limit` characters long."""
    if not text.isprintable():
        text = _HIDDEN.sub(_escape, text[: limit + 1])
    return text if len(text) <= limit else text[: max(0, limit - 1)] + "…"


def _through(masked: Callable[[str], str]) -> Callable[[str], str]:
    """The masking of a kind of text, which sees through escapes where there is something to hide behind them."""

    def read(text: str) -> str:
        if "%" in text or "\\" in text or "&" in text:
            plain = without_escapes(text)
            if plain != text and (hidden := masked(plain)) != plain:
                return hidden
        return masked(text)

    return read


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    code = ord(char)
    if char in _SHORT:
        return _SHORT[char]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _mask(text: str) -> str:
    if text.isprintable() and _SUSPECT.search(text) is None:
        return text
    if not text.isprintable():
        text = _HIDDEN.sub(_escape, text)
    if "@" in text or "%40" in text:
        text = _MAIL.sub("***", text)
    text = mask_values(mask_encoded(text, mask_words))
    if not text.isascii():
        text = mask_chinese(mask_plates(text))
    if "%" in text or "+" in text:
        text = mask_escaped_numbers(mask_escaped_chinese(mask_escaped_plates(text)))
    return mask_numbers(text)


_seen = _through(_mask)
_remembered = lru_cache(maxsize=16384)(_seen)


def _name(text: str) -> str:
    """A name that was chosen freely."""
    text = _mask(text if text.isascii() else read_gbk(text))
    if "%" in text:
        text = mask_escaped_chinese(text, strictly=True)
    text = mask_chinese(mask_documents(text), strictly=True)
    hashes = [found.span() for found in _HASH.finditer(text)]
    text = _LETTERS.sub(lambda match: match[0] if _within(match, hashes) else _WORD.sub(_mask_word, match[0]), text)
    return text if text.isascii() else _FOREIGN.sub(_mask_all, text)


_remembered_name = lru_cache(maxsize=16384)(_through(_name))


def _path(text: str) -> str:
    """Directories and values of a query lose names of persons, the file its whole name."""
    target, mark, query = _mask(text if text.isascii() else read_gbk(text)).partition("?")
    folder, slash, file = target.rpartition("/")
    file = _name(file) if "." in file else _places(file)
    return _places(folder) + slash + file + mark + _VALUE.sub(_mask_value, _places(query))


def _mask_value(match: re.Match[str]) -> str:
    """A value of a query that is several words as names are written, in whatever language, loses those nobody knows.

    What its key means is not asked: it may be of any language.
    """
    text = match[0]
    if _SEVERAL.fullmatch(text) and text[0] != text[0].lower():
        return _SPOKEN.sub(_mask_unknown, text)
    return text if text.isascii() else _FOREIGN.sub(_mask_all, text)


_remembered_path = lru_cache(maxsize=16384)(_through(_path))
_remembered_words = lru_cache(maxsize=16384)(_through(lambda text: _places(_mask(text))))


def _host(text: str) -> str:
    name, colon, port = _mask(text).rpartition(":")
    if colon and port.isascii() and port.isdecimal() and ":" not in name:  # else the port were part of the domain
        return _host_name(name) + colon + port
    return _host_name(name + colon + port)


def _host_name(text: str) -> str:
    labels = text.split(".")
    if len(labels) == 1:
        domain = 0
    elif labels[-1].lower() in ("local", "lan") or labels[-1].startswith("_"):  # a service on the link (RFC 6763)
        domain = 1
    else:
        domain = 3 if len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) < 4 else 2
    before = ".".join(labels[: len(labels) - domain])
    if domain > 1:  # a device's name for itself may be its serial number, which looks like a passport's
        before = mask_documents(before)
    if any(map(_may_be_pinyin, _LETTERS.findall(before))):
        before = PINYIN_NAME.sub(_mask_long_pinyin, before)
    return ".".join([*([before] if before else []), *labels[len(labels) - domain :]])


_remembered_host = lru_cache(maxsize=16384)(_through(_host))


def _places(text: str) -> str:
    if not text:
        return text
    text = mask_documents(mask_escaped_chinese(text, strictly=True) if "%" in text else text)
    if not text.isascii():
        text = mask_chinese(text, strictly=True)
    return PINYIN_NAME.sub(_mask_pinyin, text) if any(map(_may_be_pinyin, _LETTERS.findall(text))) else text


@lru_cache(maxsize=16384)
def _may_be_pinyin(word: str) -> bool:
    return PINYIN.fullmatch(word) is not None and not _is_known(word)


def _is_known(text: str) -> bool:
    """Whether letters are words, also several written together in capitals and small ones."""
    return text.lower() in ASCII_WORDS or all(word.lower() in ASCII_WORDS for word in _WORD.findall(text))


def _within(match: re.Match[str], spans: list[tuple[int, int]]) -> bool:
    return any(start <= match.start() and match.end() <= end for start, end in spans)


def _mask_word(match: re.Match[str]) -> str:
    word = match[0]
    return word if len(word) < 3 or word.lower() in ASCII_WORDS else word[0] + "*" * (len(word) - 1)


def _mask_pinyin(match: re.Match[str]) -> str:
    """Syllables of a name, written together or apart, unless they are words."""
    text = match[0]
    if _is_known(text):
        return text
    return text[0] + "".join("*" if char.isalpha() else char for char in text[1:])


def _mask_long_pinyin(match: re.Match[str]) -> str:
    """The same in names of hosts, where many short names of programs and services look so."""
    return _mask_pinyin(match) if len(match[0]) >= SHORTEST_IN_HOSTS else match[0]


def _mask_unknown(match: re.Match[str]) -> str:
    word = match[0]
    return word if word.isascii() and _is_known(word) else word[0] + "*" * (len(word) - 1)


def _mask_all(match: re.Match[str]) -> str:
    return "*" * len(match[0])

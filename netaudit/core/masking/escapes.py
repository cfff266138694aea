"""What escapes hide: the plain letters and digits of a text, however they were written; and encoded words.

A sender may write every digit of a number as %31, %2531, &#49; or an escape of JSON, in full width, and a whole text
in base64 or hexadecimal. Masking reads through all of these, and leaves escapes alone that hide nothing.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from typing import TYPE_CHECKING

from netaudit.core.text.patterns import later

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_ROUNDS = 16  # of escapes in escapes: each takes one layer off everything
SHORTEST = 14  # signs of an encoded word: eleven digits are 15 of base64, without padding

_PERCENT = later(r"(?:%(?:25)*[0-9A-Fa-f]{2})+")
_BYTE = later(r"%(?:25)*([0-9A-Fa-f]{2})")
_NUMERIC = later(
    r"(?<!\\)\\++u\{?0*([0-9A-Fa-f]{2,4})\}?|(?<!\\)\\++x([0-9A-Fa-f]{2})|&(?:amp;)*#[xX]0*([0-9A-Fa-f]{2,4});?|&(?:amp;)*#0*([0-9]{2,5});?"
)
_SIGN = r"[A-Za-z0-9+_-]|%(?:25)*2[BbFf]"
_WORD = later(
    rf"(?<![A-Za-z0-9+_%-])(?:{_SIGN}){{{SHORTEST},}}(?:=|%(?:25)*3[Dd])*|(?<==)(?:{_SIGN}|/){{{SHORTEST},}}(?:=|%(?:25)*3[Dd])*"
)
_PADDING = later(r"(?:=|%(?:25)*3[Dd])+$")
_PLUS, _SLASH = later(r"%(?:25)*2[Bb]|-"), later(r"%(?:25)*2[Ff]|_")
_RUN = later(rb"[ -~]{11,}")
_HEX = later(r"(?:[0-9A-Fa-f]{2})+")


def without_escapes(text: str) -> str:
    """The text with escapes of letters and digits resolved, layer after layer; others stay as they were sent."""
    for _ in range(MOST_ROUNDS):
        plain = text
        if "%" in plain:
            plain = _PERCENT.sub(_percent, plain)
        if "\\" in plain or "&" in plain:
            plain = _NUMERIC.sub(_numeric, plain)
        if plain == text:
            return text
        text = plain
    return re.sub(r"\d", "*", text)  # nobody but who hides something nests so deep


def _percent(match: re.Match[str]) -> str:
    """Percent escapes (RFC 3986, 2.3): letters and digits of a run as themselves, its other bytes as they stand."""
    signs = [(found[0], int(found[1], 16)) for found in _BYTE.finditer(match[0])]
    data = bytes(byte for _, byte in signs)
    for encoding in ("utf-8", "gbk", "latin-1"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    out, at = [], 0
    for char in text:
        size = len(char.encode(encoding))
        out.append(char if _is_plain(char) else "".join(sign for sign, _ in signs[at : at + size]))
        at += size
    return "".join(out)


def _numeric(match: re.Match[str]) -> str:
    """Escapes that name a character by its number."""
    digits = match[1] or match[2] or match[3]
    code = int(digits, 16) if digits else int(match[4])
    char = chr(code) if code < 0x110000 else ""
    return char if char and _is_plain(char) else match[0]


def _is_plain(char: str) -> bool:
    """Letters and digits that nobody has to escape, in full width too."""
    return (char.isascii() and (char.isalnum() or char in "-._~")) or char.isdecimal()


def mask_encoded(text: str, mask: Callable[[str], str]) -> str:
    """The text with stars for words in base64 or hexadecimal in which `mask` finds something to hide."""

    def hide(match: re.Match[str]) -> str:
        decoded = _decoded(match[0])
        return "***" if decoded and mask(decoded) != decoded else match[0]

    return _WORD.sub(hide, text)


def _decoded(word: str) -> str:
    """The text that a word in hexadecimal or base64 (RFC 4648, 4, 5 and 8) is, or holds; empty where there is none."""
    for part in (word, *re.split("[-_/]", word)):
        if len(part) < SHORTEST:
            continue
        if len(part) % 2 == 0 and _HEX.fullmatch(part) and (decoded := _text(bytes.fromhex(part))):
            return decoded
        plain = _PLUS.sub("+", _SLASH.sub("/", _PADDING.sub("", part)))
        plain = plain[: len(plain) - (len(plain) % 4 == 1)]
        try:
            decoded = _text(b64decode(plain + "=" * (-len(plain) % 4)))
        except (binascii.Error, ValueError):
            continue
        if decoded:
            return decoded
    return ""


def _text(data: bytes) -> str:
    """Bytes as text, but for a character that is cut at their end; else what stands in them in plain signs."""
    for cut in range(min(4, len(data))):
        try:
            text = data[: len(data) - cut].decode()
        except UnicodeDecodeError:
            continue
        if all(char.isprintable() or char in "\r\n\t" for char in text):
            return text
    return " ".join(run.decode() for run in _RUN.findall(data))

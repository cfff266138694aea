"""Masking of Chinese personal names: in characters, percent-escaped, or in bytes of GBK that were read one by one.

A run of characters is cut into known words, and what is left may be a name. Strictly: whatever is no known word goes.
"""

from __future__ import annotations

import re
from functools import lru_cache

from netaudit.core.masking.words import CHINESE_WORDS, COMPOUND, FAMILY, LONGEST_WORD

LONGEST_NAME = 4  # characters of a name; one more where the family name has two
HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_CHINESE = re.compile(f"[{HAN}·]+")
_ESCAPED = re.compile("(?:%(?:25)?[89A-Fa-f][0-9A-Fa-f]){2,}")
_ESCAPE = re.compile("%(?:25)?([89A-Fa-f][0-9A-Fa-f])")
_RAW = re.compile("[\x80-\xff]{2,}")  # bytes of GBK that were read one by one


def mask_chinese(text: str, *, strictly: bool = False) -> str:
    """Names in Chinese characters; the family name stays."""
    return _CHINESE.sub(_mask_chinese_strictly if strictly else _mask_chinese, text)


def mask_escaped_chinese(text: str, *, strictly: bool = False) -> str:
    """The same where they are percent-escaped; what stays keeps its escapes."""
    return _ESCAPED.sub(_mask_escaped_strictly if strictly else _mask_escaped, text)


def read_gbk(text: str) -> str:
    """The text with bytes of GBK as their characters; other letters of Latin-1 beside each other go."""
    return _RAW.sub(_read, text)


def _mask_chinese(match: re.Match[str]) -> str:
    head, tail = _apart(match)
    return _masked_run(head, strictly=False) + tail


def _mask_chinese_strictly(match: re.Match[str]) -> str:
    head, tail = _apart(match)
    return _masked_run(head, strictly=True) + tail


def _apart(match: re.Match[str]) -> tuple[str, str]:
    """A run, and the family name at its end where stars follow: that was masked already."""
    run = match[0]
    if not match.string.startswith("*", match.end()):
        return run, ""
    size = 2 if run[-2:] in COMPOUND else 1 if run[-1] in FAMILY else 0
    return run[: len(run) - size], run[len(run) - size :]


@lru_cache(maxsize=4096)
def _masked_run(run: str, *, strictly: bool) -> str:
    """A run of Chinese characters without names: of two to four of them, whole or beside words that are none.

    Strictly: without whatever is no known word.
    """
    pieces = _pieces(run)
    if not any(known for _, known in pieces):
        pieces = [(run, False)]
    elif len(run) <= LONGEST_NAME and not all(known for _, known in pieces) and _may_name(run):
        pieces = [(run, False)]  # a name that begins like a word
    return "".join(
        piece if known or not (strictly or _may_name(piece)) else _starred(piece) for piece, known in _joined(pieces)
    )


def _joined(pieces: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """One character that is no word makes a name of the word before it, where that begins as one."""
    out: list[tuple[str, bool]] = []
    for piece, known in pieces:
        if not known and len(piece) == 1 and out and out[-1][1] and len(out[-1][0]) == 2 and out[-1][0][0] in FAMILY:
            out[-1] = (out[-1][0] + piece, False)
        else:
            out.append((piece, known))
    return out


def _may_name(piece: str) -> bool:
    if 2 <= len(piece) <= LONGEST_NAME and piece[0] in FAMILY:
        return True
    return (3 <= len(piece) <= LONGEST_NAME + 1 and piece[:2] in COMPOUND) or "·" in piece[1:-1]


def _starred(piece: str) -> str:
    kept = 2 if len(piece) > 2 and piece[:2] in COMPOUND else 1 if len(piece) > 1 and piece[0] in FAMILY else 0
    return piece[:kept] + "*" * (len(piece) - kept)


def _pieces(run: str) -> list[tuple[str, bool]]:
    """A run cut into known words, the longest first, and what is left between them."""
    found: list[tuple[str, bool]] = []
    rest = at = 0
    while at < len(run):
        size = _known(run, at)
        if not size:
            at += 1
            continue
        if rest < at:
            found.append((run[rest:at], False))
        found.append((run[at : at + size], True))
        at = rest = at + size
    if rest < len(run):
        found.append((run[rest:], False))
    return found


def _known(run: str, at: int) -> int:
    """Length of the known word there, 0 when there is none; one character is a word only where it stands alone."""
    longest = min(LONGEST_WORD, len(run) - at)
    size = next((size for size in range(longest, 0, -1) if run[at : at + size] in CHINESE_WORDS), 0)
    return size if size > 1 or len(run) == 1 or run[at] == "的" else 0


def _mask_escaped(match: re.Match[str]) -> str:
    return _masked_escapes(match, strictly=False)


def _mask_escaped_strictly(match: re.Match[str]) -> str:
    return _masked_escapes(match, strictly=True)


def _masked_escapes(match: re.Match[str], *, strictly: bool) -> str:
    """Percent-escaped UTF-8 or GBK, masked as what it says; what stays keeps its escapes."""
    text = match[0]
    followed = "*" if match.string.startswith("*", match.end()) else ""
    escapes = [found.span() for found in _ESCAPE.finditer(text)]
    data = bytes.fromhex("".join(_ESCAPE.findall(text)))
    for encoding in ("utf-8", "gb18030"):
        try:
            decoded = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        masked = _CHINESE.sub(_mask_chinese_strictly if strictly else _mask_chinese, decoded + followed)
        masked = masked[: len(decoded)]
        out, at = [], 0
        for char, shown in zip(decoded, masked, strict=True):
            size = len(char.encode(encoding))
            out.append("*" if shown == "*" else text[escapes[at][0] : escapes[at + size - 1][1]])
            at += size
        return "".join(out)
    return "*" * len(escapes) if strictly else text


def _read(match: re.Match[str]) -> str:
    """Bytes of GBK as their characters; other letters of Latin-1 beside each other go."""
    try:
        decoded = match[0].encode("latin-1").decode("gb18030")
    except UnicodeDecodeError:
        decoded = ""
    return decoded if _CHINESE.fullmatch(decoded) else "*" * len(match[0])

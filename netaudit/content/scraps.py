"""Words in what is small or is no body that nobody would read: a picture may go in many of them.

Each is known by a digest, so that what is said again and again (a cookie, a token) counts once for its two ends. Words
of at most 64 characters are digests and identifiers, of which every program sends some: they count only where a message
has many.
"""

from __future__ import annotations

import itertools
import re
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from netaudit.core.text.obscure import is_code

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Scrap = tuple[int, int]  # digest of a word (63 bits), its bytes

LEAST, DIGEST = 16, 64  # characters of a word that may say anything, and of a digest (SHA-256 in hexadecimal)
SPARE = 512  # bytes of such short words of one message that are not counted
MOST = 16  # words of one message that are told one by one; the others together
TEXT = 256  # bytes of a body that has words if it is a text
LONGEST = 4096  # bytes of opened things that stand among small ones in another writing
ESCAPED = 4  # times that a word may be escaped, one upon the other
_REMEMBERED = 1024  # bytes of a line that is remembered
_WORD = re.compile(rb"""[^\x00-\x20\x7f,;:&=?"'<>(){}\[\]|\\]{%d,}""" % LEAST)
_LONG = re.compile(  # tried where a word begins only
    rb"""(?<![^\x00-\x20\x7f,;:&=?"'<>(){}\[\]|\\])[^\x00-\x20\x7f,;:&=?"'<>(){}\[\]|\\]{%d}""" % (DIGEST + 1)
)
_HEXADECIMAL = re.compile(rb"[0-9a-fA-F-]+")
_UNBROKEN = re.compile(rb"(?<![0-9A-Za-z])[0-9A-Za-z]{%d}" % (DIGEST + 1))  # no word is so long
_KINDS = bytes(
    1 if 0x30 <= byte < 0x3A else 2 if 0x41 <= byte < 0x5B else 3 if 0x61 <= byte < 0x7B else 0 for byte in range(256)
)
_CHANGES = tuple(map(bytes, itertools.permutations((1, 2, 3), 2)))  # neighbours of two kinds; none overlaps itself
_CONTROL = bytes(set(range(0x20)) - set(b"\t\r\n"))
_CHANGING = 0.35  # share of neighbours of two kinds (digits, capitals, small letters): 0.5 to 0.65 in codes
_DIFFERENT = 8  # characters; fewer are lines, rows of dots, rests of tables


def scraps_of_head(head: bytes) -> list[Scrap]:
    """What is in the head of a message: words of its lines; where these are no text it is one."""
    if len(head.translate(None, _CONTROL)) < 0.98 * len(head):
        return [_scrap(head)] if len(head) > DIGEST else []
    return _few(head, head.splitlines())


def scraps_of_body(data: bytes, text: int = TEXT) -> list[Scrap]:
    """What is in a small body that no codec opened: words of a text; bytes that are no text are one.

    A text of at least so many bytes is one if it has no words.
    """
    if len(data) <= DIGEST:
        return []
    if is_code(data, binary=len(data) < text):
        return [_scrap(data)]
    return _few(data, [data])


def scraps_of_rest(data: bytes, known: int, text: int = TEXT) -> list[Scrap]:
    """The same of a body in which so many bytes are of what was opened, in another writing."""
    if known > LONGEST:
        return []
    found = scraps_of_body(data, text)
    if known <= DIGEST:
        return found
    left = sum(size for _, size in found) - known
    return [(_scrap(data)[0], left)] if left > DIGEST else []


def _few(whole: bytes, lines: Iterable[bytes]) -> list[Scrap]:
    """Scraps of the lines of a text, each once."""
    if len(whole) <= SPARE and _LONG.search(whole) is None:
        return []
    found: dict[int, int] = {}
    for line in lines:
        if len(line) >= LEAST:
            found.update(_remembered(line) if len(line) <= _REMEMBERED else _of_line(line))
    short = {digest for digest, size in found.items() if size <= DIGEST}
    if sum(found[digest] for digest in short) <= SPARE:
        for digest in short:
            del found[digest]
    scraps = list(found.items())
    if len(scraps) <= MOST:
        return scraps
    rest = scraps[MOST - 1 :]
    named = b"".join(digest.to_bytes(8, "big") for digest, _ in rest)
    return [*scraps[: MOST - 1], (_scrap(named)[0], sum(size for _, size in rest))]


def _of_line(line: bytes) -> tuple[Scrap, ...]:
    return tuple(map(_scrap, _codes(line)))


_remembered = lru_cache(maxsize=8192)(_of_line)  # most lines are those of the message before


def _scrap(word: bytes) -> Scrap:
    return int.from_bytes(blake2b(word, digest_size=8).digest(), "big") >> 1, len(word)


def _codes(text: bytes, times: int = ESCAPED) -> Iterator[bytes]:
    """Words of a text that nobody would read."""
    for word in _WORD.findall(text):
        if times and b"%" in word:
            plain = unquote_to_bytes(word)
            if is_code(plain, binary=True):
                yield word
            elif plain != word:
                yield from _codes(plain, times - 1)
                continue
        if _is_code_word(word):
            yield word


def _is_code_word(word: bytes) -> bool:
    if len(set(word)) < (_DIFFERENT if len(word) <= DIGEST else _DIFFERENT // 2):
        return False
    if _HEXADECIMAL.fullmatch(word) or _UNBROKEN.search(word):
        return True
    kinds = word.translate(_KINDS)
    changes = sum(map(kinds.count, _CHANGES))
    return changes >= _CHANGING * len(word) or is_code(word)

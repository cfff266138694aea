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

from netaudit.unwrapping.obscure import is_code

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netaudit.messages.message import Message

Scrap = tuple[int, int]  # digest of a word (63 bits), its bytes

LEAST, DIGEST = 16, 64  # characters of a word that may say anything, and of a digest (SHA-256 in hexadecimal)
SPARE = 512  # bytes of such short words of one message that are not counted
MOST = 16  # words of one message that are told one by one; the others together
_REMEMBERED = 1024  # bytes of a line that is remembered
_WORD = re.compile(rb"""[^\x00-\x20\x7f,;:&=?"'<>(){}\[\]|\\]{%d,}""" % LEAST)
_LONG = re.compile(rb"""[^\x00-\x20\x7f,;:&=?"'<>(){}\[\]|\\]{%d}""" % (DIGEST + 1))
_HEXADECIMAL = re.compile(rb"[0-9a-fA-F-]+")
_KINDS = bytes(
    1 if 0x30 <= byte < 0x3A else 2 if 0x41 <= byte < 0x5B else 3 if 0x61 <= byte < 0x7B else 0 for byte in range(256)
)
_CONTROL = bytes(set(range(0x20)) - set(b"\t\r\n"))
_CHANGING = 0.35  # share of neighbours of two kinds (digits, capitals, small letters): 0.5 to 0.65 in codes
_DIFFERENT = 8  # characters; fewer are lines, rows of dots, rests of tables


def scraps_of_head(message: Message) -> list[Scrap]:
    """What is in a message outside its body: its head as it came, or what its reader took of it."""
    head = message.head
    if head:
        if len(head.translate(None, _CONTROL)) < 0.98 * len(head):
            return [_scrap(head)] if len(head) > DIGEST else []
        return _few(head, head.splitlines())
    fields = [message.method, message.path, message.file_name]
    for name, value in message.headers:
        fields += (name, value)
    text = "\n".join(fields).encode("utf-8", "replace")
    return _few(text, text.split(b"\n"))


def scraps_of_body(data: bytes) -> list[Scrap]:
    """What is in a small body that no codec opened: words of a text; bytes that are no text are one."""
    if len(data) <= DIGEST:
        return []
    if is_code(data, binary=True):
        return [_scrap(data)]
    return _few(data, [data])


def scraps_of_rest(data: bytes, size: int) -> list[Scrap]:
    """The same of a body of which all but so many bytes were taken."""
    found = scraps_of_body(data)
    left = min(size, sum(one for _, one in found))
    return found if left == sum(one for _, one in found) else [_scrap(data[:left])] if left > DIGEST else []


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


def _codes(text: bytes) -> Iterator[bytes]:
    """Words of a text that nobody would read."""
    for word in _WORD.findall(text):
        if b"%" in word:
            plain = unquote_to_bytes(word)
            if is_code(plain, binary=True):
                yield word
            elif plain != word:
                yield from _codes(plain)
                continue
        if _is_code_word(word):
            yield word


def _is_code_word(word: bytes) -> bool:
    if len(set(word)) < _DIFFERENT:
        return False
    if _HEXADECIMAL.fullmatch(word):
        return True
    kinds = word.translate(_KINDS)
    changes = sum(a != b for a, b in itertools.pairwise(kinds) if a and b)
    return changes >= _CHANGING * len(word) or is_code(word)

"""What bytes say once one more coding is taken off: escapes, references, marks that nobody sees, words in letters.

A number in a coding that no reader of documents takes off is a number all the same. So whatever a document is, its
words are read once more with a coding off, then with two and three: only what then holds an identity number with a
right check digit is read as a document of its own (`overlooked.py`), so that nothing is found by chance.
"""

from __future__ import annotations

import binascii
import re
import zlib
from base64 import b32decode
from collections import deque
from html import unescape
from itertools import islice
from typing import TYPE_CHECKING

from netaudit.core.text.charset import STANDARD, unquote
from netaudit.core.text.patterns import later, occurrence
from netaudit.core.text.renderings import LARGEST as RENDERED
from netaudit.core.text.renderings import renderings
from netaudit.events.identity.strings import holds_number
from netaudit.events.identity.written import may_be_decimal, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEEPEST = 3  # codings one upon the other
SHORTEST, LONGEST = 24, 8192  # characters of a word: 18 digits in base64, and what is still no picture
MOST = 64  # words of a text that are tried
MOST_WORDS = 512  # words of a document that are tried, in all depths together
MOST_SAID = 8 << 20  # bytes that texts of a document become, all together
_BEGINNING = 64  # bytes of which no compressed stream has only such below 0x80
LARGEST = 1 << 20  # bytes of a text, and of what a word becomes
_ESCAPE = later(  # of C, JavaScript and JSON, and of URLs
    rb"(?<!\\)\\+(?:x([0-9a-fA-F]{2})|u\{?([0-9a-fA-F]{2,6})\}?|([0-3][0-7]{2}))|%([0-9a-fA-F]{2})"
)
_UNSEEN = later(  # in UTF-8: zero-width and joining marks, marks of direction, byte order marks, variation selectors
    rb"\xe2\x80[\x8b-\x8f\xaa-\xae]|\xe2\x81[\xa0-\xaf]|\xef\xbb\xbf|\xcd\x8f|\xc2\xad|\xef\xb8[\x80-\x8f]"
)
# RFC 6350, 3.2; RFC 2849; quoted-printable; YAML; by its first byte, which is found three times as fast
_FOLDED = later(
    rb"[=\\\r\n](?<=[0-9].)(?:(?<==)\r?\n|(?<=\\)\r?\n[ \t]{0,64}|(?<=\r)\n[ \t]{1,64}"
    rb"|(?<=\n)[ \t]{1,64})(?=[0-9Xx])",
    re.DOTALL,
)
_REFERENCE = later(rb"&#(?:[xX][0-9a-fA-F]{1,6}|[0-9]{1,7});?")
_WORD = later(rb"[A-Za-z0-9+/_-]{%d,}={0,6}" % SHORTEST)
_STRETCH = later(rb"(?<![A-Za-z0-9+/_%%\\-])[A-Za-z0-9+/_%%\\-]{%d,}+" % (LONGEST + 1))
_LETTERS = later(rb"(?:[A-Za-z0-9+/_-]++|%2[BbFf]|\\/)++")  # of base64, as URLs and JSON write them
_BASE32 = later(rb"(?:[A-Z2-7]{8})*(?:[A-Z2-7]{2}|[A-Z2-7]{4}|[A-Z2-7]{5}|[A-Z2-7]{7})?={0,6}", re.IGNORECASE)
_HEXADECIMAL = later(rb"(?:[0-9A-Fa-f]{2})+")
_UUID = later(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
TEXT = bytes([*b"\t\r\n", *range(0x20, 0x7F), *range(0x80, 0x100)])
_coded = occurrence(
    rb"[0-9](?:=\r?\n|\\\r?\n[ \t]*|\r?\n[ \t]+)[0-9Xx]|\\[xu0-3]|&#|%[0-9a-fA-F]{2}"
    rb"|\xe2\x80[\x8b-\x8f\xaa-\xae]|\xe2\x81|\xef\xbb|\xcd\x8f|\xc2\xad|\xef\xb8[\x80-\x8f]|[A-Za-z0-9+/_-]{24}"
)


def readings(data: bytes, spent: Callable[[], object] | None = None) -> Iterator[tuple[str, bytes]]:
    """(codings taken off, what it says then) of bytes that hold an identity number once that is done.

    The texts with the fewest codings off come first. Work is bounded by `MOST` words in each text, `DEEPEST` codings,
    and for all texts together by `MOST_WORDS` and `MOST_SAID`: `spent` is called once where these leave something out.
    """
    left, tried = MOST_SAID, set[bytes]()
    if 0 < len(data) <= RENDERED and data.translate(None, TEXT):  # frames; of a text its words are tried
        yield from ((name, said) for name, said in renderings(data) if holds_number(said))
    words = _STRETCH.sub(_without_pictures, data) if LONGEST < len(data) <= LARGEST else data
    texts = deque([("", words, DEEPEST)] if 0 < len(data) <= LARGEST else [])
    while texts:
        coding, text, depth = texts.popleft()
        for name, decoded in _once(text, tried):
            left -= len(decoded)
            if left < 0:
                break
            if holds_number(decoded):
                yield f"{coding} {name}".lstrip(), decoded
            elif depth > 1 and len(decoded) <= LARGEST:
                texts.append((f"{coding} {name}".lstrip(), decoded, depth - 1))
        if left < 0 or (texts and len(tried) > MOST_WORDS):
            if spent is not None:
                spent()
            return


def _without_pictures(stretch: re.Match[bytes]) -> bytes:
    """A stretch of a text without its words that are too long to be tried: of them no coding need be taken off."""
    return _LETTERS.sub(lambda word: b"" if len(word[0]) > LONGEST else word[0], stretch[0])


def _once(data: bytes, tried: set[bytes]) -> Iterator[tuple[str, bytes]]:
    """What bytes say with one coding off: all of them, where that is one, else word by word; none that was `tried`."""
    if unpacked := inflated(data):
        yield "compressed", unpacked
        return
    yield from written(data)
    if not may_be_coded(data):
        return
    plain = unescaped(data)
    if plain != data:
        yield "escaped", plain
    for found in islice(_WORD.finditer(data), MOST):
        word = found[0]
        if len(word) <= LONGEST and word not in tried and _UUID.fullmatch(word) is None:
            tried.add(word)
            yield from _of_word(word)


def _of_word(word: bytes) -> Iterator[tuple[str, bytes]]:
    """What a word says in each writing of bytes in letters that it may be, where that is a text or compressed."""
    for name, read in _READERS:
        decoded = read(word)
        if decoded and (not decoded.translate(None, TEXT) or inflated(decoded) or may_be_decimal(decoded)):
            yield name, decoded
            return


def unescaped(data: bytes) -> bytes:
    """A text without escapes, references of HTML, what nobody sees, and folds within a number."""
    if b"\n" in data:
        data = _FOLDED.sub(b"", data)
    plain = _ESCAPE.sub(_as_bytes, data) if b"\\" in data else unquote(data)
    if b"&#" in plain:
        plain = _REFERENCE.sub(lambda one: unescape(one[0].decode("ascii")).encode("utf-8", "replace"), plain)
    return plain if plain.isascii() else _UNSEEN.sub(b"", plain)


def _as_bytes(found: re.Match[bytes]) -> bytes:
    hexadecimal, wide, octal, percent = found.groups()
    if octal:
        return bytes([int(octal, 8)])
    number = int(hexadecimal or wide or percent, 16)
    if number < 0x80 or hexadecimal or percent:
        return bytes([number & 0xFF])
    return chr(number).encode("utf-8", "replace") if number < 0x110000 else found[0]


def inflated(data: bytes) -> bytes:
    """Bytes that are zlib, gzip or a bare deflate stream from end to end, unpacked; empty for all others."""
    if len(data) < SHORTEST // 2 or data[:_BEGINNING].isascii():
        return b""
    head = data[:2]
    known = head == b"\x1f\x8b" or (head[0] & 15 == 8 and int.from_bytes(head, "big") % 31 == 0)
    for bits in (47, -15) if known else (-15,):
        if bits < 0 and head[0] & 6 == 6:  # no block has this type (RFC 1951, 3.2.3)
            continue
        unpacker = zlib.decompressobj(bits)
        try:
            plain = unpacker.decompress(data, LARGEST)
        except zlib.error:
            continue
        if unpacker.eof and not unpacker.unused_data and len(plain) > SHORTEST // 2:
            return plain
    return b""


def _base64(word: bytes) -> bytes:
    bare = word.translate(STANDARD).rstrip(b"=")
    try:
        return binascii.a2b_base64(bare + b"=" * (-len(bare) % 4), strict_mode=True) if len(bare) % 4 != 1 else b""
    except binascii.Error:
        return b""


def _base32(word: bytes) -> bytes:
    if _BASE32.fullmatch(word) is None:
        return b""
    bare = word.rstrip(b"=").upper()
    return b32decode(bare + b"=" * (-len(bare) % 8))


def _hexadecimal(word: bytes) -> bytes:
    return binascii.unhexlify(word) if _HEXADECIMAL.fullmatch(word) else b""


_READERS: tuple[tuple[str, Callable[[bytes], bytes]], ...] = (
    ("hex", _hexadecimal), ("base32", _base32), ("base64", _base64),
)  # fmt: skip


def may_be_coded(data: bytes) -> bool:
    """Whether there is a coding in bytes that may be taken off; asked of every document, hence in one pass."""
    return _coded(data)

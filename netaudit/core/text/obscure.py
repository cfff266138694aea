"""How much of some bytes is in no writing that anybody would read: no words, no measured numbers, no document.

Whatever no codec opened is asked this, so that a writing need not be known to be told. Decided block by block, by what
cannot be had both ways: words have the pairs of letters that languages like, codes have all pairs alike; texts have no
control characters; lists of measured numbers have fractions, dates or many digits, lists of bytes have none.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter

import numpy as np

from netaudit.core.text.kernels_pairs import count_pairs, longest_run

LEAST = 2048  # bytes; shorter ones are tokens, digests, signatures
BLOCK = 4096
_SAMPLES = 32  # blocks that are compressed to see whether they only repeat themselves
_DENSE = 0.05  # of its size is the least that a block becomes by compression which says something
_CONTROL, _FOREIGN, _LETTERS = 0.02, 0.3, 0.12  # shares of control characters, of bytes ≥ 0x80, of pairs of letters
_LIKED = 0.25  # share of liked pairs among those of letters: words have 0.4 to 0.7, codes 0.1 to 0.15
_ALPHABET = 320  # code points that 256 characters for the bytes lie in
_ONE_RUN = 20  # digits
_SPACE = b"\t\n\r\x0b\x0c "
_DIGITS, _HEX_LETTERS = b"0123456789", b"abcdefABCDEF"
_UNIT = re.compile(rb"(?<![0-9A-Za-z])(?:0?x)?[0-9a-fA-F]{2}(?![0-9A-Za-z])")  # of a text a byte each
_ESCAPED, _ESCAPES = re.compile(rb"(?:\\u[0-9a-fA-F]{4})+"), 20  # of letters; bytes for each where there are many
_UNIT_SIZE = 6.5  # bytes of one with what stands between
_INDEX = re.compile(rb"[\"']\d{1,8}[\"']\s*:")  # of a list that is written as an object
_DIGITS_ALONE = bytes(one if one in _DIGITS else 0x20 for one in range(256))
_ODD = b"\\^_*`~!@#$&|"  # signs that no numbers have


def obscure(data: bytes) -> int:
    """How many of the bytes nobody would read, to a block's accuracy."""
    if len(data) < LEAST:
        return 0
    plain = _unescaped(data)
    return round(_obscure(plain) / len(plain) * len(data))


def _obscure(data: bytes) -> int:
    number = max(1, len(data) // BLOCK)
    size = len(data) // number & ~1
    found = []
    for k in range(number):
        block = data[k * size : (k + 1) * size]
        if _is_code(block, *_counts(block)):
            found.append(block)
    return round(len(found) / number * len(data) * _share_dense(found)) if found else 0


def is_code(data: bytes, *, binary: bool = False) -> bool:
    """Whether a few bytes, a block at most, are in no writing that anybody would read.

    `binary`: only whether they are no text at all.
    """
    data = _unescaped(data)
    twice = data + data[1:]  # all pairs, of even and of odd places
    letters, liked, controls, foreign = (count / 2 for count in _counts(twice + b" " * (len(twice) % 2)))
    if binary and controls < _CONTROL * len(data) and foreign < _FOREIGN * len(data):
        return False
    return _is_code(data, letters, liked, controls, foreign)


def _unescaped(data: bytes) -> bytes:
    """A text, where most of its letters are written as JSON writes such as are beyond ASCII."""
    if data.count(b"\\u") < len(data) / _ESCAPES:
        return data
    return _ESCAPED.sub(lambda found: _utf8(bytes.fromhex(found[0].replace(b"\\u", b"").decode())), data)


def _utf8(units: bytes) -> bytes:
    """UTF-16 as UTF-8; halves of characters stay what they are, for they are bytes, too."""
    return units.decode("utf-16-be", "surrogatepass").encode("utf-8", "surrogatepass")


def _counts(data: bytes) -> list[int]:
    """Pairs of letters, liked ones of them, control characters, bytes ≥ 0x80."""
    counts = np.empty(4, np.int64)
    count_pairs(np.frombuffer(data, np.uint8), counts)
    return counts.tolist()


def _is_code(block: bytes, letters: float, liked: float, controls: float, foreign: float) -> bool:
    """Whether a block is in no writing that anybody would read."""
    if controls >= _CONTROL * len(block):
        return True
    if foreign >= _FOREIGN * len(block):
        return _is_no_language(block)
    if longest_run(np.frombuffer(block, np.uint8)) >= len(block) / 2:
        return True  # no word is so long
    if letters >= _LETTERS * len(block) / 2:
        return liked < _LIKED * letters
    return _is_list(block)


def _share_dense(blocks: list[bytes]) -> float:
    """Share of blocks that do not merely repeat themselves, by a sample."""
    sample = blocks[:: max(1, len(blocks) // _SAMPLES)]
    return sum(len(zlib.compress(block, 1)) >= _DENSE * len(block) for block in sample) / len(sample)


def _is_no_language(block: bytes) -> bool:
    """Whether bytes beyond ASCII are no text.

    They are controls of ISO 6429, an alphabet of far too many neighbours, or what no usual charset has or begins with.
    """
    text = block.decode("utf-8", "ignore")
    if len(text.encode()) < len(block) - 8:  # a character may be cut at either end
        if len(block.decode("gb18030", "ignore").encode("gb18030", "ignore")) < len(block) - 8:
            return True
        high = block.translate(None, bytes(range(0x80)))
        return len(high.translate(None, bytes(range(0xA1, 0x100)))) >= 0.1 * len(high)
    codes = np.frombuffer(text.encode("utf-32-le"), "<u4")
    codes = codes[codes >= 0x80]
    if not codes.size:  # the few bytes beyond ASCII are no characters
        return True
    low, high_ = np.percentile(codes, (5, 95))
    return bool((codes < 0xA0).mean() >= 0.01 or (high_ - low < _ALPHABET and len(np.unique(codes)) > _ALPHABET / 3))


def _is_list(block: bytes) -> bool:
    """Whether a text without words is bytes one by one: hexadecimal, small numbers with few marks between, signs."""
    bare = block.translate(None, _SPACE)
    if not bare:
        return True
    digits = len(bare) - len(bare.translate(None, _DIGITS))
    hexes = len(bare) - len(bare.translate(None, _HEX_LETTERS))
    if hexes + digits >= 0.3 * len(bare) and hexes >= 0.2 * (hexes + digits):
        return True
    if hexes >= 0.01 * len(block) and hexes + digits >= 0.99 * len(block):
        return True
    if len(bare) - len(bare.translate(None, _ODD)) >= 0.12 * len(bare):
        return True
    units = (hexes >= 0.03 * len(bare) or block.count(b"x") >= len(block) / 8) and block.count(b".") < 0.02 * len(block)
    if units and len(_UNIT.findall(block)) >= len(block) / _UNIT_SIZE:
        return True
    if digits < 0.4 * len(bare):
        signs = bare.translate(None, _DIGITS + bytes(one for one in range(256) if chr(one).isalpha()))
        return len(signs) >= 0.6 * len(bare)
    plain = _INDEX.sub(b"", block)
    return _are_bytes(plain, len(plain) - len(plain.translate(None, _DIGITS)))


def _are_bytes(block: bytes, digits: int) -> bool:
    """Whether digits are numbers of a byte or bits, apart or in one run: three marks besides at most, no fractions."""
    marks = Counter(block.translate(None, _DIGITS))
    if marks[0x2E] >= 0.02 * len(block) or sum(dict(marks.most_common(3)).values()) < 0.95 * marks.total():
        return False
    if block.count(b"0") + block.count(b"1") >= 0.97 * digits:
        return True
    mean = digits / len(block.translate(_DIGITS_ALONE).split())
    return mean <= 3 or mean >= _ONE_RUN

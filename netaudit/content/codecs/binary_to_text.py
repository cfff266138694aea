"""Bytes written as text: base64 (RFC 4648), hexadecimal, percent escapes, data URIs (RFC 2397)."""

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING

import numpy as np

from netaudit.content import text
from netaudit.content.kernels_letters import NONE, says_nothing, write_bytes
from netaudit.content.slices import cut, derive, known, narrow
from netaudit.core.contracts.ranges import Ranges, merged
from netaudit.core.contracts.unwrapping_steps import Step, clean
from netaudit.core.text.charset import STANDARD, unquote
from netaudit.core.text.json_text import LONG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.content.budget import Budget
    from netaudit.content.part import Part

SPACE = b" \t\r\n\x0b\x0c\\"  # a backslash: what is left of an escaped slash
# lines of sixteen characters at least: words are none
_ALPHABET = re.compile(rb"\s*+(?:[A-Za-z0-9+/_=\-\\]{16,}+\s*+)++[A-Za-z0-9+/_=\-\\]*+\s*+")
_HEXADECIMAL = re.compile(rb"[0-9A-Fa-f\s]{48,}")
_DATA_URI = re.compile(
    rb"\s*data:([\w.+/\\-]{0,80})((?:;[\w.+-]+(?:=[\w.+\"-]*)?){0,4}?)(;base64)?\s*,\s*", re.IGNORECASE
)
_LINE = 76  # the longest line of RFC 2045
_Places = np.ndarray[tuple[int], np.dtype[np.int64]]
_SPACES = np.zeros(256, np.bool_)
_SPACES[list(SPACE)] = True
_PADDING = (b"", b"", b"==", b"=")  # by what is left of groups of four; one character more is no byte
_NUMBER = 15  # digits in a row
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


# ---------------------------------------------------------------- base64


def is_base64(part: Part) -> bool:
    """Long enough, and its beginning is of the alphabet (standard or url-safe), folded or not."""
    return len(part.data) >= LONG and _covers(_ALPHABET, part)


def _covers(pattern: re.Pattern[bytes], part: Part) -> bool:
    """Whether the pattern covers the known bytes among the first 256."""
    end = min(256, known(part))
    if end < min(48, len(part.data)):
        return False
    match = pattern.match(part.data, 0, end)
    return match is not None and match.end() == end


def open_base64(part: Part, budget: Budget) -> Iterator[Part]:
    """The decoded bytes. Missing characters become missing bytes, exactly, as long as the folding is regular."""
    if not budget.spend(len(part.data) * 3 // 4):
        return
    damaged = bool(part.missing) or part.unknown_from is not None
    decoded = _decode_damaged(part) if damaged else _decode_whole(part.data)
    if decoded is not None and decoded[0]:
        data, missing, unknown_from = decoded
        yield derive(part, data, Step("base64"), missing, unknown_from)


_Decoded = tuple[bytes, Ranges, int | None]


def _decode_whole(data: bytes) -> _Decoded | None:
    """Decode text without gaps: in one go where all of it is base64, else cleaned first."""
    out = np.empty(len(data) // 4 * 3 + 2, np.uint8)
    size = write_bytes(np.frombuffer(data, np.uint8), out)
    return _decode_clean(_tidy(data)) if size == NONE else (out[:size].tobytes(), [], None)


def _strictly(data: bytes) -> bytes | None:
    """Decode characters of the standard alphabet, padded or not; None when there are others, or one too many."""
    try:
        return binascii.a2b_base64(data + _PADDING[len(data) % 4] if len(data) % 4 else data, strict_mode=True)
    except binascii.Error:
        return None


def _tidy(data: bytes) -> bytes:
    """Text without folding and padding, in the standard alphabet."""
    return data.translate(STANDARD, SPACE).rstrip(b"=\x00")


def _decode_clean(data: bytes) -> _Decoded | None:
    """Decode text without folding. What follows a foreign character is not decoded: it ends there, its end unknown."""
    plain = _strictly(data)  # far faster than a search for foreign characters
    if plain is not None:
        return plain, [], None
    foreign = _NO_BASE64.search(data)
    damaged = foreign is not None
    if foreign is not None:
        if foreign.start() < LONG or not _may_end(data, foreign.start()):
            return None
        data = data[: foreign.start()]
    rest = len(data) % 4
    damaged = damaged or rest == 1  # six bits too many: a character was lost somewhere
    decoded = binascii.a2b_base64(data[:-1] + b"===" if rest == 1 else data + b"==="[: -rest % 4])
    return decoded, [], len(decoded) if damaged else None


def _may_end(data: bytes, at: int) -> bool:
    """Whether base64 that meets a foreign character at `at` still is base64: it was most of the text, or padded."""
    return data[at] == 0x3D or at >= len(data) // 2


def _decode_damaged(part: Part) -> _Decoded | None:
    """Decode text with gaps: gaps are filled with characters that decode to zero, where the folding can be told."""
    data = bytearray(part.data if part.unknown_from is None else part.data[: part.unknown_from])
    ended = part.unknown_from is not None
    missing = [(a, b) for a, b in part.missing if a < len(data)]
    if missing and not _fill(data, missing):  # nobody knows how many bytes a gap stands for
        del data[missing[0][0] :]
        missing, ended = [], True
    spaces = _spaces_before(data, missing)
    decoded = _decode_clean(_tidy(bytes(data)))
    if decoded is None:
        return None
    out, _, cut = decoded
    gaps: Ranges = []
    for (a, b), (before, until) in zip(missing, spaces, strict=True):
        first, last = (a - before) * 6 // 8, min(-(-(b - until) * 6 // 8), len(out))
        if first < last:
            gaps.append((first, last))
    gaps = merged(gaps)
    if gaps:
        blank = bytearray(out)
        for first, last in gaps:
            blank[first:last] = bytes(last - first)
        out = bytes(blank)
    touched = bool(missing) and missing[-1][1] >= len(data)  # padding may be in the gap: the end is not known
    return out, gaps, len(out) if ended or cut is not None or touched else None


def _spaces_before(data: bytearray, ranges: Ranges) -> Ranges:
    """How many white-space characters stand before the start and before the end of each range."""
    if not ranges:
        return []
    count = np.zeros(len(data) + 1, np.int64)
    np.cumsum(_is_space(bytes(data)), out=count[1:])
    return [(int(count[a]), int(count[min(b, len(data))])) for a, b in ranges]


def _is_space(data: bytes) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return _SPACES[np.frombuffer(data, np.uint8)]


def _fill(data: bytearray, missing: Ranges) -> bool:
    """Put 'A' into the gaps, and line breaks where the known text has them; False when that cannot be told."""
    space = _is_space(bytes(data))
    for a, b in missing:
        data[a:b] = b"A" * (b - a)
        space[a:b] = False
    folding = np.flatnonzero(space)
    if not len(folding):
        return _is_unfolded(len(data), missing)
    period = _period(folding, missing, len(data))
    if period is None:
        return False
    first, length, eol = period
    predicted = (np.arange(len(data)) - first) % (length + eol) >= length
    gap = np.zeros(len(data), np.bool_)
    for a, b in missing:
        gap[a:b] = True
    end = len(bytes(data).rstrip(SPACE))
    if not np.array_equal(space[first:end], (predicted & ~gap)[first:end]):
        return False
    np.frombuffer(data, np.uint8)[gap & predicted] = 10
    return True


def _is_unfolded(size: int, missing: Ranges) -> bool:
    """Whether text without known line breaks has none in its gaps: more than any usual line is known in one piece."""
    edges = [0, *(edge for span in missing for edge in span), size]
    return size <= _LINE or max(b - a for a, b in zip(edges[::2], edges[1::2], strict=True)) > _LINE


def _period(folding: _Places, missing: Ranges, size: int) -> tuple[int, int, int] | None:
    """Start of the first line, characters a line, and length of a line break, from the first line without a gap."""
    cuts = np.flatnonzero(np.diff(folding) > 1)
    starts = folding[np.concatenate([[0], cuts + 1])].tolist()
    ends = (folding[np.concatenate([cuts, [-1]])] + 1).tolist()
    first = 0
    if starts[0] == 0:
        first = ends[0]
        starts, ends = starts[1:], ends[1:]
    if starts and ends[-1] == size:
        starts, ends = starts[:-1], ends[:-1]
    if not starts:
        return (first, size, 1) if _is_unfolded(size, missing) else None
    for begin, end in zip([first, *ends], starts, strict=False):
        if end > begin and not cut(missing, begin, end):
            return first, end - begin, max(b - a for a, b in zip(starts, ends, strict=True))
    return None


# ---------------------------------------------------------------- hexadecimal, percent, data URI


def is_hex(part: Part) -> bool:
    """Long, and nothing but hexadecimal digits at its beginning."""
    return len(part.data) >= LONG and _covers(_HEXADECIMAL, part)


def open_hex(part: Part, budget: Budget) -> Iterator[Part]:
    """The decoded bytes; behind a gap nothing is decoded."""
    end = known(part)
    digits = part.data[:end].translate(None, SPACE)
    if end < len(part.data):
        digits = digits[: len(digits) & ~1]
    if not budget.spend(len(digits) // 2):
        return
    try:
        data = binascii.unhexlify(digits)
    except binascii.Error:
        return
    damaged = end < len(part.data) or part.unknown_from is not None
    yield derive(part, data, Step("hex"), None, len(data) if damaged else None)


def is_escaped(part: Part) -> bool:
    """Text with percent escapes and without white space at its beginning."""
    head = part.data[:512]
    return len(part.data) >= LONG and text.has_escapes(head) and not any(c in head for c in b" \r\n\t<")


def open_escaped(part: Part, budget: Budget) -> Iterator[Part]:
    """The unescaped bytes."""
    if budget.spend(len(part.data)):
        yield unescaped(part, Step("url"))


def unescaped(part: Part, step: Step | None) -> Part:
    """Percent escapes taken off. A gap keeps its length only in text without escapes (bare slashes show that)."""
    end = known(part)
    if not part.missing or (b"%" not in part.data[:-8] and (b"/" in part.data or b"+" in part.data)):
        data = unquote(part.data)
        if len(data) == len(part.data):
            return derive(part, data, step, part.missing, part.unknown_from)
        if part.unknown_from is None and not part.missing:
            return derive(part, data, step)
    tail = part.data.rfind(b"%", max(0, end - 2), end)  # do not decode half an escape
    data = unquote(part.data[: tail if tail >= 0 else end])
    return derive(part, data, step, None, len(data))


def is_data_uri(part: Part) -> bool:
    """Begins as data:…, with a media type or base64."""
    return part.data[:16].lstrip()[:5].lower() == b"data:" and _DATA_URI.match(part.data, 0, 400) is not None


def open_data_uri(part: Part, _: Budget) -> Iterator[Part]:
    """What stands behind the comma; it is base64 or percent-escaped text."""
    match = _DATA_URI.match(part.data, 0, 400)
    if match is None or match.end() > known(part):
        return
    kind = clean(match[1].replace(b"\\", b"").decode("latin-1"), 80)
    child = narrow(part, match.end(), len(part.data), Step("data", kind or None), closed=part.unknown_from is None)
    child.name, child.content_type = part.name, kind
    yield child


def is_only_base64(letters: bytes) -> bool:
    """Whether base64 says nothing beside: lines of one length, no row of digits that could be a number by itself."""
    return bool(says_nothing(np.frombuffer(letters, np.uint8), _NUMBER))

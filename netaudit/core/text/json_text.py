"""Long strings of a JSON text (RFC 8259), found in place, whatever the rest of the text is like.

Image data are long strings. They are located by their quotation marks and taken out; the short skeleton that stays says
by which keys they are reached. So the long text is neither parsed nor copied twice, its place in the message body is
known, and a text that is cut, damaged or followed by garbage still gives up its strings.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import orjson

from netaudit.core.text.charset import charset_of, is_utf8

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netaudit.core.contracts.ranges import Ranges

LONG = 64  # bytes; shorter strings hold no image
_CHUNK = 1 << 20
_RUN = 64  # backslashes in a row
_FEW = 256  # quotation marks, and one for each 512 bytes, are found faster one by one
LARGEST = 4 << 20  # longer skeletons are not parsed: their objects would fill the memory
_DOCUMENTS = 10_000
_KEY = re.compile(rb'"((?:[^"\\]|\\.){1,80})"\s*:\s*\Z')
_DOUBLE = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]")

_NAMED = re.compile(rb'"[ \t\r\n]*+:')

_ESCAPES = (
    (b"\\/", b"/"), (b'\\"', b'"'), (b"\\r", b"\r"), (b"\\n", b"\n"), (b"\\t", b"\t"), (b"\\\\", b"\\"),
)  # fmt: skip

Positions = npt.NDArray[np.int64]


@dataclass(slots=True)
class LongString:
    """A string by the place of its content, quotation marks excluded, escapes still on."""

    start: int
    end: int
    closed: bool = True


def long_strings(data: bytes, missing: Ranges, least: int = LONG) -> list[LongString]:
    """Strings of at least `least` bytes, in order. Bytes in `missing` are zero and taken for content."""
    if len(data) <= least:
        return []
    if b"\\" in data and not data.isascii() and not is_utf8(data):
        data = _DOUBLE.sub(b"??", data)  # in GBK a backslash may be the second half of a character
    found = []
    opened: list[int] = []
    for quotes in _quotes(data, missing):
        pairs, opened = _pairs(opened, quotes) if isinstance(quotes, list) else _far_pairs(opened, quotes, least)
        for start, end in pairs:
            if end - start > least:
                found.append(LongString(start + 1, end, closed=data[end] == 0x22))
    if opened and len(data) - opened[0] > least:
        found.append(LongString(opened[0] + 1, len(data), closed=False))
    return [s for s in found if data[s.start - 1] == 0x22]


def _pairs(opened: list[int], quotes: list[int]) -> tuple[Iterable[tuple[int, int]], list[int]]:
    """Opening and closing quotation marks, and what is left open."""
    at = opened + quotes
    return zip(at[0::2], at[1::2], strict=False), at[-1:] if len(at) % 2 else []


def _far_pairs(opened: list[int], quotes: Positions, least: int) -> tuple[Iterable[tuple[int, int]], list[int]]:
    """The same of many, without those that stand near to each other."""
    at = np.concatenate([np.array(opened, np.int64), quotes])
    starts, ends = at[0::2], at[1::2]
    far = np.flatnonzero(ends - starts[: len(ends)] > least)
    return zip(starts[far].tolist(), ends[far].tolist(), strict=True), at[-1:].tolist() if len(at) % 2 else []


def _quotes(data: bytes, missing: Ranges) -> Iterator[Positions | list[int]]:
    """Places of unescaped quotation marks, in chunks; behind a gap with one more if it swallowed an odd number."""
    escapes = b"\\" in data
    if missing:
        chunks = [_unescaped(data, start, escapes=escapes) for start in range(0, len(data), _CHUNK)]
        yield _resynchronise(data, np.concatenate(chunks) if chunks else np.empty(0, np.int64), missing)
        return
    for start in range(0, len(data), _CHUNK):
        few = _few(data, start, escapes=escapes)
        yield _unescaped(data, start, escapes=escapes) if few is None else few


def _few(data: bytes, start: int, *, escapes: bool) -> list[int] | None:
    """Quotation marks of a chunk found one by one, as is fastest where strings are long; None where there are many."""
    end = min(start + _CHUNK, len(data))
    most = _FEW + ((end - start) >> 9)
    found: list[int] = []
    last, at = 0, data.find(b'"', start, end)
    while at >= 0:
        most -= 1
        if not most:
            return None
        if not escapes or not at or data[at - 1] != 0x5C or _is_even(data, last, at):
            found.append(at)
        last = at
        at = data.find(b'"', at + 1, end)
    return found


def _is_even(data: bytes, start: int, end: int) -> bool:
    """Whether an even number of backslashes stands before `end`, after `start`."""
    piece = data[max(start, end - _RUN) : end]
    if piece.count(b"\\") == len(piece):  # a long run, which is rare: all of it has to be seen
        piece = data[start:end]
    return (len(piece) - len(piece.rstrip(b"\\"))) % 2 == 0


def _unescaped(data: bytes, start: int, *, escapes: bool) -> Positions:
    chunk = np.frombuffer(data, np.uint8, min(_CHUNK, len(data) - start), start)
    quotes = np.flatnonzero(chunk == 0x22) + start
    if not escapes or not len(quotes):
        return quotes
    array = np.frombuffer(data, np.uint8)
    suspect = array[np.maximum(quotes - 1, 0)] == 0x5C
    suspect[0] &= quotes[0] > 0
    keep = np.ones(len(quotes), np.bool_)
    keep[suspect] = _even_backslashes(data, array, quotes[suspect])
    return quotes[keep]


def _even_backslashes(data: bytes, array: npt.NDArray[np.uint8], quotes: Positions) -> npt.NDArray[np.bool_]:
    """Whether an even number of backslashes stands before each quotation mark."""
    count = np.zeros(len(quotes), np.int64)
    running = np.ones(len(quotes), np.bool_)
    for back in range(1, 9):
        running &= (quotes >= back) & (array[np.maximum(quotes - back, 0)] == 0x5C)
        count += running
    before = 0
    for i in np.flatnonzero(running).tolist():  # long runs are rare; each byte is looked at once
        run = data[before : int(quotes[i])]
        count[i] = len(run) - len(run.rstrip(b"\\"))
        before = int(quotes[i])
    even: npt.NDArray[np.bool_] = count % 2 == 0
    return even


def _resynchronise(data: bytes, quotes: Positions, missing: Ranges) -> Positions:
    """Decide behind each gap whether it ended inside a string: by what stands next to the quotation marks behind it."""
    out: list[int] = []
    last = 0
    for number, (a, b) in enumerate(missing):
        upto = int(np.searchsorted(quotes, a))
        out += quotes[last:upto].tolist()
        last = upto
        until = missing[number + 1][0] if number + 1 < len(missing) else len(data)
        after = quotes[last : int(np.searchsorted(quotes, until))][:9].tolist()
        inside = len(out) % 2 == 1
        if _fit(data, after, inside=not inside) > _fit(data, after, inside=inside):
            out.append(
                a if inside else b - 1
            )  # not a quotation mark in data: the string is cut, or without its beginning
    return np.array(out + quotes[last:].tolist(), np.int64)


def _fit(data: bytes, quotes: list[int], *, inside: bool) -> int:
    """How many of the quotation marks stand where opening and closing ones belong."""
    score = 0
    for at in quotes:
        if inside:
            score += data[at + 1 : at + 9].lstrip()[:1] in (b",", b":", b"}", b"]", b"")
        else:
            score += data[max(0, at - 8) : at].rstrip()[-1:] in (b"{", b"[", b":", b",")
        inside = not inside
    return score


def skeleton(data: bytes, strings: list[LongString], missing: Ranges) -> bytes:
    """The text with each long string replaced by its number behind a NUL character."""
    if not strings:
        text = data.replace(b"\\u0000", b"\\u0001")
        return text.replace(b"\x00", b" ") if missing else text
    pieces = []
    last = 0
    for number, string in enumerate(strings):
        pieces += [data[last : string.start].replace(b"\\u0000", b"\\u0001"), b"\\u0000%d" % number]
        if not string.closed:
            pieces.append(b'"')
        last = string.end
    pieces.append(data[last:].replace(b"\\u0000", b"\\u0001"))
    text = b"".join(pieces)
    return text.replace(b"\x00", b" ") if missing else text


def load(text: bytes, content_type: str = "") -> tuple[list[object], bool, bool]:
    """Values of one JSON text, of several in a row, or those before what is none; whether it is one, and all of it."""
    if len(text) > LARGEST:
        return [], False, False
    text = text.removeprefix(b"\xef\xbb\xbf").rstrip(b"\x00\r\n ")
    with suppress(orjson.JSONDecodeError):
        value = orjson.loads(text)
        if len(_NAMED.findall(text)) != _pairs_in(value):
            with suppress(ValueError, RecursionError):
                value = _LENIENT.decode(decoded_as(text, content_type))
        return [value], True, True
    decoded = decoded_as(text, content_type)
    values, at = _load_several(decoded)
    return values, len(values) == 1 and at == len(decoded), at == len(decoded)


def _pairs_in(value: object) -> int:
    """Keys of all objects in a value; where a text names more, one comes again in its object and hides what was."""
    count = 0
    stack = [value]
    while stack:
        node = stack.pop()
        if node.__class__ is dict:
            count += len(node)
            node = node.values()
        elif node.__class__ is not list:
            continue
        stack += [inner for inner in node if inner.__class__ is dict or inner.__class__ is list]
    return count


def _with_again(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object; a key that comes again has a list of what it says."""
    out = dict(pairs)
    if len(out) != len(pairs):
        out = {}
        for key, value in pairs:
            put(out, key, value)
    return out


def put(holder: dict[str, object], key: str, value: object) -> None:
    """Put a value under a key; one that comes again with another has a list of what it says."""
    if key not in holder or holder[key] == value:
        holder[key] = value
    elif isinstance(known := holder[key], Again):
        known.append(value)
    else:
        holder[key] = Again((known, value))


class Again(list[object]):
    """Values of a key that comes several times in one object."""


_LENIENT = json.JSONDecoder(strict=False, object_pairs_hook=_with_again)


def decoded_as(text: bytes, content_type: str) -> str:
    """A JSON text in UTF-8, as declared, or in GB 18030."""
    for charset in ("utf-8", charset_of(content_type), "gb18030"):
        if charset:
            try:
                return text.decode(charset)
            except (UnicodeError, ValueError, LookupError):
                continue
    return text.decode("utf-8", "replace")


def _load_several(text: str) -> tuple[list[object], int]:
    """JSON lines and concatenated texts, and where the first thing stands that is none."""
    values: list[object] = []
    at = 0
    while len(values) < _DOCUMENTS:
        while at < len(text) and text[at] in " \t\r\n,;\x00\x1e":
            at += 1
        if at >= len(text):
            break
        try:
            value, at = _LENIENT.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        values.append(value)
    return values, at


def content(data: bytes, string: LongString, content_type: str, *, damaged: bool) -> str:
    """What a string of a JSON text says, `damaged` where bytes of the text are missing: as `load` would give it."""
    raw = data[string.start : string.end].replace(b"\\u0000", b"\\u0001")
    if damaged:
        raw = raw.replace(b"\x00", b" ")
    if b"\\" not in raw:
        return decoded_as(raw, content_type)
    quoted = b'"' + raw + b'"'
    try:
        return str(orjson.loads(quoted))
    except orjson.JSONDecodeError:
        try:
            return str(_LENIENT.decode(decoded_as(quoted, content_type)))
        except ValueError:
            return decoded_as(unescape(raw), content_type)


def key_before(data: bytes, start: int) -> str:
    """Key of the string whose content begins at `start`, where the text around could not be parsed."""
    match = _KEY.search(data, max(0, start - 120), start - 1)
    return match[1].decode("utf-8", "replace") if match else ""


def unescape(raw: bytes) -> bytes:
    """Take the escapes off a string's content (RFC 8259 section 7); text as UTF-8."""
    if b"\\" not in raw:
        return raw
    from netaudit.core.text.kernels_escapes import write_unslashed  # numba, which an audit loads in its own way first

    out = np.empty(len(raw), np.uint8)
    if (size := write_unslashed(np.frombuffer(raw, np.uint8), out)) >= 0:
        return out[:size].tobytes()
    try:
        return str(orjson.loads(b'"' + raw + b'"')).encode("utf-8", "replace")
    except orjson.JSONDecodeError:
        plain = raw
        for escape, char in _ESCAPES:
            plain = plain.replace(escape, char)
        return plain

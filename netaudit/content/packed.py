"""Documents in binary notations that nobody declared: MessagePack, CBOR (RFC 8949), protocol buffers, tagged elements.

Those of protocol buffers are read without a schema; elements of a tag, a length and a value by their lengths. None has
a mark, so that a document is one only where it is read to its last byte. It may stand behind a head of a few bytes, its
length say. Extensions and tags of CBOR are passed over. Bytes and long texts are left out, as in JSON: a NUL and their
number stand there (`JsonDocument`).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from netaudit.content.codecs.protobuf import fields_of
from netaudit.content.sniff import is_text
from netaudit.core.text.json_document import LONGEST, filled
from netaudit.core.text.json_text import LONG, put
from netaudit.core.text.tag_lengths import SAMPLE, elements, is_words

if TYPE_CHECKING:
    from collections.abc import Callable

DEEPEST = 32
LARGEST = 8 << 20  # bytes
MOST = 20_000  # values of a document
LONGEST_HEAD = 24  # bytes of a frame before a document
LEAST_BINARY = 16  # bytes; shorter ones are identifiers and digests
LEAST_KEYS = 2  # texts that name something in a document behind a head
LEAST_FIELDS = 3  # of a message of protocol buffers, among them a text
LONGEST_NUMBER = 8  # bytes of a value that is no text
LEAST_WORD = 4  # bytes of a text that no chance makes
_FLOATS = {2: ">e", 4: ">f", 8: ">d"}
_MAPS = frozenset((*range(0x81, 0x90), *range(0xA1, 0xB8), 0xB8, 0xB9, 0xBF, 0xDE, 0xDF))  # a document's first byte …
_LISTS = frozenset((*range(0x90, 0xA0), 0xDC, 0xDD))  # … or that of a list of MessagePack


class _NotPackedError(ValueError):
    """These bytes are no document of this notation."""


class PackedDocument:
    """One document: its values, and where in the bytes its long strings and binary values are."""

    __slots__ = ("_data", "at", "joined", "notation", "places", "strings", "values")

    unread = 0  # it is read to its last byte, or not at all
    rest = b""

    def __init__(self, notation: str, at: int, value: object, walk: _Walk) -> None:
        self.notation, self.at = notation, at  # `at`: bytes of a head before it
        self.values = [value]
        self.strings, self.joined = walk.strings, walk.joined
        self.places = filled(self.values, len(self.strings), lambda number: _content(walk, number))
        self._data = walk.data

    def left_out(self, number: int) -> bytes:
        """The bytes for which a NUL and this number stand in `values`; empty where none do."""
        if number >= len(self.strings):
            return b""
        start, end = self.strings[number][:2]
        return self.joined.get(number, self._data[start:end])


def _content(walk: _Walk, number: int) -> str:
    start, end, text = walk.strings[number]
    if not text or end - start > LONGEST:
        return f"\0{number}"
    return walk.joined.get(number, walk.data[start:end]).decode("utf-8", "replace").replace("\0", "\1")


def packed(data: bytes) -> PackedDocument | None:
    """The document that bytes are, alone or behind a short head; None where they are none."""
    if not 2 < len(data) <= LARGEST:
        return None
    for at in range(min(LONGEST_HEAD, len(data) - 2)):
        if data[at] in _MAPS or (not at and data[0] in _LISTS):
            for notation, read in (("msgpack", _msgpack), ("cbor", _cbor)):
                if document := _document(data, at, notation, read):
                    return document
    if _may_be_protobuf(data) and (document := _document(data, 0, "protobuf", _protobuf)):
        return document
    return _document(data, 0, "tlv", _tagged)


def _document(data: bytes, at: int, notation: str, read: Callable[[_Walk, int], object]) -> PackedDocument | None:
    walk = _Walk(data, at)
    try:
        value = read(walk, 0)
    except (_NotPackedError, struct.error, UnicodeDecodeError, OverflowError):
        return None
    if walk.at != len(data) or not isinstance(value, dict | list) or (at and walk.keys < LEAST_KEYS):
        return None
    return PackedDocument(notation, at, value, walk) if walk.keys else None


def _tagged(walk: _Walk, _: int) -> object:
    """Elements of a tag, a length and a value, under their tags; those of one tag as a list."""
    out: dict[str, object] = {}
    for one in elements(walk.data):
        walk.at = one.start
        size = one.end - one.start
        lettered = len(one.tag) > 1 and one.tag.isalpha()  # NAME, TIME
        key = one.tag.decode("ascii") if lettered else f"0x{one.tag.hex()}"
        said = bytes(walk.data[one.start : min(one.end, one.start + SAMPLE)])
        if is_words(said) or (len(said) == 1 and said.isalnum()):  # a letter alone, a digit
            value: object = walk.words(size)
        else:
            value = walk.binary(size) if size > LONGEST_NUMBER else walk.number(size) if size else ""
        put(out, key, value)
        walk.keys += 1
    return out


class _Walk:
    """A place in the bytes, and what was met so far."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at
        self.left = MOST
        self.keys = 0  # that are texts
        self.strings: list[tuple[int, int, bool]] = []  # start, end, whether a text
        self.joined: dict[int, bytes] = {}  # content of those that came in pieces

    def read(self, count: int) -> bytes:
        start = self.at
        if count > len(self.data) - start or self.left <= 0:
            raise _NotPackedError
        self.at += count
        self.left -= 1
        return self.data[start : self.at]

    def number(self, count: int) -> int:
        return int.from_bytes(self.read(count), "big")

    def text(self, count: int) -> str:
        if count <= LONG:
            return self.read(count).decode().replace("\0", "\1")
        start = self.at
        head = self.read(count)[:LONGEST]
        head.decode("utf-8", "ignore" if count > LONGEST else "strict")
        return self.keep_aside(start, text=True)

    def words(self, count: int) -> str:
        """A text in UTF-8 or GB 18030; a long one is kept aside."""
        start, raw = self.at, self.read(count)
        if count > LONGEST:
            return self.keep_aside(start, text=True)
        try:
            return raw.decode().replace("\0", "\1")
        except UnicodeDecodeError:
            return raw.decode("gb18030", "replace").replace("\0", "\1")

    def binary(self, count: int) -> object:
        start = self.at
        self.read(count)
        return self.keep_aside(start, text=False) if count >= LEAST_BINARY else None

    def keep_aside(self, start: int, *, text: bool) -> str:
        self.strings.append((start, self.at, text))
        return f"\0{len(self.strings) - 1}"

    def many(self, count: int, read: Callable[[_Walk, int], object], depth: int) -> list[object]:
        if count > len(self.data) - self.at or depth >= DEEPEST:
            raise _NotPackedError
        return [read(self, depth + 1) for _ in range(count)]

    def pairs(self, count: int, read: Callable[[_Walk, int], object], depth: int) -> dict[str, object]:
        if 2 * count > len(self.data) - self.at or depth >= DEEPEST:
            raise _NotPackedError
        return dict(self.pair(read, depth) for _ in range(count))

    def pair(self, read: Callable[[_Walk, int], object], depth: int) -> tuple[str, object]:
        key = read(self, depth + 1)
        if isinstance(key, dict | list):
            raise _NotPackedError
        self.keys += isinstance(key, str) and len(key) > 1
        return str(key).replace("\0", "\1"), read(self, depth + 1)


def _msgpack(walk: _Walk, depth: int) -> object:
    head = walk.number(1)
    if head < 0x80 or head >= 0xE0:
        return head if head < 0x80 else head - 0x100
    if head < 0x90:
        return walk.pairs(head & 15, _msgpack, depth)
    if head < 0xA0:
        return walk.many(head & 15, _msgpack, depth)
    if head < 0xC0:
        return walk.text(head & 31)
    if head in (0xC0, 0xC2, 0xC3):
        return {0xC0: None, 0xC2: False, 0xC3: True}[head]
    if head in (0xCA, 0xCB):
        return struct.unpack(_FLOATS[4 if head == 0xCA else 8], walk.read(4 if head == 0xCA else 8))[0]
    if 0xCC <= head <= 0xD3:
        return int.from_bytes(walk.read(1 << (head & 3)), "big", signed=head >= 0xD0)
    if 0xD4 <= head <= 0xD8:
        return _extension(walk, 1 << (head - 0xD4))
    return _msgpack_long(walk, head, depth)


def _msgpack_long(walk: _Walk, head: int, depth: int) -> object:
    """What says its length in bytes of its own."""
    if head in (0xD9, 0xDA, 0xDB):
        return walk.text(walk.number(1 << (head - 0xD9)))
    if head in (0xC4, 0xC5, 0xC6):
        return walk.binary(walk.number(1 << (head - 0xC4)))
    if head in (0xC7, 0xC8, 0xC9):
        return _extension(walk, walk.number(1 << (head - 0xC7)))
    if head in (0xDC, 0xDD):
        return walk.many(walk.number(2 if head == 0xDC else 4), _msgpack, depth)
    if head in (0xDE, 0xDF):
        return walk.pairs(walk.number(2 if head == 0xDE else 4), _msgpack, depth)
    raise _NotPackedError


def _extension(walk: _Walk, size: int) -> str | None:
    """A time as seconds since 1970, with what is behind the point; other extensions are passed over."""
    kind, data = walk.number(1), walk.read(size)
    if kind != 0xFF or size not in (4, 8, 12):
        return None
    if size == 4:
        return str(int.from_bytes(data, "big"))
    whole = int.from_bytes(data, "big")
    parts, seconds = (whole >> 34, whole & 0x3_FFFF_FFFF) if size == 8 else (whole >> 64, whole & 0xFFFF_FFFF_FFFF_FFFF)
    return f"{seconds}.{parts:09}" if parts else str(seconds)


def _cbor(walk: _Walk, depth: int) -> object:
    head = walk.number(1)
    kind, low = head >> 5, head & 31
    if depth >= DEEPEST or (low > 27 and low != 31) or (kind == 7 and low < 20):
        raise _NotPackedError
    if kind == 7:
        return _cbor_simple(walk, low)
    if low == 31:  # a length that nobody told: up to a mark
        return _cbor_open(walk, kind, depth)
    size = low if low < 24 else walk.number(1 << (low - 24))
    if kind < 2:
        return size if kind == 0 else -1 - size
    if kind == 2:
        return walk.binary(size)
    if kind == 3:
        return walk.text(size)
    if kind == 4:
        return walk.many(size, _cbor, depth)
    if kind == 5:
        return walk.pairs(size, _cbor, depth)
    return _cbor(walk, depth + 1)


def _cbor_open(walk: _Walk, kind: int, depth: int) -> object:
    if kind in (2, 3):
        return _cbor_pieces(walk, kind)
    if kind not in (4, 5):
        raise _NotPackedError
    listed: list[object] = []
    keyed: dict[str, object] = {}
    while walk.data[walk.at : walk.at + 1] != b"\xff":
        if kind == 4:
            listed.append(_cbor(walk, depth + 1))
        else:
            keyed.update((walk.pair(_cbor, depth),))
    walk.read(1)
    return listed if kind == 4 else keyed


def _cbor_pieces(walk: _Walk, kind: int) -> object:
    """A string in pieces of known length, each of the same kind (RFC 8949, 3.2.3)."""
    start, pieces = walk.at, list[bytes]()
    while (head := walk.number(1)) != 0xFF:
        low = head & 31
        if head >> 5 != kind or low > 27:
            raise _NotPackedError
        pieces.append(walk.read(low if low < 24 else walk.number(1 << (low - 24))))
    data = b"".join(pieces)
    text = data.decode() if kind == 3 else ""
    if kind == 3 and len(data) <= LONG:
        return text.replace("\0", "\1")
    if kind == 2 and len(data) < LEAST_BINARY:
        return None
    walk.joined[len(walk.strings)] = data
    return walk.keep_aside(start, text=kind == 3)


def _cbor_simple(walk: _Walk, low: int) -> object:
    if low in (25, 26, 27):
        size = 1 << (low - 24)
        return struct.unpack(_FLOATS[size], walk.read(size))[0]
    if low == 24:
        walk.read(1)
        return None
    if low == 31:
        raise _NotPackedError
    return {20: False, 21: True}.get(low)


def _may_be_protobuf(data: bytes) -> bool:
    """Whether bytes read as fields to their last one, several and a text among them, and are no text themselves."""
    if is_text(data):
        return False
    fields = fields_of(data, 0, len(data))
    if fields is None or len(fields) < 1 or any(number > 1000 for number, _, _, _ in fields):
        return False
    inner = fields
    while len(inner) == 1 and inner[0][1] == 2:  # a message that is all of another one
        inner = fields_of(data, inner[0][2], inner[0][3]) or []
    words = any(
        kind == 2 and end - start >= LEAST_WORD and is_text(data[start:end])
        for _, kind, start, end in _flat(data, fields)
    )
    return words and len(_flat(data, fields)) >= LEAST_FIELDS


def _flat(data: bytes, fields: list[tuple[int, int, int, int]], depth: int = 0) -> list[tuple[int, int, int, int]]:
    """Fields and those of messages in them, as far as a few of them tell."""
    out = list(fields[:64])
    for _, kind, start, end in fields[:64] if depth < 4 else ():
        if kind == 2 and not is_text(data[start:end]) and (inner := fields_of(data, start, end)):
            out += _flat(data, inner, depth + 1)
    return out


def _protobuf(walk: _Walk, depth: int) -> object:
    fields = fields_of(walk.data, 0, len(walk.data))
    if fields is None:
        raise _NotPackedError
    value = _message(walk, fields, depth)
    walk.at, walk.keys = len(walk.data), LEAST_FIELDS
    return value


def _message(walk: _Walk, fields: list[tuple[int, int, int, int]], depth: int) -> dict[str, object]:
    """Fields by their numbers; such as come again as a list."""
    out: dict[str, object] = {}
    for number, kind, start, end in fields:
        walk.left -= 1
        if walk.left <= 0:
            raise _NotPackedError
        key, value = str(number), _field_value(walk, kind, start, end, depth)
        if key not in out:
            out[key] = value
        elif isinstance(known := out[key], list):
            known.append(value)
        else:
            out[key] = [known, value]
    return out


def _field_value(walk: _Walk, kind: int, start: int, end: int, depth: int) -> object:
    data = walk.data
    if kind == 0:
        return _varint_value(data[start:end])
    if kind in (1, 5):
        return _float(data[start:end])
    walk.at = start
    raw = data[start:end]
    if is_text(raw) or not raw:
        try:
            return walk.text(end - start)
        except UnicodeDecodeError:
            walk.at = start
    if depth < DEEPEST and end - start < LARGEST and (inner := fields_of(data, start, end)):
        return _message(walk, inner, depth + 1)
    return walk.binary(end - start)


def _varint_value(raw: bytes) -> int:
    value = 0
    for place, byte in enumerate(raw):
        value |= (byte & 127) << 7 * place
    return value


def _float(raw: bytes) -> object:
    """A fixed field: a float where it is an ordinary one, else a number."""
    value = struct.unpack("<d" if len(raw) == 8 else "<f", raw)[0]
    return value if value == 0 or 1e-6 < abs(value) < 1e12 else int.from_bytes(raw, "little")

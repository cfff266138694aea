"""Records in Kafka's batches (magic 2) and messages (magic 0 and 1), in clear or compressed, within one budget.

What cannot be read, or is not for a bound, comes as a record with a note of why: nothing is passed over.
"""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from netaudit.text.charset import decoded

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_NAMES = 10_000  # topics, partitions, heads of one request
MOST_RECORDS = 10_000  # of one request; what holds none counts as one
MOST_UNPACKED = 64 << 20  # bytes of one request, after decompression
STEP, LEAST = 256 << 10, 256  # bytes that are unpacked at a time, and that each time costs at least
WINDOW = 1 << 27  # bytes of a window of zstd
XERIAL = b"\x82SNAPPY\0"  # before blocks of snappy as Java writes them; others write one block alone
DENSEST = 64  # bytes that a byte of snappy becomes at most
DAMAGED = "limit: Kafka records that could not be read"
UNKNOWN = "limit: unknown compression of Kafka records"
TOO_MANY = "limit: number of Kafka records in one request"
TOO_LARGE = "limit: size of Kafka records after decompression"


class WrongError(ValueError):
    """The bytes are not what they should be."""


@dataclass(slots=True)
class Budget:
    """What may be read yet of one request."""

    records: int = MOST_RECORDS
    size: int = MOST_UNPACKED


class Record(NamedTuple):
    """One record: where its value begins in its batches, -1 if that was compressed. With a note: what was not read."""

    value: bytes
    at: int
    heads: list[tuple[str, str]]
    key: str
    note: str = ""


class Fields:
    """Fields one behind the other."""

    def __init__(self, data: bytes, at: int = 0, *, compact: bool = False) -> None:
        self.data, self.at, self.compact = data, at, compact

    def read(self, size: int) -> bytes:
        """So many bytes. Raises WrongError where there are fewer."""
        if size < 0 or self.at + size > len(self.data):
            raise WrongError
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size: int) -> int:
        """A signed number."""
        return int.from_bytes(self.read(size), "big", signed=True)

    def varint(self) -> int:
        """An unsigned number, seven bits a byte."""
        value = shift = 0
        while shift < 35:
            one = self.read(1)[0]
            value |= (one & 127) << shift
            if one < 128:
                return value
            shift += 7
        raise WrongError

    def zigzag(self) -> int:
        """A signed number, seven bits a byte (32 bits)."""
        value = self.varint()
        return value >> 1 ^ -(value & 1)

    def long(self) -> None:
        """Pass over a number of at most ten bytes, seven bits each."""
        for _ in range(10):
            if self.read(1)[0] < 128:
                return
        raise WrongError

    def length(self, size: int) -> int:
        """Of a text, bytes or an array, by its form; below zero for null."""
        return self.varint() - 1 if self.compact else self.number(size)

    def text(self) -> str:
        """A text; empty for null."""
        size = self.length(2)
        return decoded(self.read(size)) if size > 0 else ""

    def count(self) -> int:
        """Elements of an array. Raises WrongError for more than anybody sends."""
        found = self.length(4)
        if found > MOST_NAMES:
            raise WrongError
        return max(found, 0)

    def tags(self) -> None:
        """Pass over tagged fields, where the form has them."""
        if not self.compact:
            return
        for _ in range(self.varint()):
            self.varint()
            self.read(self.varint())


def records(data: bytes, budget: Budget, *, inner: bool = False) -> Iterator[Record]:
    """Records of batches one behind the other; `inner`: those of a compressed message, which hold no such again."""
    at = 0
    while at + 17 <= len(data):
        size = int.from_bytes(data[at + 8 : at + 12], "big")
        end = at + 12 + size
        magic = data[at + 16]
        if end > len(data) or size < 10 or magic > 2:
            break
        if not budget.records:
            yield _unread(data, at, at, TOO_MANY)
            return
        budget.records -= 1
        try:
            found = _of_batch(data[at:end], budget) if magic == 2 else _old(data[at:end], budget, inner=inner)
            for one in found:
                yield one._replace(at=at + one.at) if one.at >= 0 else one
        except WrongError:
            yield Record(data[at:end], at, [], "", DAMAGED)
        at = end
    if at < len(data):
        yield _unread(data, at, at, DAMAGED)


def _unread(data: bytes, begin: int, at: int, note: str) -> Record:
    return Record(data[begin:], at, [], "", note)


def _of_batch(data: bytes, budget: Budget) -> Iterator[Record]:
    head = Fields(data, 21)
    packed = head.number(2) & 7
    head.read(34)
    count = head.number(4)
    inner, note = _unpacked(data[head.at :], packed, budget)
    if note == UNKNOWN:
        yield _unread(data, 0, 0, note)
        return
    fields, base, read = Fields(inner), head.at, 0
    try:
        for n in range(count):
            if n and not budget.records:
                note = note or TOO_MANY
                break
            budget.records -= n > 0
            record = _record(fields)
            read = fields.at
            yield record._replace(at=-1 if packed else base + record.at)
    except WrongError:
        note = note or DAMAGED
    if note or read < len(inner):
        yield _unread(inner, read, -1 if packed else base + read, note or DAMAGED)


def _record(fields: Fields) -> Record:
    until = fields.zigzag()
    until += fields.at
    fields.read(1)
    fields.long()
    fields.long()
    key = fields.read(max(fields.zigzag(), 0))
    size = max(fields.zigzag(), 0)
    begin = fields.at
    value = fields.read(size)
    heads = []
    for _ in range(min(max(fields.zigzag(), 0), MOST_NAMES)):
        name = decoded(fields.read(fields.zigzag())).lower()
        heads.append((name, decoded(fields.read(max(fields.zigzag(), 0)))))
    if fields.at != until:
        raise WrongError
    return Record(value, begin, heads, decoded(key[:256]))


def _old(data: bytes, budget: Budget, *, inner: bool) -> Iterator[Record]:
    """A message of magic 0 or 1; compressed ones hold others, once."""
    fields = Fields(data, 17)
    packed = fields.number(1) & 7
    if data[16]:
        fields.read(8)
    key = fields.read(max(fields.number(4), 0))
    size = max(fields.number(4), 0)
    begin = fields.at
    value = fields.read(size)
    if fields.at != len(data) or (packed and inner):
        raise WrongError
    if not packed:
        yield Record(value, begin, [], decoded(key[:256]))
        return
    unpacked, note = _unpacked(value, packed, budget)
    if note == UNKNOWN:
        yield _unread(data, 0, 0, note)
        return
    for one in records(unpacked, budget, inner=True):
        yield one._replace(at=-1, note=note if one.note == DAMAGED and note else one.note)
    if note:
        yield Record(b"", -1, [], "", note)


def _unpacked(data: bytes, method: int, budget: Budget) -> tuple[bytes, str]:
    """Bytes by a method of compression as far as they come, and a note where they are not all of them."""
    if not method:
        return data, ""
    if method not in METHODS:
        return b"", UNKNOWN
    pieces: list[bytes] = []
    try:
        for piece in METHODS[method](data):
            pieces.append(piece[: budget.size])
            cost = max(len(piece), LEAST)
            if cost > budget.size:
                budget.size = 0
                return b"".join(pieces), TOO_LARGE
            budget.size -= cost
    except (ValueError, RuntimeError, EOFError, OSError, zlib.error):
        return b"".join(pieces), DAMAGED
    return b"".join(pieces), ""


def _gzip(data: bytes) -> Iterator[bytes]:
    engine = zlib.decompressobj(31)
    while data and not engine.eof:
        yield engine.decompress(data, STEP)
        data = engine.unconsumed_tail
    yield engine.flush()
    if not engine.eof or engine.unused_data:
        raise WrongError


def _snappy(data: bytes) -> Iterator[bytes]:
    import pyarrow as pa

    def block(packed: bytes) -> bytes:
        size = Fields(packed).varint()
        if size > DENSEST * len(packed):
            raise WrongError
        return bytes(pa.decompress(packed, decompressed_size=size, codec="snappy", asbytes=True))

    if not data.startswith(XERIAL):
        yield block(data)
        return
    fields = Fields(data, len(XERIAL) + 8)
    while fields.at < len(data):
        yield block(fields.read(fields.number(4)))


def _lz4(data: bytes) -> Iterator[bytes]:
    import lz4.frame

    engine = lz4.frame.LZ4FrameDecompressor()
    while piece := engine.decompress(data, STEP):
        yield piece
        if engine.eof or engine.needs_input:
            break
        data = b""
    if not engine.eof or engine.unused_data:
        raise WrongError


def _zstd(data: bytes) -> Iterator[bytes]:
    import zstandard

    try:
        with zstandard.ZstdDecompressor(max_window_size=WINDOW).stream_reader(io.BytesIO(data)) as reader:
            while piece := reader.read(STEP):
                yield piece
    except zstandard.ZstdError as error:
        raise WrongError from error


METHODS = {1: _gzip, 2: _snappy, 3: _lz4, 4: _zstd}

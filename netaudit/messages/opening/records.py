"""Records of TLS cut out of one direction (RFC 8446, 5.1), and found again behind a loss by what opens them."""

from __future__ import annotations

import re
import zlib
from typing import NamedTuple

HEAD = 5
LONGEST = (1 << 14) + 2048  # bytes of a fragment
CONTENT = 1 << 14  # bytes of content at most
NO_COMPRESSION, DEFLATE = 0, 1
_MARK = re.compile(rb"[\x14-\x17]\x03[\x00-\x04]", re.DOTALL)


class Record(NamedTuple):
    """A record: where its head begins, the head, the fragment. Without fragment: it was captured in part only."""

    start: int
    head: bytes
    fragment: bytes | None

    @property
    def end(self) -> int:
        """Stream offset behind it."""
        return self.start + HEAD + size_of(self.head)


def size_of(head: bytes) -> int:
    """Bytes of the fragment behind a head."""
    return head[3] << 8 | head[4]


def sound(head: bytes) -> bool:
    """Whether five bytes may be the head of a record."""
    return 20 <= head[0] <= 23 and head[1] == 3 and head[2] <= 4 and 0 <= size_of(head) <= LONGEST


class Inflater:
    """The content of one direction's records, where it is compressed (RFC 3749): one stream over all of them."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj()

    def inflate(self, data: bytes) -> bytes | None:
        """Content of the next record; None when it is broken, or longer than a record may be."""
        try:
            content = self._stream.decompress(data, CONTENT)
        except zlib.error:
            return None
        return None if self._stream.unconsumed_tail else content


class Cutter:
    """One direction. `lost`: the place of records is not known, `candidates` are looked for."""

    def __init__(self) -> None:
        self.held = b""
        self.at = 0  # stream offset behind held
        self.skip = 0  # bytes to come of a record that was captured in part
        self.lost = False
        self.known = -1  # stream offset up to which records are known, where `lost`
        self.broken: Record | None = None  # the record captured in part
        self.nonsense = False

    @property
    def start(self) -> int:
        """Stream offset of what is held."""
        return self.at - len(self.held)

    def feed(self, offset: int, data: bytes) -> None:
        """Take bytes."""
        self.at = offset + len(data)
        if self.skip:
            cut = min(self.skip, len(data))
            self.skip -= cut
            data = data[cut:]
        self.held = self.held + data if self.held else data

    def take(self, size: int) -> bytes:
        """Bytes off the front that are no record."""
        taken, self.held = self.held[:size], self.held[size:]
        return taken

    def gap(self, offset: int, length: int) -> None:
        """Bytes are missing: a hole in one record, or the place of records is lost."""
        held, start = self.held, offset - len(self.held)
        self.at, self.held = offset + length, b""
        if self.skip:
            inside = min(self.skip, length)
            self.skip -= inside
            length -= inside
            start = offset + inside
            if length:
                self._lose(start)
        elif self.lost:
            pass
        elif len(held) < HEAD or not sound(held):
            self._lose(start)
        else:
            self.broken = Record(start, held[:HEAD], None)
            left = HEAD + size_of(held) - len(held)
            self.skip = max(0, left - length)
            if length > left:
                self._lose(start + HEAD + size_of(held))

    def _lose(self, at: int) -> None:
        self.lost, self.known = True, at

    def next(self) -> Record | None:
        """The next record that is whole, or is known to be broken; None when more bytes are needed."""
        if self.broken is not None:
            record, self.broken = self.broken, None
            return record
        if self.lost or len(self.held) < HEAD:
            return None
        if not sound(self.held):
            self.nonsense = True
            return None
        size = HEAD + size_of(self.held)
        if len(self.held) < size:
            return None
        record = Record(self.start, self.held[:HEAD], self.held[HEAD:size])
        self.held = self.held[size:]
        return record

    def candidate(self) -> Record | None:
        """What may be the next record, where the place is lost; it stays until `accept` or `refuse`."""
        while True:
            match = _MARK.search(self.held)
            if match is None:
                self.held = self.held[-2:]
                return None
            self.held = self.held[match.start() :]
            if len(self.held) < HEAD:
                return None
            size = size_of(self.held)
            if size <= LONGEST:
                return self._candidate(HEAD + size)
            self.held = self.held[1:]

    def _candidate(self, size: int) -> Record | None:
        if len(self.held) < size:
            return None
        return Record(self.start, self.held[:HEAD], self.held[HEAD:size])

    def accept(self, record: Record) -> None:
        """The candidate is one: from here on the place is known."""
        self.held = self.held[HEAD + size_of(record.head) :]
        self.lost = False

    def refuse(self) -> None:
        """The candidate is none."""
        self.held = self.held[1:]

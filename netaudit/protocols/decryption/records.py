"""Records of TLS cut out of one direction (RFC 8446, 5.1), and found again behind a loss by what opens them."""

from __future__ import annotations

import re
import zlib
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from netaudit.protocols.decryption.kernels_tls import HEAD, LONGEST, cut_records

I8 = npt.NDArray[np.int64]
NONE: I8 = np.empty((2, 0), np.int64)
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
        self._held = b""
        self._from = 0  # of what is held, up to which it was taken
        self.at = 0  # stream offset behind what is held
        self.skip = 0  # bytes to come of a record that was captured in part
        self.lost = False
        self.known = -1  # stream offset up to which records are known, where `lost`
        self.broken: Record | None = None  # the record captured in part
        self.nonsense = False

    @property
    def left(self) -> int:
        """Bytes that are held."""
        return len(self._held) - self._from

    @property
    def start(self) -> int:
        """Stream offset of what is held."""
        return self.at - self.left

    def feed(self, offset: int, data: bytes) -> None:
        """Take bytes."""
        self.at = offset + len(data)
        if self.skip:
            cut = min(self.skip, len(data))
            self.skip -= cut
            data = data[cut:]
        self._held, self._from = self._held[self._from :] + data if self.left else data, 0

    def front(self, size: int) -> bytes:
        """The first bytes that are held."""
        return self._held[self._from : self._from + size]

    def cut(self, size: int) -> bytes:
        """Bytes off the front that are no record."""
        taken = self.front(size)
        self._from += len(taken)
        return taken

    def clear(self) -> None:
        """Hold nothing."""
        self._held, self._from = b"", 0

    def gap(self, offset: int, length: int) -> None:
        """Bytes are missing: a hole in one record, or the place of records is lost."""
        head, held = self.front(HEAD), self.left
        start = offset - held
        self.at = offset + length
        self.clear()
        if self.skip:
            inside = min(self.skip, length)
            self.skip -= inside
            length -= inside
            start = offset + inside
            if length:
                self._lose(start)
        elif self.lost:
            pass
        elif len(head) < HEAD or not sound(head):
            self._lose(start)
        else:
            self.broken = Record(start, head, None)
            left = HEAD + size_of(head) - held
            self.skip = max(0, left - length)
            if length > left:
                self._lose(start + HEAD + size_of(head))

    def _lose(self, at: int) -> None:
        self.lost, self.known = True, at

    def next(self) -> Record | None:
        """The next record that is whole, or is known to be broken; None when more bytes are needed."""
        if self.broken is not None:
            broken, self.broken = self.broken, None
            return broken
        head = self.front(HEAD)
        if self.lost or len(head) < HEAD:
            return None
        if not sound(head):
            self.nonsense = True
            return None
        record = self._whole(head)
        if record is not None:
            self._from += HEAD + size_of(head)
        return record

    def _whole(self, head: bytes) -> Record | None:
        size = HEAD + size_of(head)
        return Record(self.start, head, self.front(size)[HEAD:]) if self.left >= size else None

    def row(self, kind: int, most: int) -> tuple[bytes, I8, I8]:
        """The next records as long as they are whole and of one kind, so many at most, to be taken by `use`.

        Bytes, and where in them each record begins and ends; the stream offset of the first byte is `base`.
        """
        head = self.front(HEAD)
        if self.broken is not None or self.lost or len(head) < HEAD or head[0] != kind:
            return b"", *NONE
        if self.left < HEAD + size_of(head):
            return b"", *NONE
        places = np.empty((2, most), np.int64)
        count = cut_records(np.frombuffer(self._held, np.uint8), self._from, kind, places)
        return self._held, places[0, :count], places[1, :count]

    @property
    def base(self) -> int:
        """Stream offset of the first byte of what `row` gives."""
        return self.at - len(self._held)

    def use(self, end: int) -> None:
        """Records of a row are used up to a place in its bytes."""
        self._from = end

    def candidate(self) -> Record | None:
        """What may be the next record, where the place is lost; it stays until `accept` or `refuse`."""
        while True:
            match = _MARK.search(self._held, self._from)
            if match is None:
                self._from = max(self._from, len(self._held) - 2)
                return None
            self._from = match.start()
            head = self.front(HEAD)
            if len(head) < HEAD:
                return None
            if size_of(head) <= LONGEST:
                return self._whole(head)
            self._from += 1

    def accept(self, record: Record) -> None:
        """The candidate is one: from here on the place is known."""
        self._from += HEAD + size_of(record.head)
        self.lost = False

    def refuse(self) -> None:
        """The candidate is none."""
        self._from += 1

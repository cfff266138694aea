"""Datagrams of one direction that have come, opened many at a time, ahead of the turn in which they are heeded.

Packets of one direction that were opened in a row, and what their frames say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from netaudit.protocols.decryption.kernels_quic import COLUMNS, JOINED, LAST, OFFSET, SIZE, STREAM, read_packets
from netaudit.protocols.decryption.quic_keys import Found, Packets
from netaudit.protocols.decryption.quic_streams import Part

if TYPE_CHECKING:
    from netaudit.protocols.datagrams import Way
    from netaudit.protocols.decryption.quic_connection import Connection
    from netaudit.protocols.decryption.quic_keys import Level
    from netaudit.protocols.places import Spans

Columns = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]  # packets and frames
NONE: Columns = (np.zeros(0, np.int64), np.zeros((0, COLUMNS), np.int64))


class Row:
    """Such packets. `bases`: what is added to a place in the datagrams to have that in the flow."""

    def __init__(self, opened: Packets, bases: npt.NDArray[np.int64]) -> None:
        count, data = len(opened.ends), opened.data
        self._opened, self._bases = opened, bases
        room = 2 * count + 8  # frames; of packets with more, that do not fit, the other way is gone
        self.columns: Columns = np.empty(count, np.int64), np.empty((room, COLUMNS), np.int64)
        spans, joined = np.empty((3, room), np.int64), np.empty(data.size, np.uint8)
        stream_frames = read_packets(data, opened.ends, opened.at + bases[:count], *self.columns, spans, joined)
        self._data = joined.data
        counts, starts, ends = spans[:, :stream_frames].tolist()
        self._spans: Spans = (counts, starts, ends)

    def largest(self, first: int, until: int) -> int:
        """Largest number of some packets."""
        return int(self._opened.numbers[first:until].max())

    def found(self, at: int) -> Found:
        """One packet."""
        return Found(int(self._opened.numbers[at]), self._opened.frames(at), int(self._opened.at[at]))

    def base(self, at: int) -> int:
        """Of one packet."""
        return int(self._bases[at])

    def part(self, first: int, last: int) -> Part:
        """Bytes of a stream that two frames and those between them bring one after the other."""
        begin, end = self.columns[1][first].tolist(), self.columns[1][last].tolist()
        counts, starts, ends = (column[first : last + 1] for column in self._spans)
        data = bytes(self._data[begin[JOINED] : end[JOINED] + end[SIZE]])
        return Part(begin[STREAM], begin[OFFSET], data, (counts, starts, ends), last=end[LAST] == 1)


MOST = 1024  # that are opened at once: where other keys follow, of another connection say, they are opened again
LEAST = 8  # that are tried at once where few were opened before


class Ahead:
    """All of one direction, in order."""

    def __init__(self, direction: int, way: Way) -> None:
        self.direction, self.way = direction, way
        self._at = 0  # the next datagram
        self.row: Row | None = None  # what was opened ahead
        self._first, self._until = 0, 0  # the datagrams in it
        self.at = (0, 0)  # the packet in it, and the STREAM frame, that come next
        self._by: Level | None = None

    def reach(self, connection: Connection) -> int:
        """Open the next ones; the place, among all datagrams of the batch, of the first that is not opened."""
        if self._by is not connection.level(self.direction) or self._at >= self._until:
            self._open(connection)
        return self._place(self._until)

    def _place(self, number: int) -> int:
        return int(self.way.places[number]) if number < len(self.way.places) else 1 << 62

    def _open(self, connection: Connection) -> None:
        """Open the next ones, more where many were opened last."""
        level = self._by = connection.level(self.direction)
        self.row, self._first, self._until, self.at = None, self._at, self._at, (0, 0)
        way, count = self.way, min(level.ahead, len(self.way.begins) - self._at) if level is not None else 0
        if level is None or count <= 0:
            return
        part = slice(self._at, self._at + count)
        found = connection.open_row(self.direction, way.data, way.begins[part], way.ends[part])
        opened = len(found.ends) if found is not None else 0
        level.ahead = min(MOST, max(LEAST if opened < count else level.ahead, 2 * opened))
        if found is not None and opened:
            self.row, self._until = Row(found, way.bases[part]), self._at + opened

    def heeded(self, packet: int, frame: int) -> int:
        """Go on with a packet of the row and its first frame; the largest number of those before, -1 without any."""
        first, self.at = self.at[0], (packet, frame)
        self._at = self._first + packet
        return self.row.largest(first, packet) if self.row is not None and packet > first else -1

    def skip(self) -> tuple[int, bytes]:
        """Place in the flow and bytes of the next datagram, which goes another way."""
        way, at = self.way, self._at
        self._at += 1
        begin = int(way.begins[at])
        return begin + int(way.bases[at]), way.data[begin : int(way.ends[at])]

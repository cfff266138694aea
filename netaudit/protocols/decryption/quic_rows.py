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

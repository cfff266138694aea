"""Packets of one direction that were opened in a row, and what their frames say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from netaudit.messages.opening.kernels_quic import UNTIL, read_packets
from netaudit.messages.opening.quic_streams import Part

if TYPE_CHECKING:
    from netaudit.messages.opening.quic_keys import Found


class Row:
    """Such packets. `bases`: what is added to a place in the datagrams to have that in the flow."""

    def __init__(self, found: list[Found], bases: npt.NDArray[np.int64]) -> None:
        self.found, self._bases = found, bases
        sizes = np.array([len(one.frames) for one in found], np.int64)
        ends = np.cumsum(sizes)
        data = np.frombuffer(b"".join([one.frames for one in found]), np.uint8)
        plain, joined = np.zeros((len(found), UNTIL + 1), np.int64), np.empty(data.size, np.uint8)
        self._data = joined[: read_packets(data, ends, plain, joined)].tobytes()
        streams, stream, offset, begin, size, last, place, until = plain.T
        starts = np.array([one.at for one in found], np.int64) + bases[: len(found)] + begin - (ends - sizes)
        self._spans = list(zip(size.tolist(), starts.tolist(), (starts + size).tolist(), strict=True))
        self.streams: list[int] = streams.tolist()
        self.until: list[int] = until.tolist()
        self._stream, self._offset, self._joined, self._last = (of.tolist() for of in (stream, offset, place, last))

    def base(self, at: int) -> int:
        """Of one packet."""
        return int(self._bases[at])

    def part(self, first: int, until: int) -> Part:
        """Bytes of a stream that packets bring one after the other."""
        spans = self._spans[first:until]
        end = self._joined[until - 1] + spans[-1][0]
        return Part(
            self._stream[first],
            self._offset[first],
            self._data[self._joined[first] : end],
            spans,
            last=self._last[until - 1] == 1,
        )

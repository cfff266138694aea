"""Datagrams of one batch of a flow, together: for readers that take many at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from netaudit.protocols.message import DOWN, UP
from netaudit.protocols.trail import joined

if TYPE_CHECKING:
    from netaudit.protocols.trail import Pieces

I8 = npt.NDArray[np.int64]


class Brought(NamedTuple):
    """Datagrams of one direction that followed each other."""

    direction: int
    data: bytes
    pieces: Pieces  # one for each


class Way(NamedTuple):
    """Those of one direction."""

    pieces: Pieces
    data: bytes
    begins: I8  # in the data
    ends: I8
    bases: I8  # what is added to a place in the data to have that in the flow
    places: I8  # among those of both directions

    @property
    def start(self) -> int:
        """Offset in the flow of the first one."""
        return int(self.begins[0] + self.bases[0])

    @property
    def end(self) -> int:
        """Offset in the flow behind the last one."""
        return int(self.ends[-1] + self.bases[-1])


class Datagrams(NamedTuple):
    """All of a batch."""

    turns: npt.NDArray[np.uint8]  # the direction of each, in the order of the capture
    ways: tuple[Way | None, Way | None]  # None: there are none


def together(runs: list[Brought]) -> Datagrams:
    """Put runs together, of which each direction's are in order."""
    turns = np.repeat(np.array([run.direction for run in runs], np.uint8), [len(run.pieces) for run in runs])
    ways = ([run for run in runs if run.direction == direction] for direction in (UP, DOWN))
    up, down = (_way(own, np.flatnonzero(turns == own[0].direction)) if own else None for own in ways)
    return Datagrams(turns, (up, down))


class Lying(Protocol):
    """Runs that a batch holds (`Columns` of streams)."""

    @property
    def runs(self) -> npt.NDArray[np.void]:
        """RUN rows."""
        ...

    @property
    def pieces(self) -> Pieces:
        """PIECE rows that they point into."""
        ...

    @property
    def payload(self) -> npt.NDArray[np.uint8]:
        """Bytes that they point into."""
        ...


def lying(columns: Lying, after: int, *, swapped: bool) -> Datagrams | None:
    """Put runs together, but for so many first ones; None where they do not lie one behind the other."""
    runs = columns.runs[after:]
    counts, lengths = runs["piece_to"] - runs["piece_from"], runs["length"]
    first, at = runs["piece_from"], runs["bytes_at"]
    if (counts <= 0).any() or (first[1:] != runs["piece_to"][:-1]).any() or (at[1:] != (at + lengths)[:-1]).any():
        return None
    data = columns.payload[at[0] : at[-1] + lengths[-1]].tobytes()
    pieces = columns.pieces[first[0] : first[-1] + counts[-1]]
    turns = np.repeat((runs["direction"] ^ swapped).astype(np.uint8), counts)
    sizes, offsets = pieces["length"].astype(np.int64), pieces["offset"].astype(np.int64)
    ends = np.cumsum(sizes)
    begins = ends - sizes
    raw = np.frombuffer(pieces.tobytes(), np.uint8).reshape(len(pieces), -1)

    def way(direction: int) -> Way | None:
        places = np.flatnonzero(turns == direction)
        if not places.size:
            return None
        own = np.frombuffer(raw[places].tobytes(), pieces.dtype)  # by their bytes: numpy picks field by field
        bases = offsets[places] - begins[places]
        return Way(own, data, begins[places], ends[places], bases, places)

    return Datagrams(turns, (way(UP), way(DOWN)))


def _way(runs: list[Brought], places: I8) -> Way:
    pieces = joined([run.pieces for run in runs])
    ends = np.cumsum(pieces["length"], dtype=np.int64)
    begins = ends - pieces["length"]
    bases = pieces["offset"].astype(np.int64) - begins
    return Way(pieces, b"".join([run.data for run in runs]), begins, ends, bases, places)

"""The list of takers: what claims whole flows of a batch and brings them into the tables as columns.

Order is meaning: each takes of what those before it left; what is left at the end goes to the readers, flow by flow. A
taker accepts only what it understands wholly. Should a flow go on otherwise, it lets it go (`resumes`), and a reader
goes on where it would stand: the one way back. To add one: measure that it pays, write it, give it a line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from netaudit.rows.lookups import LookupRows

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from netaudit.ground.table_streams import RowWriter
    from netaudit.observations.ledger import Ledger
    from netaudit.streams.batch import Batch


class Taker(Protocol):
    """Takes flows of a batch as columns."""

    resumes: str  # name of the reader that goes on with a flow that it lets go

    def take(self, batch: Batch) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Which flows are left to others, and which of these it had taken so far; shape (flows,) each."""
        ...

    def taken(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
        """Of the last batch: indexes of the flows that were taken, and their ids, 32 hexadecimal digits each."""
        ...

    def observe(self, before: int) -> None:
        """Note what the flows before an index of the batch say: bounds of the ledger need the order of flows."""
        ...

    def flush(self, *, least: int = ...) -> None:
        """Write the rows of flows that have ended, when they are at least so many."""
        ...


def takers(rows: RowWriter, ledger: Ledger) -> list[Taker]:
    """One of each, in order."""
    return [LookupRows(rows, ledger)]

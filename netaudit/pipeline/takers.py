"""The list of takers: what claims whole flows of a batch and brings them into the tables as columns.

Order is meaning: each takes of what those before it left; what is left at the end goes to the readers, flow by flow. A
taker accepts only what it understands wholly. Should a flow go on otherwise, it lets it go (`LetGo`), and a reader goes
on where it would stand: the one way back. To add one: measure that it pays, write it, give it a line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from netaudit.rows.exchanges import ExchangeRows
from netaudit.rows.lookups import LookupRows
from netaudit.rows.silent import SilentRows

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from netaudit.messages.from_streams import Conversations, LetGo
    from netaudit.observations.ledger import Ledger
    from netaudit.observations.turns import Turns
    from netaudit.rows.documents import Documents
    from netaudit.rows.flows import FlowRows
    from netaudit.storage.table_streams import RowWriter
    from netaudit.streams.batch import Batch

    Flags = npt.NDArray[np.bool_]


class Taker(Protocol):
    """Takes flows of a batch as columns."""

    turns: Turns  # what those say that it took, of the batch

    def feed(self, batch: Batch, left: Flags) -> tuple[Flags, dict[int, LetGo]]:
        """Which flows are left to others, shape (flows,), and how those go on that it had so far, by index.

        `left`: those that nobody before it took.
        """
        ...

    def settle(self) -> Flags | None:
        """Once readers had theirs: flows of the batch that it leaves to them after all, None for none."""
        ...

    def taken(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8], str]:
        """Of the batch: indexes of the flows that were taken, their ids, 32 hexadecimal digits each; their protocol."""
        ...


def takers(
    rows: RowWriter, ledger: Ledger, conversations: Conversations, flows: FlowRows, documents: Documents, *,
    columns: bool,
) -> list[Taker]:  # fmt: skip
    """One of each, in order; `columns`: whether messages of HTTP/1 may be columns alone."""
    exchanges = ExchangeRows(ledger, conversations, flows, documents, columns=columns)
    return [LookupRows(rows, ledger, flows), exchanges, SilentRows(conversations, flows)]

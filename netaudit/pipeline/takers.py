"""The list of takers: what claims whole flows of a batch and brings them into the tables as columns.

Order is meaning: each takes of what those before it left; what is left at the end goes to the readers, flow by flow. A
taker accepts only what it understands wholly. Should a flow go on otherwise, it lets it go (`LetGo`), and a reader goes
on where it would stand: the one way back. To add one: measure that it pays, write it, give it a line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.tables.exchanges import ExchangeRows
from netaudit.tables.lookups import LookupRows
from netaudit.tables.silent import SilentRows

if TYPE_CHECKING:
    from netaudit.core.storage.table_streams import RowWriter
    from netaudit.devices.observations.ledger import Ledger
    from netaudit.protocols.from_streams import Conversations
    from netaudit.tables.documents import Documents
    from netaudit.tables.flows import FlowRows
    from netaudit.tables.taker import Taker


def takers(
    rows: RowWriter, ledger: Ledger, conversations: Conversations, flows: FlowRows, documents: Documents, *,
    columns: bool,
) -> list[Taker]:  # fmt: skip
    """One of each, in order; `columns`: whether messages of HTTP/1 may be columns alone."""
    exchanges = ExchangeRows(ledger, conversations, flows, documents, columns=columns)
    return [LookupRows(rows, ledger, flows), exchanges, SilentRows(conversations, flows)]

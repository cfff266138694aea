"""Rows of plain lookups (`messages/lookups.py`): whole columns, no objects per message."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from netaudit.core.storage.structured import picked
from netaudit.devices.observations.from_messages import masked_name, notes_of
from netaudit.protocols.dns.layouts import PLAIN, RESUMED
from netaudit.protocols.dns.lookups import PROTOCOL, PlainLookups
from netaudit.protocols.dns.reader import TYPES
from netaudit.protocols.from_streams import LetGo
from netaudit.protocols.message import Message
from netaudit.tables.columns import DIGITS, ids, ids_of_some
from netaudit.tables.messages import message_draft, message_rows
from netaudit.tables.taker import Taker, Turns, distinct

if TYPE_CHECKING:
    import numpy.typing as npt

    from netaudit.core.storage.table_streams import RowWriter
    from netaudit.devices.observations.ledger import Ledger
    from netaudit.protocols.dns.lookups import Lookups
    from netaudit.streams.batch import Batch
    from netaudit.tables.flows import FlowRows


# columns of `messages` in which lookups of one kind, status and direction agree
ALIKE = (
    "protocol", "direction", "method", "path", "status", "content_type", "user_agent", "server", "date", "page",
    "obscure", "unread", "complete", "missing", "notes", "opened",
)  # fmt: skip
WHOSE = ("kind", "shard", "mac", "high", "low")  # tell hosts apart
TOLD_BY = (*WHOSE, "name")  # facts apart


class LookupRows(Taker):
    """Takes plain lookups out of batches, and brings them into the tables (`pipeline/takers.py`)."""

    def __init__(self, rows: RowWriter, ledger: Ledger, flows: FlowRows) -> None:
        self._rows, self._ledger, self._flows = rows, ledger, flows
        self._reader = PlainLookups()
        self._lookups: Lookups | None = None  # of the batch
        super().__init__()

    def feed(self, batch: Batch, left: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.bool_], dict[int, LetGo]]:
        """See `pipeline/takers.py`."""
        assert left.all()  # nobody comes before
        states, lookups = self._reader.feed(
            batch.flows, batch.slots(), batch.closed, batch.runs, batch.pieces, batch.payload
        )
        self._lookups = lookups
        if lookups is not None:
            masked = list(map(masked_name, lookups.names))
            self.turns = self._turns(lookups, masked)
            if len(lookups.messages):
                self._rows["messages"].extend(_messages(lookups, masked))
            over = np.flatnonzero(batch.closed[lookups.indexes])
            ids = lookups.flow_ids.reshape(-1, DIGITS)[over].reshape(-1)
            self._flows.add_many(picked(lookups.flows, over), ids, PROTOCOL)
        return states != PLAIN, dict.fromkeys(np.flatnonzero(states == RESUMED).tolist(), LetGo(PROTOCOL))

    def _turns(self, lookups: Lookups, masked: list[tuple[str, str]]) -> Turns:
        """What they say of hosts, made distinct; `masked` are the names as the ledger keeps them."""
        said_in = picked(lookups.messages, lookups.sayings["message"])
        said = np.empty((len(said_in), len(TOLD_BY)), np.uint64)
        for column, name in enumerate(TOLD_BY):
            said[:, column] = lookups.sayings[name]
        facts, _ = distinct(said, said_in)
        hosts, which = distinct(said[facts[:, 1], : len(WHOSE)], picked(said_in, facts[:, 1]))
        places, notes = notes_of(lookups, masked, facts, facts[hosts[:, 0], 1], which, self._ledger)

        def note(first: int, last: int) -> None:
            self._ledger.note_all(notes[first:last])

        return Turns(lookups.indexes[said_in["flow"][facts[places, 0]]].tolist(), note)

    def claimed(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8], str]:
        """See `pipeline/takers.py`."""
        found = self._lookups
        return super().claimed() if found is None else (found.indexes, found.flow_ids, PROTOCOL)


def _messages(lookups: Lookups, masked: list[tuple[str, str]]) -> pa.RecordBatch:
    """Rows of `messages`; `masked` are the names as the ledger keeps them."""
    messages = lookups.messages
    asking = np.where(messages["request"] >= 0, messages["request"], np.arange(len(messages)))  # who says what for
    said = messages["kind"][asking].astype(np.int64) << 16 | messages["status"].astype(np.int64) << 8
    kinds, which = np.unique(said | messages["direction"], return_inverse=True)
    drafts = [
        message_draft(Message(PROTOCOL, one & 1, 0, 0, method=TYPES[one >> 16], status=one >> 8 & 0xFF))
        for one in kinds.tolist()
    ]
    names = pa.array([given[:256] for given, _ in masked], pa.string())  # none is longer than either keeps (RFC 1035)
    own = {
        "message_id": ids(lookups.message_ids),
        "flow_id": ids_of_some(lookups.flow_ids, messages["flow"]),
        "request_id": ids_of_some(lookups.message_ids, messages["request"]),
        "host": names.take(pa.array(messages["name"][asking])),
        "body_size": messages["length"].astype(np.int64),
    }
    return message_rows(drafts, which, messages, messages, own, ALIKE)

"""Rows of plain lookups (`messages/lookups.py`): whole columns, no objects per message."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from netaudit.messages.dns.layouts import PLAIN, RESUMED
from netaudit.messages.dns.lookups import PROTOCOL, PlainLookups
from netaudit.messages.dns.reader import TYPES
from netaudit.messages.from_streams import LetGo
from netaudit.observations.from_messages import masked_name, observe_sayings
from netaudit.rows.columns import DIGITS, WAYS, few, ids, ids_of_some
from netaudit.rows.flows import EndedFlows
from netaudit.rows.messages import message_batch
from netaudit.storage.table_streams import BATCH_ROWS
from netaudit.text.frame_ranges import capture_name

if TYPE_CHECKING:
    import numpy.typing as npt

    from netaudit.messages.dns.lookups import Lookups
    from netaudit.observations.ledger import Ledger
    from netaudit.storage.table_streams import RowWriter
    from netaudit.streams.batch import Batch

NO_FLOW = 1 << 62
NONE, NO_DIGITS = np.empty(0, np.int64), np.empty(0, np.uint8)


class LookupRows:
    """Takes plain lookups out of batches, and brings them into the tables (`pipeline/takers.py`)."""

    def __init__(self, rows: RowWriter, ledger: Ledger) -> None:
        self._rows, self._ledger = rows, ledger
        self._reader = PlainLookups()
        self._lookups: Lookups | None = None  # until all that it says is noted
        self._last: Lookups | None = None
        self._masked: list[tuple[str, str]] = []  # its names, as they were given and as they were asked for
        self._observed = 0  # of its sayings
        self._first_flows: list[int] = []  # index of the flow that says each of them first; never falls
        self._next_flow = NO_FLOW  # that of the next one to be observed
        self._ended = EndedFlows(rows["flows"], PROTOCOL)

    def feed(self, batch: Batch, left: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.bool_], dict[int, LetGo]]:
        """See `pipeline/takers.py`."""
        assert left.all()  # nobody comes before
        states, lookups = self._reader.take(
            batch.flows, batch.slots(), batch.closed, batch.runs, batch.pieces, batch.payload
        )
        self._lookups = self._last = lookups
        self._observed, self._next_flow = 0, NO_FLOW
        if lookups is not None:
            self._masked = list(map(masked_name, lookups.names))
            self._first_flows = lookups.first_flows.tolist()
            if self._first_flows:
                self._next_flow = self._first_flows[0]
            if len(lookups.messages):
                self._rows["messages"].extend(message_columns(lookups, self._masked))
            over = batch.closed[lookups.indexes]
            self._ended.add(lookups.flows[over], lookups.flow_ids.reshape(-1, DIGITS)[over].reshape(-1))
        return states != PLAIN, dict.fromkeys(np.flatnonzero(states == RESUMED).tolist(), LetGo(PROTOCOL))

    def taken(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8], str]:
        """See `pipeline/takers.py`."""
        return (
            (NONE, NO_DIGITS, PROTOCOL) if self._last is None else (self._last.indexes, self._last.flow_ids, PROTOCOL)
        )

    def observe(self, before: int) -> None:
        """Note what the flows before an index of the batch say: bounds of the ledger need the order of flows."""
        lookups = self._lookups
        if lookups is None or before <= self._next_flow:
            return
        first, flows = self._observed, self._first_flows
        self._observed = bisect_left(flows, before, first)
        self._next_flow = flows[self._observed] if self._observed < len(flows) else NO_FLOW
        observe_sayings(lookups, self._masked, first, self._observed, self._ledger)
        if self._next_flow == NO_FLOW:
            self._lookups = None

    def settle(self) -> npt.NDArray[np.bool_] | None:
        """Nothing is thought better of."""
        return None

    def flush(self, *, least: int = BATCH_ROWS) -> None:
        """Write the flows that have ended, when they are at least so many."""
        self._ended.flush(least=least)


def message_columns(lookups: Lookups, masked: list[tuple[str, str]]) -> pa.RecordBatch:
    """Rows of `messages`, as `rows.message_row` would make them; `masked` are the names as the ledger keeps them."""
    messages = lookups.messages
    n = len(messages)
    asking = np.where(messages["request"] >= 0, messages["request"], np.arange(n))  # who says what was asked for
    names = pa.array([given[:256] for given, _ in masked], pa.string())  # none is longer than either keeps (RFC 1035)
    times, frames = messages["ts"].copy(), messages["frame"].astype(np.int64)
    columns = {
        "message_id": ids(lookups.message_ids),
        "flow_id": ids_of_some(lookups.flow_ids, messages["flow"]),
        "capture_id": few(messages["capture"], capture_name),
        "protocol": pa.repeat("dns", n),
        "direction": WAYS.take(pa.array(messages["direction"])),
        "request_id": ids_of_some(lookups.message_ids, messages["request"]),
        "method": few(messages["kind"][asking], TYPES.__getitem__),
        "host": names.take(pa.array(messages["name"][asking])),
        "status": messages["status"].astype(np.int32),
        "first_ts": times,
        "last_ts": times,
        "first_frame": frames,
        "last_frame": frames,
        "body_size": messages["length"].astype(np.int64),
    }
    return message_batch(columns, n)

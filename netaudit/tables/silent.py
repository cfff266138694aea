"""Rows of flows that say nothing (`protocols/silent.py`): whole columns, no object for a flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from netaudit.core.storage.structured import picked
from netaudit.protocols.from_streams import LetGo
from netaudit.protocols.readers import UNKNOWN
from netaudit.protocols.silent import SilentFlows, ids_of
from netaudit.streams.layouts import PIECE, Run
from netaudit.tables.taker import Taker

if TYPE_CHECKING:
    import numpy.typing as npt

    from netaudit.protocols.from_streams import Conversations
    from netaudit.streams.batch import Batch
    from netaudit.tables.flows import FlowRows

    Flags = npt.NDArray[np.bool_]


class SilentRows(Taker):
    """Takes silent flows out of batches, and brings them into the tables (`pipeline/takers.py`)."""

    def __init__(self, conversations: Conversations, flows: FlowRows) -> None:
        self._conversations, self._flows = conversations, flows
        self._silent = SilentFlows()
        super().__init__()
        self._batch: Batch | None = None
        self._slots: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self._claimed: Flags = np.zeros(0, bool)

    def feed(self, batch: Batch, left: Flags) -> tuple[Flags, dict[int, LetGo]]:
        """See `pipeline/takers.py`."""
        self._batch, self._slots = batch, batch.slots()
        known = self._conversations.known(batch.flows, left)
        self._claimed, over = self._silent.find(batch.flows, self._slots, left, known, batch.runs, batch.payload)
        let_go = {}
        for index, (way, data, ts, frame, capture) in zip(
            over.tolist(), self._silent.let_go(self._slots[over]), strict=True
        ):
            pieces = np.array([(0, ts, frame, len(data), capture)], PIECE)
            let_go[index] = LetGo(held=[Run(way, 0, len(data), data, pieces)])
        return ~self._claimed, let_go

    def settle(self) -> Flags | None:
        """Leave flows to readers that another one announced meanwhile."""
        batch = self._batch
        assert batch is not None
        back = self._conversations.known(batch.flows, self._claimed & ~self._silent.held)
        self._claimed &= ~back
        chosen = np.flatnonzero(self._claimed)
        self._silent.hold(chosen, batch.flows, self._slots, batch.closed, batch.runs, batch.pieces, batch.payload)
        ended = picked(batch.flows, chosen[batch.closed[chosen]])
        self._flows.add_many(ended, ids_of(ended), UNKNOWN)
        return back

    def claimed(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8], str]:
        """See `pipeline/takers.py`."""
        assert self._batch is not None
        chosen = np.flatnonzero(self._claimed)
        return chosen, ids_of(picked(self._batch.flows, chosen)), UNKNOWN

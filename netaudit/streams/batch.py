"""What the packets of one batch brought, in columns; objects are made of it only where somebody wants them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from netaudit.streams.layouts import PIECE, SLOT_BITS, Delivery, Kind, Run

if TYPE_CHECKING:
    from netaudit.streams.records import Records

U1 = npt.NDArray[np.uint8]
Rows = npt.NDArray[Any]

GAP, SIZE = int(Kind.GAP), PIECE.itemsize


def frozen(array: Rows) -> Rows:
    """Read-only view: kernels are compiled for one kind of input."""
    view = np.ascontiguousarray(array)[:]
    view.setflags(write=False)
    return view


NO_PIECES = frozen(np.empty(0, PIECE))


@dataclass(slots=True)
class Batch:
    """Flows in order of serial, what they brought, and where its bytes lie. Holds until the next one is made."""

    flows: Rows  # FLOW rows as of now, shape (n,)
    closed: npt.NDArray[np.bool_]  # of each flow: nothing will follow
    runs: Rows  # RUN rows, `row` an index into flows; grouped by flow, in order of the capture within it
    pieces: Rows  # PIECE rows the runs point into
    payload: U1  # bytes the runs point into
    records: Records | None = None  # what clients sent encrypted, where any of it ended

    def slots(self) -> npt.NDArray[np.int64]:
        """Small number of each flow that no other open flow has at the same time."""
        return (self.flows["serial"] & np.uint64((1 << SLOT_BITS) - 1)).astype(np.int64)

    def deliveries(self, wanted: npt.NDArray[np.bool_] | None = None) -> Iterator[tuple[int, Delivery]]:
        """Index and delivery of the flows that are wanted (all, if not said), in order of serial."""
        runs: Rows = self.runs
        chosen: Iterable[int] = range(self.flows.size)
        if wanted is not None and not wanted.all():
            runs, chosen = runs[wanted[runs["row"]]], np.flatnonzero(wanted).tolist()
        made = _runs(runs, self.payload.data, self.pieces)
        closed = self.closed.tolist()
        at, last = next(made, (-1, None))
        for index in chosen:
            delivery = Delivery(self.flows[index], [], closed[index])
            while last is not None and at == index:
                delivery.runs.append(last)
                at, last = next(made, (-1, None))
            yield index, delivery


def _runs(runs: Rows, payload: memoryview, pieces: Rows) -> Iterator[tuple[int, Run | None]]:
    """Run objects of RUN rows; each owns its bytes, so that keeping one does not keep its batch."""
    raw = pieces.view(np.uint8).data
    for row, direction, offset, length, at, piece_from, piece_to, kind in runs.tolist():
        if kind == GAP:
            run = Run(direction, offset, length, b"", NO_PIECES)
        else:
            own = np.frombuffer(bytes(raw[piece_from * SIZE : piece_to * SIZE]), PIECE)
            run = Run(direction, offset, length, bytes(payload[at : at + length]), own)
        yield row, run


def picked(rows: Rows, order: npt.NDArray[np.int64]) -> Rows:
    """Copy of rows in another order, by their bytes; numpy's own goes field by field, and takes 10 us for one FLOW."""
    return rows.view(np.uint8).reshape(rows.size, rows.dtype.itemsize)[order].reshape(-1).view(rows.dtype)


def nothing(flow: np.dtype[np.void], run: np.dtype[np.void]) -> Batch:
    """A batch that brought nothing."""
    return Batch(np.empty(0, flow), np.empty(0, bool), np.empty(0, run), np.empty(0, PIECE), np.empty(0, np.uint8))

"""What the packets of one batch brought, in columns; objects are made of it only where somebody wants them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from netaudit.core.storage.structured import picked
from netaudit.streams.layouts import PIECE, SLOT_BITS, Columns, Delivery, Run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from netaudit.streams.records import Records

U1 = npt.NDArray[np.uint8]
Rows = npt.NDArray[Any]

UDP = 17
MANY = 8  # runs of a flow


def frozen(array: Rows) -> Rows:
    """Read-only view: kernels are compiled for one kind of input."""
    view = np.ascontiguousarray(array)[:]
    view.setflags(write=False)
    return view


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

    def deliveries(
        self, wanted: npt.NDArray[np.bool_] | None = None, bare: Sequence[int] = (), *, in_columns: bool = False
    ) -> Iterator[tuple[int, Delivery]]:
        """Index and delivery of the flows that are wanted (all, if not said), in order of serial.

        `bare`: those that come without their runs; `in_columns`: those of UDP with many runs come in columns.
        """
        runs: Rows = self.runs
        chosen: Iterable[int] = range(self.flows.size)
        if wanted is not None and not wanted.all():
            runs, chosen = picked(runs, np.flatnonzero(wanted[runs["row"]])), np.flatnonzero(wanted).tolist()
        if bare:
            with_runs = np.ones(self.flows.size, bool)
            with_runs[bare] = False
            runs = picked(runs, np.flatnonzero(with_runs[runs["row"]]))
        columns: dict[int, Columns] = {}
        if in_columns:
            columns, runs = self._many(runs)
        made: Iterator[tuple[int, Run | None]] = Columns(runs, self.pieces, self.payload).objects()
        closed = self.closed.tolist()
        at, last = next(made, (-1, None))
        for index in chosen:
            delivery = Delivery(self.flows[index], [], closed[index], columns.get(index))
            while last is not None and at == index:
                delivery.runs.append(last)
                at, last = next(made, (-1, None))
            yield index, delivery

    def _many(self, runs: Rows) -> tuple[dict[int, Columns], Rows]:
        """Flows of UDP with many runs, by index, and the runs of all others."""
        counts = np.bincount(runs["row"], minlength=self.flows.size)
        many = (counts >= MANY) & (self.flows["proto"] == UDP)
        if not many.any():
            return {}, runs
        ends = np.cumsum(counts)
        found = {
            index: Columns(runs[ends[index] - counts[index] : ends[index]], self.pieces, self.payload)
            for index in np.flatnonzero(many).tolist()
        }
        return found, picked(runs, np.flatnonzero(~many[runs["row"]]))


def nothing(flow: np.dtype[np.void], run: np.dtype[np.void]) -> Batch:
    """A batch that brought nothing."""
    return Batch(np.empty(0, flow), np.empty(0, bool), np.empty(0, run), np.empty(0, PIECE), np.empty(0, np.uint8))


def portions(delivery: Delivery, most: int) -> Iterator[Delivery]:
    """A delivery in several of about so many bytes each, as smaller windows would have brought it."""
    if sum([run.length for run in delivery.runs]) <= most:
        yield delivery
        return
    some: list[Run] = []
    held = 0
    for whole in delivery.runs:
        for run in (whole,) if whole.is_gap or whole.length <= most else _parts(whole, most):
            if held and not run.is_gap and held + run.length > most:
                yield Delivery(delivery.flow, some)
                some, held = [], 0
            some.append(run)
            held += len(run.data)
    yield Delivery(delivery.flow, some, delivery.closed, delivery.columns)


def _parts(run: Run, most: int) -> Iterator[Run]:
    """A run in several, cut where a packet ends and the next one begins."""
    begins = run.pieces["offset"].astype(np.int64)
    ends = np.maximum.accumulate(begins + run.pieces["length"])
    later = np.minimum.accumulate(begins[::-1])[::-1]  # where that one or any behind it begins
    first, at = 0, run.offset
    for place in (1 + np.flatnonzero(ends[:-1] <= later[1:])).tolist():
        cut = int(later[place])
        if cut - at >= most:
            yield _part(run, (at, cut), (first, place))
            first, at = place, cut
    yield _part(run, (at, run.offset + run.length), (first, len(begins)))


def _part(run: Run, octets: tuple[int, int], packets: tuple[int, int]) -> Run:
    begin, end = octets
    data = run.data[begin - run.offset : end - run.offset]
    return Run(run.direction, begin, end - begin, data, run.pieces[slice(*packets)])

"""Flows that say nothing to any reader: not a byte so far, or one datagram in which no mark of a reader stands.

A flood is made of them. They are told apart in columns; what is kept of one is its datagram, and that only while the
flow is open. Whatever comes behind makes it a flow like any other, which begins with that datagram.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from netaudit.protocols.ids import flow_ids
from netaudit.protocols.kernels_silent import BEGINS, GOES_ON, HELD, SILENT, close_up, find_silent, hold_datagrams
from netaudit.protocols.marks import packed
from netaudit.protocols.readers import BY_TRANSPORT

if TYPE_CHECKING:
    from collections.abc import Iterator

U1 = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[Any]

ROOM = 1 << 16  # bytes at least for datagrams that are held
MARKS = packed(mark for entry in BY_TRANSPORT["udp"] for mark in entry.marks)


class SilentFlows:
    """Remembers the one datagram of each open flow that is silent beside it."""

    def __init__(self) -> None:
        self._held = np.zeros(0, HELD)  # by slot
        self._bytes, self._end = np.empty(ROOM, np.uint8), 0
        self._states, self._first_runs = np.zeros(0, np.uint8), np.zeros(0, np.int32)  # of the batch
        self.held: Flags = np.zeros(0, bool)  # of its flows: whether their datagram came in one before

    def find(
        self, flows: Rows, slots: npt.NDArray[np.int64], left: Flags, known: Flags, runs: Rows, payload: U1
    ) -> tuple[Flags, npt.NDArray[np.int64]]:
        """Find the silent flows of a batch.

        Args:
            flows: FLOW rows.
            slots: small numbers of them that no other flow has while one is open.
            left: of each flow, whether nobody before has it.
            known: whether a reader has it, or may be told to: not ours, but where its datagram is held already.
            runs: RUN rows, grouped by flow in the same order.
            payload: bytes the runs point into.

        Returns:
            Whether each flow is silent; indexes of those that were and are not any more (`let_go`).

        """
        if slots.size and (most := int(slots.max())) >= self._held.size:
            longer = np.zeros(2 * most + 256, HELD)
            longer[: self._held.size] = self._held
            self._held = longer
        self._states, self._first_runs = np.empty(flows.size, np.uint8), np.empty(flows.size, np.int32)
        self.held = held = self._held["serial"][slots] == flows["serial"]
        find_silent(flows, left & (held | ~known), held, runs, payload, *MARKS, self._states, self._first_runs)
        return (self._states == SILENT) | (self._states == BEGINS), np.flatnonzero(self._states == GOES_ON)

    def let_go(self, slots: npt.NDArray[np.int64]) -> Iterator[tuple[int, bytes, int, int, int]]:
        """Direction, bytes, time, frame and capture of the datagram of each of these flows, which is forgotten."""
        for slot in slots.tolist():
            row = self._held[slot]
            data = self._bytes[row["at"] : row["at"] + row["length"]].tobytes()
            yield int(row["direction"]), data, int(row["ts"]), int(row["frame"]), int(row["capture"])
        self._held["serial"][slots] = 0

    def hold(
        self, chosen: npt.NDArray[np.int64], flows: Rows, slots: npt.NDArray[np.int64], closed: Flags, runs: Rows,
        pieces: Rows, payload: U1,
    ) -> None:  # fmt: skip
        """Remember what these silent flows of the batch brought, as long as they are open."""
        over = slots[chosen[closed[chosen]]]
        self._held["serial"][over] = 0
        new = chosen[(self._states[chosen] == BEGINS) & ~closed[chosen]]
        if not new.size:
            return
        self._make_room(int(runs["length"][self._first_runs[new]].sum()))
        self._end = hold_datagrams(
            self._held, slots, np.ascontiguousarray(flows["serial"]), new, self._first_runs, runs, pieces, payload,
            self._bytes, self._end,
        )  # fmt: skip

    def _make_room(self, more: int) -> None:
        """Where the end is reached, move what is still held to the front, and have a quarter of the room free."""
        if self._end + more <= self._bytes.size:
            return
        places = np.flatnonzero(self._held["serial"])
        places = places[np.argsort(self._held["at"][places])]
        starts, lengths = self._held["at"][places], self._held["length"][places]
        close_up(self._bytes, starts, lengths)
        self._held["at"][places] = np.cumsum(lengths) - lengths
        self._end = int(lengths.sum())
        if 4 * (self._end + more) > 3 * self._bytes.size:
            self._bytes.resize(2 * (self._end + more), refcheck=False)


def ids_of(flows: Rows) -> U1:
    """Ids of FLOW rows, 32 hexadecimal digits each, one behind the other."""
    return flow_ids(flows)

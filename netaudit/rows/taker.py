"""What a taker is (`pipeline/takers.py`): it claims whole flows of a batch, and brings them into tables as columns."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from netaudit.messages.from_streams import LetGo
    from netaudit.streams.batch import Batch

    Flags = npt.NDArray[np.bool_]

MIXING = np.uint64(0x9E3779B97F4A7C15)
NONE, NO_DIGITS = np.empty(0, np.int64), np.empty(0, np.uint8)


class Taker:
    """Takes flows of a batch as columns."""

    def __init__(self) -> None:
        self.turns = Turns()  # of the facts that those say that it took, of the batch

    def feed(self, batch: Batch, left: Flags) -> tuple[Flags, dict[int, LetGo]]:
        """Which flows are left to others, shape (flows,), and how those go on that it had so far, by index.

        `left`: those that nobody before it took.
        """
        raise NotImplementedError

    def settle(self) -> Flags | None:
        """Once readers had theirs: flows of the batch that it leaves to them after all, None for none."""
        return None

    def claimed(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8], str]:
        """Of the batch: indexes of the flows that were taken, their ids, 32 hexadecimal digits each; their protocol."""
        return NONE, NO_DIGITS, ""


class Turns:
    """Facts that were made distinct, noted when it is the turn of the flow that says each first.

    Bounds of the ledger are reached in the order of flows.
    """

    def __init__(self, flows: Sequence[int] = (), note: Callable[[int, int], None] | None = None) -> None:
        """`flows`: index of the flow of each fact; never falls. `note` notes the facts from one up to another."""
        self._flows, self._note, self._noted = flows, note, 0

    def advance(self, before: int) -> None:
        """Note what the flows before an index say."""
        if self._note is not None and self._noted < len(self._flows) and self._flows[self._noted] < before:
            first, self._noted = self._noted, bisect_left(self._flows, before, self._noted)
            self._note(first, self._noted)


def distinct(said: npt.NDArray[np.uint64], places: npt.NDArray[np.void]) -> list[tuple[int, int, int]]:
    """Facts in the order in which they are first said: where, where with the earliest packet, and how often.

    `said`: numbers that tell them apart, shape (n, k); `places`: `ts`, `frame` and `capture` of each.
    """
    mixed = said[:, 0].copy()
    for column in said.T[1:]:
        mixed = (mixed ^ (mixed >> np.uint64(29)) ^ column) * MIXING
    _, begins, alike, times = np.unique(mixed, return_index=True, return_inverse=True, return_counts=True)
    if (said != said[begins[alike]]).any():  # two that have the same by chance
        _, begins, alike, times = np.unique(said, axis=0, return_index=True, return_inverse=True, return_counts=True)
    order = np.lexsort((places["capture"], places["frame"], places["ts"], alike.reshape(-1)))
    return sorted(zip(begins.tolist(), order[np.cumsum(times) - times].tolist(), times.tolist(), strict=True))

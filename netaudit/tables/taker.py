"""What a taker is (`pipeline/takers.py`): it claims whole flows of a batch, and brings them into tables as columns."""

from __future__ import annotations

import functools
import os
from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np

from netaudit.tables.kernels_facts import number_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from netaudit.protocols.from_streams import LetGo
    from netaudit.streams.batch import Batch

    Flags = npt.NDArray[np.bool_]
    Facts = npt.NDArray[np.int64]

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


def distinct(
    said: npt.NDArray[np.uint64], places: npt.NDArray[np.void], secret: npt.NDArray[np.uint64] | None = None
) -> tuple[Facts, npt.NDArray[np.int64]]:
    """Facts in the order in which they are first said: where, where with the earliest packet, and how often.

    `said`: numbers that tell them apart, shape (n, k); `places`: `ts`, `frame` and `capture` of each. What is given
    has the shape (facts, 3); with it of each that was said the number of the fact. `secret` changes no result.
    """
    secret = _secret() if secret is None else secret
    n = len(said)
    facts, numbers, table = (
        np.empty((n, 3), np.int64),
        np.empty(n, np.int64),
        np.full(2 << n.bit_length(), -1, np.int32),
    )
    packets = places["ts"].copy(), places["frame"].astype(np.uint64), places["capture"].astype(np.uint64)
    count = number_facts(np.ascontiguousarray(said), *packets, secret, table, facts, numbers)
    return facts[:count], numbers


@functools.cache
def _secret() -> npt.NDArray[np.uint64]:
    """Numbers by which nobody can tell which facts will lie at one place of a table; of each process its own."""
    return np.frombuffer(os.urandom(16), np.uint64) | np.array([0, 1], np.uint64)

"""What flows of a batch say, noted when it is their turn: bounds of the ledger are reached in the order of flows."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Turns:
    """Facts that were made distinct, and the flow that says each first."""

    def __init__(self, flows: Sequence[int] = (), note: Callable[[int, int], None] | None = None) -> None:
        """`flows`: index of the flow of each fact; never falls. `note` notes the facts from one up to another."""
        self._flows, self._note, self._noted = flows, note, 0

    def take(self, before: int) -> None:
        """Note what the flows before an index say."""
        if self._note is not None and self._noted < len(self._flows) and self._flows[self._noted] < before:
            first, self._noted = self._noted, bisect_left(self._flows, before, self._noted)
            self._note(first, self._noted)

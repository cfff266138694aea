"""What clients sent encrypted, by the records of TLS and datagrams of QUIC: units, and what lengths they consist of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from netaudit.core.storage.structured import copied, longer, picked
from netaudit.streams.kernels_walk import walk_records
from netaudit.streams.layouts import SPAN, UNIT, WALKED

if TYPE_CHECKING:
    from netaudit.streams.layouts import Tables

U1 = npt.NDArray[np.uint8]
Rows = npt.NDArray[Any]

ROOM = 1 << 14  # a segment of 64 KiB may bring 13 thousand records of one byte


@dataclass(slots=True)
class Records:
    """Units that ended in a batch. Spans come at the latest with their unit, many before it."""

    units: Rows  # UNIT rows
    spans: Rows  # SPAN rows, in order within their unit
    flows: Rows  # FLOW rows of the units


class Walker:
    """Walks along the records of all flows of an assembler, batch by batch."""

    def __init__(self) -> None:
        self._units = np.empty(ROOM, UNIT)
        self._spans = np.empty(ROOM, SPAN)

    def walk(self, t: Tables, buffer: U1, arena: U1) -> Records | None:
        """Take what a batch emitted; what is only counted goes out of it."""
        at = np.zeros(1, WALKED)
        while not walk_records(t, buffer, arena, self._units, self._spans, at):
            self._units = longer(self._units, 2 * self._units.size)
            self._spans = longer(self._spans, 2 * self._spans.size)
        units, spans = copied(self._units[: int(at["units"][0])]), copied(self._spans[: int(at["spans"][0])])
        if not units.size and not spans.size:
            return None
        rows = t.rows[: int(t.cursor["rows"][0])]
        order = np.argsort(rows["serial"], kind="stable")
        places = order[np.searchsorted(rows["serial"], units["serial"].astype(np.uint64), sorter=order)]
        return Records(units, spans, picked(rows, places))

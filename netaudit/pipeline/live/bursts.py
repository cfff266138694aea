"""What went up in encrypted flows since it was last told: by flow, and by the ends that flows have in common."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netaudit.findings.acts import upload_shape
from netaudit.pipeline.finds import ends

if TYPE_CHECKING:
    from collections.abc import Container

    from netaudit.pipeline.finds import Known

MOST = 20_000  # flows, and pairs of ends


@dataclass(slots=True)
class Sent:
    """Bytes of payload and upward bursts from 8 KiB on, and how much of that was told."""

    up: int = 0
    down: int = 0
    bursts: int = 0
    reported: int = 0
    bursts_told: int = 0

    def add(self, up: int, down: int, bursts: int) -> None:
        """What came since."""
        self.up, self.down, self.bursts = self.up + up, self.down + down, self.bursts + bursts

    def shaped(self, *, known: bool) -> bool:
        """Whether it looks like uploads, as `findings.encrypted` judges flows that have ended; `known`: the service."""
        return bool(upload_shape(self.up, self.down, self.bursts, known=known))

    def flush(self) -> int:
        """Bytes that went up since the last call."""
        sent, self.reported, self.bursts_told = self.up - self.reported, self.up, self.bursts
        return sent


class Bursts:
    """The encrypted flows of a live audit; bounded, what grew longest ago goes first."""

    def __init__(self) -> None:
        self._flows: dict[int, Sent] = {}  # by serial
        self._ends: OrderedDict[tuple[str, str, str], Sent] = OrderedDict()  # by sender, receiver and server name

    def follow(self, serial: int, known: Known) -> tuple[Sent, Sent]:
        """The flow as it is now, and all flows of its ends and name together."""
        row = known.row()
        way = slice(None, None, -1) if known.swapped else slice(None)
        up, down = (int(size) for size in (row["payload"] - row["duplicate"] - row["conflicting"])[way])
        bursts = int(row["bursts"][1:].sum())
        flow = self._flows.setdefault(serial, Sent())
        key = (*ends(known, up=True), known.server_name)
        whole = self._ends.setdefault(key, Sent())
        self._ends.move_to_end(key)
        if len(self._ends) > MOST:
            self._ends.popitem(last=False)
        whole.add(up - flow.up, down - flow.down, bursts - flow.bursts)
        flow.add(up - flow.up, down - flow.down, bursts - flow.bursts)
        return flow, whole

    def forget(self, still: Container[int]) -> None:
        """Let go of flows that have ended, once there are many."""
        if len(self._flows) > MOST:
            self._flows = {serial: sent for serial, sent in self._flows.items() if serial in still}

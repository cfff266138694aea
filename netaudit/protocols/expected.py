"""Data flows that another flow announces: an FTP control connection, a TFTP request.

Which announcement a flow answers is decided by capture times alone, so that it does not matter how many windows the
capture was cut into: a control connection may have been read further than the flow that is just beginning. One thing is
left to chance: an announcement held back by a hole in its own control connection may come too late for its flow, which
is then carved like any unknown one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from netaudit.core.contracts.details import ControlDetails

if TYPE_CHECKING:
    import numpy.typing as npt

    from netaudit.protocols.message import Message

PATIENCE = 120 * 10**9  # ns between an announcement and the first packet of its flow
MOST = 4096  # announcements remembered per logical shard
MOST_TRANSFERS = 256  # commands remembered per announcement
UDP, LOOKUPS = 17, 53  # protocol and port of DNS

End = tuple[int, int, int, int, int, int]  # protocol, listening address (high, low) and port, the other address


@dataclass(slots=True)
class Transfer:
    """One command that moves a file."""

    method: str  # STOR, RETR, APPE, STOU, LIST, NLST, MLSD, RRQ, WRQ
    name: str
    start: int = 0  # offset in the file at which the transfer begins
    coding: str = ""  # content coding of an FTP data connection; mode of a TFTP transfer
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Said:
    """What one message of a control flow says of a data flow: any of the three."""

    reader: str = ""  # name of the reader of the data flow (readers.EXPECTED)
    listener: int = -1  # direction whose sender waits for the data flow at `port`
    port: int = 0
    transport: int = 0  # IP protocol of the data flow; 0: that of the control flow
    transfer: Transfer | None = None
    refused: bool = False  # the last transfer will not take place


@dataclass(slots=True)
class Announcement:
    """A data flow to come."""

    reader: str
    ts: int  # ns
    transfers: list[tuple[int, Transfer | None]] = field(default_factory=list)  # None: the one before was refused
    place: tuple[int, int] = (0, 0)  # capture and frame; of packets at the same time the later one answers

    def transfer(self, first: int, last: int) -> Transfer | None:
        """The command that a flow with these capture times (ns) carries out: the last one before it, else the first."""
        valid: list[tuple[int, Transfer]] = []
        for ts, transfer in self.transfers:
            if ts > last:
                break
            if transfer is not None:
                valid.append((ts, transfer))
            elif valid:
                valid.pop()
        before = [transfer for ts, transfer in valid if ts <= first]
        return before[-1] if before else valid[0][1] if valid else None


class Expected:
    """Announcements of all shards of a worker; bounded per shard, as both flows lie in the same one."""

    def __init__(self) -> None:
        self._ends: dict[End, list[Announcement]] = {}
        self._ports = np.zeros(1 << 16, np.int64)  # announcements by listening port
        self._order: dict[int, list[tuple[End, Announcement]]] = {}  # per shard, oldest first
        self._latest: dict[int, Announcement] = {}  # by serial of the control flow

    def hear(self, message: Message, row: np.void, *, swapped: bool) -> None:
        """Take what a message of the flow `row` (a FLOW row) says of data flows."""
        announced = message.details.data_flow if isinstance(message.details, ControlDetails) else None
        if not isinstance(announced, Said) or message.pieces is None or not len(message.pieces):
            return
        last, serial = message.pieces[-1], int(row["serial"])
        ts = int(last["ts"])
        if announced.listener >= 0:
            announcement = Announcement(announced.reader, ts, place=(int(last["capture"]), int(last["frame"])))
            self._announce(announcement, row, announced.listener ^ swapped, announced)
        latest = self._latest.get(serial)
        if latest is not None and len(latest.transfers) < MOST_TRANSFERS:
            if announced.transfer is not None:
                latest.transfers.append((ts, announced.transfer))
            elif announced.refused:
                latest.transfers.append((ts, None))

    def _announce(self, announcement: Announcement, row: np.void, side: int, announced: Said) -> None:
        near, far = ("server", "client") if side else ("client", "server")
        end = (announced.transport or int(row["proto"]), *_address(row, near), announced.port, *_address(row, far))
        self._latest[int(row["serial"])] = announcement
        self._ends.setdefault(end, []).append(announcement)
        self._ports[announced.port & 0xFFFF] += 1
        order = self._order.setdefault(int(row["shard"]), [])
        order.append((end, announcement))
        if len(order) > MOST:
            self._drop(*order.pop(0))

    def _drop(self, end: End, announcement: Announcement) -> None:
        self._ports[end[3] & 0xFFFF] -= 1
        left = [other for other in self._ends.get(end, []) if other is not announcement]
        if left:
            self._ends[end] = left
        else:
            self._ends.pop(end, None)

    def find(self, row: np.void) -> Announcement | None:
        """The announcement that a new flow answers."""
        if not self._ends or _is_lookup(row):
            return None
        first, place = int(row["first_ts"]), (int(row["capture"]), int(row["first_frame"]))
        self._forget_old(int(row["shard"]), first)
        best: Announcement | None = None
        for near, far in (("server", "client"), ("client", "server")):
            end = (int(row["proto"]), *_address(row, near), int(row[f"{near}_port"]), *_address(row, far))
            for announcement in self._ends.get(end, ()):
                fits = (announcement.ts, announcement.place) < (first, place) and first - announcement.ts <= PATIENCE
                if fits and (best is None or announcement.ts >= best.ts):
                    best = announcement
        return best

    def may_be_meant(self, flows: npt.NDArray[np.void]) -> npt.NDArray[np.bool_]:
        """Whether each of some flows (FLOW rows) has a port that was announced."""
        if not self._ends:
            return np.zeros(flows.size, bool)
        meant: npt.NDArray[np.bool_] = (self._ports[flows["client_port"]] + self._ports[flows["server_port"]]) > 0
        return meant

    def _forget_old(self, shard: int, now: int) -> None:
        order = self._order.get(shard, [])
        while order and order[0][1].ts < now - 2 * PATIENCE:
            self._drop(*order.pop(0))

    def closed(self, serial: int) -> None:
        """A control flow has ended."""
        self._latest.pop(serial, None)


def _is_lookup(row: np.void) -> bool:
    """Whether a flow goes to the port of DNS, where nobody waits for data; plain lookups are not looked up here."""
    return int(row["server_port"]) == LOOKUPS and int(row["proto"]) == UDP


def _address(row: np.void, side: str) -> tuple[int, int]:
    return int(row[f"{side}_hi"]), int(row[f"{side}_lo"])

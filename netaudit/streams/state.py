"""The assembler's limits, and the tables that follow from them: made, grown, tidied up between batches."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from netaudit.streams import layouts
from netaudit.streams.kernels_flows import NEVER
from netaudit.streams.layouts import RECENT_SEGMENTS, SLOT_BITS, Tables

SECOND = 1_000_000_000
SHARD_ROWS = 256  # every value of PACKET.shard has a row, so that none can lie outside
U1 = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Limits:
    """Budgets per logical shard, and times of capture time in seconds.

    Worst case in memory, reached only when every one of 64 shards is full: waiting bytes 64 x shard_bytes x 9/8 =
    72 MiB, flow table 64 x flows x 1.2 KiB = 37 MiB, answers 64 x flows x 0.9 KiB = 28 MiB where every flow has some,
    waiting segments 2 x 64 x shard_segments x 64 B = 32 MiB.
    The output of a batch comes on top: its payload once more, 120 bytes per packet, 0.3 KiB per flow that ends.
    """

    flows: int = 512  # per shard; the one silent longest is evicted
    shard_bytes: int = 1 << 20  # waiting behind holes in a shard
    shard_segments: int = 4096
    side_bytes: int = 1 << 20  # waiting behind holes in one direction of a flow
    side_segments: int = 4096
    tcp_idle: float = 3600.0
    udp_idle: float = 60.0
    linger: float = 30.0  # after FIN of both sides or RST
    hole_age: float = 60.0
    ack_age: float = 1.0  # after an acknowledgement of what lies behind the hole
    ack_packets: int = 32  # the same in packets of the flow
    lone_age: float = 2.0  # where only one direction was captured
    lone_segments: int = 256

    def __post_init__(self) -> None:
        if not 1 <= self.flows <= 1 << (SLOT_BITS - 8):
            raise ValueError(f"flows per shard must lie between 1 and {1 << (SLOT_BITS - 8)}, not {self.flows}")
        if min(self.shard_bytes, self.side_bytes, self.shard_segments, self.side_segments) < 0:
            raise ValueError("budgets cannot be negative")

    def row(self) -> npt.NDArray[Any]:
        """One LIMITS row, times in nanoseconds."""
        row = np.zeros(1, layouts.LIMITS)
        for name in layouts.LIMITS.names or ():
            value = getattr(self, name)
            row[name] = round(value * SECOND) if isinstance(value, float) else value
        return row


def make(limits: Limits) -> Tables:
    """Empty tables, small at first."""
    shards = np.zeros(SHARD_ROWS, layouts.SHARD)
    shards["expiry"] = NEVER
    for name in ("oldest", "newest", "hole_oldest", "hole_newest"):
        shards[name] = -1
    cursor = np.zeros(1, layouts.CURSOR)
    cursor["seed"] = int.from_bytes(os.urandom(8))  # where a flow lies in the table changes no result
    cursor["free_slot"] = cursor["free_segment"] = -1
    tables = Tables(
        connections=np.zeros(0, layouts.CONNECTION),
        sides=np.zeros(0, layouts.SIDE),
        waiting=np.zeros(0, layouts.WAITING),
        recents=np.zeros(0, layouts.RECENT),
        shards=shards,
        buckets=np.full(1 << 16, -1, np.int32),
        cursor=cursor,
        limits=limits.row(),
        emitted=np.empty(1 << 14, layouts.EMITTED),
        rows=np.empty(1 << 10, layouts.FLOW),
        row_slots=np.empty(1 << 10, np.int32),
        touched=np.empty(0, np.int32),
        walks=np.zeros(0, layouts.WALK),
        answers=np.zeros(0, layouts.ANSWERS),
    )
    return grow_waiting(grow_connections(tables))


def _longer(array: npt.NDArray[Any], size: int) -> npt.NDArray[Any]:
    longer = np.zeros(size, array.dtype)
    longer.view(np.uint8)[: array.nbytes] = array.view(np.uint8)
    return longer


def grow_connections(t: Tables) -> Tables:
    """Twice the flow slots; the new ones go to the free list, lowest first."""
    before = t.connections.size
    size = max(2 * before, 256)
    connections = _longer(t.connections, size)
    chain = connections["chain"][before:]
    chain[:] = np.arange(before + 1, size + 1)
    chain[-1] = t.cursor["free_slot"][0]
    t.cursor["free_slot"] = before
    answers, kept = np.zeros(size, t.answers.dtype), np.flatnonzero(t.walks["late"])  # the others stay untouched pages
    answers[kept] = t.answers[kept]
    return t._replace(
        connections=connections,
        sides=_longer(t.sides, 2 * size),
        recents=_longer(t.recents, 2 * RECENT_SEGMENTS * size),
        walks=_longer(t.walks, size),
        answers=answers,
    )


def grow_waiting(t: Tables) -> Tables:
    """Twice the places for waiting segments."""
    before = t.waiting.size
    size = max(2 * before, 1024)
    waiting = _longer(t.waiting, size)
    waiting["next"][before:] = np.arange(before + 1, size + 1)
    waiting["next"][-1] = t.cursor["free_segment"][0]
    t.cursor["free_segment"] = before
    t.cursor["free_segments"] += size - before
    return t._replace(waiting=waiting)


def grow_emitted(t: Tables) -> Tables:
    """Twice the output rows of bytes and gaps."""
    return t._replace(emitted=_longer(t.emitted, 2 * t.emitted.size))


def grow_rows(t: Tables) -> Tables:
    """Twice the output rows of flows."""
    size = 2 * t.rows.size
    return t._replace(rows=_longer(t.rows, size), row_slots=_longer(t.row_slots, size))

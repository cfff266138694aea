"""What streams hand on: runs of ordered bytes of a flow, the packets they came in, and the flow's counters."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt

UP, DOWN = 0, 1  # client to server, server to client

PIECE = np.dtype(
    [
        ("offset", "u8"),  # of its first byte in the stream of its direction
        ("ts", "i8"),
        ("frame", "u8"),
        ("length", "u4"),
        ("capture", "u2"),
    ],
    align=True,
)

BURSTS = 5  # bursts of upward bytes by size: < 8 KiB, < 32 KiB, < 128 KiB, < 512 KiB, more

FLOW = np.dtype(
    [
        ("serial", "u8"),  # running number in this worker; names the flow while the audit runs, never written
        ("client_hi", "u8"),
        ("client_lo", "u8"),
        ("server_hi", "u8"),
        ("server_lo", "u8"),
        ("client_mac", "u8"),
        ("server_mac", "u8"),
        ("first_ts", "i8"),
        ("last_ts", "i8"),
        ("first_frame", "u8"),
        ("last_frame", "u8"),
        ("first_seq", "u4"),  # of the first packet seen (part of the flow's identity), 0 for UDP
        ("vlan", "u4"),
        ("client_port", "u2"),
        ("server_port", "u2"),
        ("capture", "u2"),  # of the first packet
        ("last_capture", "u2"),
        ("proto", "u1"),  # 6 TCP, 17 UDP, others counted by IP protocol with ports 0
        ("tunnel", "u1"),
        ("shard", "u1"),
        ("state", "u1"),  # streams' own
        ("handshake", "u1"),  # 1 SYN seen, 2 SYN-ACK seen, 4 FIN up, 8 FIN down, 16 RST
        ("ignored", "u1"),  # bytes are counted, not delivered, from now on
        ("packets", "u8", (2,)),  # [UP, DOWN]
        ("bytes", "u8", (2,)),  # frame bytes on the wire
        ("payload", "u8", (2,)),  # transport payload bytes captured (ledger: = sum of the next five)
        ("delivered", "u8", (2,)),  # handed on in order, or counted only when ignored
        ("duplicate", "u8", (2,)),  # bytes already delivered or already waiting
        ("conflicting", "u8", (2,)),  # like duplicate, but with other content
        ("evicted", "u8", (2,)),  # dropped under a budget
        ("after_close", "u8", (2,)),
        ("missing", "u8", (2,)),  # never captured: gaps, snaplen, acknowledged but unseen
        ("bursts", "u4", (BURSTS,)),  # of upward payload between two downward payloads or 1 s of silence
    ],
    align=True,
)


class Kind(IntEnum):
    """What a run is."""

    BYTES = 0
    GAP = 1


@dataclass(slots=True)
class Run:
    """Consecutive bytes of one direction, or a gap in them."""

    direction: int  # UP or DOWN
    offset: int  # of the first byte in the stream of this direction
    length: int
    data: bytes  # empty for a gap
    pieces: npt.NDArray[np.void]  # PIECE rows, one per packet (UDP: one per datagram); empty for a gap

    @property
    def is_gap(self) -> bool:
        """Whether these bytes were never captured."""
        return not self.data


@dataclass(slots=True)
class Delivery:
    """What one window brought for one flow: runs in the order of the capture, directions interleaved as they came."""

    flow: np.void  # FLOW row as of now (a copy)
    runs: list[Run] = field(default_factory=list)
    closed: bool = False  # nothing will follow; `flow` has the final counters

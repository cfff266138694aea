"""Flows of one datagram that no reader knows: a flood of them costs what is kept of each.

What is kept is the datagram. A second one makes it a flow like any other, which takes the first one first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from netaudit.messages.flow import UDP, FlowSummary, flow_id
from netaudit.messages.kernels import next_image_mark
from netaudit.messages.kernels_numbers import next_number
from netaudit.messages.message import UP
from netaudit.messages.reader import OPENING, Opening
from netaudit.messages.readers import FALLBACK, UNKNOWN, choose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netaudit.messages.trail import Pieces

LONGEST = 2048  # bytes of a datagram that is kept so


class Single(NamedTuple):
    """The datagram: its direction, its bytes, its packet."""

    direction: int
    data: bytes
    pieces: Pieces


def single(row: np.void, runs: Sequence[Any]) -> Single | None:
    """The one datagram of a new flow (a FLOW row and its Runs), or None.

    None where a reader knows it, an image begins in it or an identity number stands in it.
    """
    if row["proto"] != UDP or len(runs) != 1:
        return None
    run = runs[0]
    if run.is_gap or len(run.pieces) != 1 or run.length > LONGEST or run.offset:
        return None
    seen = bytes(run.data[:OPENING])
    up, down = (seen, b"") if run.direction == UP else (b"", seen)
    opening = Opening(up, down, int(row["client_port"]), int(row["server_port"]), midstream=False)
    if choose(opening, "udp", final=True)[0] is not FALLBACK["udp"]:
        return None
    data = np.frombuffer(run.data, np.uint8)
    if next_image_mark(data, 0) >= 0 or next_number(data, 0)[0] >= 0:
        return None
    return Single(run.direction, bytes(run.data), run.pieces.copy())


def summary(row: np.void) -> FlowSummary:
    """What there is to say of such a flow once it ends."""
    return FlowSummary(int(row["serial"]), flow_id(row), UNKNOWN, "", (0, 0), swapped=False, to_ignore=False)

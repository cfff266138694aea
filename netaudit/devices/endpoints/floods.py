"""Floods of flows in which hardly anything was said: only so many of them are judged one by one.

Anybody can write a datagram to, or in the name of, a million addresses. What is set aside stays in the table of flows
and is told in the ledger of what left; it makes no endpoints, no devices and no findings.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

MOST = 50_000  # faint flows that are judged, the earliest
PACKETS, BYTES = 2, 3000  # a faint flow has no more, and only one of its ends spoke


def without_floods(flows: pa.Table) -> tuple[pa.Table, pa.Table | None]:
    """The flows that are judged, and those that are set aside; None where all are judged."""
    if flows.num_rows <= MOST:
        return flows, None
    packets = pc.add(flows["packets_up"], flows["packets_down"])
    alone = pc.or_(pc.equal(flows["packets_up"], 0), pc.equal(flows["packets_down"], 0))
    small = pc.less_equal(pc.add(flows["payload_up"], flows["payload_down"]), BYTES)
    faint = pc.and_(pc.and_(alone, small), pc.less_equal(packets, PACKETS))
    places = np.flatnonzero(faint.combine_chunks().to_numpy(zero_copy_only=False))
    if len(places) <= MOST:
        return flows, None
    late = np.zeros(flows.num_rows, bool)
    late[places[MOST:]] = True  # flows are in the order of their first packets
    return flows.filter(pa.array(~late)), flows.select(["payload_up", "payload_down"]).filter(pa.array(late))

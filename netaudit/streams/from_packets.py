"""Door from packets: TCP bytes in order, UDP datagrams, and the counters of every flow.

    packets → assemble → rows of bytes and gaps → group by flow → gather → Run, Delivery

How TCP is read (RFC 9293; the rest is this tool's choice, and the reasons stand with the kernels):

* A SYN sets offset 0; its payload counts. Without one the first payload is offset 0. It is held until the flow's next
  packet, so that two swapped segments at the start are put right; what comes later but lies before is a duplicate.
* Delivered bytes win over later ones, and waiting bytes over later ones. A retransmission is compared where it has the
  boundaries of one of the last four delivered segments, or covers waiting bytes; else it counts as a duplicate.
* A hole becomes a gap when the other side acknowledged what lies behind it and 32 more packets of the flow or 1 s have
  passed (counted from a mark that is set again each time, so at most twice as long), when it is 60 s old, when a budget
  is exceeded, or when the flow ends. With one direction alone: after 2 s, or 256 segments waiting behind it.
* A segment more than 64 MiB off is dropped (`evicted`, or `duplicate` when behind) unless three in a row agree; then a
  jump forward is a gap, and one backward, or by more than 1 GiB, another connection.
* What was acknowledged, or lies before a FIN, and was never seen is a gap at the end of the flow.
* A SYN with another number begins a new flow once something else shows that the connection is another one; until then
  it is held, and the old one goes on. After FIN of both sides or RST it begins one at once.
* A doubtful packet (`kernels_doubt.py`) waits, and counts when the other side acknowledged it and nothing better came.
* A FIN or RST is believed as long as nothing follows. Bytes that do are delivered.
* Where bytes contradict each other, the flow has a variant with the other ones (`kernels_variant.py`).
* A new flow stands among those that have only begun, until both sides have spoken and one has sent bytes.

Every decision depends on the packets of the same shard before it, never on how they were cut into batches.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from netaudit.core.storage.structured import picked
from netaudit.packets.layouts import PACKET
from netaudit.streams import kernels, kernels_gather, state
from netaudit.streams.batch import Batch, frozen, nothing
from netaudit.streams.layouts import FLOW, PIECE, RUN, SLOT_BITS, Delivery
from netaudit.streams.records import Walker
from netaudit.streams.state import Limits

__all__ = ["Assembler", "Limits"]

U1 = npt.NDArray[np.uint8]

GROW = {
    kernels.FULL_EMITTED: state.grow_emitted,
    kernels.FULL_ROWS: state.grow_rows,
    kernels.FULL_CONNECTIONS: state.grow_connections,
    kernels.FULL_WAITING: state.grow_waiting,
}


NO_BYTES: U1 = frozen(np.empty(0, np.uint8))


class Assembler:
    """Puts the payload of flows in order, for any set of logical shards."""

    def __init__(self, limits: Limits = Limits()) -> None:  # noqa: B008  (immutable)
        self._tables = state.make(limits)
        self._arena: U1 = np.empty(0, np.uint8)
        self._walker = Walker()
        self._payload: U1 = np.empty(0, np.uint8)  # reused, to spare fresh pages for every batch

    def feed(self, buffer: U1, packets: npt.NDArray[np.void]) -> list[Delivery]:
        """Take packets as `assemble` does; gives what they bring as objects, per flow in order of serial."""
        return [delivery for _, delivery in self.assemble(buffer, packets).deliveries()]

    def assemble(self, buffer: U1, packets: npt.NDArray[np.void]) -> Batch:
        """Take packets in capture order; gives what they bring, which holds until the next call.

        Args:
            buffer: uint8, shape (n,), read-only use; needed only during the call.
            packets: PACKET rows pointing into it. Rows with `skip` or without IP (proto 0) make no flow.

        Raises:
            ValueError: a row points outside the buffer, or the arrays have other types.

        """
        if packets.dtype != PACKET or buffer.dtype != np.uint8:
            raise ValueError(f"expected PACKET rows and bytes, not {packets.dtype} and {buffer.dtype}")
        if packets.size and int(np.add(packets["payload"], packets["length"], dtype=np.int64).max()) > buffer.size:
            raise ValueError("a packet's payload lies outside the buffer")
        buffer, packets = frozen(buffer), frozen(packets)
        self._begin(packets.size)
        while full := kernels.assemble(self._tables, packets, buffer, self._arena):
            self._tables = GROW[full](self._tables)
        return self._end(buffer)

    def finish(self) -> list[Delivery]:
        """End all flows; gives their last bytes and their final counters."""
        return [delivery for _, delivery in self.end().deliveries()]

    def end(self) -> Batch:
        """End all flows, as `finish` does; gives what that brings."""
        self._begin(0)
        while full := kernels.close_all(self._tables):
            self._tables = GROW[full](self._tables)
        return self._end(NO_BYTES)

    def ignore(self, serial: int) -> None:
        """Only count the bytes of a flow from now on (as delivered); unknown or ended flows are left alone."""
        slot = serial & ((1 << SLOT_BITS) - 1)
        if slot < self._tables.connections.size and self._tables.connections["serial"][slot] == serial:
            self._tables.connections["ignored"][slot] = 1

    def _begin(self, packets: int) -> None:
        cursor = self._tables.cursor
        cursor["epoch"] += 1
        for name in ("position", "emitted", "rows", "touched"):
            cursor[name] = 0
        touched = 2 * packets + self._tables.connections.size  # a flow and its variant; flows whose holes are given up
        if self._tables.touched.size < touched:
            self._tables = self._tables._replace(touched=np.empty(touched, np.int32))

    def _end(self, buffer: U1) -> Batch:
        kernels.write_open_rows(self._tables)
        records = self._walker.walk(self._tables, buffer, self._arena)
        batch = self._batch(buffer)
        batch.records = records
        self._keep(buffer)
        return batch

    def _batch(self, buffer: U1) -> Batch:
        """Group what was emitted by flow, and join it to runs."""
        t = self._tables
        n_rows, n_emitted = int(t.cursor["rows"][0]), int(t.cursor["emitted"][0])
        if n_rows == 0:
            return nothing(FLOW, RUN)
        by_serial = np.argsort(t.rows["serial"][:n_rows], kind="stable")
        if n_emitted < n_rows:  # of some flows only records were walked along, of which nobody is told here
            kept = t.row_slots[:n_rows] < 0
            kept[t.emitted["row"][:n_emitted]] = True
            by_serial = by_serial[kept[by_serial]]
        ranks = np.zeros(n_rows, np.int64)
        ranks[by_serial] = np.arange(by_serial.size)
        order = np.empty(n_emitted, np.int64)
        total = kernels_gather.group(t.emitted, n_emitted, ranks, np.zeros(by_serial.size, np.int64), order)
        if self._payload.size < total:
            self._payload = np.empty(total, np.uint8)
        pieces, runs = np.empty(n_emitted, PIECE), np.empty(n_emitted, RUN)
        n_runs = kernels_gather.gather(t.emitted, order, buffer, self._arena, self._payload, pieces, runs)
        runs = runs[:n_runs]
        runs["row"] = ranks[runs["row"]]
        return Batch(picked(t.rows[:n_rows], by_serial), t.row_slots[by_serial] < 0, runs, pieces, self._payload)

    def _keep(self, buffer: U1) -> None:
        """Copy what is needed after the batch out of its buffer."""
        t, cursor = self._tables, self._tables.cursor
        kernels_gather.settle_recent(t, buffer, self._arena)
        if not t.shards["segments"].any():
            cursor["arena"] = 0
            return
        fresh, kept = kernels_gather.waiting_bytes(t.waiting)
        at = int(cursor["arena"][0])
        if at + fresh > self._arena.size:
            lying = np.flatnonzero((t.waiting["used"] == 1) & (t.waiting["source"] < 0))
            order = lying[np.argsort(-1 - t.waiting["source"][lying], kind="stable")]
            at = kernels_gather.compact(t.waiting, order, self._arena)
            needed = max((kept + fresh) * 9 // 8, 1 << 16)  # with room for some batches until the next tidying
            if needed > self._arena.size:
                longer = np.empty(needed, np.uint8)
                longer[:at] = self._arena[:at]
                self._arena = longer
        cursor["arena"] = kernels_gather.keep(t.waiting, buffer, self._arena, at)

"""The door from streams: ordered bytes of many flows in, messages out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from netaudit.core.contracts.details import ControlDetails
from netaudit.protocols.datagrams import lying
from netaudit.protocols.expected import Expected
from netaudit.protocols.flow import MIDWAY, SYN_SEEN, TCP, Flow, FlowSummary, flow_id
from netaudit.protocols.http1.from_streams import HTTP, ExchangeReader, are_in
from netaudit.protocols.message import DOWN, UP, Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from netaudit.protocols.decryption.audit_keys import Keys
    from netaudit.protocols.decryption.carried import FlowKeys
    from netaudit.protocols.http1.from_streams import Exchanges
    from netaudit.streams.batch import Batch
    from netaudit.streams.layouts import Columns, Delivery, Run


AT_ONCE = 8  # runs in columns of which objects are made


class LetGo(NamedTuple):
    """How a flow goes on that a taker (`pipeline/takers.py`) had so far."""

    reader: str = ""  # stands where it would, had it read what came before; empty: nobody was asked yet
    held: Sequence[Run] = ()  # what came before and was held back
    server_name: str = ""
    read: tuple[Exchanges, int] | None = None  # what this delivery brings was read already: where, as which flow


NOTHING_BEFORE = LetGo()


class Conversations:
    """All flows of a worker. Not thread-safe; nothing is shared between flows."""

    def __init__(self, keys: Keys | None = None, *, together: bool = False) -> None:
        """`keys` are those given to open what is encrypted; `together`: many messages may be told as one."""
        self.keys, self._together = keys, together
        self.flows: dict[int, Flow] = {}
        self.exchanges = ExchangeReader()
        self.expected = Expected()
        self.ignored: list[int] = []  # serials whose bytes nobody wants any more; the caller takes and clears them
        self.closed: list[FlowSummary] = []  # of flows that ended; the caller takes and clears them
        self.failures: list[str] = []  # readers that raised, in words: bugs, survived
        self.turned = False  # whether the flow last fed has its ends the other way round than its row says

    def feed(self, delivery: Delivery, *, after: LetGo = NOTHING_BEFORE) -> list[Message]:
        """Take what one window brought for one flow; the messages that became whole, in order.

        `after`: what a taker leaves, where it lets the flow go.
        """
        row = delivery.flow
        serial = int(row["serial"])
        if after.read is not None:
            return self._pass_on(delivery, *after.read)
        flow = self.flows.get(serial)
        if flow is None:
            if not (delivery.brings or after.reader or after.held or delivery.closed):
                return []  # what begins a flow is known when its first bytes are there
            flow = self.flows[serial] = self._flow(delivery, after)
        for run in (*after.held, *delivery.runs):
            if run.is_gap:
                flow.lose(run.direction, run.offset, run.length)
            else:
                flow.feed(run.direction, run.offset, run.data, run.pieces)
        if delivery.columns is not None:
            _feed_columns(flow, delivery.columns)
        flow.settle()
        if delivery.closed:
            flow.close(int(row["handshake"]), (int(row["first_ts"]), int(row["last_ts"])))
        self.turned = flow.swapped
        if delivery.closed:
            del self.flows[serial]
            self.closed.append(flow.summary())
            flow.let_go()
        elif flow.done and not flow.reported:
            flow.reported = True
            self.ignored.append(serial)
        self.failures += flow.failures
        flow.failures = []
        out, flow.out = flow.out, []
        for message in out:
            if isinstance(message.details, ControlDetails):
                self.expected.hear(message, row, swapped=flow.swapped)
        if delivery.closed:
            self.expected.closed(serial)
        return out

    def whole(self, batch: Batch, left: npt.NDArray[np.bool_]) -> tuple[Exchanges, dict[int, LetGo]]:
        """Whole exchanges of HTTP/1 in flows that nobody has; how those go on that had brought such alone.

        An announcement of another flow counts for nothing where they begin so (`files/ftp.py`).
        """
        flows, some = batch.flows, left & (batch.flows["proto"] == TCP)
        begun = some & (flows["handshake"] & SYN_SEEN > 0) & (flows["handshake"] & MIDWAY == 0)
        wanted = self.exchanges.stands(flows, some) | (begun & ~are_in(self.flows, flows, begun))
        found, over = self.exchanges.read(batch, wanted)
        return found, {index: LetGo(HTTP, server_name=one.server_name) for index, one in over.items()}

    def _pass_on(self, delivery: Delivery, found: Exchanges, flow: int) -> list[Message]:
        """The messages of a flow that were read with those of others."""
        self.turned = False
        if delivery.closed:
            row, (read, name) = delivery.flow, found.standing[flow]
            summary = FlowSummary(int(row["serial"]), flow_id(row), HTTP, name, read, swapped=False, to_ignore=False)
            self.closed.append(summary)
        return found.messages(flow)

    def _flow(self, delivery: Delivery, after: LetGo) -> Flow:
        """A flow with its reader, or ready to choose one."""
        row = delivery.flow
        flow = Flow(row, self._keys_of(row), together=self._together)
        if after.reader:
            flow.resume(after.reader, _read_before(delivery), after.server_name)
        elif (announced := self.expected.find(row)) is not None:
            flow.expect(announced)
        return flow

    def standing(self, row: np.void) -> tuple[bytes, str, str, bool, tuple[str, str], tuple[str, str, str]]:
        """Of an open flow what `FlowSummary` will say: id, protocol, server name, swapped, keys, chosen."""
        serial = int(row["serial"])
        if (whole := self.exchanges.standing.get(serial)) is not None:
            return flow_id(row), HTTP, whole.server_name, False, ("", ""), ("", "", "")
        flow = self.flows.get(serial)
        if flow is None:
            return flow_id(row), "", "", False, ("", ""), ("", "", "")
        return flow.id, flow.protocol, flow.server_name, flow.swapped, flow.opened_by(), flow.chosen

    def known(self, flows: npt.NDArray[np.void], asked: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Whether a reader has, or another flow may announce, each of those flows (FLOW rows) that are asked for."""
        return are_in(self.flows, flows, asked) | (asked & self.expected.may_be_meant(flows))

    def _keys_of(self, row: np.void) -> FlowKeys | None:
        return self.keys.of(row) if self.keys is not None else None


def _feed_columns(flow: Flow, columns: Columns) -> None:
    """Runs of datagrams: together, as soon as the reader takes them so, where they lie so; else one by one."""
    one_by_one = False
    for first in range(0, len(columns.runs), AT_ONCE):
        some = columns._replace(runs=columns.runs[first : first + AT_ONCE])
        for number, (_, run) in enumerate(some.objects(), first):
            if flow.reads_batches and not one_by_one:
                if (brought := lying(columns, number, swapped=flow.swapped)) is not None:
                    flow.feed_together(brought)
                    return
                one_by_one = True  # what the flow holds from here on comes before the rest
            if run.is_gap:
                flow.lose(run.direction, run.offset, run.length)
            else:
                flow.feed(run.direction, run.offset, run.data, run.pieces)


def _read_before(delivery: Delivery) -> tuple[int, int]:
    """Bytes that the flow had brought in each direction before this delivery, none of which is missing."""
    up, down = (
        int(delivery.flow["delivered"][direction])
        - sum(len(run.data) for run in delivery.runs if run.direction == direction)
        - (delivery.columns.delivered(direction) if delivery.columns is not None else 0)
        for direction in (UP, DOWN)
    )
    return up, down

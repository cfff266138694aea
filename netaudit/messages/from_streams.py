"""The door from streams: ordered bytes of many flows in, messages out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from netaudit.contracts.details import ControlDetails
from netaudit.messages.datagrams import lying
from netaudit.messages.expected import Expected
from netaudit.messages.flow import TCP, Flow, FlowSummary, begun_by_syn, flow_id
from netaudit.messages.http1.whole import exchanges
from netaudit.messages.message import DOWN, UP, Message, message_id
from netaudit.messages.readers import begins_as

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from netaudit.messages.decryption.audit_keys import Keys
    from netaudit.messages.decryption.carried import FlowKeys
    from netaudit.streams.layouts import Columns, Delivery, Run


HTTP = "http"
AT_ONCE = 8  # runs in columns of which objects are made


class LetGo(NamedTuple):
    """How a flow goes on that a taker (`pipeline/takers.py`) had so far."""

    reader: str = ""  # stands where it would, had it read what came before; empty: nobody was asked yet
    held: Sequence[Run] = ()  # what came before and was held back


NOTHING_BEFORE = LetGo()


class Between(NamedTuple):
    """A connection that brought whole exchanges of HTTP/1 alone so far: all that its reader would remember."""

    id: bytes
    read: tuple[int, int]  # bytes in each direction
    server_name: str

    def behind(self, messages: list[Message]) -> Between:
        """How it stands behind these, which learn what they are called."""
        read, name = list(self.read), self.server_name
        for message in messages:
            message.flow_id, direction = self.id, message.direction
            message.message_id = message_id(self.id, direction, message.start, HTTP)
            asked = message.request
            if asked is not None and not asked.message_id:  # without its body (`pairing.SLIM`)
                asked.flow_id, asked.message_id = self.id, message_id(self.id, UP, asked.start, HTTP)
            read[direction] = message.end
            name = name or ("" if message.status else message.host)
        return Between(self.id, (read[UP], read[DOWN]), name)


class Conversations:
    """All flows of a worker. Not thread-safe; nothing is shared between flows."""

    def __init__(self, keys: Keys | None = None, *, together: bool = False) -> None:
        """`keys` are those given to open what is encrypted; `together`: many messages may be told as one."""
        self.keys, self._together = keys, together
        self.flows: dict[int, Flow | Between] = {}
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
        flow = self.flows.get(serial)
        if not isinstance(flow, Flow):
            if flow is None and not (delivery.brings or after.reader or after.held or delivery.closed):
                return []  # what begins a flow is known when its first bytes are there
            if (messages := self._exchanges(serial, delivery, flow, after)) is not None:
                return messages
            flow = self.flows[serial] = self._flow(delivery, flow, after)
        for run in (*after.held, *delivery.runs):
            if run.is_gap:
                flow.lose(run.direction, run.offset, run.length)
            else:
                flow.take(run.direction, run.offset, run.data, run.pieces)
        if delivery.columns is not None:
            _take_columns(flow, delivery.columns)
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

    def _exchanges(self, serial: int, delivery: Delivery, before: Between | None, after: LetGo) -> list[Message] | None:
        """The messages of a delivery that brings whole exchanges of HTTP/1 alone, or nothing more; None: any other."""
        row, runs = delivery.flow, delivery.runs
        if before is None:
            if not runs or after is not NOTHING_BEFORE or self.keys is not None or not _opens_with_http(row, runs[0]):
                return None
            if self.expected.find(row) is not None:
                return None
            before = Between(flow_id(row), (0, 0), "")
        try:
            messages = exchanges(runs, before.read)
        except Exception:  # noqa: BLE001 - the reader meets the same, says so, and it costs this flow only
            return None
        if messages is None or (len(messages) % 2 and not delivery.closed):
            return None
        standing = before.behind(messages)
        self.turned = False
        if not delivery.closed:
            self.flows[serial] = standing
            return messages
        self.flows.pop(serial, None)
        self.closed.append(
            FlowSummary(serial, standing.id, HTTP, standing.server_name, standing.read, swapped=False, to_ignore=False)
        )
        return messages

    def _flow(self, delivery: Delivery, between: Between | None, after: LetGo) -> Flow:
        """A flow with its reader, or ready to choose one."""
        row = delivery.flow
        flow = Flow(row, self._keys_of(row), together=self._together)
        if between is not None:
            flow.go_on(between.read, between.server_name)
        elif after.reader:
            flow.resume(after.reader, _read_before(delivery))
        elif (announced := self.expected.find(row)) is not None:
            flow.expect(announced)
        return flow

    def end(self, serials: list[int]) -> Iterator[tuple[int, Between]]:
        """Forget those of connections that have no reader: their places among these, and how they stood."""
        for place, serial in enumerate(serials):
            flow = self.flows.get(serial)
            if isinstance(flow, Between):
                del self.flows[serial]
                yield place, flow

    def standing(self, row: np.void) -> tuple[bytes, str, str, bool, tuple[str, str], tuple[str, str, str]]:
        """Of an open flow what `FlowSummary` will say: id, protocol, server name, swapped, keys, chosen."""
        flow = self.flows.get(int(row["serial"]))
        if flow is None:
            return flow_id(row), "", "", False, ("", ""), ("", "", "")
        if isinstance(flow, Between):
            return flow.id, HTTP, flow.server_name, False, ("", ""), ("", "", "")
        return flow.id, flow.protocol, flow.server_name, flow.swapped, flow.opened_by(), flow.chosen

    def known(self, flows: npt.NDArray[np.void]) -> npt.NDArray[np.bool_]:
        """Whether a reader has, or another flow may announce, each of some flows (FLOW rows)."""
        serials = flows["serial"].tolist()
        has = np.fromiter(map(self.flows.__contains__, serials), bool, len(serials))
        return has | self.expected.may_be_meant(flows)

    def _keys_of(self, row: np.void) -> FlowKeys | None:
        return self.keys.of(row) if self.keys is not None else None


def _opens_with_http(row: np.void, run: Run) -> bool:
    """Whether a connection that was seen from its beginning on is known as HTTP by its first run."""
    tcp = row["proto"] == TCP and begun_by_syn(int(row["handshake"]))
    return tcp and run.direction == UP and begins_as(HTTP, run.data)


def _take_columns(flow: Flow, columns: Columns) -> None:
    """Runs of datagrams: together, as soon as the reader takes them so, where they lie so; else one by one."""
    one_by_one = False
    for first in range(0, len(columns.runs), AT_ONCE):
        some = columns._replace(runs=columns.runs[first : first + AT_ONCE])
        for number, (_, run) in enumerate(some.objects(), first):
            if flow.takes_batches and not one_by_one:
                if (brought := lying(columns, number, swapped=flow.swapped)) is not None:
                    flow.take_together(brought)
                    return
                one_by_one = True  # what the flow holds from here on comes before the rest
            if run.is_gap:
                flow.lose(run.direction, run.offset, run.length)
            else:
                flow.take(run.direction, run.offset, run.data, run.pieces)


def _read_before(delivery: Delivery) -> tuple[int, int]:
    """Bytes that the flow had brought in each direction before this delivery, none of which is missing."""
    up, down = (
        int(delivery.flow["delivered"][direction])
        - sum(len(run.data) for run in delivery.runs if run.direction == direction)
        - (delivery.columns.delivered(direction) if delivery.columns is not None else 0)
        for direction in (UP, DOWN)
    )
    return up, down

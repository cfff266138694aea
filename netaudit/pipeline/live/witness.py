"""Remembers, within bounds, what goes by in a live audit: flows as they stand, images found, user agents."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import TYPE_CHECKING, NamedTuple

from netaudit.content.sniff import IMAGE_KINDS
from netaudit.findings.acts import LEAST_KNOWN
from netaudit.findings.retrieval import RECORDS
from netaudit.findings.visibility import ENCRYPTED, visibility
from netaudit.pipeline.finds import Find, Known, find_of, standing
from netaudit.streams.layouts import DOWN, UP
from netaudit.tables.flows import TRANSPORTS
from netaudit.tables.messages import message_row

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from netaudit.content.part import Leaf
    from netaudit.core.schema import Row
    from netaudit.protocols.from_streams import Conversations
    from netaudit.protocols.message import Message
    from netaudit.streams.batch import Batch
    from netaudit.streams.layouts import Delivery

MOST_FLOWS = 3_000  # closed flows remembered, and beside them those that sent much encrypted
MOST_AGENTS = 2_000  # flows of which the user agent is remembered
MOST_FINDS = 2_000  # image objects
MOST_UNITS = 20_000  # units of what left encrypted
MOST_SPEAKING = 8_000  # flows of which messages may still be read: small documents wait for others


NUMBER = ("id_number", "checked")  # kind and certainty, in rows of `persons`


class Named(NamedTuple):
    """Identity data on its way."""

    known: Known  # its flow
    person_row: Row
    message_row: Row


class Spoken(NamedTuple):
    """A message that tells of persons or captures, or names pictures, and the rows of `events` that it made."""

    known: Known  # its flow
    message_row: Row
    events: list[Row]


class Memory:
    """What a live audit has seen lately. Filled by the audit; everything it holds is bounded."""

    def __init__(self) -> None:
        self.open: dict[int, Known] = {}  # by serial
        self.closed: deque[Known] = deque(maxlen=MOST_FLOWS)
        self.senders: deque[Known] = deque(maxlen=MOST_FLOWS)  # closed, encrypted, with much sent upwards
        self.touched: dict[int, Known] = {}  # encrypted flows that brought something; the caller clears it
        self.new: list[Find] = []
        self.finds: deque[Find] = deque(maxlen=MOST_FINDS)
        self.persons: deque[Named] = deque(maxlen=MOST_FINDS)
        self.targets: deque[Row] = deque(maxlen=MOST_FINDS)  # rows of `targets`
        self.spoken: deque[Spoken] = deque(maxlen=MOST_FINDS)
        self.numbered: OrderedDict[str, None] = OrderedDict()  # ids of messages with an identity number
        self.units: deque[Row] = deque(maxlen=MOST_UNITS)  # rows of `encrypted_uploads`
        self.agents: OrderedDict[bytes, Row] = OrderedDict()  # flow id → row of a message with its agent
        self._speaking: OrderedDict[bytes, Known] = OrderedDict()  # by flow id: flows whose messages were delivered

    def delivered(self, delivery: Delivery, conversations: Conversations, messages: list[Message]) -> None:
        """See `pipeline.witness.Witness`."""
        flow = delivery.flow
        known = standing(delivery, conversations)
        self._stands(flow, known, closed=delivery.closed)
        if messages:
            self._speaking[known.flow_id] = known
            self._speaking.move_to_end(known.flow_id)
            if len(self._speaking) > MOST_SPEAKING:
                self._speaking.popitem(last=False)
        if messages and known.flow_id not in self.agents:
            self._note_agent(known.flow_id, messages)

    def sent(self, units: list[Row]) -> None:
        """See `pipeline.witness.Witness`."""
        self.units.extend(units)

    def claimed(self, batch: Batch, indexes: npt.NDArray[np.int64], ids: npt.NDArray[np.uint8], protocol: str) -> None:
        """See `pipeline.witness.Witness`."""
        digits = ids.tobytes().decode()
        for place, index in enumerate(indexes.tolist()):
            flow, closed = batch.flows[index], bool(batch.closed[index])
            flow_id = bytes.fromhex(digits[32 * place : 32 * place + 32])
            self._stands(flow, Known(flow.tobytes(), flow_id, protocol, "", swapped=False), closed=closed)

    def _stands(self, flow: np.void, known: Known, *, closed: bool) -> None:
        """Remember a flow (its FLOW row) as it stands now."""
        serial = int(flow["serial"])
        hidden = is_encrypted(known, flow)
        if closed:
            self.open.pop(serial, None)
            self.closed.append(known)
            if hidden and int(flow["payload"][DOWN if known.swapped else UP]) >= LEAST_KNOWN:
                self.senders.append(known)
        else:
            self.open[serial] = known
        if hidden:
            self.touched[serial] = known
        else:
            self.touched.pop(serial, None)  # keys have opened it since

    def found(
        self, message: Message, leaf: Leaf, object_id: str, sha256: str, holder: tuple[str, str] | None = None
    ) -> None:
        """See `pipeline.witness.Witness`."""
        known = self._speaking.get(message.flow_id)
        if leaf.kind not in IMAGE_KINDS or known is None:
            return
        find = find_of(known, message, leaf, object_id, sha256, holder)
        self.new.append(find)
        self.finds.append(find)

    def named(self, message: Message, row: Row) -> None:
        """See `pipeline.witness.Witness`."""
        known = self._speaking.get(message.flow_id)
        if known is not None:
            self.persons.append(Named(known, row, message_row(message)))
        if (row.kind, row.certainty) == NUMBER:
            self.numbered[row.message_id] = None
            if len(self.numbered) > MOST_FINDS:
                self.numbered.popitem(last=False)

    def addressed(self, row: Row) -> None:
        """See `pipeline.witness.Witness`."""
        self.targets.append(row)

    def spoke(self, message: Message, events: list[Row], *, names_pictures: bool) -> None:
        """See `pipeline.witness.Witness`."""
        records = [row for row in events if row.kind in RECORDS]
        known = self._speaking.get(message.flow_id)
        if (records or names_pictures) and known is not None:
            self.spoken.append(Spoken(known, message_row(message), records))

    def flush_new(self) -> list[Find]:
        """Images found since last asked."""
        new, self.new = self.new, []
        return new

    def _note_agent(self, flow_id: bytes, messages: list[Message]) -> None:
        for message in messages:
            if any(name == "user-agent" for name, _ in message.headers):
                self.agents[flow_id] = message_row(message)
                if len(self.agents) > MOST_AGENTS:
                    self.agents.popitem(last=False)
                return


def is_encrypted(known: Known, flow: np.void) -> bool:
    """Whether a flow hides its content, by the same words as a row of `flows`."""
    port = int(flow["client_port" if known.swapped else "server_port"])
    return visibility(known.protocol, TRANSPORTS.get(int(flow["proto"]), ""), port, known.keys[0]) == ENCRYPTED

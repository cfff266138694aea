"""Remembers, within bounds, what goes by in a live audit: flows as they stand, images found, user agents."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from netaudit.findings.acts import LEAST_KNOWN
from netaudit.findings.visibility import ENCRYPTED, visibility
from netaudit.masking.mask import mask_host
from netaudit.rows.flows import TRANSPORTS
from netaudit.rows.messages import message_row
from netaudit.rows.objects import object_row
from netaudit.streams.layouts import DOWN, FLOW, UP
from netaudit.text.addresses import ip_text
from netaudit.unwrapping.sniff import IMAGE_KINDS

if TYPE_CHECKING:
    import numpy.typing as npt

    from netaudit.messages.from_streams import Conversations
    from netaudit.messages.message import Message
    from netaudit.streams.batch import Batch
    from netaudit.streams.layouts import Delivery
    from netaudit.tables import Row
    from netaudit.unwrapping.part import Leaf

MOST_FLOWS = 3_000  # closed flows remembered, and beside them those that sent much encrypted
MOST_AGENTS = 2_000  # flows of which the user agent is remembered
MOST_FINDS = 2_000  # image objects
MOST_UNITS = 20_000  # units of what left encrypted
MOST_SPEAKING = 8_000  # flows of which messages may still be read: small documents wait for others


class Known(NamedTuple):
    """A flow as it stands."""

    flow: bytes  # of a FLOW row
    flow_id: bytes
    protocol: str
    server_name: str
    swapped: bool
    keys: tuple[str, str] = ("", "")  # what became of keys that were given, and their source
    chosen: tuple[str, str, str] = ("", "", "")  # by a TLS server: version, cipher suite, application protocol

    def row(self) -> np.void:
        """The FLOW row."""
        row: np.void = np.frombuffer(self.flow, FLOW)[0]
        return row


class Find(NamedTuple):
    """An image object on its way."""

    known: Known  # its flow
    sha256: str
    kind: str
    size: int
    complete: bool
    up: bool
    ts: int  # of the packet with the last byte of its message
    object_id: str
    host: str
    object_row: Row
    message_row: Row
    protocol: str = ""  # of its message

    @property
    def message_id(self) -> str:
        """Of its message; empty where no row is known."""
        return self.message_row.message_id if self.message_row else ""


NUMBER = ("id_number", "checked")  # kind and certainty, in rows of `persons`


class Named(NamedTuple):
    """Identity data on its way."""

    known: Known  # its flow
    person_row: Row
    message_row: Row


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
        self.numbered: OrderedDict[str, None] = OrderedDict()  # ids of messages with an identity number
        self.units: deque[Row] = deque(maxlen=MOST_UNITS)  # rows of `encrypted_uploads`
        self.agents: OrderedDict[bytes, Row] = OrderedDict()  # flow id → row of a message with its agent
        self._speaking: OrderedDict[bytes, Known] = OrderedDict()  # by flow id: flows whose messages were delivered

    def delivered(self, delivery: Delivery, conversations: Conversations, messages: list[Message]) -> None:
        """See `way.Witness`."""
        flow = delivery.flow
        if delivery.closed:
            said = conversations.closed[-1]
            told = (said.flow_id, said.protocol, said.server_name, said.swapped, said.keys, said.chosen)
            known = Known(flow.tobytes(), *told)
        else:
            known = Known(flow.tobytes(), *conversations.standing(flow))
        self._stands(flow, known, closed=delivery.closed)
        if messages:
            self._speaking[known.flow_id] = known
            self._speaking.move_to_end(known.flow_id)
            if len(self._speaking) > MOST_SPEAKING:
                self._speaking.popitem(last=False)
        if messages and known.flow_id not in self.agents:
            self._note_agent(known.flow_id, messages)

    def sent(self, units: list[Row]) -> None:
        """See `way.Witness`."""
        self.units.extend(units)

    def taken(self, batch: Batch, indexes: npt.NDArray[np.int64], ids: npt.NDArray[np.uint8], protocol: str) -> None:
        """See `way.Witness`."""
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

    def found(self, message: Message, leaf: Leaf, object_id: str, sha256: str) -> None:
        """See `way.Witness`."""
        known = self._speaking.get(message.flow_id)
        if leaf.kind not in IMAGE_KINDS or known is None:
            return
        pieces = message.pieces
        find = Find(
            known,
            sha256,
            leaf.kind,
            len(leaf.part.data),
            leaf.part.complete,
            message.direction == UP,
            int(pieces["ts"][-1]) if pieces is not None and len(pieces) else 0,
            object_id,
            mask_host((message.request or message).host[:256]),
            object_row(object_id, message.message_id.hex(), sha256, leaf, stored=True),
            message_row(message),
            message.protocol,
        )
        self.new.append(find)
        self.finds.append(find)

    def named(self, message: Message, row: Row) -> None:
        """See `way.Witness`."""
        known = self._speaking.get(message.flow_id)
        if known is not None:
            self.persons.append(Named(known, row, message_row(message)))
        if (row.kind, row.certainty) == NUMBER:
            self.numbered[row.message_id] = None
            if len(self.numbered) > MOST_FINDS:
                self.numbered.popitem(last=False)

    def take_new(self) -> list[Find]:
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


def ends(known: Known, *, up: bool) -> tuple[str, str]:
    """Sender and receiver of what went up (or down) a flow."""
    row = known.row()
    near, far = ("server", "client") if known.swapped else ("client", "server")
    client = ip_text(int(row[f"{near}_hi"]), int(row[f"{near}_lo"]))
    server = ip_text(int(row[f"{far}_hi"]), int(row[f"{far}_lo"]))
    return (client, server) if up else (server, client)

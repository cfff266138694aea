"""The whole way of the data: the only module that knows every stage.

window → packets → runs → messages → objects → tables; then one last step on the tables.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netaudit.case_writer import BATCH_ROWS, ObjectStore, RowWriter
from netaudit.masking import mask
from netaudit.messages.from_streams import Conversations
from netaudit.objects.images import header_size
from netaudit.objects.from_messages import frames_of, leaves, object_id
from netaudit.observations.from_messages import observe_message
from netaudit.observations.ledger import Ledger
from netaudit.rows import FlowRows, capture_name, message_row, ranges_text
from netaudit.streams.from_packets import Assembler

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from netaudit.messages.message import Message
    from netaudit.objects.part import Leaf
    from netaudit.streams.layouts import Delivery

STORED_KINDS = frozenset({"jpeg", "png", "webp", "bmp", "gif", "heic", "avif"})
NOT_JUDGED = (None,) * 13  # the columns of `images` behind height: filled in at the end
NAMELESS = ("dns", "mdns", "dhcp")  # protocols whose bodies are no objects


@dataclass(frozen=True, slots=True)
class Keep:
    """Which objects' bytes are stored: images always, everything when `everything`."""

    everything: bool = False


class Shard:
    """Takes the packets of a set of logical shards all the way into table streams."""

    def __init__(self, folder: Path, part: str, keep: Keep) -> None:
        self._keep = keep
        self._assembler = Assembler()
        self._conversations = Conversations()
        self._rows = RowWriter(folder, part)
        self._store = ObjectStore(folder)
        self._flows = FlowRows()
        self._ledger = Ledger()

    def feed(self, buffer: npt.NDArray[np.uint8], packets: npt.NDArray[np.void]) -> None:
        """Take the packets of one window (PACKET rows that point into `buffer`)."""
        for delivery in self._assembler.feed(buffer, packets):
            self._deliver(delivery)
        for serial in self._conversations.ignored:
            self._assembler.ignore(serial)
        self._conversations.ignored.clear()
        if len(self._flows) >= BATCH_ROWS:
            self._take_flows()
        self._rows.flush()

    def finish(self) -> list[str]:
        """End all flows and write everything; gives the failures of readers, in words."""
        for delivery in self._assembler.finish():
            self._deliver(delivery)
        self._take_flows()
        for row in self._ledger.rows():
            self._rows["observations"].append(row)
        self._rows.close()
        return self._conversations.failures

    def _deliver(self, delivery: Delivery) -> None:
        conversations = self._conversations
        for message in conversations.feed(delivery):
            self._take_message(message)
        if delivery.closed:
            for said in conversations.closed:
                self._flows.add(
                    delivery.flow, said.flow_id, said.protocol, said.server_name, said.read, swapped=said.swapped
                )
            conversations.closed.clear()

    def _take_flows(self) -> None:
        for row in self._flows.take():
            self._rows["flows"].append(row)

    def _take_message(self, message: Message) -> None:
        self._rows["messages"].append(message_row(message))
        observe_message(message, self._ledger)
        if message.body and message.protocol not in NAMELESS:
            for leaf in leaves(message):
                self._take_leaf(message, leaf)

    def _take_leaf(self, message: Message, leaf: Leaf) -> None:
        part = leaf.part
        sha256 = hashlib.sha256(part.data).hexdigest()
        stored = self._keep.everything or leaf.kind in STORED_KINDS
        if stored and self._store.put(sha256, leaf.kind, part.data) and leaf.kind in STORED_KINDS:
            width, height = header_size(part.data, leaf.kind) or (None, None)
            self._rows["images"].append((sha256, leaf.kind, len(part.data), width, height, *NOT_JUDGED))
        identity = object_id(message, part.path).hex()
        self._rows["objects"].append(
            (
                identity,
                message.message_id.hex(),
                sha256,
                len(part.data),
                leaf.kind,
                part.complete,
                ranges_text(part.missing, part.unknown_from),
                mask(part.path),
                mask(part.name[:256]),
                stored,
                leaf.notes,
            )
        )
        evidence = self._rows["evidence"].append
        for capture, first, last, frames in frames_of(message, leaf):
            evidence((identity, capture_name(capture), first, last, frames))

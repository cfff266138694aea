"""The whole way of the data; with `message_stages.py` the only place that knows every stage.

window → packets → runs → messages → objects → tables; then one last step on the tables. From messages on it goes a
batch at a time.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from netaudit.content.budget import Patience
from netaudit.core.storage.table_streams import BATCH_ROWS
from netaudit.devices.observations.ends import ends_of
from netaudit.devices.observations.ledger import Ledger
from netaudit.pipeline.finds import standing
from netaudit.pipeline.keys import write_private
from netaudit.pipeline.message_stages import MessageStages
from netaudit.pipeline.read_message import ReadMessage
from netaudit.pipeline.takers import takers
from netaudit.protocols.decryption.audit_keys import Keys
from netaudit.protocols.from_streams import NOTHING_BEFORE, Conversations, LetGo
from netaudit.protocols.mqtt.publications import Publications
from netaudit.protocols.pieces import spill_to
from netaudit.protocols.readers import named
from netaudit.streams.batch import portions
from netaudit.streams.from_packets import Assembler
from netaudit.tables.encrypted_uploads import UploadRows, upload_rows
from netaudit.tables.flows import FlowRows
from netaudit.tables.hellos import hello_row
from netaudit.tables.sendings import SendingRows
from netaudit.tables.taker import Turns
from netaudit.tables.writers import row_writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy.typing as npt

    from netaudit.pipeline.finds import Telling
    from netaudit.pipeline.storing import Keep
    from netaudit.pipeline.witness import Witness
    from netaudit.protocols.decryption.audit_keys import Given
    from netaudit.protocols.message import Message
    from netaudit.streams.batch import Batch
    from netaudit.streams.layouts import Delivery
    from netaudit.tables.taker import Taker

CHECKPOINT_ROWS = 1024  # rows of a table that wait for a larger batch, where there are checkpoints
HELLOS = named("hello")
FLOWS_AT_ONCE = 2048  # flows of a batch whose rows may wait for its end
MOST_WAITING, MOST_WAITING_BYTES = 64, 2 << 20  # messages, and bytes of their bodies, that make a batch
MOST_READ = 1 << 20  # bytes of a flow of which messages are made at once: of small ones each takes a kilobyte and more
AT_ONCE = 65536  # packets put in order before their messages are read: bounds what small ones cost


class Reading:
    """From packets to messages: the batches of an assembler, read flow by flow. Every way through netaudit has one."""

    def __init__(self, keys: Keys | None = None, *, together: bool = False) -> None:
        """`together`: many messages may be told as one (`protocols/mqtt/publications.py`)."""
        self.assembler = Assembler()
        self.conversations = Conversations(keys, together=together)

    def batches(self, buffer: npt.NDArray[np.uint8], packets: npt.NDArray[np.void]) -> Iterator[Batch]:
        """What the packets of one window bring, a batch at a time; each holds until the next one is asked for."""
        for start in range(0, len(packets), AT_ONCE):
            yield self.assembler.assemble(buffer, packets[start : start + AT_ONCE])
            for serial in self.conversations.ignored:
                self.assembler.ignore(serial)
            self.conversations.ignored.clear()

    def messages(self, batch: Batch) -> Iterator[Message]:
        """All messages of a batch, by readers alone."""
        for _, delivery in batch.deliveries(in_columns=self.conversations.keys is not None):
            yield from self.conversations.feed(delivery)


class Shard:
    """Takes the packets of a set of logical shards all the way into table streams."""

    def __init__(
        self,
        folder: Path,
        part: str,
        keep: Keep,
        witness: Witness | None = None,
        signatures: Path | None = None,
        *,
        takes: Callable[..., list[Taker]] = takers,
        given: Given | None = None,
    ) -> None:
        """`given` are keys that may open what is encrypted."""
        self._folder, self._part = folder, part
        self.keys = Keys(given) if given is not None else None
        spill_to(str(folder))
        self._witness = witness
        self._reading = Reading(self.keys, together=witness is None and not keep.everything)
        self._conversations = self._reading.conversations
        self._rows = row_writer(folder, part)
        self._flows = FlowRows()
        self._uploads = UploadRows(self._rows["encrypted_uploads"])
        self.ledger = Ledger()
        self._stages = MessageStages(folder, part, self._rows, self.ledger, keep, witness, signatures)
        self._writers: list[Any] = [self._rows, *self._stages.writers]
        of = self._rows, self.ledger, self._conversations, self._flows, self._stages.documents
        self._takers = takes(*of, columns=witness is None)
        self._waiting: list[ReadMessage] = []  # until they make a batch
        self._waiting_bytes = 0
        self._ended: list[bytes] = []  # ids of flows that ended, whose messages may wait
        self._sendings = SendingRows(folder, part) if keep.seconds else None
        self._patience: dict[int, Patience] = defaultdict(Patience)  # by logical shard

    @property
    def telling(self) -> Telling | None:
        """Of images that are new to the case."""
        return self._stages.storing.telling

    @telling.setter
    def telling(self, telling: Telling | None) -> None:
        self._stages.storing.telling = telling

    def feed(self, buffer: npt.NDArray[np.uint8], packets: npt.NDArray[np.void]) -> None:
        """Take the packets of one window (PACKET rows that point into `buffer`)."""
        if self._sendings is not None:
            self._sendings.feed(packets)
        for batch in self._reading.batches(buffer, packets):
            self._feed_batch(batch)
            if len(self._flows) >= BATCH_ROWS:
                self._flush_flows()
            self._flush()

    def _flush(self) -> None:
        """Write what makes a batch; news of documents are waited for."""
        if self._witness is not None:
            self._stages.flush_documents()
        for writer in self._writers:
            writer.flush(least=BATCH_ROWS)

    def checkpoint(self) -> None:
        """Write what was collected so far, so that a process killed now loses no row of a message or a closed flow."""
        self._flush_flows()
        self._stages.flush_documents()
        self._rows.flush(least=CHECKPOINT_ROWS)
        self._rows.checkpoint()
        for writer in self._writers[1:]:
            writer.flush()

    def finish(self) -> list[str]:
        """End all flows and write everything; gives the failures of readers, in words."""
        self._feed_batch(self._reading.assembler.end())
        self._flush_flows()
        self._stages.flush_documents()
        self.ledger.write(self._rows["observations"])
        for writer in self._writers:
            writer.close()
        if self._sendings is not None:
            self._sendings.close()
        if self.keys is not None:
            write_private(self._folder / "private" / f"keys.{self._part}.part", self.keys.log())
        return self._conversations.failures

    def _feed_batch(self, batch: Batch) -> None:
        """Takers first, all other flows one by one; facts in the order of the flows, as bounds need it."""
        if batch.records is not None:
            units = self._uploads.feed(batch.records)
            if self._witness is not None:
                self._witness.sent(upload_rows(units))
        left = np.ones(batch.flows.size, bool)
        let_go: dict[int, LetGo] = {}
        for taker in self._takers:
            others, going_on = taker.feed(batch, left)
            let_go |= going_on
            left &= others
        read = [index for index, after in let_go.items() if after.read is not None]
        for number, (index, delivery) in enumerate(batch.deliveries(left, read, in_columns=self.keys is not None), 1):
            self._deliver(delivery, let_go.get(index, NOTHING_BEFORE), index)
            self._flush_at(number)
        self._take()
        for taker in self._takers:
            taker.turns.advance(batch.flows.size)
            taker.turns = Turns()
            if (back := taker.settle()) is not None:
                for _, delivery in batch.deliveries(back):
                    self._deliver(delivery)
                self._take()
            if self._witness is not None:
                self._witness.claimed(batch, *taker.claimed())

    def _flush_at(self, number: int) -> None:
        """Within a batch, in which all open flows may end at once, write what has come together so far."""
        if number % FLOWS_AT_ONCE == 0:
            self._take()
            self._flush_flows()
            self._flush()

    def _deliver(self, delivery: Delivery, after: LetGo = NOTHING_BEFORE, index: int = 0) -> None:
        """Take what came for a flow, so much of it at a time that its messages can be held."""
        for portion in portions(delivery, MOST_READ):
            self._read(portion, after, index)
            after = NOTHING_BEFORE
            if portion is not delivery:
                self._flush()

    def _read(self, delivery: Delivery, after: LetGo, index: int) -> None:
        conversations = self._conversations
        messages = conversations.feed(delivery, after=after)
        if self._witness is not None:
            self._witness.delivered(delivery, conversations, messages)
        if messages:
            self._wait(messages, delivery, index)
        if delivery.closed:
            for summary in conversations.closed:
                self._flows.add(delivery.flow, summary)
                self._ended.append(summary.flow_id)
            conversations.closed.clear()
        if self._witness is not None:  # who listens hears of a delivery what is in it
            self._take()

    def _wait(self, messages: list[Message], delivery: Delivery, index: int) -> None:
        """Have the messages of a delivery wait for others; many publications that are told as one wait for none."""
        shard, turned = int(delivery.flow["shard"]), self._conversations.turned
        patience, ends = self._patience[shard], ends_of(delivery.flow, turned=turned)
        known = standing(delivery, self._conversations) if self.telling is not None else None
        for told in messages:
            if isinstance(told, Publications) and told.place():
                self._take()
                self._advance(index)
                self.ledger.at(shard)
                self._stages.take_publications(told, ends, patience)
                continue
            for message in told.messages() if isinstance(told, Publications) else (told,):
                self._waiting.append(ReadMessage(message, ends, patience, known, shard, index))
                self._waiting_bytes += len(message.body)
                if message.protocol in HELLOS:
                    hello = hello_row(message, delivery.flow, turned=turned)
                    if hello is not None:
                        self._rows["tls_hellos"].append(hello)
                if len(self._waiting) >= MOST_WAITING or self._waiting_bytes >= MOST_WAITING_BYTES:
                    self._take()

    def _take(self) -> None:
        """Take what waits through all stages; what events wait for is known once their flow has ended."""
        batch, self._waiting, self._waiting_bytes = self._waiting, [], 0
        if batch:
            self._stages.take(batch, self._advance)
        for flow_id in self._ended:
            for row in self._stages.events.closed(flow_id):
                self._rows["events"].append(row)
        self._ended.clear()

    def _advance(self, index: int) -> None:
        """Have facts noted that columns say of flows before an index of the batch."""
        for taker in self._takers:
            taker.turns.advance(index)

    def _flush_flows(self) -> None:
        for rows in self._flows.flush():
            self._rows["flows"].extend(rows)

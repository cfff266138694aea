"""The whole way of the data: the only module that knows every stage.

window → packets → runs → messages → objects → tables; then one last step on the tables.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from netaudit.contracts.unwrapping_steps import holder_of
from netaudit.documents.from_messages import READ as STATING
from netaudit.documents.from_messages import stated_in_pairs
from netaudit.messages.decryption.audit_keys import Keys
from netaudit.messages.from_streams import NOTHING_BEFORE, Conversations, LetGo
from netaudit.messages.mqtt.publications import Publications
from netaudit.messages.pieces import spill_to
from netaudit.messages.readers import named
from netaudit.observations.ends import ends_of, place_of
from netaudit.observations.from_messages import observe_message, observe_publications
from netaudit.observations.ledger import Ledger
from netaudit.observations.statements import note_statements
from netaudit.pipeline.keys import write_private
from netaudit.pipeline.takers import takers
from netaudit.rows.answers import note_refusal
from netaudit.rows.carriers import EvidenceRows
from netaudit.rows.documents import Documents
from netaudit.rows.encrypted_uploads import UploadRows
from netaudit.rows.events import EventRows, is_reply
from netaudit.rows.flows import FlowRows
from netaudit.rows.hellos import hello_row
from netaudit.rows.leaves import LeafRows, describes_in_query
from netaudit.rows.media import media_rows
from netaudit.rows.messages import message_draft
from netaudit.rows.objects import GUESSABLE, image_draft, object_draft
from netaudit.rows.parts import PartRows
from netaudit.rows.persons import PersonRows, headers_asked
from netaudit.rows.scraps import ScrapRows
from netaudit.rows.sendings import SendingRows
from netaudit.rows.taker import Turns
from netaudit.rows.writers import row_writer
from netaudit.storage.object_store import ObjectStore
from netaudit.storage.table_streams import BATCH_ROWS
from netaudit.streams.from_packets import Assembler
from netaudit.unwrapping.budget import Budget, Patience
from netaudit.unwrapping.from_messages import is_plain_document, leaves, object_id
from netaudit.unwrapping.image_residue import confirm_end
from netaudit.unwrapping.part import Leaf
from netaudit.unwrapping.sniff import IMAGE_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy.typing as npt

    from netaudit.contracts.details import Statement
    from netaudit.messages.decryption.audit_keys import Given
    from netaudit.messages.message import Message
    from netaudit.observations.ends import Ends
    from netaudit.pipeline.finds import Telling
    from netaudit.rows.taker import Taker
    from netaudit.streams.batch import Batch
    from netaudit.streams.layouts import Delivery
    from netaudit.tables import Row
    from netaudit.unwrapping.part import Part

CHECKPOINT_ROWS = 1024  # rows of a table that wait for a larger batch, where there are checkpoints
ONLY_WORDS, HELLOS, SPEAKS_OF_STREAMS = named("only_words"), named("hello"), named("speaks_of_streams")
FLOWS_AT_ONCE = 2048  # flows of a batch whose rows may wait for its end
SAYS_LITTLE = ("heartbeat", "subscription")  # kinds of events without a person
AT_ONCE = 65536  # packets put in order before their messages are read: bounds what small ones cost


@dataclass(frozen=True, slots=True)
class Keep:
    """What is kept beside the tables: bytes of images always, those of all objects when `everything`."""

    everything: bool = False
    seconds: bool = False  # whether moments will ask what was sent when


class Witness(Protocol):
    """Is told of what goes by while an audit runs; must be quick, and changes nothing."""

    def delivered(self, delivery: Delivery, conversations: Conversations, messages: list[Message]) -> None:
        """A flow brought something, or ended; its readers made these messages of it, which are taken next."""

    def found(self, message: Message, leaf: Leaf, object_id: str, sha256: str, holder: tuple[str, str] | None) -> None:
        """An object was found in a message of the flow last delivered, and stored; within which picture, if any."""

    def named(self, message: Message, row: Row) -> None:
        """A row of `persons` was made of a message of the flow last delivered."""

    def addressed(self, row: Row) -> None:
        """A row of `targets` was made: under which address a picture went, or which one a document names."""

    def spoke(self, message: Message, events: list[Row], *, names_pictures: bool) -> None:
        """A message of the flow last delivered was read: its rows of `events`, and whether it names pictures."""

    def sent(self, units: list[Row]) -> None:
        """Units of what left encrypted ended: their rows of `encrypted_uploads`."""

    def claimed(self, batch: Batch, indexes: npt.NDArray[np.int64], ids: npt.NDArray[np.uint8], protocol: str) -> None:
        """Flows of a batch were read in columns: their indexes, their ids as 32 hexadecimal digits each."""


class Reading:
    """From packets to messages: the batches of an assembler, read flow by flow. Every way through netaudit has one."""

    def __init__(self, keys: Keys | None = None, *, together: bool = False) -> None:
        """`together`: many messages may be told as one (`messages/mqtt/publications.py`)."""
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
        self._keep = keep
        self._witness = witness
        self.telling: Telling | None = None  # of images that are new to the case
        self._pictures: dict[str, tuple[str, str]] = {}  # of the message under way, by their ways: SHA-256 and kind
        self._reading = Reading(self.keys, together=witness is None and not keep.everything)
        self._conversations = self._reading.conversations
        self._rows = row_writer(folder, part)
        self._store = ObjectStore(folder)
        self._parts = PartRows(folder, self._rows["parts"])
        self._flows = FlowRows()
        self._uploads = UploadRows(self._rows["encrypted_uploads"])
        self._evidence = EvidenceRows(self._rows["evidence"])
        self.ledger = Ledger()
        self._persons = PersonRows(folder, part)
        self._events = EventRows(folder, part, signatures)
        self._events.hears = witness.addressed if witness is not None else None
        self._scraps = ScrapRows(folder, part)
        self._leaves = LeafRows(folder, part)
        private = self._persons, self._events, self._scraps, self._leaves
        self._writers: list[Any] = [self._rows, *(writer for rows in private for writer in rows.writers)]
        self._documents = Documents(self._rows, self._events, self._store if keep.everything else None)
        of = self._rows, self.ledger, self._conversations, self._flows, self._documents
        self._takers = takes(*of, columns=witness is None)
        self._sendings = SendingRows(folder, part) if keep.seconds else None
        self._patience: dict[int, Patience] = defaultdict(Patience)  # by logical shard

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
            self._flush_documents()
        for writer in self._writers:
            writer.flush(least=BATCH_ROWS)

    def checkpoint(self) -> None:
        """Write what was collected so far, so that a process killed now loses no row of a message or a closed flow."""
        self._flush_flows()
        self._flush_documents()
        self._rows.flush(least=CHECKPOINT_ROWS)
        self._rows.checkpoint()
        for writer in self._writers[1:]:
            writer.flush()

    def finish(self) -> list[str]:
        """End all flows and write everything; gives the failures of readers, in words."""
        self._feed_batch(self._reading.assembler.end())
        self._flush_flows()
        self._flush_documents()
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
                self._witness.sent(units)
        left = np.ones(batch.flows.size, bool)
        let_go: dict[int, LetGo] = {}
        for taker in self._takers:
            others, going_on = taker.feed(batch, left)
            let_go |= going_on
            left &= others
        said = [taker.turns for taker in self._takers]
        read = [index for index, after in let_go.items() if after.read is not None]
        for number, (index, delivery) in enumerate(batch.deliveries(left, read, in_columns=self.keys is not None), 1):
            for turns in said:
                turns.advance(index)
            self._deliver(delivery, let_go.get(index, NOTHING_BEFORE))
            self._flush_at(number)
        for taker in self._takers:
            taker.turns.advance(batch.flows.size)
            taker.turns = Turns()
            if (back := taker.settle()) is not None:
                for _, delivery in batch.deliveries(back):
                    self._deliver(delivery)
            if self._witness is not None:
                self._witness.claimed(batch, *taker.claimed())

    def _flush_at(self, number: int) -> None:
        """Within a batch, in which all open flows may end at once, write what has come together so far."""
        if number % FLOWS_AT_ONCE == 0:
            self._flush_flows()
            self._flush()

    def _deliver(self, delivery: Delivery, after: LetGo = NOTHING_BEFORE) -> None:
        conversations = self._conversations
        messages = conversations.feed(delivery, after=after)
        if self._witness is not None:
            self._witness.delivered(delivery, conversations, messages)
        if messages:
            shard = int(delivery.flow["shard"])
            self.ledger.at(shard)
            patience = self._patience[shard]
            ends = ends_of(delivery.flow, turned=conversations.turned)
            if self.telling is not None:
                self.telling.at(delivery, conversations, ends)
            for message in messages:
                if isinstance(message, Publications):
                    self._record_publications(message, ends, patience)
                    continue
                self._record_message(message, ends, patience)
                if message.protocol in HELLOS:
                    hello = hello_row(message, delivery.flow, turned=conversations.turned)
                    if hello is not None:
                        self._rows["tls_hellos"].append(hello)
        if delivery.closed:
            for summary in conversations.closed:
                self._flows.add(delivery.flow, summary)
                for row in self._events.closed(summary.flow_id):
                    self._rows["events"].append(row)
            conversations.closed.clear()

    def _flush_flows(self) -> None:
        for rows in self._flows.flush():
            self._rows["flows"].extend(rows)

    def _record_message(self, message: Message, ends: Ends, patience: Patience) -> None:
        self._evidence.of(message)
        observe_message(message, self.ledger, ends)
        if message.protocol in SPEAKS_OF_STREAMS:
            for row in media_rows(message):
                self._rows["media"].append(row)
        done = message.protocol in ONLY_WORDS
        if message.status and not message.body:
            self._parts.append(message, ends.client.ip, self._keep_part)
        if message.body and not done:
            self._events.answer(message)
            done = self._parts.append(message, ends.client.ip, self._keep_part)
            if (
                not done
                and message.pieces is not None
                and is_plain_document(message)
                and not self._events.may_state(message)
            ):
                self._scraps.append(message)  # its body is none
                self._documents.add(message)
                if self._documents.full:
                    self._flush_documents()
                return
        if not done:
            self._read(message, patience)
            self._note_stated(self._events.stated, message, ends)
        if message.protocol in STATING:
            self._note_stated(stated_in_pairs(message), message, ends)
        self._scraps.append(message)
        note_refusal(message)
        self._rows["messages"].append(message_draft(message))  # with what was found out while it was read

    def _note_stated(self, stated: list[Statement], message: Message, ends: Ends) -> None:
        if stated and message.pieces is not None and len(message.pieces):
            note_statements(stated, message.direction, ends, self.ledger, place_of(message))

    def _record_publications(self, block: Publications, ends: Ends, patience: Patience) -> None:
        """Those that are plain documents together, the others one by one."""
        if not block.place():
            for message in block.messages():
                self._record_message(message, ends, patience)
            return
        observe_publications(block, self.ledger, ends)
        for _, first, times in block.topics():
            self._scraps.append(block.message(first), times)
        for message in self._documents.add_block(block):
            self._evidence.of(message)
            self._read(message, patience)
            self._scraps.append_body(message)
            self._rows["messages"].append(message_draft(message))
        if self._documents.full:
            self._flush_documents()

    def _flush_documents(self) -> None:
        """Write plain documents, and read those one by one that may say something."""
        if self.telling is not None:
            self.telling.elsewhere()
        for message in self._documents.flush():
            self._evidence.of(message)
            self._read(message, Patience())

    def _read(self, message: Message, patience: Patience) -> None:
        """Take all that is in a message; of one without a body, what its head says."""
        self._pictures.clear()
        if message.body or message.head:
            for leaf in leaves(message, Budget.of(len(message.body), patience)):
                self._record_leaf(message, leaf)
            message.unread = min(message.unread + self._persons.not_looked_through, len(message.body))
            self._persons.not_looked_through = 0
        self._record_events(message)

    def _record_events(self, message: Message) -> None:
        events = self._events.end(message)
        for row in events:
            self._rows["events"].append(row)
        if self._witness is not None:
            self._witness.spoke(message, events, names_pictures=self._events.names_pictures)
        entry = any(kind not in SAYS_LITTLE for kind in self._events.kinds)
        target = "" if is_reply(message) else message.path  # a reply has the target of its request
        pictured = bool(self._events.collected[1])
        asked = (message.request or message).path
        for row in self._persons.end(
            message.message_id.hex(),
            target,
            self._events.identities,
            headers_asked(message),
            asked,
            entry=entry,
            pictured=pictured,
        ):
            self._rows["persons"].append(row)
            if self._witness is not None:
                self._witness.named(message, row)
            entry = True
        named = self._events.names_pictures and not is_reply(message)
        telling = entry or pictured or named or self._events.describes or describes_in_query(message)
        if telling or self._events.placed:
            self._leaves.append(message, self._events.collected, beside=not telling)

    def _keep_part(self, message: Message, part: Part) -> tuple[str, str]:
        return self._record_object(message, Leaf(part, "part"), stored=True)

    def _record_leaf(self, message: Message, leaf: Leaf) -> None:
        if leaf.kind in IMAGE_KINDS:
            confirm_end(leaf)
        stored = leaf.kind in IMAGE_KINDS or (self._keep.everything and not message.opened)
        identity, sha256 = self._record_object(message, leaf, stored=stored)
        self._persons.append(identity, leaf)
        self._events.append(leaf, identity, sha256)

    def _record_object(self, message: Message, leaf: Leaf, *, stored: bool) -> tuple[str, str]:
        part = leaf.part
        known = stored or (len(part.data) > GUESSABLE and not message.opened)  # else no table keeps the hash
        sha256 = hashlib.sha256(part.data).hexdigest() if known else ""
        identity = object_id(message, part.path).hex()
        new = stored and self._store.put(sha256, leaf.kind, part.data)
        holder = self._pictures.get(holder_of(part.path)) if self._pictures else None
        if stored and leaf.kind in IMAGE_KINDS:
            if new:
                self._rows["images"].append(image_draft(sha256, leaf))
            self._pictures[part.path] = sha256, leaf.kind
            if self.telling is not None:
                self.telling.found(message, leaf, identity, sha256, new=new, holder=holder)
        if self._witness is not None and stored:
            self._witness.found(message, leaf, identity, sha256, holder)
        self._rows["objects"].append(object_draft(identity, message.message_id.hex(), sha256, leaf, stored=stored))
        self._evidence.append(identity, part)
        return identity, sha256

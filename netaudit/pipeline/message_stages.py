"""From messages to rows, stage by stage: each takes all messages of a batch before the next one takes the first.

A stage that is run for one message between all others meets its code and its objects cold, which costs up to three
times as much (benchmarks/HISTORY.md). Every stage takes messages in the order in which they came, so that it sees what
it would see one by one, however they are put together.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netaudit.contracts.unwrapping_steps import holder_of
from netaudit.documents.from_messages import READ as STATING
from netaudit.documents.from_messages import stated_in_pairs
from netaudit.messages.readers import named
from netaudit.observations.ends import place_of
from netaudit.observations.from_messages import NOWHERE, observe_message, observe_publications
from netaudit.observations.statements import note_statements
from netaudit.rows.answers import note_refusal
from netaudit.rows.carriers import EvidenceRows
from netaudit.rows.documents import Documents
from netaudit.rows.events import EventRows, is_reply
from netaudit.rows.leaves import LeafRows, describes_in_query
from netaudit.rows.media import media_rows
from netaudit.rows.messages import message_draft
from netaudit.rows.objects import GUESSABLE, image_draft, object_draft
from netaudit.rows.parts import PartRows
from netaudit.rows.persons import PersonRows, headers_asked
from netaudit.rows.scraps import ScrapRows
from netaudit.storage.object_store import ObjectStore
from netaudit.unwrapping.budget import Budget, Patience
from netaudit.unwrapping.from_messages import is_plain_document, leaves, object_id
from netaudit.unwrapping.image_residue import confirm_end
from netaudit.unwrapping.part import Leaf
from netaudit.unwrapping.sniff import IMAGE_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from netaudit.contracts.details import Statement
    from netaudit.messages.message import Message
    from netaudit.messages.mqtt.publications import Publications
    from netaudit.observations.ends import Ends
    from netaudit.observations.ledger import Ledger
    from netaudit.pipeline.finds import Known, Telling
    from netaudit.pipeline.witness import Witness
    from netaudit.storage.table_streams import RowWriter, TableWriter
    from netaudit.unwrapping.part import Part

ONLY_WORDS, SPEAKS_OF_STREAMS = named("only_words"), named("speaks_of_streams")
SAYS_LITTLE = ("heartbeat", "subscription")  # kinds of events without a person
MOST_OPENED, MOST_OBJECTS = 8 << 20, 1024  # bytes, and objects, that are opened before they are stored and understood
Identity = tuple[str, str]  # of an object: its id and its SHA-256


@dataclass(frozen=True, slots=True)
class Keep:
    """What is kept beside the tables: bytes of images always, those of all objects when `everything`."""

    everything: bool = False
    seconds: bool = False  # whether moments will ask what was sent when


@dataclass(slots=True)
class ReadMessage:
    """A message on its way through the stages."""

    message: Message
    ends: Ends  # of its flow
    patience: Patience  # of its logical shard
    known: Known | None = None  # its flow as it stands, where images are told as they are found
    turn: tuple[int, int] = (0, 0)  # its logical shard, and the index of its flow in the batch
    written: bool = False  # by `Documents`, or later by them
    opened: bool = True  # whether what is in it is looked at
    stated: list[Statement] = field(default_factory=list)  # what it says of devices


Opened = tuple[ReadMessage, Leaf | None]  # an object of a message; None stands for the end of the message


class MessageStages:
    """Takes messages into rows and objects, a batch at a time."""

    def __init__(
        self,
        folder: Path,
        part: str,
        rows: RowWriter,
        ledger: Ledger,
        keep: Keep,
        witness: Witness | None = None,
        signatures: Path | None = None,
    ) -> None:
        """`rows` and `ledger` are written by others, too."""
        self.telling: Telling | None = None  # of images that are new to the case
        self._rows, self._ledger, self._keep, self._witness = rows, ledger, keep, witness
        self._store = ObjectStore(folder)
        self._parts = PartRows(folder, rows["parts"])
        self._evidence = EvidenceRows(rows["evidence"])
        self._persons = PersonRows(folder, part)
        self.events = EventRows(folder, part, signatures)
        self.events.hears = witness.addressed if witness is not None else None
        self._scraps = ScrapRows(folder, part)
        self._leaves = LeafRows(folder, part)
        private = self._persons, self.events, self._scraps, self._leaves
        self.writers: list[TableWriter] = [writer for rows in private for writer in rows.writers]
        self.documents = Documents(rows, self.events, self._store if keep.everything else None)
        self._pictures: dict[str, Identity] = {}  # of the message under way, by their ways: SHA-256 and kind

    def take(self, batch: Sequence[ReadMessage], advance: Callable[[int], None]) -> None:
        """All stages. `advance` has facts noted that columns say of flows before an index."""
        self._sort(batch)
        self._take_content(batch)
        self._note(batch, advance)
        self._write(batch)

    def take_publications(self, block: Publications, ends: Ends, patience: Patience) -> None:
        """Those that are plain documents together, the others one by one; they know their packets (`place`)."""
        observe_publications(block, self._ledger, ends)
        for _, first, times in block.topics():
            self._scraps.append(block.message(first), times)
        others = [ReadMessage(message, ends, patience) for message in self.documents.add_block(block)]
        self._take_content(others)
        for taken in others:
            self._scraps.append_body(taken.message)
            self._rows["messages"].append(message_draft(taken.message))
        if self.documents.full:
            self.flush_documents()

    def flush_documents(self) -> None:
        """Write plain documents, and read those that may say something."""
        self._take_content([ReadMessage(message, NOWHERE, Patience()) for message in self.documents.flush()])

    def _sort(self, batch: Sequence[ReadMessage]) -> None:
        """What carries a piece of a file alone is no more than that; plain documents are written many at a time."""
        for taken in batch:
            message = taken.message
            if message.protocol in SPEAKS_OF_STREAMS:
                for row in media_rows(message):
                    self._rows["media"].append(row)
            words = message.protocol in ONLY_WORDS
            if not message.body or words:
                taken.opened = not words
                if message.status and not message.body:
                    self._is_part(taken)
                continue
            taken.opened = not self._is_part(taken)
            if (
                taken.opened
                and message.pieces is not None
                and is_plain_document(message)
                and not self.events.may_state(message)
            ):
                taken.written, taken.opened = True, False
                self.documents.add(message)
        if self.documents.full:
            self.flush_documents()

    def _is_part(self, taken: ReadMessage) -> bool:
        self._evidence.of(taken.message)
        return self._parts.append(taken.message, taken.ends.client.ip, self._keep_part)

    def _keep_part(self, message: Message, part: Part) -> Identity:
        return self._record(message, Leaf(part, "part"), None, stored=True)

    def _take_content(self, batch: Sequence[ReadMessage]) -> None:
        """Open messages, store what is in them and understand it: so many objects at a time that they can be held."""
        some: list[Opened] = []
        held = 0
        for one in _opened(batch):
            some.append(one)
            held += len(one[1].part.data) if one[1] is not None else 0
            if held >= MOST_OPENED or len(some) >= MOST_OBJECTS:
                self._understand(some, self._stored(some))
                some, held = [], 0
        self._understand(some, self._stored(some))

    def _stored(self, some: Sequence[Opened]) -> list[Identity]:
        """Keep objects, and what is known of each; ids and hashes as they are in `some`, none for an end."""
        identities: list[Identity] = []
        before = None
        for taken, leaf in some:
            if leaf is None:
                self._pictures.clear()
                identities.append(("", ""))
                continue
            if taken is not before:
                self._evidence.of(taken.message)
                before = taken
            stored = leaf.kind in IMAGE_KINDS or (self._keep.everything and not taken.message.opened)
            identities.append(self._record(taken.message, leaf, taken, stored=stored))
        return identities

    def _record(self, message: Message, leaf: Leaf, taken: ReadMessage | None, *, stored: bool) -> Identity:
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
            if self.telling is not None and taken is not None:
                place = taken.known, taken.ends
                self.telling.found(message, leaf, identity, sha256, place, new=new, holder=holder)
        if self._witness is not None and stored:
            self._witness.found(message, leaf, identity, sha256, holder)
        self._rows["objects"].append(object_draft(identity, message.message_id.hex(), sha256, leaf, stored=stored))
        self._evidence.append(identity, part)
        return identity, sha256

    def _understand(self, some: Sequence[Opened], identities: Sequence[Identity]) -> None:
        """Who and what is told of: persons, events, addresses of pictures, what devices state."""
        for (taken, leaf), (identity, sha256) in zip(some, identities, strict=True):
            if leaf is not None:
                self._persons.append(identity, leaf)
                self.events.append(leaf, identity, sha256)
                continue
            message = taken.message
            if message.body and message.protocol not in ONLY_WORDS:
                self.events.answer(message)
            if taken.opened:
                message.unread = min(message.unread + self._persons.not_looked_through, len(message.body))
                self._persons.not_looked_through = 0
                self._end(message)
                taken.stated = self.events.stated

    def _end(self, message: Message) -> None:
        """Rows of persons and events of a message of which all objects were taken."""
        events = self.events.end(message)
        for row in events:
            self._rows["events"].append(row)
        if self._witness is not None:
            self._witness.spoke(message, events, names_pictures=self.events.names_pictures)
        entry = any(kind not in SAYS_LITTLE for kind in self.events.kinds)
        target = "" if is_reply(message) else message.path  # a reply has the target of its request
        pictured = bool(self.events.collected[1])
        asked = (message.request or message).path
        for row in self._persons.end(
            message.message_id.hex(),
            target,
            self.events.identities,
            headers_asked(message),
            asked,
            entry=entry,
            pictured=pictured,
        ):
            self._rows["persons"].append(row)
            if self._witness is not None:
                self._witness.named(message, row)
            entry = True
        named = self.events.names_pictures and not is_reply(message)
        telling = entry or pictured or named or self.events.describes or describes_in_query(message)
        if telling or self.events.placed:
            self._leaves.append(message, self.events.collected, beside=not telling)

    def _note(self, batch: Sequence[ReadMessage], advance: Callable[[int], None]) -> None:
        """Facts of hosts, in the order of the flows, as bounds of the ledger need it."""
        for taken in batch:
            shard, index = taken.turn
            advance(index)
            self._ledger.at(shard)
            observe_message(taken.message, self._ledger, taken.ends)
            self._note_stated(taken.stated, taken)
            if taken.message.protocol in STATING and not taken.written:
                self._note_stated(stated_in_pairs(taken.message), taken)

    def _note_stated(self, stated: list[Statement], taken: ReadMessage) -> None:
        message = taken.message
        if stated and message.pieces is not None and len(message.pieces):
            note_statements(stated, message.direction, taken.ends, self._ledger, place_of(message))

    def _write(self, batch: Sequence[ReadMessage]) -> None:
        """What was found out while they were read, of those that are not written by `Documents`."""
        for taken in batch:
            self._scraps.append(taken.message)
            if not taken.written:
                note_refusal(taken.message)
                self._rows["messages"].append(message_draft(taken.message))


def _opened(batch: Sequence[ReadMessage]) -> Iterator[Opened]:
    """What is in messages, and the end of each; also of those that are not looked into."""
    for taken in batch:
        message = taken.message
        if taken.opened and (message.body or message.head):
            for leaf in leaves(message, Budget.of(len(message.body), taken.patience)):
                if leaf.kind in IMAGE_KINDS:
                    confirm_end(leaf)
                yield taken, leaf
        yield taken, None

"""From messages to rows, stage by stage: each takes all messages of a batch before the next one takes the first.

A stage that is run for one message between all others meets its code and its objects cold, which costs up to three
times as much (benchmarks/HISTORY.md). Every stage takes messages in the order in which they came, and leaves to the
next ones what they need, so that nothing depends on how messages are put together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.content.budget import Budget, Patience
from netaudit.content.from_messages import is_plain_document, leaves
from netaudit.content.image_residue import confirm_end
from netaudit.content.sniff import IMAGE_KINDS
from netaudit.devices.observations.ends import place_of
from netaudit.devices.observations.from_messages import NOWHERE, observe_message, observe_publications
from netaudit.devices.observations.statements import note_statements
from netaudit.events.rules.from_messages import READ as STATING
from netaudit.events.rules.from_messages import stated_in_pairs
from netaudit.pipeline.read_message import ReadMessage
from netaudit.pipeline.storing import Storing
from netaudit.pipeline.understanding import ONLY_WORDS, Understanding
from netaudit.protocols.readers import named
from netaudit.tables.answers import note_refusal
from netaudit.tables.documents import Documents
from netaudit.tables.media import media_rows
from netaudit.tables.messages import message_draft
from netaudit.tables.parts import PartRows
from netaudit.tables.scraps import ScrapRows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from netaudit.core.contracts.details import Statement
    from netaudit.core.storage.table_streams import RowWriter, TableWriter
    from netaudit.devices.observations.ends import Ends
    from netaudit.devices.observations.ledger import Ledger
    from netaudit.pipeline.read_message import Opened
    from netaudit.pipeline.storing import Keep
    from netaudit.pipeline.witness import Witness
    from netaudit.protocols.mqtt.publications import Publications

SPEAKS_OF_STREAMS = named("speaks_of_streams")
MOST_OPENED, MOST_OBJECTS = 2 << 20, 512  # bytes, and objects, that are opened before they are stored and understood


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
        self._rows, self._ledger = rows, ledger
        self._parts = PartRows(folder, rows["parts"])
        self.storing = Storing(folder, rows, keep, witness)
        self._understanding = Understanding(folder, part, rows, witness, signatures)
        self.events = self._understanding.events
        self._scraps = ScrapRows(folder, part)
        self.writers: list[TableWriter] = [*self._understanding.writers, *self._scraps.writers]
        self.documents = Documents(rows, self.events, self.storing.of_everything)

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
                taken.looked_into = not words
                if message.status and not message.body:
                    self._is_part(taken)
                continue
            taken.looked_into = not self._is_part(taken)
            if (
                taken.looked_into
                and message.pieces is not None
                and is_plain_document(message)
                and not self.events.may_state(message)
            ):
                taken.written, taken.looked_into = True, False
                self._scraps.append(message)  # before it may be read: its body has none
                self.documents.add(message)
                if self.documents.full:
                    self.flush_documents()

    def _is_part(self, taken: ReadMessage) -> bool:
        return self._parts.append(taken.message, taken.ends.client.ip, self.storing.store_part)

    def _take_content(self, batch: Sequence[ReadMessage]) -> None:
        """Open messages, store what is in them and understand it: so many objects at a time that they can be held."""
        some: list[Opened] = []
        held = 0
        for one in _opened(batch):
            some.append(one)
            held += len(one[1].part.data) if one[1] is not None else 0
            if held >= MOST_OPENED or len(some) >= MOST_OBJECTS:
                self._understanding.understand(some, self.storing.store(some))
                some, held = [], 0
        self._understanding.understand(some, self.storing.store(some))

    def _note(self, batch: Sequence[ReadMessage], advance: Callable[[int], None]) -> None:
        """Facts of hosts, in the order of the flows, as bounds of the ledger need it."""
        for taken in batch:
            advance(taken.flow)
            self._ledger.at(taken.shard)
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
            message = taken.message
            if taken.waited_for:
                message.body = b""  # it has been read; many flows may wait
            if not taken.written:
                self._scraps.append(message)
                note_refusal(message)
                self._rows["messages"].append(message_draft(message))


def _opened(batch: Sequence[ReadMessage]) -> Iterator[Opened]:
    """What is in messages, and the end of each; also of those that are not looked into."""
    for taken in batch:
        message = taken.message
        if taken.looked_into and (message.body or message.head):
            for leaf in leaves(message, Budget.of(len(message.body), taken.patience)):
                if leaf.kind in IMAGE_KINDS:
                    confirm_end(leaf)
                yield taken, leaf
        yield taken, None

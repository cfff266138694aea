"""Who and what messages tell of: rows of persons and events, addresses of pictures, what devices state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.protocols.readers import named
from netaudit.tables.events import EventRows, is_reply
from netaudit.tables.leaves import LeafRows, describes_in_query
from netaudit.tables.persons import PersonRows, headers_asked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from netaudit.core.storage.table_streams import RowWriter, TableWriter
    from netaudit.pipeline.read_message import Opened
    from netaudit.pipeline.storing import Identity
    from netaudit.pipeline.witness import Witness
    from netaudit.protocols.message import Message

ONLY_WORDS = named("only_words")
SAYS_LITTLE = ("heartbeat", "subscription")  # kinds of events without a person


class Understanding:
    """Takes the objects of messages, one after the other, up to the end of each message."""

    def __init__(
        self, folder: Path, part: str, rows: RowWriter, witness: Witness | None, signatures: Path | None
    ) -> None:
        self._rows, self._witness = rows, witness
        self._persons = PersonRows(folder, part)
        self.events = EventRows(folder, part, signatures)
        self.events.hears = witness.addressed if witness is not None else None
        self._leaves = LeafRows(folder, part)
        private = self._persons, self.events, self._leaves
        self.writers: list[TableWriter] = [writer for rows in private for writer in rows.writers]

    def understand(self, some: Sequence[Opened], identities: Sequence[Identity]) -> None:
        """Take objects with their identities; what devices state, and whether events wait, is said to their message."""
        for (taken, leaf), (identity, sha256) in zip(some, identities, strict=True):
            if leaf is not None:
                self._persons.append(identity, leaf)
                self.events.append(leaf, identity, sha256)
                continue
            message = taken.message
            if message.body and message.protocol not in ONLY_WORDS:
                self.events.answer(message)
            if taken.looked_into:
                message.unread = min(message.unread + self._persons.not_looked_through, len(message.body))
                self._persons.not_looked_through = 0
                self._end(message)
                taken.stated, taken.waited_for = self.events.stated, self.events.waits

    def _end(self, message: Message) -> None:
        """Rows of a message of which all objects were taken."""
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

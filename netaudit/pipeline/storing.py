"""Keeps what is found in messages: objects by their content, what is known of each, and which packets carried it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netaudit.content.from_messages import object_id
from netaudit.content.part import Leaf
from netaudit.content.sniff import IMAGE_KINDS
from netaudit.core.contracts.unwrapping_steps import holder_of
from netaudit.core.storage.object_store import ObjectStore
from netaudit.tables.carriers import EvidenceRows
from netaudit.tables.objects import GUESSABLE, image_draft, object_draft

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from netaudit.content.part import Part
    from netaudit.core.storage.table_streams import RowWriter
    from netaudit.pipeline.finds import Telling
    from netaudit.pipeline.read_message import Opened, ReadMessage
    from netaudit.pipeline.witness import Witness
    from netaudit.protocols.message import Message

Identity = tuple[str, str]  # of an object: its id and its SHA-256


@dataclass(frozen=True, slots=True)
class Keep:
    """What is kept beside the tables: bytes of images always, those of all objects when `everything`."""

    everything: bool = False
    seconds: bool = False  # whether moments will ask what was sent when


class Storing:
    """Stores the objects of messages."""

    def __init__(self, folder: Path, rows: RowWriter, keep: Keep, witness: Witness | None) -> None:
        self.telling: Telling | None = None  # of images that are new to the case
        self._rows, self._keep, self._witness = rows, keep, witness
        self._objects = ObjectStore(folder)
        self._evidence = EvidenceRows(rows["evidence"])
        self._pictures: dict[str, Identity] = {}  # of the message under way, by their ways: SHA-256 and kind

    @property
    def of_everything(self) -> ObjectStore | None:
        """Where the bytes of all objects are kept, if they are."""
        return self._objects if self._keep.everything else None

    def store(self, some: Sequence[Opened]) -> list[Identity]:
        """Keep objects; gives the identity of each, none for the end of a message."""
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

    def store_part(self, message: Message, part: Part) -> Identity:
        """Keep a piece of a file as it is."""
        self._evidence.of(message)
        return self._record(message, Leaf(part, "part"), None, stored=True)

    def _record(self, message: Message, leaf: Leaf, taken: ReadMessage | None, *, stored: bool) -> Identity:
        part = leaf.part
        known = stored or (len(part.data) > GUESSABLE and not message.opened)  # else no table keeps the hash
        sha256 = hashlib.sha256(part.data).hexdigest() if known else ""
        identity = object_id(message, part.path).hex()
        new = stored and self._objects.put(sha256, leaf.kind, part.data)
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

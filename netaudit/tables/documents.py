"""Small JSON documents, most messages of many networks: looked at many at a time, since next to none says anything.

They come as messages, as publications of MQTT or as exchanges of HTTP/1 that were found together. Whether a person may
be named in one, or an entry of `signatures/documents` may know it, is asked of the texts of many joined; only where the
answer is yes is each asked for itself, and those that it is true of are given back, to be read like all other messages.
Of the others there are columns alone.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from netaudit.content.from_messages import are_plain_texts, root
from netaudit.core.signatures.field_words import describes
from netaudit.core.storage.structured import picked
from netaudit.events.identity.from_unwrapping import asks_about, may_tell
from netaudit.protocols.ids import ids_within
from netaudit.tables.answers import may_refuse, note_refusal
from netaudit.tables.carriers import EvidenceRows, evidence_of
from netaudit.tables.columns import DIGITS, ids, like
from netaudit.tables.document_batch import of_messages
from netaudit.tables.leaves import query_describes
from netaudit.tables.objects import object_batch
from netaudit.tables.publications import of_publications

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt

    from netaudit.core.storage.object_store import ObjectStore
    from netaudit.core.storage.table_streams import RowWriter
    from netaudit.protocols.message import Message
    from netaudit.protocols.mqtt.publications import Publications
    from netaudit.tables.document_batch import DocumentBatch
    from netaudit.tables.events import EventRows

# columns of `objects` in which documents of one kind agree
ALIKE = ("kind", "complete", "missing", "unwrap_path", "name", "notes")
AT_ONCE = 1024  # messages that are held, one by one
HELD = 16 << 20  # bytes of the requests that they answer
LEAST = 64  # that were found together, for which columns pay
MANY = 8192  # of those that are held
U1 = Any  # an array of bytes


class Documents:
    """Takes messages of which `is_plain_document` is true."""

    def __init__(self, rows: RowWriter, events: EventRows, store: ObjectStore | None = None) -> None:
        self._rows, self._events, self._evidence = rows, events, EvidenceRows(rows["evidence"])
        self._store = store  # where their bytes are kept, if they are
        self._messages: list[Message] = []
        self._held = 0
        self._blocks: list[tuple[Publications, npt.NDArray[np.bool_]]] = []
        self._published = 0  # plain ones in them
        self._telling: list[Message] = []  # that were written and may say something

    @property
    def full(self) -> bool:
        """Whether it is time for `flush`."""
        return len(self._messages) >= AT_ONCE or self._held >= HELD or self._published >= MANY

    def add(self, message: Message) -> None:
        """Take a message that knows its packets; its row is written with what is in it."""
        self._messages.append(message)
        if message.request is not None:
            self._held += len(message.request.body)

    def add_block(self, block: Publications) -> list[Message]:
        """Take those publications that are plain documents; gives the others, as messages in order."""
        plain = are_plain_texts(np.frombuffer(block.data, np.uint8), block.rows)
        if plain.any():
            self._blocks.append((block, plain))
            self._published += int(np.count_nonzero(plain))
        return [block.message(other) for other in np.flatnonzero(~plain).tolist()]

    def flush(self) -> list[Message]:
        """Write those so far; gives back those of all written that may say something."""
        blocks, self._blocks = self._blocks, []
        if self._published >= LEAST:
            self.write(of_publications(blocks))
        else:
            for block, plain in blocks:
                self._messages += [block.message(number) for number in np.flatnonzero(plain).tolist()]
        messages, self._messages, self._held, self._published = self._messages, [], 0, 0
        if messages:
            self.write(of_messages(messages))
        back, self._telling = self._telling, []
        return back

    def write(self, batch: DocumentBatch) -> None:
        """Write messages and what is in them, but for those that are given back next: to be read one by one."""
        telling = self._may_say(batch)
        if any(one.reply for one in batch.heads):
            replies = [batch.heads[head].reply for head in batch.head.tolist()]
            answers = [one if reply else b"" for one, reply in zip(batch.bodies, replies, strict=True)]
            for place in hits(answers, may_refuse):
                message = batch.message(place)
                note_refusal(message)
                batch.notes[place] = message.notes
        self._rows["messages"].extend(batch.rows())
        silent = np.ones(len(batch.bodies), bool)
        silent[telling] = False
        if silent.any():
            self._write_objects(batch, np.flatnonzero(silent))
        self._telling += map(batch.message, telling)

    def _may_say(self, batch: DocumentBatch) -> list[int]:
        """Places of those in which somebody may be named, or that an entry may know."""
        names = [one.name.encode("utf-8", "replace") + b"\0" for one in batch.heads]
        asks = np.array([one.asks for one in batch.heads])[batch.head]
        paths = np.zeros(len(batch.paths), bool)
        paths[list(hits([one.encode("utf-8", "replace") for one in batch.paths], _may_ask))] = True
        known = {one: self._events.on_path(one) for one in {path.partition("?")[0] for path in batch.paths}}
        paths |= np.array([known[path.partition("?")[0]] or query_describes(path) for path in batch.paths])
        found = set(np.flatnonzero(asks | paths[batch.path]).tolist())
        found.update(hits(batch.bodies, may_tell))
        found.update(hits(batch.bodies, describes))
        replies = np.array([one.reply for one in batch.heads])[batch.head]
        for reply in (False, True):
            places = np.flatnonzero(replies == reply).tolist()
            together = b"\0".join([*names, *(batch.bodies[place] for place in places)])
            if places and self._events.worded[reply](together):
                texts = [names[batch.head[place]] + batch.bodies[place] for place in places]
                found.update(places[hit] for hit in hits(texts, self._events.worded[reply]))
        return sorted(found)

    def _write_objects(self, batch: DocumentBatch, chosen: npt.NDArray[np.int64]) -> None:
        """Write that these are whole documents and which packets carried them."""
        own = np.ascontiguousarray(batch.ids.reshape(-1, DIGITS)[chosen].reshape(-1))
        heads, made = batch.head[chosen], np.empty((chosen.size, DIGITS), np.uint8)
        for way in {batch.heads[head].way for head in np.unique(heads).tolist()}:
            here = np.flatnonzero(np.array([one.way == way for one in batch.heads])[heads])
            made[here] = ids_within(own.reshape(-1, DIGITS)[here].reshape(-1), way).reshape(-1, DIGITS)
        places = chosen.tolist()
        hashes = ["" if self._store is None else self._stored(batch.bodies[place]) for place in places]
        columns = {
            "object_id": ids(made.reshape(-1)),
            "message_id": ids(own),
            "sha256": hashes,
            "size": batch.sizes[chosen],
            "stored": list(map(bool, hashes)),
        }
        stored = object_batch([head.stored for head in batch.heads])
        self._rows["objects"].extend(like(stored, heads, columns, ALIKE))
        self._write_evidence(batch, chosen, made)

    def _write_evidence(self, batch: DocumentBatch, chosen: npt.NDArray[np.int64], made: U1) -> None:
        """Most came in one packet; of the others it is asked which packets their bodies are in."""
        one = batch.alone[chosen]
        if one.any():
            pieces = picked(batch.first, chosen[one])
            captures, frames, at = pieces["capture"].astype(int), pieces["frame"].astype(int), np.arange(pieces.size)
            self._rows["evidence"].extend(evidence_of(ids(made[one].reshape(-1)), captures, frames, at, at + 1))
        for place in np.flatnonzero(~one).tolist():
            message = batch.message(int(chosen[place]))
            self._evidence.of(message)
            self._evidence.append(made[place].tobytes().decode(), root(message))

    def _stored(self, body: bytes) -> str:
        """The hash under which its bytes are kept."""
        assert self._store is not None
        sha256 = hashlib.sha256(body).hexdigest()
        self._store.put(sha256, "json", body)
        return sha256


def _may_ask(path: bytes) -> bool:
    return asks_about(path.decode())


def hits(texts: Sequence[bytes], says: Callable[[bytes], bool]) -> Iterator[int]:
    """Places of the texts of which `says` is true, where it is true of many joined if it is of one of them."""
    spans = [(0, len(texts))]
    while spans:
        first, last = spans.pop()
        if first < last and says(texts[first] if last - first == 1 else b"\0".join(texts[first:last])):
            if last - first == 1:
                yield first
            else:
                middle = (first + last) // 2
                spans += [(first, middle), (middle, last)]

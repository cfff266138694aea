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
import pyarrow as pa

from netaudit.identity_data.from_unwrapping import asks_about, holds_coded_number, may_be_coded, may_tell
from netaudit.masking.mask import mask_name, mask_words, shortened
from netaudit.messages.kernels_ids import ids_within
from netaudit.rows.answers import may_refuse, note_refusal
from netaudit.rows.carriers import carriers_of_body
from netaudit.rows.columns import DIGITS, batch_of, few, ids
from netaudit.rows.leaves import query_describes
from netaudit.rows.objects import object_batch
from netaudit.rows.publications import of_publications
from netaudit.rows.told import message_rows, of_messages
from netaudit.signatures.field_words import describes
from netaudit.tables import EVIDENCE
from netaudit.text.frame_ranges import capture_name
from netaudit.unwrapping.from_messages import are_plain_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt

    from netaudit.messages.message import Message
    from netaudit.messages.mqtt.publications import Publications
    from netaudit.rows.events import EventRows
    from netaudit.rows.told import Told
    from netaudit.storage.object_store import ObjectStore
    from netaudit.storage.table_streams import RowWriter

AT_ONCE = 1024  # messages that are held, one by one
HELD = 16 << 20  # bytes of the requests that they answer
LEAST = 64  # that were found together, for which columns pay
TEXT = pa.string()
U1 = Any  # an array of bytes


class Documents:
    """Takes messages of which `is_plain_document` is true."""

    def __init__(self, rows: RowWriter, events: EventRows, store: ObjectStore | None = None) -> None:
        self._rows, self._events = rows, events
        self._store = store  # where their bytes are kept, if they are
        self._messages: list[Message] = []
        self._held = 0
        self._blocks: list[tuple[Publications, npt.NDArray[np.bool_]]] = []
        self._published = 0  # plain ones in them
        self._telling: list[Message] = []  # that were written and may say something

    @property
    def full(self) -> bool:
        """Whether it is time for `take`."""
        return len(self._messages) >= AT_ONCE or self._held >= HELD or self._published >= 2 * AT_ONCE

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

    def take(self) -> list[Message]:
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

    def write(self, told: Told) -> None:
        """Write messages and what is in them, but for those that are given back next: to be read one by one."""
        telling = self._may_say(told)
        replies = [told.heads[head].reply for head in told.head.tolist()]
        for place in hits([one if reply else b"" for one, reply in zip(told.bodies, replies, strict=True)], may_refuse):
            message = told.message(place)
            note_refusal(message)
            told.notes[place] = message.notes
        self._rows["messages"].extend(message_rows(told))
        silent = np.ones(len(told.bodies), bool)
        silent[telling] = False
        if silent.any():
            self._write_objects(told, np.flatnonzero(silent))
        self._telling += map(told.message, telling)

    def _may_say(self, told: Told) -> list[int]:
        """Places of those in which somebody may be named, or that an entry may know."""
        names = [one.name.encode("utf-8", "replace") + b"\0" for one in told.heads]
        asks = np.array([one.asks for one in told.heads])[told.head]
        paths = np.zeros(len(told.paths), bool)
        paths[list(hits([one.encode("utf-8", "replace") for one in told.paths], _may_ask))] = True
        known = {one: self._events.on_path(one) for one in {path.partition("?")[0] for path in told.paths}}
        paths |= np.array([known[path.partition("?")[0]] or query_describes(path) for path in told.paths])
        found = set(np.flatnonzero(asks | paths[told.path]).tolist())
        found.update(hits(told.bodies, may_tell))
        found.update(hits(told.bodies, describes))
        found.update(place for place in hits(told.bodies, may_be_coded) if holds_coded_number(told.bodies[place]))
        replies = np.array([one.reply for one in told.heads])[told.head]
        for reply in (False, True):
            places = np.flatnonzero(replies == reply).tolist()
            texts = [names[told.head[place]] + told.bodies[place] for place in places]
            found.update(places[hit] for hit in hits(texts, self._events.worded[reply]))
        return sorted(found)

    def _write_objects(self, told: Told, chosen: npt.NDArray[np.int64]) -> None:
        """Write that these are whole documents and which packets carried them."""
        own = np.ascontiguousarray(told.ids.reshape(-1, DIGITS)[chosen].reshape(-1))
        heads, made = told.head[chosen], np.empty((chosen.size, DIGITS), np.uint8)
        for way in {told.heads[head].way for head in np.unique(heads).tolist()}:
            here = np.flatnonzero(np.array([one.way == way for one in told.heads])[heads])
            some = np.empty(here.size * DIGITS, np.uint8)
            ids_within(own.reshape(-1, DIGITS)[here].reshape(-1), np.frombuffer(way.encode(), np.uint8), some)
            made[here] = some.reshape(-1, DIGITS)
        places = chosen.tolist()
        hashes = ["" if self._store is None else self._stored(told.bodies[place]) for place in places]
        own_heads = pa.array(chosen)
        columns = {
            "object_id": ids(made.reshape(-1)),
            "message_id": ids(own),
            "sha256": hashes,
            "size": told.sizes[chosen],
            "unwrap_path": told.of_head(lambda head: mask_words(head.way), TEXT).take(own_heads),
            "name": told.of_head(lambda head: shortened(mask_name, head.name, 256), TEXT).take(own_heads),
            "stored": list(map(bool, hashes)),
        }
        self._rows["objects"].extend(object_batch(columns, chosen.size))
        self._write_evidence(told, chosen, made)

    def _write_evidence(self, told: Told, chosen: npt.NDArray[np.int64], made: U1) -> None:
        """Most came in one packet; of the others it is asked which packets their bodies are in."""
        one = told.alone[chosen]
        carried = told.first[chosen[one]]
        frames = pa.array(carried["frame"].astype(np.int64))
        columns = {"object_id": ids(made[one].reshape(-1)), "capture_id": few(carried["capture"], capture_name)}
        columns |= {"first_frame": frames, "last_frame": frames, "frames": frames.cast(pa.string())}
        if one.any():
            self._rows["evidence"].extend(batch_of(columns, EVIDENCE.schema()))
        for place in np.flatnonzero(~one).tolist():
            identity = made[place].tobytes().decode()
            for capture, first, last, said_frames in carriers_of_body(told.message(int(chosen[place]))):
                self._rows["evidence"].append(
                    EVIDENCE.row(
                        object_id=identity, capture_id=capture_name(capture), first_frame=first, last_frame=last,
                        frames=said_frames,
                    )
                )  # fmt: skip

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

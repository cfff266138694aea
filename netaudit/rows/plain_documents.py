"""Small JSON documents, most messages of many networks: looked at many at a time, since next to none says anything.

Whether a person may be named in one, or an entry of `signatures/documents` may know it, is asked of the texts of many
messages joined; only where the answer is yes is each asked for itself, and those that it is true of are read like all
other messages.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from netaudit.identity_data.from_unwrapping import asks_about, asks_in_headers, may_tell
from netaudit.rows.answers import may_refuse, note_refusal
from netaudit.rows.carriers import carriers_of_body
from netaudit.rows.events import is_reply
from netaudit.rows.messages import message_columns
from netaudit.rows.objects import document_columns
from netaudit.signatures.descriptions import describes
from netaudit.text.frame_ranges import capture_name
from netaudit.unwrapping.from_messages import body_name, object_id, plain_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from netaudit.messages.message import Message
    from netaudit.rows.events import EventRows
    from netaudit.storage.object_store import ObjectStore
    from netaudit.storage.table_streams import RowWriter

AT_ONCE = 1024  # messages: as many rows are written as columns (`table_streams.LARGE`)
HELD = 16 << 20  # bytes of the requests that they answer


class PlainDocuments:
    """Takes messages of which `is_plain_document` is true."""

    def __init__(self, rows: RowWriter, events: EventRows, store: ObjectStore | None = None) -> None:
        self._rows, self._events = rows, events
        self._store = store  # where their bytes are kept, if they are
        self._messages: list[Message] = []
        self._held = 0

    @property
    def full(self) -> bool:
        """Whether it is time for `take`."""
        return len(self._messages) >= AT_ONCE or self._held >= HELD

    def add(self, message: Message) -> None:
        """Take a message; its row is written with what is in it."""
        self._messages.append(message)
        if message.request is not None:
            self._held += len(message.request.body)

    def take(self) -> list[Message]:
        """Write the messages so far and what is in them, but for those that are given back: to be read one by one."""
        if not self._messages:
            return []
        messages, self._messages, self._held = self._messages, [], 0
        names = [body_name(message) for message in messages]
        bodies = [message.body for message in messages]
        heads = list(zip([message.path for message in messages], names, strict=True))
        asks = {head: any(map(asks_about, head)) for head in set(heads)}
        telling = {*hits(bodies, may_tell), *hits(bodies, describes)} | self._known(messages, names)
        telling |= {
            place
            for place, (head, one) in enumerate(zip(heads, messages, strict=True))
            if asks[head] or (one.headers and one.form.read(asks_in_headers))
        }
        for place in hits([one.body if one.request is not None else b"" for one in messages], may_refuse):
            note_refusal(messages[place])
        self._rows["messages"].add(message_columns(messages))
        silent = [place for place in range(len(messages)) if place not in telling]
        if silent:
            self._write([messages[place] for place in silent], [names[place] for place in silent])
        return [messages[place] for place in sorted(telling)]

    def _known(self, messages: list[Message], names: list[str]) -> set[int]:
        """Places of the messages that an entry may know, by the path or by a word."""
        paths = [(message.request or message).path for message in messages]
        known = {path for path in set(paths) if self._events.on_path(path)}
        found = {place for place, path in enumerate(paths) if path in known}
        for reply in (False, True):
            places = [place for place, message in enumerate(messages) if is_reply(message) == reply]
            texts = [names[place].encode("utf-8", "replace") + b"\0" + messages[place].body for place in places]
            found.update(places[hit] for hit in hits(texts, self._events.worded[reply]))
        return found

    def _write(self, messages: list[Message], names: list[str]) -> None:
        """Write that they are whole documents and which packets carried them."""
        paths = list(map(plain_path, messages))
        ids = [object_id(message, path).hex() for message, path in zip(messages, paths, strict=True)]
        message_ids = [message.message_id.hex() for message in messages]
        sizes, hashes = [len(message.body) for message in messages], list(map(self._stored, messages))
        self._rows["objects"].add(document_columns(ids, message_ids, sizes, paths, names, hashes))
        carried = [(one, *by) for one, message in zip(ids, messages, strict=True) for by in carriers_of_body(message)]
        if carried:
            found, captures, first, last, frames = map(list, zip(*carried, strict=True))
            evidence = {"object_id": found, "capture_id": list(map(capture_name, captures)), "frames": frames}
            self._rows["evidence"].add(evidence | {"first_frame": first, "last_frame": last})

    def _stored(self, message: Message) -> str:
        """The hash under which its bytes are kept, if they are."""
        if self._store is None:
            return ""
        sha256 = hashlib.sha256(message.body).hexdigest()
        self._store.put(sha256, "json", message.body)
        return sha256


def hits(texts: list[bytes], says: Callable[[bytes], bool]) -> Iterator[int]:
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

"""Plain documents as columns, in whatever way their messages were found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from netaudit.content.from_messages import body_name, plain_path
from netaudit.content.part import Leaf, Part
from netaudit.core.contracts.unwrapping_steps import Way
from netaudit.core.masking.mask import mask_path, shortened
from netaudit.events.identity.from_unwrapping import asks_about, asks_in_headers
from netaudit.streams.layouts import PIECE
from netaudit.tables.columns import WAYS, array, empty_lists, ids
from netaudit.tables.events import is_reply
from netaudit.tables.messages import message_draft, message_rows
from netaudit.tables.objects import object_draft

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy.typing as npt

    from netaudit.protocols.message import Message
    from netaudit.tables.messages import Draft

U1 = Any  # an array of bytes
Numbers = Any  # an array of integers


# columns of `messages` in which documents of one kind agree
ALIKE = (
    "protocol", "method", "host", "status", "content_type", "user_agent", "server", "date", "page", "obscure",
    "unread", "complete", "missing", "opened",
)  # fmt: skip


class Head(NamedTuple):
    """What documents of one kind have alike, from one of them."""

    said: Draft  # of a row of `messages`
    stored: Draft  # of one of `objects`
    name: str
    way: str  # of the object in it
    reply: bool
    asks: bool  # its fields or its name may name somebody

    @classmethod
    def of(cls, message: Message) -> Head:
        """The head of a message and of all that are like it."""
        asked, name = message.request or message, body_name(message)
        asks = asks_about(name) or (message.path != asked.path and asks_about(message.path))
        asks = asks or (bool(message.headers) and message.form.read(asks_in_headers))
        way = plain_path(message)
        leaf = Leaf(Part(b"", Way.read(way), name), "json")
        drafts = message_draft(message), object_draft("", "", "", leaf, stored=False)
        return cls(*drafts, name, way, is_reply(message), asks)


@dataclass(slots=True)
class DocumentBatch:
    """Messages that are plain documents, as columns."""

    heads: list[Head]
    head: Numbers  # of each its head
    paths: list[str]  # that were asked for
    path: Numbers  # of each its path
    bodies: list[bytes]
    direction: Numbers
    ids: U1  # 32 hexadecimal digits of each
    flows: Any  # column of their ids
    requests: Any  # column of ids, empty for none
    first: Any  # PIECE rows with the first bytes
    last: Any  # and with the last ones
    alone: Numbers  # whether one packet brought all of it
    message: Callable[[int], Message]  # one of them as a message
    notes: dict[int, list[str]] = field(default_factory=dict)

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """Bytes of each."""
        return np.fromiter(map(len, self.bodies), np.int64, len(self.bodies))

    def rows(self) -> pa.RecordBatch:
        """Rows of `messages`, as `message_batch` would make them of each."""
        n, paths = len(self.bodies), [shortened(mask_path, one, 2048) for one in self.paths]
        own = {
            "message_id": ids(self.ids),
            "flow_id": self.flows,
            "direction": WAYS.take(pa.array(self.direction)),
            "request_id": self.requests,
            "path": array(paths, pa.string()).take(pa.array(self.path)),
            "body_size": self.sizes,
            "notes": [self.notes.get(place, []) for place in range(n)] if self.notes else empty_lists(n),
        }
        return message_rows([head.said for head in self.heads], self.head, self.first, self.last, own, ALIKE)


def of_messages(messages: Sequence[Message]) -> DocumentBatch:
    """Messages by themselves, which know their packets."""
    heads, paths = dict[Any, int](), dict[str, int]()
    kinds, head, path = list[Head](), list[int](), list[int]()
    for one in messages:
        asked = one.request or one
        like = (
            one.protocol, one.status, one.path, asked.method, asked.host, asked.path, one.content_type, one.opened,
            one.file_name, one.request is None, one.form, one.header("date"),
        )  # fmt: skip
        if heads.setdefault(like, len(heads)) == len(kinds):
            kinds.append(Head.of(one))
        head.append(heads[like])
        path.append(paths.setdefault(asked.path, len(paths)))
    first, last = (
        np.array([one.pieces.item(place) for one in messages if one.pieces is not None], PIECE) for place in (0, -1)
    )
    alone = np.array([one.pieces is not None and len(one.pieces) == 1 for one in messages])
    return DocumentBatch(
        kinds, np.array(head), list(paths), np.array(path), [one.body for one in messages],
        np.array([one.direction for one in messages]), digits_of(one.message_id for one in messages),
        [one.flow_id.hex() for one in messages],
        [one.request.message_id.hex() if one.request is not None else "" for one in messages],
        first, last, alone, messages.__getitem__, {place: one.notes for place, one in enumerate(messages) if one.notes},
    )  # fmt: skip


def digits_of(raw: Iterable[bytes]) -> U1:
    """Ids as 32 hexadecimal digits each."""
    return np.frombuffer(b"".join(raw).hex().encode(), np.uint8)

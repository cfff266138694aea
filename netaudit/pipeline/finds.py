"""Images as they are found: what is known of one before any table is settled, and which of them speak for others.

Of each way (from whom, to whom, by which kind of head and place in the body) the first image is told with all that a
verdict asks of it, so that it can be judged before the others of its way.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from netaudit.core.masking.mask import mask_host
from netaudit.core.text.addresses import ip_text
from netaudit.events.inference.messages import target_form
from netaudit.images.judging_ahead import Fresh
from netaudit.streams.layouts import FLOW, UP
from netaudit.tables.messages import message_row
from netaudit.tables.objects import object_draft, object_row

if TYPE_CHECKING:
    from collections.abc import Callable

    from netaudit.content.part import Leaf
    from netaudit.core.schema import Row
    from netaudit.devices.observations.ends import Ends
    from netaudit.protocols.from_streams import Conversations
    from netaudit.protocols.message import Message
    from netaudit.streams.layouts import Delivery

MOST_WAYS = 4096  # of one process: what opens more has each image judged in its turn
_DIGITS = re.compile(r"\d+")


class Known(NamedTuple):
    """A flow as it stands."""

    flow: bytes  # of a FLOW row
    flow_id: bytes
    protocol: str
    server_name: str
    swapped: bool
    keys: tuple[str, str] = ("", "")  # what became of keys that were given, and their source
    chosen: tuple[str, str, str] = ("", "", "")  # by a TLS server: version, cipher suite, application protocol
    read: tuple[int, int] = (0, 0)  # bytes in messages, which nobody asks of a flow on its way

    def row(self) -> np.void:
        """The FLOW row."""
        row: np.void = np.frombuffer(self.flow, FLOW)[0]
        return row


class Find(NamedTuple):
    """An image object on its way."""

    known: Known  # its flow
    sha256: str
    kind: str
    size: int
    complete: bool
    up: bool
    ts: int  # of the packet with the last byte of its message
    object_id: str
    host: str
    object_row: Row
    message_row: Row
    protocol: str = ""  # of its message
    holder: tuple[str, str] | None = None  # SHA-256 and kind of the picture within which it lies

    @property
    def message_id(self) -> str:
        """Of its message; empty where no row is known."""
        return self.message_row.message_id if self.message_row else ""


def standing(delivery: Delivery, conversations: Conversations) -> Known:
    """The flow of a delivery that was just read, as it stands."""
    flow = delivery.flow
    if not delivery.closed:
        return Known(flow.tobytes(), *conversations.standing(flow))
    summary = conversations.closed[-1]
    columns = (summary.flow_id, summary.protocol, summary.server_name, summary.swapped, summary.keys, summary.chosen)
    return Known(flow.tobytes(), *columns)


def find_of(
    known: Known, message: Message, leaf: Leaf, object_id: str, sha256: str, holder: tuple[str, str] | None = None
) -> Find:
    """An image that was found in a message of a flow."""
    pieces = message.pieces
    return Find(
        known,
        sha256,
        leaf.kind,
        len(leaf.part.data),
        leaf.part.complete,
        message.direction == UP,
        int(pieces["ts"][-1]) if pieces is not None and len(pieces) else 0,
        object_id,
        mask_host((message.request or message).host[:256]),
        object_row(object_draft(object_id, message.message_id.hex(), sha256, leaf, stored=True)),
        message_row(message),
        message.protocol,
        holder,
    )


def ends(known: Known, *, up: bool) -> tuple[str, str]:
    """Sender and receiver of what went up (or down) a flow."""
    row = known.row()
    near, far = ("server", "client") if known.swapped else ("client", "server")
    client = ip_text(int(row[f"{near}_hi"]), int(row[f"{near}_lo"]))
    server = ip_text(int(row[f"{far}_hi"]), int(row[f"{far}_lo"]))
    return (client, server) if up else (server, client)


def way_of(find: Find) -> tuple[str, ...]:
    """From whom an image went to whom, and by which kind of head, where that is known."""
    method, path = (getattr(find.message_row, name, "") for name in ("method", "path"))
    return (*ends(find.known, up=find.up), find.host, method, target_form(path))


class Telling:
    """Tells of each image that is new to a case, and of the first one of each way."""

    def __init__(self, tell: Callable[[Fresh], None]) -> None:
        self._tell = tell
        self._ways: set[tuple[str, ...]] = set()

    def found(
        self,
        message: Message,
        leaf: Leaf,
        object_id: str,
        sha256: str,
        place: tuple[Known | None, Ends],
        *,
        new: bool,
        holder: tuple[str, str] | None,
    ) -> None:
        """An image was stored, or was there already; `holder`: SHA-256 and kind of the picture within which it lies.

        `place`: the flow of its message as it stood when it was read, and its ends; no flow of a plain document.
        """
        find, (known, between) = None, place
        if known is not None and holder is None and len(self._ways) < MOST_WAYS:
            way = _way(message, leaf, between)
            if way not in self._ways:
                self._ways.add(way)
                find = find_of(known, message, leaf, object_id, sha256)
        if new or find is not None:
            self._tell(Fresh(sha256, leaf.kind, message.direction == UP, new, find, holder))


def _way(message: Message, leaf: Leaf, between: Ends) -> tuple[str, ...]:
    asked = message.request or message
    steps = _DIGITS.sub("#", leaf.part.path)
    sides = (between.client.ip, between.server.ip)
    return (*sides, str(message.direction), asked.method, asked.host, target_form(asked.path), steps)

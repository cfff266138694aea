"""Events of a stream of parts, each a message of its own, whose pictures come in the parts after the text.

Such an event waits for all pictures that follow it: until a part that is no picture, or the end of its flow; so what
is held follows the flows that are open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from netaudit.documents.pictures import Claimed, names_of, role_after

if TYPE_CHECKING:
    from netaudit.documents.nodes import Image
    from netaudit.documents.reading import Event
    from netaudit.messages.message import Message
    from netaudit.tables import Row

LARGEST = 64 << 10  # bytes of a part whose events wait
MOST = 64  # pictures that an event waits for


class MessageEvent(NamedTuple):
    """An event, the message that told it, and its row but for the pictures that are to come."""

    event: Event
    message: Message
    row: Row = None


class Streams:
    """What waits, by flow."""

    def __init__(self) -> None:
        self._waiting: dict[bytes, list[MessageEvent]] = {}

    def part(self, new: list[MessageEvent], message: Message, images: list[Image]) -> list[MessageEvent]:
        """Events that are whole now that this part came; those of the part itself may have to wait."""
        ready = self._waiting.pop(message.flow_id, [])
        if images and not new and ready and ready[0].message.request is message.request:
            if _give([one.event for one in ready], images, complete=message.complete):
                self._waiting[message.flow_id] = ready
                return []
            return ready
        if new and not images and len(message.body) <= LARGEST:
            message.body = b""  # it has been read; many flows may wait
            self._waiting[message.flow_id] = new
            return ready
        return ready + new

    def closed(self, flow_id: bytes) -> list[MessageEvent]:
        """Events whose flow ended while they waited."""
        return self._waiting.pop(flow_id, [])


def _give(events: list[Event], images: list[Image], *, complete: bool) -> bool:
    """Pictures of a later part, each to the event that names it, else to the only one; whether more may follow."""
    for image in images:
        owners = [event for event in events if names_of(image) & event.links.keys()] or events
        if len(owners) > 1:
            return False
        (event,) = owners
        if len(event.images) >= MOST:
            event.complete = False
            return False
        event.images.append(Claimed(role_after(event, image), image))
        event.complete = event.complete and complete and image.complete
    return True

"""Events of a stream of parts, each a message of its own, whose picture comes in the part after the text.

Such an event waits for the next part of its stream, or for the end of its flow; so what is held follows the flows that
are open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from netaudit.documents.pictures import Claimed

if TYPE_CHECKING:
    from netaudit.documents.nodes import Image
    from netaudit.documents.reading import Event
    from netaudit.messages.message import Message

LARGEST = 64 << 10  # bytes of a part whose events wait


class Told(NamedTuple):
    """An event and the message that told it."""

    event: Event
    message: Message


class Streams:
    """What waits, by flow."""

    def __init__(self) -> None:
        self._waiting: dict[bytes, list[Told]] = {}

    def part(self, told: list[Told], message: Message, images: list[Image]) -> list[Told]:
        """Events that are whole now that this part came; those of the part itself may have to wait."""
        ready = self._waiting.pop(message.flow_id, [])
        if images and not told and len(ready) == 1 and ready[0].message.request is message.request:
            _give(ready[0].event, images, complete=message.complete)
        if told and not images and len(message.body) <= LARGEST:
            message.body = b""  # it has been read; many flows may wait
            self._waiting[message.flow_id] = told
            return ready
        return ready + told

    def closed(self, flow_id: bytes) -> list[Told]:
        """Events whose flow ended while they waited."""
        return self._waiting.pop(flow_id, [])


def _give(event: Event, images: list[Image], *, complete: bool) -> None:
    """The pictures of the next part, in the role that the entry gives them by their order."""
    roles = {spec.order: spec.role for spec in event.entry.images if spec.order >= 0}
    event.images += [Claimed(roles.get(place, "unknown"), image) for place, image in enumerate(images)]
    event.complete = event.complete and complete and all(image.complete for image in images)

"""A stream inside another one: what was opened with keys is read like any other flow, and told by outer offsets.

What is kept of opened messages: enough to say who sent which image or identity data to whom, and no secret.

Cookies, credentials and queries of paths go before any table sees them; text that people wrote stays in no table.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from netaudit.protocols.decryption.redaction import lessen
from netaudit.protocols.flow import Flow
from netaudit.protocols.message import message_id
from netaudit.protocols.places import MOST_RUNS, Places

if TYPE_CHECKING:
    from netaudit.protocols.decryption.carried import Carried, Outcome
    from netaudit.protocols.message import Message


class Within(Flow):
    """The inner stream of a flow. Its readers see offsets of the plaintext; its messages have those of the flow.

    Ids are made of inner offsets, since a request may be spoken of before it has ended.
    """

    __slots__ = ("places", "source")

    def __init__(self, outer: Flow) -> None:
        """Begin at the first byte of plaintext: nothing of the inner stream lies before it."""
        self.serial, self.transport, self.ports = outer.serial, "tcp", outer.ports
        self.id = blake2b(outer.id + b"within", digest_size=16).digest()
        self.who_opened_is_known, self.midstream = True, False
        self.keys, self.together = outer.keys, False
        self.places = (Places(), Places())
        self.source = ""
        self._clear()
        self.seen = True

    def bring(self, part: Carried, outcome: Outcome | None) -> None:
        """Take plaintext, or a gap in it."""
        if self.done:
            return
        if outcome is not None:
            self.source = outcome.source
        places = self.places[part.direction]
        if (runs := len(part.spans[0])) > 1 and len(places) + runs > MOST_RUNS:
            for one in part.each():  # which places are forgotten, and which thinned, must not depend on the cut
                self.bring(one, None)
            return
        at = places.end
        places.extend(part.spans)
        self._event((part.direction, at, part.data, part.length))

    def _let_go_before(self, direction: int, first: int) -> None:
        self.places[direction].forget(first)

    def needed_from(self, direction: int, after: int) -> int:
        """Outer offset of the first byte that a later message may begin with."""
        places = self.places[direction]
        waiting = [at for turned, at, _, _ in self.waiting if turned == direction]
        inner = places.end
        if waiting:
            inner = min(waiting)
        elif self.reader is not None and not self.done:
            inner = self._needed_from(direction, self.reader.needed_from(direction))
        return min(after, places.outer(inner)) if inner < places.end else after

    def _fill(self, message: Message) -> None:
        """Give a message its id by its inner place, then its outer place; of what is private, only what is needed."""
        direction, start = message.direction, message.start
        if not message.message_id:
            last = self.last[direction]
            ordinal = last[2] + 1 if last[0] == start and last[1] == message.protocol else 0
            self.last[direction] = (start, message.protocol, ordinal)
            message.message_id = message_id(self.id, direction, start, message.protocol, ordinal)
        request = message.request
        if request is not None and not request.message_id:
            request.message_id = message_id(self.id, request.direction, request.start, request.protocol)
        self.places[direction].tell(message)
        message.foreign = 0
        message.opened = message.opened or self.source
        lessen(message)
        self.out.append(message)

"""The door from messages: events whose pictures come in later messages, and what messages state outside documents.

Of a stream of parts, each a message of its own, an event waits for all pictures that follow it: until a part that is no
picture, or the end of its flow; so what is held follows the flows that are open. What heads and announcements say of
who sends them stands in pairs of a name and a value: texts of services over mDNS (RFC 6763, 6.4), the device id of a
printer (IEEE 1284) over SNMP, the query and the maker's own heads of a request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from netaudit.core.contracts.details import DnsDetails, SnmpDetails, Statement
from netaudit.events.rules.event import Claimed
from netaudit.events.rules.pictures import names_of, role_after
from netaudit.events.rules.statements import described_by, names_model, of_browser, taken_apart

if TYPE_CHECKING:
    from collections.abc import Callable

    from netaudit.core.contracts.heads import Fields
    from netaudit.core.schema import Row
    from netaudit.events.rules.event import Event
    from netaudit.events.rules.nodes import Image
    from netaudit.protocols.message import Message

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
            self._waiting[message.flow_id] = new
            return ready
        return ready + new

    def holds(self, message: Message) -> bool:
        """Whether events of a message wait, and the message with them."""
        return any(one.message is message for one in self._waiting.get(message.flow_id, ()))

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


MOST_RECORDS, MOST_TEXTS, MOST_HEADS = 64, 32, 64
LEAST_QUERY = 24  # characters of a target whose query may say what a device is
Pairs = list[tuple[str, str]]


def stated_in_pairs(message: Message) -> list[Statement]:
    """What the pairs of a message say of its sender, or of the address that its answers name; nothing in most."""
    read = READ.get(message.protocol)
    pairs = read(message) if read is not None else []
    facts = described_by(pairs) if pairs else None
    return [Statement(tuple(facts.items()), asked=False, listed=False)] if facts else []


def _of_mdns(message: Message) -> Pairs:
    details = message.details
    if not isinstance(details, DnsDetails) or not details.response:
        return []
    pairs: Pairs = []
    for _, kind, value, *_ in details.answers[:MOST_RECORDS]:
        if kind == "TXT" and isinstance(value, list):
            pairs += [(name, text) for name, mark, text in (one.partition("=") for one in value[:MOST_TEXTS]) if mark]
        elif kind == "A" and pairs:
            pairs.append(("ip", str(value)))
    return pairs


def _of_snmp(message: Message) -> Pairs:
    details = message.details
    said = details.said if isinstance(details, SnmpDetails) and details.answer else ()
    return [pair for name, value in said if name == "device_id" for pair in taken_apart(value)]


def _of_http(message: Message) -> Pairs:
    if message.direction or message.request is not None:
        return []
    pairs = list(message.form.read(_own_heads))
    if not message.body and len(message.path) >= LEAST_QUERY and names_model(message.path):
        asked = taken_apart(message.path.partition("?")[2])
        pairs += asked if "firmware" in described_by(asked) else []  # else it may look for others
    return [] if pairs and of_browser(message.header("user-agent")) else pairs


def _own_heads(fields: Fields) -> tuple[tuple[str, str], ...]:
    """Heads of a maker's own."""
    found = [(name[2:], value) for name, value in fields[:MOST_HEADS] if name.startswith("x-")]
    return tuple(found) if len(found) > 1 and names_model(" ".join(name for name, _ in found)) else ()


READ: dict[str, Callable[[Message], Pairs]] = {
    "mdns": _of_mdns, "snmp": _of_snmp, "http": _of_http, "http2": _of_http, "http3": _of_http,
}  # fmt: skip

"""CoAP over UDP (RFC 7252; blocks: RFC 7959 and 9177): requests and responses, a body from all of its blocks.

A response has the token of its request, by whichever datagram it comes. Blocks of a body are requests with the same
method and path, each with an answer of its own, of which the last speaks for the body; blocks of an answer likewise.
Copies (the same datagram again) are left out. An empty acknowledgement says nothing and is no message. From the first
datagram on that is none of CoAP, the flow is searched for images.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from netaudit.messages.coap.datagram import (
    ETAG,
    FORMAT,
    LEAST,
    PROXY_URI,
    SIZE1,
    SIZE2,
    TAG,
    URI_HOST,
    URI_PATH,
    Datagram,
    parse,
)
from netaudit.messages.files.filebytes import FileBytes
from netaudit.messages.marks import ANY, Mark
from netaudit.messages.message import Message, carved_from_here
from netaudit.messages.reader import BaseReader, Opening, Verdict, carve_from, remember
from netaudit.text.charset import decoded

NAME = "coap"
PORT = 5683
MOST_ASKED = 256  # requests of a direction that wait for their answers, or are observed
MOST_BODIES = 32  # bodies of a direction under way
MOST_COPIES = 64  # datagrams that are remembered (a copy comes within 93 s, 4.8.2)
FAR = 16 << 10  # bytes beyond twice of what was written at which a block is none of the body: ten may be under way
FAR_NOTE = "limit: a block far behind all others of its body is told by itself"
CONTINUE, ERROR = 231, 400
FORMATS = {  # registry of IANA: CoAP Content-Formats
    0: "text/plain;charset=utf-8", 21: "image/gif", 22: "image/jpeg", 23: "image/png", 40: "application/link-format",
    41: "application/xml", 42: "application/octet-stream", 50: "application/json", 60: "application/cbor",
    110: "application/senml+json", 112: "application/senml+cbor", 11542: "application/vnd.oma.lwm2m+tlv",
    11543: "application/vnd.oma.lwm2m+json", 30000: "image/svg+xml",
}  # fmt: skip
HEAD = bytes(kind << 4 | length for kind in (4, 5) for length in range(9))  # version 1, confirmable or not
MARKS = (
    Mark((HEAD, bytes(range(1, 8))), least=5),
    Mark((bytes(range(0x40, 0x80)), ANY), least=4, ports=(PORT,)),
)

Body = tuple[str, str, bytes]  # method, path, tag: by which blocks are of one body


def recognise(opening: Opening) -> Verdict:
    """A request that names a resource; on the usual port any datagram that is sound."""
    usual = PORT in (opening.client_port, opening.server_port)
    for data, asked, answered in (
        (opening.up, Verdict.YES, Verdict.SWAPPED),
        (opening.down, Verdict.SWAPPED, Verdict.YES),
    ):
        datagram = parse(data)
        if datagram is None:
            continue
        if datagram.method and (
            usual or any(option in {URI_HOST, URI_PATH, PROXY_URI} for option, _ in datagram.options)
        ):
            return asked
        if usual and not datagram.method:
            return answered if datagram.status else asked
    return Verdict.NO


class _Parts:
    """A body of which blocks came."""

    def __init__(self, message: Message) -> None:
        self.message, self.bytes, self.declared, self.ended = message, FileBytes(), 0, False
        self.named = replace(message)  # the same without body, for what waits for an answer

    @property
    def whole(self) -> bool:
        return self.ended and self.bytes.has(0, self.bytes.size)

    def append(self, place: int, payload: memoryview, declared: int, *, more: bool) -> bool:
        """Whether a block can be of this body; else it is of the next one of the same name."""
        end, known = place + len(payload), self.bytes
        if known.has(place, max(end, place + 1)):
            return bool(place) and not self.ended and known.data[place:end] == payload
        other = known.touches(place, end) or (self.ended and end > known.size) or (not more and end < known.size)
        return not other and (not declared or self.declared in {0, declared})

    def give(self) -> Message:
        self.bytes.fill(self.message, self.declared, known=self.ended)
        return self.message


class CoapReader(BaseReader):
    """Reads both directions: either side may ask."""

    apart = True

    def __init__(self) -> None:
        self.at = [0, 0]
        self.consumed: list[tuple[int, int, int]] = []
        self.asked: tuple[dict[bytes, Message], dict[bytes, Message]] = ({}, {})  # by token; the side that asked
        self.bodies: tuple[dict[Body, _Parts], dict[Body, _Parts]] = ({}, {})
        self.seen: tuple[deque[int], deque[int]] = (deque(maxlen=MOST_COPIES), deque(maxlen=MOST_COPIES))

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take one datagram."""
        self.at[direction] = offset + len(data)
        datagram = parse(data)
        if datagram is None and len(data) >= LEAST:
            self.hand_over = carve_from(direction, offset, data)
            return [*self.finish(), carved_from_here(NAME, direction, offset, "a datagram that is no CoAP")]
        if datagram is None or not (datagram.method or datagram.status):
            return []
        if datagram.kind < 2:  # an acknowledgement may be the same for many
            if (copy := hash(data)) in self.seen[direction]:
                self.consumed.append((direction, offset, offset + len(data)))
                return []
            self.seen[direction].append(copy)
        return self.parse(datagram, direction, offset, data)

    def parse(self, datagram: Datagram, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take a request or a response: what it says, where it begins in its stream, and its bytes."""
        self.consumed.append((direction, offset, offset + len(data)))
        message = Message(NAME, direction, offset, offset + len(data), method=datagram.method, status=datagram.status)
        message.content_type = _format(datagram)
        if datagram.method:
            message.host, message.path = decoded(datagram.first(URI_HOST) or b""), datagram.path
            return self._request(datagram, message, data)
        return self._response(datagram, message, data)

    def _request(self, datagram: Datagram, message: Message, data: bytes) -> list[Message]:
        key = message.method, message.path, datagram.first(TAG) or b""
        out = self._append(key, datagram, message, data)
        parts = self.bodies[message.direction].get(key)
        # of blocks, the request is the body: it is given with the last of them
        request = replace(out[-1], body=b"") if parts is None or datagram.block is None else parts.named
        remember(self.asked[message.direction], datagram.token, request, MOST_ASKED)
        return out

    def _response(self, datagram: Datagram, message: Message, data: bytes) -> list[Message]:
        other = 1 - message.direction
        request = self.asked[other].get(datagram.token)
        if request is None:
            return self._append(("", "", datagram.token), datagram, message, data)
        out: list[Message] = []
        under_way = next((key for key, parts in self.bodies[other].items() if parts.named is request), None)
        if under_way is not None and (datagram.status >= ERROR or self.bodies[other][under_way].ended):
            out = [self.bodies[other].pop(under_way).give()]
            under_way = None
        if under_way is None:  # else the body has no row yet that an answer could be of
            message.request = request
        key = request.method, request.path, datagram.first(ETAG) or b""
        return out + self._append(key, datagram, message, data)

    def _append(self, key: Body, datagram: Datagram, message: Message, data: bytes) -> list[Message]:
        """The message of a datagram, or what its block makes ready to be given."""
        payload = memoryview(data)[datagram.payload_at :]
        block = datagram.block
        if block is None or message.status == CONTINUE or message.status >= ERROR:
            return [_alone(message, payload)]
        place, more = block
        out: list[Message] = []
        bodies = self.bodies[message.direction]
        parts = bodies.get(key)
        declared = datagram.number_of(SIZE1 if message.method else SIZE2)
        if parts is not None and not parts.append(place, payload, declared, more=more):
            out, parts = [bodies.pop(key).give()], None  # the next body of the same name
        if place > FAR + (2 * parts.bytes.written if parts is not None else 0):
            message.unknown_from, message.complete = len(payload), False
            message.notes.append(FAR_NOTE)
            return [*out, _alone(message, payload)]
        if parts is None:
            parts = bodies[key] = _Parts(message)
        mine = parts.message
        mine.end, mine.start = max(mine.end, message.end), min(mine.start, message.start)
        mine.request = mine.request or message.request
        parts.declared = max(parts.declared, declared)
        parts.bytes.write(place, payload)
        parts.ended = parts.ended or not more
        if parts.whole:
            out.append(bodies.pop(key).give())
        elif len(bodies) > MOST_BODIES:
            out.append(bodies.pop(next(iter(bodies))).give())
        return out

    def finish(self) -> list[Message]:
        """Give bodies that never became whole."""
        out = [parts.give() for bodies in self.bodies for parts in bodies.values()]
        self.bodies = ({}, {})
        return out

    def read_upto(self, direction: int) -> int:
        """Behind what was read."""
        return self.at[direction]

    def needed_from(self, direction: int) -> int:
        """Beginning of the oldest body under way."""
        begins = (parts.message.start for parts in self.bodies[direction].values())
        return min(begins, default=self.at[direction])


def _alone(message: Message, payload: memoryview) -> Message:
    message.body, message.body_size = bytes(payload), len(payload)
    message.body_start = message.end - len(payload) if payload else -1
    return message


def _format(datagram: Datagram) -> str:
    return FORMATS.get(datagram.number_of(FORMAT), "") if datagram.first(FORMAT) is not None else ""

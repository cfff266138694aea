"""The message: what every reader yields, whatever the protocol."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Protocol

from netaudit.core.contracts.details import NOTHING, Details
from netaudit.core.contracts.heads import Form, form_of
from netaudit.core.text.json_document import JsonDocument

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from netaudit.core.contracts.ranges import Ranges

UP, DOWN = 0, 1  # client to server, server to client; the same numbers as in streams
_MESSAGE = struct.Struct(">BQI")


def message_id(flow: bytes, direction: int, start: int, protocol: str, ordinal: int = 0) -> bytes:
    """16 bytes that name a message: flow, direction, stream offset, protocol, and which one it is at that offset."""
    return blake2b(flow + _MESSAGE.pack(direction, start, ordinal) + protocol.encode(), digest_size=16).digest()


@dataclass(slots=True)
class Message:
    """One message of a flow's direction. Offsets are of its stream; readers know no frames and no files."""

    protocol: str  # "http", "tls", "dns", "carved" …
    direction: int  # streams.layouts.UP or DOWN
    start: int  # first byte of the head
    end: int  # one past the last byte
    method: str = ""
    host: str = ""
    path: str = ""
    status: int = 0  # 0: a request, or a protocol without status
    content_type: str = ""
    headers: list[tuple[str, str]] = field(
        default_factory=list
    )  # in order; names in lower case, but those a sender made up (MQTT 5)
    head: bytes = b""  # what is no body, as it came, where the reader has it by itself
    body: bytes = b""  # after transfer coding, before content coding; missing ranges are zero bytes
    body_start: int = -1  # stream offset of body[0] where body bytes lie in the stream one to one, else -1
    body_size: int = 0  # as declared, or as counted
    complete: bool = True
    missing: Ranges = field(default_factory=list)  # in body coordinates
    unknown_from: int | None = None  # from this body offset on nothing can be said (broken chunk, undeclared end)
    file_name: str = ""  # as the protocol says it
    file_range: str | None = None  # the body is a part of something: "first-last/size", "multipart", or as sent
    part: int | None = None  # place in a stream of parts, each a message of its own
    spread: tuple[str, int] | None = None  # name and size (-1 unknown) of a file that other flows may carry, too
    details: Details = NOTHING  # what the protocol says besides, typed by family
    notes: list[str] = field(default_factory=list)  # named limits and sloppiness met
    foreign: int = 0  # bytes between its ends that do not count as read with it
    obscure: int = 0  # bytes of the body that nobody understood, once it was taken apart
    unread: int = 0  # bytes of its documents that were not understood to their end
    scraps: list[tuple[int, int]] | None = None  # words of it that nobody would read (`content/scraps.py`)
    request: Message | None = None  # for a response: its request, where known
    opened: str = ""  # of what was encrypted: with keys from which source it was opened
    document: JsonDocument | None = None  # the body, once somebody read it as JSON (`json`)
    parts: list[Any] | None = None  # of the body, once somebody opened it as a form of several
    _form: tuple[list[tuple[str, str]], int, Form] | None = field(default=None, init=False, repr=False, compare=False)
    # filled in by protocols/from_streams.py:
    flow_id: bytes = b""
    message_id: bytes = b""
    pieces: npt.NDArray[np.void] | None = None  # PIECE rows [start, end), for evidence

    def header(self, name: str) -> str:
        """First value of a header by lower-case name, or the empty string."""
        for key, value in self.headers:
            if key == name:
                return value
        return ""

    def has_form(self, form: Form) -> None:
        """Learn the form of the head, where whoever read it knows it."""
        self._form = (self.headers, len(self.headers), form)

    @property
    def form(self) -> Form:
        """What messages like it have alike in their heads."""
        if self._form is None or self._form[0] is not self.headers or self._form[1] != len(self.headers):
            self._form = (self.headers, len(self.headers), form_of(self.headers))
        return self._form[2]

    @property
    def json(self) -> JsonDocument:
        """The body as a JSON text, which is parsed once; what takes the body apart finds it parsed."""
        if self.document is None:
            gaps = [gap for gap in self.missing if gap[0] < len(self.body)]  # behind its end nothing is missing in it
            self.document = JsonDocument(self.body, gaps, self.content_type)
        return self.document


def carved_from_here(protocol: str, direction: int, at: int, why: str) -> Message:
    """Says that from an offset on a flow is searched for images, whatever its protocol is."""
    message = Message(protocol, direction, at, at, complete=False, unknown_from=0)
    message.notes.append(f"{why}: carved from here on")
    return message


class Reader(Protocol):
    """Sans-I/O reader of one flow. Any split of the same bytes gives the same messages."""

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take the next bytes of a direction; `offset` is that of data[0] (always where the last call ended)."""
        ...

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """Take note that `length` bytes from `offset` were never captured."""
        ...

    def finish(self) -> list[Message]:
        """The flow has ended: give what is left, marked incomplete where it is."""
        ...

    def needed_from(self, direction: int) -> int:
        """Stream offset before which no later message of this direction can begin (frames before it can go)."""
        ...

    @property
    def wants_bytes(self) -> bool:
        """False once the reader needs nothing more (TLS after the hello): the flow is then only counted."""
        ...

"""Hikvision's EHome 2 to 4: XML documents `PPVSPMessage` in clear, over TCP or UDP (facts 3.6).

ISUP 5's binary layout is hearsay and not read; its redirects and events are JSON, which is found without it. Events go
to the alarm port by UDP, too, a document to a datagram: they are those of ISAPI, in XML or JSON.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from netaudit.core.contracts.details import StatedDetails
from netaudit.protocols.marks import Mark
from netaudit.protocols.message import DOWN, UP, Message
from netaudit.protocols.reader import BaseReader, DatagramReader, Opening, Verdict

if TYPE_CHECKING:
    from netaudit.protocols.vendors.framed_reader import Said

NAME = "ehome"
MOST = 1 << 20  # bytes of one document
FIELDS = {
    "SerialNumber": "serial", "DeviceID": "device_id", "FirmwareVersion": "firmware", "DevType": "device_type",
    "Manufacture": "manufacturer", "NetUnitType": "unit_type", "LocalIP": "address",
}  # fmt: skip
_ROOT = re.compile(rb"(?:\xef\xbb\xbf)?\s{0,16}(?:<\?xml[^<>]{0,200}\?>\s{0,16})?<PPVSPMessage[\s>]")
_TAG = re.compile(rb"<PPVSPMessage[\s>]")
_DECLARATION = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml[^<>]{0,100}\?>\s{0,16}\Z")
_END = b"</PPVSPMessage>"
_FIELD = re.compile(rb"<(\w{2,40})>([^<]{1,200})</")
_KEEP = 256  # bytes in which a declaration and a tag may lie that are not whole
PRELUDE = 512  # bytes before the root element that are waited for


MARKS = (Mark((b"\xef \t\r\n\f\v<",), holds=(b"<", 0, 20)), Mark((b"{",), holds=(b'"', 0, 20)))
_EVENT_XML = re.compile(rb"(?:\xef\xbb\xbf)?\s{0,16}(?:<\?xml[^<>]{0,200}\?>\s{0,16})?<EventNotificationAlert[\s>]")
_EVENT_JSON = re.compile(rb'\{\s{0,16}"[^\x00]{0,2048}?"eventType"\s{0,4}:', re.DOTALL)


def recognise(opening: Opening) -> Verdict:
    """The root element."""
    data = opening.up or opening.down
    if _ROOT.match(data):
        return Verdict.YES
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    begun = start[:5] == b"<?xml"[: len(start)] or b"<PPVSPMessage".startswith(start[:13])
    return Verdict.MORE if begun and len(data) < PRELUDE else Verdict.NO


def recognise_udp(opening: Opening) -> Verdict:
    """The root element, or an event of ISAPI."""
    data = opening.up or opening.down
    return Verdict.YES if _EVENT_XML.match(data) or _EVENT_JSON.match(data) else recognise(opening)


def read(data: bytes) -> Message:
    """A whole document; direction and offsets are the caller's to set."""
    message = Message(NAME, UP, 0, len(data), content_type="application/xml", body=data, body_size=len(data))
    found = [
        (match[1].decode("ascii", "replace"), _text(match[2])) for match in itertools.islice(_FIELD.finditer(data), 64)
    ]
    words = dict(reversed(found))
    kind, command = words.get("CommandType", ""), words.get("Command", "")
    message.method = f"{kind} {command}".strip()[:64]
    if kind == "REQUEST" and command == "REGISTER":
        pairs: Said = [(FIELDS[name], value) for name, value in found if name in FIELDS]
        message.details = StatedDetails(NAME, pairs)
    return message


def _text(raw: bytes) -> str:
    for charset in ("utf-8", "gb18030"):
        try:
            return raw.decode(charset).strip()
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


class EhomeDatagrams(DatagramReader):
    """Reads one document from each datagram."""

    def parse(self, data: bytes) -> Message | None:
        """Read a datagram."""
        event = _EVENT_JSON.match(data) or _EVENT_XML.match(data)
        if event is None and not _ROOT.match(data):
            return None
        message = read(data)
        message.body_start = 0
        if event is not None:
            message.method = "EVENT"
            message.content_type = "application/json" if data[:1] == b"{" else "application/xml"
        elif _END not in data:
            message.complete, message.unknown_from = False, len(data)
        return message

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take a datagram."""
        out = super().feed(direction, offset, data)
        for message in out:
            message.body_start = offset
        return out


class EhomeReader(BaseReader):
    """Reads the documents of one connection; what lies between them says nothing."""

    def __init__(self) -> None:
        self.held = [b"", b""]
        self.at = [0, 0]

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take bytes."""
        base = offset - len(self.held[direction])
        data = self.held[direction] + data
        self.at[direction] = base + len(data)
        out: list[Message] = []
        at = 0
        while True:
            tag = _TAG.search(data, at)
            if tag is None:
                at = max(at, len(data) - _KEEP)
                break
            declared = _DECLARATION.search(data, max(at, tag.start() - _KEEP // 2), tag.start())
            at = (declared or tag).start()
            end = data.find(_END, at, at + MOST)
            if end < 0:
                if len(data) - at < MOST:
                    break
                at += MOST  # passed over as a whole, so that nothing is searched twice
                continue
            stop = end + len(_END)
            out.append(self._place(read(data[at:stop]), direction, base + at))
            at = stop
        self.held[direction] = data[at:]
        return out

    def _place(self, message: Message, direction: int, start: int) -> Message:
        message.direction, message.start, message.end = direction, start, start + len(message.body)
        message.body_start = start
        return message

    def _cut(self, direction: int) -> list[Message]:
        """A document that was begun and whose rest is missing."""
        held, self.held[direction] = self.held[direction], b""
        if not _ROOT.match(held):
            return []
        message = self._place(read(held), direction, self.at[direction] - len(held))
        message.complete, message.unknown_from = False, len(held)
        return [message]

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """A document under way ends here."""
        out = self._cut(direction)
        self.at[direction] = offset + length
        return out

    def finish(self) -> list[Message]:
        """Give documents that never ended."""
        return self._cut(UP) + self._cut(DOWN)

    def needed_from(self, direction: int) -> int:
        """Beginning of the document under way."""
        return self.at[direction] - len(self.held[direction])

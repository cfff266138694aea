"""Dahua's DHIP and DVRIP over TCP (facts 4.1): logins, JSON-RPC and its events, pictures among them.

Little-endian 32-byte headers. The layout of pictures in SDK streams is not known: they are carved out of the payload.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netaudit.core.contracts.details import StatedDetails
from netaudit.protocols.cutting import Layout
from netaudit.protocols.message import DOWN, UP, Message
from netaudit.protocols.reader import Opening, Verdict
from netaudit.protocols.vendors.dahua_words import login_words, stated
from netaudit.protocols.vendors.framed_reader import FramedReader, Said, midway

if TYPE_CHECKING:
    from netaudit.protocols.cutting import Frame

NAME = "dahua"
PORTS = (37777,)
HEAD = 32
MOST = 16 << 20  # bytes of a frame, or of a document in several
UNANSWERED = 256
DHIP = b"\x20\x00\x00\x00DHIP"
CLIENT, DEVICE, JSON_FRAME = b"\xa0", b"\xb0", b"\xf6\x00\x00\x00"
RESULTS = {  # bytes 8 and 9 of a login reply
    0x0008: "ok", 0x0100: "bad credentials", 0x0101: "bad user", 0x0104: "locked", 0x0111: "not initialised",
    0x0303: "already in",
}  # fmt: skip
REALM_REPLY = b"\xb0\x01"  # its result means nothing yet
METHODS = {
    b"\xa0\x00": "login",
    b"\xa0\x01": "ask realm",
    b"\xa0\x05": "login",
    b"\xb0\x00": "reply",
    b"\xb0\x01": "reply",
}
TAIL = b"\x00\x00\xa1\xaa"  # the end of a client's header (facts 4.1)
_MARK = re.compile(rb"\x20\x00\x00\x00DHIP|\xf6\x00\x00\x00|\xa0[\x00\x01\x05]|\xb0[\x00\x01]\x00")
_OPENING = re.compile(rb"\x20\x00\x00\x00DHIP|[\xa0\xb0\xf6]")
_REALM = re.compile(rb"Realm:([^\r\n\x00]{1,100})")
_USER = re.compile(r"[\w.@-]{1,32}", re.ASCII)


def size(head: bytes) -> int:
    """Length of the frame that begins with these 32 bytes; 0 when none does."""
    if head.startswith(DHIP):
        length, total = struct.unpack_from("<II", head, 16)[0], struct.unpack_from("<I", head, 24)[0]
        return HEAD + length if 0 < length <= total <= MOST else 0
    length = int.from_bytes(head[4:8], "little")
    if length > MOST:
        return 0
    if head.startswith(JSON_FRAME):
        total = int.from_bytes(head[16:20], "little")
        padded = not any((*head[12:16], *head[20:24], *head[28:32]))
        return HEAD + length if padded and length and 0 < total <= MOST else 0
    if head[:2] in METHODS and head[:1] == CLIENT:
        return HEAD + length if head[28:32] == TAIL and length <= 4096 else 0
    if head[:2] in METHODS and not any(head[2:4]) and length <= 4096:
        known = head[:2] == REALM_REPLY or int.from_bytes(head[8:10], "big") in RESULTS
        return HEAD + length if known else 0
    return 0


LAYOUT = Layout(HEAD, size, _MARK, 8)


def recognise(opening: Opening) -> Verdict:
    """A frame of known kind at the beginning of what was seen first."""
    found = [_begins(data) for data in (opening.up, opening.down) if data]
    if not found or Verdict.NO in found:
        return midway(opening, LAYOUT, PORTS) if found else Verdict.MORE
    if Verdict.YES not in found:
        return Verdict.MORE
    turned = opening.up[:1] == DEVICE or (not opening.up and opening.down[:1] == CLIENT)
    return Verdict.SWAPPED if turned else Verdict.YES


def _begins(data: bytes) -> Verdict:
    if len(data) >= HEAD:
        return Verdict.YES if size(data[:HEAD]) else Verdict.NO
    if DHIP.startswith(data[:8]):
        return Verdict.MORE
    return Verdict.MORE if _OPENING.match(data) else Verdict.NO


@dataclass(slots=True)
class _Partial:
    """A document that comes in pieces."""

    total: int  # bytes declared
    message: Message  # its first piece
    pieces: list[bytes]
    size: int  # bytes so far

    def add(self, message: Message) -> None:
        """Take the next piece."""
        first = self.message
        first.missing += [(a + self.size, b + self.size) for a, b in message.missing]
        if message.unknown_from is not None and first.unknown_from is None:
            first.unknown_from = self.size + message.unknown_from
        first.end, first.complete = message.end, first.complete and message.complete
        self.pieces.append(message.body)
        self.size += len(message.body)

    def joined(self) -> Message:
        """The document so far."""
        message = self.message
        if len(self.pieces) > 1:
            message.body, message.body_start = b"".join(self.pieces), -1
        message.body_size = self.size
        return message


class DahuaReader(FramedReader):
    """Reads one connection."""

    name = NAME
    layout = LAYOUT

    def __init__(self) -> None:
        super().__init__()
        self.asked: dict[int, str] = {}  # method by id
        self.partial: list[_Partial | None] = [None, None]

    def frame(self, direction: int, frame: Frame) -> list[Message]:
        """A document, a piece of one, or a login."""
        head = frame.data[:HEAD]
        if not frame.intact(0, HEAD):
            return [self.message(direction, frame, "")]
        if head.startswith(DHIP):
            total, ident = (struct.unpack_from("<I", head, at)[0] for at in (24, 12))
        elif head.startswith(JSON_FRAME):
            total, ident = (struct.unpack_from("<I", head, at)[0] for at in (16, 8))
        else:
            return [self._login(direction, frame)]
        message = self.message(direction, frame, "", HEAD)
        message.content_type, message.details = "application/json", StatedDetails(id=ident)
        if message.body_size <= total or self.partial[direction] is not None:
            return self._whole(direction, total, message)
        behind = self.carve(direction, frame, HEAD + total)  # more than a document: what it is is not known
        message.body, message.body_size = message.body[:total], total
        message.missing = frame.holes(HEAD, min(HEAD + total, len(frame.data)))
        message.notes.append(f"{frame.size - HEAD - total} bytes behind the document: only searched for images")
        return [*self._whole(direction, total, message), *behind]

    # -- documents ----------------------------------------------------------------------------------------------------

    def _whole(self, direction: int, total: int, message: Message) -> list[Message]:
        """Join the pieces of a document that came in several frames of one id."""
        out: list[Message] = []
        held = self.partial[direction]
        if held is not None and _id_of(held.message) != _id_of(message):
            out.append(self._give(self._cut(direction)))
            held = None
        if held is None and message.body_size >= total:
            return [*out, self._give(message)]
        if held is None:
            self.partial[direction] = _Partial(total, message, [message.body], len(message.body))
            return out
        held.add(message)
        if held.size >= held.total:
            self.partial[direction] = None
            return [*out, self._give(held.joined())]
        return out

    def _cut(self, direction: int) -> Message:
        """A document whose other pieces never came."""
        held = self.partial[direction]
        assert held is not None
        self.partial[direction] = None
        message = held.joined()
        message.body_size, message.complete = held.total, False
        known = len(message.body) if message.body[:1] == b"{" else 0  # the beginning may be what is missing
        message.unknown_from = known if message.unknown_from is None else min(known, message.unknown_from)
        return message

    def finish(self) -> list[Message]:
        """Give what never ended."""
        out = super().finish()
        return out + [self._give(self._cut(way)) for way in (UP, DOWN) if self.partial[way] is not None]

    def needed_from(self, direction: int) -> int:
        """Beginning of the document under way."""
        held = self.partial[direction]
        first = super().needed_from(direction)
        return min(first, held.message.start) if held is not None else first

    def _give(self, message: Message) -> Message:
        """What a document says of who sent it."""
        document = message.json.mapping if message.complete else None
        if document is None:
            return message
        method, params = document.get("method"), document.get("params")
        ident = _id_of(message)
        if isinstance(method, str):
            message.method = method[:64]
            if message.direction == UP and len(self.asked) < UNANSWERED:
                self.asked[ident] = method[:64]
            message.details = StatedDetails("dahua_client", login_words(method, params), id=ident)
        else:
            message.method = self.asked.pop(ident, "") or "answer"
            if message.direction == DOWN:
                message.details = StatedDetails("dahua", stated(message.method, params), id=ident)
        return message

    # -- logins -------------------------------------------------------------------------------------------------------

    def _login(self, direction: int, frame: Frame) -> Message:
        """A login or the reply to one: user name and realm, never the password or its hash."""
        head, extra = frame.data[:HEAD], frame.data[HEAD:]
        message = self.message(direction, frame, METHODS.get(head[:2], ""))
        pairs: Said = []
        if head[:1] == DEVICE:
            if found := _REALM.search(extra):
                pairs.append(("realm", found[1].decode("utf-8", "replace").strip()))
            message.details = StatedDetails("dahua", pairs, RESULTS.get(int.from_bytes(head[8:10], "big"), ""))
            return message
        name, found_hash, _ = extra.partition(b"&&")
        user = (name if found_hash else head[8:16].rstrip(b"\0")).decode("utf-8", "replace")
        if _USER.fullmatch(user):
            pairs.append(("user", user))
        message.details = StatedDetails("dahua_client", pairs)
        return message


def _id_of(message: Message) -> int:
    return message.details.id if isinstance(message.details, StatedDetails) else 0

"""SIP (RFC 3261) over UDP and TCP, as GB/T 28181 uses it: registrations, messages with documents, invitations to media.

User names and realms of digest authentication are kept, never the response that proves a password.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from netaudit.messages.gb28181 import DOCUMENT, identity, read_document
from netaudit.messages.http1_head import BLANK_LINE, parse_fields, text_of
from netaudit.messages.message import DOWN, UP, Message
from netaudit.messages.reader import BaseReader, DatagramReader, Opening, Verdict
from netaudit.messages.sip_media import offers

NAME = "sip"
PORT = 5060
HEAD_LIMIT = 64 << 10  # bytes of a head
BODY_LIMIT = 4 << 20  # bytes of a body over TCP
PENDING = 256  # requests that wait for an answer
COMPACT = {  # RFC 3261, 7.3.3
    "i": "call-id", "m": "contact", "e": "content-encoding", "l": "content-length", "c": "content-type", "f": "from",
    "s": "subject", "k": "supported", "t": "to", "v": "via",
}  # fmt: skip
_START = re.compile(
    rb"(?:SIP/2\.0 +(\d{3})(?!\d)[^\n]{0,300}|([A-Z]{3,16}) +(sips?:[^\s]{1,500}) +SIP/2\.0[ \t]*)\r?\n"
)
_VERSION = r"S(?:I(?:P(?:/(?:2(?:\.(?:0(?: [^\n]{0,300})?)?)?)?)?)?)?"
_REQUEST = r"[A-Z]{1,16}(?: +(?:s|si|sips?|sips?:[^\n]{0,520})?)?"
_PARTIAL = re.compile(rf"(?:{_VERSION}|{_REQUEST})\Z".encode())
_FOUND = re.compile(rb"SIP/2\.0 +\d{3}|[A-Z]{3,16} +sips?:[^\s]{1,500} +SIP/2\.0")
_KEEP = 600  # bytes in which a start line may begin that is not whole
_URI = re.compile(r"sips?:(?:([^@:;>\s]{1,100})(?::[^@>\s]{0,100})?@)?([^;>\s,]{1,200})", re.IGNORECASE)
_DIGEST = re.compile(r"(username|realm)\s*=\s*\"([^\"]{0,200})\"", re.IGNORECASE)


def recognise(opening: Opening) -> Verdict:
    """The start line of either side; midway on the usual port one anywhere."""
    verdict = _recognise(opening)
    if verdict is Verdict.NO and opening.midstream and PORT in (opening.client_port, opening.server_port):
        seen = any(_FOUND.search(data) for data in (opening.up, opening.down))
        return Verdict.YES if seen else Verdict.MORE
    return verdict


def _recognise(opening: Opening) -> Verdict:
    for data in (opening.up, opening.down):
        start = data.lstrip(b"\r\n\x00")
        if not start:
            continue
        if _START.match(start):
            return Verdict.YES
        return Verdict.MORE if _PARTIAL.match(start) else Verdict.NO
    return Verdict.MORE


def recognise_udp(opening: Opening) -> Verdict:
    """A first datagram with a whole start line, or the blank one that keeps an address translation alive (RFC 5626)."""
    data = (opening.up or opening.down).lstrip(b"\r\n\x00")
    blank = not data and PORT in (opening.client_port, opening.server_port)
    return Verdict.YES if blank or _START.match(data) else Verdict.NO


def head_of(data: bytes) -> tuple[Message, int] | None:
    """A message from its head, and the length of that; None while its blank line is not there or when it is none."""
    start = _START.match(data)
    end = BLANK_LINE.search(data, max(start.end() - 2, 0), HEAD_LIMIT) if start else None
    if start is None or end is None:
        return None
    return _message(start, data[start.end() : end.end()]), end.end()


def _message(start: re.Match[bytes], rest: bytes) -> Message:
    found, _ = parse_fields(rest)
    headers = [(COMPACT.get(name, name), value) for name, value in found]
    message = Message(NAME, UP, 0, 0, headers=headers)
    message.status, message.method = int(start[1] or 0), (start[2] or b"").decode("ascii", "replace")
    if start[3]:
        message.path = text_of(start[3])
        if uri := _URI.match(message.path):
            message.host = uri[2]
    message.content_type = message.header("content-type")
    return message


def declared(message: Message) -> int:
    """Content-Length, -1 where there is none or nonsense."""
    value = message.header("content-length").strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) < 9 else -1


class Dialogue:
    """What pairs answers with requests and tells what both say; shared by both transports."""

    def __init__(self) -> None:
        self.pending: dict[tuple[str, str], Message] = {}

    def take(self, message: Message) -> Message:
        """Add the request to an answer, and to either what it says of who sent it."""
        key = (message.header("call-id"), message.header("cseq"))
        if not message.status:
            if len(self.pending) >= PENDING:
                del self.pending[next(iter(self.pending))]
            self.pending[key] = replace(message, body=b"")
        elif (request := self.pending.get(key)) is not None:
            message.request = request
            message.host, message.path = request.host, request.path
        message.method = message.method or message.header("cseq").rpartition(" ")[2][:16]
        _state(message)
        return message


def _state(message: Message) -> None:
    """Facts: the agent, the login, the GB/T 28181 id, the document, the media."""
    said = [("user_agent", message.header(name)) for name in ("user-agent", "server") if message.header(name)]
    for name, value in message.headers[:64]:
        if name in ("www-authenticate", "proxy-authenticate", "authorization", "proxy-authorization"):
            login = {key.lower(): text for key, text in _DIGEST.findall(value[:1024])}
            asked = name.endswith("authenticate")
            said += [(("realm" if asked else "login_realm"), login["realm"])] if login.get("realm") else []
            said += [("user", login["username"])] if login.get("username") and not asked else []
    user = _sender(message)
    said += identity(user) if user else []
    message.fields.update(family=NAME, said=said)
    if message.body and DOCUMENT.search(message.content_type or "") and message.complete:
        read_document(message, user)
    elif message.content_type.lower().startswith("application/sdp"):
        message.fields["media"] = offers(message.body)


def _sender(message: Message) -> str:
    """User part of the sender's address: From of a request that nobody relayed, To of an answer; else nothing.

    A registration is about From and To alike: its answer does not name who gives it.
    """
    if message.status and message.method == "REGISTER":
        return ""
    if sum(name == "via" for name, _ in message.headers) != 1 or "," in message.header("via"):
        return ""
    found = _URI.search(message.header("to" if message.status else "from"))
    return (found[1] or "") if found else ""


class SipDatagrams(DatagramReader):
    """Reads one message from each datagram (RFC 3261, 18.3)."""

    def __init__(self) -> None:
        super().__init__()
        self.dialogue = Dialogue()

    def parse(self, data: bytes) -> Message | None:
        """Read a datagram; its body ends with it."""
        skipped = len(data) - len(data.lstrip(b"\r\n\x00"))
        found = head_of(data[skipped:])
        if found is None:
            return self._headless(data[skipped:], skipped)
        message, size = found
        length = declared(message)
        body = data[skipped + size :]
        message.body = body[:length] if length >= 0 else body
        message.body_size = max(length, len(message.body))
        if length > len(body):
            message.complete, message.unknown_from = False, len(body)
        message.fields["head"] = skipped + size
        return message

    def _headless(self, data: bytes, skipped: int) -> Message | None:
        """A datagram with a start line whose head never ends: what its lines say, never whole."""
        start = _START.match(data)
        if start is None:
            return None
        message = _message(start, data[start.end() : start.end() + HEAD_LIMIT])
        message.complete, message.unknown_from = False, 0
        message.notes.append("a head without an end")
        message.fields["head"] = skipped + len(data)
        return message

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take a datagram."""
        out = super().feed(direction, offset, data)
        for message in out:
            head = message.fields.pop("head")
            message.body_start = offset + head if message.body else -1
            self.dialogue.take(message)
        return out


class _Side:
    """One direction of a TCP connection."""

    def __init__(self, direction: int, take: Callable[[Message], Message]) -> None:
        self.direction, self.take = direction, take
        self.held = b""
        self.at = 0
        self.need = 0
        self.out: list[Message] = []

    def feed(self, offset: int, data: bytes) -> None:
        """Take the next bytes."""
        base = offset - len(self.held)
        self.at = offset + len(data)
        self.held += data
        if len(self.held) < self.need:
            return
        data, pos, self.need = self.held, 0, 0
        while pos < len(data):
            if data[pos] in b"\r\n\x00":
                pos += 1
                continue
            used = self._one(data, pos, base)
            if used < 0:
                found = _FOUND.search(data, pos + 1)
                pos = found.start() if found else max(pos + 1, len(data) - _KEEP)
            elif not used:
                break
            else:
                pos += used
        self.held = data[pos:]
        self.need = max(self.need - pos, 0)

    def _one(self, data: bytes, pos: int, base: int) -> int:
        """Read one message: bytes used, 0 while some are missing, -1 when none begins here."""
        if _START.match(data, pos) is None:
            return 0 if len(data) - pos < _KEEP and _PARTIAL.match(data[pos:]) else -1
        found = head_of(data[pos : pos + HEAD_LIMIT + 1])
        if found is None:
            return 0 if len(data) - pos <= HEAD_LIMIT else -1
        message, size = found
        length = max(declared(message), 0)
        if length > BODY_LIMIT:
            return -1
        if len(data) - pos < size + length:
            self.need = pos + size + length
            return 0
        self._give(message, data[pos + size : pos + size + length], base + pos, size, length)
        return size + length

    def _give(self, message: Message, body: bytes, start: int, size: int, length: int) -> None:
        message.direction, message.start, message.end = self.direction, start, start + size + len(body)
        message.body, message.body_size = body, length
        message.body_start = start + size if body else -1
        if len(body) < length:
            message.complete, message.unknown_from = False, len(body)
        self.out.append(self.take(message))

    def cut(self) -> None:
        """The rest of what is held was lost: a message whose head is whole is given as it is."""
        held, self.held, self.need = self.held, b"", 0
        found = head_of(held)
        if found is not None:
            message, size = found
            self._give(message, held[size:], self.at - len(held), size, max(declared(message), 0))


class SipReader(BaseReader):
    """Reads one TCP connection."""

    def __init__(self) -> None:
        self.dialogue = Dialogue()
        self.sides = (_Side(UP, self.dialogue.take), _Side(DOWN, self.dialogue.take))

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take bytes."""
        self.sides[direction].feed(offset, data)
        return self._given(direction)

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """What was under way ends here; the next start line is looked for."""
        side = self.sides[direction]
        side.cut()
        side.at = offset + length
        return self._given(direction)

    def finish(self) -> list[Message]:
        """Give what never ended."""
        for side in self.sides:
            side.cut()
        return self._given(UP) + self._given(DOWN)

    def _given(self, direction: int) -> list[Message]:
        out, self.sides[direction].out = self.sides[direction].out, []
        return out

    def needed_from(self, direction: int) -> int:
        """Beginning of the message under way."""
        side = self.sides[direction]
        return side.at - len(side.held)

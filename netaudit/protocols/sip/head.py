"""Heads of SIP messages (RFC 3261, 7 and 20), answers paired with requests, and what both say of who sent them.

User names and realms of digest authentication are kept, never the response that proves a password.
"""

from __future__ import annotations

import re
from dataclasses import replace

from netaudit.core.contracts.details import SipDetails
from netaudit.protocols.http1.head import BLANK_LINE, parse_fields, text_of
from netaudit.protocols.message import UP, Message
from netaudit.protocols.reader import remember
from netaudit.protocols.sip.gb28181 import DOCUMENT, identity, read_document
from netaudit.protocols.sip.media import offers

NAME = "sip"
HEAD_LIMIT = 64 << 10  # bytes of a head
PENDING = 256  # requests that wait for an answer
COMPACT = {  # RFC 3261, 7.3.3
    "i": "call-id", "m": "contact", "e": "content-encoding", "l": "content-length", "c": "content-type", "f": "from",
    "s": "subject", "k": "supported", "t": "to", "v": "via",
}  # fmt: skip
START = re.compile(rb"(?:SIP/2\.0 +(\d{3})(?!\d)[^\n]{0,300}|([A-Z]{3,16}) +(sips?:[^\s]{1,500}) +SIP/2\.0[ \t]*)\r?\n")
_URI = re.compile(r"sips?:(?:([^@:;>\s]{1,100})(?::[^@>\s]{0,100})?@)?([^;>\s,]{1,200})", re.IGNORECASE)
_DIGEST = re.compile(r"(username|realm)\s*=\s*\"([^\"]{0,200})\"", re.IGNORECASE)


def head_of(data: bytes) -> tuple[Message, int] | None:
    """A message from its head, and the length of that; None while its blank line is not there or when it is none."""
    start = START.match(data)
    end = BLANK_LINE.search(data, max(start.end() - 2, 0), HEAD_LIMIT) if start else None
    if start is None or end is None:
        return None
    return message_of(start, data[start.end() : end.end()]), end.end()


def message_of(start: re.Match[bytes], rest: bytes) -> Message:
    """A message from its start line and the lines of its header fields."""
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

    def pair(self, message: Message) -> Message:
        """Add the request to an answer, and to either what it says of who sent it."""
        key = (message.header("call-id"), message.header("cseq"))
        if not message.status:
            remember(self.pending, key, replace(message, body=b""), PENDING)
        elif (request := self.pending.get(key)) is not None:
            message.request = request
            message.host, message.path = request.host, request.path
        message.method = message.method or message.header("cseq").rpartition(" ")[2][:16]
        _state(message)
        return message


def _state(message: Message) -> None:
    """Facts: the agent, the login, the GB/T 28181 id, the document, the media."""
    pairs = [("user_agent", message.header(name)) for name in ("user-agent", "server") if message.header(name)]
    for name, value in message.headers[:64]:
        if name in ("www-authenticate", "proxy-authenticate", "authorization", "proxy-authorization"):
            login = {key.lower(): text for key, text in _DIGEST.findall(value[:1024])}
            asked = name.endswith("authenticate")
            pairs += [(("realm" if asked else "login_realm"), login["realm"])] if login.get("realm") else []
            pairs += [("user", login["username"])] if login.get("username") and not asked else []
    user = _sender(message)
    pairs += identity(user) if user else []
    message.details = SipDetails(NAME, pairs)
    if message.body and DOCUMENT.search(message.content_type or "") and message.complete:
        message.details = read_document(message, user, pairs)
    elif message.content_type.lower().startswith("application/sdp"):
        message.details = SipDetails(NAME, pairs, media=offers(message.body))


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

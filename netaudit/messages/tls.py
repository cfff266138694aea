"""TLS: what the hellos say in clear (RFC 8446, 4.1; RFC 6066, 3; RFC 7301), and certificate names up to TLS 1.2.

Nothing behind the handshake is readable: once it is over the reader wants no more bytes.
"""

from __future__ import annotations

import hashlib
from typing import Any

from netaudit.messages.message import UP, Message
from netaudit.messages.reader import BaseReader, Opening, Verdict

HANDSHAKE, APPLICATION = 22, 23
CLIENT_HELLO, SERVER_HELLO, CERTIFICATE = 1, 2, 11
RECORD_LIMIT = (1 << 14) + 2048  # bytes of a record's fragment (RFC 5246, 6.2.3)
HANDSHAKE_LIMIT = 1 << 18  # bytes of handshake messages that are gathered
PATIENCE = 64 << 10  # bytes of one direction after which the other is not waited for


def recognise(opening: Opening) -> Verdict:
    """TLS by its first record in either direction, also where the capture begins between two records."""
    verdicts = [_record(opening.up), _record(opening.down)]
    if Verdict.NO in verdicts:
        return Verdict.NO
    for direction, data in enumerate((opening.up, opening.down)):
        if verdicts[direction] is Verdict.YES:
            if data[0] == HANDSHAKE and data[5] in (CLIENT_HELLO, SERVER_HELLO):
                return Verdict.YES if (data[5] == CLIENT_HELLO) == (direction == UP) else Verdict.SWAPPED
            return Verdict.YES
    return Verdict.MORE


def _record(data: bytes) -> Verdict:
    """Whether bytes begin with a record header; a handshake record must begin with a known message."""
    if not data:
        return Verdict.MORE
    if not 20 <= data[0] <= 23 or (len(data) > 1 and data[1] != 3) or (len(data) > 2 and data[2] > 4):
        return Verdict.NO
    if len(data) < 6:
        return Verdict.MORE
    length = data[3] << 8 | data[4]
    if not 0 < length <= RECORD_LIMIT:
        return Verdict.NO
    return Verdict.YES


class _Side:
    """One direction: records are taken apart, handshake messages put together."""

    def __init__(self) -> None:
        self.held = bytearray()  # of the record under way
        self.at = 0  # stream offset behind held
        self.skip = 0  # bytes of an uninteresting record to come
        self.handshake = bytearray()
        self.start = -1  # stream offset of the record in which handshake[0] lies
        self.done = False


class TlsReader(BaseReader):
    """Reads the hellos of one flow."""

    def __init__(self) -> None:
        self.sides = (_Side(), _Side())
        self.hello: Message | None = None
        self.version = 0  # as the server chose it

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take the next bytes."""
        side, out = self.sides[direction], []
        side.at = offset + len(data)
        if not side.done:
            if side.skip:
                cut = min(side.skip, len(data))
                side.skip -= cut
                data = data[cut:]
            side.held += data
            out = self._records(direction, side)
        self._consider(side)
        return out

    def _records(self, direction: int, side: _Side) -> list[Message]:
        out: list[Message] = []
        while len(side.held) >= 6 and not side.done:
            length = side.held[3] << 8 | side.held[4]
            if _record(bytes(side.held[:6])) is Verdict.NO or side.held[0] == APPLICATION:
                side.done = True
            elif side.held[0] != HANDSHAKE:
                cut = min(5 + length, len(side.held))
                side.skip = 5 + length - cut
                del side.held[:cut]
                if side.skip:
                    break
            elif len(side.held) < 5 + length:
                break
            else:
                start = side.at - len(side.held)
                if not side.handshake:
                    side.start = start
                side.handshake += side.held[5 : 5 + length]
                del side.held[: 5 + length]
                out += self._messages(direction, side, start + 5 + length)
        if side.done:
            side.held.clear()
            side.handshake.clear()
        return out

    def _messages(self, direction: int, side: _Side, end: int) -> list[Message]:
        """Handshake messages that are whole; `end` is the end of the last record."""
        out: list[Message] = []
        while len(side.handshake) >= 4 and not side.done:
            size = int.from_bytes(side.handshake[1:4], "big")
            if size > HANDSHAKE_LIMIT or side.handshake[0] not in range(25):
                side.done = True  # encrypted, or no handshake
                break
            if len(side.handshake) < 4 + size:
                break
            raw = bytes(side.handshake[: 4 + size])
            del side.handshake[: 4 + size]
            message = self._message(direction, side, raw)
            if message is not None:
                message.start, message.end, message.body_size = side.start, end, len(raw)
                out.append(message)
        return out

    def _message(self, direction: int, side: _Side, raw: bytes) -> Message | None:
        message = Message("tls", direction, 0, 0)
        if raw[0] == CLIENT_HELLO:
            message.method = "client_hello"
            message.fields = hello_fields(raw)
            message.host = message.fields.get("sni", "")
            self.hello = message
            side.done = True
        elif raw[0] == SERVER_HELLO:
            message.method = "server_hello"
            message.fields = hello_fields(raw)
            self.version = (message.fields.get("versions") or [0])[0]
            message.request = self.hello
            side.done = self.version >= 0x0304
        elif raw[0] == CERTIFICATE and self.version < 0x0304:
            message.method = "certificate"
            message.fields = certificate_fields(raw)
            message.request = self.hello
            side.done = True
        else:
            return None
        return message

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """A gap loses the place of the records."""
        side = self.sides[direction]
        side.at = offset + length
        side.done = True
        side.held.clear()
        side.handshake.clear()
        self._consider(side)
        return []

    def _consider(self, side: _Side) -> None:
        up, down = self.sides
        if (up.done and down.done) or (side.done and side.at > PATIENCE):
            self.wants_bytes = False

    def needed_from(self, direction: int) -> int:
        """Beginning of the handshake message under way."""
        side = self.sides[direction]
        if side.done:
            return side.at
        return side.start if side.handshake else side.at - len(side.held)


class _Cursor:
    """Reads numbers and vectors; short input gives zeros and empty vectors."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.pos = 0

    def number(self, size: int) -> int:
        self.pos += size
        return int.from_bytes(self.data[self.pos - size : self.pos], "big")

    def vector(self, size: int) -> bytes:
        length = self.number(size)
        self.pos += length
        return self.data[self.pos - length : self.pos]

    @property
    def left(self) -> bool:
        return self.pos < len(self.data)


def hello_fields(raw: bytes) -> dict[str, Any]:
    """What a ClientHello or ServerHello (handshake header included) says: sni, alpn, versions, ciphers, and itself."""
    cursor = _Cursor(raw)
    client = cursor.number(1) == CLIENT_HELLO
    cursor.number(3)
    legacy = cursor.number(2)
    cursor.pos += 32
    cursor.vector(1)
    suites = _numbers(cursor.vector(2)) if client else [cursor.number(2)]
    if client:
        cursor.vector(1)
    else:
        cursor.number(1)
    fields: dict[str, Any] = {"hello": raw, "ciphers": suites, "versions": [legacy], "alpn": []}
    extensions = _Cursor(cursor.vector(2))
    while extensions.left:
        kind, data = extensions.number(2), extensions.vector(2)
        if kind == 0 and client:
            fields["sni"] = _server_name(data)
        elif kind == 16:
            fields["alpn"] = _protocols(data)
        elif kind == 43 and len(data) >= 2:
            fields["versions"] = [v for v in _numbers(data[1:] if client else data) if not _is_grease(v)] or [legacy]
    return fields


def _numbers(data: bytes) -> list[int]:
    return [data[i] << 8 | data[i + 1] for i in range(0, len(data) - 1, 2)]


def _is_grease(value: int) -> bool:
    """Reserved values that clients strew in (RFC 8701)."""
    return value & 0x0F0F == 0x0A0A and value >> 8 == value & 0xFF


def _server_name(data: bytes) -> str:
    names = _Cursor(_Cursor(data).vector(2))
    while names.left:
        kind, name = names.number(1), names.vector(2)
        if kind == 0:
            return name.decode("ascii", "backslashreplace")
    return ""


def _protocols(data: bytes) -> list[str]:
    names = _Cursor(_Cursor(data).vector(2))
    found: list[str] = []
    while names.left:
        name = names.vector(1)
        if not (len(name) == 2 and _is_grease(name[0] << 8 | name[1])):
            found.append(name.decode("latin-1"))
    return found


def certificate_fields(raw: bytes) -> dict[str, Any]:
    """Names and SHA-256 of the first certificate of a Certificate message up to TLS 1.2."""
    chain = _Cursor(_Cursor(raw[4:]).vector(3))
    leaf = chain.vector(3)
    if not leaf:
        return {}
    return {"fingerprint": hashlib.sha256(leaf).hexdigest(), "names": _names(leaf)}


def _names(der: bytes) -> list[str]:
    from cryptography import x509

    try:
        certificate = x509.load_der_x509_certificate(der)
        names = [str(a.value) for a in certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)]
        san = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names += [str(name) for name in san.get_values_for_type(x509.DNSName)]
    except x509.ExtensionNotFound:
        pass
    except Exception:  # noqa: BLE001 - a foreign parser on hostile bytes: whatever it raises, there are no names
        return []
    return list(dict.fromkeys(names))

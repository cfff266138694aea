"""DNS over UDP and TCP, and mDNS (RFC 1035, 4; RFC 6762)."""

from __future__ import annotations

import socket
import struct
from typing import Any

from netaudit.core.contracts.details import DnsDetails
from netaudit.protocols.marks import ANY, Mark
from netaudit.protocols.message import Message
from netaudit.protocols.reader import BaseReader, Opening, Verdict

HEADER = struct.Struct(">6H")
TYPES = {
    1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA", 33: "SRV",
    35: "NAPTR", 41: "OPT", 43: "DS", 46: "RRSIG", 47: "NSEC", 48: "DNSKEY", 64: "SVCB", 65: "HTTPS", 255: "ANY",
}  # fmt: skip
PORTS = {53: "dns", 5353: "mdns", 5355: "llmnr"}
JUMPS = 32  # compression pointers of one name
QUESTIONS = 256  # of one message: browsers of services ask for many at once over mDNS
RECORDS = 512  # records of one message that are read
LONG = 64  # bytes of the value of a record, or of all options, that may hold more than words of the protocol
WAITING = 1024  # questions that wait for their answers


class MalformedError(Exception):
    """The bytes are no DNS message."""


def name_at(data: bytes, at: int) -> tuple[str, int]:
    """Name at an offset and the offset behind it; pointers are followed backwards only, so that no loop is possible."""
    labels: list[str] = []
    end, floor, jumps, total = -1, at, 0, 0
    while True:
        if at >= len(data):
            raise MalformedError
        length = data[at]
        if length >= 0xC0:
            if at + 2 > len(data) or jumps >= JUMPS:
                raise MalformedError
            end = at + 2 if end < 0 else end
            target = (length & 0x3F) << 8 | data[at + 1]
            if target >= floor:
                raise MalformedError
            at = floor = target
            jumps += 1
            continue
        if length & 0xC0 or at + 1 + length > len(data):
            raise MalformedError
        total += length + 1
        if total > 255:
            raise MalformedError
        at += 1
        if not length:
            return ".".join(labels), at if end < 0 else end
        label = data[at : at + length]
        labels.append(_text(label).replace(".", "\\."))
        at += length


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def parse(data: bytes) -> Message:
    """One DNS message; `MalformedError` when it is none. Offsets and protocol are the caller's to set."""
    if len(data) < HEADER.size:
        raise MalformedError
    ident, flags, questions, answers, authorities, extra = HEADER.unpack_from(data)
    if flags & 0x0040 or (flags >> 11 & 15) > 6 or questions > QUESTIONS or answers + authorities + extra > RECORDS:
        raise MalformedError
    message = Message("dns", 0, 0, len(data), body_size=len(data))
    at = HEADER.size
    asked: list[tuple[str, str]] = []
    for _ in range(questions):
        name, at = name_at(data, at)
        if at + 4 > len(data):
            raise MalformedError
        asked.append((name, _type(data[at] << 8 | data[at + 1])))
        at += 4
    records, message.head, cut, message.end = _records(data, at, answers + authorities + extra)
    if not asked and not records[:answers] and not flags & 0x8000:  # mDNS goes on with what is known (RFC 6762, 7.2)
        raise MalformedError
    first = asked[0] if asked else (records[0][0], records[0][1]) if records else ("", "")
    message.host, message.method = first
    message.status = flags & 15 if flags & 0x8000 else 0
    message.details = DnsDetails(ident, bool(flags & 0x8000), asked, records, answers)
    if cut or flags & 0x0200:
        message.complete, message.unknown_from = False, len(data)
        message.notes.append("truncated")
    return message


def said_in(message: Message) -> DnsDetails:
    """What a message of this reader says."""
    return message.details if isinstance(message.details, DnsDetails) else DnsDetails()


def _type(number: int) -> str:
    return TYPES.get(number, f"TYPE{number}")


def _records(data: bytes, at: int, count: int) -> tuple[list[tuple[str, str, Any, int]], bytes, bool, int]:
    """Resource records (name, type, value, ttl), long values, whether the message ends too early, and its end."""
    records: list[tuple[str, str, Any, int]] = []
    long = b""
    for _ in range(count):
        if at >= len(data):
            break
        name, at = name_at(data, at)
        if at + 10 > len(data):
            break
        kind, _, ttl, length = struct.unpack_from(">HHIH", data, at)
        at += 10
        if at + length > len(data):
            break
        if length > LONG:
            long += data[at : at + length] + b"\n"
        if kind != 41:  # OPT is about the transport
            records.append((name, _type(kind), _value(data, kind, at, length), ttl))
        at += length
    else:
        return records, long, False, at
    return records, long, True, len(data)


def _value(data: bytes, kind: int, at: int, length: int) -> Any:
    """Value of a record: text for addresses and names, a list of texts for TXT, else bytes."""
    raw = data[at : at + length]
    if kind == 1 and length == 4:
        return socket.inet_ntop(socket.AF_INET, raw)
    if kind == 28 and length == 16:
        return socket.inet_ntop(socket.AF_INET6, raw)
    try:
        if kind in (2, 5, 12):
            return name_at(data[: at + length], at)[0]
        if kind == 33 and length > 6:
            return f"{name_at(data[: at + length], at + 6)[0]}:{data[at + 4] << 8 | data[at + 5]}"
    except MalformedError:
        return raw
    return _strings(raw) if kind == 16 else raw


def _strings(raw: bytes) -> list[str]:
    texts, at = [], 0
    while at < len(raw):
        texts.append(_text(raw[at + 1 : at + 1 + raw[at]]))
        at += 1 + raw[at]
    return texts


def _protocol(opening: Opening) -> str:
    return PORTS.get(opening.server_port) or PORTS.get(opening.client_port) or "dns"


_CODED = (bytes(one for one in range(256) if one >> 3 & 15 <= 6), bytes(one for one in range(256) if not one & 0x40))
_FEW = (bytes(range((RECORDS >> 8) + 1)), ANY)
MARKS = (Mark((*_CODED, bytes(range((QUESTIONS >> 8) + 1)), ANY, *_FEW * 3), at=2, least=HEADER.size),)


def recognise_udp(opening: Opening) -> Verdict:
    """A datagram that is DNS from its first byte to its last record."""
    data = opening.up or opening.down
    if 137 in (opening.client_port, opening.server_port):
        return Verdict.NO  # NetBIOS names look alike
    try:
        message = parse(data)
    except MalformedError:
        return Verdict.NO
    details = said_in(message)
    named = {opening.client_port, opening.server_port} & PORTS.keys()
    if not named and (not details.questions or any(kind.startswith("TYPE") for _, kind in details.questions)):
        return Verdict.NO
    opening.read = message
    swapped = details.response == bool(opening.up) and opening.server_port not in PORTS
    return Verdict.SWAPPED if swapped and opening.client_port in PORTS else Verdict.YES


def recognise_tcp(opening: Opening) -> Verdict:
    """A length and a DNS message of that length, in either direction."""
    verdict, short = Verdict.MORE, False
    for data in (opening.up, opening.down):
        if len(data) < 14:
            if len(data) > 4 and data[4] & 0x78 > 0x30:
                return Verdict.NO
            short = short or bool(data)  # it may yet be none
            continue
        length = data[0] << 8 | data[1]
        flags, questions, others = data[4] << 8 | data[5], data[6] << 8 | data[7], data[8] | data[10] | data[12]
        if length < 17 or flags & 0x0040 or (flags >> 11 & 15) > 6 or questions != 1 or others:
            return Verdict.NO
        if len(data) >= 2 + length:
            try:
                parse(data[2 : 2 + length])
            except MalformedError:
                return Verdict.NO
            verdict = Verdict.YES
    return Verdict.MORE if short else verdict


class DnsReader(BaseReader):
    """Reads DNS messages; over UDP each datagram is one."""

    def __init__(self, *, tcp: bool = False) -> None:
        self.tcp = tcp
        self.name = "dns"
        self.held = [b"", b""]
        self.at = [0, 0]
        self.lost = [False, False]
        self.asked: dict[tuple[int, str], Message] = {}
        self.first: Message | None = None  # the first datagram, read when it was recognised

    def begin(self, opening: Opening) -> None:
        """Tell DNS from mDNS by the port."""
        self.name = self.protocol = "dns" if self.tcp else _protocol(opening)
        self.first = opening.read

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take a datagram, or the next bytes of a TCP flow."""
        self.at[direction] = offset + len(data)
        if not self.tcp:
            message = self._message(data, direction, offset)
            return [message] if message else []
        out: list[Message] = []
        if self.lost[direction]:
            return out
        data = self.held[direction] + data
        pos, base = 0, self.at[direction] - len(data)
        while len(data) - pos >= 2:
            end = pos + 2 + (data[pos] << 8 | data[pos + 1])
            if end > len(data):
                break
            message = self._message(data[pos + 2 : end], direction, base + pos + 2)
            if message:
                message.start = base + pos
                out.append(message)
            pos = end
        self.held[direction] = data[pos:]
        return out

    def _message(self, data: bytes, direction: int, offset: int) -> Message | None:
        message, self.first = self.first, None
        if message is None or message.body_size != len(data):  # of a long one recognition sees the beginning only
            try:
                message = parse(data)
            except MalformedError:
                return None
        message.protocol, message.direction = self.name, direction
        message.start, message.end = offset, offset + message.end
        details = said_in(message)
        key = (details.id, message.host.lower())
        if details.response:
            message.request = self.asked.pop(key, None)
        elif self.name != "mdns":
            if len(self.asked) >= WAITING:
                self.asked.clear()
            self.asked[key] = message
        return message

    def gap(self, direction: int, offset: int, length: int) -> list[Message]:
        """Over TCP a gap loses the place of the lengths."""
        self.at[direction] = offset + length
        self.held[direction] = b""
        self.lost[direction] = self.tcp
        return []

    def needed_from(self, direction: int) -> int:
        """Beginning of the message under way."""
        return self.at[direction] - len(self.held[direction])

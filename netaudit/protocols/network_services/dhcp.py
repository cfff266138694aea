"""DHCPv4 (RFC 2131, 2; options: RFC 2132)."""

from __future__ import annotations

import socket
from typing import Any

from netaudit.core.contracts.details import DhcpDetails
from netaudit.core.text.charset import decoded
from netaudit.protocols.marks import Mark, literal
from netaudit.protocols.message import Message
from netaudit.protocols.reader import DatagramReader, Opening, Verdict

COOKIE = b"\x63\x82\x53\x63"
FIXED = 236  # bytes before the cookie
SNAME, FILE = (44, 108), (108, 236)  # the fields that option 52 may declare to hold options, too (RFC 2131, 4.1)
TYPES = ("", "discover", "offer", "request", "decline", "ack", "nak", "release", "inform")
ADDRESSES = {1: "subnet", 3: "router", 6: "dns", 42: "ntp", 50: "requested", 54: "server"}
TEXTS = {12: "hostname", 15: "domain", 60: "vendor_class", 66: "tftp_server", 67: "boot_file", 77: "user_class"}
OVERLOAD, MOST_SIZE, CLIENT_ID, NAME, VENDOR_CLASSES, VENDOR_INFO = 52, 57, 61, 81, 124, 125
ENCODED = 0x04  # flag of option 81: the name is in DNS form (RFC 4702, 2.1)
MOST_OPTIONS = 256
MOST_VENDORS = 8


MARKS = (Mark(literal(COOKIE), FIXED),)


def recognise(opening: Opening) -> Verdict:
    """A BOOTP frame with the DHCP cookie."""
    data = opening.up or opening.down
    return Verdict.YES if data[FIXED : FIXED + 4] == COOKIE and data[0] in (1, 2) else Verdict.NO


def _address(raw: bytes) -> str:
    return socket.inet_ntop(socket.AF_INET, raw) if len(raw) == 4 else ""


def _text(raw: bytes) -> str:
    return decoded(raw.rstrip(b"\0"))


def options(data: bytes) -> list[tuple[int, bytes]]:
    """Options in the order sent; what is cut off is left out."""
    found: list[tuple[int, bytes]] = []
    at = 0
    while at < len(data) and data[at] != 255 and len(found) < MOST_OPTIONS:
        if data[at] == 0:
            at += 1
            continue
        if at + 2 > len(data) or at + 2 + data[at + 1] > len(data):
            break
        found.append((data[at], data[at + 2 : at + 2 + data[at + 1]]))
        at += 2 + data[at + 1]
    return found


def _used(data: bytes) -> int:
    """Where the message ends: behind its options, and zero bytes that fill it up (RFC 1542, 2.1)."""
    at = FIXED + 4
    while at + 1 < len(data) and data[at] != 255:
        at += 2 + data[at + 1] if data[at] else 1
    return at + 1 if data[at + 1 :].strip(b"\0") else len(data)


def _all_options(data: bytes) -> list[tuple[int, bytes]]:
    """Options of the options field, then of `file` and `sname` where option 52 says so (RFC 2131, 4.1)."""
    sent = options(data[FIXED + 4 :])
    overload = next((value[0] for code, value in sent if code == OVERLOAD and value), 0)
    if overload & 1:
        sent += options(data[slice(*FILE)])
    if overload & 2:
        sent += options(data[slice(*SNAME)])
    return sent


def _joined(sent: list[tuple[int, bytes]]) -> dict[int, bytes]:
    """Values by code; an option sent in pieces is one (RFC 3396, 7)."""
    values: dict[int, bytes] = {}
    for code, value in sent:
        values[code] = values.get(code, b"") + value
    return values


def parse(data: bytes) -> Message | None:
    """One DHCP message, None for other bytes. Direction and offsets are the caller's to set."""
    if len(data) < FIXED + 4 or data[FIXED : FIXED + 4] != COOKIE:
        return None
    message = Message("dhcp", 0, 0, _used(data), body_size=len(data))
    sent = _all_options(data)
    fields: dict[str, Any] = {
        "xid": int.from_bytes(data[4:8], "big"),
        "options": sent,
        "order": [code for code, _ in sent],
    }
    for name, at in (("ciaddr", 12), ("yiaddr", 16), ("giaddr", 24)):
        if any(data[at : at + 4]):
            fields[name] = _address(data[at : at + 4])
    if data[1] == 1 and data[2] == 6:
        fields["mac"] = data[28:34].hex(":")
    for code, value in _joined(sent).items():
        _parse_option(fields, message, code, value)
    message.details = details = DhcpDetails(**fields)
    message.host = details.hostname
    return message


def _parse_option(fields: dict[str, Any], message: Message, code: int, value: bytes) -> None:
    if code in ADDRESSES and value:
        addresses = [_address(value[i : i + 4]) for i in range(0, len(value) - 3, 4)]
        fields[ADDRESSES[code]] = addresses if code == 6 else next(iter(addresses), "")
    elif code in TEXTS:
        fields[TEXTS[code]] = _text(value)
    elif code == 53 and value:
        message.method = TYPES[value[0]] if value[0] < len(TYPES) else str(value[0])
    elif code == 55:
        fields["params"] = list(value)
    elif code == MOST_SIZE and len(value) == 2:
        fields["max_size"] = int.from_bytes(value, "big")
    elif code == CLIENT_ID:
        fields["client_id"] = value.hex(":")  # with colons, so that no digits look like a telephone's number
    elif code == NAME and len(value) > 3:
        fields["fqdn"] = _dns_name(value[3:]) if value[0] & ENCODED else _text(value[3:])
    elif code in (VENDOR_CLASSES, VENDOR_INFO):
        fields["vendors"] = [*fields.get("vendors", ()), *_vendors(code, value)]


def _dns_name(raw: bytes) -> str:
    """Labels with their lengths before them; the last one may lack its end (RFC 4702, 2.3)."""
    labels, at = [], 0
    while at < len(raw) and raw[at] and raw[at] < 64:
        labels.append(_text(raw[at + 1 : at + 1 + raw[at]]))
        at += 1 + raw[at]
    return ".".join(labels)


def _vendors(code: int, value: bytes) -> list[tuple[int, str, str]]:
    """(enterprise number, what, value) of vendor-identifying classes and information (RFC 3925, 3 and 4)."""
    found: list[tuple[int, str, str]] = []
    at = 0
    while at + 5 <= len(value) and len(found) < MOST_VENDORS:
        enterprise, size = int.from_bytes(value[at : at + 4], "big"), value[at + 4]
        inside = value[at + 5 : at + 5 + size]
        if code == VENDOR_CLASSES:
            found += [(enterprise, "class", shown(part)) for part in _parts(inside)]
        else:
            found += [(enterprise, f"option {number}", shown(part)) for number, part in options(inside)]
        at += 5 + size
    return found[:MOST_VENDORS]


def _parts(raw: bytes) -> list[bytes]:
    parts, at = [], 0
    while at < len(raw):
        parts.append(raw[at + 1 : at + 1 + raw[at]])
        at += 1 + raw[at]
    return parts


def shown(raw: bytes) -> str:
    """Bytes as text where they are printable ASCII, else in hexadecimal."""
    text = raw.rstrip(b"\0")
    return text.decode("ascii") if text and all(32 <= byte < 127 for byte in text) else raw.hex()


class DhcpReader(DatagramReader):
    """Reads one message from each datagram."""

    def parse(self, data: bytes) -> Message | None:
        """Read a datagram."""
        return parse(data)

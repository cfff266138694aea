"""DHCPv4 (RFC 2131, 2; options: RFC 2132)."""

from __future__ import annotations

import socket
from typing import Any

from netaudit.messages.message import Message
from netaudit.messages.reader import DatagramReader, Opening, Verdict

COOKIE = b"\x63\x82\x53\x63"
FIXED = 236  # bytes before the cookie
TYPES = ("", "discover", "offer", "request", "decline", "ack", "nak", "release", "inform")
ADDRESSES = {1: "subnet", 3: "router", 6: "dns", 50: "requested", 54: "server"}
TEXTS = {12: "hostname", 15: "domain", 60: "vendor_class", 66: "tftp_server", 67: "boot_file"}


def recognise(opening: Opening) -> Verdict:
    """A BOOTP frame with the DHCP cookie."""
    data = opening.up or opening.down
    return Verdict.YES if data[FIXED : FIXED + 4] == COOKIE and data[0] in (1, 2) else Verdict.NO


def _address(raw: bytes) -> str:
    return socket.inet_ntop(socket.AF_INET, raw) if len(raw) == 4 else ""


def options(data: bytes) -> list[tuple[int, bytes]]:
    """Options in the order sent; what is cut off is left out."""
    found: list[tuple[int, bytes]] = []
    at = 0
    while at < len(data) and data[at] != 255:
        if data[at] == 0:
            at += 1
            continue
        if at + 2 > len(data) or at + 2 + data[at + 1] > len(data):
            break
        found.append((data[at], data[at + 2 : at + 2 + data[at + 1]]))
        at += 2 + data[at + 1]
    return found


def parse(data: bytes) -> Message | None:
    """One DHCP message, None for other bytes. Direction and offsets are the caller's to set."""
    if len(data) < FIXED + 4 or data[FIXED : FIXED + 4] != COOKIE:
        return None
    message = Message("dhcp", 0, 0, len(data), body_size=len(data))
    sent = options(data[FIXED + 4 :])
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
    for code, value in sent:
        if code in ADDRESSES and value:
            addresses = [_address(value[i : i + 4]) for i in range(0, len(value) - 3, 4)]
            fields[ADDRESSES[code]] = addresses if code == 6 else next(iter(addresses), "")
        elif code in TEXTS:
            fields[TEXTS[code]] = value.rstrip(b"\0").decode("utf-8", "replace")
        elif code == 53 and value:
            message.method = TYPES[value[0]] if value[0] < len(TYPES) else str(value[0])
        elif code == 55:
            fields["params"] = list(value)
        elif code == 61:
            fields["client_id"] = value.hex()
    message.fields = fields
    message.host = fields.get("hostname", "")
    return message


class DhcpReader(DatagramReader):
    """Reads one message from each datagram."""

    def parse(self, data: bytes) -> Message | None:
        """Read a datagram."""
        return parse(data)

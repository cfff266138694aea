"""DHCPv6 (RFC 8415, 8 and 21)."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from netaudit.core.contracts.details import Dhcp6Details
from netaudit.protocols.marks import Mark
from netaudit.protocols.message import Message
from netaudit.protocols.network_services.dhcp import shown
from netaudit.protocols.reader import DatagramReader, Opening, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

PORTS = (546, 547)
TYPES = (
    "", "solicit", "advertise", "request", "confirm", "renew", "rebind", "reply", "release", "decline", "reconfigure",
    "information-request", "relay-forward", "relay-reply",
)  # fmt: skip
RELAYED = frozenset({"relay-forward", "relay-reply"})
ANSWERS = frozenset({"advertise", "reply", "reconfigure"})
HEADER, RELAY_HEADER = 4, 34
DEEPEST = 8  # relays in a row (the protocol's own limit of hops: HOP_COUNT_LIMIT, 7.6)
MOST_OPTIONS = 128
LONGEST_DUID = 130  # bytes (11.1)
CLIENT_ID, SERVER_ID, IA_NA, IA_TA, IA_ADDRESS, ASKED = 1, 2, 3, 4, 5, 6
RELAY_MESSAGE, VENDOR_CLASS, VENDOR_INFO, DNS, CLIENT_NAME, LINK_ADDRESS = 9, 16, 17, 23, 39, 79
DUID_LLT, DUID_LL = 1, 3  # identifiers made from a link address (11.2, 11.4)
ETHERNET = 1


MARKS = (Mark(ports=tuple(PORTS), least=HEADER),)


def recognise(opening: Opening) -> Verdict:
    """A known message on the ports of DHCPv6 whose options fill the datagram exactly."""
    data = opening.up or opening.down
    if (opening.server_port not in PORTS and opening.client_port not in PORTS) or len(data) < HEADER:
        return Verdict.NO
    return Verdict.YES if parse(data) is not None else Verdict.NO


def _options(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Options with 16-bit codes and lengths; what is cut off is left out."""
    at = 0
    for _ in range(MOST_OPTIONS):
        if at + 4 > len(data):
            return
        code, size = int.from_bytes(data[at : at + 2], "big"), int.from_bytes(data[at + 2 : at + 4], "big")
        if at + 4 + size > len(data):
            return
        yield code, data[at + 4 : at + 4 + size]
        at += 4 + size


def _end(data: bytes) -> int:
    """Where the options of a message end."""
    head = RELAY_HEADER if TYPES[data[0] if data and data[0] < len(TYPES) else 0] in RELAYED else HEADER
    return head + sum(4 + len(value) for _, value in _options(data[head:]))


def parse(data: bytes) -> Message | None:
    """One message, of a relay's the one inside; None for other bytes. Direction and offsets are the caller's to set."""
    fields: dict[str, Any] = {"order": []}
    size, used = len(data), _end(data)
    for _ in range(DEEPEST):
        kind = TYPES[data[0]] if data and data[0] < len(TYPES) else ""
        if not kind or len(data) < (RELAY_HEADER if kind in RELAYED else HEADER):
            return None
        if kind not in RELAYED:
            break
        inner = _relayed(data, fields)
        if inner is None:
            return None
        data = inner
    else:
        return None
    for code, value in _options(data[HEADER:]):
        fields["order"].append(code)
        _parse_option(fields, code, value)
    if not fields["order"]:
        return None
    fields["answer"] = kind in ANSWERS
    details = Dhcp6Details(**fields)
    return Message("dhcpv6", 0, 0, used, method=kind, host=details.fqdn, details=details, body_size=size)


def _relayed(data: bytes, fields: dict[str, Any]) -> bytes | None:
    """Message inside a relay's; its peer and the client's link address (RFC 6939) are noted."""
    fields["relayed_for"] = socket.inet_ntop(socket.AF_INET6, data[18:34])  # the innermost relay's comes last
    inner = None
    for code, value in _options(data[RELAY_HEADER:]):
        if code == RELAY_MESSAGE:
            inner = value
        elif code == LINK_ADDRESS and len(value) == 8 and value[:2] == b"\0\1":
            fields["link_address"] = value[2:].hex(":")
    return inner


def _parse_option(fields: dict[str, Any], code: int, value: bytes) -> None:
    if code in (CLIENT_ID, SERVER_ID):
        whose = "duid" if code == CLIENT_ID else "server_duid"
        fields[whose] = value[:LONGEST_DUID].hex(":")  # with colons, so that no digits look like a telephone's number
        if code == CLIENT_ID:
            fields["duid_mac"] = duid_mac(value)
    elif code == ASKED:
        fields["params"] = [int.from_bytes(value[i : i + 2], "big") for i in range(0, len(value) - 1, 2)]
    elif code == VENDOR_CLASS and len(value) >= 4:
        fields["enterprise"] = int.from_bytes(value[:4], "big")
        fields["vendor_class"] = " ".join(shown(part) for part in _strings(value[4:]))
    elif code == VENDOR_INFO and len(value) >= 4:
        fields["vendor_info"] = int.from_bytes(value[:4], "big")
    elif code == CLIENT_NAME and len(value) > 1:
        fields["fqdn"] = _name(value[1:])
    elif code in (IA_NA, IA_TA):
        inside = value[12 if code == IA_NA else 4 :]
        leased = [_ipv6(part[:16]) for number, part in _options(inside) if number == IA_ADDRESS and len(part) >= 24]
        fields["addresses"] = [*fields.get("addresses", ()), *leased]
    elif code == DNS:
        fields["dns"] = [_ipv6(value[i : i + 16]) for i in range(0, len(value) - 15, 16)]


def _ipv6(raw: bytes) -> str:
    return socket.inet_ntop(socket.AF_INET6, raw)


def duid_mac(duid: bytes) -> str:
    """Link address that a client's identifier was made from, empty where it was made otherwise."""
    kind, hardware = int.from_bytes(duid[:2], "big"), int.from_bytes(duid[2:4], "big")
    start = {DUID_LLT: 8, DUID_LL: 4}.get(kind)
    if start is None or hardware != ETHERNET or len(duid) != start + 6:
        return ""
    return duid[start:].hex(":")


def _strings(raw: bytes) -> list[bytes]:
    parts, at = [], 0
    while at + 2 <= len(raw):
        size = int.from_bytes(raw[at : at + 2], "big")
        parts.append(raw[at + 2 : at + 2 + size])
        at += 2 + size
    return parts


def _name(raw: bytes) -> str:
    """A name in DNS form, not compressed (RFC 8415, 10)."""
    labels, at = [], 0
    while at < len(raw) and 0 < raw[at] < 64:
        labels.append(raw[at + 1 : at + 1 + raw[at]].decode("utf-8", "replace"))
        at += 1 + raw[at]
    return ".".join(labels)


class Dhcpv6Reader(DatagramReader):
    """Reads one message from each datagram."""

    def parse(self, data: bytes) -> Message | None:
        """Read a datagram."""
        return parse(data)

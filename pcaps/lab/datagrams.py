"""UDP payloads: DNS, DHCP, NTP."""

from __future__ import annotations

import struct

from .wire import mac, packed

A, AAAA, CNAME = 1, 28, 5
NTP_EPOCH = 2_208_988_800


def _labels(name: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def dns_query(ident: int, name: str, kind: int) -> bytes:
    """Question with recursion desired (RFC 1035 §4.1)."""
    return struct.pack("!HHHHHH", ident, 0x0100, 1, 0, 0, 0) + _labels(name) + struct.pack("!HH", kind, 1)


def dns_answer(ident: int, name: str, kind: int, address: str, alias: str = "") -> bytes:
    """Answer with one address, behind a CNAME when `alias` is given."""
    question = _labels(name) + struct.pack("!HH", kind, 1)
    records = b""
    owner = b"\xc0\x0c"
    if alias:
        records += owner + struct.pack("!HHIH", CNAME, 1, 600, len(_labels(alias))) + _labels(alias)
        owner = _labels(alias)
    data = packed(address)
    records += owner + struct.pack("!HHIH", kind, 1, 120, len(data)) + data
    return struct.pack("!HHHHHH", ident, 0x8180, 1, 2 if alias else 1, 0, 0) + question + records


def dhcp(
    kind: int, ident: int, client_mac: str, yours: str = "0.0.0.0", options: list[tuple[int, bytes]] | None = None
) -> bytes:
    """BOOTP message with DHCP options (RFC 2131, RFC 2132); kinds 1 discover, 2 offer, 3 request, 5 ack."""
    operation = 2 if kind in {2, 5} else 1
    head = struct.pack("!BBBBIHH", operation, 1, 6, 0, ident, 0, 0x8000) + packed("0.0.0.0") + packed(yours) + bytes(8)
    head += mac(client_mac) + bytes(10 + 64 + 128) + b"\x63\x82\x53\x63"
    body = b"".join(bytes([code, len(value)]) + value for code, value in [(53, bytes([kind])), *(options or [])])
    return (head + body + b"\xff").ljust(300, b"\0")


def ntp(mode: int, seconds: float, origin: float = 0.0) -> bytes:
    """Client (mode 3) or server (mode 4) packet, version 4 (RFC 5905 §7.3); times in seconds since 1970."""

    def stamp(value: float) -> bytes:
        whole = int(value)
        return struct.pack("!II", whole + NTP_EPOCH if value else 0, int((value - whole) * 2**32))

    stratum = 2 if mode == 4 else 0
    head = struct.pack("!BBbbIII", 4 << 3 | mode, stratum, 6, -20, 0x100, 0x80, 0xCB6B0658 if mode == 4 else 0)
    known = seconds if mode == 4 else 0.0
    return head + stamp(known) + stamp(origin) + stamp(known) + stamp(seconds)

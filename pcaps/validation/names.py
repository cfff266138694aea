"""Messages of DNS (RFC 1035), with compressed names, and what they answer."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from pcaps.validation.frames import packed

if TYPE_CHECKING:
    from pcaps.validation.draw import Draw

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "MX": 15, "TXT": 16, "AAAA": 28}


def labels(name: str) -> bytes:
    """A name without compression."""
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def question(ident: int, name: str, kind: str, *, options: bool = False) -> bytes:
    """A standard query; with EDNS (RFC 6891) where asked for."""
    extra = b"\0" + struct.pack(">HHIH", 41, 1232, 0, 0) if options else b""
    return struct.pack(">HHHHHH", ident, 0x0100, 1, 0, 0, int(options)) + _asked(name, kind) + extra


def _asked(name: str, kind: str) -> bytes:
    return labels(name) + struct.pack(">HH", TYPES[kind], 1)


def answer(
    ident: int, name: str, kind: str, addresses: list[str], *, alias: str = "", code: int = 0, more: bool = False
) -> bytes:
    """A response; `alias` is a CNAME before the addresses, `more` an authority and an additional record."""
    records, at_alias = [], 0
    asked = _asked(name, kind)
    if alias:
        at_alias = 12 + len(asked) + 12
        records.append(b"\xc0\x0c" + struct.pack(">HHIH", 5, 1, 300, len(labels(alias))) + labels(alias))
    owner = struct.pack(">H", 0xC000 | at_alias) if alias else b"\xc0\x0c"
    for address in addresses:
        value = packed(address)
        records.append(owner + struct.pack(">HHIH", 1 if len(value) == 4 else 28, 1, 60, len(value)) + value)
    extra = []
    if more:
        server = labels("ns1.example.net")
        extra.append(b"\xc0\x0c" + struct.pack(">HHIH", 2, 1, 900, len(server)) + server)
        extra.append(server + struct.pack(">HHIH", 1, 1, 900, 4) + packed("192.0.2.53"))
    head = struct.pack(">HHHHHH", ident, 0x8180 | code, 1, len(records), len(extra) // 2, len(extra) // 2)
    return head + asked + b"".join(records) + b"".join(extra)


def lookup(draw: Draw, number: int) -> tuple[str, str, list[str], bytes, bytes]:
    """Name, kind, addresses, query and response."""
    name = f"{draw.word(draw.between(1, 12))}.{draw.word(5)}.example.{draw.one(('com', 'org', 'cn'))}"
    kind = draw.one(("A", "A", "AAAA"))
    count = draw.one((0, 1, 1, 2, 3, 8))
    if kind == "A":
        addresses = [f"203.0.113.{draw.between(1, 254)}" for _ in range(count)]
    else:
        addresses = [f"2001:db8:ffff::{draw.between(1, 65000):x}" for _ in range(count)]
    alias = f"edge{number}.example.net" if draw.below(3) == 0 and count else ""
    code = 3 if not count and draw.below(2) else 0
    ident = draw.below(65536)
    more = draw.below(3) == 0
    asked = question(ident, name, kind, options=draw.below(2) == 0)
    response = answer(ident, name, kind, addresses, alias=alias, code=code, more=more)
    return name, kind, sorted(set(addresses)), asked, response

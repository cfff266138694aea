"""Facts from DNS: names of addresses, and what hosts ask for; of messages, and of plain lookups in columns.

Records of type SVCB and HTTPS (RFC 9460): which addresses they hint at, and which outer names their ECH keys have.

A key of ECH (RFC 9849, 4) says under which public name its clients say hello; whom they mean is the name asked for.
"""

from __future__ import annotations

import functools
import ipaddress
import socket
from typing import TYPE_CHECKING, NamedTuple

from netaudit.core.contracts.details import DnsDetails
from netaudit.core.text.charset import decoded
from netaudit.devices.observations.ends import named

if TYPE_CHECKING:
    from netaudit.devices.observations.ends import Ends, Place, Spoken
    from netaudit.devices.observations.ledger import Ledger

HINT4, ECH, HINT6 = 4, 5, 6  # keys of parameters
VERSION = 0xFE0D  # of a key whose contents are known
MOST = 16  # parameters, addresses or keys of one record


class Binding(NamedTuple):
    """What a record says."""

    addresses: list[str]
    public_names: list[str]


NOTHING = Binding([], [])


def binding(record: bytes) -> Binding:
    """Read the value of a record; what is damaged says nothing."""
    at = 2  # priority
    while at < len(record) and record[at]:  # the target's name, which is not compressed
        at += 1 + record[at]
    at += 1
    found = Binding([], [])
    for _ in range(MOST):
        if at + 4 > len(record):
            break
        key, end = int.from_bytes(record[at : at + 2], "big"), at + 4 + int.from_bytes(record[at + 2 : at + 4], "big")
        value = record[at + 4 : end]
        if end > len(record):
            return NOTHING
        if key in (HINT4, HINT6):
            size = 4 if key == HINT4 else 16
            pieces = (value[place : place + size] for place in range(0, len(value), size))
            found.addresses.extend(str(ipaddress.ip_address(one)) for one in pieces if len(one) == size)
        elif key == ECH:
            found.public_names.extend(_public_names(value))
        at = end
    return Binding(found.addresses[:MOST], found.public_names[:MOST])


def _public_names(listed: bytes) -> list[str]:
    names: list[str] = []
    at = 2  # bytes of the list
    while at + 4 <= len(listed) and len(names) < MOST:
        version, size = int.from_bytes(listed[at : at + 2], "big"), int.from_bytes(listed[at + 2 : at + 4], "big")
        if version == VERSION and (name := _public_name(listed[at + 4 : at + 4 + size])):
            names.append(name)
        at += 4 + size
    return names


def _public_name(key: bytes) -> str:
    """Of the contents of one key: behind its id, its method, the key itself, its suites and the most of a name."""
    at = 3
    for _ in range(2):
        if at + 2 > len(key):
            return ""
        at += 2 + int.from_bytes(key[at : at + 2], "big")
    at += 1
    name = key[at + 1 : at + 1 + key[at]] if at < len(key) else b""
    return decoded(name) if name and len(name) == key[at] else ""


def observe_dns(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """Names of the addresses in an answer, and outer names of hellos to come; of a question, who asked."""
    details = message.details
    if not isinstance(details, DnsDetails):
        return
    for number, (name, kind, value, *_) in enumerate(details.answers):
        if kind in {"A", "AAAA"}:
            ledger.note("dns", "", str(value), "name", str(name), *place)
            if (
                number < details.direct and message.host and message.host != name
            ):  # through aliases: what was asked, too
                ledger.note("dns", "", str(value), "name", message.host, *place)
        elif kind in {"HTTPS", "SVCB"} and isinstance(value, bytes) and number < details.direct:
            asked = (message.host or str(name)).lower()
            bound = binding(value)
            for address in bound.addresses:
                ledger.note("dns", "", address, "name", asked, *place)
            for outer in bound.public_names:
                if any(map(str.isspace, asked + outer)):  # no names of hosts, and two are written as one text
                    continue
                ledger.note("dns_client", ends.client.mac, ends.client.ip, "ech", f"{asked} {outer.lower()}", *place)
    if not details.response and not message.direction and message.host:
        ledger.note("dns_client", ends.client.mac, ends.client.ip, "asked", message.host.lower(), *place)


@functools.lru_cache(maxsize=16384)
def who_asked(mac: int, high: int, low: int) -> tuple[str, str, str, str]:
    """Of which fact a question is, whose host is given as in FLOW rows: kind, link address, address, field."""
    client = named(mac, high, low)
    return "dns_client", client.mac, client.ip, "asked"


@functools.lru_cache(maxsize=16384)
def whose_name(family: int, high: int, low: int) -> tuple[str, str, str, str]:
    """The same of an answer that an address of 4 or 6 has a name."""
    return "dns", "", _address(family, high, low), "name"


def _address(family: int, high: int, low: int) -> str:
    """Text of an address as `messages/dns.py` writes it."""
    if family == 4:
        return socket.inet_ntop(socket.AF_INET, low.to_bytes(4, "big"))
    return socket.inet_ntop(socket.AF_INET6, (high << 64 | low).to_bytes(16, "big"))

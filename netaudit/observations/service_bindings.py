"""Records of type SVCB and HTTPS (RFC 9460): which addresses they hint at, and which outer names their ECH keys have.

A key of ECH (RFC 9849, 4) says under which public name its clients say hello; whom they mean is the name asked for.
"""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

from netaudit.text.charset import decoded

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

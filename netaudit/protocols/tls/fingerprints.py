"""JA3 and JA4: short names for what a client can do, made from its ClientHello.

JA3: MD5 over five lists of the hello as decimal numbers in the order sent, without GREASE (Althouse, Atkinson, Atkins,
2017). JA4, of which only the kind for TLS clients is used: transport, version, counts and application protocol in
clear, then the first twelve digits of SHA-256 over the sorted cipher suites, and over the sorted extensions together
with the signature algorithms as sent (FoxIO, technical details of JA4, 2023). Neither names a person or a device:
all clients with the same library and settings share them.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from netaudit.protocols.tls.fragments import GREASE, Cursor, numbers
from netaudit.protocols.tls.hello import ALPN, GROUPS, POINT_FORMATS, SERVER_NAME, SIGNATURES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netaudit.protocols.tls.hello import Hello

MOST_COUNTED = 99  # counts in JA4 have two digits
NOTHING = "0" * 12  # JA4 for an empty list
LETTERS = {"tcp": "t", "quic": "q", "dtls": "d"}
NAMES = {
    0x0304: "13", 0x0303: "12", 0x0302: "11", 0x0301: "10", 0x0300: "s3", 0x0002: "s2",
    0xFEFF: "d1", 0xFEFD: "d2", 0xFEFC: "d3",
}  # fmt: skip
DTLS = 0xFE00  # DTLS counts its versions downwards from here on (RFC 9147, 5.3)


def ja3_text(hello: Hello) -> str:
    """What JA3 is the MD5 of."""
    kinds = [kind for kind, _ in hello.extensions]
    groups = numbers(Cursor(hello.extension(GROUPS)).vector(2))
    formats = Cursor(hello.extension(POINT_FORMATS)).vector(1)
    return ",".join([str(hello.legacy), *(_joined(values) for values in (hello.suites, kinds, groups, formats))])


def _joined(values: Iterable[int]) -> str:
    return "-".join([str(value) for value in values if value not in GREASE])


def ja3(hello: Hello) -> str:
    """JA3 of a ClientHello: 32 hexadecimal digits."""
    return hashlib.md5(ja3_text(hello).encode(), usedforsecurity=False).hexdigest()


def ja4(hello: Hello, transport: str) -> str:
    """JA4 of a ClientHello that came over "tcp", "quic" or "dtls"."""
    suites = [suite for suite in hello.suites if suite not in GREASE]
    kinds = [kind for kind, _ in hello.extensions if kind not in GREASE]
    head = "".join(
        (
            LETTERS[transport],
            NAMES.get(highest_version(hello), "00"),
            "d" if SERVER_NAME in kinds else "i",
            f"{min(len(suites), MOST_COUNTED):02d}{min(len(kinds), MOST_COUNTED):02d}",
            _ends(hello.protocols[0] if hello.protocols else b""),
        )
    )
    signatures = [value for value in numbers(Cursor(hello.extension(SIGNATURES)).vector(2)) if value not in GREASE]
    rest = _listed(sorted(kind for kind in kinds if kind not in (SERVER_NAME, ALPN)))
    if signatures:
        rest += "_" + _listed(signatures)
    return f"{head}_{_digest(_listed(sorted(suites)))}_{_digest(rest if kinds else '')}"


def highest_version(hello: Hello) -> int:
    """The highest version a hello offers or chooses."""
    offered = [version for version in hello.versions if version not in GREASE]
    if not offered:
        return hello.legacy
    datagrams = [version for version in offered if version >= DTLS]
    return min(datagrams) if datagrams else max(offered)


def _ends(protocol: bytes) -> str:
    """First and last character of the first application protocol; of its hexadecimal form where they are not plain."""
    if not protocol:
        return "00"
    first, last = chr(protocol[0]), chr(protocol[-1])
    if all(char.isascii() and char.isalnum() for char in (first, last)):
        return first + last
    digits = protocol.hex()
    return digits[0] + digits[-1]


def _listed(values: list[int]) -> str:
    return ",".join([f"{value:04x}" for value in values])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12] if text else NOTHING

"""ClientHello and ServerHello, taken apart (RFC 8446, 4.1; RFC 5246, 7.4.1; over DTLS: RFC 6347, 4.2.1).

JA3 and JA4: short names for what a client can do, made from its ClientHello.

JA3: MD5 over five lists of the hello as decimal numbers in the order sent, without GREASE (Althouse, Atkinson, Atkins,
2017). JA4, of which only the kind for TLS clients is used: transport, version, counts and application protocol in
clear, then the first twelve digits of SHA-256 over the sorted cipher suites, and over the sorted extensions together
with the signature algorithms as sent (FoxIO, technical details of JA4, 2023). Neither names a person or a device:
all clients with the same library and settings share them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from netaudit.contracts.details import HelloDetails
from netaudit.messages.hellos.fragments import GREASE, Cursor, numbers

if TYPE_CHECKING:
    from collections.abc import Iterable

SERVER_NAME, GROUPS, POINT_FORMATS, SIGNATURES, ALPN, VERSIONS = 0, 10, 11, 13, 16, 43  # extension types (IANA)
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


CLIENT_HELLO, SERVER_HELLO = 1, 2
HEADER = 4  # bytes of type and length in front of a handshake message
RANDOM = 32
ECH = 0xFE0D  # encrypted_client_hello (RFC 9849); browsers send it with random bytes, too, where no key is known
OLD_HEAD = 11  # bytes in front of the lists of a hello in the form of SSL 2.0
# random of a ServerHello that asks for another ClientHello: SHA-256 of "HelloRetryRequest" (RFC 8446, 4.1.3)
RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


@dataclass(slots=True)
class Hello:
    """One hello. `whole` says that all its lengths agree with each other."""

    client: bool
    legacy: int  # version in its head
    random: bytes = b""
    suites: tuple[int, ...] = ()  # offered; of a server the chosen one
    extensions: list[tuple[int, bytes]] = field(default_factory=list)  # in the order sent
    contents: dict[int, bytes] = field(default_factory=dict)  # of the first extension of each type
    versions: tuple[int, ...] = ()  # of supported_versions as sent, empty without it
    protocols: list[bytes] = field(default_factory=list)  # offered or chosen (RFC 7301)
    whole: bool = True

    def extension(self, kind: int) -> bytes:
        """Content of the first extension of a type, empty for none."""
        return self.contents.get(kind, b"")

    @property
    def server_name(self) -> str:
        """Host name asked for (RFC 6066, 3), empty for none."""
        names = Cursor(Cursor(self.extension(SERVER_NAME)).vector(2))
        while names.left:
            kind, name = names.number(1), names.vector(2)
            if kind == 0:
                return name.decode("ascii", "backslashreplace")
        return ""


def _split(data: bytes) -> tuple[list[tuple[int, bytes]], bool]:
    """Extensions, and whether their lengths agree with the length of all. Plain arithmetic: a hello has a dozen."""
    found, at, end = [], 0, len(data)
    while at + 4 <= end:
        behind = at + 4 + (data[at + 2] << 8 | data[at + 3])
        found.append((data[at] << 8 | data[at + 1], data[at + 4 : behind]))
        at = behind
    return found, at == end


def _names(data: bytes) -> list[bytes]:
    """The names in the extension for application protocols."""
    names = Cursor(Cursor(data).vector(2))
    found: list[bytes] = []
    while names.left:
        found.append(names.vector(1))
    return found


def parse(raw: bytes, *, cookie: bool = False) -> Hello:
    """Take a handshake message apart, its header of four bytes included; `cookie` for a ClientHello over DTLS."""
    cursor = Cursor(raw)
    client = cursor.number(1) == CLIENT_HELLO
    cursor.number(3)
    hello = Hello(client, cursor.number(2), cursor.read(RANDOM))
    session = cursor.vector(1)
    if client:
        if cookie:
            cursor.vector(1)
        suites = cursor.vector(2)
        hello.suites = numbers(suites)
        cursor.vector(1)  # compression methods
    else:
        suites = b""
        hello.suites = (cursor.number(2),)
        cursor.number(1)
    hello.extensions, whole = _split(cursor.vector(2) if cursor.left else b"")
    hello.contents = dict(reversed(hello.extensions))
    versions = hello.extension(VERSIONS)
    hello.versions = numbers(Cursor(versions).vector(1) if client else versions)
    hello.protocols = _names(hello.extension(ALPN))
    hello.whole = whole and not (cursor.short or cursor.left or len(suites) % 2 or len(session) > RANDOM)
    return hello


def client_said(raw: bytes, transport: str) -> HelloDetails:
    """What a ClientHello says; fingerprints only of a sound one."""
    hello = parse(raw, cookie=transport == "dtls")
    prints = (ja3(hello), ja4(hello, transport)) if hello.whole else ("", "")
    return replace(
        _said(hello, raw), sni=hello.server_name, transport=transport, ja3=prints[0], ja4=prints[1],
        random=hello.random, ech=ECH in hello.contents,
    )  # fmt: skip


def old_size(data: bytes) -> int:
    """Bytes of a ClientHello in the form of SSL 2.0 that offers SSL 3.0 or TLS (RFC 5246, E.2): old devices send it.

    0: it is none; -1: too short to say.
    """
    known = data[:1] >= b"\x80" and (len(data) < 3 or data[2] == CLIENT_HELLO) and (len(data) < 4 or data[3] == 3)
    if not known or len(data) < OLD_HEAD:
        return -1 if known else 0
    size, suites, session, challenge = (data[at] << 8 | data[at + 1] for at in (0, 5, 7, 9))
    size &= 0x7FFF
    sound = suites and suites % 3 == 0 and session in (0, 16) and 16 <= challenge <= RANDOM
    return size + 2 if sound and size + 2 == OLD_HEAD + suites + session + challenge else 0


def old_client_said(raw: bytes) -> HelloDetails:
    """What a hello in the form of SSL 2.0 says; there are no names in it, and no fingerprint is defined for it."""
    version = raw[3] << 8 | raw[4]
    specs = raw[OLD_HEAD : OLD_HEAD + (raw[5] << 8 | raw[6])]
    suites = [specs[at + 1] << 8 | specs[at + 2] for at in range(0, len(specs), 3) if not specs[at]]
    return HelloDetails(raw, suites, [version], version, transport="tcp")


def server_said(raw: bytes) -> HelloDetails:
    """What a ServerHello says: the version, cipher suite and application protocol it chose; whether it is a retry."""
    hello = parse(raw)
    return replace(_said(hello, raw), retry=hello.random == RETRY)


def _said(hello: Hello, raw: bytes) -> HelloDetails:
    return HelloDetails(
        raw,
        list(hello.suites),
        [version for version in hello.versions if version not in GREASE] or [hello.legacy],
        highest_version(hello),
        [name.decode("latin-1") for name in hello.protocols if not _is_grease_name(name)],
    )


def _is_grease_name(name: bytes) -> bool:
    return len(name) == 2 and name[0] << 8 | name[1] in GREASE

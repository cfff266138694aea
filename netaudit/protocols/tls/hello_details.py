"""Details that tables hold of ClientHello and ServerHello messages."""

from __future__ import annotations

from dataclasses import replace

from netaudit.core.contracts.details import HelloDetails
from netaudit.protocols.tls.fingerprints import highest_version, ja3, ja4
from netaudit.protocols.tls.fragments import GREASE
from netaudit.protocols.tls.hello import CLIENT_HELLO, RANDOM, Hello, parse

ECH = 0xFE0D  # encrypted_client_hello (RFC 9849); browsers send it with random bytes, too, where no key is known


OLD_HEAD = 11  # bytes in front of the lists of a hello in the form of SSL 2.0


# random of a ServerHello that asks for another ClientHello: SHA-256 of "HelloRetryRequest" (RFC 8446, 4.1.3)
RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


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

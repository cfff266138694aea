"""ClientHello and ServerHello, taken apart (RFC 8446, 4.1; RFC 5246, 7.4.1; over DTLS: RFC 6347, 4.2.1)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from netaudit.core.contracts.details import HelloDetails
from netaudit.protocols.tls.fingerprints import ALPN, SERVER_NAME, VERSIONS, highest_version, ja3, ja4
from netaudit.protocols.tls.fragments import GREASE, Cursor, numbers

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

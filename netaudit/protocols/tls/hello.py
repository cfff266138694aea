"""ClientHello and ServerHello, taken apart (RFC 8446, 4.1; RFC 5246, 7.4.1; over DTLS: RFC 6347, 4.2.1)."""

from __future__ import annotations

from dataclasses import dataclass, field

from netaudit.protocols.tls.fragments import Cursor, numbers

SERVER_NAME, GROUPS, POINT_FORMATS, SIGNATURES, ALPN, VERSIONS = 0, 10, 11, 13, 16, 43  # extension types (IANA)


CLIENT_HELLO, SERVER_HELLO = 1, 2
HEADER = 4  # bytes of type and length in front of a handshake message
RANDOM = 32


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

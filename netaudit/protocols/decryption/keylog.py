"""Sources of keys: logs in the SSLKEYLOGFILE format (RFC 9850, and what NSS wrote before it), RSA private keys.

A line of a log names a secret by its label and the client's random, premasters of an RSA key exchange by the first
bytes of the encrypted premaster, sessions by their id. What is not understood is counted, nothing is raised for it.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from netaudit.errors import UsageError

LARGEST = 64 << 20  # bytes of one source
MOST_KEYS = 64  # private keys of all sources
LOG, PRIVATE, CAPTURE = "key log", "RSA private key", "secrets in the capture"
MASTER_LABEL, PREMASTER_LABEL = "CLIENT_RANDOM", "PMS_CLIENT_RANDOM"
LABELS = frozenset((
    MASTER_LABEL, PREMASTER_LABEL, "CLIENT_EARLY_TRAFFIC_SECRET", "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0",
))  # fmt: skip
UNUSED = frozenset(
    (
        "EXPORTER_SECRET",
        "EARLY_EXPORTER_SECRET",
        "ECH_SECRET",
        "ECH_CONFIG",
        "EARLY_EXPORTER_MASTER_SECRET",
    )
)  # fmt: skip - nothing is protected by them that is read here
_LINE = re.compile(rb"(?:QUIC_)?([A-Z0-9_]+) ([0-9a-fA-F]{64}) ([0-9a-fA-F]{2,512})")
_RSA = re.compile(rb"RSA ([0-9a-fA-F]{16}) ([0-9a-fA-F]{96})")
_SESSION = re.compile(rb"RSA Session-ID:([0-9a-fA-F]{2,64}) Master-Key:([0-9a-fA-F]{96})")
_PEM = re.compile(rb"-----BEGIN ([A-Z ]*)PRIVATE KEY-----.+?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL)


class Secret(NamedTuple):
    """A secret and the source that it comes from."""

    value: bytes
    source: int


@dataclass(frozen=True, slots=True)
class Source:
    """One source of keys, with its bytes as they were."""

    name: str
    kind: str  # LOG, PRIVATE or CAPTURE
    data: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """Hash of its bytes."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def label(self) -> str:
        """How what it opened is marked: kind, and the beginning of the hash that the manifest has."""
        return f"{self.kind} {self.sha256[:12]}"


class KeyRing:
    """Secrets of all sources, found by what the bytes of a connection say."""

    def __init__(self, sources: tuple[Source, ...]) -> None:
        """Raises UsageError for a private key that is none of RSA, or is locked by a password."""
        self.sources = sources
        self.labels = [source.label for source in sources]
        self.by_random: dict[tuple[str, bytes], Secret] = {}
        self.premasters: dict[bytes, Secret] = {}  # by the first 8 bytes of the encrypted premaster
        self.sessions: dict[bytes, Secret] = {}  # master secrets by session id
        self.private: list[tuple[Any, int]] = []
        self.lines = self.strange = 0  # secrets taken; lines not understood
        self.growing = False  # further lines may still come: connections wait for theirs
        for number, source in enumerate(sources):
            self._parse(number, source)

    def secret(self, label: str, random: bytes) -> Secret | None:
        """The secret of a connection by its label."""
        return self.by_random.get((label, random))

    def _parse(self, number: int, source: Source) -> None:
        if source.kind == PRIVATE:
            self._parse_private(number, source)
        else:
            self.add_lines(number, source.data)

    def add_lines(self, number: int, data: bytes) -> None:
        """Take lines of a log. Of two secrets for the same thing the first one stays."""
        for line in data.split(b"\n"):
            text = line.strip()
            if not text or text.startswith(b"#"):
                continue
            if match := _LINE.fullmatch(text):
                self._parse_line(number, match[1].decode(), match[2], match[3])
            elif match := _RSA.fullmatch(text):
                self.premasters.setdefault(binascii.unhexlify(match[1]), Secret(binascii.unhexlify(match[2]), number))
                self.lines += 1
            elif (match := _SESSION.fullmatch(text)) and len(match[1]) % 2 == 0:
                self.sessions.setdefault(binascii.unhexlify(match[1]), Secret(binascii.unhexlify(match[2]), number))
                self.lines += 1
            else:
                self.strange += 1

    def _parse_line(self, number: int, label: str, random: bytes, secret: bytes) -> None:
        if label in UNUSED:
            return
        if label not in LABELS or len(secret) % 2:
            self.strange += 1
            return
        self.by_random.setdefault((label, binascii.unhexlify(random)), Secret(binascii.unhexlify(secret), number))
        self.lines += 1

    def _parse_private(self, number: int, source: Source) -> None:
        for key in private_keys(source.data, source.name):
            if len(self.private) < MOST_KEYS:
                self.private.append((key, number))

    def decrypted(self, encrypted: bytes) -> list[Secret]:
        """Premasters that an encrypted one may be, by the private keys of its size (RFC 5246, 7.4.7.1)."""
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

        found = []
        for key, number in self.private:
            if 8 * len(encrypted) != (key.key_size + 7) // 8 * 8:
                continue
            try:
                premaster = key.decrypt(encrypted, PKCS1v15())
            except ValueError:
                continue
            if len(premaster) == 48:  # else it is another key's; some libraries then give random bytes
                found.append(Secret(premaster, number))
        return found


def read_source(name: str, data: bytes) -> Source:
    """A source from a file's bytes. Raises UsageError for one that is too large, or holds nothing of use."""
    if len(data) > LARGEST:
        raise UsageError("{}: more than {} MiB of keys", name, LARGEST >> 20)
    kind = PRIVATE if _PEM.search(data) else LOG
    source = Source(name, kind, data)
    ring = KeyRing((source,))
    if kind == LOG and not ring.lines and data.strip():
        raise UsageError("{}: neither a key log (SSLKEYLOGFILE) nor an RSA private key (PEM)", name)
    return source


def private_keys(data: bytes, name: str) -> list[Any]:
    """The RSA keys of a PEM file. Raises UsageError for others."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    found = []
    for match in _PEM.finditer(data):
        try:
            key = load_pem_private_key(match[0], None)
        except TypeError as error:
            raise UsageError("{}: the private key is locked by a password; unlock a copy of it first", name) from error
        except (ValueError, UnsupportedAlgorithm) as error:
            raise UsageError("{}: not a readable private key ({})", name, type(error).__name__) from error
        if not isinstance(key, RSAPrivateKey):
            raise UsageError("{}: not an RSA key; with other keys a connection is only opened by a key log", name)
        found.append(key)
    return found

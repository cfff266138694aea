"""What both ends of a TLS connection agree on in their hellos and key exchange, and the keys that follow from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from netaudit.protocols.decryption.key_schedule import MASTER, TLS10, TLS13, master_secret, next_secret, prf
from netaudit.protocols.decryption.keylog import MASTER_LABEL, PREMASTER_LABEL, Secret
from netaudit.protocols.decryption.protection import Protection, Tls13, key_sizes, protections
from netaudit.protocols.decryption.records import DEFLATE, NO_COMPRESSION
from netaudit.protocols.decryption.suites import TLS13_SUITES, Suite, suites
from netaudit.protocols.tls.fragments import Cursor
from netaudit.protocols.tls.hello import Hello, parse
from netaudit.protocols.tls.hello_details import RETRY

if TYPE_CHECKING:
    from netaudit.protocols.decryption.carried import FlowKeys

TICKETS, ENCRYPT_THEN_MAC, EXTENDED_MASTER = 35, 22, 23  # extensions
DRAFTS = range(0x7F1A, 0x7F1D)  # drafts 26 to 28 of TLS 1.3 protect records as RFC 8446 does
LONGEST_HANDSHAKE = 1 << 19  # bytes of a handshake message, and of those that a master secret is bound to
MOST_TRIED = 4096  # secrets tried for a connection whose hello is encrypted
HS, AP = "HANDSHAKE_TRAFFIC_SECRET", "TRAFFIC_SECRET_0"


class Epoch(NamedTuple):
    """Keys of one direction that may be in force."""

    protection: Protection
    source: int
    name: str  # "early", "handshake", "traffic"; of TLS 1.2 "master"
    uses: tuple[tuple[str, bytes, bytes], ...] = ()  # label, client random and secret, for what is kept of the keys
    master: bytes = b""


class Agreement:
    """The handshake under way, or the last one. What its fields hold comes from the capture and is not yet proved."""

    def __init__(self, keys: FlowKeys) -> None:
        self.keys = keys
        self.hello: Hello | None = None
        self.chosen: Hello | None = None  # the server's
        self.session = self.ticket = self.new_ticket = self.server_session = b""
        self.version = self.compression = 0
        self.suite: Suite | None = None
        self.transcript = bytearray()
        self.premasters: list[Secret] = []
        self.bound: bytes | None = None  # transcript up to the key exchange
        self.retried = False  # the server asked for another hello

    def note(self, raw: bytes) -> None:
        """A message that a master secret may be bound to."""
        if self.bound is None and raw[0] != 0:
            self.transcript += raw if len(self.transcript) < LONGEST_HANDSHAKE else b""

    def client_hello(self, raw: bytes) -> Hello:
        """A hello of the client, which begins a handshake, or goes on with it after a retry."""
        hello = parse(raw)
        retried = self.hello is not None and self.chosen is None and hello.random == self.hello.random
        if not retried:
            self.transcript.clear()
            self.premasters, self.bound, self.new_ticket = [], None, b""
        self.hello, self.chosen = hello, None
        cursor = Cursor(raw[38:])
        self.session, self.ticket = cursor.vector(1), hello.extension(TICKETS)
        return hello

    def server_hello(self, raw: bytes) -> str:
        """What the server chose; gives why it cannot be opened, if so."""
        hello = parse(raw)
        if hello.random == RETRY:
            self.retried = True
            return ""
        self.chosen = hello
        self.server_session = Cursor(raw[38:]).vector(1)
        self.compression = Cursor(raw[38 + 1 + len(self.server_session) + 2 :]).number(1)
        version = hello.versions[0] if hello.versions else hello.legacy
        self.version = TLS13 if version in DRAFTS else version
        self.suite = suites().get(hello.suites[0])
        if not TLS10 <= self.version <= TLS13:
            return f"version {self.version:04x}"
        if self.suite is None or (self.version >= TLS13) != (self.suite.number in TLS13_SUITES):
            return f"cipher suite {hello.suites[0]:04x}"
        if self.version < TLS13 and self.compression not in (NO_COMPRESSION, DEFLATE):
            return f"compression method {self.compression}"
        return ""

    def key_exchange(self, raw: bytes) -> None:
        """Premasters of an RSA key exchange (RFC 5246, 7.4.7.1), and the end of what the master secret is bound to."""
        self.bound = bytes(self.transcript)
        encrypted = Cursor(raw[4:]).vector(2)
        ring = self.keys.ring
        if (known := ring.premasters.get(encrypted[:8])) is not None:
            self.premasters.append(known)
        if ring.private and len(encrypted) >= 64:
            self.premasters += ring.decrypted(encrypted)

    def epochs13(self, who: str, random: bytes) -> list[Epoch]:
        """Keys of one end in order, as far as their secrets are there (RFC 8446, 7.1)."""
        assert self.suite is not None
        names = [(f"{who}_{HS}", "handshake"), (f"{who}_{AP}", "traffic")]
        if who == "CLIENT":
            names.insert(0, ("CLIENT_EARLY_TRAFFIC_SECRET", "early"))
        found: list[Epoch] = []
        for label, name in names:
            secret = self.keys.ring.secret(label, random)
            if secret is None:
                continue
            suite = self.suite
            if name == "early" and len(secret.value) != (48 if suite.prf == "sha384" else 32):
                suite = suites()[0x1302 if len(secret.value) == 48 else 0x1301]
            found.append(Epoch(Tls13(suite, secret.value), secret.source, name, ((label, random, secret.value),)))
        return found

    def complete13(self) -> bool:
        """Whether the secrets that a whole connection needs are there."""
        assert self.hello is not None
        labels = [f"{who}_{kind}" for who in ("CLIENT", "SERVER") for kind in (HS, AP)]
        return all(self.keys.ring.secret(label, self.hello.random) is not None for label in labels)

    def tried13(self) -> list[Epoch]:
        """Of a hello whose inner one is encrypted, any secrets of the ring may be those: what opens a record tells."""
        assert self.suite is not None
        size = 48 if self.suite.prf == "sha384" else 32
        secrets = self.keys.ring.by_random.items()
        randoms = [random for (label, random), one in secrets if label == f"SERVER_{HS}" and len(one.value) == size]
        return [self.epochs13("SERVER", random)[0] for random in randoms[:MOST_TRIED]]

    def masters(self) -> list[tuple[Secret, tuple[tuple[str, bytes, bytes], ...]]]:
        """Master secrets that this handshake may have agreed on, the surest first."""
        assert self.hello is not None
        assert self.chosen is not None
        assert self.suite is not None
        ring, random = self.keys.ring, self.hello.random
        found: list[Secret] = []
        if (known := ring.secret(MASTER_LABEL, random)) is not None:
            found.append(known)
        premasters = list(self.premasters)
        if (known := ring.secret(PREMASTER_LABEL, random)) is not None:
            premasters.append(known)
        bound = self.bound if EXTENDED_MASTER in self.chosen.contents else None
        for premaster in premasters:
            master = master_secret(self.version, premaster.value, random + self.chosen.random, self.suite.prf, bound)
            found.append(Secret(master, premaster.source))
        for name in (self.server_session, self.ticket):
            resumed = (ring.sessions.get(name) or self.keys.sessions.known.get(name)) if name else None
            if resumed is not None:
                found.append(resumed)
        return [(secret, ((MASTER_LABEL, random, secret.value),)) for secret in found if len(secret.value) == MASTER]

    def epoch12(self, secret: Secret, uses: tuple[tuple[str, bytes, bytes], ...], *, server: bool) -> Epoch:
        """Keys of one direction up to TLS 1.2 (RFC 5246, 6.3)."""
        assert self.hello is not None
        assert self.chosen is not None
        assert self.suite is not None
        suite, version = self.suite, self.version
        size = 2 * sum(key_sizes(suite, version))
        seed = self.chosen.random + self.hello.random
        block = prf(version, secret.value, b"key expansion", seed, size, suite.prf)
        mac_last = ENCRYPT_THEN_MAC in self.chosen.contents and suite.mode == "cbc"
        pair = protections(suite, version, block, mac_last=mac_last)
        return Epoch(pair[server], secret.source, "master", uses, secret.value)


def next_epoch(epoch: Epoch) -> Epoch:
    """Keys after an update (RFC 8446, 7.2)."""
    protection = epoch.protection
    assert isinstance(protection, Tls13)
    suite = protection.suite
    return epoch._replace(protection=Tls13(suite, next_secret(protection.secret, suite.prf)), uses=())

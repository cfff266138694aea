"""The handshake of one QUIC connection: what both ends say in CRYPTO frames, and the keys that follow (RFC 9001, 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.protocols.decryption.carried import NO_KEYS, NOT_ASKED, UNSUPPORTED
from netaudit.protocols.decryption.quic_keys import Level, suites_of
from netaudit.protocols.decryption.suites import TLS13_SUITES, suites
from netaudit.protocols.tls.fragments import Cursor, Fragments
from netaudit.protocols.tls.hello import CLIENT_HELLO, SERVER_HELLO, Hello, parse
from netaudit.protocols.tls.hello_details import RETRY

if TYPE_CHECKING:
    from netaudit.protocols.decryption.carried import FlowKeys
    from netaudit.protocols.decryption.quic_frames import Frame
    from netaudit.protocols.decryption.suites import Suite

CRYPTO_LIMIT = 256 << 10
HANDSHAKE_LIMIT = 1 << 18  # bytes of a handshake message
MOST_HELLOS = 2  # of a client to which no key fits
MOST_REFUSED = 1024  # hellos that are not asked for: after more, no other one is believed
MOST_SUITES, MOST_VERSIONS = 3, 3  # that are tried
BEGINNING = 38  # bytes of a hello up to its random
SECRETS = {"sha256": 32, "sha384": 48}  # bytes of a secret, by the hash of its suite
ENCRYPTED_EXTENSIONS, ALPN = 8, 16
INITIAL, HANDSHAKE, TRAFFIC = range(3)  # packet number spaces
_LABELS = {HANDSHAKE: "{}_HANDSHAKE_TRAFFIC_SECRET", TRAFFIC: "{}_TRAFFIC_SECRET_0"}
_EARLY = "CLIENT_EARLY_TRAFFIC_SECRET"


class Handshaking:
    """What is known of the keys. `state`: a word of `carried` where nothing will be opened, and `why`.

    Anyone who sees a client's first packet can write Initials of either side. So no hello settles anything: keys are
    tried with each client's random that was said, and with each suite that a secret's length allows, the one that a
    server named first. What opens a packet is true.
    """

    def __init__(self, keys: FlowKeys, client: int, version: int) -> None:
        self.keys, self.client, self.versions = keys, client, [version]
        self.crypto = {
            (space, direction): Fragments(CRYPTO_LIMIT) for space in (INITIAL, HANDSHAKE) for direction in (0, 1)
        }
        self.doubted: dict[int, tuple[bytes, Fragments]] = {}  # of Initials: how they began first, the other reading
        self.hellos: dict[bytes, Hello] = {}  # of the client, by their randoms
        self.refused: set[bytes] = set()  # randoms of such as are not asked for
        self.suites: list[Suite] = []  # all that were named
        self.unknown = ""  # such as cannot be read
        self.changes = 0  # of what is known
        self.protocols: list[bytes] = []
        self.levels: dict[tuple[int, int], list[Level]] = {}  # by space and direction: those that may be right …
        self.right: set[tuple[int, int]] = set()  # … and where the one is known
        self.early: list[Level] = []
        self.state = self.why = ""

    def say(self, state: str, why: str = "") -> None:
        """What became of the connection, unless that was known before."""
        if not self.state:
            self.state, self.why = state, why

    def restart(self) -> None:
        """The client begins again, perhaps with another hello; if nobody told it to, it goes on."""
        self.doubted[self.client] = b"", self.crypto[INITIAL, self.client]
        self.crypto[INITIAL, self.client] = Fragments(CRYPTO_LIMIT)

    def feed(self, space: int, direction: int, frame: Frame) -> None:
        """Take a CRYPTO frame: messages that are whole are heeded."""
        readings = [self.crypto[space, direction]]
        if space == INITIAL:
            readings += self._other(direction, frame)
        for crypto in readings:
            crypto.add(frame.offset, frame.data)
            while len(crypto.ready) >= 4:
                size = 4 + int.from_bytes(crypto.ready[1:4], "big")
                if size > HANDSHAKE_LIMIT or len(crypto.ready) < size:
                    break
                self._message(space, direction, crypto.read(size))

    def _other(self, direction: int, frame: Frame) -> list[Fragments]:
        """The other reading of the Initials of a side, once it has begun in two ways."""
        known = self.doubted.get(direction)
        if frame.offset == 0:
            if known is None:
                self.doubted[direction] = known = frame.data, self.crypto[INITIAL, direction]
            elif frame.data[:BEGINNING] != known[0][:BEGINNING]:
                self.doubted[direction] = known = known[0], Fragments(CRYPTO_LIMIT)
        return [known[1]] if known is not None and known[1] is not self.crypto[INITIAL, direction] else []

    def _message(self, space: int, direction: int, raw: bytes) -> None:
        kind, by_client = raw[0], direction == self.client
        if space == INITIAL and kind == CLIENT_HELLO and by_client:
            self._client_hello(raw)
        elif space == INITIAL and kind == SERVER_HELLO and not by_client:
            self._server_hello(raw)
        elif space == HANDSHAKE and kind == ENCRYPTED_EXTENSIONS and not by_client:
            self._extensions(raw)

    def _client_hello(self, raw: bytes) -> None:
        hello = parse(raw)
        if not self.keys.takes(hello.server_name):
            if len(self.refused) < MOST_REFUSED:
                self.refused.add(hello.random)
            self.hellos.pop(hello.random, None)
        elif hello.random not in self.refused and len(self.refused) < MOST_REFUSED:
            self.hellos[hello.random] = hello
            strange = [random for random in self.hellos if not self._has_secrets(random)]
            for random in strange[:-MOST_HELLOS]:
                del self.hellos[random]
        self.changes += 1
        self.state = "" if self.hellos else NOT_ASKED
        if self.hellos:
            self.protocols = self.protocols or next(iter(self.hellos.values())).protocols
        self.early = [level for random in self.hellos for level in self._tried(_EARLY, random, [])]
        if self.answered:
            self._make_levels()

    def _server_hello(self, raw: bytes) -> None:
        hello = parse(raw)
        if hello.random == RETRY:
            return
        suite = suites().get(hello.suites[0])
        if suite is None or suite.number not in TLS13_SUITES:
            self.unknown = f"cipher suite {hello.suites[0]:04x}"
        elif suite not in self.suites:
            self.suites = [*self.suites, suite][:MOST_SUITES]
        self.changes += 1
        if self.hellos:
            self._make_levels()

    def _has_secrets(self, random: bytes) -> bool:
        return any(self.keys.ring.secret(self._name(space, self.client), random) for space in range(3))

    @property
    def promising(self) -> bool:
        """Whether keys are there that may open something."""
        return any(map(self._has_secrets, self.hellos))

    @property
    def answered(self) -> bool:
        """Whether somebody has said a hello in the server's name."""
        return bool(self.suites or self.unknown)

    def speaks(self, version: int) -> None:
        """The server says its version, or somebody in its name (RFC 9368, 2.3: it may be another than the client's)."""
        if version not in self.versions:
            self.versions = [version, *self.versions][:MOST_VERSIONS]

    def _make_levels(self) -> None:
        """Keys of each space and direction that may be right."""
        for space in _LABELS:
            for direction in (0, 1):
                if (space, direction) not in self.right:
                    name = self._name(space, direction)
                    self.levels[space, direction] = [
                        level for random in self.hellos for level in self._tried(name, random, self.suites)
                    ]
        if any(levels for (space, _), levels in self.levels.items() if space == TRAFFIC):
            self.state = ""
        elif self.suites:
            self.state = NO_KEYS
        else:
            self.state, self.why = UNSUPPORTED, self.unknown

    def _tried(self, name: str, random: bytes, named: list[Suite]) -> list[Level]:
        """A secret with all that it may go with, what was named first."""
        secret = self.keys.ring.secret(name, random)
        if secret is None:
            return []
        fit = [suite for suite in named if SECRETS[suite.prf] == len(secret.value)]
        fit += [suite for suite in suites_of(secret.value) if suite not in fit]
        return [Level(suite, version, secret.value, random) for version in self.versions for suite in fit]

    def _extensions(self, raw: bytes) -> None:
        extensions = Cursor(Cursor(raw[4:]).vector(2))
        while extensions.left:
            kind, content = extensions.number(2), extensions.vector(2)
            if kind == ALPN:
                self.protocols = [Cursor(Cursor(content).vector(2)).vector(1)]

    def _name(self, space: int, direction: int) -> str:
        """Name of the secret of the keys of a space; of Initials that of early data."""
        return _LABELS.get(space, _EARLY).format("CLIENT" if direction == self.client else "SERVER")

    def proved(self, space: int, direction: int, level: Level) -> int:
        """Keys have opened something for the first time: the source they came from, -1 where that is not known."""
        if space == INITIAL:
            self.early = [level]
        else:
            self.levels[space, direction] = [level]
            self.right.add((space, direction))
        name = self._name(space, direction)
        secret = self.keys.ring.secret(name, level.random)
        if secret is None:
            return -1
        self.keys.used[name, level.random] = secret.value
        return secret.source

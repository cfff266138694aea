"""The handshake of one QUIC connection: what both ends say in CRYPTO frames, and the keys that follow (RFC 9001, 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.messages.hellos.fragments import Fragments
from netaudit.messages.hellos.hello import CLIENT_HELLO, RETRY, SERVER_HELLO, Hello, parse
from netaudit.messages.hellos.vectors import Cursor
from netaudit.messages.opening.carried import NO_KEYS, NOT_ASKED, UNSUPPORTED
from netaudit.messages.opening.quic_keys import Level, early_suites
from netaudit.messages.opening.suites import TLS13_SUITES, Suite, suites

if TYPE_CHECKING:
    from netaudit.messages.opening.carried import FlowKeys
    from netaudit.messages.opening.keylog import Secret
    from netaudit.messages.opening.quic_frames import Frame

CRYPTO_LIMIT = 256 << 10
HANDSHAKE_LIMIT = 1 << 18  # bytes of a handshake message
ENCRYPTED_EXTENSIONS, ALPN = 8, 16
INITIAL, HANDSHAKE, TRAFFIC = range(3)  # packet number spaces
_LABELS = {HANDSHAKE: "{}_HANDSHAKE_TRAFFIC_SECRET", TRAFFIC: "{}_TRAFFIC_SECRET_0"}
_EARLY = "CLIENT_EARLY_TRAFFIC_SECRET"


class Handshaking:
    """What is known of the keys. `state`: a word of `carried` where nothing will be opened, and `why`."""

    def __init__(self, keys: FlowKeys, client: int, version: int) -> None:
        self.keys, self.client, self.version = keys, client, version
        self.crypto = {
            (space, direction): Fragments(CRYPTO_LIMIT) for space in (INITIAL, HANDSHAKE) for direction in (0, 1)
        }
        self.hello: Hello | None = None
        self.suite: Suite | None = None
        self.protocols: list[bytes] = []
        self.levels: dict[tuple[int, int], Level] = {}  # by space and direction
        self.early: list[Level] = []
        self.state = self.why = ""

    def say(self, state: str, why: str = "") -> None:
        """What became of the connection, unless that was known before."""
        if not self.state:
            self.state, self.why = state, why

    def restart(self) -> None:
        """The client begins again, perhaps with another hello."""
        self.hello, self.early = None, []
        self.crypto[INITIAL, self.client] = Fragments(CRYPTO_LIMIT)

    def feed(self, space: int, direction: int, frame: Frame) -> None:
        """Take a CRYPTO frame: messages that are whole are heeded."""
        crypto = self.crypto[space, direction]
        crypto.add(frame.offset, frame.data)
        while len(crypto.ready) >= 4:
            size = 4 + int.from_bytes(crypto.ready[1:4], "big")
            if size > HANDSHAKE_LIMIT or len(crypto.ready) < size:
                return
            self._message(space, direction, crypto.take(size))

    def _message(self, space: int, direction: int, raw: bytes) -> None:
        kind, by_client = raw[0], direction == self.client
        if space == INITIAL and kind == CLIENT_HELLO and by_client:
            self._client_hello(raw)
        elif space == INITIAL and kind == SERVER_HELLO and not by_client:
            self._server_hello(raw)
        elif space == HANDSHAKE and kind == ENCRYPTED_EXTENSIONS and not by_client:
            self._extensions(raw)

    def _client_hello(self, raw: bytes) -> None:
        self.hello = parse(raw)
        if not self.keys.takes(self.hello.server_name):
            self.say(NOT_ASKED)
            return
        self.protocols = self.hello.protocols
        secret = self.keys.ring.secret(_EARLY, self.hello.random)
        if secret is not None:
            self.early = [Level(suite, self.version, secret.value) for suite in early_suites(secret.value)]

    def _server_hello(self, raw: bytes) -> None:
        hello = parse(raw)
        if hello.random == RETRY:
            return
        self.suite = suites().get(hello.suites[0])
        if self.suite is None or self.suite.number not in TLS13_SUITES:
            self.say(UNSUPPORTED, f"cipher suite {hello.suites[0]:04x}")
            return
        if self.hello is None or self.state:
            return
        for space in _LABELS:
            for direction in (0, 1):
                _, secret = self._secret(space, direction)
                if secret is not None:
                    self.levels[space, direction] = Level(self.suite, self.version, secret.value)
        if not any(space == TRAFFIC for space, _ in self.levels):
            self.say(NO_KEYS)

    def _extensions(self, raw: bytes) -> None:
        said = Cursor(Cursor(raw[4:]).vector(2))
        while said.left:
            kind, content = said.number(2), said.vector(2)
            if kind == ALPN:
                self.protocols = [Cursor(Cursor(content).vector(2)).vector(1)]

    def _secret(self, space: int, direction: int) -> tuple[str, Secret | None]:
        """Name and secret of the keys of a space; of Initials that of early data."""
        assert self.hello is not None
        name = _LABELS.get(space, _EARLY).format("CLIENT" if direction == self.client else "SERVER")
        return name, self.keys.ring.secret(name, self.hello.random)

    def proved(self, space: int, direction: int) -> int:
        """Keys have opened something for the first time: the source they came from, -1 where that is not known."""
        assert self.hello is not None
        name, secret = self._secret(space, direction)
        if secret is None:
            return -1
        self.keys.used[name, self.hello.random] = secret.value
        return secret.source

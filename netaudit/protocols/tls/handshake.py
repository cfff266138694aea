"""The handshake messages of TLS and DTLS that are sent in clear, whatever carries them."""

from __future__ import annotations

from netaudit.protocols.message import UP, Message
from netaudit.protocols.tls.certificate import certificate_said
from netaudit.protocols.tls.hello import CLIENT_HELLO, HEADER, RANDOM, SERVER_HELLO
from netaudit.protocols.tls.hello_details import client_said, old_client_said, server_said

CERTIFICATE = 11
TYPES = frozenset((*range(9), 11, 12, 13, 14, 15, 16, 20, 21, 22, 23, 24, 25, 67))  # HandshakeType (IANA)
TLS13, DTLS13 = 0x0304, 0xFEFC
LARGEST = 1 << 18  # bytes of a handshake message that is gathered
MOST = 8  # messages given of one direction: a connection says hello twice at most, a stranger may go on
SHORTEST_HELLO = HEADER + 2 + RANDOM + 1


class Handshake:
    """What one connection says before it is encrypted. `done[direction]`: nothing more can be read from there."""

    def __init__(self, protocol: str, transport: str) -> None:
        self.protocol, self.transport = protocol, transport
        self.done = [False, False]
        self.given = [0, 0]
        self.client = UP  # direction that asks; not always who opened the connection (FTP in active mode)
        self.hello: Message | None = None  # the last ClientHello
        self.version = 0  # as the server chose it

    def parse(self, direction: int, raw: bytes) -> Message | None:
        """Take a whole handshake message, header included; a Message for those that tell something."""
        message = self._told(direction, raw)
        if message is not None:
            self.given[direction] += 1
            self.done[direction] = self.done[direction] or self.given[direction] >= MOST
        return message

    def _told(self, direction: int, raw: bytes) -> Message | None:
        kind = raw[0]
        if kind == CLIENT_HELLO and is_client_hello(raw):
            return self._client_hello(direction, raw)
        if kind == SERVER_HELLO:
            return self._server_hello(direction, raw)
        if kind == CERTIFICATE and direction != self.client and not self._hides():
            return self._certificate(direction, raw)
        if direction == self.client or kind not in TYPES:
            self.done[direction] = True  # after its hello a client says nothing more that is of use here
        return None

    def parse_old(self, direction: int, raw: bytes) -> Message:
        """Take a ClientHello in the form of SSL 2.0."""
        message = Message(self.protocol, direction, 0, 0, method="client_hello", body_size=len(raw))
        message.details = old_client_said(raw)
        message.notes.append("hello in the form of SSL 2.0: no fingerprints")
        self.hello, self.client = message, direction
        return message

    def _hides(self) -> bool:
        """Whether the chosen version encrypts certificates."""
        return self.version in (TLS13, DTLS13) or self.version >> 8 == 0x7F  # drafts of TLS 1.3

    def _client_hello(self, direction: int, raw: bytes) -> Message:
        message = Message(self.protocol, direction, 0, 0, method="client_hello", body_size=len(raw))
        message.details = details = client_said(raw, self.transport)
        message.host = details.sni
        if not details.ja3:
            message.notes.append("lengths in the hello disagree: no fingerprints")
        self.hello, self.client = message, direction
        return message

    def _server_hello(self, direction: int, raw: bytes) -> Message:
        message = Message(self.protocol, direction, 0, 0, method="server_hello", body_size=len(raw))
        message.details = details = server_said(raw)
        message.request = self.hello
        self.client = 1 - direction
        self.version = details.version
        self.done[direction] = self._hides()
        return message

    def _certificate(self, direction: int, raw: bytes) -> Message:
        message = Message(self.protocol, direction, 0, 0, method="certificate", body_size=len(raw))
        message.details = certificate_said(raw)
        message.request = self.hello
        self.done[direction] = True
        return message


def is_client_hello(raw: bytes) -> bool:
    """Whether a handshake message of this type is one: encrypted bytes may look like its header."""
    return len(raw) >= SHORTEST_HELLO and raw[4] in (0x03, 0xFE, 0x01) and raw[4 + 2 + RANDOM] <= RANDOM

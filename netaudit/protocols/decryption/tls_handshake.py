"""The handshakes of one TLS connection: their messages put together, and the keys that follow from them set in force.

While a key log is still being written (live), keys that are not there yet are waited for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.protocols.decryption.carried import NO_BEGINNING, NO_KEYS, NOT_ASKED, PARTLY, UNSUPPORTED
from netaudit.protocols.decryption.key_agreement import LONGEST_HANDSHAKE, Agreement, Epoch, next_epoch
from netaudit.protocols.decryption.key_schedule import TLS13
from netaudit.protocols.decryption.keylog import Secret
from netaudit.protocols.decryption.records import DEFLATE, Inflater
from netaudit.protocols.decryption.tls_side import CannotOpen, Side
from netaudit.protocols.tls.fragments import Cursor
from netaudit.protocols.tls.hello import CLIENT_HELLO, SERVER_HELLO, Hello
from netaudit.protocols.tls.hello_details import OLD_HEAD, old_size

if TYPE_CHECKING:
    from netaudit.protocols.decryption.carried import FlowKeys
    from netaudit.protocols.decryption.records import Record

TICKET, END_OF_EARLY_DATA, KEY_EXCHANGE, FINISHED, KEY_UPDATE = 4, 5, 16, 20, 24
EARLY_DATA = 42  # extension
ENCRYPTED_HELLO = 0xFE0D  # draft-ietf-tls-esni: the secrets may be those of a hello inside
MOST_STRANGE = 64  # records before the first opened one that no key opens
MOST_EARLY = 1 << 20  # bytes of early data that no key opens


class Handshaking:
    """What both sides say of their keys."""

    def __init__(self, keys: FlowKeys, sides: tuple[Side, Side]) -> None:
        self.keys, self.sides = keys, sides
        self.agreed = Agreement(keys)
        self.client = -1  # direction of the first ClientHello
        self.keyless = False  # keys that are not there yet are waited for
        self.patient = keys.ring.growing
        self.inside = False  # the secrets may be those of an encrypted hello

    # -- messages -----------------------------------------------------------------------------------------------------

    def begun(self, side: Side) -> bool:
        """Take a first hello in the form of SSL 2.0 (RFC 5246, E.2); False while it is not whole."""
        size = old_size(side.cutter.front(OLD_HEAD))
        if not size:
            return True
        if not 0 < size <= side.cutter.left:
            return False
        raw = side.cutter.cut(size)
        challenge = raw[size - (raw[9] << 8 | raw[10]) :]
        self.client = side.direction
        self.agreed.hello = Hello(client=True, legacy=raw[3] << 8 | raw[4], random=challenge.rjust(32, b"\0"))
        if not self.keys.takes(""):
            raise CannotOpen(NOT_ASKED)
        return True

    def waits(self, side: Side, fragment: bytes) -> bool:
        """Whether a handshake record begins with a hello that comes before its time."""
        if side.handshake or not fragment:
            return False
        return fragment[0] == SERVER_HELLO and (self.agreed.hello is None or self.agreed.chosen is not None)

    def feed(self, side: Side, data: bytes) -> None:
        """Take content of the handshake: messages that are whole are heeded."""
        side.handshake += data
        while len(side.handshake) >= 4:
            size = 4 + int.from_bytes(side.handshake[1:4], "big")
            if size > LONGEST_HANDSHAKE:
                raise CannotOpen(NO_BEGINNING if side.epochs is None else PARTLY, "no handshake")
            if len(side.handshake) < size:
                return
            raw, side.handshake = side.handshake[:size], side.handshake[size:]
            self._message(side, raw)

    def _message(self, side: Side, raw: bytes) -> None:
        kind = raw[0]
        if self.agreed.version >= TLS13 and side.epochs is not None:
            self._message13(side, kind)
            return
        if kind == CLIENT_HELLO:
            self._client_hello(side, raw)
        self.agreed.note(raw)
        if kind == SERVER_HELLO:
            self._server_hello(side, raw)
        elif kind == KEY_EXCHANGE and side.direction == self.client:
            self.agreed.key_exchange(raw)
        elif kind == TICKET and side.direction != self.client:
            cursor = Cursor(raw[8:])
            self.agreed.new_ticket = cursor.vector(2)

    def _message13(self, side: Side, kind: int) -> None:
        epochs = side.epochs
        if not epochs:
            return
        if (kind == FINISHED and epochs[0].name == "handshake") or (
            kind == END_OF_EARLY_DATA and epochs[0].name == "early"
        ):
            side.epochs, side.sequence, side.opened = epochs[1:], 0, False
            if not side.epochs:
                raise CannotOpen(PARTLY, "the secret of the application data is missing")
        elif kind == KEY_UPDATE and epochs[0].name == "traffic":
            side.epochs, side.sequence = [next_epoch(epochs[0])], 0

    def _client_hello(self, side: Side, raw: bytes) -> None:
        hello = self.agreed.client_hello(raw)
        if self.client < 0:
            self.client = side.direction
            if not self.keys.takes(hello.server_name):
                raise CannotOpen(NOT_ASKED)

    def _server_hello(self, side: Side, raw: bytes) -> None:
        if self.agreed.hello is None:
            raise CannotOpen(NO_BEGINNING, "no hello of the client")
        if side.direction == self.client:
            return
        problem = self.agreed.server_hello(raw)
        if problem:
            raise CannotOpen(UNSUPPORTED, problem)
        if self.agreed.chosen is not None and self.agreed.version >= TLS13:
            self.begin13()

    # -- keys ---------------------------------------------------------------------------------------------------------

    def begin13(self) -> None:
        """Keys of both directions, as far as their secrets are there (RFC 8446, 7.1)."""
        assert self.agreed.hello is not None
        self.keyless = self.patient and not self.agreed.complete13()
        if self.keyless:
            return
        random = self.agreed.hello.random
        client, server = self.sides[self.client], self.sides[1 - self.client]
        client.epochs = self.agreed.epochs13("CLIENT", random)
        server.epochs = self.agreed.epochs13("SERVER", random)
        if not client.epochs and not server.epochs and ENCRYPTED_HELLO in self.agreed.hello.contents:
            self.inside = True
            server.epochs = self.agreed.tried13()
        if not client.epochs and not server.epochs:
            raise CannotOpen(NO_KEYS)

    def change(self, side: Side) -> bool:
        """ChangeCipherSpec: the keys that were agreed on hold from here (RFC 5246, 7.1). False: they are waited for."""
        from cryptography.exceptions import UnsupportedAlgorithm

        if self.agreed.hello is None or self.agreed.chosen is None or self.agreed.suite is None:
            raise CannotOpen(NO_BEGINNING, "a hello is missing")
        masters = self.agreed.masters()
        self.keyless = self.patient and not masters
        if self.keyless:
            return False
        if not masters:
            raise CannotOpen(NO_KEYS)
        server = side.direction != self.client
        try:
            side.epochs = [self.agreed.epoch12(secret, uses, server=server) for secret, uses in masters]
        except UnsupportedAlgorithm:
            suite = self.agreed.suite
            why = f"cipher suite {suite.number:04x}: the library has no {suite.cipher}"
            raise CannotOpen(UNSUPPORTED, why) from None
        side.sequence, side.strange, side.opened, side.handshake = 0, MOST_STRANGE, False, b""
        side.inflater = Inflater() if self.agreed.compression == DEFLATE else None
        return True

    def proved(self, side: Side, epoch: Epoch) -> str:
        """Keys have opened something of a side for the first time: the source they came from."""
        side.opened, side.strange = True, 0
        if epoch.master:
            side.epochs = [epoch]
        elif self.inside:
            self.inside, random = False, epoch.uses[0][1]
            side.epochs = self.agreed.epochs13("SERVER", random)
            self.sides[self.client].epochs = self.agreed.epochs13("CLIENT", random)
        for label, random, secret in epoch.uses:
            self.keys.used[label, random] = secret
        if epoch.master:  # the session may be resumed by another connection
            known = Secret(epoch.master, epoch.source)
            self.keys.sessions.keep(self.agreed.server_session, known)
            self.keys.sessions.keep(self.agreed.new_ticket, known)
        return self.keys.ring.labels[epoch.source]

    def may_be_early(self, side: Side, record: Record) -> bool:
        """Whether a record may be early data whose secret is not there."""
        offered = self.agreed.hello is not None and EARLY_DATA in self.agreed.hello.contents
        return offered and side.direction == self.client and record.end < MOST_EARLY

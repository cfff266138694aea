"""One TLS connection opened with keys: its handshakes followed, its records opened, its plaintext handed on.

Directions come in the order of the capture, but a loss may hold one of them back. So a direction waits, within a
bound, where it cannot be understood before the other one: the client's records for the ServerHello, say.
While a key log is still being written (live), both wait for their keys in the same way, within a bound of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.messages.hellos.hello import (
    CLIENT_HELLO,
    OLD_HEAD,
    SERVER_HELLO,
    Hello,
    old_size,
)
from netaudit.messages.hellos.vectors import Cursor
from netaudit.messages.opening.agreement import LONGEST_HANDSHAKE, Agreement, Epoch, next_epoch
from netaudit.messages.opening.carried import (
    NO_BEGINNING,
    NO_KEYS,
    NOT_ASKED,
    OPENED,
    PARTLY,
    UNSUPPORTED,
    WRONG_KEYS,
    Carried,
    Outcome,
)
from netaudit.messages.opening.keylog import Secret
from netaudit.messages.opening.protection import Opened, Tls13
from netaudit.messages.opening.records import CONTENT, DEFLATE, HEAD, Cutter, Inflater, Record, size_of
from netaudit.messages.opening.schedule import TLS13

if TYPE_CHECKING:
    from netaudit.messages.opening.carried import FlowKeys

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION = 20, 21, 22, 23
TICKET, END_OF_EARLY_DATA, KEY_EXCHANGE, FINISHED, KEY_UPDATE = 4, 5, 16, 20, 24
EARLY_DATA = 42  # extension
ENCRYPTED_HELLO = 0xFE0D  # draft-ietf-tls-esni: the secrets may be those of a hello inside
WAITING = 4 << 20  # bytes of a direction that wait for the other one
KEYLESS = 256 << 10  # bytes of a direction that wait for keys
MOST_STRANGE = 64  # records before the first opened one that no key opens
MOST_EARLY = 1 << 20  # bytes of early data that no key opens
SEEKING = 1024  # records that one loss may have swallowed
MOST_TRIES = 1 << 16  # openings tried behind losses, of one connection


class _Side:
    """One direction."""

    def __init__(self, direction: int) -> None:
        self.direction = direction
        self.cutter = Cutter()
        self.handshake = b""  # of the message under way
        self.epochs: list[Epoch] | None = None  # None: in clear
        self.sequence = 0
        self.strange = 0  # records that no key opened since the keys changed
        self.opened = False  # something was, with these keys
        self.padded = False
        self.stalled: Record | None = None  # waits for the other direction
        self.closed = False
        self.inflater: Inflater | None = None  # where records are compressed

    @property
    def can_seek(self) -> bool:
        """Whether records behind a loss can be opened."""
        return bool(self.epochs) and self.epochs[0].protection.can_seek and self.inflater is None  # type: ignore[index]


class TlsOpener:
    """Opens one connection. `carried` is what the flow takes and clears."""

    def __init__(self, keys: FlowKeys) -> None:
        self.keys = keys
        self.outcome = Outcome()
        self.alive = True
        self.carried: list[Carried] = []
        self._sides = (_Side(0), _Side(1))
        self._client = -1  # direction of the first ClientHello
        self._agreed = Agreement(keys)
        self._tries = 0
        self._keyless = False  # keys that are not there yet are waited for
        self._patient = keys.ring.growing
        self._inside = False  # the secrets may be those of an encrypted hello

    # -- bytes in -----------------------------------------------------------------------------------------------------

    def feed(self, direction: int, offset: int, data: bytes) -> None:
        """Take the next bytes of a direction."""
        side = self._sides[direction]
        if not self.alive or side.closed:
            return
        side.cutter.feed(offset, data)
        if self._client < 0 and not self._begun(side):
            return
        self._run(side)

    def _begun(self, side: _Side) -> bool:
        """Take a first hello in the form of SSL 2.0 (RFC 5246, E.2); False while it is not whole."""
        size = old_size(side.cutter.held[:OLD_HEAD])
        if not size:
            return True
        if not 0 < size <= len(side.cutter.held):
            return False
        raw = side.cutter.take(size)
        challenge = raw[size - (raw[9] << 8 | raw[10]) :]
        self._client = side.direction
        self._agreed.hello = Hello(client=True, legacy=raw[3] << 8 | raw[4], random=challenge.rjust(32, b"\0"))
        if not self.keys.takes(""):
            self._give_up(NOT_ASKED)
        return True

    def gap(self, direction: int, offset: int, length: int) -> None:
        """Bytes were never captured."""
        side = self._sides[direction]
        if not self.alive or side.closed:
            return
        if side.epochs is None:
            self._give_up(NO_BEGINNING, "bytes of the handshake are missing")
            return
        side.cutter.gap(offset, length)
        self._run(side)

    def finish(self) -> None:
        """The flow has ended: no keys are waited for any longer."""
        if self.alive and self._keyless:
            self._hurry()
        if not self.outcome.state and (self._agreed.hello is None or any(side.stalled for side in self._sides)):
            self.outcome = Outcome(NO_BEGINNING, "", "the other direction is missing")
        elif not self.outcome.state and any(side.strange for side in self._sides):
            self.outcome = Outcome(NO_KEYS if self._inside else WRONG_KEYS)
        elif self.outcome.state == OPENED and any(side.cutter.lost for side in self._sides):
            self.outcome.state = PARTLY

    def needed_from(self, direction: int) -> int:
        """Offset of the first byte that plaintext may still lie behind."""
        side = self._sides[direction]
        if not self.alive:
            return side.cutter.at
        return side.stalled.start if side.stalled is not None else side.cutter.start

    def _give_up(self, state: str, why: str = "") -> None:
        """Nothing more is opened."""
        known = self.outcome
        if known.state in (OPENED, PARTLY):
            state = PARTLY
        self.outcome = Outcome(state, known.source, why)
        self.alive = False
        for side in self._sides:
            side.cutter.held, side.stalled = b"", None

    def _run(self, side: _Side) -> None:
        """Go on in a direction, then in the other one, which may have waited for it."""
        if self._keyless and self._agreed.version >= TLS13:
            self._begin13()
        other = self._sides[1 - side.direction]
        moved = self._records(side)
        while self.alive and moved and (other.stalled is not None or side.stalled is not None):
            moved = any(self._records(one) for one in (other, side) if one.stalled is not None)
        if self._keyless and len(side.cutter.held) > KEYLESS:
            self._hurry()
        elif len(side.cutter.held) > WAITING and side.stalled is not None:
            self._give_up(NO_BEGINNING, "the other direction is missing")

    def _records(self, side: _Side) -> bool:
        """Take the records there are; whether there were any."""
        moved = False
        while self.alive and not side.closed:
            record, side.stalled = side.stalled, None
            if record is None and side.cutter.lost and side.cutter.broken is None:
                if not self._seek(side):
                    break
                moved = True
                continue
            if record is None:
                record = side.cutter.next()
            if record is None:
                if side.cutter.nonsense:
                    self._give_up(NO_BEGINNING if self._agreed.hello is None else PARTLY, "no records of TLS")
                break
            if not self._record(side, record):
                side.stalled = record
                break
            moved = True
        return moved

    # -- records ------------------------------------------------------------------------------------------------------

    def _record(self, side: _Side, record: Record) -> bool:
        """Take one record; False when it has to wait for the other direction."""
        kind = record.head[0]
        if side.epochs is None:
            assert record.fragment is not None
            return self._clear(side, kind, record.fragment)
        if self._agreed.version >= TLS13 and kind in (CHANGE_CIPHER_SPEC, ALERT) and size_of(record.head) <= 2:
            return True  # for the sake of middleboxes, or an alert before there were keys
        if record.fragment is None:
            self._lost(side, record.start, record.end, 1, silent=self._agreed.version < TLS13 and kind != APPLICATION)
            return True
        opened = self._open(side, record)
        if opened is None:
            self._strange(side, record)
            return True
        self._content(side, record, opened)
        return True

    def _clear(self, side: _Side, kind: int, fragment: bytes) -> bool:
        if kind == HANDSHAKE:
            if self._waits(side, fragment):
                return False
            self._messages(side, fragment)
            return True
        if kind == ALERT:
            return True
        if kind == CHANGE_CIPHER_SPEC:
            if self._client >= 0 and self._agreed.chosen is None:
                return self._agreed.retried  # after a retry it means nothing; else its meaning is not known yet
            if self._client >= 0 and self._agreed.version < TLS13:
                return self._change(side)
            return True
        if self._client < 0:
            self._give_up(NO_BEGINNING, "no hello")
        # protected, and what protects it is not known yet; but early data before a retry were refused
        return self._client < 0 or self._agreed.retried

    def _waits(self, side: _Side, fragment: bytes) -> bool:
        """Whether a handshake record begins with a hello that comes before its time."""
        if side.handshake or not fragment:
            return False
        return fragment[0] == SERVER_HELLO and (self._agreed.hello is None or self._agreed.chosen is not None)

    def _open(self, side: _Side, record: Record) -> Opened | None:
        """Try the keys that may be in force, those in use first."""
        assert side.epochs is not None
        assert record.fragment is not None
        for number, epoch in enumerate(side.epochs):
            opened = epoch.protection.open(side.sequence if number == 0 else 0, record.head, record.fragment)
            if opened is not None:
                if number:
                    side.sequence = 0
                    side.epochs = side.epochs[number:]
                self._fits(side, epoch)
                side.sequence += 1
                return opened
        return self._updated(side, record)

    def _updated(self, side: _Side, record: Record) -> Opened | None:
        """A KeyUpdate may have been lost."""
        assert side.epochs is not None
        if not side.opened or not side.epochs or not isinstance(side.epochs[0].protection, Tls13):
            return None
        epoch = next_epoch(side.epochs[0])
        opened = epoch.protection.open(0, record.head, record.fragment or b"")
        if opened is not None:
            side.epochs, side.sequence = [epoch], 1
        return opened

    def _fits(self, side: _Side, epoch: Epoch) -> None:
        """Keys have opened something."""
        if side.opened and not side.strange:
            return
        side.opened, side.strange = True, 0
        if epoch.master:
            side.epochs = [epoch]
        elif self._inside:
            self._inside, random = False, epoch.uses[0][1]
            side.epochs = self._agreed.epochs13("SERVER", random)
            self._sides[self._client].epochs = self._agreed.epochs13("CLIENT", random)
        for label, random, secret in epoch.uses:
            self.keys.used[label, random] = secret
        source = self.keys.ring.labels[epoch.source]
        if self.outcome.state != PARTLY:
            self.outcome = Outcome(OPENED, source)
        if epoch.master:
            self._remember(Secret(epoch.master, epoch.source))

    def _remember(self, secret: Secret) -> None:
        """The session may be resumed by another connection."""
        self.keys.sessions.keep(self._agreed.server_session, secret)
        self.keys.sessions.keep(self._agreed.new_ticket, secret)

    def _strange(self, side: _Side, record: Record) -> None:
        """No key opens a record."""
        side.strange += 1
        if side.opened:
            self._give_up(PARTLY, "a record that the keys do not open")
        elif self._inside:
            self._give_up(NO_KEYS)
        elif side.strange > MOST_STRANGE and not self._early(side, record):
            self._give_up(WRONG_KEYS)

    def _early(self, side: _Side, record: Record) -> bool:
        """Whether a record may be early data whose secret is not there."""
        offered = self._agreed.hello is not None and EARLY_DATA in self._agreed.hello.contents
        return offered and side.direction == self._client and record.end < MOST_EARLY

    def _content(self, side: _Side, record: Record, opened: Opened) -> None:
        kind, data, at = opened
        if side.inflater is not None:
            self._inflated(side, record, opened)
            return
        if kind == APPLICATION:
            if self._agreed.version >= TLS13 and side.epochs and not side.padded:
                side.padded = side.epochs[0].protection.content(size_of(record.head)) != len(data)
            if data:
                start = record.start + HEAD + at
                self.carried.append(Carried(side.direction, data, len(data), start, start + len(data)))
        else:
            self._other(side, kind, data)

    def _inflated(self, side: _Side, record: Record, opened: Opened) -> None:
        """Content that was compressed (RFC 3749): its bytes lie in the record by proportion."""
        assert side.inflater is not None
        data = side.inflater.inflate(opened.data)
        if data is None:
            self._give_up(PARTLY, "broken compression")
        elif opened.kind != APPLICATION:
            self._other(side, opened.kind, data)
        elif data:
            start = record.start + HEAD + opened.at
            self.carried.append(Carried(side.direction, data, len(data), start, record.end))

    def _other(self, side: _Side, kind: int, data: bytes) -> None:
        """Content that is no application data."""
        if kind == HANDSHAKE:
            self._messages(side, data)
        elif kind == CHANGE_CIPHER_SPEC and self._agreed.version < TLS13:
            self._change(side)
        elif kind == ALERT and data[1:2] == b"\0":
            side.closed = True  # close_notify

    # -- losses -------------------------------------------------------------------------------------------------------

    def _lost(self, side: _Side, start: int, end: int, count: int, *, silent: bool = False) -> None:
        """`count` records between two offsets are lost: their content is a gap, where its length is certain.

        `silent`: they were no application data.
        """
        if not side.epochs or not side.can_seek:
            self._give_up(PARTLY, "bytes are missing, and these keys open nothing behind a loss")
            return
        epoch, first = side.epochs[0], side.sequence
        side.sequence += count
        side.handshake = b""
        if silent or epoch.name in ("early", "handshake") or (epoch.name == "master" and not first and count == 1):
            return
        content = epoch.protection.content(end - start - count * HEAD)
        each = end - start - count * HEAD - content
        length = content - (count - 1) * each
        if content < 0 or length < 0 or side.padded:
            self._give_up(PARTLY, "bytes are missing, and how many of the content cannot be told")
        elif length:
            self.carried.append(Carried(side.direction, b"", length, start, end))

    def _seek(self, side: _Side) -> bool:
        """Find the next record behind a loss, by what opens it; False when more bytes are needed."""
        cutter = side.cutter
        epochs = side.epochs or []
        if not side.can_seek:
            self._give_up(PARTLY, "bytes are missing, and these keys open nothing behind a loss")
            return False
        record = cutter.candidate()
        if record is None:
            return False
        lost = record.start - cutter.known
        for number, epoch in enumerate(epochs):
            found = self._sought(epoch, record, side.sequence if number == 0 else 0, lost)
            if found is not None:
                self._regain(side, record, number, *found)
                return self.alive
        cutter.refuse()
        if self._tries > MOST_TRIES:
            self._give_up(PARTLY, "limit: records tried behind losses")
        return self.alive

    def _sought(self, epoch: Epoch, record: Record, sequence: int, lost: int) -> tuple[int, Opened] | None:
        """How many records lie in `lost` bytes, and what a record behind them holds; None: these keys open nothing."""
        assert record.fragment is not None
        least = -(-lost // (HEAD + CONTENT + 256)) if sequence else 0
        for skipped in range(least, least + SEEKING):
            if skipped * (HEAD + 1) > lost or self._tries > MOST_TRIES:
                break
            self._tries += 1
            opened = epoch.protection.open(sequence + skipped, record.head, record.fragment)
            if opened is not None:
                return skipped, opened
        return None

    def _regain(self, side: _Side, record: Record, number: int, skipped: int, opened: Opened) -> None:
        """The place of records is known again: `skipped` records of these keys were lost."""
        assert side.epochs is not None
        known = side.cutter.known
        side.cutter.accept(record)
        if number:
            side.epochs, side.sequence = side.epochs[number:], 0
            if skipped:
                self._give_up(PARTLY, "bytes are missing, and how many of the content cannot be told")
                return
        elif record.start > known:
            self._lost(side, known, record.start, skipped)
        if self.alive:
            self._fits(side, side.epochs[0])
            side.sequence += 1
            self._content(side, record, opened)

    # -- handshakes ---------------------------------------------------------------------------------------------------

    def _messages(self, side: _Side, data: bytes) -> None:
        """Handshake messages that are whole."""
        side.handshake += data
        while len(side.handshake) >= 4 and self.alive:
            size = 4 + int.from_bytes(side.handshake[1:4], "big")
            if size > LONGEST_HANDSHAKE:
                self._give_up(NO_BEGINNING if side.epochs is None else PARTLY, "no handshake")
                return
            if len(side.handshake) < size:
                return
            raw, side.handshake = side.handshake[:size], side.handshake[size:]
            self._message(side, raw)

    def _message(self, side: _Side, raw: bytes) -> None:
        kind = raw[0]
        if self._agreed.version >= TLS13 and side.epochs is not None:
            self._message13(side, kind)
            return
        if kind == CLIENT_HELLO:
            self._client_hello(side, raw)
        self._agreed.note(raw)
        if kind == SERVER_HELLO:
            self._server_hello(side, raw)
        elif kind == KEY_EXCHANGE and side.direction == self._client:
            self._agreed.key_exchange(raw)
        elif kind == TICKET and side.direction != self._client:
            cursor = Cursor(raw[8:])
            self._agreed.new_ticket = cursor.vector(2)

    def _message13(self, side: _Side, kind: int) -> None:
        epochs = side.epochs
        if not epochs:
            return
        if (kind == FINISHED and epochs[0].name == "handshake") or (
            kind == END_OF_EARLY_DATA and epochs[0].name == "early"
        ):
            side.epochs, side.sequence, side.opened = epochs[1:], 0, False
            if not side.epochs:
                self._give_up(PARTLY, "the secret of the application data is missing")
        elif kind == KEY_UPDATE and epochs[0].name == "traffic":
            side.epochs, side.sequence = [next_epoch(epochs[0])], 0

    def _client_hello(self, side: _Side, raw: bytes) -> None:
        hello = self._agreed.client_hello(raw)
        if self._client < 0:
            self._client = side.direction
            if not self.keys.takes(hello.server_name):
                self._give_up(NOT_ASKED)

    def _server_hello(self, side: _Side, raw: bytes) -> None:
        if self._agreed.hello is None:
            self._give_up(NO_BEGINNING, "no hello of the client")
            return
        if side.direction == self._client:
            return
        problem = self._agreed.server_hello(raw)
        if problem:
            self._give_up(UNSUPPORTED, problem)
        elif self._agreed.chosen is not None and self._agreed.version >= TLS13:
            self._begin13()

    # -- keys ---------------------------------------------------------------------------------------------------------

    def _begin13(self) -> None:
        """Keys of both directions, as far as their secrets are there (RFC 8446, 7.1)."""
        assert self._agreed.hello is not None
        self._keyless = self._patient and not self._agreed.complete13()
        if self._keyless:
            return
        random = self._agreed.hello.random
        client, server = self._sides[self._client], self._sides[1 - self._client]
        client.epochs = self._agreed.epochs13("CLIENT", random)
        server.epochs = self._agreed.epochs13("SERVER", random)
        if not client.epochs and not server.epochs and ENCRYPTED_HELLO in self._agreed.hello.contents:
            self._inside = True
            server.epochs = self._agreed.tried13()
        if not client.epochs and not server.epochs:
            self._give_up(NO_KEYS)

    def _hurry(self) -> None:
        """Go on with the keys that there are."""
        self._patient = False
        for side in self._sides:
            if self.alive:
                self._run(side)

    def _change(self, side: _Side) -> bool:
        """ChangeCipherSpec: the keys that were agreed on hold from here (RFC 5246, 7.1). False: they are waited for."""
        from cryptography.exceptions import UnsupportedAlgorithm

        if self._agreed.hello is None or self._agreed.chosen is None or self._agreed.suite is None:
            self._give_up(NO_BEGINNING, "a hello is missing")
            return True
        masters = self._agreed.masters()
        self._keyless = self._patient and not masters
        if self._keyless:
            return False
        if not masters:
            self._give_up(NO_KEYS)
            return True
        server = side.direction != self._client
        try:
            side.epochs = [self._agreed.epoch12(secret, uses, server=server) for secret, uses in masters]
        except UnsupportedAlgorithm:
            self._give_up(
                UNSUPPORTED,
                f"cipher suite {self._agreed.suite.number:04x}: the library has no {self._agreed.suite.cipher}",
            )
            return True
        side.sequence, side.strange, side.opened, side.handshake = 0, MOST_STRANGE, False, b""
        side.inflater = Inflater() if self._agreed.compression == DEFLATE else None
        return True

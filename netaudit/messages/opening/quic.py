"""QUIC connections of one UDP flow opened with keys: what protects their packets, and their streams (RFC 9000, 9001).

Not followed: a connection that moves to another pair of addresses or ports (RFC 9000, 9): packets there stay closed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from netaudit.messages.hellos.fragments import Fragments
from netaudit.messages.hellos.hello import CLIENT_HELLO, RETRY, SERVER_HELLO, Hello, parse
from netaudit.messages.hellos.quic_packets import SAMPLE, Kind, Packet, initial_keys, opened, packets
from netaudit.messages.hellos.vectors import Cursor
from netaudit.messages.http3 import Http3
from netaudit.messages.opening.carried import (
    NO_BEGINNING,
    NO_KEYS,
    NOT_ASKED,
    OPENED,
    PARTLY,
    UNSUPPORTED,
    WRONG_KEYS,
    Outcome,
)
from netaudit.messages.opening.privacy import lessen
from netaudit.messages.opening.quic_frames import CRYPTO, NEW_ID, RESET, STREAM, Frame, frames
from netaudit.messages.opening.quic_keys import Found, Level, early_suites
from netaudit.messages.opening.quic_streams import Half
from netaudit.messages.opening.suites import TLS13_SUITES, Suite, suites

if TYPE_CHECKING:
    from netaudit.messages.message import Message
    from netaudit.messages.opening.carried import FlowKeys

CONNECTIONS = 8  # of one flow
MOST_IDS = 64  # connection ids of one side that are remembered
WAITING = 256  # packets that wait for their keys
CRYPTO_LIMIT = 256 << 10
HANDSHAKE_LIMIT = 1 << 18  # bytes of a handshake message
MOST_STREAMS = 4096
HELD = 32 << 20  # bytes of streams that wait for what belongs before them
STRANGE = 64  # packets that no key opens, before any was opened
ENCRYPTED_EXTENSIONS, ALPN = 8, 16
INITIAL, HANDSHAKE, TRAFFIC = range(3)  # packet number spaces
_LABELS = {HANDSHAKE: "{}_HANDSHAKE_TRAFFIC_SECRET", TRAFFIC: "{}_TRAFFIC_SECRET_0"}


class _Waiting(NamedTuple):
    """A packet that came before its keys."""

    direction: int
    offset: int  # of the datagram
    data: bytes
    start: int


class Connection:
    """One connection."""

    def __init__(self, owner: QuicOpener, client: int, version: int, destination: bytes) -> None:
        self.owner, self.client, self.version = owner, client, version
        self.destinations = [destination]  # ids from which the keys of Initials follow, latest first
        self.ids: tuple[list[bytes], list[bytes]] = ([], [])  # by which packets of each direction are addressed
        self.largest = {(space, direction): -1 for space in range(3) for direction in (0, 1)}
        self.levels: dict[tuple[int, int], Level] = {}  # by space and direction
        self.early: list[Level] = []
        self.crypto = {
            (space, direction): Fragments(CRYPTO_LIMIT) for space in (INITIAL, HANDSHAKE) for direction in (0, 1)
        }
        self.hello: Hello | None = None
        self.suite: Suite | None = None
        self.protocols: list[bytes] = []
        self.halves: dict[tuple[int, int], Half] = {}
        self.held = 0
        self.waiting: list[_Waiting] = []
        self.reader: Http3 | None = None
        self.strange = self.opened = 0
        self.told: set[tuple[int, int]] = set()  # spaces and directions whose keys have opened something
        self.state, self.source, self.why = "", -1, ""

    # -- keys ---------------------------------------------------------------------------------------------------------

    def _say(self, state: str, why: str = "") -> None:
        if not self.state:
            self.state, self.why = state, why

    def _client_hello(self, raw: bytes) -> None:
        self.hello = parse(raw)
        keys = self.owner.keys
        if not keys.takes(self.hello.server_name):
            self._say(NOT_ASKED)
            return
        self.protocols = self.hello.protocols
        secret = keys.ring.secret("CLIENT_EARLY_TRAFFIC_SECRET", self.hello.random)
        if secret is not None:
            self.early = [Level(suite, self.version, secret.value) for suite in early_suites(secret.value)]

    def _server_hello(self, raw: bytes) -> None:
        hello = parse(raw)
        if hello.random == RETRY:
            return
        self.suite = suites().get(hello.suites[0])
        if self.suite is None or self.suite.number not in TLS13_SUITES:
            self._say(UNSUPPORTED, f"cipher suite {hello.suites[0]:04x}")
            return
        if self.hello is None or self.state:
            return
        for space, label in _LABELS.items():
            for direction in (0, 1):
                name = label.format("CLIENT" if direction == self.client else "SERVER")
                secret = self.owner.keys.ring.secret(name, self.hello.random)
                if secret is not None:
                    self.levels[space, direction] = Level(self.suite, self.version, secret.value)
        if not any(space == TRAFFIC for space, _ in self.levels):
            self._say(NO_KEYS)

    def _used(self, space: int, direction: int) -> None:
        """Keys have opened something."""
        self.opened += 1
        if (space, direction) in self.told:
            return
        assert self.hello is not None
        self.told.add((space, direction))
        names = [_LABELS[space].format("CLIENT" if direction == self.client else "SERVER")] if space else []
        for name in names or ["CLIENT_EARLY_TRAFFIC_SECRET"]:
            secret = self.owner.keys.ring.secret(name, self.hello.random)
            if secret is not None:
                self.owner.keys.used[name, self.hello.random] = secret.value
                self.source = secret.source

    # -- packets ------------------------------------------------------------------------------------------------------

    def initial(self, direction: int, data: bytes, packet: Packet) -> bytes | None:
        """Frames of an Initial; None when it belongs to another connection."""
        sender = "client" if direction == self.client else "server"
        for destination in self.destinations:
            found = opened(
                data, packet, initial_keys(packet.version, destination, sender), self.largest[INITIAL, direction]
            )
            if found is not None:
                self.largest[INITIAL, direction] = max(self.largest[INITIAL, direction], found[0])
                self._heard(direction, packet)
                return found[1]
        return None

    def _heard(self, direction: int, packet: Packet) -> None:
        """The sender's own id is what the other direction addresses it by (RFC 9000, 7.2)."""
        self.know(1 - direction, packet.source)
        if direction != self.client:
            self.version = packet.version

    def restart(self, destination: bytes) -> None:
        """The client begins again after a Retry (RFC 9000, 17.2.5): other Initial keys, and perhaps another hello."""
        if destination in self.destinations:
            return
        self.destinations = [destination, *self.destinations][:4]
        self.hello, self.early = None, []
        self.crypto[INITIAL, self.client] = Fragments(CRYPTO_LIMIT)

    def know(self, direction: int, name: bytes) -> None:
        """Packets of a direction may be addressed to this id."""
        ids = self.ids[direction]
        if name not in ids:
            ids.insert(0, name)
            del ids[MOST_IDS:]

    def addressed(self, direction: int, data: bytes, start: int) -> int:
        """Bytes of the connection id of a packet with a short header; -1 when it is none of this connection's."""
        for name in self.ids[direction]:
            if data.startswith(name, start + 1):
                return len(name)
        return -1

    def take_initial(self, direction: int, content: bytes) -> None:
        """Handshake messages in an Initial."""
        for frame in frames(content):
            if frame.kind == CRYPTO:
                self._crypto(INITIAL, direction, frame)

    def take_long(self, direction: int, offset: int, data: bytes, packet: Packet) -> None:
        """A packet of the handshake, or early data."""
        if self.state in (NO_KEYS, NOT_ASKED, UNSUPPORTED):
            return
        if packet.kind is Kind.ZERO_RTT:
            levels, space = self.early, TRAFFIC
            if self.hello is None:
                self._wait(direction, offset, data, packet.start)
                return
        else:
            level, space = self.levels.get((HANDSHAKE, direction)), HANDSHAKE
            levels = [level] if level is not None else []
            if self.suite is None:
                self._wait(direction, offset, data, packet.start)
                return
        for level in levels:
            found = level.open(data, packet.start, packet.number_at, packet.end, self.largest[space, direction])
            if found is not None:
                if packet.kind is Kind.ZERO_RTT:
                    self.early = [level]
                    self._used(INITIAL, direction)
                else:
                    self._heard(direction, packet)
                    self._used(HANDSHAKE, direction)
                self._content(space, direction, offset, found)
                return
        self._strange(bool(levels))

    def take_short(self, direction: int, offset: int, data: bytes, start: int) -> bool:
        """A packet with a short header; whether it was opened."""
        if self.state in (NO_KEYS, NOT_ASKED, UNSUPPORTED):
            return True
        size = self.addressed(direction, data, start)
        level = self.levels.get((TRAFFIC, direction))
        if self.suite is None and self.hello is not None:
            self._wait(direction, offset, data, start)
            return True
        if size < 0 or level is None:
            return False
        found = level.open_short(data, start, start + 1 + size, self.largest[TRAFFIC, direction])
        if found is None:
            return False
        self._used(TRAFFIC, direction)
        self._content(TRAFFIC, direction, offset, found)
        return True

    def _strange(self, tried: bool) -> None:  # noqa: FBT001
        self.strange += 1
        if tried and not self.opened and self.strange > STRANGE:
            self._say(WRONG_KEYS)

    def _wait(self, direction: int, offset: int, data: bytes, start: int) -> None:
        if len(self.waiting) < WAITING:
            self.waiting.append(_Waiting(direction, offset, data, start))

    def again(self) -> None:
        """The handshake went on: what waited may be opened."""
        waiting, self.waiting = self.waiting, []
        for direction, offset, data, start in waiting:
            if data[start] & 0x80:
                for packet in packets(data):
                    if packet.start == start:
                        self.take_long(direction, offset, data, packet)
            elif not self.take_short(direction, offset, data, start):
                self._strange(tried=True)

    # -- frames -------------------------------------------------------------------------------------------------------

    def _content(self, space: int, direction: int, offset: int, found: Found) -> None:
        """Frames of an opened packet of the datagram at `offset`."""
        self.largest[space, direction] = max(self.largest[space, direction], found.number)
        base = offset + found.at
        for frame in frames(found.frames):
            if frame.kind == STREAM:
                self._stream(direction, frame, base + frame.at)
            elif frame.kind == CRYPTO and space == HANDSHAKE:
                self._crypto(HANDSHAKE, direction, frame)
            elif frame.kind == NEW_ID:
                self.know(1 - direction, frame.data)
            elif frame.kind == RESET and (half := self.halves.get((frame.stream, direction))) is not None:
                self.held -= half.forget()
                if self.reader is not None:
                    self.reader.reset(frame.stream, direction)

    def _crypto(self, space: int, direction: int, frame: Frame) -> None:
        crypto = self.crypto[space, direction]
        crypto.add(frame.offset, frame.data)
        while len(crypto.ready) >= 4:
            size = 4 + int.from_bytes(crypto.ready[1:4], "big")
            if size > HANDSHAKE_LIMIT or len(crypto.ready) < size:
                return
            raw = crypto.take(size)
            if space == INITIAL and raw[0] == CLIENT_HELLO and direction == self.client:
                self._client_hello(raw)
            elif space == INITIAL and raw[0] == SERVER_HELLO and direction != self.client:
                self._server_hello(raw)
            elif space == HANDSHAKE and raw[0] == ENCRYPTED_EXTENSIONS and direction != self.client:
                self._extensions(raw)

    def _extensions(self, raw: bytes) -> None:
        said = Cursor(Cursor(raw[4:]).vector(2))
        while said.left:
            kind, content = said.number(2), said.vector(2)
            if kind == ALPN:
                self.protocols = [Cursor(Cursor(content).vector(2)).vector(1)]

    def _stream(self, direction: int, frame: Frame, at: int) -> None:
        if self.reader is None:
            if not self.protocols or not self.protocols[0].startswith(b"h3"):
                name = self.protocols[0].decode("latin-1") if self.protocols else "none"
                self.why = self.why or f"application protocol {name[:32]} is not read"
                return
            self.reader = Http3(self.client)
        half = self.halves.get((frame.stream, direction))
        if half is None:
            if len(self.halves) >= MOST_STREAMS:
                self._forget_done()
            half = self.halves[frame.stream, direction] = Half()
        if half.done:
            return
        if frame.last:
            half.size = frame.offset + len(frame.data)
        held = half.held
        pieces = half.add(frame.offset, frame.data, at)
        self.held += half.held - held
        if pieces or half.done:
            self.reader.take(frame.stream, direction, half, pieces)
        if half.too_much or self.held > HELD:
            self._skip(frame.stream, direction, half)

    def _skip(self, stream: int, direction: int, half: Half) -> None:
        held = half.held
        pieces = half.skip()
        self.held += half.held - held
        if pieces and self.reader is not None:
            self.reader.take(stream, direction, half, pieces)

    def _forget_done(self) -> None:
        """Streams that have ended are remembered so that what is sent again is not read again, within a bound."""
        done = [key for key, half in self.halves.items() if half.done][: MOST_STREAMS // 2]
        for key in done or list(self.halves)[:1]:
            del self.halves[key]

    def finish(self) -> None:
        """Nothing more comes: holes are gaps."""
        for (stream, direction), half in list(self.halves.items()):
            for _ in range(len(half.waiting) + 1):
                if half.done:
                    break
                self._skip(stream, direction, half)
        if self.reader is not None:
            self.reader.finish()

    def taken(self) -> list[Message]:
        """Messages made since the last call, lessened to what may be kept."""
        if self.reader is None or not self.reader.out:
            return []
        out, self.reader.out = self.reader.out, []
        for message in out:
            message.opened = self.owner.keys.ring.labels[self.source] if self.source >= 0 else ""
            lessen(message)
        return out

    @property
    def outcome(self) -> Outcome:
        """What became of it."""
        source = self.owner.keys.ring.labels[self.source] if self.source >= 0 else ""
        if self.opened:
            holes = any(half.holes for half in self.halves.values())
            return Outcome(PARTLY if holes or self.strange > 8 or self.why else OPENED, source, self.why)
        return Outcome(self.state or (WRONG_KEYS if self.strange and self.levels else NO_BEGINNING), "", self.why)


class QuicOpener:
    """The connections of one flow."""

    def __init__(self, keys: FlowKeys) -> None:
        self.keys = keys
        self.connections: list[Connection] = []  # latest first
        self.at = [0, 0]
        self._counted = 0
        self._needed = [0, 0]
        self._over: list[Message] = []  # of connections that were given up

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take a datagram; the messages that became whole."""
        self.at[direction] = offset + len(data)
        end = 0
        for packet in packets(data):
            end = packet.end
            self._long(direction, offset, data, packet)
        if end < len(data) and data[end] & 0xC0 == 0x40 and len(data) - end > SAMPLE + 4:
            self._short(direction, offset, data, end)
        out, self._over = self._over, []
        for connection in self.connections:
            out += connection.taken()
        return out

    def _long(self, direction: int, offset: int, data: bytes, packet: Packet) -> None:
        if packet.kind is Kind.INITIAL:
            self._initial(direction, data, packet)
            return
        if packet.kind is Kind.RETRY:
            for connection in self.connections:
                if connection.client != direction and connection.suite is None:
                    connection.restart(packet.source)
                    break
            return
        for connection in self.connections:
            if self._is_of(connection, direction, packet):
                connection.take_long(direction, offset, data, packet)
                return

    @staticmethod
    def _is_of(connection: Connection, direction: int, packet: Packet) -> bool:
        known = connection.ids[direction]
        return packet.destination in known or packet.destination in connection.destinations or not known

    def _initial(self, direction: int, data: bytes, packet: Packet) -> None:
        for connection in self.connections:
            content = connection.initial(direction, data, packet)
            if content is not None:
                self._begin(connection, direction, content)
                return
        found = opened(data, packet, initial_keys(packet.version, packet.destination))
        if found is None:
            return
        for connection in self.connections:
            if (
                connection.client == direction
                and connection.suite is None
                and packet.source in connection.ids[1 - direction]
            ):
                connection.restart(packet.destination)
                self._begin(connection, direction, found[1])
                return
        connection = Connection(self, direction, packet.version, packet.destination)
        connection.know(1 - direction, packet.source)
        connection.know(direction, packet.destination)
        connection.largest[INITIAL, direction] = found[0]
        self.connections.insert(0, connection)
        for old in self.connections[CONNECTIONS:]:
            old.finish()
            self._over += old.taken()
        del self.connections[CONNECTIONS:]
        self._begin(connection, direction, found[1])

    @staticmethod
    def _begin(connection: Connection, direction: int, content: bytes) -> None:
        before = connection.hello, connection.suite
        connection.take_initial(direction, content)
        if before != (connection.hello, connection.suite):
            connection.again()

    def _short(self, direction: int, offset: int, data: bytes, start: int) -> None:
        for connection in self.connections:
            if connection.addressed(direction, data, start) >= 0 and connection.take_short(
                direction, offset, data, start
            ):
                return
        for connection in self.connections:
            if connection.addressed(direction, data, start) >= 0:
                connection.strange += 1
                return

    def finish(self) -> list[Message]:
        """The flow has ended."""
        out: list[Message] = []
        for connection in self.connections:
            connection.finish()
            out += connection.taken()
        return out

    @property
    def alive(self) -> bool:
        """Whether more may be opened."""
        return not self.connections or any(
            connection.state not in (NO_KEYS, NOT_ASKED, UNSUPPORTED, WRONG_KEYS) for connection in self.connections
        )

    @property
    def outcome(self) -> Outcome:
        """What became of the flow: of several connections the one of which most is known."""
        said = [connection.outcome for connection in self.connections]
        for state in (PARTLY, OPENED, WRONG_KEYS, NO_KEYS, UNSUPPORTED, NOT_ASKED):
            for outcome in said:
                if outcome.state == state:
                    mixed = state == OPENED and any(one.state != OPENED for one in said)
                    return Outcome(PARTLY, outcome.source, outcome.why) if mixed else outcome
        return Outcome(NO_BEGINNING)

    def needed_from(self, direction: int) -> int:
        """Offset of the first datagram that a later message may need; looked for anew now and then."""
        self._counted += 1
        if self._counted % 64 == 0:
            for way in (0, 1):
                self._needed[way] = self._first(way)
        return self._needed[direction]

    def _first(self, direction: int) -> int:
        first = self.at[direction]
        for connection in self.connections:
            first = min([first, *(one.offset for one in connection.waiting if one.direction == direction)])
            if connection.reader is not None:
                first = connection.reader.needed_from(direction, first)
            for (_, way), half in connection.halves.items():
                if way == direction:
                    first = half.needed_from(first)
        return first

"""QUIC: the ClientHello in the Initials of a connection (RFC 9000, RFC 9001); nothing behind it can be read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from netaudit.core.contracts.details import HelloDetails
from netaudit.protocols.carve import CarveReader
from netaudit.protocols.marks import Mark, literal
from netaudit.protocols.message import DOWN, UP
from netaudit.protocols.reader import BaseReader, HandOver, Opening, Verdict
from netaudit.protocols.tls.fragments import Fragments
from netaudit.protocols.tls.handshake import LARGEST, Handshake
from netaudit.protocols.tls.quic_packets import VERSIONS, Kind, Packet, crypto_frames, initial_keys, opened, packets

if TYPE_CHECKING:
    from netaudit.protocols.datagrams import Datagrams
    from netaudit.protocols.decryption.carried import Outcome
    from netaudit.protocols.decryption.quic import QuicOpener
    from netaudit.protocols.message import Message

NAME = "quic"
CONNECTIONS = 8  # of one flow
KEYS = 4  # connection ids whose keys are tried for one connection; a Retry brings another one
PATIENCE = 64  # datagrams in a row that may bring nothing new
PADDED = 1200  # bytes at least of a client's datagram with an Initial (RFC 9000, 14.1)
MOST = 2048  # datagrams that are looked at, whatever they bring
CRYPTO_LIMIT = 64 << 10  # bytes of CRYPTO frames of one connection


_LONG = bytes(range(0x80, 0x100))
_PROVOKING = bytes(16 * high + 10 for high in range(16))
MARKS = (
    *(Mark((_LONG, *literal(version.to_bytes(4, "big")))) for version in VERSIONS),
    Mark((_LONG, *(_PROVOKING,) * 4), least=PADDED),
)


def recognise(opening: Opening) -> Verdict:
    """A first datagram that begins with a long header of a version known here, or one sent to provoke negotiation."""
    data = opening.up or opening.down
    if not data:
        return Verdict.MORE
    provokes = data[0] >= 0x80 and len(data) >= PADDED and data[1:5].hex()[1::2] == "aaaa"  # RFC 9000, 15
    return Verdict.YES if provokes or any(True for _ in packets(data)) else Verdict.NO


class _Connection:
    """What one client says in its Initials."""

    def __init__(self, version: int) -> None:
        self.ids: list[tuple[int, bytes]] = []  # version and destination id of keys that opened something, latest first
        self.crypto = Fragments(CRYPTO_LIMIT)
        self.handshake = Handshake(NAME, NAME)
        self.version = version
        self.largest = -1
        self.start = -1  # stream offset of the first datagram that is not used up

    def open(self, data: bytes, packet: Packet) -> bytes | None:
        """Frames of an Initial; None when no keys open it."""
        own = (packet.version, packet.destination)
        for version, destination in (*self.ids, own) if own not in self.ids else self.ids:
            if version != packet.version:
                continue
            found = opened(data, packet, initial_keys(version, destination), self.largest)
            if found is None and self.largest >= 0:  # which anyone may have said
                found = opened(data, packet, initial_keys(version, destination))
            if found is not None:
                self.largest = max(self.largest, found[0])
                self._prefer((version, destination))
                return found[1]
        return None

    def _prefer(self, key: tuple[int, bytes]) -> None:
        self.ids = [key, *(known for known in self.ids if known != key)][:KEYS]


class QuicReader(BaseReader):
    """Reads the hellos of one UDP flow."""

    searches = True

    def __init__(self) -> None:
        self.connections: dict[tuple[int, bytes], _Connection] = {}  # by direction and the client's own id
        self.inner: CarveReader | None = CarveReader()  # until an Initial was opened, it may be something else
        self.at = [0, 0]
        self.seen = self.quiet = 0  # datagrams; those in a row that brought nothing
        self.left = False  # nothing more can be read without keys
        self.opener: QuicOpener | None = None

    def begin(self, opening: Opening) -> None:  # noqa: ARG002
        """Where keys were given, open with them."""
        if self.keys is not None:
            from netaudit.protocols.decryption.quic import QuicOpener

            self.opener = QuicOpener(self.keys)

    @property
    def outcome(self) -> Outcome | None:
        """What became of the connections, where keys were given."""
        return self.opener.outcome if self.opener is not None else None

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take a datagram."""
        end = self.at[direction] = offset + len(data)
        out = self._read(direction, offset, end, data)
        if self.opener is not None:
            out += self.opener.feed(direction, offset, data)
            self.takes_batches = self.left  # only opening is left to do
            self.wants_bytes = not self.left or self.opener.alive
        return out

    def feed_batch(self, brought: Datagrams) -> list[Message]:
        """Open what came."""
        assert self.opener is not None
        out = self.opener.feed_batch(brought)
        self.at, self.wants_bytes = [*self.opener.at], self.opener.alive
        return out

    def _read(self, direction: int, offset: int, end: int, data: bytes) -> list[Message]:
        """What can be read without keys."""
        out: list[Message] = []
        self.seen, self.quiet = self.seen + 1, self.quiet + 1
        over = not data[0] & 0x80
        for packet in packets(data):
            if packet.kind is Kind.INITIAL:
                out += self._initial(direction, (offset, end), data, packet)
            over = over or packet.kind is Kind.HANDSHAKE
        if self.connections:
            self.inner = None
        if self.inner is not None:
            out += self.inner.feed(direction, offset, data)
        if (over and self._has_said(direction)) or self.quiet > PATIENCE or self.seen > MOST:
            out += self._leave(direction)
        return out

    def _leave(self, direction: int) -> list[Message]:
        """Nothing more can be read, or it is not known that this is QUIC at all: then others may look."""
        if self.inner is None:
            self.wants_bytes, self.left = False, True
            return []
        self.hand_over = HandOver((self.at[UP], self.at[DOWN]), (b"", b""), direction)
        return self.inner.finish()

    def _has_said(self, direction: int) -> bool:
        """Whether a client in this direction has said hello: what it protects better ends its Initials."""
        return any(d == direction and known.handshake.hello for (d, _), known in self.connections.items())

    def _initial(self, direction: int, span: tuple[int, int], data: bytes, packet: Packet) -> list[Message]:
        if (1 - direction, packet.destination) in self.connections:
            return []  # the answer to a client
        key = (direction, packet.source)
        connection = self.connections.get(key) or _Connection(packet.version)
        frames = connection.open(data, packet)
        if frames is None or (key not in self.connections and len(self.connections) >= CONNECTIONS):
            return []
        self.connections[key] = connection
        for place, piece in crypto_frames(frames):
            if connection.crypto.add(place, piece):
                self.quiet = 0
                if connection.start < 0:
                    connection.start = span[0]
        out = []
        for message in _messages(connection, direction):
            message.start, message.end = connection.start, span[1]
            if isinstance(message.details, HelloDetails):
                message.details = replace(message.details, quic_version=packet.version)
            out.append(message)
        if connection.crypto.empty:
            connection.start = -1
        return out

    def finish(self) -> list[Message]:
        """Give images that never ended, where this was no QUIC."""
        out = self.inner.finish() if self.inner is not None else []
        return out if self.opener is None else out + self.opener.finish()

    def needed_from(self, direction: int) -> int:
        """Beginning of the earliest hello, image or opened message under way."""
        first = self._hello_from(direction)
        return first if self.opener is None else min(first, self.opener.needed_from(direction))

    def _hello_from(self, direction: int) -> int:
        if self.inner is not None:
            return self.inner.needed_from(direction)
        starts = [known.start for (d, _), known in self.connections.items() if d == direction and known.start >= 0]
        return min(starts, default=self.at[direction])


def _messages(connection: _Connection, direction: int) -> list[Message]:
    """Handshake messages that are whole."""
    out: list[Message] = []
    ready = connection.crypto.ready
    while len(ready) >= 4 and not connection.handshake.done[direction]:
        size = 4 + int.from_bytes(ready[1:4], "big")
        if size > LARGEST:
            connection.handshake.done[direction] = True
        if len(ready) < size:
            break
        message = connection.handshake.parse(direction, connection.crypto.read(size))
        if message is not None:
            out.append(message)
    return out

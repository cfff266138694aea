"""One QUIC connection opened with keys: its packets, and what their frames tell (RFC 9000, 12 and 17).

Not followed: a connection that moves to another pair of addresses or ports (RFC 9000, 9): packets there stay closed.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from netaudit.protocols.decryption.carried import (
    NO_BEGINNING,
    NO_KEYS,
    NOT_ASKED,
    OPENED,
    PARTLY,
    UNSUPPORTED,
    WRONG_KEYS,
    Outcome,
)
from netaudit.protocols.decryption.kernels_quic import in_turn
from netaudit.protocols.decryption.quic_frames import CRYPTO, NEW_ID, RESET, STREAM, frames
from netaudit.protocols.decryption.quic_handshake import HANDSHAKE, INITIAL, TRAFFIC, Handshaking
from netaudit.protocols.decryption.quic_rows import NONE, Row
from netaudit.protocols.decryption.quic_streams import Part, Streams
from netaudit.protocols.decryption.redaction import lessen
from netaudit.protocols.tls.quic_packets import Kind, Packet, initial_keys, opened, packets

if TYPE_CHECKING:
    from netaudit.protocols.datagrams import Way
    from netaudit.protocols.decryption.carried import FlowKeys
    from netaudit.protocols.decryption.quic_keys import I8, U1, Found, Level, Packets
    from netaudit.protocols.message import Message


MOST = 1024  # that are opened at once: where other keys follow, of another connection say, they are opened again


LEAST = 8  # that are tried at once where few were opened before


class Ahead:
    """All of one direction, in order."""

    def __init__(self, direction: int, way: Way) -> None:
        self.direction, self.way = direction, way
        self._at = 0  # the next datagram
        self.row: Row | None = None  # what was opened ahead
        self._first, self._until = 0, 0  # the datagrams in it
        self.at = (0, 0)  # the packet in it, and the STREAM frame, that come next
        self._by: Level | None = None

    def reach(self, connection: Connection) -> int:
        """Open the next ones; the place, among all datagrams of the batch, of the first that is not opened."""
        if self._by is not connection.level(self.direction) or self._at >= self._until:
            self._open(connection)
        return self._place(self._until)

    def _place(self, number: int) -> int:
        return int(self.way.places[number]) if number < len(self.way.places) else 1 << 62

    def _open(self, connection: Connection) -> None:
        """Open the next ones, more where many were opened last."""
        level = self._by = connection.level(self.direction)
        self.row, self._first, self._until, self.at = None, self._at, self._at, (0, 0)
        way, count = self.way, min(level.ahead, len(self.way.begins) - self._at) if level is not None else 0
        if level is None or count <= 0:
            return
        part = slice(self._at, self._at + count)
        found = connection.open_row(self.direction, way.data, way.begins[part], way.ends[part])
        opened = len(found.ends) if found is not None else 0
        level.ahead = min(MOST, max(LEAST if opened < count else level.ahead, 2 * opened))
        if found is not None and opened:
            self.row, self._until = Row(found, way.bases[part]), self._at + opened

    def heeded(self, packet: int, frame: int) -> int:
        """Go on with a packet of the row and its first frame; the largest number of those before, -1 without any."""
        first, self.at = self.at[0], (packet, frame)
        self._at = self._first + packet
        return self.row.largest(first, packet) if self.row is not None and packet > first else -1

    def skip(self) -> tuple[int, bytes]:
        """Place in the flow and bytes of the next datagram, which goes another way."""
        way, at = self.way, self._at
        self._at += 1
        begin = int(way.begins[at])
        return begin + int(way.bases[at]), way.data[begin : int(way.ends[at])]


MOST_IDS = 64  # connection ids of one side that are remembered
WAITING = 256  # packets that wait for their keys
STRANGE = 64  # packets that no key opens, before any was opened
HOPELESS = (NO_KEYS, NOT_ASKED, UNSUPPORTED)


class _Waiting(NamedTuple):
    """A packet that came before its keys."""

    direction: int
    offset: int  # of the datagram
    data: bytes
    start: int


class Connection:
    """One connection."""

    def __init__(self, keys: FlowKeys, client: int, version: int, destination: bytes) -> None:
        self.client = client
        self.labels = keys.ring.labels
        self.destinations = [destination]  # ids from which the keys of Initials follow, latest first
        self.ids: tuple[list[bytes], list[bytes]] = ([], [])  # by which packets of each direction are addressed
        self.usual: list[bytes | None] = [None, None]  # those by which the last ones were
        self.largest = {(space, direction): -1 for space in range(3) for direction in (0, 1)}
        self.handshake = Handshaking(keys, client, version)
        self.streams = Streams(client)
        self.waiting: list[_Waiting] = []
        self.strange = self.opened = 0
        self.proved: set[tuple[int, int]] = set()  # spaces and directions whose keys have opened something
        self.source = -1

    # -- whose packets ------------------------------------------------------------------------------------------------

    def know(self, direction: int, name: bytes) -> None:
        """Packets of a direction may be addressed to this id."""
        ids = self.ids[direction]
        if name not in ids:
            ids.insert(0, name)
            del ids[MOST_IDS:]
            self.usual[direction] = None  # which the new one may begin with

    def owns(self, direction: int, packet: Packet) -> bool:
        """Whether a packet with a long header may be of this connection."""
        known = self.ids[direction]
        return packet.destination in known or packet.destination in self.destinations or not known

    def addressed(self, direction: int, data: bytes, start: int) -> int:
        """Bytes of the connection id of a packet with a short header; -1 when it is none of this connection's."""
        usual = self.usual[direction]
        if usual is not None and data.startswith(usual, start + 1):
            return len(usual)
        for name in self.ids[direction]:
            if data.startswith(name, start + 1):
                self.usual[direction] = name if name or len(self.ids[direction]) == 1 else None
                return len(name)
        return -1

    def _heard(self, direction: int, packet: Packet) -> None:
        """The sender's own id is what the other direction addresses it by (RFC 9000, 7.2)."""
        self.know(1 - direction, packet.source)
        if direction != self.client:
            self.handshake.speaks(packet.version)

    # -- packets of the handshake -------------------------------------------------------------------------------------

    def initial(self, direction: int, data: bytes, packet: Packet) -> bytes | None:
        """Frames of an Initial; None when it belongs to another connection."""
        sender = "client" if direction == self.client else "server"
        largest = self.largest[INITIAL, direction]  # which anyone may have said: a number counts from the first, too
        for destination, known in itertools.product(self.destinations, (largest, -1) if largest >= 0 else (-1,)):
            found = opened(data, packet, initial_keys(packet.version, destination, sender), known)
            if found is not None:
                self.largest[INITIAL, direction] = max(self.largest[INITIAL, direction], found[0])
                self._heard(direction, packet)
                return found[1]
        return None

    def begin(self, direction: int, content: bytes) -> None:
        """Heed the frames of an Initial; what waited for the keys they bring may be opened then."""
        handshake = self.handshake
        before = handshake.changes
        for frame in frames(content):
            if frame.kind == CRYPTO:
                handshake.feed(INITIAL, direction, frame)
        if before != handshake.changes:
            self._again()

    def restart(self, destination: bytes) -> None:
        """The client begins again after a Retry (RFC 9000, 17.2.5): other Initial keys, and perhaps another hello."""
        if destination not in self.destinations:
            self.destinations = [destination, *self.destinations[:2], *self.destinations[2:][-1:]]  # the first stays
            self.handshake.restart()

    def feed_long(self, direction: int, offset: int, data: bytes, packet: Packet) -> None:
        """A packet of the handshake, or early data."""
        handshake = self.handshake
        if handshake.state in HOPELESS:
            return
        early = packet.kind is Kind.ZERO_RTT
        if not (handshake.hellos if early else handshake.answered):
            self._wait(direction, offset, data, packet.start)
            return
        space = TRAFFIC if early else HANDSHAKE
        levels = handshake.early if early else handshake.levels.get((HANDSHAKE, direction), [])
        for level in levels:
            found = level.open(data, packet.start, packet.number_at, packet.end, self.largest[space, direction])
            if found is None:
                continue
            if not early:
                self._heard(direction, packet)
            self._used(INITIAL if early else HANDSHAKE, direction, level)
            self._content(space, direction, offset, found)
            return
        self._strange(tried=bool(levels))

    def _wait(self, direction: int, offset: int, data: bytes, start: int) -> None:
        if len(self.waiting) < WAITING:
            self.waiting.append(_Waiting(direction, offset, data, start))

    def _again(self) -> None:
        waiting, self.waiting = self.waiting, []
        for direction, offset, data, start in waiting:
            if data[start] & 0x80:
                for packet in packets(data):
                    if packet.start == start:
                        self.feed_long(direction, offset, data, packet)
            elif not self.feed_short(direction, offset, data, start):
                self._strange(tried=True)

    # -- packets with short headers -----------------------------------------------------------------------------------

    def feed_short(self, direction: int, offset: int, data: bytes, start: int) -> bool:
        """A packet with a short header; whether it was opened."""
        handshake = self.handshake
        if handshake.state in HOPELESS:
            return True
        size = self.addressed(direction, data, start)
        if handshake.hellos and not handshake.answered:
            self._wait(direction, offset, data, start)
            return True
        for level in handshake.levels.get((TRAFFIC, direction), []) if size >= 0 else []:
            found = level.open_short(data, start, start + 1 + size, self.largest[TRAFFIC, direction])
            if found is not None:
                self._used(TRAFFIC, direction, level)
                self._content(TRAFFIC, direction, offset, found)
                return True
        return False

    def level(self, direction: int) -> Level | None:
        """Keys that have opened packets with short headers; None where none have."""
        if self.handshake.state or (TRAFFIC, direction) not in self.proved:
            return None
        return self.handshake.levels[TRAFFIC, direction][0]

    def open_row(self, direction: int, data: bytes, begins: I8, ends: I8) -> Packets | None:
        """Datagrams (begin and end in the data) with short headers, under keys that have proved right.

        From the first on, up to one that is in any way unusual. What they hold is heeded by `take_turns`, in its turn.
        """
        name, level = self.usual[direction], self.level(direction)
        if name is None or level is None:
            return None
        return level.open_row(data, begins, ends, name, self.largest[TRAFFIC, direction])

    def feed_turns(self, turns: U1, ahead: list[Ahead]) -> None:
        """Heed packets that were opened ahead, in turn."""
        self.opened += len(turns)
        rows = {way.direction: way.row for way in ahead if way.row is not None}
        up, down = (rows[direction].columns if direction in rows else NONE for direction in (0, 1))
        at = np.zeros((2, 2), np.int64)
        for way in ahead:
            at[way.direction] = way.at
        parts = np.empty((sum(map(len, (*up, *down))), 4), np.int64)
        count = in_turn(turns, *up, *down, at, parts)
        for way in ahead:
            largest = way.heeded(*at[way.direction].tolist())
            self.largest[TRAFFIC, way.direction] = max(self.largest[TRAFFIC, way.direction], largest)
        for direction, unusual, first, last in parts[:count].tolist():
            row = rows[direction]
            if unusual:
                self._content(TRAFFIC, direction, row.base(first), row.found(first))
            elif self._reads():
                self.streams.feed(direction, row.part(first, last))

    def _used(self, space: int, direction: int, level: Level) -> None:
        """Keys have opened something."""
        self.opened += 1
        if (space, direction) not in self.proved:
            self.proved.add((space, direction))
            source = self.handshake.proved(space, direction, level)
            self.source = source if source >= 0 else self.source

    def _strange(self, *, tried: bool) -> None:
        self.strange += 1
        if tried and not self.opened and self.strange > STRANGE:
            self.handshake.say(WRONG_KEYS)

    # -- content ------------------------------------------------------------------------------------------------------

    def _content(self, space: int, direction: int, offset: int, found: Found) -> None:
        """Frames of an opened packet of the datagrams from `offset` on."""
        self.largest[space, direction] = max(self.largest[space, direction], found.number)
        base = offset + found.at
        for frame in frames(found.frames):
            if frame.kind == STREAM:
                if self._reads():
                    at = base + frame.at
                    spans = [len(frame.data)], [at], [at + len(frame.data)]
                    self.streams.feed(direction, Part(frame.stream, frame.offset, frame.data, spans, frame.last))
            elif frame.kind == CRYPTO and space == HANDSHAKE:
                self.handshake.feed(HANDSHAKE, direction, frame)
            elif frame.kind == NEW_ID:
                self.know(1 - direction, frame.data)
            elif frame.kind == RESET:
                self.streams.reset(direction, frame.stream)

    def _reads(self) -> bool:
        """Whether streams are read: where it is known what they carry."""
        if self.streams.reader is not None:
            return True
        handshake = self.handshake
        if handshake.protocols and handshake.protocols[0].startswith(b"h3"):
            self.streams.begin()
            return True
        name = handshake.protocols[0].decode("latin-1") if handshake.protocols else "none"
        handshake.why = handshake.why or f"application protocol {name[:32]} is not read"
        return False

    # -- what became of it --------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """Nothing more comes."""
        self.streams.finish()

    def flush(self) -> list[Message]:
        """Messages made since the last call, lessened to what may be kept."""
        out = self.streams.flush()
        for message in out:
            message.opened = self.labels[self.source] if self.source >= 0 else ""
            lessen(message)
        return out

    def needed_from(self, direction: int, after: int) -> int:
        """Offset of the first datagram that a later message may need."""
        first = min([after, *(one.offset for one in self.waiting if one.direction == direction)])
        return self.streams.needed_from(direction, first)

    @property
    def alive(self) -> bool:
        """Whether more may be opened."""
        return self.handshake.state not in (*HOPELESS, WRONG_KEYS)

    @property
    def outcome(self) -> Outcome:
        """What became of it."""
        handshake = self.handshake
        source = self.labels[self.source] if self.source >= 0 else ""
        if self.opened:
            partly = self.streams.holes or self.strange > 8 or handshake.why
            return Outcome(PARTLY if partly else OPENED, source, handshake.why)
        return Outcome(
            handshake.state or (WRONG_KEYS if self.strange and any(handshake.levels.values()) else NO_BEGINNING),
            "",
            handshake.why,
        )

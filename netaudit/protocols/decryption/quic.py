"""The QUIC connections of one UDP flow, opened with keys: which packet is of which (RFC 9000, 5.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
from netaudit.protocols.decryption.quic_connection import Ahead, Connection
from netaudit.protocols.decryption.quic_handshake import INITIAL
from netaudit.protocols.tls.quic_packets import SAMPLE, Kind, Packet, initial_keys, opened, packets

if TYPE_CHECKING:
    from netaudit.protocols.datagrams import Datagrams
    from netaudit.protocols.decryption.carried import FlowKeys
    from netaudit.protocols.decryption.quic_keys import U1
    from netaudit.protocols.message import Message

CONNECTIONS = 8  # of one flow
AT_ONCE = 64  # datagrams that may come before what is needed is looked for anew


class QuicOpener:
    """The connections of one flow."""

    def __init__(self, keys: FlowKeys) -> None:
        self.keys = keys
        self.connections: list[Connection] = []  # latest first
        self.at = [0, 0]
        self._counted = 0  # datagrams since it was looked what is needed
        self._needed = [0, 0]
        self._over: list[Message] = []  # of connections that were given up

    def feed(self, direction: int, offset: int, data: bytes) -> list[Message]:
        """Take a datagram; the messages that became whole."""
        self._datagram(direction, offset, data)
        self.at[direction] = offset + len(data)
        self._counted += 1
        return self._taken()

    def feed_batch(self, brought: Datagrams) -> list[Message]:
        """Take the datagrams of a batch: opened in a row in each direction, heeded in the order in which they came."""
        turns, at = brought.turns, 0
        ahead = [Ahead(direction, way) for direction, way in enumerate(brought.ways) if way is not None]
        out: list[Message] = []
        while at < len(turns) and self.alive:
            at += self._heed(turns[at:], ahead, at)
            out += self._taken()  # at once: those of several connections keep their order
        for one in ahead:
            self.at[one.direction] = one.way.end
        self._counted += len(turns)
        return out

    def _heed(self, turns: U1, ahead: list[Ahead], at: int) -> int:
        """Heed the next datagrams, which begin at this place of the batch; how many were."""
        if self.connections:
            connection = self.connections[0]
            count = min(len(turns), *(way.reach(connection) - at for way in ahead))
            if count > 0:
                connection.feed_turns(turns[:count], ahead)
                return count
        (one,) = [way for way in ahead if way.direction == turns[0]]
        self._datagram(one.direction, *one.skip())
        return 1

    def _taken(self) -> list[Message]:
        out, self._over = self._over, []
        for connection in self.connections:
            out += connection.flush()
        return out

    def _datagram(self, direction: int, offset: int, data: bytes) -> None:
        end = 0
        for packet in packets(data):
            end = packet.end
            self._long(direction, offset, data, packet)
        if end < len(data) and data[end] & 0xC0 == 0x40 and len(data) - end > SAMPLE + 4:
            self._short(direction, offset, data, end)

    def _long(self, direction: int, offset: int, data: bytes, packet: Packet) -> None:
        if packet.kind is Kind.INITIAL:
            self._initial(direction, data, packet)
            return
        if packet.kind is Kind.RETRY:
            for connection in self.connections:
                if connection.client != direction and not connection.handshake.answered:
                    connection.restart(packet.source)
                    break
            return
        for connection in self.connections:
            if connection.owns(direction, packet):
                connection.feed_long(direction, offset, data, packet)
                return

    def _initial(self, direction: int, data: bytes, packet: Packet) -> None:
        for connection in self.connections:
            content = connection.initial(direction, data, packet)
            if content is not None:
                connection.begin(direction, content)
                return
        found = opened(data, packet, initial_keys(packet.version, packet.destination))
        if found is None:
            return
        for connection in self.connections:
            if (
                connection.client == direction
                and not connection.handshake.answered
                and packet.source in connection.ids[1 - direction]
            ):
                connection.restart(packet.destination)
                connection.begin(direction, found[1])
                return
        connection = Connection(self.keys, direction, packet.version, packet.destination)
        connection.know(1 - direction, packet.source)
        connection.know(direction, packet.destination)
        connection.largest[INITIAL, direction] = found[0]
        self.connections.insert(0, connection)
        if len(self.connections) > CONNECTIONS:  # the latest without keys: anyone can begin such
            idle = [one for one in self.connections[1:] if not one.handshake.promising]
            old = idle[0] if idle else self.connections[-1]
            old.finish()
            self._over += old.flush()
            self.connections.remove(old)
        connection.begin(direction, found[1])

    def _short(self, direction: int, offset: int, data: bytes, start: int) -> None:
        for connection in self.connections:
            if connection.addressed(direction, data, start) >= 0 and connection.feed_short(
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
            out += connection.flush()
        return out

    @property
    def alive(self) -> bool:
        """Whether more may be opened."""
        return not self.connections or any(connection.alive for connection in self.connections)

    @property
    def outcome(self) -> Outcome:
        """What became of the flow: of several connections the one of which most is known."""
        outcomes = [connection.outcome for connection in self.connections]
        for state in (PARTLY, OPENED, WRONG_KEYS, NO_KEYS, UNSUPPORTED, NOT_ASKED):
            for outcome in outcomes:
                if outcome.state == state:
                    mixed = state == OPENED and any(one.state != OPENED for one in outcomes)
                    return Outcome(PARTLY, outcome.source, outcome.why) if mixed else outcome
        return Outcome(NO_BEGINNING)

    def needed_from(self, direction: int) -> int:
        """Offset of the first datagram that a later message may need; looked for anew after some datagrams."""
        if self._counted >= AT_ONCE:
            self._counted = 0
            self._needed = [self._first(way) for way in (0, 1)]
        return self._needed[direction]

    def _first(self, direction: int) -> int:
        first = self.at[direction]
        for connection in self.connections:
            first = connection.needed_from(direction, first)
        return first

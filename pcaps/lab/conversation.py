"""TCP as it looks on a mirror port: handshake, slow start, delayed acknowledgements, orderly close."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import wire

if TYPE_CHECKING:
    import numpy as np

    from .hosts import Host

MILLI = 1_000_000
FLIGHT_GAP = 130_000  # ns between segments of one flight: about 100 Mbit/s


@dataclass(slots=True)
class Say:
    """One turn: bytes of one side, `pause` ms after the turn before."""

    up: bool
    data: bytes
    pause: float = 1.0


@dataclass(slots=True)
class Talk:
    """One TCP connection of the story. `start` in ns; who closes: client, server or nobody."""

    start: int
    client: Host
    server: Host
    client_port: int
    server_port: int
    turns: list[Say]
    closed_by: str = "client"
    protocol: str = "http"
    server_name: str = ""


@dataclass(slots=True)
class Packet:
    """One packet before a view has given it addresses: TCP when `flags`, else UDP."""

    time: int
    source: Host
    target: Host
    ports: tuple[int, int]
    payload: bytes = b""
    flags: int = 0
    sequence: tuple[int, int] = (0, 0)
    window: int = 0
    options: bytes = b""


def syn_options(mss: int) -> bytes:
    """MSS, SACK permitted, window scale 7 (RFC 9293 §3.2, RFC 2018, RFC 7323)."""
    return struct.pack("!BBH8B", 2, 4, mss, 1, 1, 4, 2, 1, 3, 3, 7)


@dataclass
class _Line:
    talk: Talk
    mss: int
    rng: np.random.Generator
    now: int
    numbers: dict[bool, int] = field(default_factory=dict)  # next sequence number by direction (True = up)
    flight: dict[bool, int] = field(default_factory=lambda: {True: 10, False: 10})
    packets: list[Packet] = field(default_factory=list)

    def send(self, flags: int, payload: bytes = b"", *, up: bool, time: int = 0, options: bytes = b"") -> None:
        talk = self.talk
        ends = (talk.client, talk.server) if up else (talk.server, talk.client)
        ports = (talk.client_port, talk.server_port) if up else (talk.server_port, talk.client_port)
        acknowledged = self.numbers[not up] if flags & wire.ACK else 0
        window = 64240 if flags & wire.SYN else 501
        self.packets.append(
            Packet(time or self.now, *ends, ports, payload, flags, (self.numbers[up], acknowledged), window, options)
        )
        self.numbers[up] += len(payload) + bool(flags & (wire.SYN | wire.FIN))

    def travel(self, *, up: bool) -> int:
        """Time from the capture point to the receiver of this direction and back."""
        far = self.talk.server.rtt_ms if up else self.talk.client.rtt_ms
        return int((far or 0.25) * MILLI * self.rng.uniform(0.95, 1.2))


def converse(talk: Talk, mss: int, rng: np.random.Generator) -> list[Packet]:
    """All packets of one connection, in the order of their times."""
    line = _Line(talk, mss, rng, talk.start)
    line.numbers = {True: int(rng.integers(1 << 32)), False: int(rng.integers(1 << 32))}
    line.send(wire.SYN, options=syn_options(mss), up=True)
    line.now += line.travel(up=True)
    line.send(wire.SYN | wire.ACK, options=syn_options(mss), up=False)
    line.now += line.travel(up=False)
    line.send(wire.ACK, up=True)
    for turn in talk.turns:
        line.now += int(turn.pause * MILLI * rng.uniform(0.8, 1.3))
        _say(line, turn)
    _close(line)
    return sorted(line.packets, key=lambda packet: packet.time)


def _say(line: _Line, turn: Say) -> None:
    up, data = turn.up, turn.data
    while data:
        flight, data = data[: line.flight[up] * line.mss], data[line.flight[up] * line.mss :]
        pieces = [flight[at : at + line.mss] for at in range(0, len(flight), line.mss)]
        trip = line.travel(up=up)
        for index, piece in enumerate(pieces):
            last = index == len(pieces) - 1
            line.send(wire.ACK | (wire.PSH if last and not data else 0), piece, up=up)
            if index % 2 or last:
                acknowledged = line.now + trip
                line.send(wire.ACK, time=acknowledged, up=not up)
            line.now += FLIGHT_GAP
        line.now = acknowledged + line.travel(up=not up)
        line.flight[up] = min(44, line.flight[up] * 2)


def _close(line: _Line) -> None:
    if line.talk.closed_by == "nobody":
        return
    first = line.talk.closed_by == "client"
    line.now += 2 * MILLI
    line.send(wire.FIN | wire.ACK, up=first)
    line.now += line.travel(up=first)
    line.send(wire.FIN | wire.ACK, up=not first)
    line.now += line.travel(up=not first)
    line.send(wire.ACK, up=first)

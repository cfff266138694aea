"""A whole connection of steps with an honest receiver: what a standards-following host would take, and its answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hostile.wire import (
    ACK,
    FIN,
    MS,
    PSH,
    RST,
    SYN,
    URG,
    State,
    Step,
    frame,
    packets,
    server_frame,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

PORTS = (40000, 80)
WINDOW = 65160
SEGMENT = 1200  # bytes of what is said at once
BEGIN = 1_700_000_000 * 1000 * MS  # ns


class Receiver:
    """Which bytes have come; the text itself is known, so places are enough."""

    def __init__(self, text: bytes) -> None:
        self.text, self.next = text, 0
        self.held: set[tuple[int, int]] = set()

    def takes(self, step: Step) -> bool:
        """Whether a standards-following host takes the data of a step (RFC 9293, 7323, 1122)."""
        if step.bad_checksum or step.bad_ip_checksum or step.ip_length == 0 or step.by_server:
            return False
        if step.ttl < 10 or step.stamp < 0 or not step.flags & ACK or step.flags & (SYN | RST) or step.ack > 0:
            return False
        near = step.offset < self.next + WINDOW
        return near and step.to_mac == Step().to_mac

    def take(self, step: Step) -> None:
        """Take data that fits."""
        end = step.offset + len(step.data)
        if step.data and self.takes(step) and end > self.next:
            self.held.add((step.offset, end))
            while ready := [part for part in self.held if part[0] <= self.next]:
                for part in ready:
                    self.held.discard(part)
                    self.next = max(self.next, part[1])


def conversation(
    steps: list[Step],
    text: bytes,
    ports: tuple[int, int] = PORTS,
    state: State | None = None,
    begin: int = BEGIN,
    replies: Mapping[int, bytes] | None = None,
) -> list[tuple[int, bytes]]:
    """Frames of a connection: handshake, the steps, the receiver's answers, the ends; `state` names the ends.

    `replies`: what the receiver says once it has so many bytes.
    """
    left = dict(replies or {})
    state, receiver, now = state or State(), Receiver(text), begin
    log: list[tuple[int, bytes]] = []

    def put(data: bytes) -> None:
        log.append((now, data))

    for packet in packets(Step(0, b"", SYN, stamp=0), state, ports):
        put(frame(packet, Step(), state.mac))
    put(server_frame(state, ports, 0, SYN | ACK))
    state.echo = 900_000
    end = len(text) + sum(bool(step.urgent and step.flags & URG) for step in steps)
    for step in [Step(0, b"", ACK), *steps, Step(end, b"", FIN | ACK)]:
        now += step.pause * MS
        state.clock += step.pause
        for packet in packets(step, state, ports):
            put(frame(packet, step, state.mac))
        before = receiver.next
        receiver.take(step)
        if receiver.next > before:
            now += MS
            put(server_frame(state, ports, receiver.next))
        for due in sorted(due for due in left if due <= receiver.next):
            words = left.pop(due)
            for part in (words[at : at + SEGMENT] for at in range(0, len(words), SEGMENT)):
                now += MS
                put(server_frame(state, ports, receiver.next, PSH | ACK, part))
                state.received += len(part)
    put(server_frame(state, ports, end + 1, FIN | ACK))
    return log

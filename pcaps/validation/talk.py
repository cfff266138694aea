"""Connections of TCP and exchanges of UDP in a scene: orderly, and in the disorder that networks and captures make."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pcaps.validation import frames
from pcaps.validation.draw import Draw
from pcaps.validation.frames import ACK, FIN, PSH, RST, SYN
from pcaps.validation.scene import Scene, Sent

if TYPE_CHECKING:
    from pcaps.validation.answers import Way

MILLISECOND = 1_000_000
STEP = 2 * MILLISECOND
MSS = 1400
UNACKNOWLEDGED = 20_000  # bytes that a sender leaves at most: less than any window here


@dataclass(frozen=True, slots=True)
class Segment:
    """One to be sent. `lost` ones are on the wire and not in the file."""

    ts: int
    up: bool
    at: int  # offset in its direction; -1 for a SYN
    data: bytes
    flags: int
    acked: int  # bytes of the other direction
    lost: bool = False
    cut: int = 0  # bytes at its end that were not captured


Disorder = Callable[[list[Segment], Draw], list[Segment]]


@dataclass(slots=True)
class Talk:
    """A TCP connection; `say` both sides' bytes, then `end`."""

    scene: Scene
    client: str
    client_port: int
    server: str
    server_port: int
    ts: int
    mss: int = MSS
    opening: bool = True  # whether the handshake is in the file
    numbers: tuple[int, int] = (1000, 2000)  # sequence numbers of the SYNs
    segments: list[Segment] = field(default_factory=list)
    sizes: list[int] = field(default_factory=lambda: [0, 0])

    @property
    def way(self) -> Way:
        """What names it."""
        return ("tcp", self.client, self.client_port, self.server, self.server_port)

    def open(self) -> Talk:
        """The handshake."""
        if self.opening:
            for up, flags in ((True, SYN), (False, SYN | ACK), (True, ACK)):
                self._add(up, -1 if flags & SYN else 0, b"", flags)
        return self

    def say(self, up: bool, data: bytes, *, sizes: Sequence[int] = ()) -> tuple[bool, int, int]:
        """Send bytes in segments (of these sizes first) and have them acknowledged; gives direction, begin, end."""
        begin = at = self.sizes[not up]
        end = begin + len(data)
        wanted, sent = list(sizes), 0
        while at < end:
            size = min(wanted.pop(0) if wanted else self.mss, end - at)
            last = at + size == end
            self._add(up, at, data[at - begin : at - begin + size], ACK | (PSH if last else 0))
            at += size
            sent += size
            self.sizes[not up] = at
            if sent > UNACKNOWLEDGED or last:
                self._add(not up, self.sizes[up], b"", ACK)
                sent = 0
        return up, begin, end

    def close(self, how: str = "fin", *, first_up: bool = True) -> None:
        """End it by FIN of both sides, by RST, or not at all within the file."""
        if how == "fin":
            for up, flags in ((first_up, FIN | ACK), (not first_up, FIN | ACK), (first_up, ACK)):
                self._add(up, self.sizes[not up], b"", flags)
        elif how == "rst":
            self._add(first_up, self.sizes[not first_up], b"", RST | ACK)

    def ship(self, disorder: Disorder | None = None) -> None:
        """Put it into the scene."""
        made = disorder(self.segments, self.scene.draw) if disorder else self.segments
        for one in made:
            if not one.lost:
                self._ship(one)

    def _ship(self, one: Segment) -> None:
        ends = (self.client, self.client_port, self.server, self.server_port)
        if not one.up:
            ends = (*ends[2:], *ends[:2])
        own, other = self.numbers if one.up else self.numbers[::-1]
        options = b""
        if one.flags & SYN:
            options = b"\x02\x04" + self.mss.to_bytes(2, "big") + b"\x01\x03\x03\x07"
        seq = own + 1 + one.at
        ack = other + 1 + one.acked if one.flags & ACK else 0
        segment = frames.tcp(ends, seq, ack, one.flags, one.data, options)
        size = len(one.data) - one.cut
        of = Sent(0, b"", self.way, one.up, max(one.at, 0), size, one.cut)
        packets = self.scene.carry(ends[0], ends[2], frames.TCP, segment)
        for number, packet in enumerate(packets):
            whole = (
                of if number == len(packets) - 1 else None
            )  # a datagram in fragments is one packet, told by the last
            self.scene.put(one.ts + number * 1000, packet, (ends[0], ends[2]), whole, one.cut)

    def _add(self, up: bool, at: int, data: bytes, flags: int) -> None:
        self.segments.append(Segment(self.ts, up, at, data, flags, self.sizes[up]))
        self.ts += STEP


def datagrams(scene: Scene, ends: tuple[str, int, str, int], ts: int, payloads: Sequence[tuple[bool, bytes]]) -> Way:
    """An exchange of UDP; gives what names it."""
    way: Way = ("udp", *ends)
    at = [0, 0]
    for up, data in payloads:
        mine = ends if up else (*ends[2:], *ends[:2])
        of = Sent(0, b"", way, up, at[not up], len(data))
        packets = scene.carry(mine[0], mine[2], frames.UDP, frames.udp(mine, data))
        for number, packet in enumerate(packets):
            whole = of if number == len(packets) - 1 else None
            scene.put(ts + number * 1000, packet, (mine[0], mine[2]), whole)
        at[not up] += len(data)
        ts += STEP
    return way


def _data(segments: list[Segment]) -> list[int]:
    return [place for place, one in enumerate(segments) if one.data]


def swapped(segments: list[Segment], draw: Draw) -> list[Segment]:
    """Segments with bytes come behind their neighbours."""
    made = list(segments)
    for place in _data(segments):
        if place + 1 < len(made) and made[place + 1].data and draw.below(2):
            one, other = made[place], made[place + 1]
            if one.up is other.up:
                made[place], made[place + 1] = replace(other, ts=one.ts), replace(one, ts=other.ts)
    return made


def shuffled(segments: list[Segment], draw: Draw) -> list[Segment]:
    """Stretches of up to six segments of one direction come in any order."""
    made, at = list(segments), 0
    while at < len(made):
        end = at
        while end < len(made) and made[end].data and made[end].up is made[at].up and end - at < 6:
            end += 1
        if end - at > 1:
            times = [one.ts for one in made[at:end]]
            made[at:end] = [replace(one, ts=ts) for one, ts in zip(draw.shuffled(made[at:end]), times, strict=True)]
        at = max(end, at + 1)
    return made


def repeated(segments: list[Segment], draw: Draw) -> list[Segment]:
    """Some segments are sent again, with the same bytes."""
    made = []
    for one in segments:
        made.append(one)
        if one.data and draw.below(2):
            made.append(replace(one, ts=one.ts + STEP // 2))
    return made


def overlapping(segments: list[Segment], draw: Draw) -> list[Segment]:
    """Some are sent again in other cuts: with bytes before them, or together with what follows."""
    made: list[Segment] = []
    for place, one in enumerate(segments):
        made.append(one)
        before = segments[place - 1] if place else one
        if one.data and before.data and before.up is one.up and before.at + len(before.data) == one.at:
            size = draw.between(1, len(before.data))
            data = before.data[-size:] + one.data[: draw.between(1, len(one.data))]
            made.append(replace(one, ts=one.ts + STEP // 2, at=one.at - size, data=data))
    return made


def probed(segments: list[Segment], _draw: Draw) -> list[Segment]:
    """Keep-alives: one byte that was acknowledged already, or none, at the number before the next (RFC 9293, 3.8.4)."""
    made = []
    for one in segments:
        if one.data and one.at > 0:
            made.append(replace(one, ts=one.ts - STEP // 2, at=one.at - 1, data=b"", flags=ACK))
        made.append(one)
    return made


def losing(*numbers: int) -> Disorder:
    """Of the segments with bytes, these are not in the file (negative: from the end), though they were acknowledged."""

    def lose(segments: list[Segment], _draw: Draw) -> list[Segment]:
        places = _data(segments)
        gone = {places[number] for number in numbers if -len(places) <= number < len(places)}
        return [replace(one, lost=place in gone) for place, one in enumerate(segments)]

    return lose


def one_sided(up: bool) -> Disorder:
    """Only one direction was captured."""

    def half(segments: list[Segment], _draw: Draw) -> list[Segment]:
        return [replace(one, lost=one.up is not up) for one in segments]

    return half


def snapped(size: int) -> Disorder:
    """Segments with more bytes than this are captured up to there only."""

    def cut(segments: list[Segment], _draw: Draw) -> list[Segment]:
        return [replace(one, cut=max(0, len(one.data) - size)) for one in segments]

    return cut


ORDERLY: dict[str, Disorder | None] = {
    "orderly": None, "swapped": swapped, "shuffled": shuffled, "repeated": repeated, "overlapping": overlapping,
    "probed": probed,
}  # fmt: skip
"""Of these every byte is in the file."""

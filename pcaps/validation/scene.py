"""A capture while it is made: who sends what when; afterwards its file and what is known of packets and conversations.

Numbers of packets, counts and times are taken from the list that was written to the file, by counting.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pcaps.validation import containers, frames
from pcaps.validation.answers import Made, Way
from pcaps.validation.containers import Packet
from pcaps.validation.draw import Draw
from pcaps.validation.links import RARE

START = 1_767_240_000 * containers.SECOND
MICROSECOND = 1000
Carry = Callable[[str, str, int, bytes], list[bytes]]
"""Source, target, protocol of IP and segment, to packets of IP (or what carries them)."""
LINKS = containers.LINKS | RARE
Write = Callable[[Sequence[Packet]], bytes]


@dataclass(frozen=True, slots=True)
class Sent:
    """A frame with what it is of: conversation, direction, and which bytes of that direction it carries."""

    ts: int
    frame: bytes
    way: Way | None = None
    up: bool = True
    at: int = -1  # offset of its first byte in its direction
    size: int = 0  # bytes of payload that are in the file
    cut: int = 0  # and that were on the wire only


def carried(source: str, target: str, protocol: int, segment: bytes) -> list[bytes]:
    """One plain packet."""
    return [frames.ip(source, target, protocol, segment)]


@dataclass(slots=True)
class Scene:
    """`link` as files have it; `vlans` are tags of all frames; `write` makes the file."""

    name: str
    number: int
    write: Write
    link: int = containers.ETHERNET
    vlans: tuple[int, ...] = ()
    carry: Carry = carried
    grain: int = MICROSECOND  # of times
    frame_of: Callable[[bytes, bytes, bytes], bytes] | None = None  # another way onto the link
    sent: list[Sent] = field(default_factory=list)
    hosts: dict[str, bytes] = field(default_factory=dict)
    later: list[Callable[[Made, list[Sent]], None]] = field(default_factory=list)  # what tells answers at the end
    draw: Draw = field(init=False)

    def __post_init__(self) -> None:
        self.draw = Draw(f"scene {self.number} {self.name}")

    def client(self, host: int, *, six: bool = False) -> str:
        """An address inside, of a host by its number."""
        return f"fd00:{self.number:x}::{host + 2:x}" if six else f"10.{self.number}.{host // 250}.{host % 250 + 2}"

    def server(self, host: int, *, six: bool = False) -> str:
        """An address outside."""
        if six:
            return f"2001:db8:{self.number:x}::{host + 2:x}"
        return f"198.51.{100 + self.number % 100}.{host % 250 + 2}"

    def mac(self, address: str) -> bytes:
        """The link address of a host; all that is outside comes from the router."""
        if not address.startswith(("10.", "fd00:")):
            return bytes((0x02, 0x00, 0x5E, 0, self.number % 256, 1))
        return self.hosts.setdefault(address, bytes((0x02, 0x11, 0x22, self.number % 256, 0, len(self.hosts) + 2)))

    def put(self, ts: int, packet: bytes, ends: tuple[str, str], of: Sent | None = None, snap: int = 0) -> None:
        """Put a packet on the link; `of` tells what it is of."""
        source, target = map(self.mac, ends)
        if self.link == containers.ETHERNET and self.frame_of is None:
            kind, content = frames.tagged(frames.kind_of(packet), packet, *self.vlans)
            frame = frames.ethernet(source, target, kind, content)
        else:
            frame = (self.frame_of or LINKS[self.link])(source, target, packet)
        self.raw(ts, frame, of, snap)

    def raw(self, ts: int, frame: bytes, of: Sent | None = None, snap: int = 0) -> None:
        """Put a frame in."""
        ts -= ts % self.grain
        way, up, at, size, cut = (of.way, of.up, of.at, of.size, of.cut) if of else (None, True, -1, 0, 0)
        self.sent.append(Sent(ts, frame[: len(frame) - snap], way, up, at, size, cut))

    def finish(self, room: str = "") -> Made:
        """The file, and all that is known of it."""
        order = sorted(self.sent, key=lambda one: one.ts)
        packets = [Packet(one.ts, one.frame, len(one.frame) + one.cut) for one in order]
        made = Made(self.name, self.write(packets), room=room, packets=packets, write=self.write)
        _capture(made, order)
        _conversations(made, order)
        for tell in self.later:
            tell(made, order)
        return made


def _capture(made: Made, order: Sequence[Sent]) -> None:
    made.know("A01", "capture", (), {"packets": len(order)})
    made.know("A02", "capture", (), {"bytes": sum(len(one.frame) for one in order)})
    made.know("A03", "capture", (), {"first": order[0].ts, "last": order[-1].ts})
    made.know("A04", "capture", (), {"damaged": False})


def _conversations(made: Made, order: Sequence[Sent]) -> None:
    """Of every conversation its ends, packets, bytes, times, numbers of packets, and what is missing."""
    ways: dict[Way, list[tuple[int, Sent]]] = {}
    for number, one in enumerate(order, 1):
        if one.way is not None:
            ways.setdefault(one.way, []).append((number, one))
    for way, mine in ways.items():
        made.know("A10", "flow", (way,), {})
        count = [sum(one.up is up for _, one in mine) for up in (True, False)]
        made.know("A11", "flow", (way,), {"packets": count})
        size = [sum(one.size for _, one in mine if one.up is up) for up in (True, False)]
        made.know("A12", "flow", (way,), {"payload": size})
        made.know("A13", "flow", (way,), {"first": mine[0][1].ts, "last": mine[-1][1].ts})
        made.know("A14", "flow", (way,), {"frames": [mine[0][0], mine[-1][0]]})
    made.know("A15", "capture", (), {"flows": len(ways)})


def carriers(order: Sequence[Sent], way: Way, span: tuple[bool, int, int]) -> tuple[int, int, bool]:
    """Of bytes of a direction: first and last of the packets that first carried one, and whether all came."""
    up, begin, end = span
    missing = [(begin, end)]
    numbers = []
    for number, one in enumerate(order, 1):
        if one.way != way or one.up is not up or not one.size:
            continue
        first, last = one.at, one.at + one.size
        rest = [
            piece
            for low, high in missing
            for piece in ((low, min(high, first)), (max(low, last), high))
            if piece[0] < piece[1]
        ]
        if rest != missing:
            numbers.append(number)
            missing = rest
    return (min(numbers), max(numbers), not missing) if numbers else (0, 0, begin == end)

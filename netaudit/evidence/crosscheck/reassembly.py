"""Captures to ordered bytes, a second time: dpkt takes packets apart, TCP is put in order here.

Everything of a connection is collected first and put in order at its end by sequence numbers (RFC 9293), where
netaudit decides packet by packet; of bytes that arrive twice one reading is kept, and a run with another one is marked
as conflicting. Only connections between the ends that are asked for are kept.
"""

from __future__ import annotations

import gzip
import lzma
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import dpkt

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

MOST_BYTES = 1 << 30  # of payload that is kept of one capture
MOST_FRAGMENTS = 4096  # IP datagrams that wait for the rest of them
_SEQUENCES = 1 << 32
_ROUND = 1 << 31


class End(NamedTuple):
    """One side of a connection."""

    ip: bytes  # 4 or 16 bytes, as in the packet
    port: int


class Way(NamedTuple):
    """From whom to whom a packet goes. Ports are zeros where it has none: in fragments."""

    source: bytes
    target: bytes
    ports: tuple[int, int]
    link: bytes  # address of who sent it on its link; empty where the link has none


class Piece(NamedTuple):
    """What one packet adds to a direction."""

    at: int  # of its first byte, from the first byte of the run
    size: int
    frame: int


@dataclass(slots=True)
class Run:
    """Bytes of one direction without a hole."""

    data: bytes
    pieces: list[Piece]
    conflict: bool  # some byte was sent twice, differently

    def frames(self, begin: int, end: int) -> tuple[int, int]:
        """First and last packet that carried the bytes from `begin` to `end` (excluded)."""
        mine = [piece.frame for piece in self.pieces if piece.at < end and piece.at + piece.size > begin]
        return (min(mine), max(mine)) if mine else (0, 0)


@dataclass(slots=True)
class _Side:
    """Segments of one direction, by their sequence numbers as sent."""

    start: int | None = None  # sequence number of the first byte, where a SYN told it
    segments: list[tuple[int, bytes, int]] = field(default_factory=list)


Connection = dict[tuple[End, End], list[Run]]


class TooLarge(Exception):  # noqa: N818 - a bound, not a fault
    """More payload than is kept."""


def connections(
    path: Path, wanted: Collection[frozenset[End]], on_packet: Callable[[int, Way], None] = lambda _frame, _way: None
) -> Iterator[Connection]:
    """Both directions of every connection between pairs of `wanted`, in runs; raises ValueError for a bad file.

    `told` is given the number and the way of each packet with a port of these, and of each fragment.
    """
    ports = {0, *(end.port for pair in wanted for end in pair)}
    open_ones: dict[frozenset[End], dict[tuple[End, End], _Side]] = {}
    kept = 0
    for frame, way, tcp in _segments(path):
        if not ports.isdisjoint(way.ports):
            on_packet(frame, way)
        if tcp is None:
            continue
        source, target = End(way.source, tcp.sport), End(way.target, tcp.dport)
        pair = frozenset((source, target))
        if pair not in wanted:
            continue
        sides = open_ones.setdefault(pair, defaultdict(_Side))
        side = sides[source, target]
        first = (tcp.seq + bool(tcp.flags & dpkt.tcp.TH_SYN)) % _SEQUENCES
        if tcp.flags & dpkt.tcp.TH_SYN:
            if not tcp.flags & dpkt.tcp.TH_ACK and side.segments and side.start != first:  # the ports are used again
                yield _runs(open_ones.pop(pair))
                sides = open_ones.setdefault(pair, defaultdict(_Side))
                side = sides[source, target]
            side.start = first
        if data := bytes(tcp.data):
            kept += len(data)
            if kept > MOST_BYTES:
                raise TooLarge
            side.segments.append((first, data, frame))
    for sides in open_ones.values():
        yield _runs(sides)


def _runs(sides: dict[tuple[End, End], _Side]) -> Connection:
    return {way: list(_ordered(side)) for way, side in sides.items()}


def _ordered(side: _Side) -> Iterator[Run]:
    """The segments of a direction in order, cut where bytes are missing."""
    if not side.segments:
        return
    origin = side.start if side.start is not None else side.segments[0][0]
    placed = []
    last = 0  # sequence numbers come round after 4 GiB: each is near the one before it
    for order, (sequence, data, frame) in enumerate(side.segments):
        step = (sequence - origin - last + _ROUND) % _SEQUENCES - _ROUND
        last += step
        placed.append((last, order, data, frame))
    begin, buffer, pieces, conflict = 0, bytearray(), list[Piece](), False
    for at, _, data, frame in sorted(placed, key=lambda one: one[:2]):
        if at > begin + len(buffer) or not buffer:
            if buffer:
                yield Run(bytes(buffer), pieces, conflict)
            begin, buffer, pieces, conflict = at, bytearray(), [], False
        offset = at - begin
        twice = max(0, min(len(data), len(buffer) - offset))
        conflict |= buffer[offset : offset + twice] != data[:twice]
        buffer += data[twice:]
        pieces.append(Piece(offset, len(data), frame))
    if buffer:
        yield Run(bytes(buffer), pieces, conflict)


def _segments(path: Path) -> Iterator[tuple[int, Way, dpkt.tcp.TCP | None]]:
    """Every IP packet; with its segment, whole, where it is one of TCP or the last fragment of one."""
    fragments: dict[Any, list[tuple[int, bool, bytes]]] = {}
    with _opened(path) as file:
        reader = dpkt.pcap.UniversalReader(file)
        layer = _LAYERS.get(reader.datalink())
        if layer is None:
            raise ValueError(f"link type {reader.datalink()} is not looked into")
        for frame, (_, data) in enumerate(reader, 1):
            try:
                outer, link = layer(data)
                packet = _internet(outer)
                if packet is not None:
                    segment = _tcp(packet, fragments)
                    yield frame, Way(packet.src, packet.dst, _ports(packet), link), segment
            except (dpkt.UnpackError, AttributeError, IndexError, ValueError):
                continue  # no packet that dpkt can take apart


def _opened(path: Path) -> BinaryIO:
    with path.open("rb") as file:
        magic = file.read(6)
    if magic[:2] == b"\x1f\x8b":
        return gzip.open(path, "rb")  # type: ignore[return-value]
    if magic == b"\xfd7zXZ\x00":
        return lzma.open(path, "rb")  # type: ignore[return-value]
    return path.open("rb")


def _linux_cooked(data: bytes) -> tuple[Any, bytes]:
    packet = dpkt.sll.SLL(data)
    return packet.data, packet.hdr[: packet.hlen]


def _linux_cooked_2(data: bytes) -> tuple[Any, bytes]:
    packet = dpkt.sll2.SLL2(data)
    return packet.data, packet.hdr[: packet.hlen]


def _ethernet(data: bytes) -> tuple[Any, bytes]:
    packet = dpkt.ethernet.Ethernet(data)
    return packet.data, packet.src


def _loopback(data: bytes) -> tuple[Any, bytes]:
    return dpkt.loopback.Loopback(data).data, b""


def _raw(data: bytes) -> tuple[Any, bytes]:
    return (dpkt.ip6.IP6(data) if data[0] >> 4 == 6 else dpkt.ip.IP(data)), b""


# by link type, as https://www.tcpdump.org/linktypes.html numbers them (12 and 14 are raw IP of older systems)
_LAYERS: dict[int, Callable[[bytes], tuple[Any, bytes]]] = {
    0: _loopback, 1: _ethernet, 12: _raw, 14: _raw, 101: _raw, 108: _loopback, 113: _linux_cooked, 228: _raw,
    229: _raw, 276: _linux_cooked_2,
}  # fmt: skip


def _internet(packet: Any) -> Any:
    """The outermost IP packet; None where there is none."""
    while not isinstance(packet, dpkt.ip.IP | dpkt.ip6.IP6):
        if not isinstance(packet, dpkt.Packet):
            return None
        packet = packet.data  # PPPoE, PPP, MPLS …
    return packet


def _ports(packet: Any) -> tuple[int, int]:
    """Ports of TCP and UDP; zeros of all else, fragments among them."""
    whole = not isinstance(packet, dpkt.ip.IP) or not (packet.mf or packet.offset)
    if whole and isinstance(packet.data, dpkt.tcp.TCP | dpkt.udp.UDP):
        return packet.data.sport, packet.data.dport
    return 0, 0


def _tcp(packet: Any, fragments: dict[Any, list[tuple[int, bool, bytes]]]) -> dpkt.tcp.TCP | None:
    """The segment of a packet; None for all else, and for a fragment of which the rest is to come."""
    inner = packet.data
    if isinstance(packet, dpkt.ip.IP) and (packet.mf or packet.offset):
        whole = _defragmented(packet, fragments)
        if whole is None or packet.p != dpkt.ip.IP_PROTO_TCP:
            return None
        inner = dpkt.tcp.TCP(whole)
    return inner if isinstance(inner, dpkt.tcp.TCP) else None


def _defragmented(packet: dpkt.ip.IP, fragments: dict[Any, list[tuple[int, bool, bytes]]]) -> bytes | None:
    """The datagram, once its last missing fragment is there (RFC 791)."""
    key = (packet.src, packet.dst, packet.p, packet.id)
    if key not in fragments and len(fragments) >= MOST_FRAGMENTS:
        fragments.pop(next(iter(fragments)))
    parts = fragments.setdefault(key, [])
    parts.append((int(packet.offset), bool(packet.mf), bytes(packet.data)))
    whole = bytearray()
    for offset, more, data in sorted(parts, key=lambda part: part[0]):
        if offset > len(whole):
            return None
        whole += data[len(whole) - offset :]
        if not more:
            del fragments[key]
            return bytes(whole)
    return None

"""The same traffic in other clothes: encapsulated, reordered, doubled, damaged, or in another kind of file.

`read` takes a classic Ethernet pcap apart, the functions of `FRAMES` change its packets, `pcap`/`pcapng` and the functions of `FILES` write it.
Nothing here imports netaudit.
"""

from __future__ import annotations

import gzip
import itertools
import lzma
import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

ETHERNET, NULL, RAW, SLL, SLL2 = 1, 0, 101, 113, 276
MAC_A, MAC_B = bytes.fromhex("020000000a01"), bytes.fromhex("020000000a02")
OUTER = (bytes([10, 99, 0, 1]), bytes([10, 99, 0, 2]))
PREFIX6 = bytes.fromhex("240eaaaa" + "00" * 8)


class Record(NamedTuple):
    """One packet: time in ns, captured bytes, length on the wire."""

    ts: int
    frame: bytes
    wire: int


@dataclass(frozen=True)
class Plain:
    """Packets and the link type they are in."""

    records: list[Record]
    linktype: int = ETHERNET

    def map(self, change: Callable[[bytes], bytes | None], linktype: int | None = None) -> Plain:
        """Every frame through `change`; None leaves it out. Bytes cut by a snaplen stay cut."""
        out = []
        for ts, frame, wire in self.records:
            changed = change(frame)
            if changed is not None:
                out.append(Record(ts, changed, len(changed) + wire - len(frame)))
        return Plain(out, self.linktype if linktype is None else linktype)


# files


def read(data: bytes) -> Plain:
    """Classic pcap, either byte order, µs or ns."""
    order = "<" if data[:1] in b"\xd4\x4d" else ">"
    magic, linktype = struct.unpack_from(order + "I", data)[0], struct.unpack_from(order + "I", data, 20)[0]
    unit = 1 if magic == 0xA1B23C4D else 1000
    header, at, records = struct.Struct(order + "IIII"), 24, []
    while at + 16 <= len(data):
        seconds, fraction, captured, wire = header.unpack_from(data, at)
        records.append(Record(seconds * 10**9 + fraction * unit, data[at + 16 : at + 16 + captured], wire))
        at += 16 + captured
    return Plain(records, linktype)


def pcap(plain: Plain, order: str = "<", *, nanosecond: bool = False) -> bytes:
    """Classic pcap in the byte order `<` or `>`."""
    magic, unit = (0xA1B23C4D, 1) if nanosecond else (0xA1B2C3D4, 1000)
    header = struct.Struct(order + "IIII")
    out = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, plain.linktype)]
    for ts, frame, wire in plain.records:
        out += (header.pack(ts // 10**9, ts % 10**9 // unit, len(frame), wire), frame)
    return b"".join(out)


def pcapng(plain: Plain, order: str = "<") -> bytes:
    """One section, one interface in nanoseconds, enhanced packet blocks."""
    section = struct.pack(order + "IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    interface = struct.pack(order + "IIHHIHHB3xI", 1, 28, plain.linktype, 0, 0, 9, 1, 9, 28)
    out = [section, interface]
    for ts, frame, wire in plain.records:
        length = 32 + (len(frame) + 3 & ~3)
        head = struct.pack(order + "IIIIIII", 6, length, 0, ts >> 32, ts & 0xFFFFFFFF, len(frame), wire)
        out += (head, frame, bytes(-len(frame) % 4), struct.pack(order + "I", length))
    return b"".join(out)


def compressed(data: bytes, kind: str) -> bytes:
    """gzip, zstd, xz or lz4 of a file."""
    if kind == "gzip":
        return gzip.compress(data, 1, mtime=0)
    if kind == "xz":
        return lzma.compress(data, preset=0)
    if kind == "zstd":
        import zstandard

        return zstandard.ZstdCompressor(level=1).compress(data)
    import lz4.frame

    return lz4.frame.compress(data)


def split(plain: Plain, parts: int) -> list[Plain]:
    """Cut into files of about the same number of packets, as a rotating appliance does."""
    edges = [len(plain.records) * part // parts for part in range(parts + 1)]
    return [replace(plain, records=plain.records[a:b]) for a, b in itertools.pairwise(edges)]


def record_offset(data: bytes, index: int) -> int:
    """Offset of the header of record `index` in a little-endian pcap."""
    at = 24
    for _ in range(index):
        at += 16 + struct.unpack_from("<I", data, at + 8)[0]
    return at


def cut_mid_record(data: bytes, index: int) -> bytes:
    """The file ends within the bytes of record `index` (from 0); those before it are whole."""
    at = record_offset(data, index)
    return data[: at + 16 + max(1, struct.unpack_from("<I", data, at + 8)[0] // 2)]


def corrupt_header(data: bytes, index: int) -> bytes:
    """Lengths and time of record `index` are nonsense; every byte of the others is there."""
    at = record_offset(data, index)
    return data[:at] + b"\xf1\xf2\xf3\xf4" * 4 + data[at + 16 :]


# frames: other encapsulations


def vlan(plain: Plain) -> Plain:
    """802.1Q, VLAN 12."""
    return plain.map(lambda f: f[:12] + b"\x81\x00\x00\x0c" + f[12:])


def qinq(plain: Plain) -> Plain:
    """802.1ad, service VLAN 100, customer VLAN 12."""
    return plain.map(lambda f: f[:12] + b"\x88\xa8\x00\x64\x81\x00\x00\x0c" + f[12:])


def mpls(plain: Plain) -> Plain:
    """Two labels, 1000 and 1001, before IP."""
    labels = struct.pack("!II", 1000 << 12 | 64, 1001 << 12 | 0x100 | 64)
    return _ip_only(plain, lambda f, packet: f[:12] + b"\x88\x47" + labels + packet)


def pppoe(plain: Plain) -> Plain:
    """PPPoE session 7 (RFC 2516)."""

    def wrap(frame: bytes, packet: bytes) -> bytes:
        protocol = 0x0021 if packet[0] >> 4 == 4 else 0x0057
        return frame[:12] + struct.pack("!HBBHHH", 0x8864, 0x11, 0, 7, len(packet) + 2, protocol) + packet

    return _ip_only(plain, wrap)


def gre(plain: Plain) -> Plain:
    """GRE with IP in it (RFC 2784)."""
    return _ip_only(plain, lambda f, packet: _outer(47, b"\0\0" + f[12:14] + packet))


def gretap(plain: Plain) -> Plain:
    """GRE with Ethernet in it, protocol 0x6558."""
    return plain.map(lambda f: _outer(47, b"\0\0\x65\x58" + f))


def erspan2(plain: Plain) -> Plain:
    """ERSPAN type II (draft-foschiano-erspan §4.2)."""
    return plain.map(lambda f: _outer(47, b"\x10\0\x88\xbe" + bytes(4) + struct.pack("!HHI", 1 << 12 | 5, 33, 0) + f))


def erspan3(plain: Plain) -> Plain:
    """ERSPAN type III, no optional sub-header (draft-foschiano-erspan §4.3)."""
    head = struct.pack("!HHIHH", 2 << 12 | 5, 33, 0x01020304, 0, 0)
    return plain.map(lambda f: _outer(47, b"\x10\0\x22\xeb" + bytes(4) + head + f))


def vxlan(plain: Plain) -> Plain:
    """VXLAN network 77 (RFC 7348)."""

    def wrap(frame: bytes) -> bytes:
        inner = struct.pack("!II", 0x08000000, 77 << 8) + frame
        return _outer(17, struct.pack("!HHHH", 51000, 4789, 8 + len(inner), 0) + inner)

    return plain.map(wrap)


def sll(plain: Plain) -> Plain:
    """Linux cooked v1, incoming."""
    return plain.map(lambda f: struct.pack("!HHH", 0, 1, 6) + f[6:12] + b"\0\0" + f[12:], SLL)


def sll2(plain: Plain) -> Plain:
    """Linux cooked v2, interface 2."""
    return plain.map(lambda f: f[12:14] + struct.pack("!HIHBB", 0, 2, 1, 0, 6) + f[6:12] + b"\0\0" + f[14:], SLL2)


def null(plain: Plain) -> Plain:
    """BSD loopback, little-endian family."""
    return _ip_only(plain, lambda _, packet: struct.pack("<I", 2 if packet[0] >> 4 == 4 else 30) + packet, NULL)


def raw(plain: Plain) -> Plain:
    """Bare IP."""
    return _ip_only(plain, lambda _, packet: packet, RAW)


def ipv6(plain: Plain) -> Plain:
    """TCP and UDP over IPv6: a.b.c.d becomes 240e:aaaa::a.b.c.d; the rest is left out."""
    change = _sum(PREFIX6) * 2

    def rewrite(frame: bytes, packet: bytes) -> bytes | None:
        protocol, header = packet[9], (packet[0] & 15) * 4
        if packet[0] >> 4 != 4 or protocol not in {6, 17} or _fragment(packet):
            return None
        body = bytearray(packet[header:])
        place = 16 if protocol == 6 else 6
        if len(body) >= place + 2:
            old = struct.unpack_from("!H", body, place)[0]
            if old or protocol == 6:
                struct.pack_into("!H", body, place, ~_fold((~old & 0xFFFF) + change) & 0xFFFF or 0xFFFF)
            else:
                pseudo = PREFIX6 + packet[12:16] + PREFIX6 + packet[16:20] + struct.pack("!II", len(body), protocol)
                struct.pack_into("!H", body, place, ~_fold(_sum(pseudo) + _sum(bytes(body))) & 0xFFFF or 0xFFFF)
        length = struct.unpack_from("!H", packet, 2)[0] - header
        head = struct.pack("!IHBB", 6 << 28, length, protocol, packet[8])
        return frame[:12] + b"\x86\xdd" + head + PREFIX6 + packet[12:16] + PREFIX6 + packet[16:20] + bytes(body)

    return _ip_only(plain, rewrite)


def fragments(plain: Plain, *, backwards: bool = False, size: int = 552) -> Plain:
    """IPv4 packets in pieces of `size` payload bytes, first or last piece first."""
    out = []
    for index, record in enumerate(plain.records):
        pieces = _pieces(record.frame, size, index + 1)
        out += [Record(record.ts, piece, len(piece)) for piece in (reversed(pieces) if backwards else pieces)]
    return replace(plain, records=out)


def fragments_reversed(plain: Plain) -> Plain:
    """The last piece first."""
    return fragments(plain, backwards=True)


# frames: order, number, loss


def out_of_order(plain: Plain, seed: int = 1, share: float = 0.03) -> Plain:
    """A share of the packets arrives 2 to 8 places late; times stay in the order of arrival."""
    rng = np.random.default_rng(seed)
    count = len(plain.records)
    late = (rng.random(count) < share) * (rng.integers(2, 9, count) + 0.5)
    order = np.argsort(np.arange(count) + late, kind="stable")
    records = [plain.records[index]._replace(ts=old.ts) for index, old in zip(order, plain.records, strict=True)]
    return replace(plain, records=records)


def duplicated(plain: Plain) -> Plain:
    """Every packet twice, 10 µs apart: a mirror that sees both ports."""
    return _with_copies(plain, lambda r: r._replace(ts=r.ts + 10_000))


def duplicated_by_routing(plain: Plain) -> Plain:
    """Every IPv4 packet again 200 µs later as the router sends it on: TTL one less, other MACs."""
    return _with_copies(plain, lambda r: _routed(r))


def retransmitted(plain: Plain, seed: int = 2, share: float = 0.03) -> Plain:
    """A share of the TCP segments with data comes again 200 ms later."""
    rng = np.random.default_rng(seed)

    def again(record: Record) -> Record | None:
        segment = tcp_segment(record.frame)
        return (
            record._replace(ts=record.ts + 200_000_000) if segment and segment.length and rng.random() < share else None
        )

    return _with_copies(plain, again)


def dropped(plain: Plain, share: float, seed: int = 3) -> tuple[Plain, list[int]]:
    """A share of the packets is missing; also says which (positions in the plain capture)."""
    lost = np.random.default_rng(seed).random(len(plain.records)) < share
    kept = [record for record, gone in zip(plain.records, lost, strict=True) if not gone]
    return replace(plain, records=kept), [int(index) for index in np.flatnonzero(lost)]


def midstream(plain: Plain, seconds: float) -> Plain:
    """The capture starts `seconds` late."""
    begin = min(record.ts for record in plain.records) + int(seconds * 1e9)
    return replace(plain, records=[record for record in plain.records if record.ts >= begin])


def one_side(plain: Plain, *, up: bool = True) -> Plain:
    """Of TCP only what goes to (or comes from) the smaller port; all else stays."""
    return plain.map(lambda f: f if (s := tcp_segment(f)) is None or (s.sport > s.dport) == up else None)


def snaplen(plain: Plain, limit: int) -> Plain:
    """Captured bytes cut to `limit`."""
    return replace(plain, records=[record._replace(frame=record.frame[:limit]) for record in plain.records])


class Segment(NamedTuple):
    """Place of a TCP segment: addresses as bytes, ports, sequence number, payload length on the wire."""

    src: bytes
    sport: int
    dst: bytes
    dport: int
    seq: int
    length: int


def tcp_segment(frame: bytes) -> Segment | None:
    """The TCP segment of an Ethernet/IPv4 frame; None for anything else."""
    if frame[12:14] != b"\x08\x00" or len(frame) < 34 or frame[23] != 6:
        return None
    at = 14 + (frame[14] & 15) * 4
    if len(frame) < at + 20 or _fragment(frame[14:]):
        return None
    sport, dport, seq = struct.unpack_from("!HHI", frame, at)
    length = struct.unpack_from("!H", frame, 16)[0] - (at - 14) - (frame[at + 12] >> 4) * 4
    return Segment(frame[26:30], sport, frame[30:34], dport, seq, length)


FRAMES: dict[str, Callable[[Plain], Plain]] = {
    "vlan": vlan, "qinq": qinq, "pppoe": pppoe, "gre": gre, "gretap": gretap, "erspan2": erspan2, "erspan3": erspan3,
    "vxlan": vxlan, "mpls": mpls, "sll": sll, "sll2": sll2, "null": null, "raw": raw, "ipv6": ipv6,
    "fragments": fragments, "fragments-reversed": fragments_reversed, "out-of-order": out_of_order,
    "duplicated": duplicated, "duplicated-by-routing": duplicated_by_routing, "retransmitted": retransmitted,
}  # fmt: skip
"""Disguises that keep every payload byte."""

LOSSY: dict[str, Callable[[Plain], Plain]] = {
    "dropped-0.1": lambda plain: dropped(plain, 0.001)[0],
    "dropped-1": lambda plain: dropped(plain, 0.01)[0],
    "midstream": lambda plain: midstream(plain, 60),
    "one-side-up": lambda plain: one_side(plain, up=True),
    "one-side-down": lambda plain: one_side(plain, up=False),
    "snaplen-1400": lambda plain: snaplen(plain, 1400),
    "snaplen-128": lambda plain: snaplen(plain, 128),
}
"""Disguises that lose some."""

FILES: dict[str, Callable[[Plain], bytes]] = {
    "big-endian": lambda plain: pcap(plain, ">"),
    "nanosecond": lambda plain: pcap(plain, nanosecond=True),
    "pcapng": pcapng,
    "pcapng-big-endian": lambda plain: pcapng(plain, ">"),
    "gzip": lambda plain: compressed(pcap(plain), "gzip"),
    "zstd": lambda plain: compressed(pcap(plain), "zstd"),
    "xz": lambda plain: compressed(pcap(plain), "xz"),
    "lz4": lambda plain: compressed(pcap(plain), "lz4"),
}
"""The same packets in other files."""


# helpers


def _ip_only(plain: Plain, wrap: Callable[[bytes, bytes], bytes | None], linktype: int | None = None) -> Plain:
    """IP packets (without link padding) through `wrap(frame, packet)`; other frames stay, or go where the link is IP only."""

    def change(frame: bytes) -> bytes | None:
        packet = _ip_packet(frame)
        if packet is None:
            return frame if linktype is None else None
        return wrap(frame, packet)

    return plain.map(change, linktype)


def _ip_packet(frame: bytes) -> bytes | None:
    if frame[12:14] == b"\x08\x00" and len(frame) >= 34:
        return frame[14 : 14 + (struct.unpack_from("!H", frame, 16)[0] or len(frame))]
    if frame[12:14] == b"\x86\xdd" and len(frame) >= 54:
        return frame[14 : 54 + (struct.unpack_from("!H", frame, 18)[0] or len(frame))]
    return None


def _outer(protocol: int, payload: bytes) -> bytes:
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0, 62, protocol, 0) + OUTER[0] + OUTER[1]
    return MAC_B + MAC_A + b"\x08\x00" + _checked(head) + payload


def _checked(head: bytes) -> bytes:
    """IPv4 header with its checksum."""
    bare = head[:10] + b"\0\0" + head[12:]
    return bare[:10] + struct.pack("!H", ~_fold(_sum(bare)) & 0xFFFF) + bare[12:]


def _sum(data: bytes) -> int:
    return int(np.frombuffer(data + b"\0" * (len(data) & 1), dtype=">u2").sum(dtype=np.uint64))


def _fold(value: int) -> int:
    while value >> 16:
        value = (value & 0xFFFF) + (value >> 16)
    return value


def _fragment(packet: bytes) -> bool:
    return bool(struct.unpack_from("!H", packet, 6)[0] & 0x3FFF)


def _pieces(frame: bytes, size: int, ident: int) -> list[bytes]:
    packet = _ip_packet(frame)
    if packet is None or packet[0] >> 4 != 4 or _fragment(packet):
        return [frame]
    header = (packet[0] & 15) * 4
    body = packet[header:]
    out = []
    for at in range(0, len(body), size) or [0]:
        piece = body[at : at + size]
        place = at // 8 | (0x2000 if at + size < len(body) else 0)
        head = packet[:2] + struct.pack("!HHH", header + len(piece), ident & 0xFFFF, place) + packet[8:header]
        out.append(frame[:14] + _checked(head) + piece)
    return out


def _routed(record: Record) -> Record | None:
    frame = record.frame
    if frame[12:14] != b"\x08\x00" or len(frame) < 34:
        return None
    header = (frame[14] & 15) * 4
    head = frame[14:22] + bytes([max(1, frame[22]) - 1]) + frame[23 : 14 + header]
    return record._replace(
        ts=record.ts + 200_000, frame=MAC_B + MAC_A + frame[12:14] + _checked(head) + frame[14 + header :]
    )


def _with_copies(plain: Plain, copy: Callable[[Record], Record | None]) -> Plain:
    copies = [made for record in plain.records if (made := copy(record)) is not None]
    return replace(plain, records=sorted(plain.records + copies, key=lambda record: record.ts))

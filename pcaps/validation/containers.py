"""Capture files: pcap of both byte orders and resolutions, pcapng with what it allows, gzip; and packets on links."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pcaps.validation import frames
from pcaps.validation.deflate import deflated

ETHERNET, RAW, SLL, SLL2, NULL, PPP, IPV4, IPV6, RADIOTAP = 1, 101, 113, 276, 0, 9, 228, 229, 127
SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Packet:
    """What lies in a file: time (UTC nanoseconds), bytes, length on the wire where that is more."""

    ts: int
    data: bytes
    wire: int = 0
    interface: int = 0

    @property
    def length(self) -> int:
        """On the wire."""
        return max(self.wire, len(self.data))


def pcap(packets: Sequence[Packet], link: int, *, order: str = "<", nano: bool = False, snap: int = 262144) -> bytes:
    """A pcap file."""
    magic, unit = (0xA1B23C4D, 1) if nano else (0xA1B2C3D4, 1000)
    out = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snap, link)]
    for packet in packets:
        seconds, rest = divmod(packet.ts, SECOND)
        out += [struct.pack(order + "IIII", seconds, rest // unit, len(packet.data), packet.length), packet.data]
    return b"".join(out)


def block(order: str, kind: int, body: bytes) -> bytes:
    """A block of pcapng with both of its lengths."""
    body += bytes(-len(body) % 4)
    size = len(body) + 12
    return struct.pack(order + "II", kind, size) + body + struct.pack(order + "I", size)


def _option(order: str, code: int, value: bytes) -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def section(order: str) -> bytes:
    """Section header block."""
    body = struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1) + _option(order, 4, b"generator") + bytes(4)
    return block(order, 0x0A0D0D0A, body)


def interface(order: str, link: int, resolution: int, *, name: str = "eth0", offset: int = 0) -> bytes:
    """Interface description block; `resolution` as if_tsresol has it, `offset` in seconds."""
    body = struct.pack(order + "HHI", link, 0, 0) + _option(order, 2, name.encode())
    body += _option(order, 9, bytes([resolution]))
    if offset:
        body += _option(order, 14, struct.pack(order + "q", offset))
    return block(order, 1, body + bytes(4))


def enhanced(order: str, packet: Packet, per_second: int, offset: int = 0) -> bytes:
    """Enhanced packet block; exact where the time is a whole number of its units."""
    ticks = (packet.ts - offset * SECOND) * per_second // SECOND
    head = struct.pack(
        order + "IIIII", packet.interface, ticks >> 32, ticks & 0xFFFFFFFF, len(packet.data), packet.length
    )
    return block(order, 6, head + packet.data)


def pcapng(
    packets: Sequence[Packet], link: int, *, order: str = "<", resolution: int = 6, sections: int = 1,
    interfaces: int = 1, offset: int = 0, strange: bool = False,
) -> bytes:  # fmt: skip
    """A pcapng file, in `sections` sections; `strange` puts blocks between that no reader needs to know."""
    per_second = 1 << (resolution & 0x7F) if resolution & 0x80 else 10**resolution
    out = []
    size = -(-len(packets) // sections)
    for start in range(0, len(packets), max(size, 1)):
        out.append(section(order))
        out += [interface(order, link, resolution, name=f"eth{n}", offset=offset) for n in range(interfaces)]
        for number, packet in enumerate(packets[start : start + size]):
            if strange and number % 5 == 2:
                out.append(block(order, 0x0BAD + number, bytes(number % 23)))
            out.append(enhanced(order, packet, per_second, offset))
        if strange:  # interface statistics, with an end of options
            out.append(block(order, 5, struct.pack(order + "III", 0, 0, 0) + bytes(4)))
    return b"".join(out)


def gzipped(data: bytes) -> bytes:
    """A gzip file of one member (RFC 1952)."""
    head = b"\x1f\x8b\x08\x00\0\0\0\0\x00\xff"
    return head + deflated(data) + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)


def on_ethernet(source: bytes, target: bytes, packet: bytes) -> bytes:
    """An IP packet in an Ethernet frame."""
    return frames.ethernet(source, target, frames.kind_of(packet), packet)


def _sll(source: bytes, _target: bytes, packet: bytes) -> bytes:
    return struct.pack(">HHH8sH", 0, 1, 6, source, frames.kind_of(packet)) + packet


def _sll2(source: bytes, _target: bytes, packet: bytes) -> bytes:
    return struct.pack(">HHIHBB8s", frames.kind_of(packet), 0, 2, 1, 0, 6, source) + packet


def _null(_source: bytes, _target: bytes, packet: bytes) -> bytes:
    return struct.pack("<I", 2 if packet[0] >> 4 == 4 else 30) + packet


def _ppp(_source: bytes, _target: bytes, packet: bytes) -> bytes:
    return b"\xff\x03" + (b"\x00\x21" if packet[0] >> 4 == 4 else b"\x00\x57") + packet


def _radiotap(source: bytes, target: bytes, packet: bytes) -> bytes:
    """Data from a station to its access point, with QoS, without protection (IEEE 802.11)."""
    head = struct.pack("<BBHI", 0, 0, 8, 0)
    access = bytes.fromhex("020000000aaa")
    wifi = struct.pack("<HH", 0x0188, 44) + access + source + target + b"\x10\x00" + b"\x00\x00"
    return head + wifi + b"\xaa\xaa\x03\0\0\0" + frames.kind_of(packet).to_bytes(2, "big") + packet


def _bare(_source: bytes, _target: bytes, packet: bytes) -> bytes:
    return packet


Link = Callable[[bytes, bytes, bytes], bytes]
LINKS: dict[int, Link] = {
    ETHERNET: on_ethernet, RAW: _bare, SLL: _sll, SLL2: _sll2, NULL: _null, PPP: _ppp, IPV4: _bare, IPV6: _bare,
    RADIOTAP: _radiotap,
}  # fmt: skip

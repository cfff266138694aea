"""Tunnels: what carries a packet of IP between two other addresses."""

from __future__ import annotations

import struct
from collections.abc import Callable

from pcaps.validation import frames

Wrap = Callable[[str, str, bytes], bytes]
"""Both ends of the tunnel, and a packet of IP, to the packet of IP that carries it."""
ENDS = (bytes.fromhex("020000000005"), bytes.fromhex("020000000006"))


def _frame(packet: bytes) -> bytes:
    """The packet in an Ethernet frame, unpadded as tunnels take it."""
    return ENDS[1] + ENDS[0] + frames.kind_of(packet).to_bytes(2, "big") + packet


def _gre(one: str, other: str, flags: int, kind: int, data: bytes) -> bytes:
    return frames.ip(one, other, 47, struct.pack(">HH", flags, kind) + data)


def _udp(one: str, other: str, port: int, data: bytes, own: int = 0) -> bytes:
    return frames.ip(one, other, frames.UDP, frames.udp((one, own or 50111, other, port), data))


def _ppp(packet: bytes) -> bytes:
    return b"\xff\x03" + (b"\x00\x21" if packet[0] >> 4 == 4 else b"\x00\x57") + packet


def bridged(one: str, other: str, packet: bytes) -> bytes:
    """Ethernet in GRE, as NVGRE has it (RFC 7637)."""
    return _gre(one, other, 0x2000, 0x6558, b"\0\x01\x07\0" + _frame(packet))


def summed(one: str, other: str, packet: bytes) -> bytes:
    """GRE with a checksum and a sequence number (RFC 2784, RFC 2890)."""
    return _gre(one, other, 0x9000, frames.kind_of(packet), bytes(4) + struct.pack(">I", 9) + packet)


def pptp(one: str, other: str, packet: bytes) -> bytes:
    """GRE version 1 with PPP (RFC 2637)."""
    data = _ppp(packet)
    return _gre(one, other, 0x3081, 0x880B, struct.pack(">HHII", len(data), 7, 3, 2) + data)


def erspan1(one: str, other: str, packet: bytes) -> bytes:
    """A mirrored frame without a head of its own."""
    return _gre(one, other, 0, 0x88BE, _frame(packet))


def erspan2(one: str, other: str, packet: bytes) -> bytes:
    """With one of eight bytes (draft-foschiano-erspan, 4.2)."""
    return _gre(one, other, 0x1000, 0x88BE, struct.pack(">IHHI", 5, 0x1000 | 20, 100, 0) + _frame(packet))


def erspan3(one: str, other: str, packet: bytes) -> bytes:
    """With one of twelve."""
    head = struct.pack(">IHHIHH", 5, 0x2000 | 20, 100, 77, 0, 0)
    return _gre(one, other, 0x1000, 0x22EB, head + _frame(packet))


def gpe(one: str, other: str, packet: bytes) -> bytes:
    """VXLAN-GPE that carries IP."""
    return _udp(one, other, 4790, struct.pack(">BHBI", 0x0C, 0, 1 if packet[0] >> 4 == 4 else 2, 77 << 8) + packet)


def geneve(one: str, other: str, packet: bytes) -> bytes:
    """Geneve with an option and Ethernet (RFC 8926)."""
    option = struct.pack(">HBB", 0x0102, 0x80, 1) + b"abcd"
    return _udp(one, other, 6081, struct.pack(">BBHI", 2, 0, 0x6558, 9 << 8) + option + _frame(packet))


def geneve_ip(one: str, other: str, packet: bytes) -> bytes:
    """Geneve that carries IP as it is."""
    return _udp(one, other, 6081, struct.pack(">BBHI", 0, 0, frames.kind_of(packet), 9 << 8) + packet)


def teredo(one: str, other: str, packet: bytes) -> bytes:
    """IPv6 in UDP, behind an indication of its origin (RFC 4380)."""
    return _udp(one, other, 3544, b"\0\0" + bytes(6) + packet)


def l2tp(one: str, other: str, packet: bytes) -> bytes:
    """A data message with its length and numbers (RFC 2661)."""
    data = _ppp(packet)
    return _udp(one, other, 1701, struct.pack(">HHHHHH", 0x4802, 12 + len(data), 3, 4, 5, 6) + data, 1701)


def labelled(one: str, other: str, packet: bytes) -> bytes:
    """MPLS in UDP (RFC 7510)."""
    return _udp(one, other, 6635, frames.mpls(packet, 16))


def gre_in_udp(one: str, other: str, packet: bytes) -> bytes:
    """RFC 8086."""
    return _udp(one, other, 4754, struct.pack(">HHI", 0x2000, frames.kind_of(packet), 3) + packet)


def six_in_four(one: str, other: str, packet: bytes) -> bytes:
    """Protocol 41 (RFC 4213)."""
    return frames.ip(one, other, 41 if packet[0] >> 4 == 6 else 4, packet)


def authenticated(one: str, other: str, packet: bytes) -> bytes:
    """An authentication header in tunnel mode (RFC 4302)."""
    head = struct.pack(">BBHII", 41 if packet[0] >> 4 == 6 else 4, 4, 0, 1, 2)
    return frames.ip(one, other, 51, head + bytes(12) + packet)


FOUR: tuple[Wrap, ...] = (
    bridged, summed, pptp, erspan1, erspan2, erspan3, gpe, geneve, geneve_ip, l2tp, labelled, gre_in_udp, authenticated,
)  # fmt: skip
SIX: tuple[Wrap, ...] = (teredo, six_in_four, summed, gpe, geneve_ip, l2tp, gre_in_udp)

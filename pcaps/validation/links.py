"""Rarer ways in which a packet lies in a file: link types by their numbers in the registry of tcpdump.org."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from pcaps.validation import frames

if TYPE_CHECKING:
    from pcaps.validation.containers import Link

SNAP = b"\xaa\xaa\x03\0\0\0"
ACCESS = bytes.fromhex("020000000aaa")


def _kind(packet: bytes) -> bytes:
    return frames.kind_of(packet).to_bytes(2, "big")


def _six(packet: bytes) -> bool:
    return packet[0] >> 4 == 6


def _ppp(packet: bytes) -> bytes:
    return b"\x00\x57" if _six(packet) else b"\x00\x21"


def _loop(_source: bytes, _target: bytes, packet: bytes) -> bytes:
    return struct.pack(">I", 24 if _six(packet) else 2) + packet


def _hdlc(_source: bytes, _target: bytes, packet: bytes) -> bytes:
    return b"\x0f\0" + _kind(packet) + packet


def _hdlc_ways(source: bytes, target: bytes, packet: bytes) -> bytes:
    return b"\x01" + _hdlc(source, target, packet)


def _ppp_hdlc(_source: bytes, _target: bytes, packet: bytes) -> bytes:
    return b"\xff\x03" + _ppp(packet) + packet


def _ppp_ways(source: bytes, target: bytes, packet: bytes) -> bytes:
    return b"\x00" + _ppp_hdlc(source, target, packet)


def _pppd(_source: bytes, _target: bytes, packet: bytes) -> bytes:
    return b"\x01\x03" + _ppp(packet) + packet


def _ppp_ether(_source: bytes, _target: bytes, packet: bytes) -> bytes:
    return frames.pppoe(packet, 9)


def _relay(_source: bytes, _target: bytes, packet: bytes) -> bytes:
    """RFC 2427: an address of two bytes, UI, the protocol by its NLPID."""
    return b"\x18\x41\x03" + (b"\x8e" if _six(packet) else b"\xcc") + packet


def _relay_snap(_source: bytes, _target: bytes, packet: bytes) -> bytes:
    return b"\x00\x18\x41\x03\x00\x80\0\0\0" + _kind(packet) + packet


def _wifi(source: bytes, target: bytes, packet: bytes) -> bytes:
    """From the access point, without QoS (IEEE 802.11, 9.3.2.1)."""
    head = struct.pack("<HH", 0x0208, 44) + target + ACCESS + source + b"\x20\x00"
    return head + SNAP + _kind(packet) + packet


def _ppi(source: bytes, target: bytes, packet: bytes) -> bytes:
    return struct.pack("<BBHI", 0, 0, 8, 105) + _wifi(source, target, packet)


def _prism(source: bytes, target: bytes, packet: bytes) -> bytes:
    return struct.pack("<II", 0x44, 144) + b"wlan0".ljust(16, b"\0") + bytes(120) + _wifi(source, target, packet)


def _avs(source: bytes, target: bytes, packet: bytes) -> bytes:
    return struct.pack(">II", 0x80211001, 64) + bytes(56) + _wifi(source, target, packet)


def _nflog(source: bytes, _target: bytes, packet: bytes) -> bytes:
    """Family, version, group; then an address of the hardware (8) and the packet (9), padded to four bytes."""
    head = bytes([10 if _six(packet) else 2, 0]) + b"\0\5"
    address = struct.pack("<HH", 16, 8) + struct.pack(">HH", 6, 0) + source + b"\0\0"
    whole = struct.pack("<HH", 4 + len(packet), 9) + packet
    return head + address + whole + bytes(-len(whole) % 4)


def _ring(source: bytes, target: bytes, packet: bytes) -> bytes:
    """Token ring with a route of two bridges."""
    return (
        b"\x10\x40"
        + target
        + bytes([source[0] | 0x80])
        + source[1:]
        + b"\x06\0\0\x11\0\x20"
        + SNAP
        + _kind(packet)
        + packet
    )


def _fddi(source: bytes, target: bytes, packet: bytes) -> bytes:
    return b"\x50" + target + source + SNAP + _kind(packet) + packet


def _atm(_source: bytes, _target: bytes, packet: bytes) -> bytes:
    return SNAP + _kind(packet) + packet


def _firewire(source: bytes, target: bytes, packet: bytes) -> bytes:
    return target + b"\0\1" + source + b"\0\1" + _kind(packet) + packet


def _infiniband(_source: bytes, _target: bytes, packet: bytes) -> bytes:
    return bytes(40) + _kind(packet) + b"\0\0" + packet


def _enc(_source: bytes, _target: bytes, packet: bytes) -> bytes:
    return struct.pack(">III", 24 if _six(packet) else 2, 0x1234, 0x0400) + packet


def _preamble(source: bytes, target: bytes, packet: bytes) -> bytes:
    return b"\x55" * 7 + b"\xd5" + frames.ethernet(source, target, frames.kind_of(packet), packet)


def _switched(source: bytes, target: bytes, packet: bytes) -> bytes:
    """A tag of Marvell's switches between the addresses and the EtherType."""
    return target + source + b"\x40\0\0\1" + _kind(packet) + packet


def _mpls(_source: bytes, _target: bytes, packet: bytes) -> bytes:
    return frames.mpls(packet, 18)


RARE: dict[int, Link] = {
    108: _loop, 104: _hdlc, 205: _hdlc_ways, 50: _ppp_hdlc, 204: _ppp_ways, 166: _pppd, 51: _ppp_ether, 107: _relay,
    206: _relay_snap, 105: _wifi, 192: _ppi, 119: _prism, 163: _avs, 239: _nflog, 6: _ring, 10: _fddi, 100: _atm,
    138: _firewire, 242: _infiniband, 109: _enc, 274: _preamble, 284: _switched, 219: _mpls,
}  # fmt: skip

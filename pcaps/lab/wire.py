"""Packets byte by byte: Ethernet, ARP, IPv4/IPv6, UDP, TCP, ICMPv6, PPPoE, LLDP."""

from __future__ import annotations

import functools
import ipaddress
import struct

import numpy as np

ETHERTYPE_IPV4 = 0x0800
ETHERTYPE_ARP = 0x0806
ETHERTYPE_IPV6 = 0x86DD
ETHERTYPE_LLDP = 0x88CC
ETHERTYPE_PPPOE_DISCOVERY = 0x8863
ETHERTYPE_PPPOE_SESSION = 0x8864
TCP, UDP, ICMPV6 = 6, 17, 58
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
BROADCAST = "ff:ff:ff:ff:ff:ff"


@functools.cache
def mac(text: str) -> bytes:
    """Six bytes of a MAC address."""
    return bytes.fromhex(text.replace(":", ""))


@functools.cache
def packed(address: str) -> bytes:
    """Four or sixteen bytes of an IP address."""
    return ipaddress.ip_address(address).packed


def checksum(data: bytes) -> int:
    """Internet checksum (RFC 1071)."""
    words = np.frombuffer(data + b"\0" * (len(data) & 1), dtype=">u2")
    total = int(words.sum(dtype=np.uint64))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ethernet(source: str, target: str, ethertype: int, payload: bytes) -> bytes:
    """Ethernet II frame, padded to the minimum of 60 bytes."""
    return (mac(target) + mac(source) + struct.pack("!H", ethertype) + payload).ljust(60, b"\0")


def arp(operation: int, sender: tuple[str, str], target: tuple[str, str]) -> bytes:
    """ARP over Ethernet (RFC 826); each side is (mac, ip)."""
    head = struct.pack("!HHBBH", 1, ETHERTYPE_IPV4, 6, 4, operation)
    return head + mac(sender[0]) + packed(sender[1]) + mac(target[0]) + packed(target[1])


def ip(source: str, target: str, protocol: int, payload: bytes, ttl: int, ident: int) -> bytes:
    """IPv4 (RFC 791, DF set) or IPv6 (RFC 8200) packet, by the kind of the addresses."""
    if ":" in source:
        return struct.pack("!IHBB", 0x60000000, len(payload), protocol, ttl) + packed(source) + packed(target) + payload
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), ident & 0xFFFF, 0x4000, ttl, protocol, 0)
    head += packed(source) + packed(target)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def transport_checksum(source: str, target: str, protocol: int, segment: bytes) -> int:
    """Checksum over the pseudo header (RFC 9293 §3.1, RFC 8200 §8.1) and the segment."""
    pseudo = packed(source) + packed(target) + struct.pack("!II", len(segment), protocol)
    return checksum(pseudo + segment)


def udp(source: str, target: str, ports: tuple[int, int], payload: bytes) -> bytes:
    """UDP datagram (RFC 768)."""
    head = struct.pack("!HHHH", *ports, 8 + len(payload), 0)
    value = transport_checksum(source, target, UDP, head + payload) or 0xFFFF
    return head[:6] + struct.pack("!H", value) + payload


def tcp(
    source: str,
    target: str,
    ports: tuple[int, int],
    sequence: tuple[int, int],
    flags: int,
    window: int,
    options: bytes,
    payload: bytes,
) -> bytes:
    """TCP segment (RFC 9293); `sequence` is (sequence number, acknowledgement)."""
    offset = (20 + len(options)) // 4 << 4
    numbers = tuple(number & 0xFFFFFFFF for number in sequence)
    head = struct.pack("!HHIIBBHHH", *ports, *numbers, offset, flags, window, 0, 0) + options
    value = transport_checksum(source, target, TCP, head + payload)
    return head[:16] + struct.pack("!H", value) + head[18:] + payload


def icmpv6(source: str, target: str, kind: int, body: bytes) -> bytes:
    """ICMPv6 message in its IPv6 packet, hop limit 255 as neighbour discovery wants (RFC 4861)."""
    head = struct.pack("!BBH", kind, 0, 0)
    value = transport_checksum(source, target, ICMPV6, head + body)
    return ip(source, target, ICMPV6, head[:2] + struct.pack("!H", value) + body, 255, 0)


def link_local(address: str) -> str:
    """fe80:: address with the modified EUI-64 of a MAC (RFC 4291 appendix A)."""
    return str(ipaddress.ip_address(packed("fe80::")[:8] + eui64(address)))


def eui64(address: str) -> bytes:
    """Modified EUI-64 interface identifier of a MAC."""
    raw = mac(address)
    return bytes([raw[0] ^ 2]) + raw[1:3] + b"\xff\xfe" + raw[3:]


def pppoe(session: int, protocol: int, payload: bytes) -> bytes:
    """PPPoE session header and PPP protocol field (RFC 2516 §4)."""
    return struct.pack("!BBHHH", 0x11, 0, session, len(payload) + 2, protocol) + payload


def tlv_lldp(kind: int, value: bytes) -> bytes:
    """One TLV of IEEE 802.1AB."""
    return struct.pack("!H", kind << 9 | len(value)) + value

"""Packets, written field by field: Ethernet and other links, tags and tunnels, IPv4, IPv6, TCP, UDP."""

from __future__ import annotations

import ipaddress
import struct

TCP, UDP, ICMP = 6, 17, 1
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def packed(address: str) -> bytes:
    """4 or 16 bytes."""
    return ipaddress.ip_address(address).packed


def mac(text: str) -> bytes:
    """6 bytes of a link address."""
    return bytes.fromhex(text.replace(":", ""))


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data[: len(data) // 2 * 2]))
    if len(data) % 2:
        total += data[-1] << 8
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _summed(source: bytes, target: bytes, protocol: int, segment: bytes, place: int) -> bytes:
    """A segment with its checksum, over the pseudo header of either version of IP."""
    if len(source) == 4:
        pseudo = source + target + struct.pack(">BBH", 0, protocol, len(segment))
    else:
        pseudo = source + target + struct.pack(">I3xB", len(segment), protocol)
    value = checksum(pseudo + segment)
    if protocol == UDP and not value:
        value = 0xFFFF
    return segment[:place] + value.to_bytes(2, "big") + segment[place + 2 :]


def tcp(
    ends: tuple[str, int, str, int], seq: int, ack: int, flags: int, data: bytes = b"", options: bytes = b"",
    window: int = 64240,
) -> bytes:  # fmt: skip
    """A TCP segment (RFC 9293) with its checksum."""
    source, sport, target, dport = ends
    options += b"\x01" * (-len(options) % 4)
    words = 5 + len(options) // 4
    head = struct.pack(">HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, words << 4, flags, window, 0, 0)
    return _summed(packed(source), packed(target), TCP, head + options + data, 16)


def udp(ends: tuple[str, int, str, int], data: bytes) -> bytes:
    """A UDP datagram (RFC 768) with its checksum."""
    source, sport, target, dport = ends
    head = struct.pack(">HHHH", sport, dport, 8 + len(data), 0)
    return _summed(packed(source), packed(target), UDP, head + data, 6)


def ip(
    source: str, target: str, protocol: int, data: bytes, *, ident: int = 0, options: bytes = b"",
    fragment: int = 0, ttl: int = 64,
) -> bytes:  # fmt: skip
    """An IP packet of the version of its addresses; `fragment` is the field of flags and offset (IPv4)."""
    one, other = packed(source), packed(target)
    if len(one) == 16:
        return struct.pack(">IHBB", 6 << 28, len(data), protocol, ttl) + one + other + data
    words = 5 + len(options) // 4
    head = struct.pack(
        ">BBHHHBBH4s4s", 0x40 | words, 0, 4 * words + len(data), ident, fragment, ttl, protocol, 0, one, other
    )
    value = checksum(head + options)
    return head[:10] + value.to_bytes(2, "big") + head[12:] + options + data


def fragments(source: str, target: str, protocol: int, data: bytes, ident: int, sizes: list[int]) -> list[bytes]:
    """A datagram in pieces of these sizes (multiples of 8), the rest in the last one."""
    made, at = [], 0
    for size in [*sizes, len(data)]:
        piece = data[at : at + size]
        more = at + len(piece) < len(data)
        if len(packed(source)) == 4:
            made.append(ip(source, target, protocol, piece, ident=ident, fragment=(more << 13) | at // 8))
        else:
            head = struct.pack(">BBHI", protocol, 0, at | more, ident)
            made.append(ip(source, target, 44, head + piece))
        at += len(piece)
        if not more:
            break
    return made


def extended(source: str, target: str, protocol: int, data: bytes) -> bytes:
    """An IPv6 packet with a hop-by-hop header and one of options for the target before what it carries (RFC 8200)."""
    hop = struct.pack(">BB", 60, 0) + b"\x01\x04" + bytes(4)
    options = struct.pack(">BB", protocol, 1) + b"\x01\x0c" + bytes(12)
    return ip(source, target, 0, hop + options + data)


def kind_of(packet: bytes) -> int:
    """EtherType of an IP packet."""
    return 0x0800 if packet[0] >> 4 == 4 else 0x86DD


def ethernet(source: bytes, target: bytes, kind: int, data: bytes) -> bytes:
    """An Ethernet frame; short ones are filled up to 60 bytes, as they are on the wire."""
    return (target + source + kind.to_bytes(2, "big") + data).ljust(60, b"\0")


def tagged(kind: int, data: bytes, *vlans: int) -> tuple[int, bytes]:
    """EtherType and content below 802.1Q tags, the outer one first; of two the outer one is a service tag."""
    for place, vlan in reversed(list(enumerate(vlans))):
        data = struct.pack(">HH", vlan, kind) + data
        kind = 0x88A8 if len(vlans) > 1 and not place else 0x8100
    return kind, data


def mpls(data: bytes, *labels: int) -> bytes:
    """Below a stack of MPLS labels (RFC 3032)."""
    stack = [label << 12 | (place == len(labels) - 1) << 8 | 64 for place, label in enumerate(labels)]
    return b"".join(entry.to_bytes(4, "big") for entry in stack) + data


def pppoe(data: bytes, session: int) -> bytes:
    """A PPPoE session (RFC 2516) with an IP packet."""
    protocol = b"\x00\x21" if data[0] >> 4 == 4 else b"\x00\x57"
    return struct.pack(">BBHH", 0x11, 0, session, len(data) + 2) + protocol + data


def gre(source: str, target: str, data: bytes) -> bytes:
    """GRE with a key (RFC 2890) between two addresses."""
    return ip(source, target, 47, struct.pack(">HHI", 0x2000, kind_of(data), 77) + data)


def vxlan(source: str, target: str, frame: bytes, number: int) -> bytes:
    """VXLAN (RFC 7348)."""
    head = struct.pack(">II", 0x08000000, number << 8)
    return ip(source, target, UDP, udp((source, 51000, target, 4789), head + frame))


def arp(source: bytes, address: str, wanted: str, *, reply: bytes = b"") -> bytes:
    """A question, or the answer to `reply` (RFC 826)."""
    head = struct.pack(">HHBBH", 1, 0x0800, 6, 4, 2 if reply else 1)
    return head + source + packed(address) + (reply or bytes(6)) + packed(wanted)

"""Slow plain-Python twin of the packet kernels: byte strings and exceptions instead of offsets and codes.

Covers Ethernet, cooked, raw, loopback, PPP and HDLC links; VLAN, LLC, 802.1ah, PPPoE, PPP, MPLS; IP; TCP and UDP; GRE, ERSPAN,
VXLAN, Geneve, Teredo, IP in IP, AH. Not 802.11, NFLOG, frame relay, the rare links and the other UDP ports.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

from netaudit.packets.layouts import Flag, Foreign, Skip, Tunnel

TAGS = {0x8100, 0x88A8, 0x9100, 0x9200, 0x9300}
COVERED = (0, 1, 9, 12, 14, 50, 51, 101, 104, 108, 113, 228, 229, 276)


class Skipped(Exception):
    def __init__(self, code, name=0):
        super().__init__(code)
        self.code, self.name = code, name


@dataclass(frozen=True)
class Rest:
    """What is left of a packet: where it begins, its captured bytes, its length on the wire."""

    at: int
    data: bytes
    wire: int

    def need(self, count, short, broken=None):
        if len(self.data) < count:
            raise Skipped(short if broken is None or len(self.data) < self.wire else broken)

    def skip(self, count):
        return Rest(self.at + count, self.data[count:], self.wire - count)

    def limit(self, count):
        return replace(self, data=self.data[:count], wire=min(self.wire, count))

    def declared(self, count):
        return replace(self, data=self.data[:count], wire=count)

    def number(self, at, size=2, order="big"):
        return int.from_bytes(self.data[at : at + size], order)


def decode(data, linktype, wirelen, at=0):
    """Skip code, name detail, and the PACKET fields but ts, frame, capture and interface (absent means 0)."""
    row = {"frame_length": wirelen}
    try:
        link(row, linktype, Rest(at, data, max(wirelen, len(data))))
        verify(row, data, at)
    except Skipped as why:
        return int(why.code), int(why.name), {}
    return 0, 0, {key: value for key, value in row.items() if value}


def ones_complement(data):
    """Whether the 16-bit words add up to zero as RFC 1071 adds."""
    data += bytes(len(data) % 2)
    total = sum(int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total in (0, 0xFFFF)


def verify(row, data, at):
    flags = row.get("flags", 0)
    proto = row.get("proto", 0)
    if proto not in (6, 17) or not row.get("header") or flags & (Flag.CUT | Flag.LENGTH_GUESSED | Flag.BAD_CHECKSUM):
        return
    segment = data[row["header"] - at : row["payload"] - at + row["length"]]
    if proto == 17 and segment[6:8] == bytes(2):
        return
    ends = b"".join(row.get(name, 0).to_bytes(8, "big") for name in ("src_hi", "src_lo", "dst_hi", "dst_lo"))
    if row["ethertype"] == 0x0800:
        ends = ends[12:16] + ends[28:32]
    right = ones_complement(ends + struct.pack(">II", len(segment), proto) + segment)
    row["flags"] = flags | (Flag.GOOD_CHECKSUM if right else Flag.BAD_CHECKSUM)


def link(row, linktype, rest):
    if linktype == 1:
        ethernet(row, rest)
    elif linktype in (12, 14, 101):
        ip(row, rest)
    elif linktype == 228:
        ipv4(row, rest)
    elif linktype == 229:
        ipv6(row, rest)
    elif linktype == 51:
        pppoe(row, rest)
    elif linktype == 104 or (linktype == 50 and len(rest.data) >= 2 and rest.data[0] in (0x0F, 0x8F)):
        rest.need(4, Skip.TRUNCATED_LINK)
        kind = rest.number(2)
        plain(row, 0, rest.skip(4)) if kind == 0xFEFE else by_type(row, kind, rest.skip(4))
    elif linktype in (9, 50):
        rest.need(2, Skip.TRUNCATED_LINK)
        ppp(row, rest)
    elif linktype == 113:
        rest.need(16, Skip.TRUNCATED_LINK)
        cooked(row, rest.number(2), rest.number(4), rest.number(6, 6), rest.number(14), rest.skip(16))
    elif linktype == 276:
        rest.need(20, Skip.TRUNCATED_LINK)
        cooked(row, rest.number(8), rest.number(11, 1), rest.number(12, 6), rest.number(0), rest.skip(20))
    else:
        assert linktype in (0, 108)
        rest.need(4, Skip.TRUNCATED_LINK)
        big, little = rest.number(0, 4), rest.number(0, 4, "little")
        family = big if big <= 0xFFFF else little
        rest = rest.skip(4)
        if family == 2:
            ipv4(row, rest)
        elif family in (10, 23, 24, 28, 30):
            ipv6(row, rest)
        else:
            plain(row, 0, rest)


def cooked(row, hardware, size, address, kind, rest):
    if size == 6:
        row["src_mac"] = address
    if kind == 4 and hardware != 824:
        llc(row, rest)
    elif hardware == 824 or kind < 0x600:
        plain(row, 0, rest)
    else:
        after_addresses(row, kind, rest)


def ethernet(row, rest):
    rest.need(14, Skip.TRUNCATED_LINK)
    row["dst_mac"], row["src_mac"] = rest.number(0, 6), rest.number(6, 6)
    after_addresses(row, rest.number(12), rest.skip(14))


def after_addresses(row, kind, rest):
    ids = []
    while kind in TAGS:
        rest.need(4, Skip.TRUNCATED_LINK)
        ids.append(rest.number(0) & 0xFFF)
        kind, rest = rest.number(2), rest.skip(4)
    ids = [number for number in ids if number]
    if ids:
        row["vlan"] = ids[0] | (ids[-1] << 16 if len(ids) > 1 else 0)
    if kind <= 1500:
        llc(row, rest.limit(kind))
    else:
        by_type(row, kind, rest)


def by_type(row, kind, rest):
    if kind in TAGS:
        return after_addresses(row, kind, rest)
    if kind in (0x88E7, 0x8903):
        rest.need(6 if kind == 0x88E7 else 4, Skip.TRUNCATED_LINK)
        return ethernet(row, rest.skip(4 if kind == 0x88E7 else 2))
    if kind in (0x8926, 0x893F, 0x8909):
        size = 4 if kind == 0x8926 else 6
        rest.need(size + 2, Skip.TRUNCATED_LINK)
        return by_type(row, rest.number(size), rest.skip(size + 2))
    if kind == 0x894F:
        rest.need(8, Skip.TRUNCATED_LINK)
        size, inner = (rest.data[1] & 0x3F) * 4, rest.data[3]
        if size < 8:
            raise Skipped(Skip.MALFORMED_LINK)
        rest.need(size, Skip.TRUNCATED_LINK)
        if inner not in (1, 2, 3):
            raise Skipped(Skip.TUNNEL_UNKNOWN, Foreign.NSH)
        return {1: ipv4, 2: ipv6, 3: ethernet}[inner](row, rest.skip(size))
    if kind in (0x88E5, 0x22F3):
        if kind == 0x88E5:
            raise Skipped(Skip.ENCRYPTED, Foreign.MACSEC)
        raise Skipped(Skip.TUNNEL_UNKNOWN, Foreign.TRILL)
    simple = {
        0x0800: ipv4, 0x86DD: ipv6, 0x8864: pppoe, 0x8847: mpls, 0x8848: mpls, 0x880B: ppp, 0x6558: ethernet, 0x8870: llc,
    }  # fmt: skip
    return simple[kind](row, rest) if kind in simple else plain(row, kind, rest)


def llc(row, rest):
    rest.need(3, Skip.TRUNCATED_LINK, Skip.MALFORMED_LINK)
    points = rest.data[:2]
    if points == b"\xaa\xaa" and len(rest.data) >= 8:
        organisation, kind = rest.data[3:6], rest.number(6)
        if organisation in (b"\0\0\0", b"\0\0\xf8") and kind > 1500:
            return by_type(row, kind, rest.skip(8))
        if organisation == b"\0\x80\xc2" and kind in (1, 7):
            return ethernet(row, rest.skip(10) if len(rest.data) >= 10 else Rest(0, b"", 0))
    if points == b"\x06\x06":
        return ipv4(row, rest.skip(3))
    return plain(row, 0, rest)


def pppoe(row, rest):
    rest.need(6, Skip.TRUNCATED_LINK)
    if rest.data[0] != 0x11:
        raise Skipped(Skip.MALFORMED_LINK)
    if rest.data[1]:
        return plain(row, 0x8863, rest)
    length, rest = rest.number(4), rest.skip(6)
    enter(row, Tunnel.PPPOE)
    return ppp(row, rest.limit(length) if length else rest)


def ppp(row, rest):
    if rest.data[:2] == b"\xff\x03":
        rest = rest.skip(2)
    rest.need(2, Skip.TRUNCATED_LINK, Skip.MALFORMED_LINK)
    size = 1 if rest.data[0] & 1 else 2
    kind, inner = rest.number(0, size), rest.skip(size)
    if kind in (0x21, 0x57, 0x281, 0x283):
        return {0x21: ipv4, 0x57: ipv6}.get(kind, mpls)(row, inner)
    if kind == 0x31 and len(inner.data) >= 2 and inner.data[1] == 1:
        return ethernet(row, inner.skip(2))
    if kind == 0x3D and len(inner.data) >= 4 and inner.data[0] >= 0xC0:
        return ppp(row, inner.skip(4))
    if kind in (0x53, 0x55, 0xFD):
        raise Skipped(Skip.ENCRYPTED, Foreign.PPP)
    return plain(row, 0x880B, rest)


def mpls(row, rest):
    bottom = False
    while not bottom:
        rest.need(4, Skip.TRUNCATED_LINK, Skip.MALFORMED_LINK)
        bottom, rest = bool(rest.data[2] & 1), rest.skip(4)
    rest.need(1, Skip.TRUNCATED_LINK, Skip.MALFORMED_LINK)
    nibble = rest.data[0] >> 4
    guesses = [(nibble in (4, 6) and sane_ip(row, rest) == nibble, ip, rest)]
    guesses.append((nibble == 0 and sane_ethernet(row, rest.skip(4)), ethernet, rest.skip(4)))
    guesses += [(sane_ethernet(row, rest), ethernet, rest), (nibble in (4, 6), ip, rest)]
    for holds, then, inner in guesses:
        if holds:
            enter(row, Tunnel.MPLS)
            return then(row, inner)
    return plain(row, 0x8847, rest)


def sane_ip(row, rest):
    guessed = bool(row.get("flags", 0) & Flag.LENGTH_GUESSED)
    if len(rest.data) < 20:
        return 0
    if rest.data[0] >> 4 == 4:
        header, total = (rest.data[0] & 15) * 4, rest.number(2)
        good = (
            header >= 20
            and rest.wire >= header
            and rest.data[8]
            and (header <= total <= rest.wire or (total == 0 and guessed))
        )
        return 4 if good else 0
    if rest.data[0] >> 4 == 6 and len(rest.data) >= 40:
        length, following = rest.number(4), rest.data[6]
        known = {0, 4, 6, 17, 41, 43, 44, 47, 50, 51, 58, 59, 60, 89, 103, 112, 115, 132, 135}
        good = (length or following == 59 or guessed) and length + 40 <= rest.wire and following in known
        return 6 if good else 0
    return 0


def sane_ethernet(row, rest):
    if len(rest.data) < 14 or rest.data[6] & 1:
        return False
    kind, rest = rest.number(12), rest.skip(14)
    for _ in range(3):
        if kind in (0x8100, 0x88A8, 0x9100):
            if len(rest.data) < 4:
                return False
            kind, rest = rest.number(2), rest.skip(4)
    if kind in (0x0800, 0x86DD):
        return sane_ip(row, rest) == {0x0800: 4, 0x86DD: 6}[kind]
    if kind <= 1500:
        sap = {0xAAAA, 0x4242, 0xE0E0, 0xF0F0, 0xFEFE, 0xFFFF}
        return 3 <= kind <= rest.wire and len(rest.data) >= 3 and rest.number(0) in sap
    return kind in {0x0806, 0x8847, 0x8848, 0x8863, 0x8864, 0x888E, 0x88CC, 0x88E7, 0x9000, 0x8809, 0x8902, 0x894F}


def ip(row, rest):
    rest.need(1, Skip.TRUNCATED_IP, Skip.MALFORMED_IP)
    (ipv6 if rest.data[0] >> 4 == 6 else ipv4)(row, rest)


def new_ip(row, source, target, ethertype, ttl):
    for name in ("sport", "dport", "seq", "ack", "window", "tcp_flags", "proto", "header", "stamp", "urgent", "scale"):
        row.pop(name, None)
    row["src_hi"], row["src_lo"] = divmod(source, 1 << 64)
    row["dst_hi"], row["dst_lo"] = divmod(target, 1 << 64)
    row["ethertype"], row["ttl"] = ethertype, ttl


def ipv4(row, rest):
    rest.need(20, Skip.TRUNCATED_IP, Skip.MALFORMED_IP)
    header, total = (rest.data[0] & 15) * 4, rest.number(2)
    if rest.data[0] >> 4 != 4 or header < 20 or 0 < total < header:
        raise Skipped(Skip.MALFORMED_IP)
    if total:
        rest = rest.declared(total)
    else:
        row["flags"] = row.get("flags", 0) | Flag.LENGTH_GUESSED
    rest.need(header, Skip.TRUNCATED_IP, Skip.MALFORMED_IP)
    row.setdefault("outer", rest.at + 1)
    if rest.number(10) and not ones_complement(rest.data[:header]):
        row["flags"] = row.get("flags", 0) | Flag.BAD_CHECKSUM
    mapped = 0xFFFF << 32
    new_ip(row, mapped | rest.number(12, 4), mapped | rest.number(16, 4), 0x0800, rest.data[8])
    if rest.number(6) & 0x3FFF:
        raise Skipped(Skip.FRAGMENT)
    transport(row, rest.data[9], rest.skip(header))


def ipv6(row, rest):
    rest.need(40, Skip.TRUNCATED_IP, Skip.MALFORMED_IP)
    if rest.data[0] >> 4 != 6:
        raise Skipped(Skip.MALFORMED_IP)
    length, following, room = rest.number(4), rest.data[6], rest.wire - 40
    if length == 0 and following != 59:
        length = jumbo(rest.data[40:]) if following == 0 else 0
        if not 0 < length <= room:
            length = room
            row["flags"] = row.get("flags", 0) | Flag.LENGTH_GUESSED
    row.setdefault("outer", rest.at + 1)
    rest = rest.declared(40 + length)
    new_ip(row, rest.number(8, 16), rest.number(24, 16), 0x86DD, rest.data[7])
    rest = rest.skip(40)
    while following in (0, 43, 44, 60, 135, 139, 140):
        rest.need(8, Skip.TRUNCATED_IP, Skip.MALFORMED_IP)
        if following >= 135 and rest.data[0] == 59:
            break
        if following == 44 and rest.number(2) & 0xFFF9:
            raise Skipped(Skip.FRAGMENT)
        size = 8 if following == 44 else 8 + 8 * rest.data[1]
        rest.need(size, Skip.TRUNCATED_IP, Skip.MALFORMED_IP)
        following, rest = rest.data[0], rest.skip(size)
    transport(row, following, rest)


def jumbo(data):
    if len(data) < 8:
        return 0
    options = data[2 : 8 + 8 * data[1]]
    while len(options) >= 2:
        if options[0] == 0:
            options = options[1:]
            continue
        if options[0] == 0xC2 and options[1] == 4 and len(options) >= 6:
            return int.from_bytes(options[2:6], "big")
        options = options[2 + options[1] :]
    return 0


def transport(row, protocol, rest):
    row["proto"] = protocol
    if protocol == 6:
        tcp(row, rest)
    elif protocol == 17:
        udp(row, rest)
    elif protocol in (4, 41):
        enter(row, Tunnel.IPIP if protocol == 4 else Tunnel.SIX_IN_FOUR)
        (ipv4 if protocol == 4 else ipv6)(row, rest)
    elif protocol == 47:
        gre(row, rest)
    elif protocol == 51:
        rest.need(12, Skip.TRUNCATED_IP, Skip.MALFORMED_IP)
        size = 8 + 4 * rest.data[1]
        if size < 12:
            raise Skipped(Skip.MALFORMED_IP)
        rest.need(size, Skip.TRUNCATED_IP, Skip.MALFORMED_IP)
        row["proto"] = rest.data[0]
        enter(row, Tunnel.AH)
        transport(row, rest.data[0], rest.skip(size))
    elif protocol == 137:
        mpls(row, rest)
    else:
        payload(row, rest)


def gre(row, rest):
    rest.need(4, Skip.TRUNCATED_IP, Skip.MALFORMED_IP)
    flags, kind = rest.number(0), rest.number(2)
    version = flags & 7
    if version > 1 or kind == 0:
        return payload(row, rest)
    if version == 0 and flags & 0x4000:
        raise Skipped(Skip.TUNNEL_UNKNOWN, Foreign.GRE_ROUTING)
    sizes = (8, 0x1000, 0x0080) if version else (4, 0x8000, 0x2000, 0x1000)
    size = sizes[0] + 4 * sum(bool(flags & bit) for bit in sizes[1:])
    rest.need(size, Skip.TRUNCATED_IP, Skip.MALFORMED_IP)
    inner = rest.skip(size)
    if version == 1:
        if kind != 0x880B or inner.wire <= 0:
            return payload(row, rest)
        enter(row, Tunnel.GRE)
        enter(row, Tunnel.PPP)
        return ppp(row, inner)
    if kind == 0x88BE and not flags & 0x1000:
        enter(row, Tunnel.ERSPAN1)
        return ethernet(row, inner)
    if kind in (0x88BE, 0x22EB):
        return erspan(row, inner)
    assert kind != 0x883E, "not covered"
    assert kind != 0x9000, "not covered"
    if kind not in {
        0x0800,
        0x86DD,
        0x6558,
        0x8847,
        0x8848,
        0x880B,
        0x0806,
        0x8100,
        0x88CC,
        0x888E,
        0x894F,
        0x8909,
        0x2000,
    }:
        raise Skipped(Skip.TUNNEL_UNKNOWN, 0x10000 + kind)
    enter(row, Tunnel.GRE)
    return by_type(row, kind, inner)


def erspan(row, rest):
    rest.need(8, Skip.TRUNCATED_IP, Skip.MALFORMED_IP)
    version = rest.data[0] >> 4
    if version == 1:
        enter(row, Tunnel.ERSPAN2)
        return ethernet(row, rest.skip(8))
    if version != 2:
        raise Skipped(Skip.MALFORMED_IP)
    rest.need(12, Skip.TRUNCATED_IP, Skip.MALFORMED_IP)
    size = 20 if rest.data[11] & 1 else 12
    rest.need(size, Skip.TRUNCATED_IP, Skip.MALFORMED_IP)
    enter(row, Tunnel.ERSPAN3)
    return (ip if (rest.data[10] >> 2) & 31 == 2 else ethernet)(row, rest.skip(size))


def tcp(row, rest):
    if rest.wire < 20:
        raise Skipped(Skip.MALFORMED_TRANSPORT)
    rest.need(4, Skip.TRUNCATED_TRANSPORT)
    seen, header = len(rest.data), 20
    if seen >= 13:
        header = (rest.data[12] >> 4) * 4
        if not 20 <= header <= rest.wire:
            raise Skipped(Skip.MALFORMED_TRANSPORT)
    fields = (("sport", 0, 2), ("dport", 2, 2), ("seq", 4, 4), ("ack", 8, 4), ("tcp_flags", 13, 1), ("window", 14, 2))
    for name, at, size in fields:
        if seen >= at + size:
            row[name] = rest.number(at, size)
    if seen >= 20 and row["tcp_flags"] & 32:
        row["urgent"] = rest.number(18)
    if seen >= header:
        options(row, rest.data[20:header])
    row["header"] = rest.at
    payload(row, rest, header)


def options(row, rest):
    plain = rest[:4] == bytes([1, 1, 8, 10]) and len(rest) >= 12
    while len(rest) >= 2 and rest[0]:
        if rest[0] == 1:
            rest = rest[1:]
            continue
        size = rest[1]
        if not 2 <= size <= len(rest):
            break
        if rest[0] == 3 and size == 3:
            row["scale"] = 1 + min(rest[2], 14)
        if rest[0] == 8 and size == 10:
            row["stamp"] = int.from_bytes(rest[2:6], "big")
            row["flags"] = row.get("flags", 0) | Flag.STAMPED
        if plain and rest[0] == 8:
            break  # what stands behind a plain timestamp is not looked at
        rest = rest[size:]


def udp(row, rest):
    if rest.wire < 8:
        raise Skipped(Skip.MALFORMED_TRANSPORT)
    rest.need(4, Skip.TRUNCATED_TRANSPORT)
    if len(rest.data) >= 6:
        length = rest.number(4)
        if 0 < length < 8:
            raise Skipped(Skip.MALFORMED_TRANSPORT)
        if length:
            rest = rest.limit(length)
    sport, dport = rest.number(0), rest.number(2)
    inner = rest.skip(8)
    if len(inner.data) >= 8 and udp_tunnel(row, sport, dport, inner):
        return
    row["sport"], row["dport"] = sport, dport
    if len(rest.data) >= 8:
        row["header"] = rest.at
    payload(row, rest, 8)


def udp_tunnel(row, sport, dport, rest):
    """Whether it was one; then all is done."""
    if dport in (4789, 8472):
        if rest.data[0] & 8 and sane_ethernet(row, rest.skip(8)):
            enter(row, Tunnel.VXLAN)
            ethernet(row, rest.skip(8))
            return True
    elif dport == 6081:
        inner = (
            rest.skip(8 + 4 * (rest.data[0] & 63)) if len(rest.data) >= 8 + 4 * (rest.data[0] & 63) else Rest(0, b"", 0)
        )
        kind = rest.number(2)
        if rest.data[0] >= 64 or rest.data[1] & 63 or rest.data[7]:
            return False
        bridged = kind == 0x6558 and sane_ethernet(row, inner)
        if bridged or (kind in (0x0800, 0x86DD) and sane_ip(row, inner) == {0x0800: 4, 0x86DD: 6}[kind]):
            enter(row, Tunnel.GENEVE)
            (ethernet if bridged else ip)(row, inner)
            return True
    elif 3544 in (sport, dport):
        if rest.data[:2] == b"\0\1":
            size = 13 + rest.data[2] + rest.data[3]
            rest = rest.skip(size)
        if len(rest.data) >= 8 and rest.data[:2] == b"\0\0":
            rest = rest.skip(8)
        if sane_ip(row, rest) == 6:
            enter(row, Tunnel.TEREDO)
            ipv6(row, rest)
            return True
    return False


def enter(row, tunnel):
    if row.get("depth", 0) == 8:
        raise Skipped(Skip.TUNNEL_TOO_DEEP)
    row["depth"] = row.get("depth", 0) + 1
    row["tunnel"] = int(tunnel)


def plain(row, kind, rest):
    for name in (
        "src_hi",
        "src_lo",
        "dst_hi",
        "dst_lo",
        "sport",
        "dport",
        "seq",
        "ack",
        "window",
        "tcp_flags",
        "proto",
        "ttl",
        "header",
        "stamp",
        "urgent",
        "scale",
    ):
        row.pop(name, None)
    row["ethertype"] = kind
    payload(row, rest)


def payload(row, rest, header=0):
    """The payload behind a header of which part may be cut."""
    row["payload"] = rest.at + min(header, len(rest.data))
    row["length"] = max(0, len(rest.data) - header)
    row["wire_length"] = max(0, rest.wire - header)
    if len(rest.data) < rest.wire:
        row["flags"] = row.get("flags", 0) | Flag.CUT

"""What the packets of a capture say themselves, as far as a class of differences has to know it; read by dpkt, plainly."""

from __future__ import annotations

import functools
import hashlib
import ipaddress
from collections import Counter, defaultdict

import dpkt

from tests.agreement import dpkt_reading

REDIRECT = 5  # of ICMP: no error
KEPT = 1 << 20  # bytes of a direction
HEAD_END = b"\r\n\r\n"


class Packets:
    """Read once, when first asked. Conversations are known by their ends, as in `comparing.ends_of`."""

    def __init__(self, path) -> None:
        self.path = path

    @functools.cached_property
    def _read(self) -> _Read:
        return _Read(self.path)

    def doubtful(self, ends) -> bool:
        """Whether a packet with these addresses and ports has a checksum or lengths that are not true."""
        return frozenset(ends[1:]) in self._read.doubtful

    def quoted(self, ends) -> tuple[int, int]:
        """How many errors of ICMP quote a packet of the conversation, by who sent what is quoted."""
        return tuple(self._read.quoted[ends[0], one, other] for one, other in (ends[1:], ends[:0:-1]))

    def said(self, ends) -> list[bytes]:
        """What each direction said, in order of its sequence numbers (UDP: as it came), up to a bound."""
        return [self._read.joined(ends[0], one, other) for one, other in (ends[1:], ends[:0:-1])]

    def lengths(self, ends) -> tuple[list[int], list[int]]:
        """Bytes of payload of each direction's datagrams: as their heads tell, and as they are there."""
        return tuple(
            [self._read.lengths[ends[0], one, other][place] for one, other in (ends[1:], ends[:0:-1])]
            for place in (0, 1)
        )

    def cut(self, ends) -> tuple[int, int]:
        """How many packets of each direction are shorter than their heads tell."""
        return tuple(self._read.cut[ends[0], one, other] for one, other in (ends[1:], ends[:0:-1]))

    def opened(self, ends) -> tuple[int, int]:
        """How often each direction of a connection was opened."""
        return tuple(len(self._read.opened[one, other]) for one, other in (ends[1:], ends[:0:-1]))

    def holed(self, ends) -> bool:
        """Whether a direction has bytes behind a hole."""
        return any(self._read.holed(ends[0], one, other) for one, other in (ends[1:], ends[:0:-1]))

    def datagrams(self, ends) -> list[bytes]:
        return [
            data for one, other in (ends[1:], ends[:0:-1]) for data in self._read.segments["udp", one, other].values()
        ]

    def seen_as(self, frame):
        """The ends that dpkt finds in the frame of this number, None where it finds no TCP or UDP."""
        return self._read.seen.get(frame)

    def ports(self) -> set[int]:
        return {port for ends in self._read.seen.values() for _, port in ends[1:]}

    def lessened(self, ends) -> bool:
        """Whether a packet is longer than the PPPoE that carries it says."""
        return frozenset(ends[1:]) in self._read.lessened

    def fragmented(self, ends) -> bool:
        return frozenset(ends[1:]) in self._read.fragmented

    @property
    def link(self) -> int:
        """Link type of a classic pcap; -1 of others."""
        head = self.path.read_bytes()[:24]
        order = {
            b"\xd4\xc3\xb2\xa1": "little",
            b"\x4d\x3c\xb2\xa1": "little",
            b"\xa1\xb2\xc3\xd4": "big",
            b"\xa1\xb2\x3c\x4d": "big",
        }
        return (
            int.from_bytes(head[20:22] if order[head[:4]] == "little" else head[22:24], order[head[:4]])
            if head[:4] in order
            else -1
        )

    def segment(self, ends, sha256, size) -> bool:
        """Whether one packet of the conversation has just these bytes."""
        kept = [self._read.segments[ends[0], one, other] for one, other in (ends[1:], ends[:0:-1])]
        return any(
            len(data) == size and hashlib.sha256(data).hexdigest() == sha256 for side in kept for data in side.values()
        )

    @functools.cached_property
    def blocks(self) -> tuple[frozenset, int]:
        """Kinds of blocks of a pcapng file that hold packets, and how many sections and interfaces it has."""
        data, at, kinds, places, order = self.path.read_bytes(), 0, set(), 0, "little"
        while data[:4] == b"\x0a\x0d\x0d\x0a" and at + 12 <= len(data):
            if data[at : at + 4] == data[:4]:
                order = "little" if data[at + 8 : at + 12] == b"\x4d\x3c\x2b\x1a" else "big"
            kind, size = (int.from_bytes(data[place : place + 4], order) for place in (at, at + 4))
            kinds |= {kind} & {2, 3, 6}
            places += kind in (1, 0x0A0D0D0A)
            at += max(size, 12)
        return frozenset(kinds), places

    def verbatim(self, ends, sha256, size) -> bool:
        """Whether bytes of this hash stand in a direction behind a head, as they are."""
        for data in self.said(ends):
            at = data.find(HEAD_END)
            while at >= 0:
                body = data[at + 4 : at + 4 + size]
                if len(body) == size and hashlib.sha256(body).hexdigest() == sha256:
                    return True
                at = data.find(HEAD_END, at + 1)
        return False


class _Read:
    def __init__(self, path) -> None:
        self.doubtful, self.quoted, self.seen, self.fragmented = set(), Counter(), {}, set()
        self.lessened, self.cut = set(), Counter()
        self.segments, self.first = defaultdict(dict), {}
        self.lengths = defaultdict(lambda: [0, 0])
        sound, wrong, self.opened = Counter(), [], defaultdict(set)
        for number, _, link, data in dpkt_reading.packets(path):
            try:
                packet = dpkt_reading.network(link, data)
                inner = packet.data if packet is not None else None
            except (dpkt.UnpackError, IndexError, ValueError):
                self.doubtful |= _unreadable(link, data)
                continue
            if (
                isinstance(inner, bytes)
                and isinstance(packet, dpkt.ip.IP)
                and packet.p in (6, 17)
                and not packet.offset
            ):
                self.doubtful |= _unreadable(link, data)
            if isinstance(inner, dpkt.icmp.ICMP | dpkt.icmp6.ICMP6):
                self._quote(inner)
            if not isinstance(inner, dpkt.tcp.TCP | dpkt.udp.UDP):
                continue
            one, other = (
                (str(ipaddress.ip_address(at)), port)
                for at, port in ((packet.src, inner.sport), (packet.dst, inner.dport))
            )
            protocol = "tcp" if isinstance(inner, dpkt.tcp.TCP) else "udp"
            self.seen[number] = (protocol, *sorted((one, other)))
            if (isinstance(packet, dpkt.ip.IP) and packet.mf) or (
                isinstance(packet, dpkt.ip6.IP6) and packet.all_extension_headers
            ):
                self.fragmented.add(frozenset((one, other)))
            if link == dpkt.pcap.DLT_EN10MB and _carried(data) < getattr(packet, "len", 0):
                self.lessened.add(frozenset((one, other)))
            self.cut[protocol, one, other] += _is_cut(packet, inner)
            state = _state(packet, inner, data)
            if state == "untrue":
                self.doubtful |= _named(packet, one, other)
            elif state == "wrong":
                wrong.append((one[0], packet, one, other))
            elif state == "sound":
                sound[one[0]] += 1
            self._keep(inner, one, other)
        for sender, packet, one, other in wrong:
            if sound[sender]:  # else whoever stands between may write none
                self.doubtful |= _named(packet, one, other)

    def _quote(self, message) -> None:
        error = message.data
        quoted = getattr(error, "data", None)
        if isinstance(quoted, bytes):
            try:
                quoted = dpkt.ip.IP(quoted) if quoted[:1] and quoted[0] >> 4 == 4 else dpkt.ip6.IP6(quoted)
            except (dpkt.UnpackError, IndexError, ValueError):
                return
        if not isinstance(quoted, dpkt.ip.IP | dpkt.ip6.IP6):
            return
        raw = quoted.data if isinstance(quoted.data, bytes) else bytes(quoted.data)
        protocol = {6: "tcp", 17: "udp"}.get(getattr(quoted, "p", getattr(quoted, "nxt", 0)))
        if protocol and len(raw) >= 4 and getattr(message, "type", 0) != REDIRECT:
            ports = int.from_bytes(raw[:2], "big"), int.from_bytes(raw[2:4], "big")
            one, other = (
                (str(ipaddress.ip_address(at)), port) for at, port in zip((quoted.src, quoted.dst), ports, strict=True)
            )
            self.quoted[protocol, one, other] += 1

    def _keep(self, inner, one, other) -> None:
        protocol = "tcp" if isinstance(inner, dpkt.tcp.TCP) else "udp"
        kept = self.segments[protocol, one, other]
        if protocol == "tcp":
            if inner.flags & 2:
                self.first.setdefault((one, other), (inner.seq + 1) % 2**32)
                self.opened[one, other].add(inner.seq)
            elif inner.data:
                kept.setdefault(inner.seq, bytes(inner.data))
        else:
            kept[len(kept)] = bytes(inner.data)
            told = self.lengths[protocol, one, other]
            told[0] += max(0, inner.ulen - 8)
            told[1] += len(inner.data)

    def holed(self, protocol, one, other) -> bool:
        kept = self.segments[protocol, one, other] if protocol == "tcp" else {}
        base = self.first.get((one, other), next(iter(kept), 0))
        end = 0
        for at, size in sorted(((((seq - base + 2**31) % 2**32) - 2**31), len(data)) for seq, data in kept.items()):
            if at > end:
                return True
            end = max(end, at + size)
        return False

    @functools.lru_cache(maxsize=8)  # noqa: B019
    def joined(self, protocol, one, other) -> bytes:
        kept = self.segments[protocol, one, other]
        if not kept or protocol == "udp":
            return b"".join(kept.values())[:KEPT]
        base = self.first.get((one, other), next(iter(kept)))
        out = bytearray()
        for at, data in sorted((((seq - base + 2**31) % 2**32) - 2**31, data) for seq, data in kept.items()):
            if at > len(out):
                break  # what lies behind a hole is not in place
            if at + len(data) > len(out) >= at >= 0:
                out += data[len(out) - at :]
            if len(out) > KEPT:
                break
        return bytes(out)


def _is_cut(packet, inner) -> bool:
    there = len(packet.data)
    told = packet.len - 4 * packet.hl if isinstance(packet, dpkt.ip.IP) else packet.plen
    return there < told or (isinstance(inner, dpkt.udp.UDP) and there < inner.ulen)


def _carried(data) -> int:
    """Bytes of the packet that PPPoE says it carries; more than any where there is none."""
    inner = dpkt.ethernet.Ethernet(data).data
    return inner.len - 2 if isinstance(inner, dpkt.pppoe.PPPoE) else 1 << 16


def _unreadable(link, data):
    """The ends of a packet of IPv4 that dpkt cannot read."""
    ethernet = link == dpkt.pcap.DLT_EN10MB and data[12:14] == b"\x08\0"
    raw = data[14:] if ethernet else data if link in dpkt_reading.RAW and data[:1] and data[0] >> 4 == 4 else b""
    one, other = (
        ((str(ipaddress.ip_address(raw[at : at + 4])), 0) for at in (12, 16)) if len(raw) >= 28 else (None, None)
    )
    return _by_heads(raw, (20, 4 * (raw[0] & 15)), one, other) if one else set()


def _by_heads(raw, heads, one, other):
    return {
        frozenset(
            (end[0], int.from_bytes(raw[at + place : at + place + 2], "big")) for place, end in ((0, one), (2, other))
        )
        for at in heads
    }


def _named(packet, one, other):
    """The ends that a packet may be of: its ports may lie behind a head of another length."""
    named = {frozenset((one, other))}
    return (
        named | _by_heads(bytes(packet), (20, 4 * packet.hl), one, other) if isinstance(packet, dpkt.ip.IP) else named
    )


def _state(packet, inner, frame) -> str:
    """`untrue`: a head's checksum or a length contradicts what is there; `wrong`, `sound`: by the checksum of TCP or UDP."""
    if isinstance(packet, dpkt.ip.IP):
        given = inner.sum  # which dpkt fills in where it is 0 and bytes are asked for
        head = bytes(packet)[: 4 * packet.hl]
        if packet.sum and dpkt.in_cksum(head):
            return "untrue"
        length = packet.len - 4 * packet.hl
    else:
        given, length = inner.sum, packet.plen
    body = bytes(packet.data)
    if isinstance(inner, dpkt.tcp.TCP) and length and not 20 <= 4 * inner.off <= length:
        return "untrue"
    whole = not (isinstance(packet, dpkt.ip.IP) and (packet.offset or packet.mf)) and not getattr(
        packet, "all_extension_headers", ()
    )
    if isinstance(inner, dpkt.udp.UDP) and length and whole and inner.ulen != length:
        return "untrue"
    if (length and len(body) != length) or (isinstance(packet, dpkt.ip.IP) and (packet.offset or packet.mf)):
        return ""
    if not given:
        return ""
    pseudo = (
        packet.src
        + packet.dst
        + bytes([0, 6 if isinstance(inner, dpkt.tcp.TCP) else 17])
        + len(body).to_bytes(4, "big")
    )
    if not dpkt.in_cksum(pseudo + body):
        return "sound"
    return (
        "" if given == ~dpkt.in_cksum(pseudo) & 0xFFFF else "wrong"
    )  # a card fills in the rest, behind where it was captured

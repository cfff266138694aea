"""A place with machines of known link addresses, packet by packet, for tests that ask who is said to have done what.

Nothing here imports netaudit: packets come from `pcaps.lab`, and what a machine says is what a test gives it to say.
"""

from __future__ import annotations

import functools
import itertools
import random
import struct
import zlib
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING

from pcaps.lab import datagrams, photos, web, wire
from pcaps.lab.files import write_pcap

if TYPE_CHECKING:
    from pathlib import Path

SECOND = 10**9
Frames = list[tuple[int, bytes]]
START = 1_780_000_000 * SECOND
PREFIX6 = "240e:3a1:4c20:9a10"
SEGMENT, FLIGHT = 1400, 16
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
WECHAT = (
    "Mozilla/5.0 (Linux; Android 14; V2309A Build/UP1A.231005.007; wv) AppleWebKit/537.36 Chrome/116.0 Mobile "
    "Safari/537.36 MicroMessenger/8.0.49.2600 NetType/WIFI Language/zh_CN"
)
DALVIK = "Dalvik/2.1.0 (Linux; U; Android 13; 22041211AC Build/TP1A.220624.014)"


@dataclass(frozen=True)
class Machine:
    """One machine of the place."""

    mac: str
    ip: str
    ttl: int = 64
    ip6: str = ""
    name: str = ""  # as it calls itself to the DHCP server
    vendor_class: str = ""
    params: bytes = bytes([1, 3, 6, 12, 15, 28, 42])


ROUTER = Machine("00:0a:eb:31:c0:02", "192.168.1.1")
CAMERA = Machine("08:54:11:2a:61:0e", "192.168.1.64", name="HIK-DS-2CD8A26", vendor_class="udhcp 1.27.2")
DELL = Machine("f8:b1:56:10:20:30", "192.168.1.100", ttl=128, name="DESKTOP-7Q2LM4K", vendor_class="MSFT 5.0")
PHONE = Machine("9a:21:5e:0c:77:31", "192.168.1.120", name="Mate-60", vendor_class="HUAWEI:android")
CLOUD, NEWS = "47.96.10.20", "115.236.112.30"


@functools.cache
def face(number: int) -> bytes:
    """A picture with a face in it."""
    return photos.jpeg(photos.portrait(number, 200), number)


def push(number: int, path: str = "/api/v1/face/upload", host: str = "face.example.cn", agent: str = "") -> bytes:
    """A request with a face."""
    headers = {"Content-Type": "image/jpeg"} | ({"User-Agent": agent} if agent else {})
    return web.request("POST", path, host, headers, face(number))


def get(host: str, path: str = "/", agent: str = "") -> bytes:
    """A request for a page."""
    return web.request("GET", path, host, {"User-Agent": agent} if agent else {})


def answer(body: bytes = b'{"code":0}', kind: str = "application/json", status: str = "200 OK") -> bytes:
    """An answer."""
    return web.response(body, kind, "Thu, 28 May 2026 20:26:40 GMT", status)


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("!BHH", kind, 0x0303, len(body)) + body


def _hidden(size: int, draw: random.Random) -> bytes:
    """So many bytes in records of TLS."""
    return b"".join(_record(23, draw.randbytes(min(size - at, 16_000) + 17)) for at in range(0, size, 16_000))


def sealed(name: str, seed: int, *turns: tuple[int, int]) -> list[tuple[bytes, bytes]]:
    """A session of TLS 1.3: its hellos, and (bytes asked, bytes answered) of each turn, as exchanges of `Site.talk`."""
    draw, host = random.Random(seed), name.encode()
    sni = struct.pack("!HHHBH", 0, len(host) + 5, len(host) + 3, 0, len(host)) + host
    bodies = []
    for suites, more in ((b"\0\2\x13\x01\1\0", sni + b"\0\x2b\0\3\2\3\4"), (b"\x13\x01\0", b"\0\x2b\0\2\3\4")):
        head = b"\3\3" + draw.randbytes(32) + b"\x20" + draw.randbytes(32) + suites
        bodies.append(head + struct.pack("!H", len(more)) + more)
    asked, said = (
        _record(22, bytes([kind]) + len(body).to_bytes(3) + body) for kind, body in zip((1, 2), bodies, strict=True)
    )
    changed = _record(20, b"\1")
    opening = [(asked, said + changed + _hidden(1200, draw)), (changed + _hidden(36, draw), _hidden(200, draw))]
    return opening + [(_hidden(up, draw), _hidden(down, draw)) for up, down in turns]


@dataclass
class Site:
    """Frames as somebody on the switch sees them; the clock goes on with what is said."""

    router: Machine = ROUTER
    place: str = ""  # numbers of connections are others at another place, or on another day
    now: int = START
    frames: list[tuple[int, bytes]] = field(default_factory=list)
    ports: itertools.count[int] = field(default_factory=lambda: itertools.count(40_000))

    def frame(self, data: bytes, gap: int = 1_000_000) -> None:
        """One frame, and the time until the next."""
        self.frames.append((self.now, data))
        self.now += gap

    def wait(self, seconds: float) -> None:
        """Nothing is said for a while."""
        self.now += int(seconds * SECOND)

    def arp(self, who: Machine, target: Machine | None = None) -> None:
        """It asks for another one, which answers."""
        other = target or self.router
        self.frame(wire.ethernet(who.mac, wire.BROADCAST, wire.ETHERTYPE_ARP, wire.arp(1, (who.mac, who.ip), ("00:00:00:00:00:00", other.ip))))  # fmt: skip
        self.frame(wire.ethernet(other.mac, who.mac, wire.ETHERTYPE_ARP, wire.arp(2, (other.mac, other.ip), (who.mac, who.ip))))  # fmt: skip

    def lease(self, who: Machine, *, granted: bool = True) -> None:
        """It asks for an address, and gets it where that is granted."""
        named = [(55, who.params)]
        named += [(12, who.name.encode())] if who.name else []
        named += [(60, who.vendor_class.encode())] if who.vendor_class else []
        server = [(54, wire.packed(self.router.ip)), (51, struct.pack("!I", 86400)), (3, wire.packed(self.router.ip))]
        asked = [(50, wire.packed(who.ip)), (54, wire.packed(self.router.ip)), *named]
        steps = ((1, named), (2, server), (3, asked), (5, server)) if granted else ((1, named),)
        for number, (kind, options) in enumerate(steps):
            mine = kind in {1, 3}
            body = datagrams.dhcp(kind, 0x5A000001 + number // 2, who.mac, "0.0.0.0" if mine else who.ip, options)
            source, ports, mac = ("0.0.0.0", (68, 67), who.mac) if mine else (self.router.ip, (67, 68), self.router.mac)
            packet = wire.ip(
                source, "255.255.255.255", wire.UDP, wire.udp(source, "255.255.255.255", ports, body), 64, number
            )
            self.frame(wire.ethernet(mac, wire.BROADCAST, wire.ETHERTYPE_IPV4, packet))

    def datagram(self, source: tuple[str, str, int], target: tuple[str, str, int], body: bytes, ttl: int = 64) -> None:
        """A datagram between (link address, address, port) and another."""
        (mac, ip, port), (to_mac, to_ip, to_port) = source, target
        packet = wire.ip(ip, to_ip, wire.UDP, wire.udp(ip, to_ip, (port, to_port), body), ttl, 7)
        kind = wire.ETHERTYPE_IPV6 if ":" in ip else wire.ETHERTYPE_IPV4
        self.frame(wire.ethernet(mac, to_mac, kind, packet))

    def resolve(self, who: Machine, name: str, address: str, resolver: str = "223.5.5.5") -> None:
        """It asks a resolver outside for a name."""
        kind = datagrams.AAAA if ":" in address else datagrams.A
        near, far = (who.mac, who.ip, 50_000 + len(self.frames) % 9_000), (self.router.mac, resolver, 53)
        self.datagram(near, far, datagrams.dns_query(len(self.frames) % 60_000, name, kind), who.ttl)
        self.datagram(far, near, datagrams.dns_answer((len(self.frames) - 1) % 60_000, name, kind, address), 55)

    def talk(
        self,
        who: Machine,
        server: str,
        *exchanges: tuple[bytes, bytes],
        port: int = 80,
        ip: str = "",
        mac: str = "",
        far_mac: str = "",
        answered: bool = True,
        opened: bool = True,
        reset: bool = False,
    ) -> None:
        """One connection to `server`, from another address or link address of the machine where such is given.

        `answered`: the far side says something at all; `reset`: it takes nothing and closes.
        """
        ip, mac, far_mac = ip or (who.ip6 if ":" in server else who.ip), mac or who.mac, far_mac or self.router.mac
        near, far = (
            (mac, ip, next(self.ports), who.ttl),
            (far_mac, server, port, 52 if far_mac == self.router.mac else 64),
        )
        start = zlib.crc32(repr((self.place, near, far)).encode())
        numbers = {True: start, False: start * 69069 & 0xFFFFFFFF}  # as random as a host's (RFC 6528)

        def say(flags: int, data: bytes = b"", *, up: bool) -> None:
            if not up and not answered:
                return
            (smac, sip, sport, ttl), (tmac, tip, tport, _) = (near, far) if up else (far, near)
            numbers_now = (numbers[up], numbers[not up] if flags & wire.ACK else 0)
            options = b"\2\4\5\xb4" if flags & wire.SYN else b""
            segment = wire.tcp(sip, tip, (sport, tport), numbers_now, flags, 64240, options, data)
            kind = wire.ETHERTYPE_IPV6 if ":" in sip else wire.ETHERTYPE_IPV4
            self.frame(wire.ethernet(smac, tmac, kind, wire.ip(sip, tip, wire.TCP, segment, ttl, 7)))
            numbers[up] = (numbers[up] + len(data) + bool(flags & (wire.SYN | wire.FIN))) & 0xFFFFFFFF

        if opened:
            say(wire.SYN, up=True)
            say(wire.SYN | wire.ACK, up=False)
            say(wire.ACK, up=True)
        if not answered:
            numbers[False] += 1
        for asked, said in exchanges:
            for up, data in ((True, asked), (False, said)):
                for at in range(0, len(data), SEGMENT):
                    say(wire.ACK | wire.PSH, data[at : at + SEGMENT], up=up)
                    if at // SEGMENT % FLIGHT == FLIGHT - 1 or at + SEGMENT >= len(data):
                        if up and reset:
                            say(wire.RST | wire.ACK, up=False)
                            return
                        say(wire.ACK, up=not up)
        say(wire.FIN | wire.ACK, up=True)
        say(wire.FIN | wire.ACK, up=False)
        self.wait(0.2)

    def translated(self, ends: dict[str, str], macs: tuple[str, str], since: int = 0, later: int = 200_000) -> Frames:
        """TCP frames from one on as they are behind a translation of addresses: `ends` by what they are there.

        `macs`: of who sends there what came from an address in `ends`, and of the other one.
        """
        found = []
        for ts, data in self.frames[since:]:
            size, source, target = int.from_bytes(data[16:18]), *(str(ip_address(data[at : at + 4])) for at in (26, 30))
            if data[12:14] != b"\x08\0" or data[23] != wire.TCP or not {source, target} & ends.keys():
                continue
            up = source in ends if len(ends) == 1 or target not in ends else source == next(iter(ends))
            source, target = ends.get(source, source), ends.get(target, target)
            segment = bytearray(data[34 : 14 + size])
            segment[16:18] = bytes(2)
            segment[16:18] = wire.transport_checksum(source, target, wire.TCP, bytes(segment)).to_bytes(2)
            packet = wire.ip(source, target, wire.TCP, bytes(segment), data[22] - 1, 7)
            found.append((ts + later, wire.ethernet(*(macs if up else macs[::-1]), wire.ETHERTYPE_IPV4, packet)))
        return found

    def write(self, path: Path) -> Path:
        """The capture as a file."""
        write_pcap(path, sorted(self.frames, key=lambda frame: frame[0]))
        return path

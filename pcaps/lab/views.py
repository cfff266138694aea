"""What one place on the wire sees of a story."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from . import datagrams, wire
from .conversation import Packet, converse
from .hosts import RESOLVER, ROUTER, Host

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .files import Frames
    from .story import Lookup, Story

WAN_MAC = "00:0a:eb:31:c0:03"
ISP_MAC = "00:18:82:a4:5e:01"
PPPOE_SESSION = 0x1A2B
WAN_ADDRESS = "100.72.13.37"
ISP_ADDRESS = "100.72.0.1"


class Lan:
    """A mirror port of the office switch; one IP family."""

    name = "lan"

    def __init__(self, family: int = 4) -> None:
        self.family = family
        self._idents: dict[str, itertools.count[int]] = defaultdict(lambda: itertools.count(0x1000))

    def sees(self, source: Host, target: Host) -> bool:
        """Whether a packet passes here: not what the router says outside on its own."""
        return not (ROUTER in {source, target} and not (source.inside and target.inside))

    def address(self, host: Host) -> str:
        """Address under which a host is seen here."""
        return host.address(self.family)

    def port(self, host: Host, peer: Host, port: int) -> int:
        """Port under which one side of a connection is seen here."""
        del host, peer
        return port

    def ttl(self, host: Host) -> int:
        """TTL with which packets of a host arrive here."""
        return host.ttl

    def link(self, source: Host, target: Host, packet: bytes) -> bytes:
        """The packet in its frame."""
        macs = [host.mac if host.inside else ROUTER.mac for host in (source, target)]
        return wire.ethernet(macs[0], macs[1], wire.ETHERTYPE_IPV4 if self.family == 4 else wire.ETHERTYPE_IPV6, packet)

    def frame(self, packet: Packet) -> bytes:
        """Bytes of one packet."""
        source, target = packet.source, packet.target
        addresses = self.address(source), self.address(target)
        ports = self.port(source, target, packet.ports[0]), self.port(target, source, packet.ports[1])
        if packet.flags:
            body = wire.tcp(
                *addresses, ports, packet.sequence, packet.flags, packet.window, packet.options, packet.payload
            )
        else:
            body = wire.udp(*addresses, ports, packet.payload)
        protocol = wire.TCP if packet.flags else wire.UDP
        inner = wire.ip(*addresses, protocol, body, self.ttl(source), next(self._idents[source.name]))
        return self.link(source, target, inner)


class Wan(Lan):
    """The line between router and provider: PPPoE, one address for the whole office (RFC 6598)."""

    name = "wan"

    def __init__(self) -> None:
        super().__init__(4)
        self._mapped: dict[tuple[str, int], int] = {}

    def sees(self, source: Host, target: Host) -> bool:
        """Only what crosses the router, and what it says itself."""
        return source.inside != target.inside

    def address(self, host: Host) -> str:
        """The office has one address."""
        return WAN_ADDRESS if host.inside else host.ip4

    def port(self, host: Host, peer: Host, port: int) -> int:
        """Source ports are mapped one by one."""
        del peer
        if not host.inside:
            return port
        return self._mapped.setdefault((host.name, port), 20_000 + 7 * len(self._mapped))

    def ttl(self, host: Host) -> int:
        """One hop less from inside, one hop more from outside."""
        if host == ROUTER:
            return host.ttl
        return host.ttl - 1 if host.inside else host.ttl + 1

    def link(self, source: Host, target: Host, packet: bytes) -> bytes:
        """Ethernet, PPPoE session, PPP."""
        del target
        macs = (WAN_MAC, ISP_MAC) if source.inside else (ISP_MAC, WAN_MAC)
        return wire.ethernet(*macs, wire.ETHERTYPE_PPPOE_SESSION, wire.pppoe(PPPOE_SESSION, 0x0021, packet))


def mss(client: Host, server: Host, family: int) -> int:
    """1500-byte links inside; the router clamps to the 1492 of PPPoE (RFC 2516 §7)."""
    room = 1500 if client.inside and server.inside else 1492
    return room - (40 if family == 4 else 60)


def packets(story: Story, family: int) -> list[Packet]:
    """Every packet of the story in one family, by time; the same for all places."""
    out: list[Packet] = []
    for index, talk in enumerate(story.talks):  # each its own generator: the length of one changes no other
        rng = np.random.default_rng((story.seed, family, index))
        out += converse(talk, mss(talk.client, talk.server, family), rng)
    rng = np.random.default_rng((story.seed, family))
    for lookup in story.lookups:
        out += _resolve(lookup, family, rng)
    for moment, client, server in story.clocks:
        out += _set_clock(moment, client, server, rng)
    return sorted(out, key=lambda packet: packet.time)


def render(view: Lan, everything: Iterable[Packet], link_frames: Frames) -> Frames:
    """Frames that pass at this place, by time."""
    seen = [(packet.time, view.frame(packet)) for packet in everything if view.sees(packet.source, packet.target)]
    return sorted(seen + link_frames, key=lambda item: item[0])


def _resolve(lookup: Lookup, family: int, rng: np.random.Generator) -> list[Packet]:
    kind = datagrams.A if family == 4 else datagrams.AAAA
    question = datagrams.dns_query(lookup.ident, lookup.target.name, kind)
    answer = datagrams.dns_answer(lookup.ident, lookup.target.name, kind, lookup.target.address(family), lookup.alias)
    out = []
    forwarded = 30_000 + lookup.ident % 20_000
    for client, server, port, shift in (
        (lookup.client, ROUTER, lookup.port, 0),
        (ROUTER, RESOLVER, forwarded, 600_000),
    ):
        delay = int(rng.uniform(10e6, 14e6)) if server == ROUTER else int(rng.uniform(8e6, 9e6))
        out.append(Packet(lookup.time + shift, client, server, (port, 53), question))
        out.append(Packet(lookup.time + shift + delay, server, client, (53, port), answer))
    return out


def _set_clock(moment: int, client: Host, server: Host, rng: np.random.Generator) -> list[Packet]:
    seconds, delay = moment / 1e9, int(rng.uniform(11e6, 13e6))
    asked = datagrams.ntp(3, seconds)
    told = datagrams.ntp(4, seconds + delay / 2e9, seconds)
    return [Packet(moment, client, server, (123, 123), asked), Packet(moment + delay, server, client, (123, 123), told)]

"""Which link address held which address, from when to when: from what was claimed, and from who was answered there.

A link address speaks for itself under addresses that it claims (ARP, neighbour discovery, leases), that were made from
it (EUI-64), and under those it uses on its own link. It does not where it stands for many: a router, a layer-3 switch,
a bridge that puts its own address into frames of others. Signs of that: addresses of many networks, times to live from
which a router took one, addresses leased to others, more addresses than a host has, two of one network used at a time
though it leased neither (a repeater that speaks for its stations).

Where several claim one address it is each one's in its time. Anybody can write a frame in the name of another, so in
between counts who was answered: what nobody answered makes no holder beside one who is.
"""

from __future__ import annotations

import bisect
import functools
import ipaddress
import itertools
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_CLAIMED = 16  # IPv4 addresses claimed by one link address; more is proxy ARP or an attack, and owns none
MOST_CLAIMED_SIX = 256  # IPv6 addresses: a host takes new ones every day (RFC 8981)
HOST_ADDRESSES = 8  # IPv4 addresses that one link address uses unclaimed; more are not those of one host
OTHERS = 2  # addresses leased to others that a link address uses: it forwards
LEASE = "dhcp"
ROUTER = "ra"


class Sent(NamedTuple):
    """What a link address sent under an address, in one flow or in many. Times are UTC nanoseconds."""

    mac: str
    ip: str
    first: int
    last: int
    answered: int  # packets in flows in which the other side spoke, too


class Tenure(NamedTuple):
    """A time over which a link address held an address, and packets that bear it."""

    since: int
    until: int
    mac: str
    answered: int


@dataclass(slots=True)
class Claims:
    """What was claimed on the link: by link address, by address, and to whom addresses were leased."""

    by_mac: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    times: dict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    leased: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # address → link addresses
    routers: set[str] = field(default_factory=set)  # that advertise prefixes
    kinds: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))


def claimed(rows: Iterable[tuple[int, str, str] | tuple[int, str, str, str]]) -> Claims:
    """Claims as (time, link address, address, kind), without those of link addresses that claim everything."""
    found = Claims()
    rows = list(rows)
    by_family: dict[tuple[str, bool], set[str]] = defaultdict(set)
    for _, mac, ip, *_kind in rows:
        by_family[mac, ":" in ip].add(ip)
    for ts, mac, ip, *kind in rows:
        wide = ":" in ip
        if len(by_family[mac, wide]) > (MOST_CLAIMED_SIX if wide else MOST_CLAIMED):
            continue
        found.by_mac[mac].add(ip)
        found.times[ip].append((ts, mac))
        found.kinds[mac, ip].update(kind)
        if LEASE in kind:
            found.leased[ip].add(mac)
        elif ROUTER in kind:
            found.routers.add(mac)
    return found


@dataclass(slots=True)
class Speakers:
    """Tells who speaks for itself under an address."""

    claims: Claims
    forwarders: frozenset[str]
    near: frozenset[tuple[str, str]] = frozenset()  # (link address, address): no router took from its time to live
    apart: frozenset[tuple[str, str]] = frozenset()  # a router did
    many: set[str] = field(default_factory=set)  # link addresses that stand for many
    crowded: set[str] = field(default_factory=set)  # of these, those that use several addresses of one network at once

    def listen(self, sent: Iterable[Sent]) -> None:
        """Note who stands for many, by everything that was sent from inside."""
        by_mac: dict[str, set[str]] = defaultdict(set)
        spans: dict[tuple[str, str], dict[str, tuple[int, int]]] = defaultdict(dict)
        for one in sent:
            if ":" not in one.ip:
                by_mac[one.mac].add(one.ip)
                if one.answered and one.mac not in self.claims.leased.get(one.ip, ()):
                    span = spans[one.mac, _network(one.ip)]
                    since, until = span.get(one.ip, (one.first, one.last))
                    span[one.ip] = min(since, one.first), max(until, one.last)
        self.crowded = {mac for (mac, _), span in spans.items() if len(span) > 1 and mac and self._at_once(mac, span)}
        self.many = self.crowded | self.forwarders
        for mac, ips in by_mac.items():
            own = self.claims.by_mac.get(mac, set())
            others = [ip for ip in ips if (to := self.claims.leased.get(ip)) and mac not in to]
            unclaimed = ips - own
            routed = len(ips) > 1 and any((mac, ip) in self.apart for ip in unclaimed)
            if routed or len(others) >= OTHERS or len(unclaimed) > HOST_ADDRESSES:
                self.many.add(mac)

    def _at_once(self, mac: str, spans: dict[str, tuple[int, int]]) -> bool:
        """Whether two addresses of one network were used at the same time; claims widen the time of each."""
        wide = []
        for ip, (since, until) in spans.items():
            times = [ts for ts, whose in self.claims.times.get(ip, ()) if whose == mac]
            wide.append((min([since, *times]), max([until, *times])))
        wide.sort()
        return any(after[0] < before[1] for before, after in itertools.pairwise(wide))

    def own(self, mac: str, ip: str) -> bool:
        """Whether a link address claimed the address, and not for somebody else."""
        if mac in self.crowded and ":" not in ip:
            return False
        held = ip in self.claims.by_mac.get(mac, ())
        leased = self.claims.leased.get(ip, ())
        return held and not (mac in self.many and leased and mac not in leased)

    def itself(self, mac: str, ip: str) -> bool:
        """Whether what a link address sends under an address is its own."""
        if self.own(mac, ip):
            return True
        if not mac or mac in self.many:
            return False
        if ":" in ip:
            return self._itself_six(mac, ip)
        own = any(":" not in other for other in self.claims.by_mac.get(mac, ()))
        return not own or (mac, ip) in self.near

    def _itself_six(self, mac: str, ip: str) -> bool:
        """A host has many addresses of its network; those of a router are of networks that it speaks in itself."""
        networks = {network_of(other) for other in self.claims.by_mac.get(mac, ()) if ":" in other}
        return network_of(ip) in networks or mac not in self.claims.routers


def _network(ip: str) -> str:
    """The network of 24 bits of an IPv4 address, in which a host has one address at a time."""
    return ip.rpartition(".")[0]


def network_of(ip: str) -> int:
    """The /64 of an IPv6 address."""
    return int(ipaddress.IPv6Address(ip)) >> 64


def tenures(claims: Iterable[tuple[int, str]], sent: Iterable[Sent]) -> list[Tenure]:
    """Who held one address when, out of (time, link address) of claims and what was sent under it."""
    claims, sent = list(claims), list(sent)
    if len(sent) == 1 and not claims:  # most
        return [Tenure(sent[0].first, sent[0].last, sent[0].mac, sent[0].answered)]
    events = [Tenure(ts, ts, mac, 0) for ts, mac in claims]
    claiming = {mac for _, mac in claims}
    events += [Tenure(one.first, one.last, one.mac, one.answered) for one in sent]
    if any(event.answered for event in events) or claiming:
        events = [event for event in events if event.answered or event.mac in claiming]
    runs: list[Tenure] = []
    for event in sorted(events):
        if runs and runs[-1].mac == event.mac:
            runs[-1] = _joined(runs[-1], event)
        else:
            runs.append(event)
    whole: list[Tenure] = []
    for run in sorted(_undisputed(runs)):
        if whole and whole[-1].mac == run.mac:
            whole[-1] = _joined(whole[-1], run)
        else:
            whole.append(run)
    return whole


def _undisputed(runs: Iterable[Tenure]) -> list[Tenure]:
    """Those at whose time nobody else held the address who was answered more; they overlap nowhere."""
    kept: list[Tenure] = []  # in the order of time, so that the others of one time are found by halving
    for run in sorted(runs, key=lambda run: (-run.answered, run)):
        begin = end = bisect.bisect_right(kept, run.since, key=lambda one: one.until)
        while end < len(kept) and kept[end].since < run.until and kept[end].mac == run.mac:
            end += 1
        if end == len(kept) or kept[end].since >= run.until:
            kept[begin:end] = [functools.reduce(_joined, kept[begin:end], run)]
    return kept


def _joined(one: Tenure, other: Tenure) -> Tenure:
    return Tenure(min(one.since, other.since), max(one.until, other.until), one.mac, one.answered + other.answered)

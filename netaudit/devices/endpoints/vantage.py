"""Which side of the router was captured, and which addresses are inside: by on-link evidence, each reason stated."""

from __future__ import annotations

import functools
import ipaddress
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netaudit.core.contracts.reasons import Reason
from netaudit.core.text.addresses import is_link_address

if TYPE_CHECKING:
    from collections.abc import Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

PRIVATE: tuple[Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10")
)  # RFC 1918, 3927, 4193, 4291
GATEWAY_NETWORKS = 4  # a MAC in front of addresses of so many distinct /16 (IPv6: /32) networks forwards for others
WIDEST_SITE = 48  # RFC 6177: sites get no more; a router advertises /64 as a rule
BOTH_ENDS = 2
MOST_SCOPES = 1 << 16  # addresses of which it is remembered on which side they are
WAN_SHARE = 0.01  # of the bytes, in PPPoE, where the LAN is seen too: a frame or two do not make a WAN side
HOST_ADDRESSES = 8  # a MAC with more IPv4 addresses than this is not taken for a single host
LEAST_PEERS = 3  # of the one address that all talk to, where nothing says who opened; else two are enough
LEAST_HOSTS = 2  # of one public network on a link, each answered, before the network is taken for the site's own


@functools.lru_cache(maxsize=65536)
def parse(ip: str) -> Address:
    """Address object of a text from our own tables."""
    return ipaddress.ip_address(ip)


@functools.lru_cache(maxsize=65536)
def kind_of(ip: str) -> str:
    """What an address tells by itself: private, carrier, multicast, special or global.

    carrier: between a subscriber's router and the carrier's NAT (RFC 6598).
    """
    if ":" in ip:
        return _kind_of_six(parse(ip))
    first, second = map(int, ip.split(".", 2)[:2])
    if first in range(224, 240) or ip == "255.255.255.255":
        return "multicast"
    if first == 127 or ip == "0.0.0.0":  # noqa: S104  (no bind)
        return "special"
    if first == 10 or (first, second) in {(192, 168), (169, 254)} or (first == 172 and second in range(16, 32)):
        return "private"
    return "carrier" if first == 100 and second in range(64, 128) else "global"


@functools.lru_cache(maxsize=65536)
def _is_local(ip: str) -> bool:
    """Whether an address is a private one that somebody gave: none that a host chose for its link."""
    if kind_of(ip) != "private":
        return False
    return not (parse(ip).is_link_local if ":" in ip else ip.startswith("169.254."))


def _kind_of_six(address: Address) -> str:
    if address.is_multicast:
        return "multicast"
    if address.is_unspecified or address.is_loopback:
        return "special"
    return "private" if any(address.version == net.version and address in net for net in PRIVATE) else "global"


@dataclass(slots=True)
class Vantage:
    """The answer: `side` is lan, wan, both or unknown; `inside` are networks of the audited site."""

    side: str
    inside: list[Network]
    reasons: list[Reason]
    declared: bool = False  # the auditor said what is inside
    uplink: list[str] = field(default_factory=list)  # addresses that stand for the whole site behind NAT
    link_hosts: dict[str, str] = field(default_factory=dict)  # address → MAC of hosts on the captured link
    gateways: frozenset[str] = frozenset()  # MACs that forward for many networks
    contested: dict[str, str] = field(default_factory=dict)  # network → what speaks for inside; told, not followed
    _all_private: bool = field(init=False, repr=False, compare=False)
    _others: list[Network] = field(init=False, repr=False, compare=False)  # inside, beside the private ones
    _scopes: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)  # of addresses asked

    def __post_init__(self) -> None:
        self._all_private = set(PRIVATE) <= set(self.inside)
        self._others = [net for net in self.inside if not self._all_private or net not in PRIVATE]

    def scope(self, ip: str) -> str:
        """inside, outside, multicast, special or unknown; by a link address only hosts inside are named."""
        known = self._scopes.get(ip)
        if known is None:
            if len(self._scopes) >= MOST_SCOPES:
                self._scopes.clear()
            known = self._scopes[ip] = self._scope(ip)
        return known

    def _scope(self, ip: str) -> str:
        if is_link_address(ip):
            return "inside"
        kind = kind_of(ip)
        if kind in {"multicast", "special"}:
            return kind
        if kind == "private" and self._all_private:
            return "inside"
        address = parse(ip)
        if any(address.version == net.version and address in net for net in self._others):
            return "inside"
        return "unknown" if self.side == "unknown" else "outside"


@dataclass(slots=True)
class Evidence:
    """What the judgement is made from; all plain texts and counts."""

    pairs: list[tuple[str, str]]  # (source address, destination address) of flows, distinct
    link: list[tuple[str, str]]  # (MAC, address) as sources of frames, distinct
    arp: list[tuple[str, str]]  # (MAC, address) claimed by ARP or ND
    leases: list[str]  # addresses handed out by DHCP
    prefixes: list[str]  # on-link IPv6 prefixes advertised by routers
    pppoe: int  # link addresses seen in PPPoE sessions
    sent: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    """(MAC, address) → packets sent, flows opened, where both sides spoke; empty: `link` is all there is."""
    pppoe_share: float = 1.0  # of the bytes of flows
    translated: frozenset[str] = frozenset()  # addresses to which those of the site were translated (`sightings.py`)


def judge(evidence: Evidence, declared: Iterable[str] = ()) -> Vantage:
    """Judge the vantage. `declared` are networks in CIDR notation that the auditor says are inside."""
    by_mac: dict[str, set[str]] = defaultdict(set)
    for mac, ip in evidence.link:
        if mac and kind_of(ip) not in {"multicast", "special"}:
            by_mac[mac].add(ip)
    own: dict[str, set[str]] = defaultdict(set)
    for mac, ip in evidence.arp:
        if kind_of(ip) == "private":
            own[mac].add(ip)
    gateways = {mac for mac, ips in by_mac.items() if forwards(ips | own[mac])}
    most = _carriers(evidence)
    hosts = {
        ip: mac
        for mac, ips in by_mac.items()
        if mac not in gateways and sum(":" not in ip for ip in ips) <= HOST_ADDRESSES
        for ip in sorted(ips)
        if evidence.sent.get((mac, ip), (0, 0))[0] >= most.get(ip, 0)
    }

    contested: dict[str, str] = {}
    lan, inside = _lan_reasons(evidence, gateways, hosts, contested)
    wan, uplink = _wan_reasons(evidence, hosts, private_seen=bool(lan))
    networks = [ipaddress.ip_network(text, strict=False) for text in declared]
    if networks:
        reason = Reason("declared", {"networks": ", ".join(str(net) for net in networks)})
        side = "both" if lan and wan else "wan" if wan else "lan"
        return Vantage(
            side, [*dict.fromkeys([*networks, *inside])], [reason, *lan, *wan], declared=True, uplink=uplink,
            link_hosts=hosts, gateways=frozenset(gateways), contested=contested,
        )  # fmt: skip
    side = "both" if lan and wan else "lan" if lan else "wan" if wan else "unknown"
    return Vantage(
        side, [*inside, *map(ipaddress.ip_network, uplink)], [*lan, *wan], uplink=uplink, link_hosts=hosts,
        gateways=frozenset(gateways), contested=contested,
    )  # fmt: skip


def _carriers(evidence: Evidence) -> dict[str, int]:
    """Most packets that came from each address by one link address: others may write it into a frame, too."""
    most: dict[str, int] = {}
    for (_, ip), (sent, _) in evidence.sent.items():
        most[ip] = max(most.get(ip, 0), sent)
    return most


def forwards(ips: set[str]) -> bool:
    """Whether one link address stands in front of many networks, as a router's does."""
    networks = set()
    for ip in ips:
        if kind_of(ip) == "global":
            address = parse(ip)
            networks.add(ipaddress.ip_network((address, 16 if address.version == 4 else 32), strict=False))
    four = any(network.version == 4 for network in networks)  # a host has a private IPv4 and global IPv6 addresses, too
    return len(networks) >= GATEWAY_NETWORKS or (
        four and any(kind_of(ip) == "private" and parse(ip).version == 4 for ip in ips)
    )


def _advertised(evidence: Evidence, gateways: set[str]) -> tuple[list[Network], dict[str, str]]:
    """Advertised prefixes that are believed, and those that are not.

    Anybody on the link can advertise one. It must not be wider than what sites get, and its addresses must not do what
    those of the far side do: come from a router, or only answer while others open.
    """
    found: list[Network] = []
    refuted: dict[str, str] = {}
    for text in sorted(set(evidence.prefixes)):
        network = ipaddress.ip_network(text, strict=False)
        wide = network.version == 6 and network.prefixlen < WIDEST_SITE
        if wide or _is_far(network, evidence, gateways):
            refuted[str(network)] = "router advertisement"
        else:
            found.append(network)
    return found, refuted


def _is_far(network: Network, evidence: Evidence, gateways: set[str]) -> bool:
    """Whether the addresses of a network behave like those behind a router."""
    far = near = opened = packets = 0
    for (mac, ip), (sent, begun) in evidence.sent.items():
        address = parse(ip)
        if address.version != network.version or address not in network or kind_of(ip) != "global":
            continue
        packets += sent
        opened += begun
        if mac in gateways:
            far += sent
        elif mac:
            near += sent
    return far > near or (packets > 0 and not opened)


def _lan_reasons(
    evidence: Evidence, gateways: set[str], hosts: dict[str, str], contested: dict[str, str]
) -> tuple[list[Reason], list[Network]]:
    reasons: list[Reason] = []
    inside: list[Network] = []
    claimed = {ip for _, ip in evidence.arp if _is_local(ip)}
    if claimed:
        reasons.append(Reason("arp_private", {"hosts": len(claimed)}))
    leased = {ip for ip in evidence.leases if kind_of(ip) == "private"}
    if leased:
        reasons.append(Reason("dhcp_private", {"hosts": len(leased)}))
    reaching = {a for a, b in evidence.pairs if _is_local(a) and kind_of(b) in {"global", "carrier"}}
    if reaching:
        reasons.append(Reason("private_to_public", {"hosts": len(reaching)}))
    prefixes, refuted = _advertised(evidence, gateways)
    contested |= refuted
    if prefixes:
        reasons.append(Reason("ra_prefix", {"prefixes": ", ".join(map(str, prefixes))}))
        inside += prefixes
    if public := _public_networks(evidence, hosts):
        figures = {"networks": ", ".join(map(str, public)), "hosts": _count(hosts, public)}
        reasons.append(Reason("public_on_link", figures))
        inside += public
    if not reasons and (local := {ip for pair in evidence.pairs for ip in pair if _is_local(ip)}):
        reasons.append(Reason("private_only", {"hosts": len(local)}))
    if not reasons and gateways:
        own = [ip for ip in hosts if kind_of(ip) == "global"]
        if len(set(hosts[ip] for ip in own)) >= 2:  # noqa: C401
            reasons.append(
                Reason("hosts_and_gateway", {"hosts": len({hosts[ip] for ip in own}), "gateways": len(gateways)})
            )
    if reasons:
        inside = [*dict.fromkeys([*PRIVATE, *inside, *_link_prefixes(hosts, evidence, gateways, contested)])]
    return reasons, inside


def _public_networks(evidence: Evidence, hosts: dict[str, str]) -> list[Network]:
    """Public IPv4 networks that are used as private ones: several hosts of a /24 sit on this link.

    Each claimed its address here (ARP, a lease), was answered from there, and stands for itself; or two of them talk to
    each other with no router between. Neighbours of a WAN side do neither: what others send there is not seen.
    """
    claimed = {ip for _, ip in evidence.arp} | set(evidence.leases)
    by_network: dict[str, set[str]] = defaultdict(set)
    for ip, mac in hosts.items():
        if ":" not in ip and kind_of(ip) == "global" and ip in claimed:
            by_network[ip.rpartition(".")[0]].add(mac)
    talking = {
        a.rpartition(".")[0]
        for a, b in evidence.pairs
        if ":" not in a and a.rpartition(".")[0] == b.rpartition(".")[0] and hosts.get(a) != hosts.get(b)
        and {a, b} <= hosts.keys() and kind_of(a) == "global"
    }  # fmt: skip
    many = {network for network, macs in by_network.items() if len(macs) >= LEAST_HOSTS}
    return [ipaddress.ip_network(f"{network}.0/24") for network in sorted(many | talking)]


def _count(hosts: dict[str, str], networks: list[Network]) -> int:
    """Hosts on the link that are of these networks."""
    return len({mac for ip, mac in hosts.items() if any(parse(ip) in network for network in networks)})


def _link_prefixes(
    hosts: dict[str, str], evidence: Evidence, gateways: set[str], contested: dict[str, str]
) -> list[Network]:
    """The /64 networks of the global IPv6 addresses of hosts on this link.

    Only where the same host shows a private address, a neighbour claims it, or several hosts share the /64, and where
    its addresses do not behave like those behind a router: a neighbour advertisement is one forged packet.
    """
    private_macs = {mac for ip, mac in hosts.items() if kind_of(ip) == "private"}
    private_macs |= {mac for mac, ip in evidence.arp if kind_of(ip) == "private" and mac not in gateways}
    claimed = {ip for _, ip in evidence.arp}
    counts: Counter[ipaddress.IPv6Network] = Counter()
    macs: dict[ipaddress.IPv6Network, set[str]] = defaultdict(set)
    sure: set[ipaddress.IPv6Network] = set()
    said: set[ipaddress.IPv6Network] = set()
    for ip, mac in hosts.items():
        address = parse(ip)
        if isinstance(address, ipaddress.IPv6Address) and kind_of(ip) == "global":
            network = ipaddress.IPv6Network((address, 64), strict=False)
            counts[network] += 1
            macs[network].add(mac)
            if mac in private_macs or ip in claimed:
                sure.add(network)
            if ip in claimed:
                said.add(network)
    found: list[Network] = []
    for network in sorted(counts):
        if network not in sure and len(macs[network]) < 2:
            continue
        if not _is_far(network, evidence, gateways):
            found.append(network)
        elif network in said or len(macs[network]) > 1:
            contested[str(network)] = "hosts on the link"
    return found


def _opens(address: str, evidence: Evidence, *, alone: bool) -> bool:
    """Whether an address opens flows, and those that it talks to none, or no more; where nothing says who did, it may.

    `alone`: of all, it alone is on the link. Who is asked by many more than it asks is a server, wherever it is.
    """
    opened = Counter[str]()
    for (_, ip), (_, begun) in evidence.sent.items():
        opened[ip] += begun
    total = opened.total()
    return not total or opened[address] == total or (alone and 2 * opened[address] >= total)


def _wan_reasons(evidence: Evidence, hosts: dict[str, str], *, private_seen: bool) -> tuple[list[Reason], list[str]]:
    reasons: list[Reason] = []
    uplink: set[str] = set()
    if evidence.pppoe and (not private_seen or (evidence.pppoe >= BOTH_ENDS and evidence.pppoe_share >= WAN_SHARE)):
        reasons.append(Reason("pppoe", {"ends": evidence.pppoe}))
    talkers: Counter[str] = Counter()
    for a, b in evidence.pairs:
        if kind_of(a) in {"global", "carrier"} and kind_of(b) in {"global", "carrier"}:
            talkers[a] += 1
            talkers[b] += 1
    carriers = [ip for ip in talkers if kind_of(ip) == "carrier"]
    if carriers:
        reasons.append(Reason("carrier_nat", {"addresses": ", ".join(sorted(carriers)[:4])}))
        uplink.update(carriers)
    claimed = {ip for _, ip in evidence.arp if kind_of(ip) in {"global", "carrier"} and parse(ip).version == 4}
    if claimed and not private_seen:
        reasons.append(Reason("arp_public", {"addresses": ", ".join(sorted(claimed)[:4])}))
        uplink.update(ip for ip in claimed if talkers[ip] >= 2)
    if evidence.translated:
        reasons.append(Reason("translated", {"addresses": ", ".join(sorted(evidence.translated)[:4])}))
        uplink |= evidence.translated
    pairs = sum(talkers.values()) // 2
    least = LEAST_HOSTS if any(opened for _, opened in evidence.sent.values()) else LEAST_PEERS
    near = {ip for ip in hosts if kind_of(ip) in {"global", "carrier"}}  # of all, where the others are behind a router
    shared = {ip for ip, count in talkers.most_common(2) if pairs >= least and count == pairs}
    common = [ip for ip in shared if _opens(ip, evidence, alone=near == {ip})]
    linked = any(mac for mac, _ in evidence.link)
    if len(common) == 1 and (reasons or (not private_seen and (common[0] in hosts or not linked))):
        reasons.append(Reason("one_address", {"address": common[0], "peers": pairs}))
        uplink.add(common[0])
    return reasons, sorted(uplink)

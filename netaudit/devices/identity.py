"""Which facts speak of the same device: one per link address, one per address where no link address is seen.

A link address owns the addresses that it claims itself (ARP, neighbour discovery, DHCP) and those that vantage found
to be a host's on this link. What a router forwards carries its link address, too: such facts are of the address, not of
the router. An address that went from one host to another is each one's in its time.
"""

from __future__ import annotations

import bisect
import functools
import ipaddress
from collections import defaultdict
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field

MOST_CLAIMED = 16  # addresses claimed by one link address; more is proxy ARP or an attack, and owns none
UNSET = frozenset({"", "0.0.0.0", "::", "255.255.255.255"})  # noqa: S104  (absent addresses, no bind)
MOST_PORTS = 4  # of a machine that a UUID or DUID names; more is a name that its maker gave to all of a kind
CHASSIS = "lldp "  # names that begin so are of chassis, which have any number of ports
BLOCK = len("00:00:00")  # characters of a maker's block: ports of one machine are of one

Scope = Callable[[str], str]


@dataclass(slots=True)
class Identities:
    """Who owns which address."""

    owner: dict[str, str] = field(default_factory=dict)  # address → link address, the latest
    forwarders: frozenset[str] = frozenset()  # link addresses in front of many networks
    shared: frozenset[str] = frozenset()  # addresses that stand for a whole site behind NAT
    alias: dict[str, str] = field(default_factory=dict)  # link address of a port → the one its machine is known by
    history: dict[str, list[tuple[int, str]]] = field(default_factory=dict)  # address → (since, link address), by time
    twins: frozenset[tuple[str, str]] = frozenset()  # (link address, address) of hosts with equal ones in other VLANs

    def device_of(self, mac: str, ip: str, scope: Scope, ts: int | None = None) -> str:
        """Id of the device that a fact of that time is about: its link address, else its address; empty for none.

        Facts about the far side are of no device on this link, whatever link address carried them.
        """
        if not usable(ip):
            return self.alias.get(mac, mac)
        if (mac, ip) in self.twins:
            return self.alias.get(mac, mac)
        if owner := self._owner(mac, ip, ts):
            return self.alias.get(owner, owner)
        mac = self.alias.get(mac, mac)
        if mac and made_from(mac, ip):
            return mac
        if scope(ip) not in {"inside", "unknown"}:
            return ""
        if mac and mac not in self.forwarders and not self._belongs_elsewhere(mac, ip):
            return mac
        return ip

    def _owner(self, mac: str, ip: str, ts: int | None) -> str:
        """Who held the address: the one that speaks from it, if it ever claimed it; else who held it at that time."""
        held = self.history.get(ip)
        if held is None or len(held) == 1 or ts is None:
            return self.owner.get(ip, "")
        if any(holder == mac for _, holder in held):
            return mac
        place = bisect.bisect_right(held, ts, key=lambda claim: claim[0])
        return held[max(0, place - 1)][1]

    def _belongs_elsewhere(self, mac: str, ip: str) -> bool:
        """Whether the link address has claimed addresses of this family, and this is none of them: it forwarded."""
        wide = ":" in ip
        return any(held == mac and (":" in other) == wide for other, held in self.owner.items())


def twins_of(spoken: Iterable[tuple[str, str, str]], forwarders: Container[str]) -> frozenset[tuple[str, str]]:
    """Hosts of one address in several VLANs, out of (link address, address, VLAN) of everyone who sent.

    Each is the only one of its VLAN with the address, has no other address of that family, and speaks in no other
    VLAN: a router, which carries the address of one VLAN into another, does.
    """
    places: dict[str, set[tuple[str, str]]] = defaultdict(set)  # address → (link address, VLAN)
    vlans: dict[str, set[str]] = defaultdict(set)
    addresses: dict[tuple[str, bool], set[str]] = defaultdict(set)
    for mac, ip, vlan in spoken:
        if mac and usable(ip):
            places[ip].add((mac, vlan))
            vlans[mac].add(vlan)
            addresses[mac, ":" in ip].add(ip)
    found = set()
    for ip, ones in places.items():
        macs, networks = {mac for mac, _ in ones}, {vlan for _, vlan in ones}
        if len(macs) == len(networks) == len(ones) > 1 and all(
            len(vlans[mac]) == len(addresses[mac, ":" in ip]) == 1 and mac not in forwarders for mac in macs
        ):
            found |= {(mac, ip) for mac in macs}
    return frozenset(found)


@functools.lru_cache(maxsize=65536)
def made_from(mac: str, ip: str) -> bool:
    """Whether an IPv6 address was made from this link address (modified EUI-64: RFC 4291, appendix A)."""
    address = ipaddress.ip_address(ip)
    raw = bytes.fromhex(mac.replace(":", ""))
    return address.version == 6 and address.packed[8:] == bytes([raw[0] ^ 2]) + raw[1:3] + b"\xff\xfe" + raw[3:]


@functools.lru_cache(maxsize=65536)
def usable(ip: str) -> bool:
    """Whether it is an address of one host."""
    if ip in UNSET:
        return False
    try:
        return not ipaddress.ip_address(ip).is_multicast
    except ValueError:
        return False


def identify(
    claims: Iterable[tuple[int, str, str]],
    link_hosts: dict[str, str],
    forwarders: Iterable[str],
    named: Iterable[tuple[str, str]],
    shared: Iterable[str] = (),
    twins: frozenset[tuple[str, str]] = frozenset(),
) -> Identities:
    """Join what is known of ownership.

    `claims` are (time, link address, address) of ARP, neighbour discovery and leases in the order of time. `named` are
    (link address, name of a machine): a chassis id of LLDP, a UUID of UPnP or WS-Discovery, a DUID of DHCPv6.
    """
    by_mac: dict[str, set[str]] = defaultdict(set)
    accepted: list[tuple[int, str, str]] = []
    for ts, mac, ip in claims:
        if mac and usable(ip):
            by_mac[mac].add(ip)
            accepted.append((ts, mac, ip))
    owner = dict(link_hosts)
    history: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for ts, mac, ip in accepted:
        if len(by_mac[mac]) <= MOST_CLAIMED:
            owner[ip] = mac
            if not history[ip] or history[ip][-1][1] != mac:
                history[ip].append((ts, mac))
    return Identities(owner, frozenset(forwarders), frozenset(shared), _aliases(named), dict(history), twins)


def _aliases(named: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Link addresses that are ports of one machine → the first of them: the same name, within one maker's block.

    The bound to one block keeps a forged name from swallowing another maker's machine.
    """
    ports: dict[tuple[str, str], set[str]] = defaultdict(set)
    for mac, name in named:
        ports[mac[:BLOCK], name].add(mac)
    machine: dict[str, set[str]] = {}  # link address → all of its machine
    for (_, name), group in ports.items():
        if len(group) > MOST_PORTS and not name.startswith(CHASSIS):
            continue
        joined: set[str] = set().union(*(machine.get(mac, {mac}) for mac in group))
        machine |= dict.fromkeys(joined, joined)
    return {mac: first for mac, whole in machine.items() if (first := min(whole)) != mac}

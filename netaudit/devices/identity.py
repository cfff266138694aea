"""Which facts speak of the same device: one per link address, one per address where no link address is seen.

A link address owns the addresses that it claims itself (ARP, neighbour discovery, DHCP) and those that vantage found
to be a host's on this link. What a router forwards carries its link address, too: such facts are of the address, not of
the router.
"""

from __future__ import annotations

import functools
import ipaddress
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

MOST_CLAIMED = 16  # addresses claimed by one link address; more is proxy ARP or an attack, and owns none
UNSET = frozenset({"", "0.0.0.0", "::", "255.255.255.255"})  # noqa: S104  (absent addresses, no bind)

Scope = Callable[[str], str]


@dataclass(slots=True)
class Identities:
    """Who owns which address."""

    owner: dict[str, str] = field(default_factory=dict)  # address → link address
    forwarders: frozenset[str] = frozenset()  # link addresses in front of many networks
    shared: frozenset[str] = frozenset()  # addresses that stand for a whole site behind NAT
    alias: dict[str, str] = field(default_factory=dict)  # link address of a port → that of its chassis

    def device_of(self, mac: str, ip: str, scope: Scope) -> str:
        """Id of the device that a fact is about: its link address, else its address; empty for none.

        Facts about the far side are of no device on this link, whatever link address carried them.
        """
        mac = self.alias.get(mac, mac)
        if not usable(ip):
            return mac
        owner = self.owner.get(ip, "")
        if owner:
            return self.alias.get(owner, owner)
        if mac and made_from(mac, ip):
            return mac
        if scope(ip) not in {"inside", "unknown"}:
            return ""
        if mac and mac not in self.forwarders and not _belongs_elsewhere(mac, ip, self.owner):
            return mac
        return ip


def _belongs_elsewhere(mac: str, ip: str, owner: dict[str, str]) -> bool:
    """Whether the link address has claimed addresses of this family, and this is none of them: then it forwarded."""
    wide = ":" in ip
    return any(held == mac and (":" in other) == wide for other, held in owner.items())


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
    claims: Iterable[tuple[str, str, str]],
    link_hosts: dict[str, str],
    forwarders: Iterable[str],
    chassis: Iterable[tuple[str, str]],
    shared: Iterable[str] = (),
) -> Identities:
    """Join what is known of ownership.

    `claims` are (kind, link address, address) of ARP, neighbour discovery and leases in the order of time: the latest
    holder of an address counts. `chassis` are (link address of a port, link address of its chassis) of LLDP.
    """
    by_mac: dict[str, set[str]] = defaultdict(set)
    owner = dict(link_hosts)
    accepted: list[tuple[str, str]] = []
    for _, mac, ip in claims:
        if mac and usable(ip):
            by_mac[mac].add(ip)
            accepted.append((mac, ip))
    owner |= {ip: mac for mac, ip in accepted if len(by_mac[mac]) <= MOST_CLAIMED}
    alias = {port: base for port, base in chassis if port != base and port[:8] == base[:8]}
    return Identities(owner, frozenset(forwarders), frozenset(shared), alias)

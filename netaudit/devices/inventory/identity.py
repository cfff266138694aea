"""Which facts speak of the same device: one per link address, one per address where no link address is seen.

A link address owns the addresses that it claims itself (ARP, neighbour discovery, DHCP) and those under which it speaks
for itself (`bindings.py`). What a router forwards carries its link address, too: such facts are of the address, not of
the router. An address that went from one host to another is each one's in its time.

What hides behind one address: hosts that it forwards for, and systems too many to be one machine.

Counted from below, by rules that can be said aloud: inside addresses that speak through its link address; operating
systems that the browsers of its address name; times to live with which its TCP connections begin, of which a system
knows one. One machine may run two systems (an emulator, a virtual machine), so this is a number "at least", no list.
"""

from __future__ import annotations

import bisect
import functools
import ipaddress
import re
from collections import defaultdict
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netaudit.core.signatures.conditions import Fact
from netaudit.devices.inventory.bindings import Sent, Speakers, Tenure, claimed, tenures
from netaudit.devices.inventory.claims import RuleClaim

if TYPE_CHECKING:
    from netaudit.devices.inventory.device import Device

UNSET = frozenset({"", "0.0.0.0", "::", "255.255.255.255"})  # noqa: S104  (absent addresses, no bind)
MOST_PORTS = 4  # of a machine that a UUID or DUID names; more is a name that its maker gave to all of a kind
CHASSIS = "lldp "  # names that begin so are of chassis, which have any number of ports
BLOCK = len("00:00:00")  # characters of a maker's block: ports of one machine are of one

Scope = Callable[[str], str]


@dataclass(slots=True)
class Identities:
    """Who owns which address."""

    speakers: Speakers
    held: dict[str, list[Tenure]] = field(default_factory=dict)  # by address, in the order of time
    shared: frozenset[str] = frozenset()  # addresses that stand for a whole site behind NAT
    alias: dict[str, str] = field(default_factory=dict)  # link address of a port → the one its machine is known by
    twins: frozenset[tuple[str, str]] = frozenset()  # (link address, address) of hosts with equal ones in other VLANs
    spoken: frozenset[tuple[str, str]] = frozenset()  # (link address, address) of those who sent for themselves
    translating: frozenset[str] = frozenset()  # addresses of hosts here that stand for others behind them (NAT)
    in_sums: int = 0  # flows of addresses that several used, beyond the bound within which each is looked at

    def device_of(self, mac: str, ip: str, scope: Scope, ts: int | None = None) -> str:
        """Id of the device that a fact of that time is about: its link address, else its address; empty for none.

        Facts about the far side are of no device on this link, whatever link address carried them.
        """
        if not usable(ip) or (mac, ip) in self.twins or self.speakers.own(mac, ip):
            return self.alias.get(mac, mac)
        if mac and made_from(mac, ip):
            return self.alias.get(mac, mac)
        if (mac, ip) in self.spoken:
            return self.alias.get(mac, mac)
        if holder := self.holder(ip, ts):
            return self.alias.get(holder, holder)
        if scope(ip) not in {"inside", "unknown"} and ip not in self.shared:
            return ""
        return self.alias.get(mac, mac) if self.speakers.itself(mac, ip) else ip

    def holder(self, ip: str, ts: int | None = None) -> str:
        """Link address that held the address at that time: until somebody else is seen, whoever was last."""
        held = self.held.get(ip)
        if not held:
            return ""
        if len(held) == 1 or ts is None:
            return held[-1].mac
        return held[max(0, bisect.bisect_right(held, ts, key=lambda one: one.since) - 1)].mac


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
    if ":" not in ip:
        return False
    address = ipaddress.IPv6Address(ip)
    raw = bytes.fromhex(mac.replace(":", ""))
    return address.packed[8:] == bytes([raw[0] ^ 2]) + raw[1:3] + b"\xff\xfe" + raw[3:]


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
    claims: Iterable[tuple[int, str, str] | tuple[int, str, str, str]],
    sent: Iterable[Sent] = (),
    forwarders: Iterable[str] = (),
    named: Iterable[tuple[str, str]] = (),
    shared: Iterable[str] = (),
    twins: frozenset[tuple[str, str]] = frozenset(),
    hops: tuple[frozenset[tuple[str, str]], frozenset[tuple[str, str]]] = (frozenset(), frozenset()),
) -> Identities:
    """Join what is known of ownership.

    `claims` are (time, link address, address, kind) of ARP, neighbour discovery and leases; `sent` what came under
    inside addresses. `named` are (link address, name of a machine): a chassis id of LLDP, a UUID of UPnP or
    WS-Discovery, a DUID of DHCPv6. `hops`: (link address, address) of frames from which no router took, or one did.
    """
    known = claimed(claim for claim in claims if claim[1] and usable(claim[2]))
    speakers = Speakers(known, frozenset(forwarders), *hops)
    sent = [one for one in sent if usable(one.ip) and one.mac]
    speakers.listen(sent)
    by_ip: dict[str, list[Sent]] = defaultdict(list)
    for one in sent:
        if speakers.itself(one.mac, one.ip) or made_from(one.mac, one.ip) or (one.mac, one.ip) in twins:
            by_ip[one.ip].append(one)
    held = {}
    for ip in known.times.keys() | by_ip.keys():
        own = [(ts, mac) for ts, mac in known.times.get(ip, ()) if speakers.own(mac, ip)]
        if found := tenures(own, by_ip.get(ip, ())):
            held[ip] = found
    spoken = frozenset((one.mac, ip) for ip, some in by_ip.items() for one in some)
    return Identities(speakers, held, frozenset(shared), _aliases(named), twins, spoken)


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


FORWARDED, AGENTS, OPENINGS = "rule: forwards for", "rule: systems of User-Agents", "rule: several times to live"
TTL = re.compile(r"\bttl=(\d{1,3})\b")
LEAST_SYSTEMS = 2
# the first that is found names the system; a model or version that two hosts rarely share stands with it
SYSTEMS = (
    (re.compile(r"\((iPhone|iPad|iPod)\b"), "{0}"),
    (
        re.compile(r"\bAndroid [\d.]{1,8}; (?:[a-z]{2}[-_][A-Za-z]{2}; )?([^;)]{2,40}?)(?: Build/[^;)]{1,40})?[;)]"),
        "Android {0}",
    ),
    (re.compile(r"\(Windows NT ([\d.]{1,6})"), "Windows NT {0}"),
    (re.compile(r"\((Macintosh)\b"), "Macintosh"),
    (re.compile(r"\bX11; (?:U; )?(Linux|CrOS|Ubuntu|FreeBSD)"), "X11 {0}"),
)  # fmt: skip


def hidden(device: Device) -> list[RuleClaim]:
    """What is known of hosts behind a device, most telling first."""
    found = []
    if device.forwarded:
        addresses = sorted(device.forwarded, key=lambda ip: (":" in ip, ip))
        facts = [Fact("link.forwarded", ip, device.forwarded[ip]) for ip in addresses]
        found.append(RuleClaim("behind", str(len(addresses)), FORWARDED, facts))
    systems: dict[str, Fact] = {}
    for fact in device.agents:
        if name := system_of(fact.value):
            systems.setdefault(name, fact)
    if len(systems) >= LEAST_SYSTEMS:
        found.append(RuleClaim("behind", str(len(systems)), AGENTS, list(systems.values())))
    lives: dict[str, Fact] = {}
    for fact in device.openings:
        if found_ttl := TTL.search(fact.value):
            lives.setdefault(found_ttl[1], fact)
    if len(lives) >= LEAST_SYSTEMS:
        found.append(RuleClaim("behind", str(len(lives)), OPENINGS, list(lives.values())))
    return found


def system_of(agent: str) -> str:
    """The operating system that a User-Agent names, with the model of an Android device; empty for none.

    Only what browsers write; apps and devices that imitate one part of it (`okhttp`, `Dalvik`) are not counted.
    """
    if not agent.startswith("Mozilla/5.0 ("):
        return ""
    for pattern, name in SYSTEMS:
        if found := pattern.search(agent[:300]):
            return name.format(found[1])
    return ""

"""Brings the facts of an audit to the devices that they are about: observations, flows, and what follows from both."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.signatures.conditions import Fact
from netaudit.core.text.addresses import is_link_address
from netaudit.devices.inventory.bindings import LEASE, Sent
from netaudit.devices.inventory.device import Device
from netaudit.devices.inventory.identity import Identities, identify, twins_of, usable
from netaudit.devices.inventory.judging import ANNOUNCED
from netaudit.devices.inventory.registry import holder, is_local

if TYPE_CHECKING:
    from netaudit.devices.inventory.observed import Observed

FAR = frozenset({"dns", "country"})  # facts about the names of addresses, of whoever holds them
CLAIMING = frozenset({"arp", "ndp", "ra"})
ROUTED = " routed"  # in the shape of an opening: a router took from its time to live
SERVING = "_server"  # kinds of what a host answered end so
LEASING = frozenset({"dhcp", "dhcpv6"})
MOST_DISPUTED = 1 << 16  # flows by which it is told who held an address that several used
IDENTIFYING = {("lldp", "chassis"), ("ssdp", "usn"), ("wsd", "address"), ("dhcpv6", "duid")}  # name one machine
LINK_ADDRESS = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")
BOTH_WROTE, MOST_APART = {"client": "stranger_up", "server": "stranger_down"}, 3  # of flows.doubts; link addresses
MOST_HIDDEN = 4096  # hosts behind one forwarder that are counted
MAKERS = (  # where a device names its maker in a field made for that
    "upnp.manufacturer", "lldp.manufacturer", "snmp.manufacturer", "ehome.manufacturer", "sip.gb_Manufacturer",
    "device.vendor", "said.vendor",
)  # fmt: skip

MADE_BY = re.compile(r"(?i)(?:manufacturer|vendor|brand|mfg|usb_mfg)=(\S.{0,60})")  # in a TXT record

Scope = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Link:
    """What vantage found of the captured link."""

    forwarders: frozenset[str] = frozenset()  # link addresses in front of many networks
    shared: frozenset[str] = frozenset()  # addresses that stand for a whole site behind NAT


def collect(rows: Observed, flows: pa.Table, link: Link, scope: Scope) -> tuple[dict[str, Device], Identities]:
    """Devices by id, each with its facts, and who held which address when."""
    identities = _identities(rows, flows, link, scope)
    devices: dict[str, Device] = {}
    _record(devices, rows, identities, scope)
    _add_traffic(devices, flows, identities, scope)
    for device in devices.values():
        _derive(device, link, identities)
    return devices, identities


def _twins(flows: pa.Table, link: Link) -> frozenset[tuple[str, str]]:
    """Hosts of equal addresses in several VLANs; tables without VLANs have none."""
    if "vlan" not in flows.column_names or pc.count_distinct(flows["vlan"]).as_py() < 2:
        return frozenset()
    spoken: set[tuple[str, str, str]] = set()
    for side, sent in (("client", "packets_up"), ("server", "packets_down")):
        names = [f"{side}_mac", f"{side}_ip", "vlan"]
        rows = flows.select(names).filter(pc.greater(flows[sent], 0)).group_by(names).aggregate([])
        spoken.update(zip(*(rows[name].to_pylist() for name in names), strict=True))
    return twins_of(spoken, link.forwarders)


def _identities(rows: Observed, flows: pa.Table, link: Link, scope: Scope) -> Identities:
    claims, named = [], []
    for _, end, name, ts, value in rows.chosen([_claims(kind, field_) for kind, field_ in rows.names]):
        (mac, ip), (kind, field_) = rows.ends[end], rows.names[name]
        if kind in CLAIMING or field_ == "leased":
            claims.append((ts, mac, ip, LEASE if kind in LEASING else kind))
        if (kind, field_) in IDENTIFYING and mac:
            named.append((mac, f"{kind} {machine_of(value)}"))
            if kind == "lldp" and LINK_ADDRESS.fullmatch(value):
                named.append((value, f"lldp {value}"))
    named += _bonded(flows, claims)
    hops = _hops(rows)
    near, apart = frozenset(hops[False] - hops[True]), frozenset(hops[True] - hops[False])
    twins = _twins(flows, link)
    sent, in_sums = _sent(flows, scope)
    found = identify(claims, sent, link.forwarders, named, link.shared, twins, (near, apart))
    found.in_sums = in_sums
    found.translating = frozenset(ip for _, ip in hops[True] & {(mac, ip) for _, mac, ip, _ in claims})
    return found


def _claims(kind: str, field_: str) -> bool:
    """Whether such facts claim an address, or name a machine."""
    return kind in CLAIMING or (kind in LEASING and field_ == "leased") or (kind, field_) in IDENTIFYING


def _hops(rows: Observed) -> dict[bool, set[tuple[str, str]]]:
    """(link address, address) of those whose openings no router, or one, took from."""
    hops: dict[bool, set[tuple[str, str]]] = {False: set(), True: set()}
    for _, end, _, _, shape in rows.chosen([kind == "tcp" for kind, _ in rows.names]):
        hops[shape.endswith(ROUTED)].add(rows.ends[end])
    return hops


def _bonded(flows: pa.Table, claims: list[tuple[int, str, str, str]]) -> Iterator[tuple[str, str]]:
    """Ports of one machine whose frames go out by each in turn, by the address that they share.

    The second one writes into the connections of an address that the port beside it claims, it alone, and claims
    nothing itself.
    """
    owners: dict[str, set[str]] = defaultdict(set)
    for _, mac, ip, _ in claims:
        owners[ip].add(mac)
    claiming = set[str]().union(*owners.values())
    for side, doubt in BOTH_WROTE.items():
        flat = flows["doubts"].combine_chunks()
        rows = pc.list_parent_indices(flat).filter(pc.equal(pc.list_flatten(flat), doubt))
        ends = flows.select([f"{side}_mac", f"{side}_ip"]).take(rows)
        for mac, ip in sorted(set(zip(*(column.to_pylist() for column in ends.columns), strict=True))):
            owner = owners.get(ip, set())
            if mac and mac not in claiming and len(owner) == 1 and _beside(mac, *owner):
                yield from ((port, f"bond {ip}") for port in (mac, *owner))


def _beside(mac: str, other: str) -> bool:
    """Whether two link addresses are of ports beside each other, as makers number them."""
    return abs(int(mac.replace(":", ""), 16) - int(other.replace(":", ""), 16)) <= MOST_APART


def _sent(flows: pa.Table, scope: Scope) -> tuple[list[Sent], int]:
    """What came under inside addresses: by link address in all, and flow by flow where several used one address.

    And how many flows of such addresses are told by sums only.
    """
    sums: dict[str, list[Sent]] = defaultdict(list)
    sides = [_ends(flows, *names) for names in (("client", "packets_up"), ("server", "packets_down"))]
    ends = pa.concat_tables(sides)
    whole = ends.group_by(["ip", "mac"], use_threads=False).aggregate(
        [("first", "min"), ("last", "max"), ("answered", "sum")]
    )
    columns = ("mac", "ip", "first_min", "last_max", "answered_sum")
    for one in map(Sent, *(whole[name].to_pylist() for name in columns)):
        if usable(one.ip) and scope(one.ip) in {"inside", "unknown"}:
            sums[one.ip].append(one)
    several = [ip for ip, found in sums.items() if len(found) > 1]
    senders = [found[0] for found in sums.values() if len(found) == 1]
    if not several:
        return senders, 0
    rows = ends.filter(pc.is_in(ends["ip"], pa.array(several, pa.string())))
    one_by_one, in_all = _within_bound(rows["ip"])
    near = rows.filter(pc.is_in(rows["ip"], pa.array(one_by_one, pa.string())))
    senders += map(Sent, *(near[name].to_pylist() for name in ("mac", "ip", "first", "last", "answered")))
    senders += [one for ip in in_all for one in sums[ip]]
    return senders, rows.num_rows - near.num_rows


def _within_bound(ips: pa.ChunkedArray) -> tuple[list[str], list[str]]:
    """Addresses whose flows are looked at one by one, those with the fewest first; the others are told by sums only.

    So a flood of flows under one address takes no other from its device, and none is without a holder.
    """
    counts = sorted((row["counts"], row["values"]) for row in pc.value_counts(ips).to_pylist())
    sizes = itertools.accumulate(count for count, _ in counts)
    kept = sum(size <= MOST_DISPUTED for size in sizes)
    return [ip for _, ip in counts[:kept]], [ip for _, ip in counts[kept:]]


def _ends(flows: pa.Table, side: str, sent: str) -> pa.Table:
    """Who sent in each flow, with its packets where the other side spoke, too."""
    columns = flows.select([f"{side}_ip", f"{side}_mac", "first_ts", "last_ts", "packets_up", "packets_down"])
    speaking = columns.filter(
        pc.and_(pc.greater(flows[sent], 0), pc.not_equal(pc.fill_null(flows[f"{side}_mac"], ""), ""))
    )
    both = pc.and_(pc.greater(speaking["packets_up"], 0), pc.greater(speaking["packets_down"], 0))
    return pa.table({
        "ip": speaking[f"{side}_ip"], "mac": speaking[f"{side}_mac"],
        "first": pc.fill_null(speaking["first_ts"].cast(pa.int64()), 0),
        "last": pc.fill_null(speaking["last_ts"].cast(pa.int64()), 0),
        "answered": pc.if_else(both, speaking[sent], 0),
    })  # fmt: skip


def machine_of(name: str) -> str:
    """What of an identifier names the machine: a USN is the machine's UUID and a type (UPnP UDA 1.1, 1.2.2)."""
    return name.partition("::")[0].casefold()


def _record(devices: dict[str, Device], rows: Observed, identities: Identities, scope: Scope) -> None:
    """Give each device the facts that are about it, in the order of time."""
    names = [(f"{kind}.{field_}", kind in ANNOUNCED or kind.endswith(SERVING)) for kind, field_ in rows.names]
    known: dict[int, tuple[Device, bool] | None] = {}  # by number of the pair of addresses, where time is no matter
    for place, end, name, ts, value in rows.chosen([kind not in FAR for kind, _ in rows.names]):
        if end in known:
            taker = known[end]
        else:
            mac, ip = rows.ends[end]
            taker = _taker(devices, (mac, ip, ts), place, identities, scope)
            if len(identities.held.get(ip, ())) <= 1:
                known[end] = taker
        if taker is None:
            continue
        device, alone = taker
        field_, own = names[name]
        fact = Fact(field_, value, place)
        if field_ == "http_client.user_agent":
            device.agents.append(fact)
        elif field_ == "tcp.syn":
            device.openings.append(fact)
        if alone or (own and rows.ends[end][1] not in identities.shared):  # behind NAT nobody knows whose it is
            device.facts[field_].append(fact)
        device.last = max(device.last, ts)  # times only grow


def _taker(
    devices: dict[str, Device], end: tuple[str, str, int], place: int, identities: Identities, scope: Scope
) -> tuple[Device, bool] | None:
    """The device that facts of these addresses are about at a time, and whether the address stands for it alone."""
    mac, ip, ts = end
    identity = identities.device_of(mac, ip, scope, ts)
    if not identity:
        return None
    device = devices.get(identity)
    if device is None:
        device = devices[identity] = Device(identity)
    _name(device, mac, ip, identities)
    _forwarded(devices, mac, ip, identity, place, identities, scope)
    device.seen(ts, ts)
    return device, ip not in identities.shared and ip not in identities.translating


def _name(device: Device, mac: str, ip: str, identities: Identities) -> None:
    """Note under which addresses a device is known; a frame's link address is its own only where it owns the other."""
    if is_link_address(device.id):
        device.macs.add(device.id)
        if mac and identities.alias.get(mac, mac) == device.id:
            device.macs.add(mac)
    if usable(ip):
        device.ips.add(ip)


def _forwarded(
    devices: dict[str, Device], mac: str, ip: str, identity: str, place: int, identities: Identities, scope: Scope
) -> None:
    """Note at a forwarder that another inside host, known by its address only, speaks through it."""
    if identity != ip or mac not in identities.speakers.many or scope(ip) != "inside":
        return
    through = identities.alias.get(mac, mac)
    known = devices.setdefault(through, Device(through)).forwarded
    if len(known) < MOST_HIDDEN:
        known.setdefault(ip, place)


def _add_traffic(devices: dict[str, Device], flows: pa.Table, identities: Identities, scope: Scope) -> None:
    """Hosts that were seen in flows only, and the time over which each was seen."""
    for side, sent in (("client", "packets_up"), ("server", "packets_down")):
        names = [f"{side}_mac", f"{side}_ip"]
        sending = flows.select([*names, "first_ts", "last_ts"]).filter(pc.greater(flows[sent], 0))
        for at in ("first_ts", "last_ts"):
            sending = sending.set_column(sending.column_names.index(at), at, sending[at].cast(pa.int64()))
        spans = sending.group_by(names).aggregate([("first_ts", "min"), ("last_ts", "max")])
        columns = [spans[name].to_pylist() for name in (*names, "first_ts_min", "last_ts_max")]
        for mac, ip, first, last in zip(*columns, strict=True):
            identity = identities.device_of(mac, ip, scope, last or 0) if usable(ip) else ""
            if not identity:
                continue
            device = devices.get(identity)
            if device is None:
                device = devices[identity] = Device(identity)
            _name(device, mac, ip, identities)
            _forwarded(devices, mac, ip, identity, -1, identities, scope)
            device.seen(first or 0, last or 0)


def _derive(device: Device, link: Link, identities: Identities) -> None:
    """Facts that netaudit derives: holder of the address block, local address, forwarding, standing for a site."""
    facts = device.facts

    def add(name: str, value: str) -> None:
        facts[name].append(Fact(name, value))

    for mac in sorted(device.macs):
        if vendor := holder(mac):
            add("oui.vendor", vendor)
        if is_local(mac):
            add("oui.local", "locally administered address")
        if mac in link.forwarders:
            add("link.forwards", "for addresses of other networks")
    _drop_others(device)
    for fact in facts.get("mdns.txt", ()):
        if made := MADE_BY.match(fact.value):
            facts["maker.said"].append(Fact("maker.said", made[1], fact.row, fact.kind))
    facts["maker.said"] += [
        Fact("maker.said", fact.value, fact.row, fact.kind) for name in MAKERS if name in facts for fact in facts[name]
    ]
    if device.ips & link.shared:
        add("link.shared", "its address stands for the whole site behind NAT")
    elif device.ips & identities.translating:
        add("link.shared", "its address stands for others behind NAT: a router took from their time to live")


LISTED = tuple(f"listed.{name}" for name in ("vendor", "model", "serial", "firmware", "type", "hardware"))
TOLD = ("device.model", "device.serial", "said.model", "said.serial")
SINGLE = ("said.model", "said.serial", "said.vendor")


def _drop_others(device: Device) -> None:
    """Let go what a host says as if of itself, where it is of several devices: it passes on the words of others.

    And what others say of it, once it says itself who it is: they may say anything.
    """
    facts = device.facts
    if any(map(facts.get, TOLD)):
        for name in LISTED:
            facts.pop(name, None)
    for name in SINGLE:
        if name in facts and len({fact.value.casefold() for fact in facts[name]}) > 1:
            for field_ in [field_ for field_ in facts if field_.startswith("said.")]:
                del facts[field_]
            return

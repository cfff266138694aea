"""The door from observations: facts in, one row of `devices` per device out, each claim with its reasons.

Works on tables only. What a signature uses is named with its frame, so that every answer can be looked up.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.case_writer import table_of
from netaudit.devices.identity import Identities, identify, usable
from netaudit.devices.judging import Claim, judge
from netaudit.devices.matching import Match, Matcher
from netaudit.devices.vendor import holder, is_local
from netaudit.signature_conditions import Fact
from netaudit.tables import DEVICES

if TYPE_CHECKING:
    from netaudit.signatures import SignatureSet

MOST_REASONS = 24
MOST_FACTS = 3  # facts named per signature
MOST_SHOWN = 120  # characters of a value in a reason
FAR = frozenset({"dns", "country"})  # facts about the names of addresses, of whoever holds them
ROLES = {
    "face_capture_camera": "capture device", "ip_camera": "capture device", "id_terminal": "verification terminal",
    "access_terminal": "verification terminal", "face_server": "server", "server": "server", "nvr": "server",
    "nas": "server", "pc": "viewer", "phone": "personal device", "tablet": "personal device",
    "handheld": "personal device", "router": "network", "switch": "network", "access_point": "network",
}  # fmt: skip
NAMES = (  # where a device says how it is called, best first
    "lldp.system_name", "dhcp.hostname", "upnp.name", "sadp.DeviceDescription", "dhdiscover.MachineName",
    "mdns.hostname", "cdp.device_id", "http_server.title",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """What vantage found of the captured link."""

    hosts: dict[str, str]  # address → link address
    forwarders: frozenset[str] = frozenset()  # link addresses in front of many networks
    shared: frozenset[str] = frozenset()  # addresses that stand for a whole site behind NAT


@dataclass(slots=True)
class Device:
    """One device while its facts are collected. Times are UTC nanoseconds."""

    id: str
    macs: set[str] = field(default_factory=set)
    ips: set[str] = field(default_factory=set)
    facts: dict[str, list[Fact]] = field(default_factory=lambda: defaultdict(list))
    first: int = 1 << 62
    last: int = 0

    def seen(self, first: int, last: int) -> None:
        """Widen its time."""
        self.first, self.last = min(self.first, first), max(self.last, last)


def inventory(
    observations: pa.Table, flows: pa.Table, link: Link, scope: Callable[[str], str], signatures: SignatureSet
) -> pa.Table:
    """The `devices` table."""
    rows = _rows(observations)
    identities = _identities(rows, link)
    devices = _collect(rows, identities, scope)
    _add_traffic(devices, flows, identities, scope)
    matcher = Matcher(signatures.devices)
    out = []
    for identity in sorted(devices):
        device = devices[identity]
        _derive(device, link)
        out.append(_row(device, matcher.matches(device.facts), rows, signatures))
    return table_of(out, DEVICES.schema())


def _rows(observations: pa.Table) -> list[dict[str, Any]]:
    plain = observations.set_column(
        observations.column_names.index("ts"), "ts", observations["ts"].cast(pa.int64())
    ).to_pylist()
    return sorted(
        plain, key=lambda row: (row["ts"] or 0, row["kind"], row["mac"], row["ip"], row["field"], row["value"])
    )


def _identities(rows: list[dict[str, Any]], link: Link) -> Identities:
    claims, chassis = [], []
    for row in rows:
        if row["kind"] in {"arp", "ndp", "ra"} or (row["kind"] == "dhcp" and row["field"] == "leased"):
            claims.append((row["kind"], row["mac"], row["ip"]))
        elif row["kind"] == "lldp" and row["field"] == "chassis" and row["value"].count(":") == 5 and row["mac"]:
            chassis.append((row["mac"], row["value"]))
    return identify(claims, link.hosts, link.forwarders, chassis, link.shared)


def _collect(rows: list[dict[str, Any]], identities: Identities, scope: Callable[[str], str]) -> dict[str, Device]:
    devices: dict[str, Device] = {}
    for place, row in enumerate(rows):
        if row["kind"] in FAR:
            continue
        identity = identities.device_of(row["mac"], row["ip"], scope)
        if not identity:
            continue
        device = devices.setdefault(identity, Device(identity))
        _name(device, row["mac"], row["ip"], identities)
        name = f"{row['kind']}.{row['field']}"
        if row["ip"] not in identities.shared:  # behind NAT nobody knows whose words these are
            device.facts[name].append(Fact(name, row["value"], place))
        device.seen(row["ts"] or 0, row["ts"] or 0)
    return devices


def _name(device: Device, mac: str, ip: str, identities: Identities) -> None:
    """Note under which addresses a device is known; a frame's link address is its own only where it owns the other."""
    if ":" in device.id and len(device.id) == 17:
        device.macs.add(device.id)
        if mac and identities.alias.get(mac, mac) == device.id:
            device.macs.add(mac)
    if usable(ip):
        device.ips.add(ip)


def _add_traffic(
    devices: dict[str, Device], flows: pa.Table, identities: Identities, scope: Callable[[str], str]
) -> None:
    """Hosts that were seen in flows only, and the time over which each was seen."""
    for side, sent in (("client", "packets_up"), ("server", "packets_down")):
        names = [f"{side}_mac", f"{side}_ip"]
        sending = flows.filter(pc.greater(flows[sent], 0)).select([*names, "first_ts", "last_ts"])
        for at in ("first_ts", "last_ts"):
            sending = sending.set_column(sending.column_names.index(at), at, sending[at].cast(pa.int64()))
        spans = sending.group_by(names).aggregate([("first_ts", "min"), ("last_ts", "max")])
        for row in spans.to_pylist():
            mac, ip = row[names[0]], row[names[1]]
            identity = identities.device_of(mac, ip, scope) if usable(ip) else ""
            if not identity:
                continue
            device = devices.setdefault(identity, Device(identity))
            _name(device, mac, ip, identities)
            device.seen(row["first_ts_min"] or 0, row["last_ts_max"] or 0)


def _derive(device: Device, link: Link) -> None:
    """Facts that netaudit derives: holder of the address block, local address, forwarding, standing for a site."""

    def add(name: str, value: str) -> None:
        device.facts[name].append(Fact(name, value))

    for mac in sorted(device.macs):
        if vendor := holder(mac):
            add("oui.vendor", vendor)
        if is_local(mac):
            add("oui.local", "locally administered address")
        if mac in link.forwarders:
            add("link.forwards", "for addresses of other networks")
    if device.ips & link.shared:
        add("link.shared", "its address stands for the whole site behind NAT")


def _row(device: Device, matches: list[Match], rows: list[dict[str, Any]], signatures: SignatureSet) -> tuple[Any, ...]:
    vendor, kind = judge(matches, "vendor"), judge(matches, "class", signatures.vocabulary)
    vendor = vendor if vendor.value or vendor.conflict else _by_block(device)
    texts = {name: judge(matches, name).value for name in ("product", "model", "serial", "firmware")}
    used = [match for match in matches if any(match.claims.get(name) for name in (*texts, "vendor", "class"))]
    reasons, evidence = _reasons(device, vendor, kind, used, rows)
    return (
        device.id,
        sorted(device.macs),
        sorted(device.ips, key=lambda ip: (":" in ip, ip)),
        _called(device),
        vendor.value,
        vendor.confidence,
        kind.value,
        kind.confidence,
        texts["product"],
        texts["model"],
        texts["serial"],
        texts["firmware"],
        ROLES.get(kind.value, "") if kind.confidence in {"declared", "strong"} else "",
        reasons,
        device.first if device.last else None,
        device.last or None,
        evidence,
    )


def _by_block(device: Device) -> Claim:
    """The holder of the address block as a weak word for the vendor; several blocks of one device: abstain."""
    holders = sorted({fact.value for fact in device.facts.get("oui.vendor", ())})
    return Claim(holders[0], "weak") if len(holders) == 1 else Claim()


def _called(device: Device) -> str:
    return next((device.facts[name][0].value for name in NAMES if device.facts.get(name)), "")


def _reasons(
    device: Device, vendor: Claim, kind: Claim, matches: list[Match], rows: list[dict[str, Any]]
) -> tuple[list[str], list[str]]:
    """Sentences, and the frames they rest on."""
    shown = functools.partial(_fact_text, rows=rows)
    reasons = [
        f"{name}: signatures contradict each other: {' / '.join(claim.conflict)}"
        for name, claim in (("vendor", vendor), ("class", kind))
        if claim.conflict
    ]
    places: dict[str, None] = {}
    for match in matches:
        signature = match.signature
        claimed = ", ".join(f"{name} {value}" for name, value in match.claims.items() if name != "name")
        weight = signature.strength if signature.decides else f"{signature.provenance}, supports only"
        facts = "; ".join(shown(fact) for fact in match.facts[:MOST_FACTS])
        reasons.append(f"{claimed} ({weight}; {signature.id}; {signature.source}): {facts}")
        places.update(dict.fromkeys(_places(match.facts, rows)))
    for name in ("oui.vendor", "oui.local"):
        reasons += [f"{name.replace('.', ' ')}: {fact.value}" for fact in device.facts.get(name, ())[:MOST_FACTS]]
    return reasons[:MOST_REASONS], list(places)[:MOST_REASONS]


def _fact_text(fact: Fact, rows: list[dict[str, Any]]) -> str:
    frame = f" (frame {rows[fact.row]['frame']})" if fact.row >= 0 else ""
    value = fact.value if len(fact.value) <= MOST_SHOWN else fact.value[:MOST_SHOWN] + "…"
    return f"{fact.field.replace('.', ' ')} = {value}{frame}"


def _places(facts: Iterable[Fact], rows: list[dict[str, Any]]) -> list[str]:
    return [f"{rows[fact.row]['capture_id']}:{rows[fact.row]['frame']}" for fact in facts if fact.row >= 0]

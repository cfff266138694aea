"""The door from observations: facts in, one row of `devices` per device out, each claim with its reasons.

Works on tables only. What a signature uses is named with its frame, so that every answer can be looked up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netaudit.devices.claims import CLAIMED, MOST_FACTS, Said, claim_rows, reasons
from netaudit.devices.collecting import Device, Link, collect, ordered_rows
from netaudit.devices.hidden_hosts import hidden
from netaudit.devices.judging import Claim, judge
from netaudit.devices.matching import Match, Matcher
from netaudit.storage.table_streams import table_of
from netaudit.tables import CLAIMS, DEVICES, Row

if TYPE_CHECKING:
    import pyarrow as pa

    from netaudit.devices.claims import Row
    from netaudit.signatures.loading import SignatureSet
    from netaudit.signatures.vocabulary import Vocabulary

__all__ = ["Inventory", "Link", "inventory"]

ROLES = {
    "face_capture_camera": "capture device", "ip_camera": "capture device", "id_terminal": "verification terminal",
    "access_terminal": "verification terminal", "face_server": "server", "server": "server", "nvr": "server",
    "nas": "server", "pc": "viewer", "phone": "personal device", "tablet": "personal device",
    "handheld": "personal device", "router": "network", "switch": "network", "access_point": "network",
}  # fmt: skip
BLOCK_RULE = "rule: address block"
NAMES = (  # where a device says how it is called, best first
    "lldp.system_name", "dhcp.hostname", "upnp.name", "sadp.DeviceDescription", "dhdiscover.MachineName",
    "mdns.hostname", "cdp.device_id", "http_server.title",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Inventory:
    """Rows of `devices` and of `claims`."""

    devices: pa.Table
    claims: pa.Table


def inventory(
    observations: pa.Table, flows: pa.Table, link: Link, scope: Callable[[str], str], signatures: SignatureSet
) -> Inventory:
    """Who is there, and why each is called what it is called."""
    rows = ordered_rows(observations)
    devices = collect(rows, flows, link, scope)
    matcher = Matcher(signatures.devices)
    told: list[Row] = []
    claims: list[Row] = []
    for identity in sorted(devices):
        device = devices[identity]
        matches = matcher.matches(device.facts)
        judged = _judged(device, matches, signatures)
        said = [*hidden(device), *_block(device, judged["vendor"], signatures.vocabulary)]
        used = [match for match in matches if any(match.claims.get(name) for name in CLAIMED)]
        told.append(_row(device, judged, used, said, rows))
        claims += claim_rows(identity, used, judged, said, rows, signatures.vocabulary)
    return Inventory(table_of(told, DEVICES), table_of(claims, CLAIMS))


def _judged(device: Device, matches: list[Match], signatures: SignatureSet) -> dict[str, Claim]:
    judged = {name: judge(matches, name) for name in CLAIMED if name not in {"class", "name"}}
    judged["class"] = judge(matches, "class", signatures.vocabulary)
    if not judged["vendor"].value and not judged["vendor"].conflict:
        judged["vendor"] = _by_block(device, signatures.vocabulary)
    return judged


def _row(device: Device, judged: dict[str, Claim], used: list[Match], said: list[Said], rows: list[Row]) -> Row:
    vendor, kind = judged["vendor"], judged["class"]
    blocks = [fact for name in ("oui.vendor", "oui.local") for fact in device.facts.get(name, ())[:MOST_FACTS]]
    why, evidence = reasons(judged, used, said, blocks, rows)
    return DEVICES.row(
        device_id=device.id,
        macs=sorted(device.macs),
        ips=sorted(device.ips, key=lambda ip: (":" in ip, ip)),
        name=_called(device),
        vendor=vendor.value,
        vendor_confidence=vendor.confidence,
        class_=kind.value,
        class_confidence=kind.confidence,
        product=judged["product"].value,
        model=judged["model"].value,
        serial=judged["serial"].value,
        firmware=judged["firmware"].value,
        role_hint=ROLES.get(kind.value, "") if kind.confidence in {"declared", "strong"} else "",
        reasons=why,
        first_ts=device.first if device.last else None,
        last_ts=device.last or None,
        evidence=evidence,
        chain=[],
        behind=max((int(one.value) for one in said if one.claim == "behind"), default=None),
    )


def _by_block(device: Device, vocabulary: Vocabulary) -> Claim:
    """The holder of the address block as a weak word for the vendor.

    Abstains where a device has several blocks, and where the holder makes network modules for others (facts 8).
    """
    holders = sorted({fact.value for fact in device.facts.get("oui.vendor", ())})
    if len(holders) != 1 or vocabulary.makes_modules(holders[0]):
        return Claim()
    return Claim(holders[0], "weak")


def _block(device: Device, vendor: Claim, vocabulary: Vocabulary) -> list[Said]:
    """What the block's holder is: the maker, where nothing else names one; or the maker of a network module."""
    facts = device.facts.get("oui.vendor", [])
    modules = {fact.value: [fact] for fact in facts if vocabulary.makes_modules(fact.value)}
    said = [Said("module", name, BLOCK_RULE, own) for name, own in sorted(modules.items())]
    named = [fact for fact in facts if fact.value == vendor.value]
    return [*said, Said("vendor", vendor.value, BLOCK_RULE, named)] if named and not vendor.matches else said


def _called(device: Device) -> str:
    return next((device.facts[name][0].value for name in NAMES if device.facts.get(name)), "")

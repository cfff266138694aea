"""Which device of one visit is which of another: by what it is, never by whom it saw.

A globally administered link address, or a maker with a serial number, is enough. Model with address, or an address
where no link address is seen, is a likeness: good enough to say that something still happens, not that it has ceased.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from netaudit.findings.recheck.visit import Channel, Visit, apart

if TYPE_CHECKING:
    from netaudit.findings.recheck.visit import Device

LINK, SERIAL, LIKE, ADDRESS = "link address", "serial number", "model and address", "address"
SURE = frozenset({LINK, SERIAL})


@dataclass(frozen=True, slots=True)
class Match:
    """A device met again, and by what it is known."""

    device: str
    by: str

    @property
    def sure(self) -> bool:
        """Whether it is known by what only it has."""
        return self.by in SURE


def global_mac(mac: str) -> bool:
    """Whether a link address was given out by its maker: random ones of phones and tunnels are not."""
    try:
        first = int(mac[:2], 16)
    except ValueError:
        return False
    return not first & 3 and mac != "00:00:00:00:00:00"


def matches(before: Visit, after: Visit) -> dict[str, Match]:
    """By device of the visit before; each device of the later one stands for one at most."""
    found: dict[str, Match] = {}
    taken: set[str] = set()
    marks = defaultdict(list)
    for device in sorted(after.devices.values(), key=lambda d: d.device_id):
        for mark in {*device.macs, *device.ips, *([device.serial] if device.serial else [])}:
            marks[mark].append(device)
    for by in (SERIAL, LINK, LIKE, ADDRESS):
        for one in sorted(before.devices.values(), key=lambda d: d.device_id):
            if one.device_id in found:
                continue
            own = {SERIAL: {one.serial}, LINK: one.macs}.get(by, one.ips)
            near = {d.device_id: d for mark in own for d in marks.get(mark, ())}
            alike = [d for d in near.values() if d.device_id not in taken and _same(one, d, by)]
            if len(alike) == 1:
                found[one.device_id] = Match(alike[0].device_id, by)
                taken.add(alike[0].device_id)
    return found


def _same(one: Device, other: Device, by: str) -> bool:
    """Whether two are the same by one of these; what contradicts it ends every likeness."""
    if one.serial and other.serial and one.vendor == other.vendor and one.serial != other.serial:
        return False
    shared = one.macs & other.macs
    if by == SERIAL:
        return bool(one.serial) and "*" not in one.serial and (one.vendor, one.serial) == (other.vendor, other.serial)
    if by == LINK:
        return any(global_mac(mac) for mac in shared)
    if any(map(global_mac, one.macs)) and any(map(global_mac, other.macs)):
        return False
    if by == LIKE:
        return bool(one.model) and (one.vendor, one.model) == (other.vendor, other.model) and bool(one.ips & other.ips)
    return not one.macs and not other.macs and bool(one.ips & other.ips)


def joined(visits: list[Visit]) -> Visit:
    """Several visits of one side as one; devices met again are one, by what they are surely known by."""
    whole = visits[0]
    for other in visits[1:]:
        ids = {match.device: one for one, match in matches(whole, other).items() if match.sure}
        whole = Visit(
            names=whole.names + other.names,
            sides=whole.sides | other.sides,
            spans=apart(whole.spans + other.spans),
            marks=sorted({*whole.marks, *other.marks}),
            devices=_devices(other, ids) | whole.devices,
            channels=dict(whole.channels),
            heard=dict(whole.heard),
            limits=sorted({*whole.limits, *other.limits}),
            zone=whole.zone or other.zone,
            captures=whole.captures | other.captures,
            twice=whole.twice + other.twice + _overlap(whole.spans, other.spans),
            tried=dict(whole.tried),
        )  # fmt: skip
        for (device, endpoint), channel in other.channels.items():
            key = (ids.get(device, device), ids.get(endpoint, endpoint))
            whole.channels[key] = _together(whole.channels.get(key), channel, key)
        for device, spans in other.heard.items():
            key_ = ids.get(device, device)
            whole.heard[key_] = sorted([*whole.heard.get(key_, []), *spans])
        for device, calls in other.tried.items():
            key_ = ids.get(device, device)
            whole.tried[key_] = sorted([*whole.tried.get(key_, []), *calls])
    return whole


def _overlap(spans: list[tuple[int, int]], others: list[tuple[int, int]]) -> int:
    """How long (ns) both captured."""
    return sum(max(0, min(end, last) - max(start, first)) for start, end in spans for first, last in others)


def _devices(visit: Visit, ids: dict[str, str]) -> dict[str, Device]:
    """Devices of a visit as they are called in the one before."""
    return {ids.get(k, k): replace(one, device_id=ids.get(k, k)) for k, one in visit.devices.items()}


def _together(one: Channel | None, other: Channel, key: tuple[str, str]) -> Channel:
    both = Channel(*key, inside=other.inside, asks=other.asks)
    for part in (one, other):
        if part is not None:
            both.ips |= part.ips
            both.names |= part.names
            both.sent = sorted(both.sent + part.sent)
            both.spans = apart(both.spans + part.spans)
            both.up, both.down = both.up + part.up, both.down + part.down
            for kind, ids in part.findings.items():
                both.findings[kind] |= ids
    return both

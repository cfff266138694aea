"""Names the devices of a finished case once more, with other signatures or to see why; from its tables alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netaudit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netaudit.core.signatures.conditions import Fact
    from netaudit.core.signatures.signature import SignatureSet
    from netaudit.devices.inventory.from_observations import Inventory
    from netaudit.devices.inventory.observed import Observed
    from netaudit.evidence.case.reading import Case

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Named:
    """The inventory of a case by some set of signatures, and the facts of each device."""

    inventory: Inventory
    facts: dict[str, dict[str, list[Fact]]]  # by device id and field
    places: Observed  # rows of observations that facts point to


def name_devices(case: Case, signatures: SignatureSet) -> Named:
    """Devices and claims as an audit of the same captures with these signatures would give them."""
    from netaudit.devices.endpoints.from_tables import vantage_of
    from netaudit.devices.inventory.collecting import collect
    from netaudit.devices.inventory.from_observations import Link, inventory
    from netaudit.devices.inventory.observed import Observed

    observations, flows = case.table("observations"), case.table("flows")
    vantage = vantage_of(flows, observations, (case.manifest.get("options") or {}).get("inside") or [])
    link = Link(vantage.gateways, frozenset(vantage.uplink))
    found = inventory(observations, flows, link, vantage.scope, signatures)
    rows = Observed(observations)
    devices, _ = collect(rows, flows, link, vantage.scope)
    return Named(found, {name: dict(device.facts) for name, device in devices.items()}, rows)


def plain_devices(case: Case) -> list[Row]:
    """Rows of `devices`, times as UTC nanoseconds."""
    from netaudit.core.storage.arrow_rows import plain

    return list(plain(case.table("devices")))


def find_device(devices: Iterable[Row], text: str) -> Row:
    """The device with that id, address or name, or whose id begins so. Raises UsageError for none and for several."""
    found = _meant(devices, text)
    if len(found) > 1:
        ids = ", ".join(row["device_id"] for row in found[:5])
        raise UsageError("{} may be any of {} devices ({} …)", f"{text!r}", len(found), ids)
    if not found:
        raise UsageError("no device {} in this case; `netaudit show CASE devices` lists them", f"{text!r}")
    return found[0]


def is_device(devices: Iterable[Row], text: str) -> bool:
    """Whether a device, or several, may be meant."""
    return bool(_meant(devices, text))


def _meant(devices: Iterable[Row], text: str) -> list[Row]:
    rows = list(devices)
    wanted = text.strip().casefold()
    ways = ([row for row in rows if names(row, wanted)] for names in (_addresses, _called, _beginning))
    return next((found for found in ways if found), [])


def _addresses(row: Row, wanted: str) -> bool:
    return wanted == row["device_id"] or wanted in (row["macs"] or ()) or wanted in (row["ips"] or ())


def _called(row: Row, wanted: str) -> bool:
    return bool(row["name"]) and wanted == row["name"].casefold()


def _beginning(row: Row, wanted: str) -> bool:
    return len(wanted) > 1 and row["device_id"].startswith(wanted)

"""Names of devices and hosts for the summary.

A device is called by its class and the name it gives itself. Its maker is never named: often an address block alone
says who that is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.core.masking.mask import mask, visible
from netaudit.core.text.domains import is_ip_address
from netaudit.findings.receivers import bare
from netaudit.findings.summary.model import Party
from netaudit.findings.summary.reading import rows

if TYPE_CHECKING:
    from netaudit.findings.summary.reading import Source

SURE = frozenset({"declared", "strong"})  # confidences of a class that a sentence may name
LONGEST = 32  # characters of the name of a device
LONGEST_HOST = 60


class Parties:
    """Look up devices by id or address, and hosts on the internet by address."""

    def __init__(self, case: Source) -> None:
        columns = ["device_id", "ips", "name", "class", "class_confidence"]
        devices = case.table("devices", columns).to_pylist()
        self._devices = {row["device_id"]: row for row in devices}
        self._device_of = {ip: row["device_id"] for row in devices for ip in row["ips"] or ()}
        endpoints = rows(case.table("endpoints", ["ip", "names", "scope"]))
        self._names = {row["ip"]: row["names"] or [] for row in endpoints}
        self.outside = {row["ip"] for row in endpoints if row["scope"] == "outside"}

    def device(self, address: str, device_id: str = "") -> Party:
        """Return a device of the site."""
        device_id = device_id or self._device_of.get(address, "") or address
        row = self._devices.get(device_id)
        if row is not None and address == row["device_id"] and row["ips"]:
            address = row["ips"][0]  # of a device that is known by its link address
        shown = visible(address, LONGEST_HOST)
        if row is None:
            return Party(shown, id=device_id)
        name = visible(mask(row["name"] or ""), LONGEST)
        sure = row["class_confidence"] in SURE
        return Party(shown, "" if name == shown else name, (row["class"] or "") if sure else "", id=device_id)

    def host(self, address: str, asked: str = "") -> Party:
        """Return a host on the internet; `asked` is the name that the device reached it by, if known."""
        names = [*asked.split(", "), *self._names.get(address, [])]
        known = (host for name in names if (host := bare(name)) and not is_ip_address(host))
        return Party(visible(address, LONGEST_HOST), visible(mask(next(known, "")), LONGEST_HOST), device=False)

    def other(self, address: str, device_id: str = "", asked: str = "") -> Party:
        """Return the counterpart of a device, inside or outside."""
        inside = address not in self.outside and (device_id in self._devices or address in self._device_of)
        return self.device(address, device_id) if inside else self.host(address, asked)

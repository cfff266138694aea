"""Who held an address at a time, asked of the table `bindings`: one answer for all who ask."""

from __future__ import annotations

import bisect
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable


class Held(NamedTuple):
    """An address of one device, from one time to another (UTC nanoseconds)."""

    since: int
    until: int
    mac: str
    device: str


class Holders:
    """Answers which device held an address, and which one sent a frame. Devices known by an address only are that."""

    def __init__(self, bindings: pa.Table | None = None, devices: pa.Table | None = None) -> None:
        """From `bindings`; from the addresses of `devices` where there are none (tables made by hand, older cases)."""
        self._held: dict[str, list[Held]] = defaultdict(list)
        self._device_of: dict[str, str] = {}  # link address → device
        self._many: set[str] = set()  # link addresses that stand for many
        if bindings is not None and "from_ts" in bindings.column_names:
            self._append(bindings)
        elif devices is not None:
            for row in devices.select(["device_id", "ips"]).to_pylist():
                for ip in row["ips"] or ():
                    self._held[ip].append(Held(0, 1 << 62, "", row["device_id"]))

    def _append(self, bindings: pa.Table) -> None:
        columns = [bindings[name].to_pylist() for name in ("ip", "mac", "device_id")]
        times = [bindings[name].cast(pa.int64()).to_pylist() for name in ("from_ts", "to_ts")]
        for ip, mac, device, since, until in zip(*columns, *times, strict=True):
            if mac:
                self._device_of.setdefault(mac, device)
            if ip:
                self._held[ip].append(Held(since or 0, until or 0, mac, device))
            else:
                self._many.add(mac)
        for rows in self._held.values():
            rows.sort()

    def held_addresses(self) -> list[str]:
        """Addresses that somebody is known to have held."""
        return list(self._held)

    def held(self, ip: str, ts: int | None = None) -> Held | None:
        """Who held the address then: whoever was last seen with it; None where nobody is known."""
        rows = self._held.get(ip)
        if not rows:
            return None
        if len(rows) == 1 or ts is None:
            return rows[-1]
        return rows[max(0, bisect.bisect_right(rows, ts, key=lambda row: row.since) - 1)]

    def device(self, ip: str, ts: int | None = None, mac: str = "") -> str:
        """Id of the device that used the address then, that of the frame's own sender where its link address is known.

        The address itself where no device is known: it may stand for one or for many.
        """
        row = self.held(ip, ts)
        if mac and (row is None or row.mac != mac) and mac not in self._many and mac in self._device_of:
            return self._device_of[mac]
        return row.device if row is not None else ip

    def of_link(self, mac: str) -> str:
        """Id of the device with that link address."""
        return self._device_of.get(mac, mac)

    def disputes(self, ip: str, ts: int | None, mac: str) -> bool:
        """Whether a link address is not the one that held the address then, nor one that forwards for many."""
        row = self.held(ip, ts)
        if not mac or row is None or not row.mac or row.mac == mac or mac in self._many:
            return False
        return self._device_of.get(mac) != row.device

    def knows(self, mac: str) -> bool:
        """Whether a link address is in the table at all."""
        return mac in self._device_of

    def forwards(self, mac: str) -> bool:
        """Whether a link address stands for many."""
        return mac in self._many

    def several(self, ip: str) -> bool:
        """Whether more than one device held the address while the captures lasted."""
        return len({row.device for row in self._held.get(ip, ())}) > 1

    def joined(self, ips: Iterable[str]) -> dict[str, str]:
        """Device of each of some addresses that one device alone held, of devices with several of them."""
        alone = {ip: self._held[ip][0].device for ip in ips if ip in self._held and not self.several(ip)}
        count = Counter(alone.values())
        return {ip: device for ip, device in alone.items() if count[device] > 1}

    def addresses(self, device: str) -> list[str]:
        """Addresses that a device held."""
        return sorted(ip for ip, rows in self._held.items() if any(row.device == device for row in rows))

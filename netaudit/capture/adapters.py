"""The network interfaces of this machine: which may be recorded (`permission.py`: how), and what the system may send.

Looks only: nothing is changed, nothing is sent.
"""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from netaudit.capture.packet_socket import open_tap
from netaudit.capture.recorder import find_dumpcap
from netaudit.core.system.reasons import why

NET = Path("/sys/class/net")
PATIENCE = 10.0  # seconds for dumpcap to look at the interfaces
UP, NO_ARP = 0x1, 0x80  # of net_device flags (<linux/if.h>)
_QUOTES = re.compile("['\u2018-\u201b]")  # all that PowerShell takes for one
_GUID = re.compile(r"\{[0-9A-Fa-f-]{36}\}")
CLIENTS = ("dhclient", "dhcpcd", "udhcpc")  # of DHCP


@dataclass(frozen=True, slots=True)
class Silence:
    """Something that the system may send by itself on an interface, and the command that stops it."""

    what: str  # ipv6, address, arp, networkmanager, networkd, dhcp
    command: str


@dataclass(slots=True)
class Adapter:
    """One interface."""

    name: str
    description: str = ""
    addresses: list[str] = field(default_factory=list)
    link: str = "unknown"  # up, down (no cable), off or unknown
    loopback: bool = False
    alias: str = ""  # what Windows calls it
    problem: str = ""  # why it cannot be recorded; empty when it can

    @property
    def allowed(self) -> bool:
        """Whether it can be recorded as things stand."""
        return not self.problem


def adapters() -> list[Adapter]:
    """All interfaces, by name; those that can be recorded were tried for a moment."""
    dumpcap = find_dumpcap()
    found = _listed_by(dumpcap) if dumpcap else [Adapter(name) for _, name in socket.if_nameindex()]
    for adapter in found:
        adapter.link = link_of(adapter.name)
        adapter.problem = _try_dumpcap(dumpcap, adapter.name) if dumpcap else _try_socket(adapter.name)
    return sorted(found, key=lambda adapter: (adapter.loopback, adapter.name))


def link_of(name: str) -> str:
    """up, down (no cable, as a rule), off (not switched on) or unknown."""
    try:
        state = (NET / name / "operstate").read_text("ascii").strip()
        flags = int((NET / name / "flags").read_text("ascii"), 16)
    except (OSError, ValueError):
        return "unknown"
    if not flags & UP:
        return "off"
    return "up" if state in {"up", "unknown"} else "down"


def interface_up(name: str) -> bool:
    """Whether an interface is there and, as far as the system tells (not in every container), on and connected."""
    link = link_of(name)
    return interface_known(name) if link == "unknown" else link == "up"


def interface_known(name: str) -> bool:
    """Whether the system has an interface of that name; on Windows, where dumpcap has names of its own, always."""
    if sys.platform == "win32":
        return True
    try:
        return name in {known for _, known in socket.if_nameindex()}
    except OSError:
        return True


def missed_by(name: str) -> int:
    """Packets for which the interface had no room, by its own counter; 0 where there is none."""
    try:
        return int((NET / name / "statistics" / "rx_missed_errors").read_text("ascii"))
    except (OSError, ValueError):
        return 0


def may_send(name: str) -> list[Silence]:
    """What this system may send by itself on an interface, with what stops it; empty when nothing is known."""
    if not sys.platform.startswith("linux"):
        return _elsewhere(name)
    found, quoted = [], shlex.quote(name)
    if _read(Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6")) == "0":
        found.append(Silence("ipv6", f"sudo sysctl -w net/ipv6/conf/{quoted}/disable_ipv6=1"))  # names may have dots
    if any("." in address for address in _addresses(name)):
        found.append(Silence("address", f"sudo ip -4 address flush dev {quoted}"))
    try:
        flags = int(_read(NET / name / "flags") or "0x80", 16)
        index = socket.if_nametoindex(name)
    except (OSError, ValueError):
        return found
    if not flags & NO_ARP:
        found.append(Silence("arp", f"sudo ip link set dev {quoted} arp off"))
    if "managed=true" in _read(Path(f"/run/NetworkManager/devices/{index}")).splitlines():
        found.append(Silence("networkmanager", f"sudo nmcli device set {quoted} managed no"))
    if "ADMIN_STATE=configured" in _read(Path(f"/run/systemd/netif/links/{index}")).splitlines():
        found.append(Silence("networkd", f"sudo networkctl down {quoted} && sudo ip link set dev {quoted} up"))
    if client := _dhcp_client(name):
        found.append(Silence("dhcp", f"sudo kill {client}"))
    return found


def _listed_by(dumpcap: str) -> list[Adapter]:
    try:
        completed = subprocess.run([dumpcap, "-D", "-M"], capture_output=True, timeout=PATIENCE, check=False)  # noqa: S603
        rows = _rows(completed.stdout)
    except (OSError, subprocess.TimeoutExpired, orjson.JSONDecodeError):
        return [Adapter(name) for _, name in socket.if_nameindex()]
    known = {name for _, name in socket.if_nameindex()} if sys.platform.startswith("linux") else None
    found = []
    for row in rows:
        for name, entry in row.items():
            if known is None or name in known:  # not the pseudo-devices of libpcap
                alias = str(entry.get("friendly_name") or "")
                text = alias or str(entry.get("vendor_description") or "")
                addresses = [str(address) for address in entry.get("addrs", [])]
                found.append(Adapter(name, text, addresses, loopback=bool(entry.get("loopback")), alias=alias))
    return found


def _rows(output: bytes) -> list[dict[str, dict[str, Any]]]:
    """What dumpcap says with -M: objects of objects, whatever else is in it left out. Raises JSONDecodeError."""
    rows = orjson.loads(output)
    objects = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return [{name: entry for name, entry in row.items() if isinstance(entry, dict)} for row in objects]


def _try_dumpcap(dumpcap: str, name: str) -> str:
    try:
        completed = subprocess.run(  # noqa: S603
            [dumpcap, "-i", name, "-L", "-M"], capture_output=True, timeout=PATIENCE, check=False
        )
        rows = _rows(completed.stdout) if completed.stdout.strip() else []
    except OSError as error:
        return why(error)
    except (subprocess.TimeoutExpired, orjson.JSONDecodeError) as error:
        return f"dumpcap does not answer: {type(error).__name__}"
    entry = rows[0].get(name, {}) if rows else {}
    if entry.get("status") == 0:
        return ""
    lines = completed.stderr.decode("utf-8", "replace").split("\n")
    said_first = next((line.strip().removeprefix("dumpcap: ") for line in lines if line.strip()), "")
    return (
        str(entry.get("primary_msg", "")).removeprefix("pcap_activate() failed: ") or said_first or "cannot be opened"
    )


def _try_socket(name: str) -> str:
    if not hasattr(socket, "AF_PACKET"):
        return "dumpcap was not found"
    try:
        open_tap(name, 1, promiscuous=False).close()
    except OSError as error:
        return why(error)
    return ""


def _addresses(name: str) -> list[str]:
    dumpcap = find_dumpcap()
    adapters = _listed_by(dumpcap) if dumpcap else []
    return next((adapter.addresses for adapter in adapters if adapter.name == name), [])


def _dhcp_client(name: str) -> int | None:
    """Process id of a DHCP client that was started for this interface."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            words = _read(folder / "cmdline").split("\0")
            if os.path.basename(words[0]) in CLIENTS and name in words:  # noqa: PTH119 - not a path of ours
                return int(folder.name)
    return None


def _elsewhere(name: str) -> list[Silence]:
    if sys.platform == "win32":
        return [Silence("address", _unbinding(name, _listed_by(dumpcap) if (dumpcap := find_dumpcap()) else []))]
    return [Silence("ipv6", "networksetup -setv6off SERVICE"), Silence("address", "networksetup -setv4off SERVICE")]


def _unbinding(name: str, adapters: list[Adapter]) -> str:
    """The command of PowerShell that silences an interface: by Windows' name of it, which is not dumpcap's.

    Where dumpcap tells no name, by the GUID in its own; without that the name has to be filled in.
    """
    known = next((adapter.alias for adapter in adapters if adapter.name == name), "")
    what = "-ComponentID ms_tcpip,ms_tcpip6"
    if not known and (guid := _GUID.search(name)):
        return f"Get-NetAdapter | Where-Object InterfaceGuid -eq '{guid[0]}' | Disable-NetAdapterBinding {what}"
    quoted = "'" + _QUOTES.sub(r"\g<0>\g<0>", known) + "'" if known else "NAME"
    return f"Disable-NetAdapterBinding -Name {quoted} {what}"


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace").strip()
    except OSError:
        return ""

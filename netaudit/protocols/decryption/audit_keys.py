"""The keys of an audit: what every process that reads flows is given, and what it keeps of them while it reads.

Which connections may be opened: those that `--keys-for` names, and no others.
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netaudit.errors import UsageError
from netaudit.protocols.decryption.carried import FlowKeys, Sessions
from netaudit.protocols.decryption.keylog import KeyRing, Source

if TYPE_CHECKING:
    import numpy as np

_MAPPED = 0xFFFF << 32  # of the low half of an IPv4-mapped address (RFC 4291, 2.5.5.2)


@dataclass(frozen=True, slots=True)
class Given:
    """Sources of keys, and what they may open: plain values, as workers get them."""

    sources: tuple[Source, ...]
    wanted: Wanted


class Keys:
    """Keys in use. Sessions are kept by logical shard, so that nothing depends on who has which."""

    def __init__(self, given: Given) -> None:
        self.ring = KeyRing(given.sources)
        self.wanted = given.wanted
        self.used: dict[tuple[str, bytes], bytes] = {}
        self._sessions: dict[int, Sessions] = defaultdict(Sessions)

    def of(self, row: np.void) -> FlowKeys:
        """What a flow (a FLOW row) may use."""
        ends = (_address(row["client_hi"], row["client_lo"]), _address(row["server_hi"], row["server_lo"]))
        return FlowKeys(self.ring, self.wanted, ends, self._sessions[int(row["shard"])], self.used)

    def log(self) -> bytes:
        """Secrets that opened something, as a key log in a fixed order: what is kept of the keys."""
        lines = sorted(f"{label} {random.hex()} {secret.hex()}" for (label, random), secret in self.used.items())
        return "".join(line + "\n" for line in lines).encode()


def _address(high: np.uint64, low: np.uint64) -> str:
    upper, lower = int(high), int(low)
    if upper == 0 and lower >> 32 == _MAPPED >> 32:
        return str(ipaddress.IPv4Address(lower & 0xFFFF_FFFF))
    return str(ipaddress.IPv6Address(upper << 64 | lower))


ALL = "all"
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was said to be opened: everything, networks of either end, names asked for."""

    everything: bool = False
    networks: tuple[_Network, ...] = ()
    names: frozenset[str] = frozenset()

    def takes(self, ends: tuple[str, str], name: str) -> bool:
        """Whether a connection is among them: addresses of its ends, the name that its client asked for.

        A name stands for itself and for all names below it.
        """
        if self.everything or self.by_address(ends):
            return True
        labels = name.lower().rstrip(".").split(".")
        return bool(self.names) and any(".".join(labels[at:]) in self.names for at in range(len(labels)))

    def by_address(self, ends: tuple[str, str]) -> bool:
        """Whether an end lies in a named network."""
        if not self.networks:
            return False
        addresses = [ipaddress.ip_address(end) for end in ends]
        return any(a in network for a in addresses for network in self.networks if a.version == network.version)


def wanted(texts: tuple[str, ...]) -> Wanted:
    """From the values of `--keys-for`: `all`, addresses, networks, host names. Raises UsageError."""
    networks: list[_Network] = []
    names: set[str] = set()
    for text in texts:
        try:
            networks.append(ipaddress.ip_network(text, strict=False))
        except ValueError:
            name = text.lower().strip(".").removeprefix("*.")
            if not name or not all(ch.isalnum() or ch in "-_." for ch in name) or "/" in text:
                raise UsageError("--keys-for {}: say a host name, an address, a network, or all", text) from None
            names.add(name)
    return Wanted(ALL in names, tuple(networks), frozenset(names - {ALL}))

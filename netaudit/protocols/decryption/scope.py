"""Which connections may be decrypted: everything, networks, host names."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from netaudit.errors import UsageError

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

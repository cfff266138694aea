"""The keys of an audit: what every process that reads flows is given, and what it keeps of them while it reads.

Which connections may be opened: those that `--keys-for` names, and no others.
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netaudit.protocols.decryption.carried import FlowKeys, Sessions
from netaudit.protocols.decryption.keylog import KeyRing, Source

if TYPE_CHECKING:
    import numpy as np

    from netaudit.protocols.decryption.scope import Wanted

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

"""The two ends of a flow, as observers name hosts."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netaudit.rows import ip_text, mac_text

if TYPE_CHECKING:
    import numpy as np

MULTICAST_BIT = 1 << 40  # of a 48-bit link address (IEEE 802, 8.2.2)


@dataclass(frozen=True, slots=True)
class Host:
    """One end: link address (empty where unknown or shared by many) and address."""

    mac: str = ""
    ip: str = ""


@dataclass(frozen=True, slots=True)
class Ends:
    """Both ends of the flow a message belongs to."""

    client: Host = Host()
    server: Host = Host()

    def sender(self, direction: int) -> Host:
        """Who sent what goes in this direction (streams: 0 up, 1 down)."""
        return self.server if direction else self.client


def ends_of(flow: np.void, *, turned: bool) -> Ends:
    """Ends of a FLOW row; `turned` when the readers found client and server to be the other way round."""
    first, second = _host(flow, "client"), _host(flow, "server")
    return Ends(second, first) if turned else Ends(first, second)


def _host(flow: np.void, side: str) -> Host:
    return _named(int(flow[f"{side}_mac"]), int(flow[f"{side}_hi"]), int(flow[f"{side}_lo"]))


@functools.lru_cache(maxsize=65536)
def _named(mac: int, high: int, low: int) -> Host:
    ip = ip_text(high, low)
    return Host("" if mac & MULTICAST_BIT else mac_text(mac), ip)

"""The two ends of a flow, as observers name hosts.

A message as observers see it, and where it was said. Any reader's message fits; observers so know no other stage.
"""

from __future__ import annotations

import functools
import operator
import struct
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from netaudit.core.text.addresses import ip_text, mac_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from netaudit.core.contracts.details import Details
    from netaudit.core.contracts.heads import Form

SIDES, PARTS = ("client", "server"), ("mac", "hi", "lo")  # of a FLOW row; each of the six is 64 bits wide
MULTICAST_BIT = 1 << 40  # of a 48-bit link address (IEEE 802, 8.2.2)


class Host(NamedTuple):
    """One end: link address (empty where unknown or shared by many) and address."""

    mac: str = ""
    ip: str = ""


class Ends(NamedTuple):
    """Both ends of the flow a message belongs to."""

    client: Host = Host()
    server: Host = Host()

    def sender(self, direction: int) -> Host:
        """Who sent what goes in this direction (streams: 0 up, 1 down)."""
        return self.server if direction else self.client


def ends_of(flow: np.void, *, turned: bool) -> Ends:
    """Ends of a FLOW row; `turned` when the readers found client and server to be the other way round."""
    layout, (client, server) = _layout(flow.dtype)
    numbers = layout.unpack_from(flow.tobytes())
    first, second = named(*client(numbers)), named(*server(numbers))
    return Ends(second, first) if turned else Ends(first, second)


@functools.lru_cache(maxsize=4)
def _layout(row: np.dtype[np.void]) -> tuple[struct.Struct, list[operator.itemgetter[Any]]]:
    """How to read the six numbers of a row at once, several times as fast as by name, and which are whose."""
    fields: Mapping[str, tuple[Any, ...]] = row.fields or {}
    order = sorted((fields[f"{side}_{part}"][1], f"{side}_{part}") for side in SIDES for part in PARTS)
    text, at = "=", 0
    for offset, _ in order:
        text += f"{offset - at}xQ"
        at = offset + 8
    names = [name for _, name in order]
    return struct.Struct(text), [
        operator.itemgetter(*(names.index(f"{side}_{part}") for part in PARTS)) for side in SIDES
    ]


@functools.lru_cache(maxsize=65536)
def named(mac: int, high: int, low: int) -> Host:
    """A host of a FLOW row; without its link address where many share it."""
    ip = ip_text(high, low)
    return Host("" if mac & MULTICAST_BIT else mac_text(mac), ip)


Place = tuple[int, int, int]  # running index of the capture, frame, UTC nanoseconds


class Spoken(Protocol):
    """What observers use of a message (see the messages stage for what each field means)."""

    protocol: str
    direction: int
    method: str
    host: str
    path: str
    status: int
    content_type: str
    headers: list[tuple[str, str]]
    body: bytes
    details: Details
    pieces: Any

    @property
    def form(self) -> Form:
        """What messages like it have alike in their heads."""
        ...

    def header(self, name: str) -> str:
        """First value of a header by lower-case name, or the empty string."""
        ...


def place_of(message: Spoken) -> Place:
    """Place of the packet with the first byte of a message that has its packets."""
    _, ts, frame, _, capture = message.pieces.item(0)
    return capture, frame, ts

"""A connection as one capture shows it, and two of these that may be one connection."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple

from netaudit.devices.endpoints.vantage import kind_of

SECOND = 10**9
SPACE = 1 << 32  # of sequence numbers
LEAST_BYTES = 64  # of both directions together; less tells no datagrams from others
APART = SECOND // 2  # by which the distance of one connection may differ: the way through a router, and drift

Key = tuple[object, ...]
Ways = tuple[str, str]


class Seen(NamedTuple):
    """A connection as one capture shows it."""

    flow_id: str
    capture: str
    recording: str
    client: str
    port: int | None  # of the client
    server: Key  # transport, address, port; and whether it is the other reading of a doubtful one
    first: int
    sizes: tuple[int, int]  # handed on: up, down
    spans: tuple[int, int]  # the same with what is missing
    starts: tuple[int, int] | None  # sequence numbers of both directions; None where they tell nothing
    opened: bool  # seen from its opening on
    ended: bool  # and to its end: closed, or silent for long before the recording ended


class Pair(NamedTuple):
    """Two sightings of one connection."""

    one: Seen
    other: Seen
    by: str
    many_behind_one: bool = False  # several clients of the other's recording are one client in that of the first

    @property
    def ways(self) -> Ways:
        """The two recordings, in order."""
        return self.one.recording, self.other.recording

    @property
    def apart(self) -> int:
        """How much later the second one begins, in ns."""
        return self.other.first - self.one.first


def private_ends(one: Seen) -> tuple[bool, bool]:
    """Which ends have an address of their own network."""
    return kind_of(one.client) == "private", kind_of(str(one.server[1])) == "private"


def embeds(one: Seen, other: Seen) -> bool:
    """Whether the first is to an IPv6 address that ends with the IPv4 address of the other (NAT64: RFC 6052, 2.2)."""
    here, there = (ip_address(str(sighting.server[1])) for sighting in (one, other))
    return isinstance(here, IPv6Address) and isinstance(there, IPv4Address) and here.packed[-4:] == there.packed


def may_be_one(one: Seen, other: Seen, *, tied: bool = False) -> bool:
    """Whether nothing speaks against it: other numbers, or, where no address was translated, another port.

    Firewalls draw numbers anew. Two ends have one connection by the same ports at a time: where the distance of the
    clocks is `tied` and as many bytes went both ways, the numbers may differ.
    """
    if tied and (one.client, one.port, one.server, one.spans) == (other.client, other.port, other.server, other.spans):
        return True
    if one.client == other.client and one.port != other.port:
        return False
    if one.starts is None or other.starts is None:
        return True
    if one.opened and other.opened:
        return one.starts == other.starts
    return all(
        (other.starts[way] - one.starts[way]) % SPACE <= one.spans[way]
        or (one.starts[way] - other.starts[way]) % SPACE <= other.spans[way]
        for way in range(2)
    )

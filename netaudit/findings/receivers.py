"""How a flow knew its receiver: the names that DNS answers led its device there by, beside what its requests say.

A Host header is what a client writes, and an address may have many names; so a name that this device asked for, and to
which this address was the answer, comes first, and where the Host says another one, both are told.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.contracts.reasons import reason
from netaudit.core.text.domains import is_ip_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from netaudit.findings.ends import Ends

MOST_HOSTS = 3  # named in a reason

Since = dict[str, int]  # name → when it was first said, ns: what is said later has led nobody


class Receivers:
    """Names of receivers, by the device that asked."""

    def __init__(self, tables: Mapping[str, pa.Table], ends: Ends) -> None:
        self._ends = ends
        self._names: dict[str, Since] = defaultdict(dict)  # address → names that were answered with it
        self._asked: dict[str, Since] = defaultdict(dict)  # device → names that it asked for
        self._outer: dict[tuple[str, str], Since] = defaultdict(dict)  # device, outer name of ECH → names asked for
        observations = tables.get("observations")
        if observations is None:
            return
        chosen = observations.filter(pc.is_in(observations["kind"], value_set=pa.array(["dns", "dns_client"])))
        columns = [chosen[name].to_pylist() for name in ("kind", "mac", "ip", "field", "value")]
        for kind, mac, ip, field, value, ts in zip(*columns, chosen["ts"].cast(pa.int64()).to_pylist(), strict=True):
            if kind == "dns":
                _note(self._names[ip], value, ts)
            elif field == "ech":
                asked, _, outer = value.rpartition(" ")
                _note(self._outer[ends.of_link(mac, ip), bare(outer)], asked, ts)
            else:
                _note(self._asked[ends.of_link(mac, ip)], value, ts)

    def led(self, client: str, server: str, flow_id: str, ts: int) -> list[str]:
        """Names by which DNS had led the client to the server by then (ns), as far as its lookups were captured."""
        names = self._names.get(server)
        if not names:
            return []
        asked = self._asked.get(self._ends.device(client, flow_id), {})
        return sorted(name for name in names.keys() & asked.keys() if max(names[name], asked[name]) <= ts)

    def behind(self, client: str, outer: str, flow_id: str, ts: int) -> list[str]:
        """Names that DNS had answered this client by then (ns) with a key of ECH for, under an outer name."""
        asked = self._outer.get((self._ends.device(client, flow_id), bare(outer)), {})
        return sorted(name for name, since in asked.items() if since <= ts)

    def told(self, ways: Iterable[tuple[str, str, str, str, int, bool]]) -> tuple[str, list[str]]:
        """For whom (client, server, flow, Host, ns, whether the server got it) of transfers were, and more.

        What speaks against that; and as whom a sender was asked, which is the name of who got nothing.
        """
        hosts: Counter[str] = Counter()
        senders: Counter[str] = Counter()
        led: Counter[str] = Counter()
        other: Counter[tuple[str, str]] = Counter()
        for client, server, flow_id, host, ts, got in ways:
            if not got:
                senders[host] += bool(host)
                continue
            names = self.led(client, server, flow_id, ts)
            stated = bare(host)
            if not names or stated in names:
                hosts[host] += bool(host)
            else:
                led[names[0]] += 1
                if stated and stated != server:
                    other[host, names[0]] += 1
        named = [name for name, _ in sorted((led + hosts).items(), key=lambda one: (-one[1], one[0]))]
        more = [reason("host_against", host=host, name=name, n=n) for (host, name), n in sorted(other.items())]
        asked = [host for host, _ in sorted(senders.items(), key=lambda one: (-one[1], one[0])) if host]
        more += [reason("asked_as", name=", ".join(asked[:MOST_HOSTS]))] if asked else []
        return ", ".join(named[:MOST_HOSTS]), more


def _note(names: Since, name: str, ts: int | None) -> None:
    host = bare(name)
    names[host] = min(names.get(host, ts or 0), ts or 0)


@lru_cache(maxsize=16_384)
def bare(name: str) -> str:
    """A host name without port and final dot, in lower case; addresses as they stand."""
    if name.startswith("["):  # an address of IPv6 (RFC 3986, 3.2.2), however it is written
        name = name[1:].partition("]")[0]
        return str(ip_address(name)) if is_ip_address(name) else name.lower()
    host = name.rsplit(":", 1)[0] if name.count(":") == 1 else name
    return host.rstrip(".").lower()

"""How a flow knew its receiver: the names that DNS answers led its device there by, beside what its requests say.

A Host header is what a client writes, and an address may have many names; so a name that this device asked for, and to
which this address was the answer, comes first, and where the Host says another one, both are told.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.contracts.reasons import reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from netaudit.findings.ends import Ends

MOST_HOSTS = 3  # named in a reason


class Receivers:
    """Names of receivers, by the device that asked."""

    def __init__(self, tables: Mapping[str, pa.Table], ends: Ends) -> None:
        self._ends = ends
        self._names: dict[str, set[str]] = defaultdict(set)  # address → names that were answered with it
        self._asked: dict[str, set[str]] = defaultdict(set)  # device → names that it asked for
        self._outer: dict[tuple[str, str], set[str]] = defaultdict(set)  # device, outer name of ECH → names asked for
        observations = tables.get("observations")
        if observations is None:
            return
        chosen = observations.filter(pc.is_in(observations["kind"], value_set=pa.array(["dns", "dns_client"])))
        for row in chosen.select(["kind", "mac", "ip", "field", "value"]).to_pylist():
            name = bare(row["value"])
            if row["kind"] == "dns":
                self._names[row["ip"]].add(name)
            elif row["field"] == "ech":
                asked, _, outer = row["value"].rpartition(" ")
                self._outer[ends.of_link(row["mac"], row["ip"]), bare(outer)].add(bare(asked))
            else:
                self._asked[ends.of_link(row["mac"], row["ip"])].add(name)

    def led(self, client: str, server: str, flow_id: str) -> list[str]:
        """Names by which DNS led the client to the server, as far as its lookups were captured."""
        names = self._names.get(server)
        return sorted(names & self._asked.get(self._ends.device(client, flow_id), set())) if names else []

    def behind(self, client: str, outer: str, flow_id: str) -> list[str]:
        """Names that DNS answered this client with a key of ECH for, to be asked for under an outer name."""
        return sorted(self._outer.get((self._ends.device(client, flow_id), bare(outer)), set()))

    def told(self, ways: Iterable[tuple[str, str, str, str]]) -> tuple[str, list[str]]:
        """For whom (client, server, flow, Host) of transfers were, and the reasons that speak against it."""
        hosts: Counter[str] = Counter()
        led: Counter[str] = Counter()
        other: Counter[tuple[str, str]] = Counter()
        for client, server, flow_id, host in ways:
            names = self.led(client, server, flow_id)
            said = bare(host)
            if not names or said in names:
                hosts[host] += bool(host)
            else:
                led[names[0]] += 1
                if said and said != server:
                    other[host, names[0]] += 1
        named = [name for name, _ in sorted((led + hosts).items(), key=lambda one: (-one[1], one[0]))]
        against = [reason("host_against", host=host, name=name, n=n) for (host, name), n in sorted(other.items())]
        return ", ".join(named[:MOST_HOSTS]), against


def bare(name: str) -> str:
    """A host name without port and final dot, in lower case; addresses as they stand."""
    host = name.rsplit(":", 1)[0] if name.count(":") == 1 else name
    return host.rstrip(".").lower()

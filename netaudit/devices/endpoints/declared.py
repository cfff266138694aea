"""What an auditor declared to be inside, held against what is known of the addresses in it.

`--inside` is obeyed. But whoever calls a cloud inside makes every upload to it disappear from what left: that is said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.devices.endpoints.vantage import kind_of, parse

if TYPE_CHECKING:
    from netaudit.devices.endpoints.vantage import Network, Vantage

DECLARED = "declared, but holds services"
MANY = 3  # inside hosts that reach a public address by a name


def contested_by_services(vantage: Vantage, endpoints: pa.Table, flows: pa.Table) -> dict[str, str]:
    """Declared networks with public addresses of services that signatures know, or that many hosts reach by name."""
    if not vantage.declared:
        return {}
    networks = [network for network in vantage.inside if kind_of(str(network.network_address)) == "global"]
    inside = endpoints.filter(pc.equal(endpoints["scope"], "inside"))
    found: dict[str, str] = {}
    named: set[str] = set()
    for row in inside.select(["ip", "names", "service"]).to_pylist():
        if networks and kind_of(row["ip"]) == "global":
            if row["service"]:
                found |= _within(row["ip"], networks)
            elif row["names"]:
                named.add(row["ip"])
    if named:
        reached = flows.filter(pc.is_in(flows["server_ip"], pa.array(sorted(named), pa.string())))
        hosts = reached.group_by("server_ip").aggregate([("client_ip", "count_distinct")])
        for row in hosts.filter(pc.greater_equal(hosts["client_ip_count_distinct"], MANY)).to_pylist():
            found |= _within(row["server_ip"], networks)
    return dict(sorted(found.items()))


def _within(ip: str, networks: list[Network]) -> dict[str, str]:
    address = parse(ip)
    return {str(one): DECLARED for one in networks if address.version == one.version and address in one}

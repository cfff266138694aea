"""Tunnels are evidence against who sends them, unless they are the mirror."""

from __future__ import annotations

import pyarrow as pa
import pytest

from netaudit.core.schema import FLOWS
from netaudit.devices.endpoints.tunnels import answerable, bridged


def flows(*rows):
    empty = {"client_outer": "", "server_outer": "", "bytes_up": 1000, "bytes_down": 1000}
    return pa.Table.from_pylist([empty | row for row in rows], schema=FLOWS.schema())


PLAIN = {"client_ip": "192.168.1.9", "server_ip": "47.96.10.20"}
INSIDE = PLAIN | {"client_ip": "192.168.1.30", "client_outer": "192.168.1.66", "server_outer": "47.1.1.1"}


def test_what_a_host_writes_into_a_tunnel_is_its_own():
    told = answerable(flows(PLAIN, PLAIN, INSIDE))
    assert told["client_ip"].to_pylist() == ["192.168.1.9", "192.168.1.9", "192.168.1.66"]
    assert told["server_ip"].to_pylist() == ["47.96.10.20", "47.96.10.20", "47.1.1.1"]


BRIDGE = INSIDE | {
    "flow_id": "b", "tunnel": "geneve", "server_outer": "192.168.1.67", "packets_up": 9, "packets_down": 9,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "sender"),
    [
        ({}, "192.168.1.30"),
        ({"tunnel": "vxlan"}, "192.168.1.30"),
        ({"tunnel": "gre"}, "192.168.1.66"),  # carries no Ethernet
        ({"packets_down": 0}, "192.168.1.66"),  # one end alone may be anybody
        ({"server_outer": "47.1.1.1"}, "192.168.1.66"),
        ({"server_outer": ""}, "192.168.1.66"),
    ],
)
def test_a_tunnel_of_ethernet_between_two_ends_here_is_no_sender(change, sender):
    told = flows(PLAIN, PLAIN, BRIDGE | change)
    assert answerable(told)["client_ip"].to_pylist()[2] == sender
    assert bridged(told) == ({"b"} if sender == "192.168.1.30" else set())


def test_a_mirror_is_looked_through():
    turned = INSIDE | {"client_outer": "47.1.1.1", "server_outer": "192.168.1.66"}
    mirror = [INSIDE] * 10 + [turned] * 10
    assert answerable(flows(PLAIN, *mirror))["client_ip"].to_pylist()[1:] == ["192.168.1.30"] * 20

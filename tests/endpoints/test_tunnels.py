"""Tunnels are evidence against who sends them, unless they are the mirror."""

from __future__ import annotations

import pyarrow as pa

from netaudit.endpoints.tunnels import answerable
from netaudit.tables import FLOWS


def flows(*rows):
    empty = {"client_outer": "", "server_outer": "", "bytes_up": 1000, "bytes_down": 1000}
    return pa.Table.from_pylist([empty | row for row in rows], schema=FLOWS.schema())


PLAIN = {"client_ip": "192.168.1.9", "server_ip": "47.96.10.20"}
INSIDE = PLAIN | {"client_ip": "192.168.1.30", "client_outer": "192.168.1.66", "server_outer": "47.1.1.1"}


def test_what_a_host_writes_into_a_tunnel_is_its_own():
    told = answerable(flows(PLAIN, PLAIN, INSIDE))
    assert told["client_ip"].to_pylist() == ["192.168.1.9", "192.168.1.9", "192.168.1.66"]
    assert told["server_ip"].to_pylist() == ["47.96.10.20", "47.96.10.20", "47.1.1.1"]


def test_a_mirror_is_looked_through():
    turned = INSIDE | {"client_outer": "47.1.1.1", "server_outer": "192.168.1.66"}
    mirror = [INSIDE] * 10 + [turned] * 10
    assert answerable(flows(PLAIN, *mirror))["client_ip"].to_pylist()[1:] == ["192.168.1.30"] * 20

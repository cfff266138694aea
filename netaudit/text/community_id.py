"""Community ID version 1: the name of a flow that Zeek, Suricata, Wireshark and others give it, too.

https://github.com/corelight/community-id-spec: SHA-1 over seed, both addresses, protocol and both ports, in base64, the
smaller end first. Flows without ports as TCP and UDP have them get none: of ICMP our flows do not keep type and code.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress

PROTOCOLS = {"tcp": 6, "udp": 17}
SEED = b"\0\0"


def community_id(transport: str, client: str, client_port: int, server: str, server_port: int) -> str:
    """The name of a flow, by `flows.transport`, addresses and ports; empty where it has none."""
    if transport not in PROTOCOLS:
        return ""
    ends = sorted(
        (ipaddress.ip_address(ip).packed, port.to_bytes(2))
        for ip, port in ((client, client_port), (server, server_port))
    )
    (low, low_port), (high, high_port) = ends
    named = SEED + low + high + bytes((PROTOCOLS[transport], 0)) + low_port + high_port
    return f"1:{base64.b64encode(hashlib.sha1(named, usedforsecurity=False).digest()).decode()}"

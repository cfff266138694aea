"""Addresses as texts: of hosts, of links, of VLANs.

Community ID version 1: the name of a flow that Zeek, Suricata, Wireshark and others give it, too.

https://github.com/corelight/community-id-spec: SHA-1 over seed, both addresses, protocol and both ports, in base64, the
smaller end first. Flows without ports as TCP and UDP have them get none: of ICMP our flows do not keep type and code.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import ipaddress
import re

_LINK = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")
MAPPED = 0xFFFF  # upper 32 bits of the low half of an IPv4-mapped address (RFC 4291, 2.5.5.2)


@functools.lru_cache(maxsize=65536)
def ip_text(high: int, low: int) -> str:
    """Text of an address given as two 64-bit halves."""
    if high == 0 and low >> 32 == MAPPED:
        return f"{low >> 24 & 255}.{low >> 16 & 255}.{low >> 8 & 255}.{low & 255}"
    return str(ipaddress.IPv6Address(high << 64 | low))


@functools.lru_cache(maxsize=65536)
def mac_text(mac: int) -> str:
    """Text of a 48-bit link address, empty for none."""
    return ":".join(f"{mac >> shift & 255:02x}" for shift in range(40, -8, -8)) if mac else ""


@functools.lru_cache(maxsize=4096)
def vlan_text(vlan: int) -> str:
    """VLAN ids, outer first."""
    outer, inner = vlan & 0xFFFF, vlan >> 16
    return f"{outer}.{inner}" if inner else str(outer) if outer else ""


def is_link_address(text: str) -> bool:
    """Whether this is a link address as tables write it; an IPv6 address as long has eight groups or `::`."""
    return _LINK.fullmatch(text) is not None


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

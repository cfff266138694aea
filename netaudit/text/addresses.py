"""Addresses as texts: of hosts, of links, of VLANs."""

from __future__ import annotations

import functools
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

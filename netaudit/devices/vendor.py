"""What a link address tells by itself: the registered block's holder, or that it is made up locally."""

from __future__ import annotations

import re
from functools import lru_cache

from netaudit.devices.registry import blocks, holder_of

_LINK = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")
LOCAL_BIT = 0x02  # of the first byte: locally administered (IEEE 802, 8.2.2)


def is_link_address(text: str) -> bool:
    """Whether this is a link address as tables write it; an IPv6 address as long has eight groups or `::`."""
    return _LINK.fullmatch(text) is not None


@lru_cache(maxsize=65536)
def holder(mac: str) -> str:
    """Holder of the block, empty for local and unregistered addresses."""
    if not mac or is_local(mac):
        return ""
    return holder_of(mac.replace(":", ""), blocks())


def is_local(mac: str) -> bool:
    """Whether the address was not given by a maker (private addresses of phones, virtual machines)."""
    return bool(mac) and bool(int(mac[:2], 16) & LOCAL_BIT)

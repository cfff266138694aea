"""What a link address tells by itself: the registered block's holder, or that it is made up locally."""

from __future__ import annotations

from functools import lru_cache

from netaudit.devices.registry import blocks, holder_of

LOCAL_BIT = 0x02  # of the first byte: locally administered (IEEE 802, 8.2.2)


@lru_cache(maxsize=65536)
def holder(mac: str) -> str:
    """Holder of the block, empty for local and unregistered addresses."""
    if not mac or is_local(mac):
        return ""
    return holder_of(mac.replace(":", ""), blocks())


def is_local(mac: str) -> bool:
    """Whether the address was not given by a maker (private addresses of phones, virtual machines)."""
    return bool(mac) and bool(int(mac[:2], 16) & LOCAL_BIT)

"""What a link address tells by itself: the registered block's holder, or that it is made up locally.

The registry (24-, 28- and 36-bit blocks of the IEEE) ships with python-stdnum.
"""

from __future__ import annotations

from functools import lru_cache

LOCAL_BIT = 0x02  # of the first byte: locally administered (IEEE 802, 8.2.2)


@lru_cache(maxsize=65536)
def holder(mac: str) -> str:
    """Holder of the block, empty for local and unregistered addresses."""
    from stdnum import mac as registry
    from stdnum.exceptions import ValidationError

    if not mac or is_local(mac):
        return ""
    try:
        return str(registry.get_manufacturer(mac))
    except ValidationError:
        return ""


def is_local(mac: str) -> bool:
    """Whether the address was not given by a maker (private addresses of phones, virtual machines)."""
    return bool(mac) and bool(int(mac[:2], 16) & LOCAL_BIT)

"""Percent escapes in bytes."""

from __future__ import annotations

import numpy as np


def unquote(data: bytes) -> bytes:
    """Take percent escapes off (RFC 3986, 2.1); a percent sign that starts no escape stays."""
    if b"%" not in data:
        return data
    from netaudit.text.kernels_percent import write_plain  # numba, which an audit loads in its own way first

    out = np.empty(len(data), np.uint8)
    return out[: write_plain(np.frombuffer(data, np.uint8), out)].tobytes()

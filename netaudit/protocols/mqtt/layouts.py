"""What the kernel of small publications writes: publications of MQTT, in columns."""

from __future__ import annotations

import numpy as np

PUBLICATION = np.dtype(
    [
        ("start", "u8"),  # stream offset of its first byte
        ("flow", "i4"),  # number of its block among those that are written together
        ("at", "i4"),  # its first byte, in the bytes of its block
        ("body", "i4"),  # the first byte of its payload
        ("stop", "i4"),  # one past its last byte
        ("first", "i4"),  # the piece with its first byte, of those of its block
        ("last", "i4"),  # and with its last byte
        ("direction", "u1"),
        ("again", "u1"),  # its topic is that of the one before
    ],
    align=True,
)

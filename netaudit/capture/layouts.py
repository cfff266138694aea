"""What capture hands on: windows of bytes with one record row per packet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

NO_TIME = np.iinfo(np.int64).min  # a pcapng Simple Packet Block carries no time

RECORD = np.dtype(
    [
        ("ts", "i8"),  # UTC nanoseconds, NO_TIME where the file has none
        ("frame", "u8"),  # 1-based number of the packet in its capture, as Wireshark counts
        ("offset", "u4"),  # of the first captured byte in Window.buffer
        ("caplen", "u4"),  # bytes captured
        ("wirelen", "u4"),  # bytes on the wire
        ("capture", "u2"),  # index of the capture in this audit
        ("linktype", "u2"),  # LINKTYPE_* value (tcpdump.org registry)
        ("interface", "u4"),  # running number of the interface in its capture
    ],
    align=True,
)


@dataclass(slots=True)
class Window:
    """About 16 MiB of capture, or one tick of live traffic."""

    buffer: npt.NDArray[np.uint8]  # read-only, C-contiguous; valid until the next window is asked for
    records: npt.NDArray[np.void]  # RECORD rows, in the order of the audit

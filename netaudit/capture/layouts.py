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


UNKNOWN_LINKTYPE = 0xFFFF  # of a pcapng packet whose interface was never declared

INTERFACE = np.dtype(  # how a pcapng section's interface is read; the row number is the interface id in that section
    [
        ("offset", "i8"),  # if_tsoffset in nanoseconds
        (
            "factor",
            "u8",
        ),  # MULTIPLY: nanoseconds per tick; DIVIDE: ticks per nanosecond; SHIFT: n of 2^-n seconds per tick
        ("snaplen", "u4"),  # 0 no limit
        ("serial", "u4"),  # running number in its capture
        ("linktype", "u2"),
        ("rule", "u2"),  # MULTIPLY, DIVIDE or SHIFT
    ],
    align=True,
)
MULTIPLY, DIVIDE, SHIFT = 0, 1, 2

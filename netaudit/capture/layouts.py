"""What capture hands on: windows of bytes with one record row per packet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

NO_TIME = -(2**63)  # a pcapng Simple Packet Block carries no time

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

# Why a walk along a capture stopped (kernels.py)
MORE = 0  # the bytes at `position` continue beyond the buffer (at the end of the file: nothing is left)
FULL = 1  # no room for another row
SUSPECT = 2  # what is at `position` may be damaged
BAD = 3  # what is at `position` is damaged
CUT = 4  # the file ends inside what starts at `position`
RARE = 5  # pcapng: a block other than a packet
FOUND = 6  # search: a chain of plausible records starts at `position`

# Block types of pcapng
SECTION, INTERFACE_BLOCK, OBSOLETE, SIMPLE, NAMES, STATISTICS, ENHANCED = 0x0A0D0D0A, 1, 2, 3, 4, 5, 6
JOURNAL, SECRETS, CUSTOM, CUSTOM_LOCAL = 9, 10, 0xBAD, 0x40000BAD

MAX_RECORD = 16 << 20  # libpcap refuses more; the longest frame that exists (IPv6 jumbo offload) has 512 KiB
USUAL_RECORD = 262_144  # libpcap's MAXIMUM_SNAPLEN: a greater length must be confirmed by the records that follow
MAX_BLOCK = MAX_RECORD + 65_536  # a packet and its options
CHAIN = 4  # plausible headers in a row that show a sound file again
DAY = 86_400 * 10**9  # nanoseconds
LAST_TIME = 2**62  # in the year 2116, later than any pcap time; so differences of times never overflow

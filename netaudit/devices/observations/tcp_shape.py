"""The shape of a host's first TCP packets, by which systems differ: TTL, window, options and their order.

Of each host one SYN and one SYN-ACK are looked at for each TTL and window, for the first few of them. The options are
read from the bytes before the payload, since packet rows do not carry them. Several shapes of one address are several
systems behind it.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from netaudit.core.text.addresses import ip_text, mac_text

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from netaudit.devices.observations.ledger import Ledger

TCP, SYN, ACK = 6, 2, 16
MOST_SHAPES = 8  # packets of one host and kind that are looked at
SHORTEST, LONGEST = 20, 60  # bytes of a header (RFC 9293, 3.1)
PORTS_AND_NUMBER = struct.Struct(">HHI")
TTLS = (32, 64, 128, 255)  # what systems begin with; routers on the way took some
END, NOTHING, SEGMENT, SCALE = 0, 1, 2, 3
# RFC 9293, 3.2; RFC 7323, 2 and 3; RFC 2018, 2
LETTERS = {END: "E", NOTHING: "N", SEGMENT: "M", SCALE: "W", 4: "S", 8: "T"}


def observe_shapes(buffer: npt.NDArray[np.uint8], packets: npt.NDArray[np.void], ledger: Ledger) -> None:
    """Note the shapes of SYN and SYN-ACK of each host among `packets`."""
    opening = packets[(packets["tcp_flags"] & SYN != 0) & (packets["proto"] == TCP)]
    if not len(opening):
        return
    columns = ("shard", "tcp_flags", "src_hi", "src_lo", "window", "ttl")
    keys = zip(*(opening[name].tolist() for name in columns), strict=True)
    for place, (shard, flags, high, low, window, ttl) in enumerate(keys):
        ledger.at(shard)
        if ledger.new((flags & ACK, high, low), (window, ttl), MOST_SHAPES):
            _note(buffer, opening[place], ledger, "synack" if flags & ACK else "syn", ip_text(high, low))
    ledger.at(-1)


def _note(buffer: npt.NDArray[np.uint8], packet: np.void, ledger: Ledger, field: str, ip: str) -> None:
    payload = int(packet["payload"])
    options = options_before(
        buffer[max(payload - LONGEST, 0) : payload].tobytes(),
        PORTS_AND_NUMBER.pack(int(packet["sport"]), int(packet["dport"]), int(packet["seq"])),
    )
    if options is not None:
        text = shape(int(packet["ttl"]), int(packet["window"]), options)
        place = int(packet["capture"]), int(packet["frame"]), int(packet["ts"])
        ledger.note("tcp", mac_text(int(packet["src_mac"])), ip, field, text, *place)


def options_before(data: bytes, beginning: bytes) -> bytes | None:
    """Options of the header that ends where `data` ends: the one that begins so and says this length of itself."""
    for size in range(SHORTEST, min(LONGEST, len(data)) + 1, 4):
        at = len(data) - size
        if data.startswith(beginning, at) and data[at + 12] >> 4 == size // 4:
            return data[at + SHORTEST :]
    return None


def initial(ttl: int) -> int:
    """The time to live with which a system begins that leaves this one."""
    return next((begin for begin in TTLS if ttl <= begin), 255)


def shape(ttl: int, window: int, options: bytes) -> str:
    """One line: initial TTL, window, segment size and scale (where told), options in their order; whether routed."""
    letters, segment, scale = _read(options)
    words = [f"ttl={initial(ttl)}", f"window={window}"]
    if segment is not None:
        words.append(f"mss={segment}")
    if scale is not None:
        words.append(f"scale={scale}")
    words.append(f"options={letters or '-'}")
    if ttl != initial(ttl):
        words.append("routed")
    return " ".join(words)


def _read(options: bytes) -> tuple[str, int | None, int | None]:
    letters, segment, scale, at = "", None, None, 0
    while at < len(options):
        kind = options[at]
        letters += LETTERS.get(kind, f"?{kind}")
        if kind == END:
            break
        if kind == NOTHING:
            at += 1
            continue
        size = options[at + 1] if at + 1 < len(options) else 0
        if size < 2 or at + size > len(options):
            return letters + "!", segment, scale
        if kind == SEGMENT and size == 4:
            segment = int.from_bytes(options[at + 2 : at + 4], "big")
        elif kind == SCALE and size == 3:
            scale = options[at + 2]
        at += size
    return letters, segment, scale

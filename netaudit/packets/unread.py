"""Frames that were taken apart down to a payload, and whose payload nobody reads: why, by name.

Link layers without IP are read where `observations` has a parser for them; of others documented control frames are told
apart, where their bytes are what the document says and nothing else. IP protocols beside TCP, UDP, ICMP and those of
routers are counted as flows, and not read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from netaudit.packets.layouts import Skip

if TYPE_CHECKING:
    from collections.abc import Iterator

ARP, LLDP, SADP, CDP_IN_GRE, EAPOL, LLC = 0x0806, 0x88CC, 0x8033, 0x2000, 0x888E, 0
READ_TYPES = np.zeros(1 << 16, np.bool_)
READ_TYPES[[ARP, LLDP, SADP, CDP_IN_GRE, EAPOL]] = True
# ICMP, IGMP, TCP, UDP, ICMPv6, nothing, EIGRP, OSPF, PIM, VRRP (IANA protocol numbers)
READ_PROTOCOLS = np.zeros(256, np.bool_)
READ_PROTOCOLS[[1, 2, 6, 17, 58, 59, 88, 89, 103, 112]] = True
ESP = 50
LOOKED_AT = 512  # bytes of a control frame
SNAP = b"\xaa\xaa\x03"
READ_LLC = (b"\x42\x42\x03\x00\x00", SNAP + b"\x00\x00\x0c")  # spanning tree; Cisco: CDP, VTP, DTP …
MAC_CONTROL, SLOW, DISCOVERY, PPP, LOOPBACK, REALTEK, IEEE1905, SUPERVISION = (
    0x8808, 0x8809, 0x8863, 0x880B, 0x9000, 0x8899, 0x893A, 0x88FB,
)  # fmt: skip
MOST_NONZERO = 16  # bytes of a frame that is padding but for a header


class Unread(NamedTuple):
    """One row of packets that is not read."""

    row: int
    capture: int
    skip: Skip
    name: str  # of the protocol, where it is none of control


def unread(buffer: npt.NDArray[np.uint8], packets: npt.NDArray[np.void]) -> Iterator[Unread]:
    """Those of `packets` (PACKET rows that point into `buffer`) that nobody reads, in their order."""
    proto, ethertype = packets["proto"], packets["ethertype"]
    rows = np.flatnonzero(~READ_PROTOCOLS.take(proto))
    rows = rows[(proto[rows] != 0) | ~READ_TYPES[ethertype[rows]]]
    for row in rows.tolist():
        packet = packets[row]
        start, size = int(packet["payload"]), int(packet["length"])
        skip, name = _why(
            int(packet["proto"]), int(packet["ethertype"]), buffer[start : start + min(size, LOOKED_AT)].tobytes(), size
        )
        if skip:
            yield Unread(row, int(packet["capture"]), skip, name)


def _why(proto: int, ethertype: int, data: bytes, size: int) -> tuple[Skip, str]:
    if proto == ESP:
        return Skip.ENCRYPTED, "encrypted:esp"
    if proto or ethertype in (0x0800, 0x86DD):
        return Skip.NOT_READ, f"not_read:ip_{proto}"
    if ethertype == LLC and data.startswith(READ_LLC):
        return Skip.DECODED, ""
    if size <= LOOKED_AT and is_control(ethertype, data):
        return Skip.CONTROL_FRAME, ""
    return Skip.NOT_READ, f"not_read:llc_{data[:2].hex()}" if ethertype == LLC else f"not_read:0x{ethertype:04x}"


def is_control(ethertype: int, data: bytes) -> bool:
    """Whether a frame without IP is a control frame of its link, and its bytes are those that its document names."""
    if ethertype == MAC_CONTROL:  # IEEE 802.3, 31B and 31D: pause, by class
        return data[:2] in (b"\x00\x01", b"\x01\x01") and not any(data[20:])
    if ethertype == SLOW:
        return _slow(data)
    if ethertype == DISCOVERY:  # RFC 2516, 5: its tags fill it
        return len(data) >= 6 and data[1] in (0x09, 0x07, 0x19, 0x65, 0xA7) and _fits(data, 4, 6)
    if ethertype == PPP:  # LCP, network control, authentication (RFC 1661, 5)
        body = data.removeprefix(b"\xff\x03")
        return len(body) >= 6 and body[0] & 0x80 != 0 and 4 <= int.from_bytes(body[4:6]) <= len(body) - 2
    if ethertype == IEEE1905:
        return _tlvs_end(data)
    if ethertype == LLC:  # XID and TEST (IEEE 802.2, 5.4), which access points send for stations that roam
        return len(data) >= 3 and data[2] & 0xEF in (0xAF, 0xE3) and _is_padding(data[3:])
    return ethertype in (LOOPBACK, REALTEK, SUPERVISION) and _is_padding(data)


def _slow(data: bytes) -> bool:
    """Link aggregation (IEEE 802.1AX, 6.4.2.3): actor, partner, collector, by kind and length, then padding."""
    if data[:1] == b"\x02":  # marker
        return data[2:4] in (b"\x01\x10", b"\x02\x10") and not any(data[18:])
    tlvs = data[2:4] == b"\x01\x14" and data[22:24] == b"\x02\x14" and data[42:44] == b"\x03\x10"
    return data[:1] == b"\x01" and tlvs and not any(data[58:])


def _fits(data: bytes, at: int, header: int) -> bool:
    """Whether a length in `data` at `at` covers what is not padding behind a header."""
    return not any(data[header + int.from_bytes(data[at : at + 2]) :])


def _tlvs_end(data: bytes) -> bool:
    """Whether TLVs behind the header of a message of IEEE 1905.1 (6.2) reach its end mark, and nothing follows."""
    at = 8
    while at + 3 <= len(data):
        kind, size = data[at], int.from_bytes(data[at + 1 : at + 3])
        if kind == 0:
            return size == 0 and not any(data[at + 3 :])
        at += 3 + size
    return False


def _is_padding(data: bytes) -> bool:
    return len(data) - data.count(0) <= MOST_NONZERO
